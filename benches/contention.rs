//! Cold. The same work on several threads at a time, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::Group;

fn all(criterion: &mut Criterion) {
    for group in [Group::record(), Group::call(), Group::labels(), Group::thousand()] {
        for threads in group.threads().iter().filter(|threads| **threads > 1) {
            run::group(criterion, &group, *threads);
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
