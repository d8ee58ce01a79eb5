//! Pure. Classic buckets: the few bounds that exported histograms have, whatever the buckets inside.

/// How many bounds every duration histogram has.
pub(crate) const CLASSIC_BOUNDS: usize = 14;

/// Bounds that every duration histogram has, in microseconds: from half a millisecond to ten seconds, about two a
/// factor of five. They never change while the process lives, because a set that changes breaks `rate()` over buckets.
const BOUNDS_US: [u64; CLASSIC_BOUNDS] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// The inclusive upper bounds of the classic buckets, in nanoseconds and ascending: fourteen from 0.5 ms to 10 s, and
/// each of the thresholds as an exact edge. A last bucket has no bound.
///
/// # Examples
///
/// ```
/// use sre_core::histogram::classic_bounds_ns;
///
/// let bounds = classic_bounds_ns([300_000_000]);
/// assert_eq!(bounds.len(), 15);
/// assert!(bounds.contains(&300_000_000));
/// ```
#[must_use]
pub fn classic_bounds_ns(thresholds_ns: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let mut bounds_ns: Vec<u64> = BOUNDS_US.iter().map(|us| us * 1_000).chain(thresholds_ns).collect();
    bounds_ns.sort_unstable();
    bounds_ns.dedup();
    bounds_ns
}

/// The place of the bucket in which a value lies; the one beyond the last bound has the number of the bounds.
pub(crate) fn classic_bucket(bounds_ns: &[u64], value_ns: u64) -> usize {
    bounds_ns.partition_point(|bound| *bound < value_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_threshold_is_a_bound_once() {
        let bounds = classic_bounds_ns([1_000_000_000, 300_000_000, 300_000_000]);
        assert_eq!(bounds.len(), BOUNDS_US.len() + 1);
        assert!(bounds.is_sorted());
        assert!(bounds.contains(&300_000_000));
    }

    #[test]
    fn a_value_on_a_bound_lies_below_it() {
        let bounds = classic_bounds_ns([]);
        for (value_ns, place) in [(0, 0), (500_000, 0), (500_001, 1), (10_000_000_000, 13), (u64::MAX, 14)] {
            assert_eq!(classic_bucket(&bounds, value_ns), place, "{value_ns}");
        }
    }
}
