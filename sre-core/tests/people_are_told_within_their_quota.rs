//! A tier that fires all day disturbs people four times and then once an hour; nothing that goes on stays untold.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::time::Duration;

use sre_core::alert::{AlertState, Notice};
use sre_core::clock::ManualClock;
use sre_core::engine::{Evaluator, Input, Transition};
use sre_core::slo::{Confidence, Period, Severity, Tier};
use sre_core::units::EventCounts;
use sre_core::window::Tick;
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

const PAGE: Tier = Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0);
const TICKET: Tier = Tier::ticket(Duration::from_secs(300), Duration::from_secs(60), 2.0);
const PAGES: Objective = Objective::availability(0.9)
    .period(Period::rolling(Duration::from_secs(600)))
    .tiers(&[PAGE])
    .confidence(Confidence::Off);
const BOTH: Objective = PAGES.tiers(&[PAGE, TICKET]);

struct Service {
    evaluator: Evaluator,
    second: u64,
    changes: Vec<(u64, Transition)>,
}

impl Service {
    fn new(objective: Objective) -> Self {
        let evaluator = Evaluator::new("pay", "pay-availability", objective, Tick::default()).unwrap();
        Self { evaluator, second: 0, changes: Vec::new() }
    }

    fn run(&mut self, seconds: u64, input: Input) {
        for _ in 0..seconds {
            self.second += 1;
            let ns = self.second * 1_000_000_000;
            let changes = self.evaluator.tick(Tick { wall_ns: ns, elapsed_ns: ns }, input);
            self.changes.extend(changes.iter().map(|change| (self.second, change.clone())));
        }
    }

    /// Seconds in which somebody is told something of this severity.
    fn told(&self, severity: Severity) -> Vec<(u64, AlertState)> {
        let told =
            |change: &&(u64, Transition)| change.1.notice == Notice::Told && change.1.severity == severity;
        self.changes.iter().filter(told).map(|(second, change)| (*second, change.to)).collect()
    }
}

fn calls(good: u64, bad: u64) -> Input {
    Input { delta: EventCounts::new(good, bad), ended: good + bad, ..Input::default() }
}

/// An outage of half a minute and a recovery of five and a half.
fn flap(service: &mut Service, times: u64) {
    for _ in 0..times {
        service.run(30, calls(0, 100));
        service.run(330, calls(100, 0));
    }
}

