//! Cold. Subjects as criterion benchmarks; included by the bench targets, since criterion is known to them only.

use criterion::{BenchmarkId, Criterion};
use sre_benches::harness::with_crew;
use sre_benches::subjects::Group;

/// Measures each subject, on so many threads at a time; the time is that of one core for one iteration.
pub(crate) fn group(criterion: &mut Criterion, of: &Group, threads: usize) {
    let mut group = criterion.benchmark_group(of.name());
    for subject in of.subjects().iter().filter(|s| s.runs_on(threads)) {
        with_crew(&[subject], threads, |crew| {
            let id = BenchmarkId::new(subject.name(), threads);
            group.bench_function(id, |bencher| bencher.iter_custom(|n| crew.run(0, subject, n).took));
        });
    }
    group.finish();
}
