//! Cold. Guards and the attribute, around sync and async functions, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::Group;

fn all(criterion: &mut Criterion) {
    run::group(criterion, &Group::call(), 1);
}

criterion_group!(benches, all);
criterion_main!(benches);
