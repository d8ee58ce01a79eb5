//! Pure. Rings of several resolutions, and the windows that look back into them.

use core::time::Duration;

use super::ring::Ring;
use super::spread::Spread;
use super::tally::Tally;
use crate::units::{EventCounts, saturating_nanos};

const SECOND_NS: u64 = 1_000_000_000;

/// Resolutions from fine to coarse: seconds of a slot, and how many slots of it are used at most.
///
/// The finest slot is chosen from the shortest window and takes the place of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rungs([(u64, u32); 4]);

impl Rungs {
    /// For events: 10 s for an hour, 1 min for 6 hours, 5 min for 3 days, 1 h beyond.
    pub(crate) const EVENTS: Self = Self([(10, 360), (60, 360), (300, 864), (3_600, u32::MAX)]);

    /// For looks back that need no better edge than a twelfth of the window.
    pub(crate) const COARSE: Self = Self([(10, 60), (60, 60), (300, 72), (3_600, u32::MAX)]);
}

/// A window in use, with the sum where it begins kept at hand.
#[derive(Clone, Copy, Debug)]
struct View {
    length_ns: u64,
    ring: usize,
    slots: u64,
    base: Tally,
}

/// The past of one counter, as rings from fine to coarse that hold only what the windows in use need, and nothing
/// twice.
///
/// A window is the current partial slot plus the last full ones that cover it, unweighted, in the finest ring
/// that is long enough. Counts stay integers. Asking for a window is one subtraction.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    sum: Tally,
    views: Vec<View>,
    rings: Vec<Ring>,
}

impl Ladder {
    /// Rings for `windows`, which may come in any order and more than once, all empty, at `now_ns`.
    pub(crate) fn new(windows: &[Duration], rungs: Rungs, now_ns: u64) -> Self {
        let mut lengths: Vec<u64> =
            windows.iter().map(|window| saturating_nanos(*window).max(SECOND_NS)).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let steps = steps(lengths.first().copied().unwrap_or(SECOND_NS), rungs);

        let mut ladder =
            Self { sum: Tally::ZERO, views: Vec::with_capacity(lengths.len()), rings: Vec::new() };
        for (slot_ns, slots_max) in steps {
            let fitting = |length_ns: &u64| length_ns.div_ceil(slot_ns) <= u64::from(slots_max);
            let taken: Vec<u64> =
                lengths.iter().copied().skip(ladder.views.len()).take_while(fitting).collect();
            let Some(longest_ns) = taken.last() else { continue };
            let slots = u32::try_from(longest_ns.div_ceil(slot_ns)).unwrap_or(u32::MAX);
            let ring = ladder.rings.len();
            let finer_ns = ladder.rings.last().map_or(0, |finer| finer.slots() * finer.slot_ns());
            ladder.rings.push(Ring::new(slot_ns, slots, finer_ns, now_ns));
            ladder.views.extend(taken.into_iter().map(|length_ns| View {
                length_ns,
                ring,
                slots: length_ns.div_ceil(slot_ns),
                base: Tally::ZERO,
            }));
        }
        ladder.refresh();
        ladder
    }

    /// The place of a window among those in use; one that is not in use is rounded up to the next, or down to
    /// the longest.
    pub(crate) fn place(&self, window: Duration) -> usize {
        let length_ns = saturating_nanos(window);
        let found = self.views.partition_point(|view| view.length_ns < length_ns);
        found.min(self.views.len().saturating_sub(1))
    }

    /// Moves to `now_ns` and adds `delta` to the slot there, or shares it out as `spread` says.
    ///
    /// At most one turn of each ring, however far the time went.
    pub(crate) fn advance(&mut self, now_ns: u64, delta: EventCounts, spread: Option<Spread>) {
        let before = self.sum;
        let mut moved = false;
        // From the coarsest on: each asks finer ones for sums that they are about to give up.
        for index in (0..self.rings.len()).rev() {
            let (finer, rest) = self.rings.split_at_mut(index);
            if let Some(ring) = rest.first_mut().filter(|ring| ring.is_passed_by(now_ns)) {
                moved = true;
                ring.advance(now_ns, |start_ns| {
                    let shared = || spread.map_or(before, |spread| before.plus(spread.before(start_ns)));
                    Layer::of(finer).and_then(|finer| finer.sum_at(start_ns)).unwrap_or_else(shared)
                });
            }
        }
        self.sum += delta;
        if moved {
            self.refresh();
        }
    }

