//! Budgets of calendar periods, budget thresholds, hanging calls and blindness, told by worked examples.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::engine::{Evaluator, Input, Transition};
use sre_core::report::ObjectiveState;
use sre_core::slo::{Blindness, BurnModel, Confidence, Foresight, InFlight, Objective, Period, Severity};
use sre_core::units::EventCounts;
use sre_core::window::{CalendarUnit, Tick};

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600;

/// Ticks once a second from a start on.
struct Service {
    evaluator: Evaluator,
    start: u64,
    second: u64,
}

impl Service {
    fn new(objective: Objective, start: u64) -> Self {
        let tick = Tick { wall_ns: start * SECOND, elapsed_ns: 0 };
        let evaluator = Evaluator::new("pay", "pay-availability", objective, tick).unwrap();
        Self { evaluator, start, second: 0 }
    }

    fn tick(&mut self, input: Input) -> &[Transition] {
        self.second += 1;
        let tick = Tick { wall_ns: (self.start + self.second) * SECOND, elapsed_ns: self.second * SECOND };
        self.evaluator.tick(tick, input)
    }

    fn seconds(&mut self, seconds: u64, good: u64, bad: u64) {
        for _ in 0..seconds {
            self.tick(calls(good, bad, 0));
        }
    }
}

fn calls(good: u64, bad: u64, unjudged: u64) -> Input {
    Input { delta: EventCounts::new(good, bad), ended: good + bad + unjudged, unjudged, ..Input::default() }
}

/// 2026-02-28 22:00 UTC, which is an hour before March in Berlin.
const BEFORE_MARCH: u64 = 1_772_316_000;

#[test]
fn at_the_turn_of_the_month_the_budget_is_new_and_the_windows_roll_on() {
    let month = Period::calendar(CalendarUnit::Month, "Europe/Berlin");
    let mut service = Service::new(Objective::availability(0.99).period(month), BEFORE_MARCH);
    service.seconds(HOUR - 1, 98, 2);
    let report = service.evaluator.latest();
    assert_eq!(report.counts, EventCounts::new(98 * (HOUR - 1), 2 * (HOUR - 1)));
    assert!(report.budget.is_some_and(|budget| budget.remaining() < -0.9), "spent twice");
    let february = report.windows.last().unwrap();
    assert_eq!(
        (february.length, &*february.text),
        (Duration::from_secs(28 * 24 * HOUR), "month Europe/Berlin")
    );
    assert!(
        report.pace.is_some_and(|pace| (1.0..1.001).contains(&pace)),
        "consumed 2, nearly all has passed"
    );

    service.seconds(1, 98, 2);
    let report = service.evaluator.latest();
    assert_eq!(report.counts, EventCounts::new(98, 2), "the first second of March");
    assert_eq!(
        report.windows.last().unwrap().length,
        Duration::from_secs(31 * 24 * HOUR - HOUR),
        "clocks go forward"
    );
    let hour = report.window(Duration::from_secs(HOUR)).unwrap();
    assert_eq!(hour.counts.total(), 100 * HOUR, "windows do not know of months");
}

#[test]
fn a_share_of_the_budget_is_harder_to_spend_at_night() {
    // A busy day, then a night with a hundredth of the traffic and 20 % errors: a burn rate of 200, but what fails
    // in an hour is a thousandth of what a month allows.
    let objective = Objective::availability(0.999).confidence(Confidence::Off);
    let run = |objective| {
        let mut service = Service::new(objective, BEFORE_MARCH);
        service.seconds(24 * HOUR, 1_000, 0);
        service.seconds(HOUR, 8, 2);
        service.evaluator.latest().tiers[0].state
    };
    assert_eq!(run(objective), AlertState::Firing);
    assert_eq!(run(objective.burn_model(BurnModel::Budget)), AlertState::Ok);
}

#[test]
fn calls_that_hang_fire_before_they_end_and_are_nowhere_else() {
    let fires = |objective| {
        let mut service = Service::new(objective, BEFORE_MARCH);
        service.seconds(2 * HOUR, 100, 0);
        for second in 1..300 {
            let provisional = EventCounts::new(0, 100 * second);
            service.tick(Input { provisional, ..Input::default() });
            let report = service.evaluator.latest();
            assert_eq!((report.exported.bad(), report.counts.bad()), (0, 0), "nothing has ended");
            if report.firing().is_some() {
                return Some(second);
            }
        }
        None
    };
    let objective = Objective::availability(0.999);
    assert_eq!(fires(objective), Some(54), "as soon as if they had failed");
    assert_eq!(fires(objective.count_in_flight(InFlight::Left)), None);
}

