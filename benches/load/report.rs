//! The tables, on the screen and in the documentation.

use std::fmt::Write as _;

use crate::drive::{Run, percentile};
use crate::raw::Raw;
use crate::streams::Streams;

const BEGIN: &str = "<!-- load:begin -->\n";
const END: &str = "<!-- load:end -->";

/// One kind of request at one number of connections, beside the bare handler.
pub struct Row {
    pub what: &'static str,
    pub connections: usize,
    pub run: Run,
    pub bare: Run,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.run.per_second() / self.bare.per_second()
    }
}

/// Creating and settling with so many orders already stored.
pub struct Level {
    pub stored: usize,
    pub create: Run,
    pub settle: Run,
    pub start_ms: u128,
}

/// All that was measured.
pub struct Report {
    pub machine: String,
    pub rows: Vec<Row>,
    pub raw: Raw,
    pub levels: Vec<Level>,
    pub streams: Option<Streams>,
    pub idle_kib: u64,
}

fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}

fn verdict(good: bool) -> &'static str {
    if good { "✓" } else { "✗" }
}

impl Report {
    /// The report as Markdown.
    pub fn text(&self) -> String {
        let mut text = format!("{}.\n\n", self.machine);
        self.write(&mut text).expect("memory");
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "| | connections | per second | bare | ratio | p50 ms | p99 ms | CPU µs each | bare | peak MB |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        for row in &self.rows {
            let Row { what, connections, run, bare } = row;
            writeln!(
                text,
                "| {what} | {connections} | {:.0} | {:.0} | {:.2} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} |",
                run.per_second(),
                bare.per_second(),
                row.ratio(),
                run.within(50),
                run.within(99),
                run.cpu_each(),
                bare.cpu_each(),
                mib(run.usage.peak_kib)
            )?;
        }
        let of_raw = |what: &str, raw: f64| {
            let row = self.rows.iter().find(|r| r.what == what && r.connections == 64);
            row.map_or_else(String::new, |row| {
                format!(" (the server: {:.2} of it)", row.run.per_second() / raw)
            })
        };
        let Raw { created, settled } = self.raw;
        writeln!(
            text,
            "\nThe database alone, the same rows in groups of 32 by one thread: {created:.0} orders/s{}, {settled:.0} \
             settlements/s{}.",
            of_raw(CREATE, created),
            of_raw(SETTLE, settled)
        )?;
        writeln!(
            text,
            "\n| orders stored | start ms | created/s | p50 ms | p99 ms | CPU µs | settled/s | p50 ms | p99 ms | CPU µs | peak MB |\n\
             |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        for Level { stored, create, settle, start_ms } in &self.levels {
            write!(text, "| {stored} | {start_ms} |")?;
            for run in [create, settle] {
                let (p50, p99) = (run.within(50), run.within(99));
                write!(text, " {:.0} | {p50:.1} | {p99:.1} | {:.0} |", run.per_second(), run.cpu_each())?;
            }
            writeln!(text, " {:.0} |", mib(settle.usage.peak_kib))?;
        }
        writeln!(text, "\nIdle: {:.1} MB resident.", mib(self.idle_kib))?;
        if let Some(Streams { open, bytes_each, heard_after }) = &self.streams {
            writeln!(
                text,
                "{open} open streams: {bytes_each} bytes each; from the notice's 200 to the event p50 {:.1} ms, p99 {:.1} ms.",
                percentile(heard_after, 50),
                percentile(heard_after, 99)
            )?;
        }
        writeln!(text)?;
        for (good, aim) in self.aims() {
            writeln!(text, "- {} {aim}", verdict(good))?;
        }
        Ok(())
    }

    fn aims(&self) -> Vec<(bool, String)> {
        let mut aims = Vec::new();
        for (what, connections, least) in
            [(CREATE, 64, 0.20), (CREATE, 256, 0.35), (SETTLE, 64, 0.20), (SETTLE, 256, 0.35)]
        {
            if let Some(row) = self.rows.iter().find(|r| r.what == what && r.connections == connections) {
                let aim = format!(
                    "{what} at {connections} connections: {:.2} of the bare handler, at least {least:.2}",
                    row.ratio()
                );
                aims.push((row.ratio() >= least, aim));
            }
        }
        if let [first, .., last] = self.levels.as_slice() {
            for (what, from, to) in
                [(CREATE, &first.create, &last.create), (SETTLE, &first.settle, &last.settle)]
            {
                let kept = to.per_second() / from.per_second();
                let (few, many) = (first.stored, last.stored);
                aims.push((
                    kept >= 0.8,
                    format!("{what} with {many} orders stored: {kept:.2} of {few}, at least 0.80"),
                ));
            }
        }
        let idle = mib(self.idle_kib);
        aims.push((idle < 25.0, format!("idle: {idle:.1} MB resident, below 25")));
        if let Some(Streams { bytes_each, .. }) = &self.streams {
            aims.push((*bytes_each < 12 * 1024, format!("an open stream: {bytes_each} bytes, below 12288")));
        }
        aims
    }
}

pub const CREATE: &str = "create an order";
pub const SETTLE: &str = "settle by a notice";
pub const LOOK: &str = "look at an order";

/// The document with what stands between the markers replaced; `None` where they are missing.
pub fn put_into(document: &str, report: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{report}\n{END}{after}"))
}
