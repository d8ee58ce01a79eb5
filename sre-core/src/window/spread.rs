//! Pure. Events of a late tick, shared out over the slots that it missed.

use super::coverage::Step;
use crate::units::EventCounts;

/// Events shared out evenly, by integer division, over the finest slots that began since the tick before.
///
/// Good and bad events are divided separately; the slot in which the tick runs takes the remainders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    slot_ns: u64,
    /// The slot of the tick before, which gets none.
    from: u64,
    good_each: u64,
    bad_each: u64,
}

impl Spread {
    /// Shares out `delta` over slots of `slot_ns` between the two ends of `step`; `None` when the tick was not late.
    pub(crate) fn of(step: Step, slot_ns: u64, delta: EventCounts) -> Option<Self> {
        let (from, to) = (step.from_ns / slot_ns, step.now_ns / slot_ns);
        let slots = to.saturating_sub(from).max(1);
        let (good_each, bad_each) = (delta.good() / slots, delta.bad() / slots);
        step.late.then_some(Self { slot_ns, from, good_each, bad_each })
    }

    /// What was shared out to slots that began before `start_ns`, the start of one.
    pub(crate) fn before(&self, start_ns: u64) -> EventCounts {
        let slots = (start_ns / self.slot_ns).saturating_sub(self.from).saturating_sub(1);
        EventCounts::new(self.good_each.saturating_mul(slots), self.bad_each.saturating_mul(slots))
    }
}
