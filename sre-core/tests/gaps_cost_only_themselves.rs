//! Time that was not observed costs its own share of coverage, however many pieces it comes in.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may"
)]

use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::engine::{Evaluator, Input};
use sre_core::report::ObjectiveReport;
use sre_core::slo::{BurnModel, Objective};
use sre_core::units::EventCounts;
use sre_core::window::Tick;

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// Three of the finest slots: as much as a tick may miss without being late.
const STEP: u64 = 30;
const START: u64 = 1_700_000_000;

/// A service that ticks every half minute, with a wall clock that now and then jumps three seconds ahead.
struct Service {
    evaluator: Evaluator,
    lived: u64,
    lost: u64,
    every: u64,
}

impl Service {
    fn losing_three_seconds_every(every: u64, model: BurnModel) -> Self {
        let start = Tick { wall_ns: START * SECOND, elapsed_ns: 0 };
        let objective = Objective::availability(0.999).burn_model(model);
        let evaluator =
            Evaluator::new("pay", "pay-availability", objective, start).expect("a valid objective");
        Self { evaluator, lived: 0, lost: 0, every }
    }

    /// Half a minute with 3,000 events.
    fn step(&mut self, bad: u64) -> &ObjectiveReport {
        self.lived += STEP;
        if self.lived.is_multiple_of(self.every) {
            self.lost += 3;
        }
        let tick =
            Tick { wall_ns: (START + self.lived + self.lost) * SECOND, elapsed_ns: self.lived * SECOND };
        let delta = EventCounts::new(3_000 - bad, bad);
        self.evaluator.tick(tick, Input { delta, ended: 3_000, ..Input::default() });
        self.evaluator.latest()
    }

    fn coverage(&self, window: u64) -> f64 {
        self.evaluator.latest().window(Duration::from_secs(window)).unwrap().coverage
    }
}

/// Hours of a burn of 5 until the third tier fires, which takes more than three fifths of its day; and then the share
/// of the budget that was spent in a day.
fn ticket_after(every: u64, model: BurnModel) -> (u64, f64) {
    let mut service = Service::losing_three_seconds_every(every, model);
    for _ in 0..3 * DAY / STEP {
        service.step(0);
    }
    let day = if every > DAY { 1.0 } else { every as f64 / (every + 3) as f64 };
    for window in [HOUR, 6 * HOUR, DAY] {
        let coverage = service.coverage(window);
        assert!((coverage - day).abs() < 0.006, "{coverage} of {window} s, a gap each {every} s");
    }
    let month = service.coverage(30 * DAY);
    // Three days of thirty, and exactly those.
    assert!((month - 0.1).abs() < 1e-6, "{month} of the period, a gap each {every} s");

    let fires = (1..=2 * DAY / STEP).find(|_| service.step(15).tiers[2].state == AlertState::Firing);
    for _ in fires.unwrap_or(0)..DAY / STEP {
        service.step(15);
    }
    let share = service.evaluator.latest().window(Duration::from_secs(DAY)).unwrap().budget_share.unwrap();
    (fires.map_or(u64::MAX, |steps| steps * STEP / HOUR), share)
}

#[test]
fn three_seconds_lost_every_ten_minutes_for_days_hide_no_burn_and_no_budget() {
    for model in [BurnModel::Static, BurnModel::Budget] {
        for every in [600, 1_000 * DAY] {
            let (hours, share) = ticket_after(every, model);
            assert_eq!(hours, 14, "three fifths of a day, {model:?}, a gap each {every} s");
            // A day at a burn of 5 is a sixth of a month's budget.
            assert!((share - 1.0 / 6.0).abs() < 0.001, "{share}, {model:?}, a gap each {every} s");
        }
    }
}

#[test]
fn thousands_of_gaps_take_nothing_from_an_outage() {
    let mut service = Service::losing_three_seconds_every(30, BurnModel::Static);
    for _ in 0..2 * DAY / STEP {
        service.step(0);
    }
    let wait = (1..100).find(|_| service.step(3_000).firing().is_some());
    assert_eq!(wait, Some(2), "51.84 s and the guards, in steps of half a minute");
    assert!((service.coverage(DAY) - 30.0 / 33.0).abs() < 0.01, "{}", service.coverage(DAY));
}
