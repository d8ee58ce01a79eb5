//! Cold. A thousand histograms as text, with criterion's statistics.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "criterion's macros make public functions without docs")]

#[path = "harness/criterion.rs"]
mod run;

use criterion::{Criterion, criterion_group, criterion_main};
use sre_benches::subjects::Group;

fn all(criterion: &mut Criterion) {
    for group in [Group::scrape_by_one(), Group::scrape_by_eight()] {
        run::group(criterion, &group, 1);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
