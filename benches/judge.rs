//! Cold. Ticks, questions, snapshots and replays, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::Group;
use sre_benches::subjects::judge::Thousand;
use sre_core::Objective;
use sre_core::testing::{errors, hanging, outage, replay, rps};
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
    // Tiers that hover at their factor, fire for weeks, or see another rate each few seconds; calls that hang.
    let steady = || rps(200.0).diurnal(0.6);
    let shapes = [
        ("30 days of a burn of 1", steady(), errors(0.001), "30d"),
        ("30 days of a burn of 3", steady(), errors(0.003), "30d"),
        ("30 days of a leak", steady(), errors(0.02).growing(), "30d"),
        ("30 days of bursts and a burn of 1", rps(200.0).bursts("10s", "3s", 3.0), errors(0.001), "30d"),
        ("a day of calls that hang", steady(), hanging(0.5), "24h"),
    ];
    let mut slow = criterion.benchmark_group("replay");
    slow.sample_size(10);
    for (name, traffic, fault, length) in shapes {
        let scenario = replay(&objective).traffic(traffic).fault(fault).length(length);
        slow.bench_function(name, |bencher| bencher.iter(|| scenario.clone().try_run()));
    }
    slow.finish();
}

criterion_group!(benches, queries, ticks, snapshot, replays);
criterion_main!(benches);
