//! Pure. The time without a process, and what it counts as.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::window::Tick;

/// What the time without a process counts as: from when the last one left off until this one started.
///
/// A wall clock that is more than a day ahead of where the last process left off, or behind it, is believed once it has run
/// evenly for a minute; until then windows go on from where they were left. A clock that is wrong at the start and put right
/// within that minute changes nothing. What appears later than the process starts, as a member of a family does with its
/// first call, counts as observed from the start on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Downtime {
    /// Nobody knows: the windows keep what they have, and their coverage says how much that is.
    #[default]
    Unknown,
    /// Bad: as many bad events as came in the last observed hour, for as long as nobody was there. An estimate, which is
    /// never in exported counters.
    Bad,
    /// Nothing was promised: the time counts as observed, without events.
    Excluded,
    /// Unknown up to this long, as for a deployment; of what is longer, all is bad.
    UnknownUpTo(Duration),
}

impl Downtime {
    /// Whether a time of this length counts as bad.
    pub(super) fn is_bad(self, length: Duration) -> bool {
        match self {
            Self::Bad => true,
            Self::UnknownUpTo(limit) => length > limit,
            Self::Unknown | Self::Excluded => false,
        }
    }
}

/// The time before this process in which there was none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence {
    downtime: Downtime,
    /// When the last process left off, as far as anything tells.
    left_off_ns: u64,
    started: Tick,
    /// Whether the wall clock has run evenly in this process.
    believed: bool,
    /// Whether other processes came since the one that knew of the objective.
    others: bool,
}

/// A part of the time for which an objective was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) until: Tick,
    /// How much of it this process lived through.
    pub(super) lived_ns: u64,
    pub(super) downtime: Downtime,
    pub(super) believed: bool,
}

impl Absence {
    /// There was no process until `started`, since the last one left off.
    pub(super) const fn new(downtime: Downtime, left_off_ns: u64, started: Tick) -> Self {
        Self { downtime, left_off_ns, started, believed: false, others: false }
    }

    /// There was no process until now, whatever a memory was left by.
    #[cfg(any(test, sre_fuzz, feature = "test-util"))]
    pub(crate) const fn until(now: Tick, downtime: Downtime) -> Self {
        Self::new(downtime, 0, now)
    }

    /// When this process started, or took over.
    pub(super) const fn started(&self) -> Tick {
        self.started
    }

    /// The same, told by a process whose wall clock has run evenly for a while, or has not.
    pub(super) const fn believed(self, believed: bool) -> Self {
        Self { believed, ..self }
    }

    /// The same for a memory of the last process, or of one before others.
    pub(super) const fn without_others(self, is_of_last: bool) -> Self {
        Self { others: !is_of_last, ..self }
    }

    /// The time from where a memory left off until `now`, at which its objective appears: first other processes may have
    /// been there, without this objective, then there was none, and then this one was, without an event of it.
    ///
    /// Where others came since and the wall clock of the last of them does not say when that was, nobody knows how much
    /// of the time they were there.
    pub(super) fn parts(&self, memory_ns: u64, now: Tick) -> impl Iterator<Item = Part> + use<> {
        let Self { downtime, left_off_ns, believed, others, .. } = *self;
        let started = self.started_by(now);
        let knows_others = (memory_ns..=started.wall_ns).contains(&left_off_ns);
        let elsewhere = (others && knows_others).then_some((
            Tick { wall_ns: left_off_ns, ..started },
            0,
            Downtime::Unknown,
        ));
        let absent = (started, 0, if others && !knows_others { Downtime::Unknown } else { downtime });
        let lived_ns = now.elapsed_ns.saturating_sub(started.elapsed_ns);
        let here = (now != started).then_some((now, lived_ns, Downtime::Excluded));
        let parts = elsewhere.into_iter().chain([absent]).chain(here);
        parts.map(move |(until, lived_ns, downtime)| Part { until, lived_ns, downtime, believed })
    }

