//! Hot. The copy of a series' counters that any thread may add to.

use core::ops::RangeInclusive;

use crate::primitive::modelled::{AtomicU16, AtomicU32, AtomicU64};
use crate::primitive::{OnDemand, OnceLock, Ordering, zeroed};
use crate::shard::batches::Batches;
use crate::shard::sum::Sum;
use crate::shard::{BLOCK, InFlightCells, SLOTS, THRESHOLDS_MAX, read};

/// Buckets that are allotted together: two octaves at 64 buckets each.
#[cfg(not(sre_loom))]
pub(crate) const PAGE_CELLS: usize = 128;
#[cfg(sre_loom)]
pub(crate) const PAGE_CELLS: usize = 2;

/// An event that finds this many in its narrow cell gives the page wide cells.
#[cfg(not(sre_loom))]
const NARROW_MAX: u16 = 1 << 15;
#[cfg(sre_loom)]
const NARROW_MAX: u16 = 1;

/// Cells of some buckets: narrow ones first, and wide ones beside them once a narrow one is half full.
///
/// From then on all events go to the wide cells. Each thread adds to a narrow one at most once after it was half full,
/// so it would take 32,768 threads to make it overflow.
#[derive(Debug)]
struct Page {
    narrow: [AtomicU16; PAGE_CELLS],
    wide: OnDemand<[AtomicU32; PAGE_CELLS]>,
}

/// Places for pages, each empty until its first value.
type Pages = Box<[OnDemand<Page>]>;

/// Cells of 64 buckets, to be summed; none where nothing was counted yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cells<'a> {
    pub(crate) narrow: &'a [AtomicU16],
    pub(crate) wide: &'a [AtomicU32],
    pub(crate) batches: &'a [AtomicU64],
}

/// Counters of one series, added to by any thread.
///
/// What a quiet series never touches takes no memory: calls in flight appear with the first call, pages of buckets
/// with the first value in them.
#[derive(Debug)]
pub(crate) struct Shared {
    count: AtomicU64,
    sum_ns: Sum<2>,
    over: [AtomicU64; THRESHOLDS_MAX],
    in_flight: OnDemand<InFlightCounters>,
    buckets: usize,
    pages: OnceLock<Pages>,
    batches: OnDemand<Batches>,
}

/// Calls by the slot in which they started.
#[derive(Debug)]
struct InFlightCounters {
    late: AtomicU32,
    started: [AtomicU32; SLOTS],
    ended: [AtomicU32; SLOTS],
}

impl Shared {
    /// Counters for a layout of `buckets` buckets.
    pub(crate) fn new(buckets: usize) -> Self {
        Self {
            count: AtomicU64::new(0),
            sum_ns: Sum::zero(),
            over: zeroed(),
            in_flight: OnDemand::empty(),
            buckets,
            pages: OnceLock::new(),
            batches: OnDemand::empty(),
        }
    }

    /// Adds `count` events to `bucket`: one, or what a cell of a shard held. Whether its wide cell is half full.
    ///
    /// Wait-free, one locked add; the first event of a page allots it. Release: see `Shard::add`.
    #[inline]
    pub(crate) fn add_cell(&self, bucket: usize, count: u16) -> bool {
        self.page(bucket / PAGE_CELLS).is_some_and(|page| page.add(bucket % PAGE_CELLS, count))
    }

    #[inline]
    fn page(&self, number: usize) -> Option<&Page> {
        Some(self.pages().get(number)?.get_or_make(Page::new))
    }

    #[inline]
    fn pages(&self) -> &Pages {
        match self.pages.get() {
            Some(pages) => pages,
            None => self.allot_pages(),
        }
    }

    #[cold]
    #[inline(never)]
    fn allot_pages(&self) -> &Pages {
        let pages = (0..self.pages_max()).map(|_| OnDemand::empty()).collect();
        self.pages.get_or_init(|| pages)
    }

