//! A total outage is told as soon as the mathematics allows, and let go of as soon as it is over.
//!
//! Expectations are the worked figures of the literature and of the design, not what the engine says.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may panic as tests do")]

use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::engine::{Evaluator, Input};
use sre_core::slo::{Confidence, Objective, Period, Tier};
use sre_core::units::EventCounts;
use sre_core::window::Tick;

const SECOND: u64 = 1_000_000_000;
/// 2027-01-15 08:00 UTC, the start of an hour.
const START: u64 = 1_800_000_000 * SECOND;

/// Ticks once a second and counts the seconds.
struct Service {
    evaluator: Evaluator,
    second: u64,
}

impl Service {
    fn new(objective: Objective) -> Self {
        let start = Tick { wall_ns: START, elapsed_ns: 0 };
        Self { evaluator: Evaluator::new("pay", "pay-availability", objective, start).unwrap(), second: 0 }
    }

    fn tick(&mut self, good: u64, bad: u64) {
        self.second += 1;
        let elapsed_ns = self.second * SECOND;
        let input = Input { delta: EventCounts::new(good, bad), ended: good + bad, ..Input::default() };
        self.evaluator.tick(Tick { wall_ns: START + elapsed_ns, elapsed_ns }, input);
    }

    fn state(&self, tier: usize) -> AlertState {
        self.evaluator.latest().tiers[tier].state
    }

    /// Seconds until a tier is in `state`, with the events that `traffic` makes of each second.
    fn until(&mut self, tier: usize, state: AlertState, traffic: impl Fn(u64) -> (u64, u64)) -> u64 {
        let from = self.second;
        while self.state(tier) != state {
            let (good, bad) = traffic(self.second + 1);
            self.tick(good, bad);
            assert!(self.second - from < 90_000, "tier {tier} never was {state:?}");
        }
        self.second - from
    }
}

/// Events of one second at `per_100_s` events in 100 s, spread as evenly as integers can be.
fn events(per_100_s: u64, second: u64) -> u64 {
    second * per_100_s / 100 - (second - 1) * per_100_s / 100
}

/// Seconds from the begin of a total outage until the first page fires, after `warm` seconds of health.
fn fires_after(objective: Objective, per_100_s: u64, warm: u64) -> u64 {
    let mut service = Service::new(objective);
    for second in 1..=warm {
        service.tick(events(per_100_s, second), 0);
    }
    service.until(0, AlertState::Firing, |second| (0, events(per_100_s, second)))
}

const THREE_NINES: Objective = Objective::availability(0.999);
const UNGUARDED: Objective = THREE_NINES.min_events(0).min_failures(0).confidence(Confidence::Off);

#[test]
fn without_guards_it_fires_at_the_first_tick_after_51_84_seconds() {
    assert_eq!(fires_after(UNGUARDED, 10_000, 0), 52, "from the first second of a process on");
    assert_eq!(fires_after(UNGUARDED, 10_000, 7_200), 52, "in a warm one");
}

#[test]
fn with_all_guards_it_fires_after_54_58_and_64_seconds() {
    for (per_100_s, expected) in [(10_000, 54), (500, 58), (100, 64)] {
        assert_eq!(fires_after(THREE_NINES, per_100_s, 0), expected, "{per_100_s} events in 100 s, young");
        assert_eq!(fires_after(THREE_NINES, per_100_s, 7_200), expected, "{per_100_s} events in 100 s, warm");
    }
}

#[test]
fn one_event_in_ten_seconds_fires_after_86_seconds_on_average() {
    // The ninth failure decides; when it comes depends on where between two events the outage begins.
    let waits: Vec<u64> = (0..10).map(|phase| fires_after(THREE_NINES, 10, 7_200 + phase)).collect();
    let mean = waits.iter().sum::<u64>() as f64 / 10.0;
    assert!((mean - 86.0).abs() <= 1.0, "{waits:?} are {mean} on average");
}

#[test]
fn slower_tiers_fire_after_130_260_and_260_seconds() {
    let mut service = Service::new(UNGUARDED);
    let outage = |_| (0, 100);
    service.until(1, AlertState::Firing, outage);
    assert_eq!(service.second, 130, "129.6 s");
    service.until(2, AlertState::Firing, outage);
    assert_eq!(service.second, 260, "259.2 s");
    assert_eq!(service.state(3), AlertState::Firing, "259.2 s as well");
}

#[test]
fn it_lets_go_one_hold_after_the_short_window_has_cleared() {
    let mut service = Service::new(THREE_NINES);
    for _ in 0..7_200 {
        service.tick(100, 0);
    }
    for _ in 0..600 {
        service.tick(0, 100);
    }
    assert_eq!(service.state(0), AlertState::Firing);
    let cleared = service.until(0, AlertState::Pending, |_| (100, 0));
    // 296.11 s until the burn is below 0.9 of the factor, at most one slot more because windows are whole slots,
    // and then the hold of one short window.
    assert!((597..=607).contains(&cleared), "{cleared} s");
}

#[test]
fn a_page_silences_the_tickets_of_the_same_objective() {
    let mut service = Service::new(UNGUARDED);
    service.until(3, AlertState::Firing, |_| (0, 100));
    let inhibited: Vec<bool> = service.evaluator.latest().tiers.iter().map(|tier| tier.inhibited).collect();
    assert_eq!(inhibited, [false, true, true, true]);
}

#[test]
fn one_bad_second_of_a_fresh_process_pages_nobody() {
    let mut service = Service::new(UNGUARDED);
    service.tick(0, 1_000_000);
    assert_eq!(service.state(0), AlertState::Ok);
    assert!(service.evaluator.latest().burn_rate(Duration::from_secs(300)).is_some_and(|burn| burn > 999.0));
}

#[test]
fn a_period_of_ten_minutes_fires_and_clears_within_seconds() {
    const TIERS: &[Tier] = &[
        Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0),
        Tier::ticket(Duration::from_secs(120), Duration::from_secs(10), 2.0),
    ];
    let objective =
        Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))).tiers(TIERS);
    let mut service = Service::new(objective);
    for _ in 0..200 {
        service.tick(50, 0);
    }
    // 6 % of 30 s are 1.8 s.
    let fired = service.until(0, AlertState::Firing, |_| (0, 50));
    assert!((2..=3).contains(&fired), "{fired} s");
    for _ in 0..10 {
        service.tick(0, 50);
    }
    let cleared = service.until(0, AlertState::Pending, |_| (50, 0));
    assert!((6..=8).contains(&cleared), "3 s to clear, 3 s of hold, a slot: {cleared} s");
    assert!(service.evaluator.latest().sentence().starts_with("the budget is empty"));
}