    /// When this process started, by the wall clock as it is `now`.
    fn started_by(&self, now: Tick) -> Tick {
        let lived_ns = now.elapsed_ns.saturating_sub(self.started.elapsed_ns);
        let by_life_ns = now.wall_ns.saturating_sub(lived_ns);
        // Earlier by the wall clock if the machine slept, and not if the clock was put right.
        let slept = (self.left_off_ns..=by_life_ns).contains(&self.started.wall_ns);
        let wall_ns = if slept { self.started.wall_ns } else { by_life_ns };
        Tick { wall_ns, elapsed_ns: self.started.elapsed_ns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Evaluator, Input};
    use crate::report::{ObjectiveReport, WindowReport};
    use crate::slo::Objective;
    use crate::units::EventCounts;

    const SECOND: u64 = 1_000_000_000;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;
    const START: u64 = 20_000 * DAY + 5 * HOUR;
    const SLO: &str = "checkout-availability";

    fn at(wall_s: u64, elapsed_s: u64) -> Tick {
        Tick { wall_ns: wall_s * SECOND, elapsed_ns: elapsed_s * SECOND }
    }

    fn evaluator(now: Tick) -> Evaluator {
        Evaluator::new("checkout", SLO, Objective::availability(0.999), now).unwrap()
    }

    fn window(report: &ObjectiveReport, seconds: u64) -> &WindowReport {
        report.windows.iter().find(|window| window.length == Duration::from_secs(seconds)).unwrap()
    }

    /// An hour of a good call a second.
    fn an_hour() -> Evaluator {
        let mut one = evaluator(at(START, 0));
        for second in 1..=HOUR {
            one.tick(
                at(START + second, second),
                Input { delta: EventCounts::new(1, 0), ended: 1, ..Input::default() },
            );
        }
        one
    }

    /// What follows the hour: a process whose wall clock is these seconds off at first, and right from `right_s` on.
    fn after_a_restart(
        absent_s: u64,
        downtime: Downtime,
        off_s: i64,
        right_s: u64,
        lived_s: u64,
    ) -> ObjectiveReport {
        let begun = START + HOUR + absent_s;
        let wall =
            |second: u64| (begun + second).saturating_add_signed(if second < right_s { off_s } else { 0 });
        let mut other = evaluator(at(wall(0), 0));
        other.resume(an_hour().memory(), at(wall(0), 0), downtime);
        for second in 1..=lived_s {
            let transitions = other.tick(at(wall(second), second), Input::default());
            // So many bad ones do alert, if that is the policy.
            let is_quiet = downtime != Downtime::Bad;
            assert!(transitions.is_empty() || !is_quiet, "{transitions:?} after {second} s");
        }
        other.report()
    }

    #[test]
    fn days_without_a_process_are_what_the_policy_says_once_the_clock_is_believed() {
        let absent = 3 * DAY;
        for (downtime, bad, observed, estimated) in [
            (Downtime::Unknown, 0, HOUR, false),
            (Downtime::Bad, absent, HOUR, true),
            (Downtime::UnknownUpTo(Duration::from_secs(4 * DAY)), 0, HOUR, false),
            (Downtime::Excluded, 0, HOUR + absent, false),
        ] {
            let doubted = after_a_restart(absent, downtime, 0, 0, 30);
            assert_eq!(doubted.counts, EventCounts::new(HOUR, 0), "{downtime:?}");
            let report = after_a_restart(absent, downtime, 0, 0, 600);
            assert_eq!(report.counts.good(), HOUR, "{downtime:?}");
            assert!(report.counts.bad().abs_diff(bad) <= bad / 50, "{downtime:?}: {:?}", report.counts);
            // Those days are in long windows, and not in what was lived since.
            assert!(window(&report, 300).counts.is_empty(), "{downtime:?}");
            let long = window(&report, 30 * DAY);
            assert_eq!(long.estimated, estimated, "{downtime:?}");
            let wanted = (observed + 600) as f64 / (30 * DAY) as f64;
            assert!((long.coverage - wanted).abs() < 0.001, "{downtime:?}: {} of {wanted}", long.coverage);
        }
    }

    #[test]
    fn a_clock_that_is_wrong_at_the_start_changes_nothing_once_it_is_right() {
        let days = |days: i64| days * DAY.cast_signed();
        for downtime in [Downtime::Unknown, Downtime::Bad, Downtime::Excluded] {
            let right = after_a_restart(HOUR, downtime, 0, 0, 600);
            for off in [days(40), days(-40), days(15_000), days(-19_990)] {
                let wrong = after_a_restart(HOUR, downtime, off, 40, 600);
                let counts = (wrong.counts.good(), wrong.counts.bad());
                let bad = right.counts.bad();
                assert!(
                    counts.0 == HOUR && counts.1.abs_diff(bad) <= bad / 50,
                    "{downtime:?} {off}: {counts:?}, {bad}"
                );
                let [wrong, right] = [&wrong, &right].map(|report| window(report, DAY).coverage);
                assert!((wrong - right).abs() < 0.001, "{downtime:?} {off}: {wrong} instead of {right}");
            }
        }
    }

    #[test]
    fn a_sleep_soon_after_the_start_is_none_without_a_process_though_the_clock_went_back_before() {
        let mut one = an_hour();
        let back = START + HOUR - 1_800;
        for second in 1..=100 {
            one.tick(at(back + second, HOUR + second), Input::default());
        }
        let now = at(back + 100, 0);
        let mut other = evaluator(now);
        other.resume(one.memory(), now, Downtime::Bad);
        let before = other.report().counts;
        // Twenty minutes, of which the monotonic clock knows nothing.
        other.tick(at(back + 101 + 1_200, 1), Input::default());
        assert_eq!(other.report().counts, before);
    }
}
