//! A wall clock that is wrong for a while and put right takes neither windows nor budgets away, and no tick is too late
//! for what happened before it.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::time::Duration;

use sre_core::engine::{Evaluator, Input};
use sre_core::report::{ObjectiveReport, ObjectiveState};
use sre_core::slo::{Objective, Period};
use sre_core::units::EventCounts;
use sre_core::window::{CalendarUnit, Tick};

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: i64 = 24 * 3_600;
/// 2025-06-30 21:00 UTC, three hours before July.
const BEFORE_JULY: u64 = 1_751_317_200;

/// A service at a burn of 20, whose wall clock may be off.
struct Service {
    evaluator: Evaluator,
    second: u64,
    off: i64,
}

impl Service {
    fn new(period: Period) -> Self {
        let objective = Objective::availability(0.999).period(period);
        let start = Tick { wall_ns: BEFORE_JULY * SECOND, elapsed_ns: 0 };
        let evaluator = Evaluator::new("pay", "pay-availability", objective, start).unwrap();
        Self { evaluator, second: 0, off: 0 }
    }

    fn tick(&mut self, after: u64, events: EventCounts) -> &ObjectiveReport {
        self.second += after;
        let wall = (BEFORE_JULY + self.second).checked_add_signed(self.off).unwrap();
        let tick = Tick { wall_ns: wall * SECOND, elapsed_ns: self.second * SECOND };
        self.evaluator.tick(tick, Input { delta: events, ended: events.total(), ..Input::default() });
        self.evaluator.latest()
    }

    /// Lives on with a wall clock that is off by some seconds.
    fn live(&mut self, seconds: u64, off: i64) {
        self.off = off;
        for _ in 0..seconds {
            self.tick(1, EventCounts::new(98, 2));
        }
    }

    fn counted(&self) -> u64 {
        self.evaluator.latest().counts.total()
    }
}

fn month() -> Period {
    Period::calendar(CalendarUnit::Month, "UTC")
}

#[test]
fn a_year_ahead_for_two_seconds_takes_nothing_away() {
    for period in [month(), Period::days(30)] {
        let mut service = Service::new(period);
        service.live(HOUR, 0);
        let before = service.evaluator.report();
        service.live(2, 366 * DAY);
        service.live(2, 0);
        let after = service.evaluator.latest();
        assert_eq!((before.state, after.state), (ObjectiveState::Firing, ObjectiveState::Firing));
        assert_eq!(after.counts.total(), 100 * (HOUR + 4), "{period}");
        assert!(after.budget.is_some_and(|budget| (-19.1..-18.9).contains(&budget.remaining())), "{period}");
        for (before, after) in before.windows.iter().zip(&after.windows) {
            assert!(after.counts.total() >= before.counts.total() - 10 * 100, "{} {after:?}", period);
            assert!(after.coverage >= before.coverage - 1e-9, "{} {after:?}", period);
        }
    }
}

#[test]
fn a_year_ahead_for_good_is_a_new_month_after_a_minute() {
    let mut service = Service::new(month());
    service.live(HOUR, 0);
    service.live(60, 366 * DAY);
    assert_eq!(service.counted(), 100 * (HOUR + 60), "not believed yet");
    service.live(60, 366 * DAY);
    assert_eq!(service.counted(), 100 * 60);
    assert_eq!(service.evaluator.latest().windows[0].counts.total(), 100 * 60, "windows went on as well");
}

#[test]
fn hours_ahead_for_some_minutes_turn_the_month_and_turn_it_back() {
    let mut service = Service::new(month());
    service.live(HOUR, 0);
    service.live(10 * MINUTE, 5 * 3_600);
    assert_eq!(service.counted(), 100 * 10 * MINUTE, "July, as far as anybody knows");
    service.live(10 * MINUTE, 0);
    assert_eq!(service.counted(), 100 * (HOUR + 20 * MINUTE), "June after all, with all that was in it");
    let left = 2 * HOUR - 20 * MINUTE;
    service.live(left - 1, 0);
    assert_eq!(service.counted(), 100 * (3 * HOUR - 1));
    service.live(1, 0);
    assert_eq!(service.counted(), 100, "the first second of July, of which the glitch counts for nothing");
}

#[test]
fn a_month_back_for_some_minutes_takes_nothing_away() {
    let mut service = Service::new(month());
    service.live(4 * HOUR, 0);
    assert_eq!(service.counted(), 100 * (HOUR + 1), "an hour of July");
    // Each step is believed after a minute.
    service.live(10 * MINUTE, -40 * DAY);
    assert_eq!(service.counted(), 100 * (HOUR + 10 * MINUTE + 1), "no budget is given back");
    service.live(10 * MINUTE, 0);
    assert_eq!(service.counted(), 100 * (HOUR + 20 * MINUTE + 1));
}

#[test]
fn a_step_back_over_the_turn_of_the_month_brings_the_old_one_back() {
    let mut service = Service::new(month());
    service.live(3 * HOUR + 10 * MINUTE, 0);
    assert_eq!(service.counted(), 100 * (10 * MINUTE + 1));
    // Two hours, so that slots are renamed, and the turn comes again, less than an hour early.
    service.live(2 * MINUTE, -2 * 3_600);
    assert_eq!(service.counted(), 100 * (3 * HOUR + 12 * MINUTE));
    service.live(2 * HOUR, -2 * 3_600);
    let counted = service.counted();
    assert!((100 * 10 * MINUTE..100 * (HOUR + 12 * MINUTE)).contains(&counted), "{counted}");
}

#[test]
fn a_turn_during_a_late_tick_gives_each_month_its_share() {
    let mut service = Service::new(month());
    service.live(3 * HOUR - 20, 0);
    // Five slots of ten seconds began: that of the last ten seconds of June, and four of July.
    let late = service.tick(50, EventCounts::new(4_900, 100));
    assert_eq!((late.late_ticks, late.counts), (1, EventCounts::new(3_920, 80)));
    // The slot of the tick before has one second of events, 25 before it all of theirs.
    assert_eq!(late.window(Duration::from_secs(300)).unwrap().counts.total(), 30_100, "windows roll on");
}

#[test]
fn events_of_a_tick_that_is_minutes_late_are_spread_and_fire_at_once() {
    for (late, spread) in [(290, true), (310, true), (900, true), (3_600, true), (3_601, false)] {
        let mut service = Service::new(Period::days(30));
        for _ in 0..2 * HOUR {
            service.tick(1, EventCounts::new(100, 0));
        }
        let report = service.tick(late, EventCounts::new(0, 100 * late));
        let five = &report.windows[0];
        assert_eq!(report.late_ticks, 1, "{late} s late");
        assert_eq!((five.late, five.coverage > 0.99), (spread, spread), "{late} s late: {five:?}");
        assert!(report.firing().is_some(), "{late} s late: {:?}", report.tiers);
        let last = five.counts.bad();
        assert!(!spread || (29_000.min(100 * late)..=31_000).contains(&last), "{late} s late: {five:?}");
        assert_eq!(report.counts.bad(), 100 * late);
    }
}

#[test]
fn a_tick_without_events_that_is_minutes_late_is_a_gap_and_is_counted() {
    let mut service = Service::new(Period::days(30));
    service.live(HOUR, 0);
    let report = service.tick(310, EventCounts::ZERO);
    assert_eq!((report.late_ticks, report.windows[0].late, report.windows[0].coverage), (1, false, 0.0));
}
