//! Pure. What a ladder counted, slot by slot, in the form in which it outlives the process.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::ladder::{Ladder, Layer};
use super::tally::Tally;
use crate::lists::at_most;
use crate::units::EventCounts;

/// Events by slot, for each resolution; sums are made anew when a ladder is filled from it.
///
/// It knows nothing of windows or targets, so a ladder of other windows can be filled from it, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptLadder {
    /// From fine to coarse; all of them end with the same event.
    #[serde(deserialize_with = "at_most::<RINGS_MAX, _, _, _>")]
    rings: Vec<KeptRing>,
}

/// Events by slot in one resolution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptRing {
    slot_ns: u64,
    /// How many slots there may be.
    slots_max: u32,
    /// Number of the newest slot, counted from 1970.
    newest: u64,
    /// Good and bad events, the newest slot first; slots that are missing at the end were empty.
    #[serde(deserialize_with = "at_most::<RING_SLOTS_MAX, _, _, _>")]
    slots: VecDeque<(u64, u64)>,
}

/// More slots than any ring has: those of an hour in 92 days are 2,208.
const SLOTS_MAX: u32 = 16_384;

const RING_SLOTS_MAX: usize = SLOTS_MAX as usize;

/// More rings than any ladder has.
const RINGS_MAX: usize = 16;

/// Events of one slot, by its start.
pub(crate) type SlotCounts = (u64, EventCounts);

impl KeptLadder {
    /// What `ladder` holds.
    pub(crate) fn of(ladder: &Ladder) -> Self {
        let sum = ladder.sum();
        Self { rings: ladder.layers().map(|layer| KeptRing::of(layer, sum)).collect() }
    }

    /// Adds events to the slot that `at_ns` lies in; what is older than the oldest slot is too old to be kept.
    pub(crate) fn add(&mut self, at_ns: u64, counts: EventCounts) {
        self.rings.iter_mut().for_each(|ring| ring.add(at_ns, counts));
    }

    /// Adds all that another one has.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mut seen = EventCounts::ZERO;
        for (start_ns, since) in other.since() {
            self.add(start_ns, since.since(seen));
            seen = since;
        }
        if let Some(newest) = other.rings.first() {
            self.add(newest.start_ns(0), EventCounts::ZERO);
        }
    }

    /// The same rings without events.
    pub(crate) fn emptied(&self) -> Self {
        let empty = |ring: &KeptRing| KeptRing { slots: VecDeque::new(), ..*ring };
        Self { rings: self.rings.iter().map(empty).collect() }
    }

    /// Events since the slot of an instant began.
    pub(crate) fn since_slot_of(&self, at_ns: u64) -> EventCounts {
        let mut last = EventCounts::ZERO;
        for (start_ns, since) in self.since() {
            last = since;
            if start_ns <= at_ns {
                break;
            }
        }
        last
    }

    /// Whether rings of ours can look like that: nothing that is done with it takes long or much room.
    pub(crate) fn is_sound(&self) -> bool {
        let fits = |ring: &KeptRing| {
            ring.slot_ns > 0 && ring.slots_max <= SLOTS_MAX && ring.slots.len() <= ring.slots_max as usize
        };
        self.rings.len() <= RINGS_MAX && self.rings.iter().all(fits)
    }

    /// What nobody of ours writes.
    #[cfg(test)]
    pub(crate) fn ask_for_endless_slots(&mut self) {
        self.rings.iter_mut().for_each(|ring| ring.slots_max = u32::MAX);
    }

    /// All events that the coarsest resolution has.
    pub(crate) fn sum(&self) -> EventCounts {
        self.rings.last().map_or(EventCounts::ZERO, |ring| ring.counts().sum())
    }

    /// Starts of slots with the events since then, from the newest to the oldest, each in the finest resolution that
    /// reaches so far back.
    fn since(&self) -> impl Iterator<Item = SlotCounts> + '_ {
        let mut reached_ns = u64::MAX;
        self.rings.iter().flat_map(move |ring| {
            let before_ns = reached_ns;
            reached_ns = ring.oldest_ns().min(reached_ns);
            ring.since().filter(move |(start_ns, _)| *start_ns < before_ns)
        })
    }
}

