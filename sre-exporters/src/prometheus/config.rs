//! Pure. The bounds of classic buckets.

use super::encode::Edges;

/// Bounds that every duration histogram has, in microseconds: from half a millisecond to ten seconds, about two a
/// factor of five. Every latency threshold is one more. They never change while the process lives, because a set that
/// changes breaks `rate()` over buckets.
const BOUNDS_US: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// The bounds of a histogram with these latency thresholds.
pub(crate) fn edges(thresholds_ns: &[u64]) -> Edges {
    let bounds_ns = BOUNDS_US.iter().map(|bound| bound * 1_000).chain(thresholds_ns.iter().copied());
    Edges::new(bounds_ns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_threshold_is_a_bound_once() {
        let edges = edges(&[300_000_000, 1_000_000_000]);
        assert_eq!(edges.bounds_ns().len(), BOUNDS_US.len() + 1);
        assert!(edges.bounds_ns().is_sorted());
        assert!(edges.bounds_ns().contains(&300_000_000));
    }
}
