//! How long one notice takes to read, on average over the corpus.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use matcha::domain::notice::{Rules, Seen};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    package: String,
    title: String,
    text: String,
    tier: String,
}

fn corpus() -> Vec<Row> {
    let lines = include_str!("../tests/data/corpus/notifications.jsonl");
    lines.lines().map(|line| serde_json::from_str(line).expect("a row of the corpus")).collect()
}

fn read_all(rules: &Rules, rows: &[&Row]) -> usize {
    let seen = |row: &&Row| {
        let (package, title, text) = (row.package.as_str(), row.title.as_str(), row.text.as_str());
        rules.read(&black_box(Seen { package, title, text, ..Seen::default() })).receipt().is_some()
    };
    rows.iter().filter(|row| seen(row)).count()
}

fn notices(c: &mut Criterion) {
    let rules = Rules::embedded();
    let corpus = corpus();
    let all: Vec<&Row> = corpus.iter().collect();
    let core: Vec<&Row> = corpus.iter().filter(|row| row.tier == "core").collect();
    let mut group = c.benchmark_group("notice");
    for (name, rows) in [("corpus", &all), ("receipts", &core)] {
        group.throughput(Throughput::Elements(rows.len() as u64));
        group.bench_function(name, |b| b.iter(|| read_all(&rules, rows)));
    }
    group.finish();
    c.bench_function("load embedded rules", |b| b.iter(Rules::embedded));
}

criterion_group!(benches, notices);
criterion_main!(benches);
