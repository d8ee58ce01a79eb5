//! Pure. Classic buckets of a growing histogram, counted again only where it has grown.

use super::blocks::{BLOCK, Blocks, total};
use super::layout::Layout;
use super::snapshot::Snapshot;
use crate::primitive::Arc;

/// How many values are at or below each of a few bounds, kept up to date from one snapshot to the next.
///
/// The counts are those of [`Snapshot::cumulative`]. Between two snapshots of one histogram few buckets change, so
/// bringing the counts up to date costs a fraction of counting all: blocks of buckets without new values are known
/// by their totals.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use sre_core::histogram::{Cumulative, Layout, Snapshot};
///
/// let mut histogram = Snapshot::from_durations(Layout::default(), [Duration::from_micros(300)]);
/// let mut cumulative = Cumulative::new(Layout::default(), &[500_000, 10_000_000]);
/// assert_eq!(cumulative.update(&histogram), [1, 1]);
///
/// histogram.merge(&Snapshot::from_durations(Layout::default(), [Duration::from_millis(7)]));
/// assert_eq!(cumulative.update(&histogram), [1, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Cumulative {
    layout: Layout,
    /// Shared by all clones: histograms with the same bounds are made from one.
    bounds_ns: Arc<[u64]>,
    cuts: Arc<[Cut]>,
    /// For each bound, what the block around it counted up to there.
    parts: Box<[u64]>,
    counts: Box<[u64]>,
    count: u64,
    /// Number of the first block and totals of the last snapshot.
    first: usize,
    totals: Vec<u64>,
}

/// Where a bound cuts the buckets.
#[derive(Clone, Copy, Debug)]
struct Cut {
    block: usize,
    /// Buckets of the block that are below the bound.
    within: usize,
}

impl Cut {
    fn at(layout: Layout, bound_ns: u64) -> Self {
        let around = layout.index(bound_ns);
        let end = around + usize::from(layout.upper(around) <= bound_ns);
        Self { block: end / BLOCK, within: end % BLOCK }
    }

    fn count(self, blocks: &Blocks) -> u64 {
        total(blocks.counts_of(self.block).get(..self.within).unwrap_or_default())
    }
}

impl Cumulative {
    /// Counts for ascending bounds in nanoseconds, all zero. A bound smaller than one before it counts as that.
    #[must_use]
    pub fn new(layout: Layout, bounds_ns: &[u64]) -> Self {
        let mut highest_ns = 0;
        let ascending = bounds_ns.iter().map(|bound_ns| {
            highest_ns = highest_ns.max(*bound_ns);
            highest_ns
        });
        let bounds_ns: Arc<[u64]> = ascending.collect();
        Self {
            layout,
            cuts: bounds_ns.iter().map(|bound_ns| Cut::at(layout, *bound_ns)).collect(),
            parts: bounds_ns.iter().map(|_| 0).collect(),
            counts: bounds_ns.iter().map(|_| 0).collect(),
            bounds_ns,
            count: 0,
            first: 0,
            totals: Vec::new(),
        }
    }

    /// Counts the values of `snapshot`; returns how many are at or below each bound.
    ///
    /// The snapshot must be of the same histogram as the one before, and later. One of another precision is counted
    /// from the start.
    pub fn update(&mut self, snapshot: &Snapshot) -> &[u64] {
        if snapshot.layout() != self.layout {
            *self = Self::new(snapshot.layout(), &self.bounds_ns);
        }
        let blocks = snapshot.blocks();
        let (first, totals) = blocks.totals();
        for (part, cut) in self.parts.iter_mut().zip(&*self.cuts) {
            if known(self.first, &self.totals, cut.block) != blocks.total_of(cut.block) {
                *part = cut.count(blocks);
            }
        }
        self.first = first;
        self.totals.clear();
        self.totals.extend_from_slice(totals);
        self.add_up();
        &self.counts
    }

    /// Counts one block anew, which has `total` values now; `within` tells how many are in so many of its first
    /// buckets. Returns how much it has grown.
    pub(super) fn grow(&mut self, block: usize, total: u64, within: impl Fn(usize) -> u64) -> u64 {
        let growth = total.saturating_sub(known(self.first, &self.totals, block));
        if growth == 0 {
            return 0;
        }
        if let Some(known) = self.total_mut(block) {
            *known = total;
        }
        for ((count, part), cut) in self.counts.iter_mut().zip(&mut self.parts).zip(&*self.cuts) {
            if cut.block > block {
                *count = count.saturating_add(growth);
            } else if cut.block == block {
                // What came since the total was read is not in it, and bounds must not pass what they are bounds of.
                let more = within(cut.within).min(total).saturating_sub(*part);
                (*count, *part) = (count.saturating_add(more), part.saturating_add(more));
            }
        }
        self.count = self.count.saturating_add(growth);
        growth
    }

    fn total_mut(&mut self, block: usize) -> Option<&mut u64> {
        if self.totals.is_empty() {
            self.first = block;
        }
        let missing = self.first.saturating_sub(block);
        if missing > 0 {
            self.totals.splice(..0, core::iter::repeat_n(0, missing));
            self.first = block;
        }
        let place = block - self.first;
        if place >= self.totals.len() {
            self.totals.resize(place + 1, 0);
        }
        self.totals.get_mut(place)
    }

    /// How many values are at or below each bound; the counts never go down from one bound to the next.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Corrects the count of the bound at a place, for who knows it better; lasts until the next update.
    pub fn correct(&mut self, place: usize, count: u64) {
        if let Some(known) = self.counts.get_mut(place) {
            *known = count;
        }
    }

    /// All values.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    fn add_up(&mut self) {
        let mut rest = (self.first..).zip(&self.totals).peekable();
        let mut below = 0_u64;
        for ((count, part), cut) in self.counts.iter_mut().zip(&self.parts).zip(&*self.cuts) {
            while let Some((_, total)) = rest.next_if(|(block, _)| *block < cut.block) {
                below = below.saturating_add(*total);
            }
            *count = below.saturating_add(*part);
        }
        self.count = rest.fold(below, |sum, (_, total)| sum.saturating_add(*total));
    }
}

fn known(first: usize, totals: &[u64], block: usize) -> u64 {
    block.checked_sub(first).and_then(|place| totals.get(place)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const BOUNDS: [u64; 5] = [0, 999, 1_000_000, 1_007_615, u64::MAX];

    proptest! {
        #[test]
        fn after_each_step_of_growth_the_counts_are_those_of_the_snapshot(
            values in prop::collection::vec((0_u32..40, 0_u64..1 << 20), 0..60),
        ) {
            for layout in [Layout::BITS_6, Layout::BITS_7] {
                let mut histogram = Snapshot::empty(layout);
                let mut cumulative = Cumulative::new(Layout::BITS_6, &BOUNDS);
                for (shift, value) in &values {
                    let more = Duration::from_nanos(value << shift);
                    histogram.merge(&Snapshot::from_durations(layout, [more]));
                    let expected: Vec<u64> = histogram.cumulative(BOUNDS).collect();
                    prop_assert_eq!(cumulative.update(&histogram), expected);
                    prop_assert_eq!(cumulative.count(), histogram.count());
                }
            }
        }
    }

    #[test]
    fn bounds_out_of_order_never_go_down() {
        let four = Snapshot::from_durations(Layout::BITS_6, (1..=4).map(Duration::from_nanos));
        let mut cumulative = Cumulative::new(Layout::BITS_6, &[0, 200, 1, 300]);
        assert_eq!(cumulative.update(&four), [0, 4, 4, 4]);
    }
}
