//! Hot. The copy of a series' counters that any thread may add to.

use core::ops::RangeInclusive;

use crate::primitive::modelled::{AtomicU16, AtomicU32, AtomicU64};
use crate::primitive::{OnceLock, Ordering, zeroed};
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
    wide: OnceLock<Box<[AtomicU32; PAGE_CELLS]>>,
}

/// Places for pages, each empty until its first value.
type Pages = Box<[OnceLock<Box<Page>>]>;

/// Counters of one series, added to by any thread.
///
/// What a quiet series never touches takes no memory: calls in flight appear with the first call, pages of buckets
/// with the first value in them.
#[derive(Debug)]
pub(crate) struct Shared {
    count: AtomicU64,
    sum_ns: AtomicU64,
    over: [AtomicU64; THRESHOLDS_MAX],
    in_flight: OnceLock<Box<InFlightCounters>>,
    buckets: usize,
    pages: OnceLock<Pages>,
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
            sum_ns: AtomicU64::new(0),
            over: zeroed(),
            in_flight: OnceLock::new(),
            buckets,
            pages: OnceLock::new(),
        }
    }

    /// Adds `count` events to `bucket`; returns what its wide cell held before.
    ///
    /// Wait-free, one locked add; the first event of a page allots it. Release: see `Shard::add`.
    #[inline]
    pub(crate) fn add_cell(&self, bucket: usize, count: u32) -> u32 {
        self.page(bucket / PAGE_CELLS).map_or(0, |page| page.add(bucket % PAGE_CELLS, count))
    }

    #[inline]
    fn page(&self, number: usize) -> Option<&Page> {
        let page = self.pages().get(number)?;
        Some(made(page, Page::new))
    }

    #[inline]
    fn pages(&self) -> &Pages {
        match self.pages.get() {
            Some(pages) => pages,
            None => self.allot_pages(),
        }
    }

    #[cold]
    fn allot_pages(&self) -> &Pages {
        let pages = (0..self.buckets.div_ceil(PAGE_CELLS)).map(|_| OnceLock::new()).collect();
        self.pages.get_or_init(|| pages)
    }

    fn pages_in_use(&self) -> impl Iterator<Item = (usize, &Page)> {
        let pages = self.pages.get().into_iter().flatten().enumerate();
        pages.filter_map(|(number, page)| Some((number, &**page.get()?)))
    }

    fn in_flight(&self) -> &InFlightCounters {
        made(&self.in_flight, || InFlightCounters {
            late: AtomicU32::new(0),
            started: zeroed(),
            ended: zeroed(),
        })
    }

    /// Adds to the summed durations; returns the sum before.
    #[inline]
    pub(crate) fn add_sum(&self, sum_ns: u64) -> u64 {
        self.sum_ns.fetch_add(sum_ns, Ordering::Relaxed)
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

    /// Narrow and wide cells of 64 buckets, to be summed; none where nothing was counted yet.
    pub(crate) fn block(&self, number: usize) -> (&[AtomicU16], &[AtomicU32]) {
        let first = number * BLOCK;
        let page = self.pages.get().and_then(|pages| pages.get(first / PAGE_CELLS)?.get());
        page.map(|page| page.block(first % PAGE_CELLS)).unwrap_or_default()
    }

    /// Events so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Summed durations, as far as they are not drained.
    pub(crate) fn sum_ns(&self) -> u64 {
        self.sum_ns.load(Ordering::Relaxed)
    }

    /// Events over each threshold; to be read after the count.
    pub(crate) fn over(&self) -> [u64; THRESHOLDS_MAX] {
        read(&self.over)
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

    /// Takes what the wide cell of `bucket` holds; the caller holds the ledger, so no reader is on its way.
    pub(crate) fn drain_cell(&self, bucket: usize) -> u32 {
        let wide = self.page(bucket / PAGE_CELLS).and_then(|page| page.wide.get());
        let cell = wide.and_then(|cells| cells.get(bucket % PAGE_CELLS));
        cell.map_or(0, |cell| cell.swap(0, Ordering::Relaxed))
    }

    /// Takes the summed durations; the caller holds the ledger.
    pub(crate) fn drain_sum(&self) -> u64 {
        self.sum_ns.swap(0, Ordering::Relaxed)
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let places = self.pages.get().map_or(0, |pages| size_of_val(&**pages));
        let calls = self.in_flight.get().map_or(0, |_| size_of::<InFlightCounters>());
        places + calls + self.pages_in_use().map(|(_, page)| page.bytes()).sum::<usize>()
    }
}

impl Page {
    fn new() -> Self {
        Self { narrow: zeroed(), wide: OnceLock::new() }
    }

    fn add(&self, cell: usize, count: u32) -> u32 {
        match (self.wide.get(), self.narrow.get(cell)) {
            (None, Some(narrow)) if count == 1 => {
                if narrow.fetch_add(1, Ordering::Release) >= NARROW_MAX {
                    let _ = self.wide();
                }
                0
            }
            _ => self.wide().get(cell).map_or(0, |wide| wide.fetch_add(count, Ordering::Release)),
        }
    }

    fn wide(&self) -> &[AtomicU32; PAGE_CELLS] {
        made(&self.wide, zeroed)
    }

    fn block(&self, start: usize) -> (&[AtomicU16], &[AtomicU32]) {
        let wide = self.wide.get().and_then(|wide| wide.get(start..start + BLOCK));
        (self.narrow.get(start..start + BLOCK).unwrap_or_default(), wide.unwrap_or_default())
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.wide.get().map_or(0, |wide| size_of_val(&**wide))
    }
}

/// What is in `place`; makes it first and then offers it, so that nobody waits for an allocation of somebody else.
#[inline]
fn made<T>(place: &OnceLock<Box<T>>, make: impl FnOnce() -> T) -> &T {
    match place.get() {
        Some(made) => made,
        None => offer(place, make),
    }
}

#[cold]
fn offer<T>(place: &OnceLock<Box<T>>, make: impl FnOnce() -> T) -> &T {
    let made = Box::new(make());
    place.get_or_init(|| made)
}

fn add_unless_zero(sum: &AtomicU32, count: u32) {
    if count > 0 {
        sum.fetch_add(count, Ordering::Relaxed);
    }
}
