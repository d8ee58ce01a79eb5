//! Clocks may step, stop and sleep: nothing panics, time is neither invented nor lost, and no step alone alerts.
#![expect(clippy::unwrap_used, clippy::float_cmp, reason = "helpers of tests may panic as tests do")]

mod promise;

use std::time::Duration;

use promise::{kept, scaled};
use proptest::prelude::*;
use sre_core::alert::AlertState;
use sre_core::engine::{Evaluator, Input};
use sre_core::report::{ObjectiveReport, ObjectiveState};
use sre_core::slo::{Confidence, Objective, Period, Tier};
use sre_core::units::EventCounts;
use sre_core::window::Tick;

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;
const YEAR: u64 = 31_556_952 * SECOND;
const START: u64 = 1_800_000_000 * SECOND;

const MONTH: Objective =
    Objective::availability(0.999).min_events(0).min_failures(0).confidence(Confidence::Off);
const MINUTES: Objective = Objective::availability(0.9)
    .period(Period::rolling(Duration::from_secs(600)))
    .tiers(&[
        Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0),
        Tier::ticket(Duration::from_secs(120), Duration::from_secs(10), 2.0),
    ])
    .min_events(0)
    .min_failures(0)
    .confidence(Confidence::Off);

/// A service with two clocks.
struct Service {
    evaluator: Evaluator,
    now: Tick,
}

impl Service {
    fn new(objective: Objective) -> Self {
        let now = Tick { wall_ns: START, elapsed_ns: 0 };
        Self { evaluator: Evaluator::new("pay", "pay-availability", objective, now).unwrap(), now }
    }

    /// Both clocks go on by `lived`, and the wall clock steps by `jump` on top of it.
    fn tick(&mut self, lived: u64, jump: i64, good: u64, bad: u64) -> &ObjectiveReport {
        self.now.elapsed_ns += lived;
        self.now.wall_ns = self.now.wall_ns.saturating_add(lived).saturating_add_signed(jump);
        let input = Input { delta: EventCounts::new(good, bad), ended: good + bad, ..Input::default() };
        self.evaluator.tick(self.now, input);
        self.evaluator.latest()
    }

    fn seconds(&mut self, seconds: u64, good: u64, bad: u64) {
        for _ in 0..seconds {
            self.tick(SECOND, 0, good, bad);
        }
    }

    fn window(&self, seconds: u64) -> (u64, f64) {
        let window = self.evaluator.latest().window(Duration::from_secs(seconds)).unwrap();
        (window.counts.total(), window.coverage)
    }

    fn fires(&self) -> bool {
        self.evaluator.latest().firing().is_some()
    }
}

fn hours(hours: u64) -> i64 {
    i64::try_from(hours * HOUR).unwrap()
}

#[test]
fn after_a_suspend_the_windows_are_empty_and_the_budget_is_not_forgotten() {
    // The monotonic clock stands still while a machine sleeps on Linux, and goes on elsewhere.
    for (lived, jump) in [(SECOND, hours(8)), (8 * HOUR, 0)] {
        let mut service = Service::new(MONTH);
        service.seconds(4_000, 99, 1);
        assert!(!service.fires());
        let state = service.tick(lived, jump, 0, 0).state;
        assert_eq!(service.window(300), (0, if jump == 0 { 0.0 } else { 1.0 / 300.0 }), "no data");
        assert_eq!(service.window(3_600).0, 0);
        assert_eq!(service.window(86_400).0, 400_000, "what happened before is 8 h old and not forgotten");
        assert_eq!(state, ObjectiveState::Exhausted, "1 % of errors at 99.9 %");
    }
    kept(
        "E3",
        "after a suspend of 8 h, told by either clock: one tick, short windows without data, the budget kept",
    );
}

#[test]
fn a_tick_that_is_half_a_minute_late_is_spread_and_marked() {
    let mut service = Service::new(MONTH);
    service.seconds(600, 100, 0);
    let report = service.tick(45 * SECOND, 0, 4_500, 0).clone();
    assert_eq!(report.late_ticks, 1);
    assert!(report.windows[0].late, "{:?}", report.windows[0]);
    assert_eq!(service.window(300).1, 1.0, "late is not unobserved");
    service.seconds(600, 100, 0);
    let report = service.evaluator.latest();
    assert!(!report.windows[0].late && report.windows[2].late, "it leaves the short windows first");
}

#[test]
fn a_step_back_by_years_lets_windows_age_as_before() {
    let mut service = Service::new(MONTH);
    service.seconds(600, 100, 0);
    service.tick(SECOND, -i64::try_from(20 * YEAR).unwrap(), 100, 0);
    assert_eq!(service.window(3_600).0, 60_100, "nothing is lost");
    service.seconds(320, 0, 0);
    assert_eq!(service.window(300).0, 0, "what is five minutes old has left");
    assert_eq!(service.window(3_600).0, 60_100);
}

#[test]
fn an_alert_does_not_hang_when_the_clock_steps_back() {
    let mut service = Service::new(MONTH);
    service.seconds(600, 0, 100);
    assert!(service.fires());
    service.tick(SECOND, -hours(3), 100, 0);
    assert!(service.fires(), "a step is no recovery");
    let page = |service: &Service| service.evaluator.latest().tiers[0].state;
    let mut waited = 0;
    while page(&service) == AlertState::Firing {
        service.seconds(1, 100, 0);
        waited += 1;
        assert!(waited < 700, "296 s to clear, 300 s of hold, a slot");
    }
}

