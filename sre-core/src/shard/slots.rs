//! Pure. How time is cut into slots to find calls that hang.

use crate::shard::SLOTS;

/// A call whose slot is this many slots back, or more, ends as late.
pub(crate) const LATE_SLOTS: u64 = 14;

/// Nanoseconds in a slot, as a power of two: at least 134 ms, so that a tick a second visits every slot between
/// the end of its turn and the start of the next.
const SHIFT_MIN: u32 = 27;

/// Slots that cover the longest limit, with room to spare below [`LATE_SLOTS`].
const LIMIT_SLOTS: u64 = 12;

/// How time is cut into slots for one SLI: by powers of two, so that a shift finds the slot.
///
/// On a counter of ticks a slot may be up to twice as long as on a clock of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    shift: u32,
}

impl Slots {
    /// Slots fine enough to tell whether a call is older than `limit_ns`, and coarse enough to reach that far.
    pub(crate) fn reaching(limit_ns: u64) -> Self {
        let slot_ns = (limit_ns / LIMIT_SLOTS + 1).next_power_of_two();
        Self { shift: slot_ns.ilog2().clamp(SHIFT_MIN, 56) }
    }

    /// Length of a slot as a power of two of nanoseconds.
    #[inline]
    pub(crate) fn shift(self) -> u32 {
        self.shift
    }

    /// The place of a slot in the ring.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a remainder below 32")]
    pub(crate) fn place(number: u64) -> usize {
        (number % SLOTS as u64) as usize
    }
}