impl KeptRing {
    fn of(layer: Layer<'_>, sum: Tally) -> Self {
        let ring = layer.ring;
        let slots_max = u32::try_from(ring.slots().saturating_add(1)).unwrap_or(u32::MAX);
        let slots = layer.slots_back(sum).map(|counts| (counts.good(), counts.bad())).collect();
        let newest = ring.start_ns(0).checked_div(ring.slot_ns()).unwrap_or(0);
        let mut kept = Self { slot_ns: ring.slot_ns(), slots_max, newest, slots };
        kept.trim();
        kept
    }

    /// Drops empty slots at the end, so that equal contents are equal.
    fn trim(&mut self) {
        while self.slots.back() == Some(&(0, 0)) {
            self.slots.pop_back();
        }
    }

    fn add(&mut self, at_ns: u64, counts: EventCounts) {
        let slot = at_ns.checked_div(self.slot_ns).unwrap_or(at_ns);
        let fresh = usize::try_from(slot.saturating_sub(self.newest)).unwrap_or(usize::MAX);
        if fresh >= self.slots_max as usize {
            self.slots.clear();
        } else if !self.slots.is_empty() {
            (0..fresh).for_each(|_| self.slots.push_front((0, 0)));
        }
        self.newest = self.newest.max(slot);
        self.slots.truncate(self.slots_max as usize);
        self.trim();
        let Ok(age) = usize::try_from(self.newest.saturating_sub(slot)) else { return };
        if age >= self.slots_max as usize || counts.is_empty() {
            return;
        }
        if self.slots.len() <= age {
            self.slots.resize(age.saturating_add(1), (0, 0));
        }
        if let Some((good, bad)) = self.slots.get_mut(age) {
            *good = good.saturating_add(counts.good());
            *bad = bad.saturating_add(counts.bad());
        }
    }

    /// Events of each slot, the newest first.
    fn counts(&self) -> impl Iterator<Item = EventCounts> + '_ {
        self.slots.iter().map(|(good, bad)| EventCounts::new(*good, *bad))
    }

    /// Starts of slots with the events since then, the newest first; all slots that there may be.
    fn since(&self) -> impl Iterator<Item = SlotCounts> + '_ {
        let counts = self.counts().chain(core::iter::repeat(EventCounts::ZERO));
        let starts = (0..u64::from(self.slots_max)).map(|age| self.start_ns(age));
        starts.zip(counts).scan(EventCounts::ZERO, |sum, (start_ns, counts)| {
            *sum = [*sum, counts].into_iter().sum();
            Some((start_ns, *sum))
        })
    }

    fn start_ns(&self, age: u64) -> u64 {
        self.newest.saturating_sub(age).saturating_mul(self.slot_ns)
    }

    fn oldest_ns(&self) -> u64 {
        self.start_ns(u64::from(self.slots_max.saturating_sub(1)))
    }
}

impl Ladder {
    /// Fills a ladder in which nothing was counted yet.
    ///
    /// With the rings that were kept it is the ladder that it was; in other rings, events of a coarse slot count where
    /// it began.
    pub(crate) fn fill(&mut self, kept: &KeptLadder) {
        let sum = Tally::ZERO.plus(kept.sum());
        self.fill_rings(sum, || {
            let mut since = kept.since().peekable();
            let mut events = EventCounts::ZERO;
            move |start_ns| {
                while let Some((_, later)) = since.next_if(|(slot_ns, _)| *slot_ns >= start_ns) {
                    events = later;
                }
                sum.minus(events)
            }
        });
    }

    /// What was counted since the sum was `before`, at `before_ns`, slot by slot, oldest first; but for what has left
    /// the oldest slot since.
    pub(crate) fn added(&self, before: Tally, before_ns: u64) -> Vec<SlotCounts> {
        let total = self.sum().since(before);
        let mut added = Vec::new();
        let mut seen = EventCounts::ZERO;
        for (start_ns, since) in self.since() {
            if seen == total {
                break;
            }
            // The slot that was open then has events from before.
            let until = if start_ns <= before_ns { total } else { since };
            added.push((start_ns, until.since(seen)));
            seen = until;
        }
        added.retain(|(_, counts)| !counts.is_empty());
        added.reverse();
        added
    }

