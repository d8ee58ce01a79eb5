//! No value is further from the middle of its bucket than the layout says, at any edge and at random.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

mod promise;

use std::time::Duration;

use promise::{Numbers, kept, scaled};
use sre_core::histogram::{Layout, Snapshot};

/// How far the middle is off, as a share of the value by the definition: `2^-(bits + 1)`, in integers.
#[track_caller]
fn check(layout: Layout, value: u64) {
    let bucket = layout.index(value);
    assert!((layout.lower(bucket)..=layout.upper(bucket)).contains(&value), "{layout:?} value {value}");
    let off = layout.midpoint(bucket).abs_diff(value);
    assert!(
        u128::from(off) << (layout.bits() + 1) <= u128::from(value),
        "{layout:?} value {value} is off by {off}"
    );
}

fn layouts() -> impl Iterator<Item = Layout> {
    (Layout::BITS_MIN..=Layout::BITS_MAX).map(|bits| Layout::try_new(bits).unwrap())
}

#[test]
fn everywhere() {
    let mut edges = 0;
    for layout in layouts() {
        for bucket in 0..layout.buckets() {
            check(layout, layout.lower(bucket));
            check(layout, layout.upper(bucket));
            edges += 2;
        }
    }
    let values = scaled(100_000_000, 100_000);
    let mut numbers = Numbers::from_seed(9);
    for _ in 0..values {
        let value = numbers.of_any_size();
        [Layout::BITS_6, Layout::BITS_7, Layout::BITS_10].into_iter().for_each(|layout| check(layout, value));
    }
    kept(
        "R9",
        format_args!("{edges} bucket edges and {values} random values within the stated relative error"),
    );
}

/// The same through the door: a quantile of one value is that value, as exactly as stated.
#[test]
fn in_the_answer_to_a_question() {
    let mut numbers = Numbers::from_seed(10);
    for _ in 0..scaled(100_000, 1_000) {
        let value = numbers.of_any_size();
        for layout in [Layout::BITS_6, Layout::BITS_7, Layout::BITS_10] {
            let snapshot = Snapshot::from_durations(layout, [Duration::from_nanos(value)]);
            let answer = snapshot.quantile(0.99).unwrap().as_nanos();
            let off = answer.abs_diff(u128::from(value));
            assert!(off << (layout.bits() + 1) <= u128::from(value), "{layout:?}: {answer} for {value}");
        }
    }
}