#[test]
fn an_outage_is_told_in_time_whatever_step_the_wall_clock_makes_back() {
    for back in [1, 9, 10, 11, 59, 600, 3_599, 3_600, 3_601, 86_400, 400 * 86_400] {
        let mut service = Service::new(MONTH);
        service.seconds(7_200, 100, 0);
        service.seconds(20, 0, 100);
        service.tick(SECOND, -(back * 1_000_000_000), 0, 100);
        let mut waited = 21;
        while !service.fires() {
            service.seconds(1, 0, 100);
            waited += 1;
        }
        // While time is held for up to a slot, the hour is that much longer.
        let expected = if back <= 11 { 52..=53 } else { 52..=52 };
        assert!(expected.contains(&waited), "back by {back} s: {waited} s");
    }
}

#[test]
fn the_ends_of_time_are_harmless() {
    let ends = [0, 1, i64::MAX.cast_unsigned(), u64::MAX, 0, u64::MAX / 2, u64::MAX];
    for first in ends {
        for elapsed_ns in ends {
            let start = Tick { wall_ns: first, elapsed_ns };
            let mut evaluator = Evaluator::new("pay", "pay-availability", MONTH, start).unwrap();
            for wall_ns in ends {
                for elapsed_ns in ends {
                    let input = Input {
                        delta: EventCounts::new(u64::MAX / 3, u64::MAX / 5),
                        provisional: EventCounts::new(0, u64::MAX),
                        ended: u64::MAX,
                        unjudged: u64::MAX,
                    };
                    evaluator.tick(Tick { wall_ns, elapsed_ns }, input);
                }
            }
            let report = evaluator.report();
            assert!(report.windows.iter().all(|window| (0.0..=1.0).contains(&window.coverage)));
            assert!(!report.sentence().is_empty());
        }
    }
}

/// Steps of a wall clock: none mostly, then seconds, hours, years, and anything at all.
fn jumps() -> impl Strategy<Value = i64> {
    let within = |span: u64| {
        let span = i64::try_from(span).unwrap();
        -span..span
    };
    prop_oneof![
        8 => Just(0),
        2 => within(15 * SECOND),
        1 => within(2 * HOUR),
        1 => within(10 * YEAR),
        1 => any::<i64>(),
    ]
}

fn lives() -> impl Strategy<Value = u64> {
    prop_oneof![8 => Just(SECOND), 2 => 0..3 * SECOND, 1 => 0..120 * SECOND, 1 => 0..10 * HOUR]
}

/// Random sequences of steps, for each of the properties.
fn cases() -> u32 {
    u32::try_from(scaled(100_000, 500)).unwrap_or(u32::MAX)
}

/// The promises of this file, told once the properties below hold.
#[test]
fn steps_of_all_kinds_are_borne() {
    std::thread::scope(|scope| {
        scope.spawn(no_step_alone_alerts);
        scope.spawn(no_step_back_invents_or_loses_events);
        scope.spawn(nothing_panics);
    });
    let cases = cases();
    kept(
        "E2",
        format_args!(
            "{cases} random sequences of steps back and ahead, by up to everything there is: no panic, no event lost or invented, no alert by a step alone"
        ),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// No tick burns faster than the slowest tier bears, so whatever window a step makes of them does not either.
    /// There are enough events for the rounding of late ones not to matter.
    fn no_step_alone_alerts(
        steps in prop::collection::vec((lives(), jumps(), 0_u64..50), 1..60),
        is_short in any::<bool>(),
    ) {
        let (objective, good_for_each_bad) = if is_short { (MINUTES, 5) } else { (MONTH, 1_999) };
        let mut service = Service::new(objective);
        for (lived, jump, bad) in steps {
            let report = service.tick(lived, jump, 1_000 * bad * good_for_each_bad, 1_000 * bad);
            for tier in &report.tiers {
                prop_assert_eq!(tier.state, AlertState::Ok);
            }
            for window in &report.windows {
                prop_assert!((0.0..=1.0).contains(&window.coverage), "{:?}", window);
            }
        }
    }

    /// Arbitrary clocks, arbitrary counts.
    fn nothing_panics(
        ticks in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()), 1..30),
        is_short in any::<bool>(),
    ) {
        let objective = if is_short { MINUTES } else { MONTH };
        let mut evaluator = Evaluator::new("pay", "pay-availability", objective, Tick::default()).unwrap();
        for (wall_ns, elapsed_ns, good, bad) in ticks {
            let input = Input {
                delta: EventCounts::new(good, bad),
                provisional: EventCounts::new(0, bad),
                ended: good,
                unjudged: bad,
            };
            evaluator.tick(Tick { wall_ns, elapsed_ns }, input);
            prop_assert!(evaluator.latest().windows.iter().all(|window| (0.0..=1.0).contains(&window.coverage)));
        }
    }
}

proptest! {
    // Each has hundreds of ticks and one step.
    #![proptest_config(ProptestConfig { cases: cases() / 10, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each window holds what was lived in it: with a steady rate, counts are bounded by the time that the window
    /// may cover, and nothing that happened within a step is lost while it is young.
    fn no_step_back_invents_or_loses_events(
        before in 1_u64..400,
        back in 0_u64..10 * YEAR,
        after in 1_u64..200,
    ) {
        let mut service = Service::new(MONTH);
        service.seconds(before, 10, 0);
        service.tick(SECOND, -i64::try_from(back).unwrap(), 10, 0);
        service.seconds(after, 10, 0);
        let lived = before + 1 + after;
        prop_assert_eq!(service.window(3_600).0, 10 * lived);
        let (total, coverage) = service.window(300);
        // The window, its partial slot, a slot for the hold and one for the step of whole slots.
        prop_assert!(total >= 10 * lived.min(300), "{} of {} s", total, lived);
        prop_assert!(total <= 10 * lived.min(300 + 30), "{} of {} s", total, lived);
        prop_assert!(coverage <= 1.0 && coverage * 300.0 + 12.0 >= lived.min(300) as f64, "{}", coverage);
    }
}
