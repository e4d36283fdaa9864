//! How much one machine carries: the real server, in a process of its own, beside a bare handler of the same JSON.
//!
//! `cargo bench --bench load` takes a quarter of an hour; `-- --quick` one minute; `-- compare`, `levels` or `streams`
//! only that part; `-- --write` puts the tables into docs/performance.md. The client runs on the same cores as the server, so that ratios to the bare handler say more
//! than the numbers themselves. Five thousand streams need as many open files: the program raises its own limit to
//! 65,536 or to the hard limit, which must be above 10,000.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]
#![expect(clippy::float_arithmetic, reason = "ratios and percentiles are no money")]
#![expect(unreachable_pub, reason = "a program of several files")]

mod bare;
mod child;
mod drive;
mod fill;
mod machine;
mod raw;
mod report;
mod shop;
mod streams;
mod wire;

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use matcha::clock::Stopwatch;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use self::bare::Samples;
use self::child::Server;
use self::drive::{Run, Until, drive};
use self::report::{CREATE, LOOK, Level, Report, Row, SETTLE};
use self::shop::{Made, Messages, Shop};
use self::wire::Answer;

/// The argument with which this program is the bare handler.
pub const BARE: &str = "bare-handler";
/// The argument with which this program knows that its limit of open files was raised.
const ROOMY: &str = "with-room-for-files";
/// Connections at which the number of stored orders is varied.
const LEVEL_CONNECTIONS: usize = 64;

/// How much is done.
struct Plan {
    connections: &'static [usize],
    products: usize,
    orders: usize,
    time: Duration,
    levels: &'static [usize],
    streams: usize,
    heard: usize,
}

const FULL: Plan = Plan {
    connections: &[16, 64, 256],
    products: 4000,
    orders: 60_000,
    time: Duration::from_secs(5),
    levels: &[1000, 100_000, 1_000_000],
    streams: 5000,
    heard: 1000,
};
const QUICK: Plan = Plan {
    connections: &[64, 256],
    products: 2000,
    orders: 15_000,
    time: Duration::from_secs(2),
    levels: &[1000, 30_000],
    streams: 1000,
    heard: 200,
};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    if let [mode, samples] = args.as_slice()
        && mode == BARE
    {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        return runtime.block_on(bare::serve(Path::new(samples)));
    }
    if !has("--bench") {
        println!("this takes minutes: cargo bench --bench load");
        return;
    }
    if !has(ROOMY) {
        let this = std::env::current_exe().expect("this program");
        // Only a failure comes back from here.
        println!(
            "sh is needed to raise the limit of open files: {}",
            child::roomy(&this).args(&args).arg(ROOMY).exec()
        );
        return;
    }
    let mut plan = if has("--quick") { QUICK } else { FULL };
    let parts = ["compare", "levels", "streams"].map(has);
    if let [compare, levels, streams] = parts
        && parts.contains(&true)
    {
        plan.connections = if compare { plan.connections } else { &[] };
        plan.levels = if levels { plan.levels } else { &[] };
        plan.streams = if streams { plan.streams } else { 0 };
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(measure(&plan)).text();
    println!("\n{report}");
    if has("--write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
        let document = std::fs::read_to_string(path).expect("docs/performance.md");
        let document = report::put_into(&document, &report).expect("the markers are there");
        std::fs::write(path, document).expect("docs/performance.md can be written");
    }
}

async fn measure(plan: &Plan) -> Report {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let machine = machine::describe(dir.path());
    println!("{machine}");
    let idle_kib = idle(&dir.path().join("idle")).await;
    println!("idle: {idle_kib} KiB resident");
    let raw = raw(plan, &dir.path().join("raw")).await;
    let rows = if plan.connections.is_empty() { Vec::new() } else { compare(plan, dir.path()).await };
    let levels =
        if plan.levels.is_empty() { Vec::new() } else { levels(plan, &dir.path().join("levels")).await };
    let streams =
        if plan.streams == 0 { None } else { Some(streams(plan, &dir.path().join("streams")).await) };
    Report { machine, rows, raw, levels, streams, idle_kib }
}

