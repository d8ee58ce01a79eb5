//! Pure. One resolution of the past: cumulative sums at the ends of equal slots.

use crate::units::EventCounts;

/// Cumulative sums at the starts of the last slots, so that a look back is one difference.
///
/// Slots are aligned to multiples of their length since 1970 in UTC, so rings of other instances and of earlier
/// runs add slot by slot. A ring of `n` slots keeps `n + 1` sums of 14 bytes: those at the start of the
/// current slot and of each of the `n` before it.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    slot_ns: u64,
    /// Number of the slot that time is in, counted from 1970.
    current: u64,
    /// Where the sum at the start of the current slot is; older ones lie before it, around the corner.
    head: usize,
    sums: Box<[Sum]>,
}

/// Good and bad events in 56 bits each: a billion a second for two years, and an eighth less memory than whole words.
#[derive(Clone, Copy, Debug)]
struct Sum([u8; 14]);

impl Sum {
    const ZERO: Self = Self([0; 14]);
    /// What is beyond stays here.
    const EVENTS_MAX: u64 = (1 << 56) - 1;

    const fn of(counts: EventCounts) -> Self {
        let [g0, g1, g2, g3, g4, g5, g6, _] = Self::saturated(counts.good());
        let [b0, b1, b2, b3, b4, b5, b6, _] = Self::saturated(counts.bad());
        Self([g0, g1, g2, g3, g4, g5, g6, b0, b1, b2, b3, b4, b5, b6])
    }

    const fn counts(self) -> EventCounts {
        let [g0, g1, g2, g3, g4, g5, g6, b0, b1, b2, b3, b4, b5, b6] = self.0;
        let good = u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, 0]);
        EventCounts::new(good, u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, 0]))
    }

    const fn saturated(events: u64) -> [u8; 8] {
        (if events > Self::EVENTS_MAX { Self::EVENTS_MAX } else { events }).to_le_bytes()
    }
}

impl Ring {
    /// A ring of `slots` slots before the current one, all empty, at `now_ns`.
    pub(crate) fn new(slot_ns: u64, slots: u32, now_ns: u64) -> Self {
        let slot_ns = slot_ns.max(1);
        let sums = vec![Sum::ZERO; slots as usize + 1].into_boxed_slice();
        Self { slot_ns, current: now_ns / slot_ns, head: 0, sums }
    }

    /// Length of a slot.
    pub(crate) const fn slot_ns(&self) -> u64 {
        self.slot_ns
    }

    /// How many slots before the current one are kept.
    pub(crate) fn slots(&self) -> u64 {
        self.sums.len() as u64 - 1
    }

    /// When the slot `age` slots before the current one began.
    pub(crate) const fn start_ns(&self, age: u64) -> u64 {
        self.current.saturating_sub(age).saturating_mul(self.slot_ns)
    }

    /// Whether `now_ns` lies in a later slot than the current one.
    pub(crate) const fn is_passed_by(&self, now_ns: u64) -> bool {
        now_ns >= (self.current + 1).saturating_mul(self.slot_ns)
    }

    /// Moves on to the slot of `now_ns`; `sum_at` tells the sum at the start of each slot that begins.
    ///
    /// At most as many steps as the ring has slots, however far the time went. Going back does nothing.
    pub(crate) fn advance(&mut self, now_ns: u64, sum_at: impl Fn(u64) -> EventCounts) {
        let target = now_ns / self.slot_ns;
        let steps = target.saturating_sub(self.current);
        let first = target - steps.min(self.sums.len() as u64).min(target);
        for slot in first..target {
            self.head = if self.head + 1 == self.sums.len() { 0 } else { self.head + 1 };
            if let Some(sum) = self.sums.get_mut(self.head) {
                *sum = Sum::of(sum_at((slot + 1).saturating_mul(self.slot_ns)));
            }
        }
        self.current = self.current.max(target);
    }

    /// The sum at the start of the slot `age` slots before the current one; the oldest kept when `age` is older.
    pub(crate) fn sum_before(&self, age: u64) -> EventCounts {
        let age = usize::try_from(age.min(self.slots())).unwrap_or(0);
        let index = if age <= self.head { self.head - age } else { self.head + self.sums.len() - age };
        self.sums.get(index).map_or(EventCounts::ZERO, |sum| sum.counts())
    }

    /// Renames every slot to one that lies `earlier_ns` earlier, a multiple of the slot length.
    pub(crate) fn relabel(&mut self, earlier_ns: u64) {
        debug_assert_eq!(earlier_ns % self.slot_ns, 0, "slots stay aligned");
        self.current = self.current.saturating_sub(earlier_ns / self.slot_ns);
    }

    /// Bytes of the sums.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val::<[Sum]>(&self.sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring that is told each event as it comes.
    fn fed(events: &[(u64, EventCounts)], slots: u32) -> (Ring, EventCounts) {
        let mut ring = Ring::new(10, slots, events.first().map_or(0, |(at, _)| *at));
        let mut sum = EventCounts::ZERO;
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
        let back = |age| sum.since(ring.sum_before(age)).bad();
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
        assert_eq!(sum.since(ring.sum_before(3)), EventCounts::ZERO);
    }

    #[test]
    fn going_back_changes_nothing() {
        let (mut ring, _) = fed(&[(5, EventCounts::new(3, 1)), (95, EventCounts::new(1, 0))], 3);
        ring.advance(0, |_| EventCounts::ZERO);
        assert_eq!(ring.start_ns(0), 90);
    }

    #[test]
    fn relabelled_slots_keep_what_they_hold() {
        let (mut ring, sum) = fed(&[(125, EventCounts::new(3, 1)), (135, EventCounts::new(0, 1))], 3);
        ring.relabel(100);
        assert_eq!((ring.start_ns(0), ring.start_ns(1)), (30, 20));
        assert_eq!(sum.since(ring.sum_before(0)), EventCounts::new(0, 1));
        assert!(!ring.is_passed_by(39) && ring.is_passed_by(40));
    }

    #[test]
    fn a_ring_keeps_fourteen_bytes_a_slot_and_one_more() {
        assert_eq!(Ring::new(1, 360, 0).bytes(), 361 * 14);
    }

    #[test]
    fn sums_are_exact_up_to_56_bits_and_stay_there() {
        for (good, bad) in [(0, 0), (1, 0), (0, 1), (0x0012_3456_789A_BCDE, 0x00FE_DCBA_9876_5432)] {
            let counts = EventCounts::new(good, bad);
            assert_eq!(Sum::of(counts).counts(), counts);
        }
        let most = EventCounts::new(Sum::EVENTS_MAX, Sum::EVENTS_MAX);
        for beyond in [most, EventCounts::new(u64::MAX, 1 << 56)] {
            assert_eq!(Sum::of(beyond).counts(), most);
        }
    }
}
