//! Hot. Counters for whatever number of events at once, and for what outgrows the smaller ones.

use crate::primitive::modelled::{AtomicU64, add_saturating};
use crate::primitive::{OnDemand, Ordering, zeroed};
use crate::shard::shared::PAGE_CELLS;
use crate::shard::sum::Sum;
use crate::shard::{BLOCK, THRESHOLDS_MAX, read};

/// Cells of some buckets.
type Page = [AtomicU64; PAGE_CELLS];

/// Counters of batches, which saturate: one call can bring as many events as a counter can count.
///
/// Single events have counters of their own, which a process cannot fill in its life, so that they need not look.
/// Whoever records no batches has none of these, until a cell has counted two billion events.
#[derive(Debug)]
pub(super) struct Batches {
    count: AtomicU64,
    over: [AtomicU64; THRESHOLDS_MAX],
    sum_ns: Sum<4>,
    pages: Box<[OnDemand<Page>]>,
}

impl Batches {
    pub(super) fn new(pages: usize) -> Self {
        Self {
            count: AtomicU64::new(0),
            over: zeroed(),
            sum_ns: Sum::zero(),
            pages: (0..pages).map(|_| OnDemand::empty()).collect(),
        }
    }

    /// Counts a batch beyond the first `exceeded` thresholds, in the order of `Shard::add`; whether its sum is to be
    /// carried.
    pub(super) fn add(&self, bucket: usize, exceeded: usize, count: u64, sum_ns: u128) -> bool {
        self.over.iter().take(exceeded).for_each(|over| add_saturating(over, count));
        add_saturating(&self.count, count);
        let is_half_full = self.sum_ns.add(sum_ns);
        self.add_cell(bucket, count);
        is_half_full
    }

    /// Adds to a bucket alone.
    pub(super) fn add_cell(&self, bucket: usize, count: u64) {
        let page = self.pages.get(bucket / PAGE_CELLS).map(|page| page.get_or_make(zeroed));
        if let Some(cell) = page.and_then(|page| page.get(bucket % PAGE_CELLS)) {
            add_saturating(cell, count);
        }
    }

    /// Adds to the sum alone; the caller holds the ledger.
    pub(super) fn add_sum(&self, sum_ns: u128) {
        self.sum_ns.add(sum_ns);
        self.sum_ns.carry();
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    pub(super) fn over(&self) -> [u64; THRESHOLDS_MAX] {
        read(&self.over)
    }

    pub(super) fn sum_ns(&self) -> u128 {
        self.sum_ns.get()
    }

    /// Cells of 64 buckets; none where nothing was counted yet.
    pub(super) fn block(&self, number: usize) -> &[AtomicU64] {
        let first = number * BLOCK;
        let start = first % PAGE_CELLS;
        let page = self.pages.get(first / PAGE_CELLS).and_then(OnDemand::get);
        page.and_then(|page| page.get(start..start + BLOCK)).unwrap_or_default()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let pages = self.pages.iter().filter(|page| page.get().is_some()).count();
        size_of::<Self>() + size_of_val(&*self.pages) + pages * size_of::<Page>()
    }
}
