//! Pure. Many hours added up, without a histogram for each.

use super::Stretch;
use super::hour::{HOUR_S, read_head};
use crate::error::DecodeError;
use crate::histogram::blocks::{BLOCK, Blocks};
use crate::histogram::codec::Reader;
use crate::histogram::steps::read_counts;
use crate::histogram::{Layout, Snapshot};

/// A sum of hours; equal to that of their histograms, for a fraction of the time.
#[derive(Debug, Default)]
pub(super) struct Adder {
    /// That of the coarsest hour with calls so far; none before the first.
    layout: Option<Layout>,
    /// Of all buckets of the layout.
    counts: Vec<u64>,
    sum_ns: u128,
    observed_s: u64,
    /// The counts of an hour; kept for the room they have.
    hour: Vec<u64>,
}

impl Adder {
    /// Adds an hour, if it can be read.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(bytes);
        let (missed_s, layout) = read_head(&mut reader)?;
        let (block, sum_ns) = read_counts(layout, &mut reader, &mut self.hour)?;
        self.observed_s = self.observed_s.saturating_add(u64::from(HOUR_S.saturating_sub(missed_s)));
        self.sum_ns = self.sum_ns.saturating_add(sum_ns);
        if self.hour.is_empty() {
            return Ok(());
        }
        let first = block.saturating_mul(BLOCK);
        let target = self.layout.map_or(layout, |own| own.min(layout));
        self.coarsen(target);
        let sums = self.counts.get_mut(first..).unwrap_or_default();
        if target == layout {
            sums.iter_mut().zip(&self.hour).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
        } else {
            add_coarsened(&mut self.counts, target, layout, first, &self.hour);
        }
        Ok(())
    }

    /// Makes room in a layout that is not finer than the own.
    fn coarsen(&mut self, target: Layout) {
        if self.layout == Some(target) {
            return;
        }
        let before = core::mem::replace(&mut self.counts, vec![0; target.buckets()]);
        if let Some(layout) = self.layout.replace(target) {
            add_coarsened(&mut self.counts, target, layout, 0, &before);
        }
    }

    /// What was added so far.
    pub(super) fn sum(&self) -> Stretch {
        let durations = match self.layout {
            Some(layout) => {
                Snapshot::from_blocks(layout, Blocks::from_counts(0, self.counts.clone()), self.sum_ns)
            }
            None => Snapshot::default().with_sum_ns(self.sum_ns),
        };
        Stretch { durations, observed_s: self.observed_s }
    }
}

/// Adds counts of `layout` from bucket `first` on to those of a coarser one.
fn add_coarsened(sums: &mut [u64], target: Layout, layout: Layout, first: usize, counts: &[u64]) {
    for (bucket, count) in (first..).zip(counts).filter(|(_, count)| **count > 0) {
        if let Some(sum) = sums.get_mut(layout.coarsen(bucket, target)) {
            *sum = sum.saturating_add(*count);
        }
    }
}
