//! Hot. A sum of nanoseconds that any thread may add to and that does not wrap.

use crate::primitive::modelled::AtomicU64;
use crate::primitive::{Ordering, zeroed};

/// Bits of a digit.
const BITS: usize = 32;

/// A sum in digits of 32 bits, each in a counter of 64, so that billions of additions need no carry.
///
/// Each digit only grows, so a sum that is read meanwhile may lack a part of an addition and never goes back.
#[derive(Debug)]
pub(super) struct Sum<const DIGITS: usize>([AtomicU64; DIGITS]);

impl<const DIGITS: usize> Sum<DIGITS> {
    pub(super) fn zero() -> Self {
        Self(zeroed())
    }

    /// Adds what has no more digits than the sum; whether one of them is half full.
    #[inline]
    pub(super) fn add(&self, sum_ns: u128) -> bool {
        let mut is_half_full = false;
        for (place, counter) in self.0.iter().enumerate() {
            let digit = digit(sum_ns, place);
            if digit > 0 {
                is_half_full |= counter.fetch_add(digit, Ordering::Relaxed) >> 63 != 0;
            }
        }
        is_half_full
    }

    pub(super) fn get(&self) -> u128 {
        self.total(|digit| digit.load(Ordering::Relaxed))
    }

    /// Takes the sum; the caller holds the ledger, so no reader is on its way.
    pub(super) fn take(&self) -> u128 {
        self.total(|digit| digit.swap(0, Ordering::Relaxed))
    }

    /// Carries what digits have beyond their bits; the caller holds the ledger.
    pub(super) fn carry(&self) {
        for (digit, next) in self.0.iter().zip(self.0.iter().skip(1)) {
            let beyond = digit.load(Ordering::Relaxed) >> BITS;
            digit.fetch_sub(beyond << BITS, Ordering::Relaxed);
            next.fetch_add(beyond, Ordering::Relaxed);
        }
    }

    fn total(&self, value: impl Fn(&AtomicU64) -> u64) -> u128 {
        let digits = self.0.iter().enumerate();
        let shifted =
            digits.map(|(place, digit)| u128::from(value(digit)).saturating_mul(1 << (place * BITS)));
        shifted.fold(0, u128::saturating_add)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "one digit of the sum")]
fn digit(sum_ns: u128, place: usize) -> u64 {
    u64::from((sum_ns >> (place * BITS)) as u32)
}

#[cfg(all(test, not(sre_loom)))]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_size_are_exact_before_and_after_carrying() {
        let sum = Sum::<4>::zero();
        let (mut expected, mut more) = (0_u128, 1_u128);
        for _ in 0..1_000 {
            more = more.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) >> 11;
            expected += more;
            assert!(!sum.add(more));
            assert_eq!(sum.get(), expected);
            sum.carry();
            assert_eq!(sum.get(), expected);
        }
        assert_eq!((sum.take(), sum.get()), (expected, 0));
    }

    #[test]
    fn a_digit_tells_when_it_is_half_full() {
        let sum = Sum::<4>::zero();
        sum.0[1].store(1 << 63, Ordering::Relaxed);
        assert!(!sum.add(7));
        assert!(sum.add(1 << 32));
        let expected = (1 << 95) + (1 << 32) + 7;
        sum.carry();
        assert_eq!(sum.get(), expected);
        assert!(!sum.add(1 << 32), "it was carried");
    }

    #[test]
    fn a_sum_past_the_last_digit_stays_at_the_end() {
        let sum = Sum::<4>::zero();
        assert!((0..3).all(|_| !sum.add(u128::MAX)));
        sum.carry();
        assert_eq!(sum.get(), u128::MAX);
    }
}
