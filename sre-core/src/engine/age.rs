//! Pure. How old an engine is, as its windows see it.

use crate::engine::judged::INTERVAL_NS;
use crate::window::{Tick, Timeline};

/// The longest look back into intervals.
const KEPT_NS: u64 = 3_600_000_000_000;

/// Time that goes on whatever the wall clock does, suspends included; it numbers the intervals of windowed percentiles.
#[derive(Debug)]
pub(super) struct Age {
    line: Timeline,
    ns: u64,
}

impl Age {
    /// An engine that starts now. Intervals begin where those of other instances do, until the wall clock steps back.
    pub(super) fn new(start: Tick) -> Self {
        let ns = start.wall_ns.min(u64::MAX / 2);
        Self { line: Timeline::new(start, INTERVAL_NS, KEPT_NS, KEPT_NS), ns }
    }

    /// Moves to `tick`.
    pub(super) fn advance(&mut self, tick: Tick) {
        let step = self.line.advance(tick, true);
        self.ns = self.ns.saturating_add(step.now_ns.saturating_sub(step.from_ns));
    }

    /// The number of the current interval of an SLI.
    ///
    /// Those of a tenth of the SLIs end each second, and the minutes of a sixtieth, so that no tick merges a thousand
    /// histograms.
    pub(super) const fn interval(&self, sli: u64) -> u64 {
        self.ns.saturating_add(sli % 60 * 1_000_000_000) / INTERVAL_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const HOUR: u64 = 3_600 * SECOND;
    const START: u64 = 1_700_000_000 * SECOND;

    fn tick(wall_ns: u64, elapsed_ns: u64) -> Tick {
        Tick { wall_ns, elapsed_ns }
    }

    #[test]
    fn intervals_go_on_by_what_was_lived_or_slept() {
        let mut age = Age::new(tick(START, 0));
        let first = age.interval(0);
        let mut after = |wall_ns, elapsed_ns| {
            age.advance(tick(wall_ns, elapsed_ns));
            age.interval(0) - first
        };
        assert_eq!(after(START + 60 * SECOND, 60 * SECOND), 6);
        assert_eq!(after(START - 2 * HOUR, 90 * SECOND), 9, "back by two hours");
        assert_eq!(after(START + 120 * SECOND, 120 * SECOND), 12, "and put right");
        assert_eq!(after(START - 2 * HOUR, 150 * SECOND), 15);
        assert_eq!(after(START - 2 * HOUR + 60 * SECOND, 210 * SECOND), 21, "for good");
        // The line is ahead of the wall clock by what had passed when that stepped back.
        assert_eq!(after(START - HOUR, 211 * SECOND), 21 + 354 - 15, "suspended");
    }

    #[test]
    fn the_ends_of_time_are_harmless() {
        for start in [0, u64::MAX] {
            let mut age = Age::new(tick(start, 0));
            for wall in [u64::MAX, 0, u64::MAX - 5 * SECOND, 1, START] {
                age.advance(tick(wall, u64::MAX));
                assert!(age.interval(59) <= age.interval(0) + 6);
            }
        }
    }

    #[test]
    fn slis_take_turns() {
        let mut age = Age::new(tick(START, 0));
        let mut ended = [0; 10];
        for second in 1..=10 {
            let before: Vec<u64> = (0..60).map(|sli| age.interval(sli)).collect();
            age.advance(tick(START + second * SECOND, second * SECOND));
            let place = usize::try_from(second - 1).unwrap();
            ended[place] = (0..60).zip(before).filter(|(sli, before)| age.interval(*sli) != *before).count();
        }
        assert_eq!(ended, [6; 10]);
    }
}