    fn pages_max(&self) -> usize {
        self.buckets.div_ceil(PAGE_CELLS)
    }

    fn pages_in_use(&self) -> impl Iterator<Item = (usize, &Page)> {
        let pages = self.pages.get().into_iter().flatten().enumerate();
        pages.filter_map(|(number, page)| Some((number, page.get()?)))
    }

    fn in_flight(&self) -> &InFlightCounters {
        self.in_flight.get_or_make(|| InFlightCounters {
            late: AtomicU32::new(0),
            started: zeroed(),
            ended: zeroed(),
        })
    }

    fn batches(&self) -> &Batches {
        self.batches.get_or_make(|| Batches::new(self.pages_max()))
    }

    /// Adds to the summed durations; whether they are half full.
    #[inline]
    pub(crate) fn add_sum(&self, sum_ns: u64) -> bool {
        self.sum_ns.add(u128::from(sum_ns))
    }

    /// Counts a batch beyond the first `exceeded` thresholds; whether the sum is half full.
    ///
    /// No locked instruction waits for another; the first batch of a page allots it.
    pub(crate) fn add_batch(&self, bucket: usize, exceeded: usize, count: u64, sum_ns: u128) -> bool {
        self.batches().add(bucket, exceeded, count, sum_ns)
    }

    /// Counts events, after their thresholds and before their buckets. Release: see `Shard::add`.
    #[inline]
    pub(crate) fn add_count(&self, count: u64) {
        self.count.fetch_add(count, Ordering::Release);
    }