/// The database alone.
async fn raw(plan: &Plan, data: &Path) -> raw::Raw {
    let shop = shop::furnish(data, plan.products).await;
    let raw = raw::measure(data, &shop, plan.orders);
    println!("the database alone: {:.0} created/s, {:.0} settled/s", raw.created, raw.settled);
    raw
}

/// A server that was just started and asked once.
async fn idle(data: &Path) -> u64 {
    std::fs::create_dir_all(data).expect("a folder");
    let server = Server::matcha(data);
    let ready = wire::request("GET", "/readyz", &[], "");
    let answer = wire::Wire::connect(server.address).await.call(&ready).await.status;
    assert_eq!(answer, 200, "the server is ready");
    server.usage().resident_kib
}

/// A running shop.
struct Open {
    data: PathBuf,
    shop: Shop,
    server: Server,
    rounds: u32,
}

impl Open {
    fn start(data: &Path, shop: Shop, rounds: u32) -> Open {
        Open { data: data.to_owned(), server: Server::matcha(data), shop, rounds }
    }

    /// Creates `count` orders.
    async fn create(&mut self, connections: usize, count: usize) -> (Run, Vec<Made>) {
        self.rounds += 1;
        let requests = Arc::new(shop::orders(&self.shop, &format!("{:04}", self.rounds), count));
        let (run, mut made) = drive(&self.server, connections, &requests, Until::AllSent, |_, answer| {
            assert_eq!(answer.status, 201, "{}", answer.text());
            Some(Made { id: answer.word("id"), token: answer.word("token"), amount: answer.word("amount") })
        })
        .await;
        // Readers pay more or less in the order in which they ordered; ids are made of their time.
        made.sort_by(|a, b| a.id.cmp(&b.id));
        (run, made)
    }

    async fn look(&self, connections: usize, made: &[Made], time: Duration) -> Run {
        let requests = Arc::new(shop::looks(made));
        drive::<(), _>(&self.server, connections, &requests, Until::Passed(time), expect_ok).await.0
    }

    /// Settles all of `made`, and makes sure that each is paid.
    async fn settle(&self, connections: usize, made: &[Made]) -> Run {
        let before = self.count("SELECT rows FROM counts WHERE kind = 'orders' AND state = 'paid'");
        let Messages { beats, notices } = shop::messages(&self.shop, made);
        send_all(&self.server, &beats).await;
        let requests = Arc::new(notices);
        let run = drive::<(), _>(&self.server, connections, &requests, Until::AllSent, expect_ok).await.0;
        let after = self.count("SELECT rows FROM counts WHERE kind = 'orders' AND state = 'paid'");
        assert_eq!(after - before, i64::try_from(made.len()).unwrap_or(0), "each notice settled its order");
        run
    }

    fn count(&self, sql: &str) -> i64 {
        let conn = Connection::open_with_flags(self.data.join("matcha.db"), OpenFlags::SQLITE_OPEN_READ_ONLY);
        conn.expect("the database").query_row(sql, [], |row| row.get(0)).expect("an answer")
    }

