//! Cold. Subjects as criterion benchmarks; included by the bench targets, since criterion is known to them only.

use criterion::Criterion;
use sre_benches::harness::{Subject, now};

/// Measures each subject on its own: alone on the calling thread.
pub(crate) fn group(criterion: &mut Criterion, name: &'static str, subjects: &[Subject]) {
    let mut group = criterion.benchmark_group(name);
    for subject in subjects {
        let mut batch = subject.batch();
        group.bench_function(subject.name(), |bencher| {
            bencher.iter_custom(|n| {
                let start = now();
                batch(n);
                let took = now().duration_since(start);
                subject.tidy();
                took
            });
        });
    }
    group.finish();
}
