//! Pure. The recent past of a histogram, for percentiles of the last minute, five minutes and hour.

use core::time::Duration;
use std::collections::VecDeque;

use super::layout::Layout;
use super::snapshot::Snapshot;

/// Length of a slot, the unit in which callers number time.
const SLOT: Duration = Duration::from_secs(10);
/// Full slots kept one by one: five minutes.
const SLOTS_KEPT: u64 = 30;
/// Slots joined into a minute once they are older.
const SLOTS_PER_MINUTE: u64 = 6;
/// Full minutes kept: an hour.
const MINUTES_KEPT: u64 = 60;
/// What one kept interval may take; above it, the interval is made coarser. Even with a full count in every
/// bucket of the coarsest layout an interval has 1,302 bytes, so this can always be met.
const INTERVAL_BYTES_MAX: usize = 1_536;

/// What all complete minutes in one may take: some 3,000 buckets, several times what usual durations touch.
const JOINED_BYTES_MAX: usize = 8_192;

/// Interval histograms of the last hour: 10-second slots for five minutes, minutes for the rest.
///
/// Time is an argument: slot `n` is the `n`th stretch of ten seconds since an origin that the caller keeps.
/// Intervals without values cost nothing, not even a push. The others are held as bytes, merged only when
/// asked.
///
/// # Size
///
/// At most 144 KiB, whatever is recorded: an interval of more than 1,536 bytes (some 800 buckets at once) is
/// kept in coarser buckets. What an hour of steady traffic takes at most, by how far the durations spread:
///
/// | calls a second | from 1 ms to | KiB |
/// |---|---|---|
/// | 1 | 100 ms | 6 |
/// | 100 | 100 ms | 40 |
/// | 1,000 | 100 ms | 64 |
/// | 1,000 | 1 s | 96 |
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use sre_core::histogram::{Intervals, Layout, Snapshot};
///
/// let mut recent = Intervals::new();
/// let slow = Snapshot::from_durations(Layout::default(), [Duration::from_millis(900)]);
/// recent.push(100, &slow);
///
/// assert_eq!(recent.window(106, Duration::from_secs(60)).count(), 1);
/// assert_eq!(recent.window(107, Duration::from_secs(60)).count(), 0);
/// assert_eq!(recent.window(107, Duration::from_secs(300)).count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    layout: Layout,
    /// The latest slot ever pushed; time does not go back behind it.
    newest: u64,
    slots: VecDeque<Interval>,
    minutes: VecDeque<Interval>,
    /// All `minutes` but the newest in one, so that a look at the hour need not open them all; none where that would
    /// take too much.
    joined: Option<Interval>,
}

/// One interval, numbered in slots or in minutes.
#[derive(Clone, Debug)]
struct Interval {
    number: u64,
    bytes: Box<[u8]>,
}

