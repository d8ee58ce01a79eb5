//! Pure. One resolution of the past: cumulative sums at the ends of equal slots.

use super::tally::Tally;

/// Cumulative sums at the starts of the last slots, so that a look back is one difference.
///
/// Slots are aligned to multiples of their length since 1970 in UTC, so rings of other instances and of earlier
/// runs add slot by slot. A ring of `n` slots keeps `n + 1` sums of 14 bytes: those at the start of the
/// current slot and of each of the `n` before it. Sums that a finer ring keeps as well are not kept again: what
/// is asked of the youngest slots is asked there.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    slot_ns: u64,
    /// Number of the slot that time is in, counted from 1970.
    current: u64,
    /// How many slots before the current one the youngest sum kept is.
    youngest: u64,
    /// Where that sum is; older ones lie before it, around the corner.
    head: usize,
    sums: Box<[Tally]>,
}

impl Ring {
    /// A ring of `slots` slots before the current one, all empty, at `now_ns`, beside one that covers `finer_ns`.
    pub(crate) fn new(slot_ns: u64, slots: u32, finer_ns: u64, now_ns: u64) -> Self {
        let slot_ns = slot_ns.max(1);
        let youngest = u32::try_from(finer_ns / slot_ns).unwrap_or(slots).min(slots);
        let sums = vec![Tally::ZERO; (slots - youngest) as usize + 1].into_boxed_slice();
        Self { slot_ns, current: now_ns / slot_ns, youngest: u64::from(youngest), head: 0, sums }
    }

    /// Length of a slot.
    pub(crate) const fn slot_ns(&self) -> u64 {
        self.slot_ns
    }

    /// How many slots before the current one are covered.
    pub(crate) fn slots(&self) -> u64 {
        self.youngest + self.sums.len() as u64 - 1
    }

    /// When the slot `age` slots before the current one began.
    pub(crate) const fn start_ns(&self, age: u64) -> u64 {
        self.current.saturating_sub(age).saturating_mul(self.slot_ns)
    }

    /// How many slots before the current one the slot of `at_ns` is.
    pub(crate) const fn age(&self, at_ns: u64) -> u64 {
        self.current.saturating_sub(at_ns / self.slot_ns)
    }

    /// Whether `now_ns` lies in a later slot than the current one.
    pub(crate) const fn is_passed_by(&self, now_ns: u64) -> bool {
        now_ns >= (self.current + 1).saturating_mul(self.slot_ns)
    }

    /// Moves on to the slot of `now_ns`; `sum_at` tells the sum at the start of each slot whose sum is kept from now
    /// on.
    ///
    /// At most as many steps as sums are kept, however far the time went. Going back does nothing.
    pub(crate) fn advance(&mut self, now_ns: u64, sum_at: impl Fn(u64) -> Tally) {
        let target = now_ns / self.slot_ns;
        let steps = target.saturating_sub(self.current);
        let first = target - steps.min(self.sums.len() as u64).min(target);
        for slot in first..target {
            self.head = if self.head + 1 == self.sums.len() { 0 } else { self.head + 1 };
            if let Some(sum) = self.sums.get_mut(self.head) {
                *sum = sum_at((slot + 1).saturating_sub(self.youngest).saturating_mul(self.slot_ns));
            }
        }
        self.current = self.current.max(target);
    }

    /// The sum at the start of the slot `age` slots before the current one; the oldest kept when `age` is older, and
    /// `None` when it is younger than those kept.
    pub(crate) fn sum_before(&self, age: u64) -> Option<Tally> {
        let back = usize::try_from(age.min(self.slots()).checked_sub(self.youngest)?).ok()?;
        let index = if back <= self.head { self.head - back } else { self.head + self.sums.len() - back };
        self.sums.get(index).copied()
    }

    /// Sets the sum at the start of each slot whose sum is kept, newest first.
    pub(crate) fn fill(&mut self, mut sum_at: impl FnMut(u64) -> Tally) {
        self.head = self.sums.len() - 1;
        let starts = (self.youngest..=self.slots()).map(|age| self.start_ns(age));
        let sums: Vec<Tally> = starts.map(&mut sum_at).collect();
        self.sums.iter_mut().rev().zip(sums).for_each(|(place, sum)| *place = sum);
    }

