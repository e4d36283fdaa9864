//! Sends requests over many connections at once and measures each answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use matcha::clock::Stopwatch;
use tokio::task::JoinSet;

use crate::child::{Server, Usage};
use crate::wire::{Answer, Wire};

/// When a run ends.
#[derive(Clone, Copy)]
pub enum Until {
    /// Each request was sent once.
    AllSent,
    /// So much time has passed; requests are repeated.
    Passed(Duration),
}

/// What a run measured.
#[derive(Clone)]
pub struct Run {
    pub requests: usize,
    pub took: Duration,
    /// Latencies in microseconds, sorted.
    latencies: Vec<u32>,
    pub cpu_micros: u64,
    pub usage: Usage,
}

impl Run {
    pub fn per_second(&self) -> f64 {
        count(self.requests) / self.took.as_secs_f64()
    }

    /// Milliseconds within which this share of the answers came.
    pub fn within(&self, percent: usize) -> f64 {
        percentile(&self.latencies, percent)
    }

    /// Microseconds of the server's cores for each request.
    pub fn cpu_each(&self) -> f64 {
        count(usize::try_from(self.cpu_micros).unwrap_or(0)) / count(self.requests.max(1))
    }
}

/// The value in milliseconds below which `percent` of the sorted microseconds lie.
pub fn percentile(sorted: &[u32], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    f64::from(sorted.get(at).copied().unwrap_or(0)) / 1000.0
}

/// A count as a number with which one can reckon.
pub fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Sends `requests` over `connections`, looking at each answer with `look`, which is told the request's place.
pub async fn drive<T, F>(
    server: &Server,
    connections: usize,
    requests: &Arc<Vec<Vec<u8>>>,
    until: Until,
    look: F,
) -> (Run, Vec<T>)
where
    T: Send + 'static,
    F: Fn(usize, &Answer<'_>) -> Option<T> + Clone + Send + 'static,
{
    let mut wires = Vec::with_capacity(connections);
    for _ in 0..connections {
        wires.push(Wire::connect(server.address).await);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let before = server.usage();
    let watch = Stopwatch::start();
    let mut workers = JoinSet::new();
    for wire in wires {
        let work = Work { wire, requests: Arc::clone(requests), next: Arc::clone(&next), until, watch };
        workers.spawn(work.run(look.clone()));
    }
    let (mut latencies, mut kept) = (Vec::new(), Vec::new());
    while let Some(done) = workers.join_next().await {
        let (times, some) = done.expect("a connection works");
        latencies.extend(times);
        kept.extend(some);
    }
    let took = watch.elapsed();
    let usage = server.usage();
    latencies.sort_unstable();
    let cpu_micros = usage.cpu_micros - before.cpu_micros;
    (Run { requests: latencies.len(), took, latencies, cpu_micros, usage }, kept)
}

struct Work {
    wire: Wire,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    until: Until,
    watch: Stopwatch,
}

impl Work {
    async fn run<T>(mut self, look: impl Fn(usize, &Answer<'_>) -> Option<T>) -> (Vec<u32>, Vec<T>) {
        let (mut times, mut kept) = (Vec::new(), Vec::new());
        loop {
            let mut at = self.next.fetch_add(1, Ordering::Relaxed);
            match self.until {
                Until::AllSent if at >= self.requests.len() => return (times, kept),
                Until::Passed(time) if self.watch.elapsed() >= time => return (times, kept),
                Until::AllSent => {}
                Until::Passed(_) => at %= self.requests.len(),
            }
            let Some(request) = self.requests.get(at) else { return (times, kept) };
            let watch = Stopwatch::start();
            let answer = self.wire.call(request).await;
            times.push(u32::try_from(watch.elapsed().as_micros()).unwrap_or(u32::MAX));
            kept.extend(look(at, &answer));
        }
    }
}
