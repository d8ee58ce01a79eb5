//! Pure. Frozen counts of a histogram and the questions they answer.

use core::time::Duration;

use super::blocks::Blocks;
use super::layout::Layout;
use crate::units::saturating_nanos;

/// Frozen counts of recorded durations, of one shard or of many merged.
///
/// Kept are the counts around the non-empty buckets, in blocks of 64, and the exact sum. Everything else (count,
/// mean, quantiles) is derived, so the answers agree with each other. Counts saturate instead of wrapping; the
/// sum has 128 bits and cannot overflow before they do.
///
/// An **interval** is the difference of two snapshots, [`since`](Self::since).
///
/// # No data
///
/// Without counts, [`quantile`](Self::quantile), [`min`](Self::min), [`max`](Self::max) and
/// [`mean`](Self::mean) answer `None`, never zero.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use sre_core::histogram::{Layout, Snapshot};
///
/// let millis = |ms| Duration::from_millis(ms);
/// let shard = Snapshot::from_durations(Layout::default(), (1..=99).map(millis));
/// let mut all = Snapshot::from_durations(Layout::default(), [millis(300)]);
/// all.merge(&shard);
///
/// assert_eq!(all.count(), 100);
/// assert_eq!(all.count_above(millis(200)), 1);
/// let median = all.quantile(0.5).ok_or("idle")?;
/// assert!(median.abs_diff(millis(50)) < millis(50) / 125);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use]
pub struct Snapshot {
    layout: Layout,
    blocks: Blocks,
    sum_ns: u128,
}

impl Snapshot {
    /// No counts.
    pub const fn empty(layout: Layout) -> Self {
        Self { layout, blocks: Blocks::empty(), sum_ns: 0 }
    }

    /// Counts of consecutive buckets, the first of which is bucket `first_index`, and the sum of the values.
    ///
    /// Empty buckets at both ends are cut off. Counts past the last bucket go to the last bucket.
    pub fn from_counts(layout: Layout, first_index: usize, counts: Vec<u64>, sum_ns: u128) -> Self {
        let last = layout.buckets() - 1;
        if first_index.saturating_add(counts.len()) > last + 1 {
            let clamped = counts.iter().enumerate().map(|(offset, &count)| (first_index + offset, count));
            return Self::from_buckets(layout, clamped, sum_ns);
        }
        let mut snapshot = Self { sum_ns, ..Self::empty(layout) };
        snapshot.blocks.add_run(first_index, &counts);
        snapshot
    }

    pub(super) const fn from_blocks(layout: Layout, blocks: Blocks, sum_ns: u128) -> Self {
        Self { layout, blocks, sum_ns }
    }

    /// Counts by bucket, in any order; repeated buckets add up, and one past the last counts as the last.
    ///
    /// Ascending order costs one push per bucket, any other one may move what is there already.
    pub fn from_buckets(
        layout: Layout,
        buckets: impl IntoIterator<Item = (usize, u64)>,
        sum_ns: u128,
    ) -> Self {
        let mut snapshot = Self { sum_ns, ..Self::empty(layout) };
        for (index, count) in buckets {
            snapshot.add(index, count);
        }
        snapshot
    }

    /// Counts and exact sum of single values. Durations above 584 years count as 584 years.
    pub fn from_durations(layout: Layout, durations: impl IntoIterator<Item = Duration>) -> Self {
        let mut snapshot = Self::empty(layout);
        for value_ns in durations.into_iter().map(saturating_nanos) {
            snapshot.add(layout.index(value_ns), 1);
            snapshot.sum_ns = snapshot.sum_ns.saturating_add(u128::from(value_ns));
        }
        snapshot
    }

    /// The same counts with another sum, for a source that knows it better than the buckets do.
    pub const fn with_sum_ns(mut self, sum_ns: u128) -> Self {
        self.sum_ns = sum_ns;
        self
    }