    /// Events of a window, by its [`Ladder::place`].
    pub(crate) fn counts(&self, place: usize) -> EventCounts {
        self.views.get(place).map_or(EventCounts::ZERO, |view| self.sum.since(view.base))
    }

    /// When the first slot of a window began.
    pub(crate) fn start_ns(&self, place: usize) -> u64 {
        self.ring(place).map_or(0, |(ring, slots)| ring.start_ns(slots))
    }

    /// Length of a window.
    pub(crate) fn length_ns(&self, place: usize) -> u64 {
        self.views.get(place).map_or(0, |view| view.length_ns)
    }

    /// The slots of a window that hold events, oldest first: when each began, and its events.
    pub(crate) fn slots(&self, place: usize) -> impl Iterator<Item = (u64, EventCounts)> {
        self.layer(place).into_iter().flat_map(move |(layer, slots)| {
            let mut start = layer.sum_before(slots);
            (0..=slots).rev().filter_map(move |age| {
                let end = age.checked_sub(1).map_or(self.sum, |age| layer.sum_before(age));
                let counts = end.since(core::mem::replace(&mut start, end));
                (!counts.is_empty()).then(|| (layer.ring.start_ns(age), counts))
            })
        })
    }

    /// Slot length of the ring that a window is read from.
    pub(crate) fn slot_ns(&self, place: usize) -> u64 {
        self.ring(place).map_or(SECOND_NS, |(ring, _)| ring.slot_ns())
    }

    /// How many windows there are.
    pub(crate) fn len(&self) -> usize {
        self.views.len()
    }

    /// All events since the ladder was made.
    pub(crate) const fn sum(&self) -> Tally {
        self.sum
    }

    /// Slot length of the finest ring.
    pub(crate) fn finest_ns(&self) -> u64 {
        self.rings.first().map_or(SECOND_NS, Ring::slot_ns)
    }

    /// Slot length of the coarsest ring.
    pub(crate) fn coarsest_ns(&self) -> u64 {
        self.rings.last().map_or(SECOND_NS, Ring::slot_ns)
    }

    /// Of each ring, from fine to coarse, the length of a slot and of the time that it covers.
    #[cfg(feature = "test-util")]
    pub(crate) fn reaches_ns(&self) -> impl Iterator<Item = (u64, u64)> {
        self.rings.iter().map(|ring| (ring.slot_ns(), ring.slots() * ring.slot_ns()))
    }

    /// Length of the longest window.
    pub(crate) fn longest_ns(&self) -> u64 {
        self.views.last().map_or(0, |view| view.length_ns)
    }

    /// One of the same shape at the same time, in which nothing was counted.
    pub(crate) fn emptied(&self) -> Self {
        let mut empty = self.clone();
        empty.fill_rings(Tally::ZERO, || |_| Tally::ZERO);
        empty
    }

    /// From fine to coarse.
    pub(super) fn layers(&self) -> impl Iterator<Item = Layer<'_>> {
        (1..=self.rings.len()).filter_map(|count| self.rings.get(..count).and_then(Layer::of))
    }

    /// Takes `sum` as counted so far; of each ring, `sum_at` tells the sum at the start of each slot, newest first.
    pub(super) fn fill_rings<F: FnMut(u64) -> Tally>(&mut self, sum: Tally, sum_at: impl Fn() -> F) {
        self.sum = sum;
        self.rings.iter_mut().for_each(|ring| ring.fill(sum_at()));
        self.refresh();
    }

    /// Renames every slot to one that lies `earlier_ns` earlier, a multiple of the coarsest slot.
    pub(crate) fn relabel(&mut self, earlier_ns: u64) {
        for ring in &mut self.rings {
            ring.relabel(earlier_ns);
        }
        self.refresh();
    }

    /// Bytes of all sums.
    pub(crate) fn bytes(&self) -> usize {
        self.rings.iter().map(Ring::bytes).sum()
    }

    /// The layer that a window is read from, and how many slots back it reaches there.
    fn layer(&self, place: usize) -> Option<(Layer<'_>, u64)> {
        let view = self.views.get(place)?;
        Some((Layer::of(self.rings.get(..=view.ring)?)?, view.slots))
    }

    /// The ring that a window is read from, and how many slots back it reaches there.
    fn ring(&self, place: usize) -> Option<(&Ring, u64)> {
        let view = self.views.get(place)?;
        Some((self.rings.get(view.ring)?, view.slots))
    }

    fn refresh(&mut self) {
        for view in &mut self.views {
            let layer = self.rings.get(..=view.ring).and_then(Layer::of);
            view.base = layer.map_or(Tally::ZERO, |layer| layer.sum_before(view.slots));
        }
    }
}

