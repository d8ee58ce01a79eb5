//! Pure. How much of what is only shown a tick makes anew: after a sleep all of it is due at once, and waits in line.

/// What any tick may make, however few there are.
const SHARE_MIN: usize = 50;

/// A tick makes one in so many: twice what falls due while nobody sleeps, so whoever waits is not left behind.
const PER_SHARE: usize = 5;

/// What is left of a tick's share; the rest is for the next ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    /// Intervals of percentiles that may end.
    pub(super) intervals: Share,
    /// Forecasts.
    pub(super) forecasts: Share,
}

/// How many more there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(usize);

impl Shares {
    /// Those of a tick of so many SLIs with so many objectives.
    pub(super) const fn of(slis: usize, objectives: usize) -> Self {
        Self { intervals: Share::of(slis), forecasts: Share::of(objectives) }
    }
}

impl Share {
    const fn of(all: usize) -> Self {
        let share = 1 + all / PER_SHARE;
        Self(if share > SHARE_MIN { share } else { SHARE_MIN })
    }

    /// For who has nobody beside him.
    pub(super) const fn without_end() -> Self {
        Self(usize::MAX)
    }

    /// Whether there may be one more.
    pub(super) const fn is_left(self) -> bool {
        self.0 > 0
    }

    /// There was one, whether there might be or not.
    pub(super) const fn take(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_twice_what_falls_due_in_a_tick() {
        for slis in [0, 1, 500, 1_000, 100_000] {
            let mut share = Share::of(slis);
            let mut made = 0;
            while share.is_left() {
                share.take();
                made += 1;
            }
            assert!(made >= 2 * slis / 10 && made <= SHARE_MIN.max(1 + slis / 5), "{slis}: {made}");
        }
    }
}