    /// Waits until every amount is free again.
    async fn rest(&self) {
        while self.count("SELECT count(*) FROM holds WHERE live = 1") > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Lets caches fill, and keeps an answer of each kind.
    async fn warm_up(&mut self) -> Samples {
        let (_, made) = self.create(16, 2000).await;
        self.look(16, &made, Duration::from_millis(300)).await;
        let first = made.first().cloned().into_iter().collect::<Vec<_>>();
        let mut wire = wire::Wire::connect(self.server.address).await;
        let mut answer = async |requests: Vec<Vec<u8>>| -> Arc<Value> {
            let answer = wire.call(requests.first().expect("a request")).await;
            Arc::new(serde_json::from_slice(answer.body).expect("JSON"))
        };
        // The same client's id again: the same order, with the token.
        let order = answer(shop::orders(&self.shop, &format!("{:04}", self.rounds), 1)).await;
        let look = answer(shop::looks(&first)).await;
        let notices = answer(shop::messages(&self.shop, &first).notices).await;
        self.settle(16, made.get(1..).unwrap_or_default()).await;
        self.rest().await;
        Samples { order, look, notices }
    }
}

/// Sends one request after the other.
async fn send_all(server: &Server, requests: &[Vec<u8>]) {
    let mut wire = wire::Wire::connect(server.address).await;
    for request in requests {
        expect_ok(0, &wire.call(request).await);
    }
}

fn expect_ok(_: usize, answer: &Answer<'_>) -> Option<()> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    None
}

/// Each kind of request at each number of connections, the bare handler right before.
async fn compare(plan: &Plan, dir: &Path) -> Vec<Row> {
    let data = dir.join("compare");
    let shop = shop::furnish(&data, plan.products).await;
    let mut open = Open::start(&data, shop, 0);
    let samples = open.warm_up().await;
    let file = dir.join("samples.json");
    std::fs::write(&file, serde_json::to_vec(&samples).expect("JSON")).expect("a file");
    let bare = Server::bare(&file);
    let mut rows = Vec::new();
    for connections in plan.connections.iter().copied() {
        let bare_run = async |requests: Vec<Vec<u8>>| {
            let until = Until::Passed(plan.time);
            drive::<(), _>(&bare, connections, &Arc::new(requests), until, |_, answer| {
                assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
                None
            })
            .await
            .0
        };
        let mut add = |what, run: Run, bare: Run| {
            let (here, there) = (run.per_second(), bare.per_second());
            println!("{what}, {connections} connections: {here:.0}/s, bare {there:.0}/s");
            rows.push(Row { what, connections, run, bare });
        };
        let beside = bare_run(shop::orders(&open.shop, "bare", 10_000)).await;
        let (run, made) = open.create(connections, plan.orders).await;
        add(CREATE, run, beside);
        let beside = bare_run(shop::looks(&made)).await;
        add(LOOK, open.look(connections, &made, plan.time).await, beside);
        let some = made.get(..10_000.min(made.len())).unwrap_or_default();
        let beside = bare_run(shop::messages(&open.shop, some).notices).await;
        add(SETTLE, open.settle(connections, &made).await, beside);
        open.rest().await;
    }
    open.server.stop();
    rows
}

/// Creating and settling again with more and more orders stored.
async fn levels(plan: &Plan, data: &Path) -> Vec<Level> {
    let shop = shop::furnish(data, plan.products).await;
    let (mut levels, mut stored, mut rounds) = (Vec::new(), 0, 0);
    for level in plan.levels.iter().copied() {
        fill::fill(data, &shop, stored, level, |at| {
            if at % 100_000 == 0 {
                println!("  {at} orders stored");
            }
        })
        .await;
        stored = level;
        let watch = Stopwatch::start();
        let mut open = Open::start(data, shop.clone(), rounds);
        let start_ms = watch.elapsed().as_millis();
        open.warm_up().await;
        let (create, made) = open.create(LEVEL_CONNECTIONS, plan.orders).await;
        let settle = open.settle(LEVEL_CONNECTIONS, &made).await;
        open.rest().await;
        let (created, settled) = (create.per_second(), settle.per_second());
        println!("{level} orders stored: {created:.0} created/s, {settled:.0} settled/s");
        levels.push(Level { stored: level, create, settle, start_ms });
        rounds = open.rounds;
        open.server.stop();
    }
    levels
}

async fn streams(plan: &Plan, data: &Path) -> streams::Streams {
    let shop = shop::furnish(data, plan.products).await;
    let mut open = Open::start(data, shop, 0);
    open.warm_up().await;
    let (_, made) = open.create(16, plan.streams).await;
    println!("opening {} streams", made.len());
    let opened = streams::open(&open.server, &made).await;
    let Messages { beats, notices } = shop::messages(&open.shop, made.get(..plan.heard).unwrap_or_default());
    send_all(&open.server, &beats).await;
    opened.hear(&open.server, notices).await
}
