//! Cold. A thousand histograms, hit at random, so that the cache decides.

use crate::harness::Subject;
use crate::names::ATOMIC_32;
use crate::values::{BOUNDS, SERIES, nanos, pick, seconds};

/// The smallest bucket-only rival, its wide sibling, and one of fourteen bounds with a sum.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "`pick` stays below the number of series")]
pub fn subjects() -> Vec<Subject> {
    let make = |_| histogram::AtomicHistogram32::new(6, 64).expect("a valid layout");
    let atomic_32: Vec<_> = (0..SERIES).map(make).collect();
    let make = |_| histogram::AtomicHistogram::new(6, 64).expect("a valid layout");
    let atomic: Vec<_> = (0..SERIES).map(make).collect();
    let make = |_| {
        let opts = prometheus::HistogramOpts::new("held", "held").buckets(BOUNDS.to_vec());
        prometheus::Histogram::with_opts(opts).expect("a valid name")
    };
    let prometheus: Vec<_> = (0..SERIES).map(make).collect();
    vec![
        Subject::shared(ATOMIC_32, move |i| atomic_32[pick(i, SERIES)].increment(nanos(i))),
        Subject::shared("histogram AtomicHistogram", move |i| atomic[pick(i, SERIES)].increment(nanos(i))),
        Subject::shared("prometheus", move |i| prometheus[pick(i, SERIES)].observe(seconds(i))),
    ]
}
