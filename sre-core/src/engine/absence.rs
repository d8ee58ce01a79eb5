//! Pure. The time without a process, and what it counts as.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::window::Tick;

/// Memories that differ by less in when they were written were written together.
const TOGETHER_NS: u64 = 120_000_000_000;

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

/// Whether what was left off at `later` was left off with the other; or before it.
pub(super) const fn is_together(later_ns: u64, ns: u64) -> bool {
    later_ns.saturating_sub(ns) <= TOGETHER_NS
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
}

/// A part of the time for which an objective was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) until: Tick,
    pub(super) downtime: Downtime,
    pub(super) believed: bool,
}

impl Absence {
    /// There was no process until `started`, since the last one left off.
    pub(super) const fn new(downtime: Downtime, left_off_ns: u64, started: Tick) -> Self {
        Self { downtime, left_off_ns, started, believed: false }
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

    /// The time from where a memory left off until `now`, at which its objective appears: first other processes may have
    /// been there, without this objective, then there was none, and then this one was, without an event of it.
    pub(super) fn parts(&self, memory_ns: u64, now: Tick) -> impl Iterator<Item = Part> + use<> {
        let Self { downtime, left_off_ns, believed, .. } = *self;
        let started = self.started_by(now);
        let elsewhere = (!is_together(left_off_ns, memory_ns) && left_off_ns <= started.wall_ns)
            .then_some((Tick { wall_ns: left_off_ns, ..started }, Downtime::Unknown));
        let here = (now != started).then_some((now, Downtime::Excluded));
        let parts = elsewhere.into_iter().chain([(started, downtime)]).chain(here);
        parts.map(move |(until, downtime)| Part { until, downtime, believed })
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
#[cfg(feature = "macros")]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::engine::{Engine, Evaluator, Input};
    use crate::primitive::{Arc, Mutex};
    use crate::report::{ObjectiveReport, WindowReport};
    use crate::sli::{Outcome, Sli, SliFamily};
    use crate::slo::{Objective, Severity};
    use crate::store::model::World;
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

    /// An engine that remembers, with the clock it goes by.
    struct Life {
        engine: Engine,
        clock: ManualClock,
    }

    #[derive(sre_core::Labels)]
    struct Tenant {
        tenant: &'static str,
    }

    impl Life {
        fn at(second: u64, world: &Arc<Mutex<World>>, downtime: Downtime) -> Self {
            let clock = ManualClock::at_unix_seconds(START.wrapping_add(second));
            let builder =
                Engine::builder().manual_clock(clock.clone()).state_dir("/model").downtime(downtime);
            let mut builder = builder.flush_each(Duration::from_secs(10));
            builder.world = Some(Arc::clone(world));
            Self { engine: builder.start().unwrap(), clock }
        }

        fn sli(&self, slo: &'static str) -> Sli {
            let sli = Sli::new("checkout").objective(Objective::availability(0.999).named(slo));
            let sli = self.engine.sli(sli.definition()).unwrap();
            let _ = self.engine.collect();
            sli
        }

        /// The calls of one tenant.
        fn of(&self, tenant: &'static str) -> Sli {
            let family = SliFamily::new("pages").objective(Objective::availability(0.999)).judge_members();
            self.engine.family(&family).unwrap().get(&Tenant { tenant }).clone()
        }

        fn live(&self, sli: &Sli, seconds: u64) {
            for _ in 0..seconds {
                sli.record(Outcome::Ok, Duration::from_millis(9));
                self.engine.advance(Duration::from_secs(1));
            }
        }

        fn end(self) {
            assert!(self.engine.shutdown(Duration::from_secs(5)));
        }
    }

    #[test]
    fn what_appears_late_is_not_charged_for_the_time_that_a_process_was_there() {
        for downtime in [Downtime::Bad, Downtime::Unknown, Downtime::Excluded] {
            let world = World::new();
            let one = Life::at(0, &world, downtime);
            one.live(&one.of("acme"), HOUR);
            one.end();
            // A deployment of five minutes; the tenant is back two hours later.
            let other = Life::at(HOUR + 300, &world, downtime);
            other.engine.advance(Duration::from_secs(2 * HOUR));
            other.live(&other.of("acme"), 10);
            let report = other.engine.report();
            let member =
                report.slis.iter().find(|sli| sli.labels.iter().any(|label| &*label.value == "acme"));
            let member = &member.unwrap().objectives[0];
            let bad = if downtime == Downtime::Bad { 300 } else { 0 };
            assert!(member.counts.bad().abs_diff(bad) <= 6, "{downtime:?}: {:?}", member.counts);
            let paged = member.firing().is_some_and(|tier| tier.severity == Severity::Page);
            assert!(!paged, "{downtime:?}");
            assert!(window(member, HOUR).coverage > 0.999, "{downtime:?}");
            let seen = if downtime == Downtime::Excluded { 300 } else { 0 };
            let wanted = (3 * HOUR + seen) as f64 / DAY as f64;
            assert!((window(member, DAY).coverage - wanted).abs() < 0.001, "{downtime:?}");
        }
    }

    #[test]
    fn an_objective_that_was_renamed_and_has_its_old_name_back_keeps_what_came_between() {
        let world = World::new();
        let mut second = 0;
        for slo in [SLO, "renamed", SLO] {
            let life = Life::at(second, &world, Downtime::Bad);
            life.live(&life.sli(slo), HOUR);
            life.end();
            second += HOUR;
        }
        let life = Life::at(second, &world, Downtime::Bad);
        life.sli(SLO);
        assert_eq!(life.engine.report().slo(SLO).unwrap().counts, EventCounts::new(3 * HOUR, 0));
    }

    /// Lives for so long at a wrong clock, beside an objective that this release does not have.
    fn live_beside_one_that_waits(off_s: i64, seconds: u64, in_order: bool) -> (Arc<Mutex<World>>, u64) {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Bad);
        let sli = one.sli(SLO);
        one.live(&sli, 300);
        one.live(&one.of("acme"), 300);
        one.end();
        let wrong = Life::at(600_u64.wrapping_add_signed(off_s), &world, Downtime::Bad);
        wrong.live(&wrong.sli(SLO), seconds);
        if in_order {
            wrong.end();
        } else {
            wrong.engine.flush();
        }
        (world, 600 + seconds)
    }

    #[test]
    fn a_life_with_a_clock_that_is_wrong_by_years_costs_neither_those_that_live_nor_those_that_wait() {
        for (off, seconds) in [(-19_000, 30), (-19_000, 200), (700, 30), (700, 200)] {
            let off_s = off * DAY.cast_signed();
            let (world, now) = live_beside_one_that_waits(off_s, seconds, true);
            let next = Life::at(now, &world, Downtime::Unknown);
            let sli = next.sli(SLO);
            let tenant = next.of("acme");
            next.live(&tenant, 120);
            next.live(&sli, 600);
            let report = next.engine.report();
            let member = report
                .slis
                .iter()
                .find(|sli| sli.labels.iter().any(|label| &*label.value == "acme"))
                .unwrap();
            let counts = member.objectives[0].counts;
            assert_eq!(counts, EventCounts::new(420, 0), "the one that waited, {off} days, {seconds} s");
            // What was believed for long is as far away as it says.
            if seconds < 60 {
                let counts = report.slo(SLO).unwrap().counts;
                assert_eq!(counts, EventCounts::new(300 + seconds + 600, 0), "{off} days, {seconds} s");
            }
            next.end();
        }
    }

    #[test]
    fn a_clock_that_was_hours_behind_for_half_a_minute_leaves_no_gap_to_the_next_life() {
        for in_order in [true, false] {
            let (world, now) = live_beside_one_that_waits(-5 * HOUR.cast_signed(), 30, in_order);
            let next = Life::at(now, &world, Downtime::Bad);
            next.live(&next.sli(SLO), 120);
            let report = next.engine.report();
            let slo = report.slo(SLO).unwrap();
            // Five minutes in which this one was not called were lived through.
            assert_eq!(slo.counts, EventCounts::new(300 + 30 + 120, 0), "{in_order}");
            let wanted = (600 + 30 + 120) as f64 / DAY as f64;
            assert!(
                (window(slo, DAY).coverage - wanted).abs() < 0.001,
                "{in_order}: {}",
                window(slo, DAY).coverage
            );
        }
    }

    #[test]
    fn an_objective_that_a_release_left_out_is_charged_for_the_downtime_at_the_rate_it_had() {
        let world = World::new();
        let one = Life::at(0, &world, Downtime::Bad);
        one.live(&one.of("acme"), HOUR);
        one.end();
        // Two hours of a process in which the tenant did not call, and five minutes of none.
        let other = Life::at(HOUR, &world, Downtime::Bad);
        other.live(&other.sli(SLO), 2 * HOUR);
        other.end();
        let third = Life::at(3 * HOUR + 300, &world, Downtime::Bad);
        third.live(&third.of("acme"), 10);
        let report = third.engine.report();
        let member =
            report.slis.iter().find(|sli| sli.labels.iter().any(|label| &*label.value == "acme")).unwrap();
        let bad = member.objectives[0].counts.bad();
        assert!(bad.abs_diff(300) <= 6, "{bad}");
    }

    #[test]
    fn a_clock_that_is_years_ahead_at_the_start_forgets_nothing() {
        for days in [40, 150, 4_000] {
            let world = World::new();
            let one = Life::at(0, &world, Downtime::Unknown);
            one.live(&one.sli(SLO), 3 * HOUR);
            let hours = |life: &Life| {
                let report = life.engine.report();
                let sli = report.slis.iter().find(|sli| sli.name == "checkout").unwrap();
                sli.percentiles.iter().map(|window| window.count).max()
            };
            let before = hours(&one);
            one.end();
            let other = Life::at(3 * HOUR + days * DAY, &world, Downtime::Unknown);
            let sli = other.sli(SLO);
            other.live(&sli, 30);
            eprintln!("{:?}", hours(&other));
            other.clock.set_wall_ns((START + 3 * HOUR + 30) * SECOND);
            other.live(&sli, 120);
            eprintln!("{:?}", hours(&other));
            other.end();
            let third = Life::at(3 * HOUR + 150, &world, Downtime::Unknown);
            third.live(&third.sli(SLO), 120);
            let counts = third.engine.report().slo(SLO).unwrap().counts;
            assert_eq!(counts, EventCounts::new(3 * HOUR + 30 + 120 + 120, 0), "{days} days");
            assert!(hours(&third) > before, "{days} days: {:?} after {before:?}", hours(&third));
        }
    }
}
