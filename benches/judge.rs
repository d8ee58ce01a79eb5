//! Cold. Ticks, questions and snapshots, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::Group;
use sre_benches::subjects::judge::Thousand;
use std::time::Duration;

fn queries(criterion: &mut Criterion) {
    run::group(criterion, &Group::query(), 1);
}

fn ticks(criterion: &mut Criterion) {
    let thousand = Thousand::new("bench.criterion");
    let mut second = 0;
    criterion.bench_function("tick/1,000 busy objectives", |bencher| {
        bencher.iter_custom(|n| {
            let ticks = (0..n).map(|_| {
                second += 1;
                thousand.tick(second)
            });
            ticks.sum::<Duration>()
        });
    });
}

fn snapshot(criterion: &mut Criterion) {
    run::group(criterion, &Group::snapshot(), 1);
}

criterion_group!(benches, queries, ticks, snapshot);
criterion_main!(benches);
