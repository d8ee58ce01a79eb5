//! Pure. How long time may pass in strides, and where tiers turn in between.

use core::time::Duration;
use std::collections::VecDeque;

use crate::alert::{AlertState, Gauge, Level, Pair, Reading, Trend};
use crate::engine::{Calm, Input, Standing};
use crate::units::EventCounts;

const SECOND_NS: u64 = 1_000_000_000;
const SECOND: Duration = Duration::from_secs(1);

/// What was counted slot by slot, for as long as the windows of all tiers look back.
///
/// That is what all windows read, so whether they are above their factors is known here, without a booking: of a whole
/// slot if it is the same for all orders in which its events may come, else of each of its seconds. So an engine has to
/// look only where a tier begins to fire, stops, or is about to.
#[derive(Debug)]
pub(super) struct Ease {
    calm: Option<Calm>,
    slot_ns: u64,
    /// When what is not known from the slots will be forgotten.
    calm_from: u64,
    /// Events counted up to the end of each of the last slots; the newest first.
    sums: VecDeque<EventCounts>,
    slots_max: usize,
    /// The slot that has begun.
    open: EventCounts,
    /// The tiers on the way, and the number of the next slot.
    tiers: Vec<TierAtEase>,
    next_slot: u64,
}

/// A tier in the course of slots that are not booked yet.
#[derive(Clone, Copy, Debug)]
struct TierAtEase {
    gauge: Gauge,
    windows: [WindowAtEase; 2],
    pair: Pair,
    state: AlertState,
    is_sure: bool,
}

/// A window of such a tier.
#[derive(Clone, Copy, Debug)]
struct WindowAtEase {
    length: Duration,
    observed: Duration,
    /// In slots of the finest ring: how many there are in one of its own, and in how many of these it looks back.
    slot: u64,
    back: u64,
    /// What had been counted where it begins, which holds up to this slot.
    before: EventCounts,
    moves_at: u64,
}

/// What is known of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// All windows say what they said before.
    Steady,
    /// Some may say something else, which its seconds can tell.
    Open,
}

/// Other words of the windows of a tier.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// The place of the second among those that were asked for.
    pub(super) second: usize,
    /// That of the tier.
    pub(super) tier: usize,
    /// What they say now.
    pub(super) pair: Pair,
    /// What was counted in the whole time up to the second before.
    pub(super) before: EventCounts,
}

impl Ease {
    pub(super) fn new(calm: Option<Calm>, slot_ns: u64) -> Self {
        let windows = calm.iter().flat_map(|calm| calm.tiers.iter().flat_map(|(_, windows)| windows));
        let most = windows.map(|window| (window.length_ns + 2 * window.slot_ns) / slot_ns.max(1)).max();
        Self {
            calm,
            slot_ns: slot_ns.max(1),
            calm_from: 0,
            sums: VecDeque::from([EventCounts::ZERO]),
            slots_max: most.and_then(|slots| usize::try_from(slots).ok()).unwrap_or(0),
            open: EventCounts::ZERO,
            tiers: Vec::new(),
            next_slot: 0,
        }
    }

    /// Whether everything is known that windows remember.
    pub(super) const fn is_known(&self, at: u64) -> bool {
        self.calm.is_some() && at >= self.calm_from
    }

    /// Something happened at this second that slots do not tell.
    pub(super) fn stir(&mut self, at: u64) {
        // Some hours more than the window, for the largest slots.
        let longest = self.calm.as_ref().map_or(0, |calm| calm.longest.as_secs() + 2 * 3_600);
        self.calm_from = self.calm_from.max(at + longest);
    }

    /// The scenario begins.
    pub(super) const fn restart_at_zero(&mut self) {
        self.calm_from = 0;
    }

    /// Takes in a part of a slot.
    pub(super) fn add(&mut self, input: Input, at: u64) {
        if self.calm.is_none() {
            return;
        }
        self.open += input.delta;
        if input.unjudged > 0 {
            self.stir(at);
        }
    }

    /// The slot is over.
    pub(super) fn close(&mut self) {
        let counts = core::mem::replace(&mut self.open, EventCounts::ZERO);
        self.push(counts);
    }

    /// Goes on from where tiers stand, with the slot that begins at `line`, in seconds on the time line.
    pub(super) fn begin(&mut self, standings: &[Standing], line: u64) {
        let tiers = self.calm.iter().flat_map(|calm| &calm.tiers).zip(standings);
        let tiers = tiers.map(|((gauge, windows), standing)| TierAtEase {
            gauge: *gauge,
            windows: core::array::from_fn(|place| {
                let (length_ns, slot_ns) = windows.get(place).map_or((1, 1), |w| (w.length_ns, w.slot_ns));
                WindowAtEase {
                    length: Duration::from_nanos(length_ns),
                    observed: standing.observed.get(place).copied().unwrap_or_default(),
                    slot: (slot_ns / self.slot_ns).max(1),
                    back: length_ns.div_ceil(slot_ns),
                    before: EventCounts::ZERO,
                    moves_at: 0,
                }
            }),
            pair: standing.pair,
            state: standing.state,
            is_sure: true,
        });
        self.tiers = tiers.collect();
        self.next_slot = line / (self.slot_ns / SECOND_NS).max(1);
    }

    /// What the windows say in the whole of the next slot.
    pub(super) fn weigh(&mut self, slot: EventCounts) -> Slot {
        let (now, sums, next) = (self.sum(0), &self.sums, self.next_slot);
        let lasting = Duration::from_nanos(self.slot_ns);
        let mut is_steady = true;
        for tier in &mut self.tiers {
            for window in &mut tier.windows {
                window.move_to(next, sums);
            }
            tier.is_sure = tier.is_steady(now, slot, lasting);
            is_steady &= tier.is_sure;
        }
        if is_steady { Slot::Steady } else { Slot::Open }
    }

