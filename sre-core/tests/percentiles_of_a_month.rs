//! Percentiles of a day, a week and 30 days, with the process that counted, after it, and beside others.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may")]

mod scratch;

use std::time::Duration;

use scratch::Scratch;
use sre_core::clock::{Clock, ManualClock};
use sre_core::report::{Percentiles, StateReport, StateStanding};
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

/// The beginning of an hour.
const START: u64 = 472_000 * HOUR;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const NS: u64 = 1_000_000_000;

/// One life of a service with one SLI.
struct Life {
    engine: Engine,
    clock: ManualClock,
    sli: Sli,
}

impl Life {
    fn at(second: u64, scratch: Option<&Scratch>) -> Self {
        Self::of("pay", second, scratch)
    }

    fn of(name: &'static str, second: u64, scratch: Option<&Scratch>) -> Self {
        let clock = ManualClock::at_unix_seconds(START + second);
        let mut builder = Engine::builder().manual_clock(clock.clone());
        if let Some(scratch) = scratch {
            builder = builder.state_dir(scratch.path());
        }
        let engine = builder.start().unwrap();
        let sli = engine.sli(Sli::new(name).objective(Objective::availability(0.999)).definition()).unwrap();
        let _ = engine.collect();
        Self { engine, clock, sli }
    }

    /// A tick each `step` seconds, with one call in each.
    fn live(&self, seconds: u64, step: u64, mut duration: impl FnMut(u64) -> Duration) {
        for tick in 0..seconds / step {
            self.sli.record(Outcome::Ok, duration(tick));
            self.clock.advance(Duration::from_secs(step));
            self.engine.tick();
        }
    }

    /// Over a day, a week and 30 days, once all that was recorded has been looked at.
    fn told(&self) -> [Percentiles; 3] {
        let report = self.engine.report();
        let all = &report.sli("pay").unwrap().percentiles;
        assert_eq!(all.len(), 6);
        [all[3], all[4], all[5]]
    }

    fn counts(&self) -> [u64; 3] {
        self.told().map(|percentiles| percentiles.count)
    }

    fn step_wall(&self, seconds: i64) {
        self.clock.set_wall_ns(self.clock.wall_ns().saturating_add_signed(seconds * NS.cast_signed()));
    }

    fn state(&self) -> StateReport {
        (*self.engine.report().engine.state.clone().unwrap()).clone()
    }

    fn end(self) {
        assert!(self.engine.shutdown(Duration::from_secs(5)));
    }
}

const fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn near(found: Option<Duration>, expected: Duration, error: f64) -> bool {
    found.is_some_and(|found| found.abs_diff(expected).as_secs_f64() <= error * expected.as_secs_f64())
}

#[test]
fn a_day_a_week_and_a_month_hold_as_much() {
    let life = Life::at(0, None);
    // A day slower than the one before, to the millisecond.
    life.live(40 * DAY, 2 * MINUTE, |tick| millis(100 + tick / 720));
    let [day, week, month] = life.told();
    for (told, days) in [(day, 1), (week, 7), (month, 30)] {
        assert_eq!(told.window, Duration::from_secs(days * DAY));
        assert_eq!(told.count, days * 720, "{told:?}");
        assert!((told.coverage.unwrap() - 1.0).abs() < 1e-9, "{told:?}");
        assert!(near(told.p50, millis(139 - days / 2), told.relative_error), "{told:?}");
        assert!(near(told.max, millis(139), 2.0 * told.relative_error), "{told:?}");
        assert!(near(told.mean, Duration::from_micros(139_500 - 500 * days), 1e-9), "{told:?}");
        assert!(told.relative_error < 0.008, "there is room for all of it: {told:?}");
    }
    assert_eq!(life.engine.report().sli("pay").unwrap().percentiles[2].coverage, None);
}

#[test]
fn coverage_tells_how_much_of_a_window_was_seen() {
    let life = Life::at(HOUR / 2, None);
    life.live(6 * HOUR, MINUTE, |_| millis(5));
    // Half an hour of the current hour has passed.
    for (told, hours) in life.told().into_iter().zip([24.0, 168.0, 720.0]) {
        assert_eq!(told.count, 360);
        assert!((told.coverage.unwrap() - 6.0 / (hours + 0.5)).abs() < 1e-9, "{told:?}");
    }
    // A suspend of four hours, in which nobody looked.
    life.step_wall(4 * HOUR.cast_signed());
    life.live(HOUR, MINUTE, |_| millis(5));
    let day = life.told()[0];
    assert!((day.coverage.unwrap() - 7.0 / 24.5).abs() < 1e-3, "{day:?}");
    assert_eq!(day.count, 420);
}

#[test]
fn members_of_families_have_the_last_hour_and_their_whole_the_month() {
    #[derive(Labels, Clone, PartialEq, Eq, Hash)]
    struct Route {
        route: &'static str,
    }
    let clock = ManualClock::at_unix_seconds(START);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let family = SliFamily::<Route>::new("pages").objective(Objective::availability(0.9)).judge_members();
    let pages = engine.family(&family).unwrap();
    for (route, count) in [("a", 5), ("b", 7)] {
        pages.get(&Route { route }).record_n(Outcome::Ok, millis(3), count);
    }
    engine.advance(Duration::from_secs(60));
    let report = engine.report();
    let counts: Vec<Vec<u64>> =
        report.slis.iter().map(|sli| sli.percentiles.iter().map(|told| told.count).collect()).collect();
    assert_eq!(counts, [vec![12; 6], vec![5; 3], vec![7; 3]]);
}

