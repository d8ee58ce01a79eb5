//! Pure. Whose month of hours may be packed, merged and summed in a tick, so that none does that for a thousand.

use std::collections::VecDeque;

/// Months that any tick may work on, however few SLIs there are.
const TURNS_MIN: usize = 8;

/// SLIs of which one has its turn in each tick: all have within a minute.
const SLIS_PER_TURN: usize = 60;

/// Who waits for a turn; first come, first served.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// How many more may have their turn in this tick.
    left: usize,
    /// SLIs by number.
    waiting: VecDeque<usize>,
}

impl Looks {
    /// How many of so many SLIs may have their turn in a tick.
    pub(super) const fn allowed(slis: usize) -> usize {
        let share = 1 + slis / SLIS_PER_TURN;
        if share > TURNS_MIN { share } else { TURNS_MIN }
    }

    /// A tick of so many SLIs begins; returns whose turn it is of those that wait.
    pub(super) fn begin_tick(&mut self, slis: usize) -> impl Iterator<Item = usize> + '_ {
        let allowed = Self::allowed(slis);
        let called = self.waiting.len().min(allowed);
        self.left = allowed - called;
        self.waiting.drain(..called)
    }

    /// Whether this SLI may have its turn in this tick; else it waits to be called, and must not ask before.
    pub(super) fn ask(&mut self, sli: usize) -> bool {
        let is_allowed = self.left > 0;
        if is_allowed {
            self.left -= 1;
        } else {
            self.waiting.push_back(sli);
        }
        is_allowed
    }

    /// Lets one that was called in vain wait again.
    pub(super) fn wait(&mut self, sli: usize) {
        self.waiting.push_back(sli);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_goes_before_who_asks() {
        let mut looks = Looks::default();
        assert_eq!(looks.begin_tick(20).count(), 0);
        let allowed: Vec<usize> = (0..20).filter(|sli| looks.ask(*sli)).collect();
        assert_eq!(allowed, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(looks.begin_tick(20).eq(8..16));
        assert!(!looks.ask(0), "none is left");
        assert!(looks.begin_tick(20).eq([16, 17, 18, 19, 0]));
        assert!((1..4).all(|sli| looks.ask(sli)) && !looks.ask(4));
    }

    #[test]
    fn a_minute_has_room_for_all() {
        for slis in [1, 59, 60, 61, 479, 480, 1_000, 100_000] {
            assert!(60 * Looks::allowed(slis) >= slis);
        }
        assert_eq!((Looks::allowed(0), Looks::allowed(1_000)), (8, 17));
    }
}