    /// Where tiers turn in the slot that was [weighed](Self::weigh), second by second; `None` if one of them may begin to
    /// fire, or stop.
    pub(super) fn turns(&mut self, seconds: &[EventCounts], turns: &mut Vec<Turn>) -> Option<()> {
        turns.clear();
        let (before, mut tiers) = (self.sum(0), core::mem::take(&mut self.tiers));
        let unsure = tiers.iter_mut().enumerate().filter(|(_, tier)| !tier.is_sure);
        let mut is_known = true;
        for (place, tier) in unsure {
            is_known = is_known && tier.walk(place, before, seconds, turns).is_some();
        }
        self.tiers = tiers;
        turns.sort_by_key(|turn| turn.second);
        is_known.then_some(())
    }

    /// Takes in the slot that was weighed.
    pub(super) fn take(&mut self, slot: EventCounts) {
        let lasting = Duration::from_nanos(self.slot_ns);
        for window in self.tiers.iter_mut().flat_map(|tier| &mut tier.windows) {
            window.observed = (window.observed + lasting).min(window.length);
        }
        self.next_slot += 1;
        self.push(slot);
    }

    fn push(&mut self, counts: EventCounts) {
        self.sums.push_front(self.sum(0) + counts);
        self.sums.truncate(self.slots_max + 1);
    }

    /// What was counted so many slots ago.
    pub(super) fn sum(&self, slots: usize) -> EventCounts {
        self.sums.get(slots).or(self.sums.back()).copied().unwrap_or(EventCounts::ZERO)
    }

    /// How far one may go from the begin of a slot at `line`, in seconds on the time line, to be exact `left` seconds later;
    /// not further than `most`, unless that is less than a slot.
    pub(super) fn stride(&self, line: u64, left: u64, most: u64) -> u64 {
        let strides = self.calm.iter().flat_map(|calm| &calm.strides_ns);
        let fits = |(slot_ns, margin_ns): &&(u64, u64)| {
            let seconds = slot_ns / SECOND_NS;
            seconds <= most && line.is_multiple_of(seconds) && left * SECOND_NS >= *margin_ns
        };
        strides.filter(fits).map(|(slot_ns, _)| slot_ns / SECOND_NS).max().unwrap_or(0)
    }
}

impl WindowAtEase {
    /// Moves its begin to where it is in the slot of this number, of which nothing has been counted.
    fn move_to(&mut self, slot: u64, sums: &VecDeque<EventCounts>) {
        if slot < self.moves_at {
            return;
        }
        let own = slot / self.slot;
        let start = own.saturating_sub(self.back) * self.slot;
        let ago = usize::try_from(slot - start).unwrap_or(usize::MAX);
        self.before = sums.get(ago).or(sums.back()).copied().unwrap_or(EventCounts::ZERO);
        self.moves_at = (own + 1) * self.slot;
    }

    /// What it reads when `sum` was counted up to `later`.
    fn reading(&self, sum: EventCounts, later: Duration) -> Reading {
        Reading {
            counts: sum.since(self.before),
            observed: (self.observed + later).min(self.length),
            length: self.length,
        }
    }
}

impl TierAtEase {
    /// Whether its windows say the same all through a slot, in whatever order its events come, and nothing comes of it.
    ///
    /// What is judged grows with failures and falls with successes, so the two ends that are worst and best speak for
    /// all.
    fn is_steady(&self, now: EventCounts, slot: EventCounts, lasting: Duration) -> bool {
        let (worst, best) = (EventCounts::new(0, slot.bad()), EventCounts::new(slot.good(), 0));
        let is_at = |window: &WindowAtEase, level: Level| {
            self.gauge.level(window.reading(now + worst, lasting)) == level
                && (level == Level::Below
                    || self.gauge.level(window.reading(now + best, Duration::ZERO)) == level)
        };
        let [long, short] = &self.windows;
        let is_unguarded = || {
            let ends = [EventCounts::ZERO, best];
            !ends.iter().any(|more| self.gauge.is_guarded(long.reading(now + *more, Duration::ZERO)))
        };
        is_at(long, self.pair.long)
            && is_at(short, self.pair.short)
            && (self.pair.long != Level::Above || is_unguarded())
    }

    /// What its windows say when `sum` was counted up to `later`.
    fn pair_at(&self, sum: EventCounts, later: Duration) -> Pair {
        let [long, short] = self.windows.map(|window| window.reading(sum, later));
        let short = self.gauge.level(short);
        match self.gauge.level(long) {
            Level::Above if self.gauge.is_guarded(long) => Pair { long: Level::Between, short },
            long => Pair { long, short },
        }
    }

    fn walk(
        &mut self,
        tier: usize,
        before: EventCounts,
        seconds: &[EventCounts],
        turns: &mut Vec<Turn>,
    ) -> Option<()> {
        let (mut sum, mut later) = (before, Duration::ZERO);
        for (second, counts) in seconds.iter().enumerate() {
            let counted = sum;
            sum += *counts;
            later += SECOND;
            let pair = self.pair_at(sum, later);
            let trend = pair.trend();
            let is_firing = self.state == AlertState::Firing;
            if is_firing && pair.is_clear() || !is_firing && trend == Trend::Burning {
                return None;
            }
            if trend != self.pair.trend() {
                turns.push(Turn { second, tier, pair, before: counted });
            }
            self.pair = pair;
        }
        Some(())
    }
}
