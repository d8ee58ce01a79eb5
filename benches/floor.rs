//! Cold. The floor, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::floor;

fn all(criterion: &mut Criterion) {
    run::group(criterion, floor::GROUP, &floor::subjects(), 1);
}

criterion_group!(benches, all);
criterion_main!(benches);
