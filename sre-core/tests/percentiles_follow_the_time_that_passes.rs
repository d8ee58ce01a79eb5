//! Windowed percentiles and the Apdex look back over time that was lived or slept, whatever the wall clock does.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may"
)]

use std::time::Duration;

use sre_core::clock::{Clock, ManualClock};
use sre_core::slo::ApdexBand;
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);
const FAST: Duration = Duration::from_millis(1);
const SLOW: Duration = Duration::from_millis(900);
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const NS: u64 = 1_000_000_000;

struct Service {
    engine: Engine,
    clock: ManualClock,
    sli: Sli,
}

impl Service {
    fn new() -> Self {
        let clock = ManualClock::at_unix_seconds(1_700_000_000);
        let engine = Engine::builder().manual_clock(clock.clone()).start().expect("nothing is wrong with it");
        let definition =
            Sli::new("pay").objective(Objective::availability(0.999)).apdex(Duration::from_millis(100));
        let sli = engine.sli(definition.definition()).expect("a valid objective");
        Self { engine, clock, sli }
    }

    fn live(&self, seconds: u64, duration: Duration) {
        for _ in 0..seconds {
            self.sli.record_n(Outcome::Ok, duration, 10);
            self.engine.advance(SECOND);
        }
    }

    fn step_wall(&self, seconds: i64) {
        self.clock.set_wall_ns(self.clock.wall_ns().saturating_add_signed(seconds * NS.cast_signed()));
    }

    /// Events and median over a minute, five minutes and an hour.
    fn told(&self) -> [(u64, Duration); 3] {
        let report = self.engine.report();
        let of = |at: usize| {
            let told = report.sli("pay").unwrap().percentiles[at];
            (told.count, told.p50.unwrap_or_default())
        };
        [of(0), of(1), of(2)]
    }

    fn apdex(&self) -> Option<f64> {
        self.engine.report().sli("pay").unwrap().apdex.and_then(|apdex| apdex.score())
    }
}

fn near(told: Duration, expected: Duration) -> bool {
    told.abs_diff(expected) < expected / 100
}

#[test]
fn after_a_step_of_the_wall_clock_the_last_minute_is_the_last_minute() {
    for step in [-7_200, -3_600 * 24 * 400, -5, 3_600 * 24 * 400] {
        let service = Service::new();
        service.live(MINUTE, SLOW);
        assert!(near(service.told()[0].1, SLOW), "{:?}", service.told());
        service.step_wall(step);
        service.live(6 * MINUTE, FAST);
        let told = service.told();
        for (window, seconds) in [(0, MINUTE), (1, 5 * MINUTE)] {
            assert!(near(told[window].1, FAST), "{step} s: {told:?}");
            // The interval that is not over, or the first, may be missing or too many.
            assert!(
                (10 * (seconds - 10)..=10 * (seconds + 10)).contains(&told[window].0),
                "{step} s: {told:?}"
            );
        }
        assert_eq!(service.apdex(), Some(1.0), "{step} s: the slow calls are six minutes old");
    }
}

#[test]
fn a_suspend_empties_the_windows_that_are_shorter() {
    let service = Service::new();
    service.live(10 * MINUTE, SLOW);
    service.step_wall(1_800);
    service.live(30, FAST);
    let told = service.told();
    assert!((200..=300).contains(&told[0].0) && near(told[0].1, FAST), "{told:?}");
    assert!((200..=300).contains(&told[1].0), "{told:?}");
    assert!(told[2].0 > 10 * 9 * MINUTE && near(told[2].1, SLOW), "{told:?}");
    assert_eq!(service.apdex(), Some(1.0), "none of the slow calls is five minutes old or less");
}

#[test]
fn an_hour_of_percentiles_holds_an_hour() {
    let service = Service::new();
    service.live(HOUR / 2, SLOW);
    service.live(HOUR / 2, FAST);
    let (count, _) = service.told()[2];
    assert!((10 * (HOUR - 10)..=10 * HOUR).contains(&count), "{count}");
    let hour = service.engine.report().sli("pay").unwrap().percentiles[2];
    assert!(near(hour.p90.unwrap(), SLOW) && near(hour.max.unwrap(), SLOW), "{hour:?}");
    assert!(near(hour.mean.unwrap(), (SLOW + FAST) / 2), "{hour:?}");
    service.live(HOUR / 2 - 2 * MINUTE, FAST);
    assert!(near(service.engine.report().sli("pay").unwrap().percentiles[2].max.unwrap(), SLOW));
    // The oldest minute counts whole, and the interval that is not over is not in it.
    service.live(4 * MINUTE, FAST);
    let hour = service.engine.report().sli("pay").unwrap().percentiles[2];
    assert!(near(hour.max.unwrap(), FAST), "{hour:?}");
    assert!((10 * (HOUR - 10)..=10 * (HOUR + MINUTE)).contains(&hour.count), "{hour:?}");
}

#[test]
fn apdex_of_1_700_and_200_and_100_is_0_90_and_leaves_after_its_window() {
    let service = Service::new();
    service.sli.record_n(Outcome::Ok, Duration::from_millis(100), 1_700);
    service.sli.record_n(Outcome::Ok, Duration::from_millis(400), 200);
    service.sli.record_n(Outcome::Ok, Duration::from_millis(401), 60);
    service.sli.record_n(Outcome::Error, Duration::from_millis(1), 40);
    service.engine.advance(15 * SECOND);
    assert_eq!(service.apdex(), Some(0.9));
    let status = service.engine.status();
    assert_eq!((status.slis[0].apdex, status.slis[0].apdex_band), (Some(0.9), Some(ApdexBand::Good)));
    service.engine.advance(280 * SECOND);
    assert_eq!(service.apdex(), Some(0.9), "less than five minutes ago");
    service.engine.advance(20 * SECOND);
    assert_eq!(service.apdex(), None, "no calls, no score");
}

#[test]
fn the_ends_of_time_cost_no_tick() {
    let service = Service::new();
    for other in 0..70 {
        let name: &'static str = format!("other{other}").leak();
        service.engine.sli(Sli::new(name).objective(Objective::availability(0.9)).definition()).unwrap();
    }
    for (round, wall_ns) in [0, u64::MAX, u64::MAX - 5 * NS, 1, 1_700_000_000 * NS].into_iter().enumerate() {
        service.clock.set_wall_ns(wall_ns);
        service.live(3, FAST);
        let health = &service.engine.report().engine;
        assert_eq!((health.panics, health.ticks), (0, 3 * (round as u64 + 1)), "{wall_ns}");
    }
}