#[test]
fn a_tier_that_flaps_all_day_is_told_four_times_and_then_once_an_hour() {
    let mut service = Service::new(PAGES);
    flap(&mut service, 100);
    let fired: Vec<_> = service.changes.iter().filter(|(_, change)| change.has_fired()).collect();
    let cleared = service.changes.iter().filter(|(_, change)| change.has_cleared());
    assert_eq!(fired.len(), 100);
    let told = |change: &Transition| change.notice == Notice::Told;
    // Each clear as its alert was told.
    let pairs: Vec<_> =
        fired.iter().zip(cleared).map(|(fired, (_, clear))| (told(&fired.1), told(clear))).collect();
    assert!(pairs.iter().all(|(fired, cleared)| fired == cleared), "{pairs:?}");
    // Four at once, and one for each of ten hours that are over.
    let heard: Vec<_> =
        (0..).zip(&pairs).filter(|(_, pair)| pair.0).map(|(time, _): (u64, _)| time).collect();
    assert_eq!(heard, [0, 1, 2, 3, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    let report = service.evaluator.latest();
    assert_eq!((report.tiers[0].notices_withheld, report.notices_withheld), (100 - 13, 100 - 13));
    assert_eq!(report.tiers[0].notice, Notice::Withheld);
    let quiet = service.changes.iter().filter(|(_, change)| !change.has_fired() && !change.has_cleared());
    assert!(quiet.clone().count() > 0 && quiet.clone().all(|(_, change)| change.notice == Notice::Quiet));
}

#[test]
fn an_alert_that_is_withheld_and_goes_on_is_told_when_the_hour_is_over() {
    let mut service = Service::new(PAGES);
    flap(&mut service, 4);
    let before = service.changes.len();
    service.run(3 * 3_600, calls(0, 100));
    let report = service.evaluator.latest();
    assert_eq!((report.tiers[0].notice, report.tiers[0].notices_withheld), (Notice::Told, 1));
    let fired_ns = report.tiers[0].since_wall_ns;
    let [(_, pending), (fired_at, fired), (told_at, told)] = &service.changes[before..] else {
        panic!("{:?}", &service.changes[before..])
    };
    assert_eq!((pending.to, pending.notice), (AlertState::Pending, Notice::Quiet));
    assert_eq!((fired.to, fired.notice), (AlertState::Firing, Notice::Withheld));
    assert_eq!((told.from, told.to, told.notice), (AlertState::Firing, AlertState::Firing, Notice::Told));
    assert!(!told.has_fired() && !told.has_cleared(), "it fires as before");
    assert_eq!(fired_ns, fired_at * 1_000_000_000, "and since then");
    // The first alert of all came within the first minute, and an hour earns one.
    assert!((3_600..=3_660).contains(told_at), "{told_at}");

    service.run(700, calls(100, 0));
    assert_eq!(service.told(Severity::Page).last().map(|told| told.1 != AlertState::Firing), Some(true));
}

#[test]
fn a_ticket_beside_a_page_is_told_when_the_page_has_ended() {
    let mut service = Service::new(BOTH);
    service.run(600, calls(100, 0));
    service.run(90, calls(0, 100));
    assert_eq!(service.told(Severity::Page).len(), 1);
    assert_eq!(service.told(Severity::Ticket), [], "the page tells the same");
    assert!(service.evaluator.latest().tiers[1].inhibited);
    service.run(20, calls(100, 0));
    let page_ended = service.told(Severity::Page)[1].0;
    assert_eq!(service.told(Severity::Ticket), [(page_ended, AlertState::Firing)]);
    service.run(600, calls(100, 0));
    assert_eq!(service.told(Severity::Ticket).len(), 2);
    assert_eq!(service.evaluator.latest().notices_withheld, 0);
}

#[test]
fn blindness_has_a_quota_of_its_own() {
    let mut service = Service::new(PAGES);
    for _ in 0..20 {
        service.run(30, Input { ended: 100, unjudged: 100, ..Input::default() });
        service.run(30, calls(100, 0));
    }
    let fired = service.changes.iter().filter(|(_, change)| change.has_fired()).count();
    assert_eq!((fired, service.told(Severity::Page).len()), (20, 8));
    assert_eq!(service.evaluator.latest().notices_withheld, 16);
    flap(&mut service, 1);
    assert_eq!(service.told(Severity::Page).len(), 10, "the tier has not disturbed anybody yet");
}

#[test]
fn reports_and_status_say_whether_people_know() {
    let clock = ManualClock::at_unix_seconds(1_748_736_000);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let sli = engine.sli(Sli::new("pay").objective(PAGES).definition()).unwrap();
    let tier = || serde_json::to_value(&engine.status().objectives[0].tiers[0]).unwrap();
    let mut notices = Vec::new();
    engine.advance(SECOND);
    assert_eq!((&tier()["notice"], &tier()["notices_withheld"]), (&"quiet".into(), &0.into()));
    for round in 0..6 {
        for second in 0..360 {
            sli.record_n(if second < 30 { Outcome::Error } else { Outcome::Ok }, MS, 100);
            engine.advance(SECOND);
            let report = engine.report();
            notices.extend(
                report.transitions.iter().filter(|change| change.has_fired()).map(|change| change.notice),
            );
        }
        let expected = if round < 4 { ("told", 0) } else { ("withheld", round - 3) };
        assert_eq!(tier()["notice"], expected.0, "round {round}");
        assert_eq!(tier()["notices_withheld"], expected.1, "round {round}");
    }
    assert_eq!(notices, [[Notice::Told; 2], [Notice::Told; 2], [Notice::Withheld; 2]].concat());
    assert_eq!(engine.status().objectives[0].notices_withheld, 2);
}