    /// How finely the counts are kept.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Whether nothing was counted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The number of values: the sum of all buckets.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.blocks.total()
    }

    /// The sum of the values in nanoseconds, as recorded and not as read back from buckets.
    ///
    /// A snapshot taken while others record may hold a value in its sum and not yet in a bucket, or the other
    /// way round; at rest the two agree.
    #[must_use]
    pub const fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// Adds the counts and the sum of `other`; commutes and associates.
    ///
    /// Of two precisions the coarser one stays, without any count crossing an edge, because layouts nest. A
    /// snapshot without counts has no say in this.
    pub fn merge(&mut self, other: &Self) {
        self.agree_with(other);
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        if self.layout == other.layout {
            self.blocks.merge(&other.blocks);
            return;
        }
        for (index, count) in other.blocks.iter() {
            self.add(other.layout.coarsen(index, self.layout), count);
        }
    }

    /// What was added since `earlier`: the interval between two snapshots of one cumulative histogram.
    ///
    /// A bucket or a sum that went back counts as zero. Of two precisions the coarser one stays.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut interval = self.clone();
        interval.agree_with(earlier);
        interval.sum_ns = interval.sum_ns.saturating_sub(earlier.sum_ns);
        if interval.layout == earlier.layout {
            interval.blocks.subtract(&earlier.blocks);
        } else {
            for (index, count) in earlier.blocks.iter() {
                interval.blocks.take(earlier.layout.coarsen(index, interval.layout), count);
            }
        }
        interval
    }

    /// The same counts in coarser buckets; at a finer or equal layout nothing changes.
    pub fn coarsened(&self, layout: Layout) -> Self {
        if layout >= self.layout {
            return self.clone();
        }
        let buckets = self.blocks.iter().map(|(index, count)| (self.layout.coarsen(index, layout), count));
        Self::from_buckets(layout, buckets, self.sum_ns)
    }

    /// The value below or at which the share `quantile` of all values lies, by nearest rank.
    ///
    /// `quantile` lies in `[0, 1]`; values outside are clamped, NaN gives `None`. It is rounded to parts per
    /// billion, so that `0.07` of 100 values is the 7th and not, by rounding noise, the 8th.
    ///
    /// The answer is the midpoint of the bucket that holds the value of rank `ceil(quantile * count)`, at
    /// least rank 1, so it is off by at most [`Layout::relative_error`].
    /// [`quantile_bucket`](Self::quantile_bucket) gives both edges instead.
    ///
    /// # No data
    ///
    /// `None` when nothing was counted.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let bucket = self.quantile_bucket(quantile)?;
        let within = |ns: u64| self.single().unwrap_or(ns);
        Some(Duration::from_nanos(within(bucket.midpoint_ns())))
    }

    /// The bucket that holds the value asked for by [`quantile`](Self::quantile).
    #[must_use]
    pub fn quantile_bucket(&self, quantile: f64) -> Option<Bucket> {
        let rank = rank(quantile, self.count())?;
        let (index, count) = self.blocks.at_rank(rank)?;
        Some(Bucket { layout: self.layout, index, count })
    }

    /// A lower bound of the smallest value: the lower edge of its bucket, or the value itself if it is the
    /// only one. `None` when nothing was counted.
    #[must_use]
    pub fn min(&self) -> Option<Duration> {
        let edge = self.buckets().next()?.lower_ns();
        Some(Duration::from_nanos(self.single().unwrap_or(edge)))
    }

    /// An upper bound of the largest value: the upper edge of its bucket, or the value itself if it is the
    /// only one. `None` when nothing was counted.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        let edge = self.layout.upper(self.ends()?.1);
        Some(Duration::from_nanos(self.single().unwrap_or(edge)))
    }

    /// The arithmetic mean, from the exact sum, kept between [`min`](Self::min) and [`max`](Self::max).
    ///
    /// `None` when nothing was counted.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let mean_ns = self.sum_ns.checked_div(u128::from(self.count()))?;
        let mean_ns = u64::try_from(mean_ns).unwrap_or(u64::MAX);
        let (first, last) = self.ends()?;
        let (lower, upper) = (self.layout.lower(first), self.layout.upper(last));
        Some(Duration::from_nanos(mean_ns.clamp(lower, upper)))
    }

    /// How many values are known to be `bound_ns` or less: the `le` of classic buckets, in nanoseconds.
    ///
    /// Exact when `bound_ns` is the upper edge of a bucket. Otherwise the bucket around it counts as above,
    /// so the answer is too low by at most the count of that one bucket.
    #[must_use]
    pub fn count_at_or_below(&self, bound_ns: u64) -> u64 {
        self.cumulative([bound_ns]).next().unwrap_or(0)
    }

    /// How many values may be longer than `bound`: all but [`count_at_or_below`](Self::count_at_or_below).
    #[must_use]
    pub fn count_above(&self, bound: Duration) -> u64 {
        self.count().saturating_sub(self.count_at_or_below(saturating_nanos(bound)))
    }

    /// [`count_at_or_below`](Self::count_at_or_below) for ascending bounds, in one pass and without allocating.
    ///
    /// The results never go down: a bound smaller than the one before it gets the same count.
    pub fn cumulative<I: IntoIterator<Item = u64>>(&self, bounds_ns: I) -> impl Iterator<Item = u64> {
        let (mut next, mut below) = (0, 0_u64);
        bounds_ns.into_iter().map(move |bound_ns| {
            let around = self.layout.index(bound_ns);
            let end = around + usize::from(self.layout.upper(around) <= bound_ns);
            below = below.saturating_add(self.blocks.total_between(next, end));
            next = next.max(end);
            below
        })
    }

    /// The buckets that are not empty, in ascending order.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> {
        let layout = self.layout;
        self.blocks.iter().map(move |(index, count)| Bucket { layout, index, count })
    }

    /// Bucket of the first count and all counts from there to the last, zeros between included.
    pub(super) fn run(&self) -> (usize, &[u64]) {
        self.blocks.run()
    }

    pub(super) const fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// The counts, for whoever knows what they should be.
    pub(super) const fn blocks_mut(&mut self) -> &mut Blocks {
        &mut self.blocks
    }

    pub(super) const fn set_sum_ns(&mut self, sum_ns: u128) {
        self.sum_ns = sum_ns;
    }

    /// Removes everything and keeps the room for new counts.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.sum_ns = 0;
    }

    /// The first and the last bucket that are not empty.
    fn ends(&self) -> Option<(usize, usize)> {
        let (first, counts) = self.run();
        Some((first, first + counts.len().checked_sub(1)?))
    }

    /// The one value there is: its exact sum, unless a snapshot amid recording caught another value's.
    fn single(&self) -> Option<u64> {
        let (first, counts) = self.run();
        if counts != [1] {
            return None;
        }
        let (lower, upper) = (self.layout.lower(first), self.layout.upper(first));
        Some(u64::try_from(self.sum_ns).unwrap_or(u64::MAX).clamp(lower, upper))
    }

    /// Takes the coarser of two layouts, those without counts aside.
    fn agree_with(&mut self, other: &Self) {
        match (self.is_empty(), other.is_empty()) {
            (true, true) => self.layout = self.layout.min(other.layout),
            (true, false) => self.layout = other.layout,
            (false, true) => {}
            (false, false) if other.layout < self.layout => *self = self.coarsened(other.layout),
            (false, false) => {}
        }
    }

    /// Adds to one bucket; one past the last counts as the last.
    fn add(&mut self, index: usize, count: u64) {
        self.blocks.add(index.min(self.layout.buckets() - 1), count);
    }
}