#[test]
fn calls_that_hung_and_went_well_leave_no_trace() {
    let mut service = Service::new(Objective::availability(0.999), BEFORE_MARCH);
    service.tick(Input { provisional: EventCounts::new(0, 50), ..Input::default() });
    let seen = |service: &Service| service.evaluator.latest().windows[0].counts;
    assert_eq!(seen(&service), EventCounts::new(0, 50));
    service.tick(calls(50, 0, 0));
    assert_eq!(seen(&service), EventCounts::new(50, 0));
}

#[test]
fn a_deploy_that_answers_everything_with_not_found_is_blind_and_pages() {
    let run = |blindness| {
        let mut service = Service::new(Objective::availability(0.999).blindness(blindness), BEFORE_MARCH);
        service.seconds(600, 100, 0);
        for second in 1..600 {
            let change = service.tick(calls(0, 0, 100)).first().cloned();
            if let Some(change) = change {
                return (service, second, change);
            }
        }
        panic!("never blind")
    };
    let (mut service, second, change) = run(Blindness::Notify);
    assert_eq!((&*change.tier, change.severity), (Evaluator::BLIND, Severity::Page));
    // Half of five minutes and a slot.
    assert!((150..=160).contains(&second), "{second} s");
    let report = service.evaluator.latest();
    assert_eq!((report.state, report.blind, report.tiers[0].blind), (ObjectiveState::Blind, true, true));
    assert_eq!(report.budget.map(|budget| budget.bad_events()), Some(0), "it would look healthy");

    let sees_again = (1..2_000).find(|_| service.tick(calls(100, 0, 0)).iter().any(Transition::has_cleared));
    assert!(sees_again.is_some());
    assert_eq!(run(Blindness::Show).2.severity, Severity::Log);
}

/// The changes of blindness after four hours of calls that nobody judges and a full recovery: whom they reach, whether
/// they begin it, and how many seconds after the recovery they come; and how long the objective is blind.
fn after_four_blind_hours(objective: Objective) -> (Vec<(Severity, bool, i64)>, i64) {
    let mut service = Service::new(objective, BEFORE_MARCH);
    let (mut changes, mut blind_until) = (Vec::new(), i64::MIN);
    for second in -4 * 3_600 + 1..=8 * 3_600_i64 {
        let input = if second > 0 { calls(100, 0, 0) } else { calls(0, 0, 100) };
        let own = |change: &&Transition| {
            &*change.tier == Evaluator::BLIND && (change.has_fired() || change.has_cleared())
        };
        let own = service.tick(input).iter().filter(own);
        changes.extend(own.map(|change| (change.severity, change.has_fired(), second)));
        if service.evaluator.latest().blind {
            blind_until = second;
        }
    }
    (changes, blind_until)
}

#[test]
fn a_blind_page_ends_with_the_windows_that_page() {
    let (changes, blind_until) = after_four_blind_hours(Objective::availability(0.999));
    let ends = |severity| changes.iter().find(|change| change.0 == severity && !change.1).unwrap().2;
    assert_eq!(changes.iter().filter(|change| change.1).count(), 2, "{changes:?}");
    // The window of half an hour is half blind a quarter of an hour later, and the alert holds for five minutes.
    assert!((1_200..=1_270).contains(&ends(Severity::Page)), "{changes:?}");
    assert_eq!(blind_until, ends(Severity::Page) - 1, "slow windows do not make it blind");
    // A ticket stays until half of six hours sees again, of which two were never seen, and holds for two hours.
    assert!((4 * 3_600..=5 * 3_600 + 400).contains(&ends(Severity::Ticket)), "{changes:?}");
}

#[test]
fn an_objective_without_tiers_is_blind_by_five_minutes_and_tells_nobody() {
    let (changes, blind_until) = after_four_blind_hours(Objective::availability(0.999).tiers(&[]));
    let [(fires, true, _), (clears, false, end)] = *changes else { panic!("{changes:?}") };
    assert_eq!((fires, clears), (Severity::Log, Severity::Log));
    // Half of five minutes, and a hold of five minutes.
    assert!((450..=460).contains(&end), "{end} s");
    assert_eq!(blind_until, end - 1);
    // One whose pages no outage can reach wants to be paged for blindness all the same.
    let (changes, blind_until) = after_four_blind_hours(Objective::availability(0.5));
    assert_eq!(changes.iter().filter(|change| change.0 == Severity::Page).count(), 2, "{changes:?}");
    assert_eq!(blind_until, end - 1);
}

#[test]
fn too_few_calls_for_a_page_are_seen_by_the_windows_of_tickets() {
    let mut service = Service::new(Objective::availability(0.999), BEFORE_MARCH);
    // One call in five minutes, which nobody judges: six in half an hour, 24 in two hours.
    for second in 1..=3 * HOUR {
        let changes = service.tick(calls(0, 0, u64::from(second % 300 == 0))).to_vec();
        assert!(changes.iter().all(|change| change.severity == Severity::Ticket), "{changes:?}");
    }
    assert_eq!(service.evaluator.latest().state, ObjectiveState::Blind);
}

