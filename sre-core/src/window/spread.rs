//! Pure. Events of a late tick, shared out over the slots that it missed.

use super::coverage::Step;
use crate::units::EventCounts;

/// Events shared out evenly over the finest slots that began since the tick before.
///
/// Good and bad events are shared out separately, the first `i` of `n` slots together get `events * i / n`, rounded
/// down. What is left over by the division is spread as well: piled up in one slot, a few failures among few
/// events would look like an outage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    slot_ns: u64,
    /// The slot of the tick before, which gets none.
    from: u64,
    slots: u64,
    events: EventCounts,
}

impl Spread {
    /// Shares out `events` over slots of `slot_ns` between the ends of `step`; `None` when the tick was in time, or nobody
    /// knows what the time before it was.
    pub(crate) fn of(step: Step, slot_ns: u64, events: EventCounts) -> Option<Self> {
        let (from, to) = (step.from_ns / slot_ns, step.now_ns / slot_ns);
        let slots = to.saturating_sub(from).max(1);
        step.is_spread().then_some(Self { slot_ns, from, slots, events })
    }

    /// What was shared out to slots that began before `start_ns`, the start of one.
    pub(crate) fn before(&self, start_ns: u64) -> EventCounts {
        let slots = (start_ns / self.slot_ns).saturating_sub(self.from).saturating_sub(1).min(self.slots);
        EventCounts::new(self.share(self.events.good(), slots), self.share(self.events.bad(), slots))
    }

    fn share(&self, events: u64, slots: u64) -> u64 {
        let share = u128::from(events) * u128::from(slots) / u128::from(self.slots);
        u64::try_from(share).unwrap_or(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_overs_are_spread_as_well() {
        let step = Step { from_ns: 9, now_ns: 59, relabel_ns: 0, gap: false, late: true };
        let spread = Spread::of(step, 10, EventCounts::new(7, 2)).unwrap();
        // Slots 1 to 5 begin at 10, 20, 30, 40 and 50.
        let good: Vec<u64> = (1..=6).map(|slot| spread.before(slot * 10).good()).collect();
        assert_eq!(good, [0, 1, 2, 4, 5, 7]);
        assert_eq!([3, 4, 6].map(|slot| spread.before(slot * 10).bad()), [0, 1, 2]);
    }

    #[test]
    fn a_tick_in_time_is_not_spread() {
        let step = Step { from_ns: 9, now_ns: 59, relabel_ns: 0, gap: false, late: false };
        assert!(Spread::of(step, 10, EventCounts::new(7, 2)).is_none());
    }
}
