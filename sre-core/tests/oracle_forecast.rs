//! What is foretold of a budget comes true: worked examples through the engine, and futures lived second by second.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "helpers of tests may panic as tests do"
)]

use std::time::Duration;

use sre_core::engine::{Evaluator, Input};
use sre_core::report::ObjectiveReport;
use sre_core::slo::{Foresight, Objective, Period, Tier};
use sre_core::units::EventCounts;
use sre_core::window::{CalendarUnit, Tick};

const SECOND_NS: u64 = 1_000_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The first of June 2025, a month of 30 days.
const JUNE: u64 = 1_748_736_000;

/// A service whose every second is told.
struct Service {
    evaluator: Evaluator,
    start: u64,
    second: u64,
}

impl Service {
    fn new(objective: Objective, start: u64) -> Self {
        let tick = Tick { wall_ns: start * SECOND_NS, elapsed_ns: 0 };
        let evaluator = Evaluator::new("pay", "pay-availability", objective, tick).unwrap();
        Self { evaluator, start, second: 0 }
    }

    /// Goes on until `until`, in steps of so many seconds with so many events each.
    fn run(&mut self, until: u64, step: u64, good: u64, bad: u64) {
        while self.second < until {
            self.second += step;
            let tick =
                Tick { wall_ns: (self.start + self.second) * SECOND_NS, elapsed_ns: self.second * SECOND_NS };
            let delta = EventCounts::new(good, bad);
            self.evaluator.tick(tick, Input { delta, ended: good + bad, ..Input::default() });
        }
    }

    fn report(&self) -> &ObjectiveReport {
        self.evaluator.latest()
    }
}

#[track_caller]
fn seconds(foresight: Foresight) -> f64 {
    let Foresight::After(wait) = foresight else { panic!("{foresight:?} is no time") };
    wait.as_secs_f64()
}

#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} (by {tolerance})");
}

/// Ten seconds before the first of June, so that steps of five minutes fill slots from end to end.
const START: u64 = JUNE - 10;

#[test]
fn errors_that_leave_make_240_hours_of_73_at_an_odd_minute_and_so_it_comes() {
    // 1,000 events a second for longer than the period. An hour of it had 1,800,000 failures of the 2,592,000 that 30
    // days allow, and it leaves within 12 hours; the last six minutes burn at 3.
    let burn_begins = 30 * DAY + 37 * HOUR + 31 * MINUTE;
    let mut service = Service::new(Objective::availability(0.999), START);
    service.run(48 * HOUR, 300, 300_000, 0);
    service.run(49 * HOUR, 300, 150_000, 150_000);
    service.run(burn_begins - MINUTE, 300, 300_000, 0);
    service.run(burn_begins, 60, 60_000, 0);
    service.run(burn_begins + 6 * MINUTE, 1, 997, 3);

    let report = service.report();
    assert_eq!(report.counts.bad(), 1_800_000 + 360 * 3);
    near(report.budget.unwrap().remaining() * 720.0 / 3.0, 73.3, 0.1);
    // Counted from when the burn began. A second belongs to the slot in which it ends, so five minutes have one more.
    near(seconds(report.forecast.at_5m), (240 * HOUR - 6 * MINUTE) as f64, 0.003 * (240 * HOUR) as f64);
    assert_eq!(report.forecast.recovery, Foresight::After(Duration::ZERO));

    while service.report().budget.unwrap().remaining() > 0.0 {
        service.run(service.second + 300, 300, 299_100, 900);
    }
    // Slots of an hour leave at once.
    near((service.second - burn_begins) as f64, (240 * HOUR) as f64, HOUR as f64);
}

#[test]
fn an_outage_about_to_leave_is_told_to_be_gone_within_its_slot() {
    // An hour of failures, a month of none.
    let mut service = Service::new(Objective::availability(0.999), START);
    service.run(2 * HOUR, 300, 30_000, 0);
    service.run(3 * HOUR, 300, 500, 29_500);
    service.run(30 * DAY + HOUR + 1_800, 300, 30_000, 0);
    for (minutes_before, soonest_s) in [(90, 30 * MINUTE), (60, 10), (50, 10), (10, 10), (1, 0)] {
        let until = 30 * DAY + 3 * HOUR - minutes_before * MINUTE;
        service.run(until, 10, 1_000, 0);
        let report = service.report();
        assert!(report.budget.unwrap().remaining() < -0.3, "{minutes_before} min before");
        let wait = seconds(report.forecast.recovery);
        assert!(
            (soonest_s as f64..=(minutes_before * MINUTE + 10) as f64).contains(&wait),
            "{minutes_before} min before the slot has left it is {wait} s"
        );
    }
    service.run(30 * DAY + 3 * HOUR + 20, 10, 1_000, 0);
    assert_eq!(service.report().counts.bad(), 0);
    assert_eq!(service.report().forecast.recovery, Foresight::After(Duration::ZERO));
}

#[test]
fn two_seconds_before_an_outage_leaves_ten_minutes_it_is_two_seconds() {
    const TIERS: &[Tier] = &[Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0)];
    let objective =
        Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))).tiers(TIERS);
    let mut service = Service::new(objective, JUNE);
    service.run(50, 1, 100, 0);
    service.run(58, 1, 0, 100);
    service.run(658, 1, 100, 0);
    // The slot from 50 s to 60 s leaves at 660 s.
    assert_eq!(service.report().counts.bad(), 800);
    let wait = seconds(service.report().forecast.recovery);
    assert!((0.1..=2.0).contains(&wait), "{wait} s");
    service.run(660, 1, 100, 0);
    assert_eq!(service.report().counts.bad(), 0);
}

#[test]
fn errors_without_any_traffic_are_gone_when_they_have_left() {
    let mut service = Service::new(Objective::availability(0.9).period(Period::days(1)), JUNE);
    service.run(600, 1, 0, 1);
    service.run(5 * HOUR, 10, 0, 0);
    // The last of the failures was at 600 s, in a slot that ends at 900 s; nobody knows of traffic to come.
    near(seconds(service.report().forecast.recovery), (DAY + 900 - 5 * HOUR) as f64, 10.0);
    service.run(DAY + 910, 10, 0, 0);
    assert_eq!(service.report().forecast.recovery, Foresight::NoData);
}

#[test]
fn a_process_of_the_twentieth_foresees_steady_traffic_alike_by_every_horizon() {
    let month = Period::calendar(CalendarUnit::Month, "UTC");
    let mut service = Service::new(Objective::availability(0.999).period(month), START + 19 * DAY);
    service.run(25 * HOUR, 300, 300_000, 0);
    service.run(28 * HOUR, 60, 59_880, 120);
    service.run(28 * HOUR + 400, 1, 998, 2);
    let forecast = service.report().forecast;
    let at_5m = seconds(forecast.at_5m);
    assert!(at_5m > HOUR as f64, "{forecast:?}");
    near(seconds(forecast.at_1h) / at_5m, 1.0, 5e-3);
    near(seconds(forecast.seasonal) / at_5m, 1.0, 5e-3);
}
