//! Counters for Prometheus, and the number of open streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::domain::time::Timestamp;
use crate::flow::checkout::Outcome;
use crate::limits;
use crate::storage::WriterStats;
use crate::storage::verbs::Census;

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Answer {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Of {
    of: String,
}

/// The counters of a running server.
pub struct Metrics {
    registry: Registry,
    answers: Family<Answer, Counter>,
    latency: Family<Route, Histogram>,
    checkouts: Family<Of, Counter>,
    notices: Counter,
    gauges: Family<Of, Gauge>,
    devices: Family<Of, Gauge>,
    free_amounts: Family<Of, Gauge>,
    writer: Family<Of, Gauge>,
    reads: Gauge,
    streams: Gauge,
    open: Arc<AtomicI64>,
    requests: AtomicU64,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metrics({} requests)", self.requests.load(Ordering::Relaxed))
    }
}

fn latency_histogram() -> Histogram {
    Histogram::new([0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0])
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("matcha");
        let answers = Family::default();
        registry.register("http_requests", "Requests by route and status", answers.clone());
        let latency = Family::new_with_constructor(latency_histogram as fn() -> Histogram);
        registry.register_with_unit("http_latency", "Time to the answer", Unit::Seconds, latency.clone());
        let checkouts = Family::default();
        registry.register("checkouts", "Wishes to buy by outcome", checkouts.clone());
        let notices = Counter::default();
        registry.register("notices", "Notices accepted from phones", notices.clone());
        let gauges = Family::default();
        registry.register("state", "Rows and ages: orders, holds, notices, receipts, inbox", gauges.clone());
        let devices = Family::default();
        registry.register_with_unit(
            "device_silence",
            "Time since a phone was heard",
            Unit::Seconds,
            devices.clone(),
        );
        let free_amounts = Family::default();
        registry.register(
            "free_amounts",
            "Fixed codes whose amount is free, by account",
            free_amounts.clone(),
        );
        let writer = Family::default();
        registry.register(
            "writer",
            "Units, commits, busy microseconds and the largest group",
            writer.clone(),
        );
        let reads = Gauge::default();
        registry.register("reads", "Snapshots of the database that were read", reads.clone());
        let streams = Gauge::default();
        registry.register("streams", "Open event streams", streams.clone());
        let open = Arc::new(AtomicI64::new(0));
        let requests = AtomicU64::new(0);
        Metrics {
            registry,
            answers,
            latency,
            checkouts,
            notices,
            gauges,
            devices,
            free_amounts,
            writer,
            reads,
            streams,
            open,
            requests,
        }
    }

    /// One answered request.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (method, route) = (method.to_owned(), route.to_owned());
        self.latency
            .get_or_create(&Route { method: method.clone(), route: route.clone() })
            .observe(took.as_secs_f64());
        self.answers.get_or_create(&Answer { method, route, status }).inc();
    }

    /// One wish to buy.
    pub fn checkout(&self, outcome: &Outcome) {
        let of = match outcome {
            Outcome::Created(_) => "created",
            Outcome::Existing(_) => "existing",
            Outcome::NoFreeAmount { .. } => "no_free_amount",
            Outcome::NoLiveAccount => "no_live_account",
            Outcome::NotForSale => "not_for_sale",
            Outcome::TooManyOrders { .. } => "too_many_orders",
            Outcome::TooManyFromAddress { .. } => "too_many_from_address",
            Outcome::ProofOfWork => "proof_of_work",
            Outcome::OriginRefused => "origin_refused",
            Outcome::Coupon(_) => "coupon_refused",
            Outcome::Gateway(_) => "gateway_trouble",
            Outcome::TooManyTries { .. } => "too_many_tries",
        };
        self.checkouts.get_or_create(&Of { of: of.to_owned() }).inc();
    }

    /// Notices that came in.
    pub fn notices(&self, count: usize) {
        self.notices.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Counts a stream in, until the guard is dropped; `None` where there are too many.
    #[must_use]
    pub fn open_stream(&self) -> Option<StreamGuard> {
        let most = i64::try_from(limits::SSE_STREAMS_MAX).unwrap_or(i64::MAX);
        let guard = StreamGuard(Arc::clone(&self.open));
        // The guard counts itself out again, also when it is one too many.
        (self.open.fetch_add(1, Ordering::Relaxed) < most).then_some(guard)
    }

    /// All counters in the text form of OpenMetrics.
    #[must_use]
    pub fn text(&self, census: &Census, (writer, reads): (WriterStats, u64), now: Timestamp) -> String {
        let set = |family: &Family<Of, Gauge>, of: &str, value: i64| {
            family.get_or_create(&Of { of: of.to_owned() }).set(value);
        };
        let seconds = |since: Timestamp| now.since(since).get() / 1000;
        for (of, count) in &census.counts {
            set(&self.gauges, of, *count);
        }
        set(&self.gauges, "holds_live", census.holds_live);
        set(&self.gauges, "inbox_open", census.inbox_open);
        set(&self.gauges, "inbox_oldest_seconds", census.inbox_oldest.map_or(0, seconds));
        self.devices.clear();
        for (id, seen, _) in &census.devices {
            set(&self.devices, &id.to_string(), seconds(*seen));
        }
        let silent = census.devices.iter().filter(|(_, _, silent)| silent.is_some()).count();
        set(&self.gauges, "devices_silent", i64::try_from(silent).unwrap_or(i64::MAX));
        self.free_amounts.clear();
        for (account, channel, _, free) in &census.amounts {
            set(&self.free_amounts, &format!("{account}/{channel}"), *free);
        }
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        set(&self.writer, "units", number(writer.units));
        set(&self.writer, "commits", number(writer.commits));
        set(&self.writer, "busy_micros", number(writer.busy_micros));
        set(&self.writer, "largest_batch", number(writer.largest_batch));
        self.reads.set(number(reads));
        self.streams.set(self.open.load(Ordering::Relaxed));
        let mut text = String::new();
        // Writing into a string cannot fail.
        encode(&mut text, &self.registry).unwrap_or_default();
        text
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

/// An open stream.
#[derive(Debug)]
pub struct StreamGuard(Arc<AtomicI64>);

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