/// Durations that have something to say about percentiles.
fn varied(tick: u64) -> Duration {
    millis(10 + (tick * 7_919) % 400 + if tick.is_multiple_of(97) { 4_000 } else { 0 })
}

#[test]
fn with_restarts_and_without_the_percentiles_are_the_same() {
    let one = Life::at(0, None);
    one.live(3 * DAY, MINUTE, varied);
    let scratch = Scratch::new("month");
    let mut lived = 0;
    // Restarts at any second of an hour, and several in one.
    for seconds in [13 * HOUR + 60, 7 * MINUTE, 20 * MINUTE, 2 * DAY, 3 * HOUR + 1_140, 39 * MINUTE] {
        let life = Life::at(lived, Some(&scratch));
        life.live(seconds, MINUTE, |tick| varied(lived / MINUTE + tick));
        lived += seconds;
        life.end();
    }
    let last = Life::at(lived, Some(&scratch));
    last.live(3 * DAY - lived, MINUTE, |tick| varied(lived / MINUTE + tick));
    assert_eq!(last.told(), one.told());
    assert_eq!(last.counts()[1], 3 * 1_440);
}

#[test]
fn a_kill_loses_at_most_what_came_since_the_last_flush_and_counts_nothing_twice() {
    let scratch = Scratch::new("month");
    let mut told = 0;
    let mut begun = 0;
    for life in 0..40 {
        let one = Life::at(begun, Some(&scratch));
        one.live(MINUTE, 1, |_| millis(5));
        let had = one.counts()[0] - MINUTE.min(one.counts()[0]);
        assert!((told - told.min(10)..=told).contains(&had), "{had} of {told} in life {life}");
        // Killed between two flushes, and at times in the next hour.
        one.live(41 + life, 1, |_| millis(5));
        told = had + MINUTE + 41 + life;
        begun += 11 * MINUTE;
        drop(one);
    }
}

#[test]
fn a_process_that_waited_adds_what_it_counted() {
    let scratch = Scratch::new("month");
    let one = Life::at(0, Some(&scratch));
    one.live(2 * HOUR, MINUTE, |_| millis(10));
    let other = Life::at(2 * HOUR, Some(&scratch));
    assert_eq!(other.state().standing, StateStanding::Waiting);
    other.live(HOUR, MINUTE, |_| millis(1_000));
    one.live(HOUR, MINUTE, |_| millis(10));
    one.end();
    other.live(HOUR, MINUTE, |_| millis(1_000));
    assert_eq!(other.state().standing, StateStanding::Writable);
    assert_eq!(other.counts(), [300; 3]);
    let day = other.told()[0];
    assert!(near(day.p50, millis(10), 0.01) && near(day.p90, millis(1_000), 0.01), "{day:?}");
    assert!((day.coverage.unwrap() - 4.0 / 24.0).abs() < 1e-9, "seen by both is seen once: {day:?}");
    other.end();
    let third = Life::at(4 * HOUR, Some(&scratch));
    third.live(MINUTE, MINUTE, |_| millis(10));
    assert_eq!(third.counts(), [301; 3]);
}

#[test]
fn an_sli_that_a_release_lacks_finds_its_month_again() {
    let scratch = Scratch::new("month");
    let one = Life::at(0, Some(&scratch));
    one.live(HOUR, MINUTE, |_| millis(10));
    one.end();
    for second in [HOUR, 2 * HOUR] {
        let other = Life::of("search", second, Some(&scratch));
        other.live(HOUR, MINUTE, |_| millis(20));
        other.end();
    }
    let third = Life::at(3 * HOUR, Some(&scratch));
    third.live(MINUTE, MINUTE, |_| millis(10));
    assert_eq!(third.counts(), [61; 3]);
}

#[test]
fn calls_count_in_the_hour_that_the_clock_shows() {
    let life = Life::at(0, None);
    life.live(2 * DAY, MINUTE, |_| millis(10));
    assert_eq!(life.counts(), [1_440, 2_880, 2_880]);
    // Back by six hours: those are ahead now.
    life.step_wall(-6 * HOUR.cast_signed());
    life.live(HOUR, MINUTE, |_| millis(20));
    // The hours 0 to 43, of which the last has begun again, and hour 42 twice. One call came in an interval that had begun
    // before the step, and counts there.
    assert_eq!(life.counts()[1], 44 * 60 + 60 - 1);
    life.live(6 * HOUR, MINUTE, |_| millis(20));
    assert_eq!(life.counts()[1], 2_880 + 7 * 60);
    // Wrong for half a minute, by years, and put right.
    life.step_wall(1_000 * DAY.cast_signed());
    life.live(30, 10, |_| millis(30));
    life.step_wall(-1_000 * DAY.cast_signed());
    life.live(DAY, MINUTE, |_| millis(30));
    assert_eq!(life.counts(), [1_440 + 3, 2_880 + 7 * 60 + 3 + 1_440, 2_880 + 7 * 60 + 3 + 1_440]);
}

#[test]
fn a_flush_writes_the_current_hour_and_no_other() {
    let scratch = Scratch::new("month");
    let life = Life::at(0, Some(&scratch));
    life.live(DAY, MINUTE, varied);
    let before = life.state();
    let (flushes, begun) = (before.journal_bytes, before.generation);
    for second in 0..10 {
        (0..1_000).for_each(|call| life.sli.record(Outcome::Ok, varied(call * 31 + second)));
        life.clock.advance(Duration::from_secs(10));
        life.engine.tick();
    }
    let after = life.state();
    assert_eq!(after.generation, begun, "one journal");
    let each = (after.journal_bytes - flushes) / 10;
    // Two hundred buckets of the hour, and what the objective writes.
    assert!((300..1_500).contains(&each), "{each} bytes");
}