/// One resolution of a ladder: its ring, and the finer ones that keep its youngest sums.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'a> {
    pub(super) ring: &'a Ring,
    finer: &'a [Ring],
}

impl<'a> Layer<'a> {
    /// The coarsest of `rings`, which come from fine to coarse; `None` without any.
    fn of(rings: &'a [Ring]) -> Option<Self> {
        rings.split_last().map(|(ring, finer)| Self { ring, finer })
    }

    /// The sum at the start of the slot `age` slots before the current one; the oldest kept when `age` is older.
    pub(super) fn sum_before(self, age: u64) -> Tally {
        self.ring.sum_before(age).unwrap_or_else(|| {
            let start_ns = self.ring.start_ns(age);
            Self::of(self.finer).map_or(Tally::ZERO, |finer| finer.sum_before(finer.ring.age(start_ns)))
        })
    }

    /// The sum at `start_ns`, where slots of all rings begin; `None` when it is later than any that is kept.
    fn sum_at(self, start_ns: u64) -> Option<Tally> {
        let finest = self.finer.first().unwrap_or(self.ring);
        (start_ns <= finest.start_ns(0)).then(|| self.sum_before(self.ring.age(start_ns)))
    }

    /// Events of the current slot and of those before it, newest first, when `sum` was counted so far.
    pub(super) fn slots_back(self, sum: Tally) -> impl Iterator<Item = EventCounts> + 'a {
        (0..=self.ring.slots()).scan(sum, move |later, age| {
            let before = self.sum_before(age);
            Some(core::mem::replace(later, before).since(before))
        })
    }
}

/// Slot lengths in nanoseconds with the number of slots each may have.
fn steps(shortest_ns: u64, Rungs(rungs): Rungs) -> impl Iterator<Item = (u64, u32)> {
    let finest_ns = finest_slot_ns(shortest_ns);
    rungs.into_iter().enumerate().flat_map(move |(index, (seconds, slots_max))| {
        let slot_ns = seconds * SECOND_NS;
        let finer = (index == 0 && finest_ns < slot_ns).then_some((finest_ns, slots_max));
        finer.into_iter().chain([(slot_ns, slots_max)])
    })
}

