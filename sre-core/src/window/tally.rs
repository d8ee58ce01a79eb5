//! Pure. Events counted since a beginning, of which only differences are asked.

use core::ops::AddAssign;

use crate::units::EventCounts;

/// Good and bad events counted so far, modulo 2^56.
///
/// The difference of two is exact while there are fewer than 2^56 events of a kind between them, which is a billion a
/// second for two years; whatever was counted before does not matter. Takes 14 bytes, an eighth less than whole words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally([u8; 14]);

impl Tally {
    /// Nothing yet.
    pub(crate) const ZERO: Self = Self([0; 14]);
    const MASK: u64 = (1 << 56) - 1;

    const fn of(good: u64, bad: u64) -> Self {
        let [g0, g1, g2, g3, g4, g5, g6, _] = good.to_le_bytes();
        let [b0, b1, b2, b3, b4, b5, b6, _] = bad.to_le_bytes();
        Self([g0, g1, g2, g3, g4, g5, g6, b0, b1, b2, b3, b4, b5, b6])
    }

    const fn good(self) -> u64 {
        let [g0, g1, g2, g3, g4, g5, g6, ..] = self.0;
        u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, 0])
    }

    const fn bad(self) -> u64 {
        let [.., b0, b1, b2, b3, b4, b5, b6] = self.0;
        u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, 0])
    }

    /// With `counts` more.
    #[must_use]
    pub(crate) const fn plus(self, counts: EventCounts) -> Self {
        Self::of(self.good().wrapping_add(counts.good()), self.bad().wrapping_add(counts.bad()))
    }

    /// Before `counts` were counted.
    #[must_use]
    pub(crate) const fn minus(self, counts: EventCounts) -> Self {
        Self::of(self.good().wrapping_sub(counts.good()), self.bad().wrapping_sub(counts.bad()))
    }

    /// What was counted since `earlier`.
    pub(crate) const fn since(self, earlier: Self) -> EventCounts {
        let good = self.good().wrapping_sub(earlier.good()) & Self::MASK;
        EventCounts::new(good, self.bad().wrapping_sub(earlier.bad()) & Self::MASK)
    }
}

impl AddAssign<EventCounts> for Tally {
    fn add_assign(&mut self, counts: EventCounts) {
        *self = self.plus(counts);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tally_takes_fourteen_bytes() {
        assert_eq!(size_of::<Tally>(), 14);
    }

    proptest! {
        #[test]
        fn what_was_counted_before_does_not_matter(
            before in prop::collection::vec((any::<u64>(), any::<u64>()), 0..5),
            good in 0_u64..1 << 56,
            bad in 0_u64..1 << 56,
        ) {
            let mut tally = Tally::ZERO;
            before.into_iter().for_each(|(good, bad)| tally += EventCounts::new(good, bad));
            let counts = EventCounts::new(good, bad);
            prop_assert_eq!(tally.plus(counts).since(tally), counts);
        }
    }
}