/// One bucket and how many values are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    layout: Layout,
    index: usize,
    count: u64,
}

impl Bucket {
    /// Its number in the [`Layout`] of the snapshot.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// How many values are in it; never zero.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The lowest value that belongs here, in nanoseconds.
    #[must_use]
    pub const fn lower_ns(&self) -> u64 {
        self.layout.lower(self.index)
    }

    /// The highest value that belongs here, in nanoseconds.
    #[must_use]
    pub const fn upper_ns(&self) -> u64 {
        self.layout.upper(self.index)
    }

    /// The value that stands for all in here, in nanoseconds.
    #[must_use]
    pub const fn midpoint_ns(&self) -> u64 {
        self.layout.midpoint(self.index)
    }
}

/// `ceil(quantile * count)`, from 1 to `count`, in whole parts per billion; `None` for NaN or no values.
fn rank(quantile: f64, count: u64) -> Option<u64> {
    const PPB: u128 = 1_000_000_000;
    if quantile.is_nan() || count == 0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to between 0 and 10^9 first"
    )]
    let ppb = (quantile.clamp(0.0, 1.0) * 1e9).round() as u128;
    let rank = (ppb * u128::from(count)).div_ceil(PPB);
    Some(u64::try_from(rank).unwrap_or(count).clamp(1, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Snapshot {
        Snapshot::from_durations(Layout::BITS_6, values.iter().copied().map(Duration::from_nanos))
    }

    #[track_caller]
    fn check_rank(quantile: f64, count: u64, expected: Option<u64>) {
        assert_eq!(rank(quantile, count), expected, "quantile {quantile} of {count}");
    }

    #[test]
    fn ranks_are_those_of_exact_fractions() {
        check_rank(0.0, 10, Some(1));
        check_rank(0.1, 10, Some(1));
        check_rank(0.100_000_001, 10, Some(2));
        check_rank(0.5, 2, Some(1));
        check_rank(0.5, 3, Some(2));
        check_rank(1.0, 10, Some(10));
        check_rank(0.99, u64::MAX, Some(18_262_276_632_972_456_099));
        check_rank(f64::INFINITY, 10, Some(10));
        check_rank(-0.5, 10, Some(1));
        check_rank(f64::NAN, 10, None);
        check_rank(0.5, 0, None);
    }

    #[test]
    fn every_percent_of_a_hundred_values_is_its_own_rank() {
        for percent in 1..=100_u32 {
            check_rank(f64::from(percent) / 100.0, 100, Some(u64::from(percent)));
        }
    }

    #[test]
    fn counts_are_trimmed_so_that_equal_content_is_equal() {
        let padded = Snapshot::from_counts(Layout::BITS_6, 3, vec![0, 0, 2, 0, 1, 0], 17);
        assert_eq!(padded.run(), (5, [2, 0, 1].as_slice()));
        assert_eq!(padded, Snapshot::from_buckets(Layout::BITS_6, [(7, 1), (5, 1), (9, 0), (5, 1)], 17));
        let blank = Snapshot::from_counts(Layout::BITS_6, 3, vec![0, 0], 0);
        assert_eq!(blank, Snapshot::empty(Layout::BITS_6));
    }

    #[test]
    fn counts_past_the_last_bucket_go_to_the_last() {
        let layout = Layout::BITS_6;
        let last = layout.buckets() - 1;
        let over = Snapshot::from_counts(layout, last - 1, vec![1, 2, 3, 4], 0);
        assert_eq!(over.run(), (last - 1, [1, 9].as_slice()));
        assert_eq!(Snapshot::from_buckets(layout, [(usize::MAX, 5)], 0).run(), (last, [5].as_slice()));
    }

    #[test]
    fn no_values_answer_nothing() {
        let empty = Snapshot::default();
        assert!(empty.is_empty());
        assert_eq!((empty.count(), empty.sum_ns()), (0, 0));
        assert_eq!((empty.min(), empty.max(), empty.mean()), (None, None, None));
        assert_eq!((empty.quantile(0.5), empty.quantile_bucket(0.5)), (None, None));
        assert_eq!(empty.count_at_or_below(u64::MAX), 0);
        assert_eq!(empty.buckets().count(), 0);
    }

    #[test]
    fn one_value_is_known_exactly() {
        let one = of(&[1_234_567]);
        let value = Some(Duration::from_nanos(1_234_567));
        assert_eq!((one.min(), one.max(), one.mean(), one.quantile(0.99)), (value, value, value, value));
    }

    #[test]
    fn one_value_with_a_torn_sum_stays_in_its_bucket() {
        let one = of(&[1_000_000]);
        for (sum, edge) in [(0, 999_424), (u128::MAX, 1_007_615)] {
            assert_eq!(one.clone().with_sum_ns(sum).max(), Some(Duration::from_nanos(edge)));
            assert_eq!(one.clone().with_sum_ns(sum).mean(), Some(Duration::from_nanos(edge)));
        }
    }

    #[test]
    fn the_edges_of_the_range_are_kept() {
        let both = of(&[0, u64::MAX]);
        assert_eq!(both.min(), Some(Duration::ZERO));
        assert_eq!(both.max(), Some(Duration::from_nanos(u64::MAX)));
        assert_eq!(both.sum_ns(), u128::from(u64::MAX));
        assert_eq!(both.count_at_or_below(u64::MAX), 2);
        assert_eq!(both.count_at_or_below(u64::MAX - 1), 1);
    }

    #[test]
    fn a_bound_inside_a_bucket_leaves_the_whole_bucket_above() {
        // The bucket around one millisecond reaches from 999,424 to 1,007,615 ns.
        let three = of(&[999_423, 1_000_000, 1_000_001]);
        for (bound, at_or_below) in
            [(999_423, 1), (1_000_000, 1), (1_007_614, 1), (1_007_615, 3), (1_007_616, 3)]
        {
            assert_eq!(three.count_at_or_below(bound), at_or_below, "bound {bound}");
            assert_eq!(three.count_above(Duration::from_nanos(bound)), 3 - at_or_below, "bound {bound}");
        }
    }

    #[test]
    fn cumulative_counts_never_go_down() {
        let four = of(&[1, 2, 3, 4]);
        let bounds = [0, 2, 1, 3, 100];
        assert_eq!(four.cumulative(bounds).collect::<Vec<_>>(), [0, 2, 2, 3, 4]);
    }

    #[test]
    fn counts_and_sums_saturate() {
        let mut full = Snapshot::from_counts(Layout::BITS_6, 9, vec![u64::MAX], u128::MAX);
        full.merge(&full.clone());
        assert_eq!((full.count(), full.sum_ns()), (u64::MAX, u128::MAX));
        assert_eq!(full.quantile(1.0), Some(Duration::from_nanos(9)));
    }

    #[test]
    fn a_histogram_that_went_back_has_an_empty_interval() {
        let (more, less) = (of(&[5, 5, 9]), of(&[5]));
        assert_eq!(less.since(&more), Snapshot::empty(Layout::BITS_6));
        assert_eq!(more.since(&less), of(&[5, 9]));
    }

    #[test]
    fn of_two_precisions_the_coarser_one_stays() {
        let values = [3, 1_000, 1_000_000, 1_003_000, 5_000_000_000].map(Duration::from_nanos);
        let fine = Snapshot::from_durations(Layout::BITS_10, values);
        let coarse = Snapshot::from_durations(Layout::BITS_6, values);
        assert_eq!(fine.coarsened(Layout::BITS_6), coarse);
        let mut both = fine.clone();
        both.merge(&coarse);
        assert_eq!((both.layout(), both.count()), (Layout::BITS_6, 10));
        assert_eq!(both.since(&fine), coarse);
        assert_eq!(both.since(&coarse), coarse);
    }

    #[test]
    fn an_empty_snapshot_has_no_say_in_the_precision() {
        let fine = Snapshot::from_durations(Layout::BITS_10, [Duration::from_millis(3)]);
        let mut total = Snapshot::default();
        total.merge(&fine);
        assert_eq!(total, fine);
        total.merge(&Snapshot::default());
        assert_eq!(total, fine);
    }
}
