//! Pure. Whether a scenario is so calm that time may pass in long strides.

use std::collections::VecDeque;

use crate::engine::{Calm, Input};
use crate::units::EventCounts;

const SECOND_NS: u64 = 1_000_000_000;

/// How much failed, slot by slot, for as long as the windows of all tiers look back.
///
/// As long as no window can hold more failures than 0.9 of its factor, in whatever order those of a slot come, no alert
/// changes.
#[derive(Debug)]
pub(super) struct Ease {
    calm: Option<Calm>,
    /// Of each window: how many slots it has at least and at most, and the share of failures that it can bear.
    windows: Vec<(usize, usize, f64)>,
    /// When what is not known from the slots will be forgotten.
    calm_from: u64,
    /// Failures and events counted up to the end of each of the last slots; the newest first.
    sums: VecDeque<(u64, u64)>,
    slots_max: usize,
    /// The slot that has begun.
    open: Input,
}

impl Ease {
    pub(super) fn new(calm: Option<Calm>, slot_ns: u64) -> Self {
        let slots = |length_ns: u64| usize::try_from(length_ns / slot_ns.max(1)).unwrap_or(usize::MAX);
        let windows: Vec<_> = calm
            .iter()
            .flat_map(|calm| &calm.windows)
            .map(|window| {
                let most = slots(window.length_ns + window.slot_ns) + 1;
                (slots(window.length_ns), most, window.share)
            })
            .collect();
        let slots_max = windows.iter().map(|(_, most, _)| *most).max().unwrap_or(0);
        Self {
            calm,
            windows,
            calm_from: 0,
            sums: VecDeque::from([(0, 0)]),
            slots_max,
            open: Input::default(),
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
        self.open.delta += input.delta;
        if input.unjudged > 0 {
            self.stir(at);
        }
    }

    /// The slot is over.
    pub(super) fn close(&mut self) {
        let counts = core::mem::take(&mut self.open).delta;
        self.push(counts);
    }

    /// Takes in a whole slot if it is calm; returns whether it is.
    pub(super) fn take(&mut self, slot: Input) -> bool {
        let (bad, total) = self.sum(0);
        let is_calm = |(least, most, share): &(usize, usize, f64)| {
            let failed = bad - self.sum(*most).0 + slot.delta.bad();
            failed == 0 || float(failed) <= share * float(total - self.sum(*least).1)
        };
        let is_calm = slot.unjudged == 0 && self.windows.iter().all(is_calm);
        if is_calm {
            self.push(slot.delta);
        }
        is_calm
    }

    fn push(&mut self, counts: EventCounts) {
        let (bad, total) = self.sum(0);
        self.sums.push_front((bad + counts.bad(), total + counts.total()));
        self.sums.truncate(self.slots_max + 1);
    }

    /// What was counted so many slots ago.
    fn sum(&self, slots: usize) -> (u64, u64) {
        self.sums.get(slots).or(self.sums.back()).copied().unwrap_or_default()
    }

    /// How far one may go from the begin of a slot at `line`, in seconds on the time line, to be exact `left` seconds later.
    pub(super) fn stride(&self, line: u64, left: u64) -> u64 {
        let strides = self.calm.iter().flat_map(|calm| &calm.strides_ns);
        let fits = |(slot_ns, margin_ns): &&(u64, u64)| {
            line.is_multiple_of(slot_ns / SECOND_NS) && left * SECOND_NS >= *margin_ns
        };
        strides.filter(fits).map(|(slot_ns, _)| slot_ns / SECOND_NS).max().unwrap_or(0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of so many events needs no better precision")]
const fn float(events: u64) -> f64 {
    events as f64
}
