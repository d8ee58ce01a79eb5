//! Pure. Snapshots as `hdrhistogram::Histogram` and back.

use hdrhistogram::{Counter, Histogram};

use super::HdrError;
use crate::histogram::{Layout, Snapshot};

/// The range of a histogram unless a value needs more: one day. Readers that add up the histograms of a log
/// want the same range in each.
const HIGHEST_NS: u64 = 86_400_000_000_000;

impl Snapshot {
    /// The counts as a histogram of the `hdrhistogram` crate, in nanoseconds.
    ///
    /// It has two significant figures for up to 7 bits of [`Layout`], three above, and a range of one day, or
    /// all of `u64` when a value needs it. No count is lost; the exact sum is.
    ///
    /// # Errors
    ///
    /// [`HdrError::Creation`] where `usize` has fewer than 32 bits.
    pub fn to_hdr(&self) -> Result<Histogram<u64>, HdrError> {
        self.to_hdr_up_to(u64::MAX)
    }

    /// Values above `limit_ns` count as `limit_ns`.
    pub(super) fn to_hdr_up_to(&self, limit_ns: u64) -> Result<Histogram<u64>, HdrError> {
        let figures = if self.layout() <= Layout::BITS_7 { 2 } else { 3 };
        let max_ns = self.buckets().last().map_or(0, |bucket| bucket.upper_ns());
        let highest_ns = if max_ns <= HIGHEST_NS { HIGHEST_NS } else { limit_ns };
        let mut histogram = Histogram::new_with_bounds(1, highest_ns, figures).map_err(HdrError::Creation)?;
        for bucket in self.buckets() {
            histogram.saturating_record_n(bucket.midpoint_ns(), bucket.count());
        }
        Ok(histogram)
    }

    /// The counts of a histogram of the `hdrhistogram` crate that holds nanoseconds.
    ///
    /// Up to three significant figures and at a lowest discernible value of 1, no count changes its bucket.
    /// Finer histograms are made coarser to [`Layout::BITS_10`]; where the lowest discernible value is above 1,
    /// a count goes to the bucket of its midpoint. The sum is that of midpoints, so an only value counts as the
    /// midpoint of its bucket.
    pub fn from_hdr<C: Counter>(histogram: &Histogram<C>) -> Self {
        let layout = match histogram.sigfig() {
            0 | 1 => Layout::BITS_4,
            2 => Layout::BITS_7,
            _ => Layout::BITS_10,
        };
        let mut sum_ns = 0_u128;
        let buckets = histogram.iter_recorded().map(|recorded| {
            let (lower_ns, count) = (
                histogram.lowest_equivalent(recorded.value_iterated_to()),
                recorded.count_at_value().as_u64(),
            );
            let midpoint_ns =
                lower_ns.saturating_add(histogram.equivalent_range(lower_ns).saturating_sub(1) / 2);
            sum_ns = sum_ns.saturating_add(u128::from(midpoint_ns).saturating_mul(u128::from(count)));
            (layout.index(midpoint_ns), count)
        });
        let snapshot = Self::from_buckets(layout, buckets, 0);
        snapshot.with_sum_ns(sum_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn one_per_bucket(layout: Layout) -> Snapshot {
        Snapshot::from_counts(layout, 0, vec![1; layout.buckets()], 0)
    }

    #[test]
    fn every_bucket_survives_both_ways_at_7_and_10_bits() {
        for layout in [Layout::BITS_7, Layout::BITS_10] {
            let all = one_per_bucket(layout);
            let there = all.to_hdr().unwrap();
            assert_eq!(there.len(), layout.buckets() as u64);
            let back = Snapshot::from_hdr(&there);
            assert_eq!(back.clone().with_sum_ns(0), all);
            let again = back.to_hdr().unwrap();
            assert_eq!(again, there);
        }
    }

    #[test]
    fn every_default_bucket_survives_there_and_back() {
        let all = one_per_bucket(Layout::BITS_6);
        let back = Snapshot::from_hdr(&all.to_hdr().unwrap());
        assert_eq!(back.layout(), Layout::BITS_7);
        assert_eq!(back.coarsened(Layout::BITS_6).with_sum_ns(0), all);
    }

    #[test]
    fn bucket_edges_are_those_of_the_crate() {
        for (layout, figures) in [(Layout::BITS_7, 2), (Layout::BITS_10, 3)] {
            let histogram = Histogram::<u64>::new_with_bounds(1, u64::MAX, figures).unwrap();
            // The crate thinks that its last bucket ends at `u64::MAX - 1`.
            for index in 0..layout.buckets() - 1 {
                let lower = layout.lower(index);
                assert_eq!(histogram.lowest_equivalent(lower), lower, "{layout:?} bucket {index}");
                assert_eq!(histogram.highest_equivalent(lower), layout.upper(index), "{layout:?} {index}");
            }
        }
    }

    #[test]
    fn quantiles_agree_with_the_crate() {
        let values = (1..=10_000_u64).map(|i| Duration::from_nanos(i * i * 13));
        let snapshot = Snapshot::from_durations(Layout::BITS_7, values);
        let histogram = snapshot.to_hdr().unwrap();
        // Of decimal fractions such as 0.035 of 10,000 the crate takes the 351st: `0.035` is a little more.
        for step in 0..=512_u32 {
            let quantile = f64::from(step) / 512.0;
            let bucket = snapshot.quantile_bucket(quantile).unwrap();
            assert_eq!(histogram.value_at_quantile(quantile), bucket.upper_ns(), "{step}/512");
        }
    }

    #[test]
    fn other_precisions_are_taken_as_close_as_layouts_go() {
        for (figures, layout) in [(0, Layout::BITS_4), (1, Layout::BITS_4), (5, Layout::BITS_10)] {
            let mut histogram = Histogram::<u32>::new_with_bounds(1, HIGHEST_NS, figures).unwrap();
            histogram.record_n(1_000_000, 3).unwrap();
            let snapshot = Snapshot::from_hdr(&histogram);
            assert_eq!((snapshot.layout(), snapshot.count()), (layout, 3));
        }
        let mut coarse = Histogram::<u64>::new_with_bounds(1_000, HIGHEST_NS, 3).unwrap();
        coarse.record(1_500).unwrap();
        let bucket = Snapshot::from_hdr(&coarse).buckets().next().unwrap();
        assert_eq!(bucket.index(), Layout::BITS_10.index(coarse.lowest_equivalent(1_500) + 255));
    }

    #[test]
    fn nothing_converts_to_nothing() {
        let nothing = Snapshot::default().to_hdr().unwrap();
        assert!(nothing.is_empty());
        assert!(Snapshot::from_hdr(&nothing).is_empty());
    }

    #[test]
    fn the_sum_that_comes_back_is_close() {
        let exact = Snapshot::from_durations(Layout::BITS_6, (1..500).map(Duration::from_millis));
        let back = Snapshot::from_hdr(&exact.to_hdr().unwrap());
        let off = back.sum_ns().abs_diff(exact.sum_ns());
        assert!(off * 100 < exact.sum_ns(), "{} for {}", back.sum_ns(), exact.sum_ns());
    }
}