    /// As [`KeptLadder::since`].
    fn since(&self) -> impl Iterator<Item = SlotCounts> + '_ {
        let mut reached_ns = u64::MAX;
        self.layers().flat_map(move |layer| {
            let (ring, before_ns) = (layer.ring, reached_ns);
            reached_ns = ring.start_ns(ring.slots()).min(reached_ns);
            let starts = (0..=ring.slots()).map(move |age| ring.start_ns(age));
            let since =
                starts.zip((0..=ring.slots()).map(move |age| self.sum().since(layer.sum_before(age))));
            since.filter(move |(start_ns, _)| *start_ns < before_ns)
        })
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::window::ladder::Rungs;

    const SECOND_NS: u64 = 1_000_000_000;
    const MINUTE: Duration = Duration::from_secs(60);
    const START_NS: u64 = 20_000 * 86_400 * SECOND_NS + 7 * SECOND_NS;

    /// An hour, a day and a week: three resolutions.
    const WINDOWS: [Duration; 4] =
        [MINUTE, Duration::from_secs(3_600), Duration::from_secs(86_400), Duration::from_secs(604_800)];

    fn ladder(windows: &[Duration], now_ns: u64) -> Ladder {
        Ladder::new(windows, Rungs::EVENTS, now_ns)
    }

    fn counts(ladder: &Ladder) -> Vec<EventCounts> {
        (0..ladder.len()).map(|place| ladder.counts(place)).collect()
    }

    /// Seconds to wait, then events to count.
    fn history() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
        let wait = prop_oneof![3 => 0_u64..3, 3 => 0_u64..100, 1 => 0_u64..200_000, 1 => Just(1_000_000)];
        prop::collection::vec((wait, 0_u64..50, 0_u64..5), 1..60)
    }

    proptest! {
        #[test]
        fn a_ladder_filled_from_what_was_kept_goes_on_as_the_one_that_was(past in history(), future in history()) {
            let mut now_ns = START_NS;
            let mut one = ladder(&WINDOWS, now_ns);
            for (wait, good, bad) in past {
                now_ns += wait * SECOND_NS;
                one.advance(now_ns, EventCounts::new(good, bad), None);
            }
            let mut other = ladder(&WINDOWS, now_ns);
            other.fill(&KeptLadder::of(&one));
            prop_assert_eq!(counts(&other), counts(&one));
            for (wait, good, bad) in future {
                now_ns += wait * SECOND_NS;
                one.advance(now_ns, EventCounts::new(good, bad), None);
                other.advance(now_ns, EventCounts::new(good, bad), None);
                prop_assert_eq!(counts(&other), counts(&one));
            }
        }

        #[test]
        fn what_is_added_slot_by_slot_keeps_up_with_the_ladder(past in history(), every in 1_usize..7) {
            let mut now_ns = START_NS;
            let mut ladder = ladder(&WINDOWS, now_ns);
            let mut kept = KeptLadder::of(&ladder);
            let (mut saved, mut saved_ns) = (ladder.sum(), now_ns);
            for (step, (wait, good, bad)) in past.into_iter().enumerate() {
                now_ns += wait * SECOND_NS;
                ladder.advance(now_ns, EventCounts::new(good, bad), None);
                if step % every == 0 {
                    let added = ladder.added(saved, saved_ns);
                    added.iter().for_each(|(at_ns, counts)| kept.add(*at_ns, *counts));
                    kept.add(now_ns, EventCounts::ZERO);
                    (saved, saved_ns) = (ladder.sum(), now_ns);
                    prop_assert_eq!(&kept, &KeptLadder::of(&ladder));
                }
            }
        }
    }

    #[test]
    fn other_windows_see_the_same_events_to_the_slot() {
        let mut one = ladder(&WINDOWS, START_NS);
        let mut now_ns = START_NS;
        for _ in 0..600 {
            now_ns += 60 * SECOND_NS;
            one.advance(now_ns, EventCounts::new(9, 1), None);
        }
        let mut other = ladder(&[5 * MINUTE, 120 * MINUTE, Duration::from_secs(30 * 86_400)], now_ns);
        other.fill(&KeptLadder::of(&one));
        assert_eq!(other.counts(2), EventCounts::new(5_400, 600), "all that happened");
        assert_eq!(other.counts(1), EventCounts::new(9 * 121, 121), "two hours and the open minute");
    }

    #[test]
    fn nothing_kept_fills_nothing() {
        let mut fresh = ladder(&WINDOWS, START_NS);
        fresh.fill(&KeptLadder::default());
        assert_eq!(counts(&fresh), [EventCounts::ZERO; 4]);
    }
}
