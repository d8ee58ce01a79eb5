//! Hot. The copy of a series' counters that any thread may add to.

use crate::primitive::modelled::{AtomicU32, AtomicU64};
use crate::primitive::{OnceLock, Ordering, zeroed};
use crate::shard::{BLOCK, InFlightCells, SLOTS, THRESHOLDS_MAX, read};

/// Buckets that are allotted together: two octaves at 64 buckets each.
#[cfg(not(sre_loom))]
pub(crate) const PAGE_CELLS: usize = 128;
#[cfg(sre_loom)]
pub(crate) const PAGE_CELLS: usize = 2;

#[derive(Debug)]
struct Page([AtomicU32; PAGE_CELLS]);

/// Counters of one series, added to by any thread; pages of buckets appear with the first value in them.
///
/// The event count is not kept: it is the sum of the buckets.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shared {
    sum_ns: AtomicU64,
    over: [AtomicU64; THRESHOLDS_MAX],
    late: AtomicU32,
    started: [AtomicU32; SLOTS],
    ended: [AtomicU32; SLOTS],
    pages: Box<[OnceLock<Box<Page>>]>,
}

impl Shared {
    /// Counters for a layout of `buckets` buckets.
    pub(crate) fn new(buckets: usize) -> Self {
        Self {
            sum_ns: AtomicU64::new(0),
            over: zeroed(),
            late: AtomicU32::new(0),
            started: zeroed(),
            ended: zeroed(),
            pages: (0..buckets.div_ceil(PAGE_CELLS)).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Adds `count` events to `bucket`; returns what the bucket held before.
    ///
    /// Wait-free, one locked add; the first event of a page allots it. Release: see `Shard::add`.
    #[inline]
    pub(crate) fn add_cell(&self, bucket: usize, count: u32) -> u32 {
        let Some(page) = self.page(bucket / PAGE_CELLS) else { return 0 };
        page.0.get(bucket % PAGE_CELLS).map_or(0, |cell| cell.fetch_add(count, Ordering::Release))
    }

    #[inline]
    fn page(&self, number: usize) -> Option<&Page> {
        let page = self.pages.get(number)?;
        match page.get() {
            Some(page) => Some(page),
            None => Some(allot(page)),
        }
    }

    /// Adds to the summed durations; returns the sum before.
    #[inline]
    pub(crate) fn add_sum(&self, sum_ns: u64) -> u64 {
        self.sum_ns.fetch_add(sum_ns, Ordering::Relaxed)
    }

    /// Counts events that took longer than threshold number `threshold`, before they are added to a cell.
    #[inline]
    pub(crate) fn add_over(&self, threshold: usize, count: u64) {
        if let Some(over) = self.over.get(threshold) {
            over.fetch_add(count, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn add_started(&self, slot: usize) {
        if let Some(cell) = self.started.get(slot) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn add_ended(&self, slot: usize) {
        if let Some(cell) = self.ended.get(slot) {
            cell.fetch_add(1, Ordering::Release);
        }
    }

    #[inline]
    pub(crate) fn add_late(&self) {
        self.late.fetch_add(1, Ordering::Release);
    }

    /// Allots the pages of these buckets, so that recording into them allocates nothing.
    pub(crate) fn touch(&self, buckets: core::ops::RangeInclusive<usize>) {
        for page in buckets.start() / PAGE_CELLS..=buckets.end() / PAGE_CELLS {
            let _ = self.page(page);
        }
    }

    /// Events, as far as they are not drained.
    pub(crate) fn count(&self) -> u64 {
        let cells = self.pages.iter().filter_map(OnceLock::get).flat_map(|page| &page.0);
        cells.map(|cell| u64::from(cell.load(Ordering::Acquire))).sum()
    }

    /// Cells of 64 buckets, as far as they are not drained; none where nothing was counted yet.
    pub(crate) fn block(&self, number: usize) -> &[AtomicU32] {
        let first = number * BLOCK;
        let page = self.pages.get(first / PAGE_CELLS).and_then(OnceLock::get);
        let start = first % PAGE_CELLS;
        page.and_then(|page| page.0.get(start..start + BLOCK)).unwrap_or_default()
    }

    pub(crate) fn sum_ns(&self) -> u64 {
        self.sum_ns.load(Ordering::Relaxed)
    }

    /// Events over each threshold; to be read after the cells.
    pub(crate) fn over(&self) -> [u64; THRESHOLDS_MAX] {
        read(&self.over)
    }

    /// As `Shard::read_ends`.
    pub(crate) fn read_ends(&self, cells: &mut InFlightCells) {
        cells.add_ends(self.late.load(Ordering::Acquire), &self.ended);
    }

    /// As `Shard::read_starts`.
    pub(crate) fn read_starts(&self, cells: &mut InFlightCells) {
        cells.add_starts(&self.started);
    }

    /// Takes what `bucket` holds; the caller holds the ledger, so no reader is on its way.
    pub(crate) fn drain_cell(&self, bucket: usize) -> u32 {
        self.pages
            .get(bucket / PAGE_CELLS)
            .and_then(OnceLock::get)
            .and_then(|page| page.0.get(bucket % PAGE_CELLS))
            .map_or(0, |cell| cell.swap(0, Ordering::Relaxed))
    }

    /// Takes the summed durations; the caller holds the ledger.
    pub(crate) fn drain_sum(&self) -> u64 {
        self.sum_ns.swap(0, Ordering::Relaxed)
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let pages = self.pages.iter().filter(|page| page.get().is_some()).count();
        size_of_val(&*self.pages) + pages * size_of::<Page>()
    }
}

/// Makes the page and then offers it, so that nobody waits for an allocation of somebody else.
#[cold]
fn allot(place: &OnceLock<Box<Page>>) -> &Page {
    let page = Box::new(Page(zeroed()));
    place.get_or_init(|| page)
}