impl Intervals {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            layout: Layout::BITS_6,
            newest: 0,
            slots: VecDeque::new(),
            minutes: VecDeque::new(),
            joined: None,
        }
    }

    /// Adds what was recorded in `slot`, the difference of two cumulative snapshots.
    ///
    /// A slot pushed again is added to. Slots are meant to come from a monotonic clock: one before the newest
    /// counts into the newest. Older intervals are joined or dropped on the way.
    pub fn push(&mut self, slot: u64, interval: &Snapshot) {
        let slot = slot.max(self.newest);
        self.newest = slot;
        self.age(slot);
        if interval.is_empty() {
            return;
        }
        self.layout = interval.layout();
        add(&mut self.slots, slot, interval);
    }

    /// All values of the current slot and of the last full ones that cover `span`.
    ///
    /// `slot` is now. `span` is rounded up to 10 seconds; of what is older than five minutes, the oldest minute
    /// counts whole. Spans above an hour are answered with the hour that is kept. Without values the snapshot
    /// is empty.
    pub fn window(&self, slot: u64, span: Duration) -> Snapshot {
        let (since_slot, since_minute) = since(slot, span);
        let minutes = self.minutes.iter().filter(|minute| minute.number >= since_minute);
        let slots = self.slots.iter().filter(|interval| interval.number >= since_slot);
        let mut window = Snapshot::empty(self.layout);
        minutes.chain(slots).for_each(|interval| interval.add_to(&mut window));
        window
    }

    /// [`window`](Self::window) for several spans at once, from the shortest on; each interval is opened once.
    pub(crate) fn each_window<T>(
        &self,
        slot: u64,
        spans: &[Duration],
        mut each: impl FnMut(Duration, &Snapshot) -> T,
    ) -> Vec<T> {
        let mut window = Snapshot::empty(self.layout);
        let (mut slots, mut minutes) = (self.slots.iter().rev().peekable(), self.minutes_joined());
        let ask = |&span: &Duration| {
            let (since_slot, since_minute) = since(slot, span);
            while let Some(interval) = slots.next_if(|interval| interval.number >= since_slot) {
                interval.add_to(&mut window);
            }
            if since_minute <= self.minutes.front().map_or(0, |oldest| oldest.number) && self.is_joined() {
                minutes.by_ref().for_each(|minute| minute.add_to(&mut window));
            } else if since_minute < u64::MAX {
                return each(span, &self.window(slot, span));
            }
            each(span, &window)
        };
        spans.iter().map(ask).collect()
    }

    /// Whether all complete minutes stand in one.
    fn is_joined(&self) -> bool {
        self.minutes.len() < 2 || self.joined.is_some()
    }

    /// All minutes, most of them in one.
    fn minutes_joined(&self) -> impl Iterator<Item = &Interval> {
        self.minutes.back().into_iter().chain(&self.joined)
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        [&self.slots, &self.minutes]
            .into_iter()
            .map(|ring| {
                let bytes: usize = ring.iter().map(|interval| interval.bytes.len()).sum();
                bytes + ring.capacity() * size_of::<Interval>()
            })
            .chain(self.joined.iter().map(|joined| joined.bytes.len()))
            .sum()
    }

    /// Joins slots that are more than five minutes old into minutes, drops minutes older than an hour.
    fn age(&mut self, slot: u64) {
        let oldest_minute = (slot / SLOTS_PER_MINUTE).saturating_sub(MINUTES_KEPT);
        while let Some(old) = self.slots.pop_front_if(|old| old.number < slot.saturating_sub(SLOTS_KEPT)) {
            let minute = old.number / SLOTS_PER_MINUTE;
            if let Some(interval) = old.unpack().filter(|_| minute >= oldest_minute) {
                self.join_before(minute);
                add(&mut self.minutes, minute, &interval);
            }
        }
        while let Some(old) = self.minutes.pop_front_if(|old| old.number < oldest_minute) {
            self.part_with(&old);
        }
    }

    /// Joins the newest minute to the older ones if `minute` follows it.
    fn join_before(&mut self, minute: u64) {
        let Some(complete) = self.minutes.back().filter(|newest| newest.number < minute) else { return };
        if self.is_joined() {
            let mut joined = self.joined.as_ref().and_then(Interval::unpack).unwrap_or_default();
            complete.add_to(&mut joined);
            self.joined = Interval::whole(&joined);
        }
    }

    /// Takes out of the joined minutes one that is gone.
    fn part_with(&mut self, old: &Interval) {
        let gone = old.unpack().filter(|gone| gone.layout() == self.layout);
        let joined = self.joined.as_ref().and_then(Interval::unpack);
        let rest = match (joined, gone) {
            (Some(joined), Some(gone)) => joined.since(&gone),
            // What is left may be finer than the one that is gone.
            _ => self.complete_minutes(),
        };
        self.joined = Interval::whole(&rest).filter(|_| self.minutes.len() > 1);
    }

    fn complete_minutes(&self) -> Snapshot {
        let mut all = Snapshot::empty(self.layout);
        self.minutes.iter().rev().skip(1).for_each(|minute| minute.add_to(&mut all));
        all
    }
}

/// The first slot and the first minute of a window.
fn since(slot: u64, span: Duration) -> (u64, u64) {
    let full = span.as_nanos().div_ceil(SLOT.as_nanos());
    let full = u64::try_from(full).unwrap_or(u64::MAX).min(MINUTES_KEPT * SLOTS_PER_MINUTE);
    let since_slot = slot.saturating_sub(full);
    // A minute may hold slots from before a window that the kept slots cover alone.
    (since_slot, if full > SLOTS_KEPT { since_slot / SLOTS_PER_MINUTE } else { u64::MAX })
}

impl Interval {
    fn pack(number: u64, snapshot: &Snapshot) -> Self {
        let mut bytes = snapshot.encode();
        let mut bits = snapshot.layout().bits();
        while bytes.len() > INTERVAL_BYTES_MAX {
            bits -= 1;
            let Ok(layout) = Layout::try_new(bits) else { break };
            bytes = snapshot.coarsened(layout).encode();
        }
        Self { number, bytes: bytes.into() }
    }

    /// Not made coarser, and without a number of its own; `None` if that would take too much.
    fn whole(snapshot: &Snapshot) -> Option<Self> {
        let bytes = snapshot.encode();
        (bytes.len() <= JOINED_BYTES_MAX).then(|| Self { number: 0, bytes: bytes.into() })
    }

    fn add_to(&self, sum: &mut Snapshot) {
        if let Some(snapshot) = self.unpack() {
            sum.merge(&snapshot);
        }
    }

