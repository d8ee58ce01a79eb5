//! Hot. When a call started, and on which clock, in one word.

/// A moment: ticks of the counter, or nanoseconds of another clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Ticks(u64),
    Nanos(u64),
}

/// The moment at which a call started, or nothing for a call of which nothing is known.
///
/// The highest bit tells the clock; no clock has come that far. So what did not start on the counter is more than
/// 2^62 ticks away from every reading of it, and passes for a call to be looked at more closely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Started(u64);

/// Set for nanoseconds of a clock.
const CLOCK: u64 = 1 << 63;

impl Started {
    /// Nobody looked at the clock.
    pub(crate) const UNKNOWN: Self = Self(3 << 62);

    /// For a reading of the counter, whose highest bit is not set.
    #[inline]
    pub(crate) fn at_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    pub(crate) fn at(moment: Moment) -> Self {
        match moment {
            Moment::Ticks(ticks) => Self::at_ticks(ticks),
            Moment::Nanos(nanos) => Self(CLOCK | nanos),
        }
    }

    /// The reading of the counter at the start; or far from any reading, if the call is timed otherwise.
    #[inline]
    pub(crate) fn ticks(self) -> u64 {
        self.0
    }

    pub(crate) fn moment(self) -> Option<Moment> {
        match self.0 & CLOCK {
            0 => Some(Moment::Ticks(self.0)),
            _ if self == Self::UNKNOWN => None,
            _ => Some(Moment::Nanos(self.0 & !CLOCK)),
        }
    }

    pub(crate) fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_as_it_went_in() {
        for moment in [Moment::Ticks(0), Moment::Ticks(CLOCK - 1), Moment::Nanos(0), Moment::Nanos(1 << 60)] {
            assert_eq!(Started::at(moment).moment(), Some(moment));
        }
        assert_eq!(Started::UNKNOWN.moment(), None);
    }

    #[test]
    fn other_clocks_are_far_from_any_reading_of_the_counter() {
        let year_ns = 365 * 86_400 * 1_000_000_000;
        for started in [Started::UNKNOWN, Started::at(Moment::Nanos(0)), Started::at(Moment::Nanos(year_ns))]
        {
            for reading in [0, 1 << 40, (1 << 62) - 1] {
                assert!(u64::wrapping_sub(reading, started.ticks()) > 1 << 61);
            }
        }
    }
}
