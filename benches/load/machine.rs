//! What the numbers were taken on.

use std::io::Write as _;
use std::path::Path;

use matcha::clock::{Clock, Stopwatch};

/// One line that says where and when.
pub fn describe(folder: &Path) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or("");
        line.split(':').nth(1).unwrap_or("?").trim().to_owned()
    };
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let kib: u64 = field(&memory, "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let day: String = Clock::System.now().to_string().chars().take(10).collect();
    format!(
        "{day}, matcha {}, {cores} cores of {}, {} GB, Linux {}, {}, one durable write {} µs",
        env!("CARGO_PKG_VERSION"),
        field(&cpu, "model name"),
        kib.div_ceil(1024 * 1024),
        read("/proc/sys/kernel/osrelease").trim(),
        filesystem(folder),
        durable_write_micros(folder),
    )
}

/// The type of the file system that holds `folder`.
fn filesystem(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_default();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let (at, kind) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        folder.starts_with(&at).then_some((at.len(), kind))
    };
    mounts.lines().filter_map(mount).max().map_or_else(|| "?".to_owned(), |(_, kind)| kind)
}

/// What the disk takes to make one page durable, at the median.
fn durable_write_micros(folder: &Path) -> u128 {
    let mut file = tempfile::tempfile_in(folder).expect("a file");
    let mut times: Vec<u128> = (0..200)
        .map(|_| {
            let watch = Stopwatch::start();
            file.write_all(&[0x6d; 4096]).expect("space");
            file.sync_data().expect("a disk");
            watch.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    times.get(100).copied().unwrap_or(0)
}