/// The longest of 1, 2, 5 and 10 s that is at most a twelfth of the shortest window; 1 s when none is.
///
/// All of them divide a minute, so a coarse slot always ends where a fine one does.
fn finest_slot_ns(shortest_ns: u64) -> u64 {
    let twelfth_ns = shortest_ns / 12;
    let fitting = [10, 5, 2].into_iter().map(|seconds| seconds * SECOND_NS).find(|slot| *slot <= twelfth_ns);
    fitting.unwrap_or(SECOND_NS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::window::coverage::Step;

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;

    fn seconds(windows: &[u64]) -> Vec<Duration> {
        windows.iter().copied().map(Duration::from_secs).collect()
    }

    fn rings_of(windows: &[u64]) -> Vec<(u64, u64)> {
        let ladder = Ladder::new(&seconds(windows), Rungs::EVENTS, 0);
        ladder.rings.iter().map(|ring| (ring.slot_ns() / SECOND_NS, ring.slots())).collect()
    }

    const MONTH_WINDOWS: [u64; 8] =
        [5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY, 30 * DAY];

    #[test]
    fn thirty_days_take_four_rings() {
        assert_eq!(rings_of(&MONTH_WINDOWS), [(10, 360), (60, 360), (300, 864), (3_600, 720)]);
    }

    #[test]
    fn ninety_two_days_take_a_longer_last_ring() {
        assert_eq!(rings_of(&[5 * MINUTE, 92 * DAY]), [(10, 30), (3_600, 2_208)]);
    }

    #[test]
    fn short_windows_take_finer_slots() {
        assert_eq!(rings_of(&[3, 30, 10, 120, 600]), [(1, 120), (10, 60)]);
        assert_eq!(rings_of(&[70, 600]), [(5, 120)]);
        assert_eq!(rings_of(&[24]), [(2, 12)]);
        assert_eq!(rings_of(&[119, 120]), [(5, 24)]);
    }

    #[test]
    fn the_rings_of_thirty_days_take_29_456_bytes() {
        assert_eq!(Ladder::new(&seconds(&MONTH_WINDOWS), Rungs::EVENTS, 0).bytes(), 29_456);
        let short = seconds(&[5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR]);
        assert_eq!(Ladder::new(&short, Rungs::COARSE, 0).bytes(), 1_736);
    }

    #[test]
    fn a_window_that_is_not_kept_is_rounded_up() {
        let ladder = Ladder::new(&seconds(&[300, 3_600]), Rungs::EVENTS, 0);
        let length = |window| ladder.length_ns(ladder.place(Duration::from_secs(window))) / SECOND_NS;
        assert_eq!((length(1), length(300), length(301), length(99_999)), (300, 300, 3_600, 3_600));
    }

    #[test]
    fn without_windows_there_is_nothing_to_ask() {
        let mut ladder = Ladder::new(&[], Rungs::EVENTS, 0);
        ladder.advance(u64::MAX, EventCounts::new(1, 1), None);
        assert_eq!((ladder.counts(0), ladder.slots(0).count()), (EventCounts::ZERO, 0));
    }

    #[test]
    fn late_events_are_shared_out_evenly_in_every_ring() {
        let mut ladder = Ladder::new(&seconds(&[20, 600]), Rungs::EVENTS, 0);
        ladder.advance(55 * SECOND_NS, EventCounts::ZERO, None);
        let (from_ns, now_ns) = (55 * SECOND_NS, 65 * SECOND_NS);
        let step = Step { from_ns, now_ns, relabel_ns: 0, gap: false, late: true };
        let delta = EventCounts::new(103, 10);
        ladder.advance(now_ns, delta, Spread::of(step, SECOND_NS, delta));
        // Ten slots of one second, 10 good and 1 bad each, and three good ones that are left over.
        let fine: Vec<_> = ladder.slots(0).map(|(start, counts)| (start / SECOND_NS, counts)).collect();
        assert_eq!(fine.iter().map(|(start, _)| *start).collect::<Vec<_>>(), (56..=65).collect::<Vec<_>>());
        assert_eq!(
            fine.iter().map(|(_, counts)| counts.good()).collect::<Vec<_>>(),
            [10, 10, 10, 11, 10, 10, 11, 10, 10, 11]
        );
        assert!(fine.iter().all(|(_, counts)| counts.bad() == 1));
        let coarse: Vec<_> =
            ladder.slots(1).map(|(start, counts)| (start / SECOND_NS, counts.good())).collect();
        assert_eq!(coarse, [(50, 41), (60, 62)]);
    }

    /// Every event with its time, and windows counted from the definition.
    fn brute_force(events: &[(u64, EventCounts)], now: u64, window: u64, slot: u64) -> EventCounts {
        let first = (now / slot).saturating_sub(window.div_ceil(slot)) * slot;
        events.iter().filter(|(at, _)| (first..=now).contains(at)).map(|(_, counts)| *counts).sum()
    }

    proptest! {
        #[test]
        fn windows_equal_brute_force(
            start in 0_u64..2_000_000_000,
            steps in prop::collection::vec((0_u64..5_000, 0_u64..50, 0_u64..5, 0_u32..12), 1..120),
        ) {
            let windows = [24, 300, 3_600, 21_600, 3 * DAY, 30 * DAY];
            let mut ladder = Ladder::new(&seconds(&windows), Rungs::EVENTS, start * SECOND_NS);
            let (mut now, mut events) = (start, Vec::new());
            for (step, good, bad, scale) in steps {
                // Mostly minutes, seldom weeks: every ring turns.
                now += (step << scale.saturating_sub(4)) >> (4 - scale.min(4));
                let counts = EventCounts::new(good, bad);
                ladder.advance(now * SECOND_NS, counts, None);
                events.push((now, counts));
                for (place, window) in windows.into_iter().enumerate() {
                    let slot = ladder.slot_ns(place) / SECOND_NS;
                    prop_assert_eq!(ladder.counts(place), brute_force(&events, now, window, slot), "{} s", window);
                    let walked: EventCounts = ladder.slots(place).map(|(_, counts)| counts).sum();
                    prop_assert_eq!(walked, ladder.counts(place));
                }
            }
        }
    }
}