    /// Renames every slot to one that lies `earlier_ns` earlier, a multiple of the slot length.
    pub(crate) fn relabel(&mut self, earlier_ns: u64) {
        debug_assert_eq!(earlier_ns % self.slot_ns, 0, "slots stay aligned");
        self.current = self.current.saturating_sub(earlier_ns / self.slot_ns);
    }

    /// Bytes of the sums.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val::<[Tally]>(&self.sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::EventCounts;

    /// A ring that is told each event as it comes.
    fn fed(events: &[(u64, EventCounts)], slots: u32) -> (Ring, Tally) {
        let mut ring = Ring::new(10, slots, 0, events.first().map_or(0, |(at, _)| *at));
        let mut sum = Tally::ZERO;
        for (at, counts) in events {
            ring.advance(*at, |_| sum);
            sum += *counts;
        }
        (ring, sum)
    }

    #[test]
    fn a_look_back_is_the_difference_of_two_sums() {
        let events =
            [(5, 1), (15, 2), (24, 4), (25, 8), (41, 16)].map(|(at, bad)| (at, EventCounts::new(0, bad)));
        let (ring, sum) = fed(&events, 3);
        let back = |age| sum.since(ring.sum_before(age).unwrap()).bad();
        assert_eq!((back(0), back(1), back(2), back(3)), (16, 16, 28, 30), "slots 40.., 30.., 20.., 10..");
        assert_eq!(back(4), 30, "older than the ring: the oldest kept");
        assert_eq!(ring.start_ns(3), 10);
    }

    #[test]
    fn a_jump_of_centuries_costs_one_turn_of_the_ring() {
        let (mut ring, sum) = fed(&[(5, EventCounts::new(3, 1))], 3);
        let asked = core::cell::Cell::new(0);
        ring.advance(u64::MAX, |_| {
            asked.set(asked.get() + 1);
            sum
        });
        assert_eq!(asked.get(), 4);
        assert_eq!(sum.since(ring.sum_before(3).unwrap()), EventCounts::ZERO);
    }

    #[test]
    fn going_back_changes_nothing() {
        let (mut ring, _) = fed(&[(5, EventCounts::new(3, 1)), (95, EventCounts::new(1, 0))], 3);
        ring.advance(0, |_| Tally::ZERO);
        assert_eq!(ring.start_ns(0), 90);
    }

    #[test]
    fn relabelled_slots_keep_what_they_hold() {
        let (mut ring, sum) = fed(&[(125, EventCounts::new(3, 1)), (135, EventCounts::new(0, 1))], 3);
        ring.relabel(100);
        assert_eq!((ring.start_ns(0), ring.start_ns(1)), (30, 20));
        assert_eq!(sum.since(ring.sum_before(0).unwrap()), EventCounts::new(0, 1));
        assert!(!ring.is_passed_by(39) && ring.is_passed_by(40));
    }

    #[test]
    fn a_ring_keeps_fourteen_bytes_a_slot_and_one_more() {
        assert_eq!(Ring::new(1, 360, 0, 0).bytes(), 361 * 14);
    }

    #[test]
    fn what_a_finer_ring_covers_is_not_kept_again() {
        let mut ring = Ring::new(10, 5, 20, 0);
        assert_eq!((ring.slots(), ring.bytes()), (5, 4 * 14));
        ring.advance(100, |start| Tally::ZERO.plus(EventCounts::new(start, 0)));
        let kept: Vec<_> =
            (0..7).map(|age| ring.sum_before(age).map(|sum| sum.since(Tally::ZERO).good())).collect();
        assert_eq!(kept, [None, None, Some(80), Some(70), Some(60), Some(50), Some(50)]);
        assert_eq!((ring.age(95), ring.age(80), ring.start_ns(2)), (1, 2, 80));
    }
}