    /// Counts events that took longer than threshold number `threshold`, before they are counted as events.
    #[inline]
    pub(crate) fn add_over(&self, threshold: usize, count: u64) {
        if let Some(over) = self.over.get(threshold) {
            over.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Counts a call that started in `slot`; the first one allots the counters.
    pub(crate) fn add_started(&self, slot: usize) {
        if let Some(cell) = self.in_flight().started.get(slot) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a call that ended, in the slot where it had started.
    pub(crate) fn add_ended(&self, slot: usize) {
        if let Some(cell) = self.in_flight().ended.get(slot) {
            cell.fetch_add(1, Ordering::Release);
        }
    }

    /// Counts a call that ended after its slot may have been reused.
    pub(crate) fn add_late(&self) {
        self.in_flight().late.fetch_add(1, Ordering::Release);
    }

    /// Adds the calls of a shard; the caller holds the ledger, so no reader is on its way.
    pub(crate) fn add_in_flight(&self, calls: &InFlightCells) {
        let counters = self.in_flight();
        counters.late.fetch_add(calls.late, Ordering::Relaxed);
        counters.started.iter().zip(calls.started).for_each(|(sum, count)| add_unless_zero(sum, count));
        counters.ended.iter().zip(calls.ended).for_each(|(sum, count)| add_unless_zero(sum, count));
    }

    /// Allots the pages of these buckets and the counters of calls, so that recording allocates nothing.
    pub(crate) fn touch(&self, buckets: RangeInclusive<usize>) {
        let _ = self.in_flight();
        self.pages_of(buckets).for_each(|_| {});
    }

    /// Allots wide cells for these buckets too, so that a shard can be emptied into them.
    pub(crate) fn widen(&self, buckets: RangeInclusive<usize>) {
        self.pages_of(buckets).for_each(|page| {
            let _ = page.wide();
        });
    }

    fn pages_of(&self, buckets: RangeInclusive<usize>) -> impl Iterator<Item = &Page> {
        (buckets.start() / PAGE_CELLS..=buckets.end() / PAGE_CELLS).filter_map(|number| self.page(number))
    }

    /// The cells of 64 buckets.
    pub(crate) fn block(&self, number: usize) -> Cells<'_> {
        let first = number * BLOCK;
        let page = self.pages.get().and_then(|pages| pages.get(first / PAGE_CELLS)?.get());
        let batches = self.batches.get().map(|batches| batches.block(number)).unwrap_or_default();
        Cells { batches, ..page.map(|page| page.block(first % PAGE_CELLS)).unwrap_or_default() }
    }

    /// Events so far.
    pub(crate) fn count(&self) -> u64 {
        let in_batches = self.batches.get().map_or(0, Batches::count);
        self.count.load(Ordering::Acquire).saturating_add(in_batches)
    }

    /// Summed durations.
    pub(crate) fn sum_ns(&self) -> u128 {
        self.sum_ns.get().saturating_add(self.batches.get().map_or(0, Batches::sum_ns))
    }

    /// Events over each threshold; to be read after the count.
    pub(crate) fn over(&self) -> [u64; THRESHOLDS_MAX] {
        let mut over = read(&self.over);
        if let Some(batches) = self.batches.get() {
            over.iter_mut().zip(batches.over()).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        }
        over
    }

    /// As `Shard::read_ends`.
    pub(crate) fn read_ends(&self, cells: &mut InFlightCells) {
        if let Some(counters) = self.in_flight.get() {
            cells.add_ends(counters.late.load(Ordering::Acquire), &counters.ended);
        }
    }

    /// As `Shard::read_starts`.
    pub(crate) fn read_starts(&self, cells: &mut InFlightCells) {
        if let Some(counters) = self.in_flight.get() {
            cells.add_starts(&counters.started);
        }
    }

    /// Moves what the wide cell of `bucket` holds to a cell that never fills; the caller holds the ledger, so no
    /// reader is on its way.
    pub(crate) fn settle_cell(&self, bucket: usize) {
        let wide = self.page(bucket / PAGE_CELLS).and_then(|page| page.wide.get());
        if let Some(cell) = wide.and_then(|cells| cells.get(bucket % PAGE_CELLS)) {
            self.batches().add_cell(bucket, u64::from(cell.swap(0, Ordering::Relaxed)));
        }
    }

    /// Moves the summed durations to where they have room; the caller holds the ledger.
    pub(crate) fn settle_sum(&self) {
        self.batches().add_sum(self.sum_ns.take());
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let places = self.pages.get().map_or(0, |pages| size_of_val(&**pages));
        let calls = self.in_flight.get().map_or(0, |_| size_of::<InFlightCounters>());
        let batches = self.batches.get().map_or(0, Batches::bytes);
        places + calls + batches + self.pages_in_use().map(|(_, page)| page.bytes()).sum::<usize>()
    }
}

impl Page {
    fn new() -> Self {
        Self { narrow: zeroed(), wide: OnDemand::empty() }
    }

    /// Whether the wide cell is half full.
    fn add(&self, cell: usize, count: u16) -> bool {
        match (self.wide.get(), self.narrow.get(cell)) {
            (None, Some(narrow)) if count == 1 => {
                if narrow.fetch_add(1, Ordering::Release) >= NARROW_MAX {
                    let _ = self.wide();
                }
                false
            }
            _ => {
                let wide = self.wide().get(cell);
                wide.is_some_and(|wide| wide.fetch_add(u32::from(count), Ordering::Release) >> 31 != 0)
            }
        }
    }

    fn wide(&self) -> &[AtomicU32; PAGE_CELLS] {
        self.wide.get_or_make(zeroed)
    }

    fn block(&self, start: usize) -> Cells<'_> {
        let wide = self.wide.get().and_then(|wide| wide.get(start..start + BLOCK));
        let narrow = self.narrow.get(start..start + BLOCK);
        Cells { narrow: narrow.unwrap_or_default(), wide: wide.unwrap_or_default(), batches: &[] }
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.wide.get().map_or(0, size_of_val)
    }
}

fn add_unless_zero(sum: &AtomicU32, count: u32) {
    if count > 0 {
        sum.fetch_add(count, Ordering::Relaxed);
    }
}