    /// `None` cannot happen: the bytes are our own.
    fn unpack(&self) -> Option<Snapshot> {
        Snapshot::decode(&self.bytes).ok()
    }
}

/// Adds to the newest interval if it has this number, else starts the next one.
fn add(ring: &mut VecDeque<Interval>, number: u64, snapshot: &Snapshot) {
    let mut sum = snapshot.clone();
    if let Some(same) = ring.pop_back_if(|newest| newest.number == number).and_then(|same| same.unpack()) {
        sum.merge(&same);
    }
    ring.push_back(Interval::pack(number, &sum));
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn of(millis: impl IntoIterator<Item = u64>) -> Snapshot {
        Snapshot::from_durations(Layout::BITS_6, millis.into_iter().map(Duration::from_millis))
    }

    #[track_caller]
    fn check_window(recent: &Intervals, slot: u64, span: Duration, count: u64) {
        assert_eq!(recent.window(slot, span).count(), count, "slot {slot} span {span:?}");
    }

    #[test]
    fn nothing_pushed_is_an_empty_window_without_memory() {
        let recent = Intervals::new();
        assert!(recent.window(0, HOUR).is_empty());
        assert!(recent.window(u64::MAX, HOUR).is_empty());
        assert_eq!(recent.heap_bytes(), 0);
    }

    #[test]
    fn idle_intervals_cost_nothing() {
        let mut recent = Intervals::new();
        for slot in 0..1_000 {
            recent.push(slot, &Snapshot::default());
        }
        assert_eq!(recent.heap_bytes(), 0);
    }

    #[test]
    fn a_window_is_the_current_slot_and_the_full_ones_that_cover_it() {
        let mut recent = Intervals::new();
        recent.push(50, &of([1]));
        for (slot, span, count) in [
            (50, Duration::ZERO, 1),
            (51, Duration::ZERO, 0),
            (51, Duration::from_nanos(1), 1),
            (56, MINUTE, 1),
            (57, MINUTE, 0),
            (80, 5 * MINUTE, 1),
            (81, 5 * MINUTE, 0),
            (410, HOUR, 1),
            (411, HOUR, 0),
            (410, Duration::MAX, 1),
            (411, Duration::MAX, 0),
        ] {
            check_window(&recent, slot, span, count);
        }
    }

    #[test]
    fn busy_windows_hold_what_was_pushed_in_them() {
        let mut recent = Intervals::new();
        for slot in 0..1_000 {
            recent.push(slot, &of([slot]));
            let held = |full: u64| full.min(slot) + 1;
            check_window(&recent, slot, MINUTE, held(6));
            check_window(&recent, slot, 5 * MINUTE, held(30));
            // The oldest minute counts whole: up to five slots more.
            let hour = recent.window(slot, HOUR).count();
            assert!((held(360)..=held(360) + 5).contains(&hour), "slot {slot}: {hour}");
        }
        assert_eq!(recent.window(999, MINUTE), of(993..=999));
    }

    #[test]
    fn old_slots_are_joined_without_losing_a_value() {
        let mut recent = Intervals::new();
        for slot in 0..300 {
            recent.push(slot, &of([slot, 2 * slot]));
        }
        assert_eq!((recent.slots.len(), recent.minutes.len()), (31, 45));
        assert_eq!(recent.window(299, HOUR), of((0..300).flat_map(|slot| [slot, 2 * slot])));
    }

    #[test]
    fn a_slot_pushed_again_is_added_to() {
        let mut recent = Intervals::new();
        recent.push(7, &of([1, 2]));
        recent.push(7, &of([3]));
        assert_eq!(recent.window(7, MINUTE), of([1, 2, 3]));
        assert_eq!(recent.slots.len(), 1);
    }

    #[test]
    fn a_clock_that_goes_back_counts_into_the_newest_slot() {
        let mut recent = Intervals::new();
        recent.push(100, &of([1]));
        recent.push(3, &of([2]));
        assert_eq!(recent.window(100, Duration::ZERO).count(), 2);
        check_window(&recent, 3, MINUTE, 2);
    }

    #[test]
    fn a_clock_that_keeps_going_back_does_not_grow_the_memory() {
        let mut recent = Intervals::new();
        for round in 0..20 {
            for slot in 0..400 {
                recent.push(10_000 - 400 * round + slot, &of([1]));
            }
            recent.push(10_000 + 400, &Snapshot::default());
            assert!(recent.slots.len() <= 31 && recent.minutes.len() <= 56, "round {round}");
        }
        // Of the first round the last hour is left, its oldest minute whole; the others went to the newest slot.
        assert_eq!(recent.window(10_400, HOUR).count(), 362 + 19 * 400);
    }

    #[test]
    fn a_clock_that_leaps_ahead_drops_the_past() {
        let mut recent = Intervals::new();
        recent.push(0, &of([1]));
        recent.push(u64::MAX, &of([2]));
        assert_eq!(recent.window(u64::MAX, HOUR), of([2]));
        assert_eq!((recent.slots.len(), recent.minutes.len()), (1, 0));
    }

    /// The worst interval: a full count in every bucket there is.
    fn flood() -> Snapshot {
        Snapshot::from_counts(Layout::BITS_10, 0, vec![u64::MAX; Layout::BITS_10.buckets()], u128::MAX)
    }

    #[test]
    fn a_flooded_hour_stays_below_144_kib() {
        let flood = flood();
        let coarsest = flood.coarsened(Layout::try_new(1).unwrap());
        assert_eq!(coarsest.encode().len(), 1_302);
        let packed = Interval::pack(0, &flood);
        assert!(packed.bytes.len() <= INTERVAL_BYTES_MAX);

        let mut recent = Intervals::new();
        for slot in 0..500 {
            recent.slots.push_back(Interval { number: slot, ..packed.clone() });
            recent.age(slot);
        }
        assert_eq!((recent.slots.len(), recent.minutes.len()), (31, 56));
        assert!(recent.heap_bytes() <= 144 * 1_024, "{} bytes", recent.heap_bytes());
        // The same by arithmetic: full intervals, and rings that grow by doubling.
        let rings = (32 + 64) * size_of::<Interval>();
        assert_eq!((31 + 56) * INTERVAL_BYTES_MAX + rings + JOINED_BYTES_MAX, 144_128);
    }

    /// The bytes of an hour of intervals whose values are log-uniform over some powers of ten from 1 ms.
    fn hour_bytes(calls: u32, powers: i32) -> usize {
        let spread = 10_f64.powi(powers);
        let value = |call| 1e-3 * spread.powf(f64::from(call) / f64::from(calls));
        let values = (0..calls).map(|call| Duration::from_secs_f64(value(call)));
        let interval = Snapshot::from_durations(Layout::BITS_6, values);
        let mut recent = Intervals::new();
        for slot in 0..400 {
            recent.push(slot, &interval);
        }
        assert_eq!(recent.window(399, HOUR).layout(), Layout::BITS_6);
        recent.heap_bytes()
    }

    #[test]
    fn ordinary_hours_take_what_the_docs_say() {
        for (calls_per_slot, powers, kib) in [(10, 2, 6), (1_000, 2, 40), (10_000, 2, 64), (10_000, 3, 96)] {
            let bytes = hour_bytes(calls_per_slot, powers);
            assert!((kib * 512..kib * 1_024).contains(&bytes), "{calls_per_slot} a slot: {bytes} bytes");
        }
    }

    #[test]
    fn windows_asked_for_at_once_are_those_asked_for_one_by_one() {
        let spans = [MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR];
        let mut recent = Intervals::new();
        let mut state = 1_u64;
        for slot in 0..1_500 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Some intervals are empty, some are so full that they are kept in coarser buckets, and there are gaps.
            let values = if state >> 60 == 0 { 4_000 } else { (state >> 40) % 7 };
            let slot = slot + 40 * u64::from(slot > 700) + 900 * u64::from(slot > 1_400);
            recent.push(slot, &of((0..values).map(|value| value * (state >> 50) % 3_000_000)));
            if slot % 13 > 0 {
                continue;
            }
            let at_once = recent.each_window(slot, &spans, |_, window| window.clone());
            let one_by_one: Vec<Snapshot> = spans.iter().map(|span| recent.window(slot, *span)).collect();
            assert_eq!(at_once, one_by_one, "slot {slot}");
        }
    }

    #[test]
    fn minutes_too_wide_to_be_joined_are_opened_one_by_one_until_they_are_gone() {
        let mut recent = Intervals::new();
        let mut joined = Vec::new();
        for minute in 0..200 {
            // An hour of minutes that share no bucket, between hours of ordinary ones.
            let wide = (60..120).contains(&minute);
            let first = if wide { 200 * (minute - 60) } else { 9 };
            let counts = Snapshot::from_counts(Layout::BITS_10, first, vec![1 << 50; 150], 5);
            let slot = minute as u64 * SLOTS_PER_MINUTE;
            recent.push(slot, &counts);
            let at_once = recent.each_window(slot, &[HOUR], |_, window| window.clone());
            assert_eq!(at_once, [recent.window(slot, HOUR)], "minute {minute}");
            assert!(recent.heap_bytes() <= 144 * 1_024);
            joined.push(recent.is_joined());
        }
        assert!(joined[59] && !joined[119] && joined[199], "{joined:?}");
    }
}