#[test]
fn without_events_there_is_no_data_and_nothing_fires() {
    let mut service = Service::new(Objective::availability(0.999), BEFORE_MARCH);
    service.seconds(100, 0, 0);
    let report = service.evaluator.latest();
    assert_eq!(report.state, ObjectiveState::Idle);
    assert_eq!((report.budget, report.forecast.at_5m), (None, Foresight::NoData));
    assert!(report.windows.iter().all(|window| window.burn.is_none()));
    assert_eq!(report.sentence(), "no data, so no forecast");
}

#[test]
fn a_steady_burn_is_forecast_in_plain_words() {
    let mut service = Service::new(Objective::availability(0.99), BEFORE_MARCH);
    service.seconds(2 * HOUR, 1_000, 0);
    service.seconds(311, 960, 40);
    let report = service.evaluator.latest();
    // 7,511,000 events so far allow 75,110 failures, 12,440 have been: at 40 a second, of which ten are granted
    // anew, the rest is gone after 62,670 / 30 s.
    let Foresight::After(wait) = report.forecast.at_5m else { panic!("{:?}", report.forecast) };
    // It was told up to ten seconds ago, when the window still held one second of health.
    assert!((2_089..=2_109).contains(&wait.as_secs()), "{wait:?}");
    assert!(report.sentence().starts_with("at this rate the budget is empty in 3"), "{}", report.sentence());
}

#[test]
fn a_tier_that_the_traffic_is_too_thin_for_says_so_and_what_to_do() {
    let mut service = Service::new(Objective::availability(0.999), BEFORE_MARCH);
    service.seconds(HOUR - 20, 1, 0);
    assert!(!service.evaluator.latest().tiers[0].infeasible, "too early to tell");
    // One event a minute from here on: 208 an hour are needed.
    for second in 1..=24 * HOUR {
        service.tick(calls(u64::from(second % 60 == 0), 0, 0));
    }
    let tiers = &service.evaluator.latest().tiers;
    assert!(tiers[0].infeasible, "{:?}", tiers[0]);
    assert!(
        tiers[0].remedy.as_ref().is_some_and(|remedy| remedy.contains("synthetic probes")),
        "{:?}",
        tiers[0]
    );
}

#[test]
fn that_traffic_is_too_thin_is_not_forgotten_in_a_gap() {
    let mut service = Service::new(Objective::availability(0.999), BEFORE_MARCH);
    // 120 events an hour: the first tier needs 208, the second 83.
    for second in 1..=7 * HOUR {
        service.tick(calls(u64::from(second % 30 == 0), 0, 0));
    }
    let infeasible = |service: &Service| -> Vec<bool> {
        service.evaluator.latest().tiers.iter().map(|tier| tier.infeasible).collect()
    };
    assert_eq!(infeasible(&service), [true, false, false, false]);
    for gap in [5, 8 * HOUR] {
        service.start += gap;
        for second in 1..=10 * 60 {
            service.tick(calls(u64::from(second % 30 == 0), 0, 0));
            assert_eq!(infeasible(&service), [true, false, false, false], "{second} s after {gap} s");
        }
    }
    // It is taken back when an hour with enough traffic was seen, give or take a tenth.
    service.seconds(HOUR - 10 * 60, 100, 0);
    assert_eq!(infeasible(&service), [false; 4]);
}

#[test]
fn a_tier_that_no_outage_can_reach_is_shown_with_a_remedy() {
    let service = Service::new(Objective::availability(0.9), BEFORE_MARCH);
    let tiers = &service.evaluator.latest().tiers;
    let unreachable: Vec<_> = tiers.iter().filter(|tier| !tier.reachable).collect();
    assert_eq!(unreachable.len(), 1, "14.4 is not below 10");
    assert!(unreachable[0].remedy.is_some());
}

#[test]
fn the_rings_of_thirty_days_take_at_most_forty_kib() {
    let service = Service::new(Objective::availability(0.999), BEFORE_MARCH);
    assert_eq!(service.evaluator.ring_bytes(), 29_456 + 1_736);
}

#[test]
fn a_report_is_plain_data() {
    let mut service = Service::new(Objective::latency(0.99, Duration::from_millis(300)), BEFORE_MARCH);
    service.seconds(20, 1, 1);
    let json = serde_json::to_value(service.evaluator.report()).unwrap();
    assert_eq!(json["threshold"], 0.3);
    assert_eq!(json["kind"], "latency");
    assert_eq!(json["budget"]["remaining"], -49.0);
    assert_eq!(json["windows"][0]["text"], "5m");
    assert_eq!(json["windows"][0]["counts"]["bad"], 20);
    assert_eq!(json["tiers"][0]["state"], "ok");
    assert_eq!(json["forecast"]["at_5m"], 0.0);
}
