//! Pure. The bounds of classic buckets.

use sre_core::histogram::classic_bounds_ns;

use super::encode::Edges;

/// The bounds of a histogram with these latency thresholds: those by which the engine keeps exemplars.
pub(crate) fn edges_of(thresholds_ns: &[u64]) -> Edges {
    Edges::new(classic_bounds_ns(thresholds_ns.iter().copied()))
}
