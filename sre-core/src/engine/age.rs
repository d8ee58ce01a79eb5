//! Pure. How old an engine is, as its windows see it.

use crate::engine::judged::INTERVAL_NS;
use crate::window::{Tick, Timeline};

/// The longest look back into intervals.
const KEPT_NS: u64 = HOUR_NS;

const HOUR_NS: u64 = 3_600_000_000_000;

/// A wall clock that gains or loses more than this on the monotonic one made a step.
const SLACK_NS: u64 = 2_000_000_000;

/// A step of up to a day is believed at once.
const STEP_NS_MAX: u64 = 24 * HOUR_NS;

/// Others once the wall clock has run evenly for so long.
const EVEN_NS: u64 = 60_000_000_000;

/// Time that goes on whatever the wall clock does, suspends included; it numbers the intervals of windowed percentiles.
#[derive(Debug)]
pub(super) struct Age {
    line: Timeline,
    ns: u64,
    wall: Wall,
}

/// Now, as the percentiles of an SLI see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// The number of the current interval.
    ///
    /// Those of a tenth of the SLIs end each second, and the minutes of a sixtieth, so that no tick merges a thousand
    /// histograms.
    pub(super) interval: u64,
    /// The hour of the wall clock, counted from 1970.
    pub(super) hour: u32,
    pub(super) second_of_hour: u32,
    /// The monotonic clock.
    pub(super) elapsed_ns: u64,
}

impl Age {
    /// An engine that starts now. Intervals begin where those of other instances do, until the wall clock steps back.
    pub(super) fn new(start: Tick) -> Self {
        let ns = start.wall_ns.min(u64::MAX / 2);
        Self {
            line: Timeline::new(start, INTERVAL_NS, KEPT_NS, KEPT_NS),
            ns,
            wall: Wall {
                last: start,
                believed_ns: start.wall_ns,
                even_ns: 0,
                was_even: false,
                went_back: false,
            },
        }
    }

    /// Moves to `tick`.
    pub(super) fn advance(&mut self, tick: Tick) {
        let step = self.line.advance(tick, true);
        self.ns = self.ns.saturating_add(step.now_ns.saturating_sub(step.from_ns));
        self.wall.advance(tick);
    }

    /// Goes on by the wall clock of an earlier process, which left off at `wall_ns`, if the one of this process is days
    /// away from that: it may be wrong.
    pub(super) fn doubt(&mut self, wall_ns: u64) {
        self.wall.doubt(wall_ns);
    }

    /// Whether the wall clock is believed: it once ran evenly for a minute in this process, and made no step since that
    /// still has to prove itself.
    pub(super) const fn is_clock_believed(&self) -> bool {
        self.wall.was_even && !self.wall.went_back && self.wall.believed_ns == self.wall.last.wall_ns
    }

    /// Now, for the SLI of a number.
    pub(super) fn moment(&self, sli: u64) -> Moment {
        let interval = self.ns.saturating_add(sli % 60 * 1_000_000_000) / INTERVAL_NS;
        let Wall { believed_ns, last, .. } = self.wall;
        Moment {
            interval,
            hour: hour_of(believed_ns),
            second_of_hour: u32::try_from(believed_ns % HOUR_NS / 1_000_000_000).unwrap_or(0),
            elapsed_ns: last.elapsed_ns,
        }
    }
}

/// The hour of the wall clock, counted from 1970.
pub(super) fn hour_of(wall_ns: u64) -> u32 {
    u32::try_from(wall_ns / HOUR_NS).unwrap_or(u32::MAX)
}

/// The wall clock, whose steps of more than a day are not believed before it has run evenly for a minute: a clock that
/// is wrong for a moment moves nothing into other years.
#[derive(Debug)]
struct Wall {
    last: Tick,
    believed_ns: u64,
    /// How long it has run evenly.
    even_ns: u64,
    /// Whether it ever did so for long enough.
    was_even: bool,
    /// Whether it made a step back since it last did.
    went_back: bool,
}

impl Wall {
    fn doubt(&mut self, wall_ns: u64) {
        if wall_ns.abs_diff(self.believed_ns) > STEP_NS_MAX {
            self.believed_ns = wall_ns;
        }
    }

    fn advance(&mut self, tick: Tick) {
        let lived_ns = tick.elapsed_ns.saturating_sub(self.last.elapsed_ns);
        let is_even = tick.wall_ns.abs_diff(self.last.wall_ns.saturating_add(lived_ns)) <= SLACK_NS;
        self.even_ns = if is_even { self.even_ns.saturating_add(lived_ns) } else { 0 };
        self.was_even |= self.even_ns >= EVEN_NS;
        self.went_back |= !is_even && tick.wall_ns < self.last.wall_ns.saturating_add(lived_ns);
        self.went_back &= self.even_ns < EVEN_NS;
        self.last = Tick { elapsed_ns: tick.elapsed_ns.max(self.last.elapsed_ns), ..tick };
        let by_life_ns = self.believed_ns.saturating_add(lived_ns);
        let is_believed = self.even_ns >= EVEN_NS || tick.wall_ns.abs_diff(by_life_ns) <= STEP_NS_MAX;
        self.believed_ns = if is_believed { tick.wall_ns } else { by_life_ns };
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

    fn interval(age: &Age, sli: u64) -> u64 {
        age.moment(sli).interval
    }

    #[test]
    fn hours_are_those_of_the_wall_clock_unless_it_is_wrong_for_a_moment() {
        let mut age = Age::new(tick(START, 0));
        let mut after = |wall_ns, elapsed_s: u64| {
            age.advance(tick(wall_ns, elapsed_s * SECOND));
            let moment = age.moment(7);
            u64::from(moment.hour) * HOUR + u64::from(moment.second_of_hour) * SECOND
        };
        assert_eq!(after(START + 5 * HOUR, 1), START + 5 * HOUR, "a suspend");
        assert_eq!(after(START, 2), START, "a step back");
        assert_eq!(after(START - 23 * HOUR, 3), START - 23 * HOUR);
        let then = START - 23 * HOUR;
        assert_eq!(after(0, 4), then + SECOND, "not believed");
        assert_eq!(after(u64::MAX, 5), then + 2 * SECOND);
        assert_eq!(after(then + 3 * SECOND, 6), then + 3 * SECOND, "and put right");
        (7..=67).for_each(|second| {
            after(9_000 * HOUR + second * SECOND, second);
        });
        assert_eq!(
            after(9_000 * HOUR + 68 * SECOND, 68),
            9_000 * HOUR + 68 * SECOND,
            "wrong for a minute is right"
        );
    }

    #[test]
    fn intervals_go_on_by_what_was_lived_or_slept() {
        let mut age = Age::new(tick(START, 0));
        let first = interval(&age, 0);
        let mut after = |wall_ns, elapsed_ns| {
            age.advance(tick(wall_ns, elapsed_ns));
            interval(&age, 0) - first
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
                assert!(interval(&age, 59) <= interval(&age, 0) + 6);
            }
        }
    }

    #[test]
    fn slis_take_turns() {
        let mut age = Age::new(tick(START, 0));
        let mut ended = [0; 10];
        for second in 1..=10 {
            let before: Vec<u64> = (0..60).map(|sli| interval(&age, sli)).collect();
            age.advance(tick(START + second * SECOND, second * SECOND));
            let place = usize::try_from(second - 1).unwrap();
            ended[place] =
                (0..60).zip(before).filter(|(sli, before)| interval(&age, *sli) != *before).count();
        }
        assert_eq!(ended, [6; 10]);
    }
}
