//! Cold. Ticks, questions, snapshots and replays, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::Group;
use sre_benches::subjects::judge::Thousand;
use sre_core::Objective;
use sre_core::testing::{errors, outage, replay, rps};
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

/// Thirty days of one objective, as people replay them in their tests.
fn replays(criterion: &mut Criterion) {
    let objective = Objective::availability(0.999);
    let month = |errors_of_all: f64| {
        let scenario = replay(&objective).traffic(rps(200.0).diurnal(0.6)).length("30d");
        scenario.fault(errors(errors_of_all)).fault(outage().at("10d").lasting("10m"))
    };
    criterion.bench_function("replay/30 days with an outage", |bencher| {
        bencher.iter(|| month(0.0).try_run());
    });
    criterion.bench_function("replay/30 days with an outage and errors all the time", |bencher| {
        bencher.iter(|| month(0.000_2).try_run());
    });
}

criterion_group!(benches, queries, ticks, snapshot, replays);
criterion_main!(benches);
