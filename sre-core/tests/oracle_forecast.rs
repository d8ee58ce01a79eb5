//! What is foretold of a budget comes true: worked examples through the engine, and futures lived second by second.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
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

mod futures {
    //! Random pasts, each followed by a future that is lived second by second and counted from the definitions.

    use proptest::prelude::*;

    use super::*;

    /// The rolling period, the slots that it is counted in, and those of an hour, in seconds.
    const PERIOD: i64 = 600;
    const SLOT: i64 = 10;
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    /// So many events a second, such a share of them bad.
    #[derive(Clone, Copy, Debug)]
    struct Rate {
        events: f64,
        bad: f64,
    }

    const NOTHING: Rate = Rate { events: 0.0, bad: 0.0 };

    /// What every second had, from the first on: all events, and bad ones. One in `inverse` may be bad.
    #[derive(Clone, Debug)]
    struct Past {
        seconds: Vec<(i64, i64)>,
        inverse: i64,
    }

    impl Past {
        fn now(&self) -> i64 {
            i64::try_from(self.seconds.len()).unwrap()
        }

        /// All events and bad ones from a second on; the first one is 1.
        fn since(&self, first: i64) -> (i64, i64) {
            let skipped = usize::try_from((first - 1).clamp(0, self.now())).unwrap();
            let kept = self.seconds[skipped..].iter();
            kept.fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1))
        }

        /// What a window was like that begins with a second.
        fn rate(&self, first: i64) -> Option<Rate> {
            let (total, bad) = self.since(first);
            let observed = self.now() - first.max(0);
            (total > 0)
                .then(|| Rate { events: total as f64 / observed as f64, bad: bad as f64 / total as f64 })
        }

        fn is_empty(&self, first: i64) -> bool {
            let (total, bad) = self.since(first);
            total > 0 && bad * self.inverse >= total
        }

        /// Bad events beyond those allowed so many seconds ahead, of what is there still from a second on, and what came.
        fn debt(&self, rate: Rate, ahead: i64, first: i64) -> f64 {
            let (total, bad) = self.since(first);
            let come = rate.events * ahead as f64;
            bad as f64 + rate.bad * come - (total as f64 + come) / self.inverse as f64
        }
    }

    /// The first second of a window that looks back at whole slots.
    fn first_of(window: i64, now: i64) -> i64 {
        (now / SLOT - window / SLOT) * SLOT
    }

    fn pasts() -> impl Strategy<Value = Past> {
        let events = || prop_oneof![2 => Just(0_i64), 4 => 1_i64..10, 2 => 10_i64..100];
        let percent = prop_oneof![4 => Just(0_i64), 3 => 0_i64..30, 1 => Just(100_i64)];
        let phase = (1_usize..200, events(), percent)
            .prop_map(|(seconds, total, percent)| vec![(total, total * percent / 100); seconds]);
        let inverse = prop_oneof![Just(2_i64), Just(10), Just(100)];
        (prop::collection::vec(phase, 1..14), inverse)
            .prop_map(|(phases, inverse)| Past { seconds: phases.concat(), inverse })
    }

    fn live(past: &Past, period: Period, tiers: Vec<Tier>, start: u64, step: usize) -> ObjectiveReport {
        let objective = Objective::try_availability(1.0 - 1.0 / past.inverse as f64).unwrap();
        let mut service = Service::new(objective.period(period).try_tiers(tiers).unwrap(), start);
        for seconds in past.seconds.chunks(step) {
            let (total, bad) =
                seconds.iter().fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1));
            let (total, bad, step) = (total as u64, bad as u64, seconds.len() as u64);
            service.run(service.second + step, step, total - bad, bad);
        }
        service.report().clone()
    }

    /// What is kept of a slot leaves evenly in a forecast and at once in a ring, so for the length of a slot the truth
    /// lies between the debts of both ends, but for what comes meanwhile.
    struct Futures {
        debts: Vec<f64>,
        drift: f64,
    }

    impl Futures {
        fn new(past: &Past, rate: Rate) -> Self {
            let debt = |ahead| past.debt(rate, ahead, first_of(PERIOD, past.now() + ahead));
            let drift = 1e-6 + (SLOT + 1) as f64 * rate.events * (rate.bad - 1.0 / past.inverse as f64).abs();
            Self { debts: (0..=PERIOD + SLOT + 1).map(debt).collect(), drift }
        }

        /// The debts while one slot leaves.
        fn around(&self, ahead: usize) -> &[f64] {
            let slot = usize::try_from(SLOT).unwrap();
            &self.debts[ahead..=ahead + slot + 1]
        }

        /// Whether there may be debt after so long, and whether there must be.
        fn may_owe(&self, ahead: usize) -> bool {
            self.around(ahead).iter().any(|debt| *debt >= -self.drift)
        }

        fn must_owe(&self, ahead: usize) -> bool {
            self.around(ahead).iter().all(|debt| *debt > self.drift)
        }

        fn may_have(&self, ahead: usize) -> bool {
            self.around(ahead).iter().any(|debt| *debt <= self.drift)
        }

        fn must_have(&self, ahead: usize) -> bool {
            self.around(ahead).iter().all(|debt| *debt < -self.drift)
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a period")]
    fn whole(wait: Duration) -> usize {
        wait.as_secs_f64().floor() as usize
    }

    fn check_exhaustion(found: Foresight, past: &Past, rate: Option<Rate>) -> Result<(), TestCaseError> {
        let is_empty = past.is_empty(first_of(PERIOD, past.now()));
        prop_assert_eq!(found == Foresight::After(Duration::ZERO), is_empty);
        let Some(rate) = rate else {
            prop_assert!(is_empty || found == Foresight::NoData, "{:?}", found);
            return Ok(());
        };
        let futures = Futures::new(past, rate);
        let last = match found {
            Foresight::NoData => return Err(TestCaseError::fail("there is traffic")),
            Foresight::After(wait) if wait.is_zero() => return Ok(()),
            Foresight::After(wait) => {
                prop_assert!(futures.may_owe(whole(wait)), "too early: {:?}", wait);
                whole(wait)
            }
            Foresight::Never => usize::try_from(PERIOD).unwrap(),
        };
        prop_assert_eq!((1..last).find(|ahead| futures.must_owe(*ahead)), None, "too late: {:?}", found);
        Ok(())
    }

    fn check_recovery(found: Foresight, past: &Past, rate: Option<Rate>) -> Result<(), TestCaseError> {
        let first = first_of(PERIOD, past.now());
        let Foresight::After(wait) = found else {
            prop_assert!(found == Foresight::NoData && past.since(first).0 == 0, "{:?}", found);
            return Ok(());
        };
        if !past.is_empty(first) {
            prop_assert!(wait.is_zero());
            return Ok(());
        }
        let futures = Futures::new(past, Rate { bad: 0.0, ..rate.unwrap_or(NOTHING) });
        prop_assert!(futures.may_have(whole(wait)), "too early: {:?}", wait);
        prop_assert_eq!(
            (1..whole(wait)).find(|ahead| futures.must_have(*ahead)),
            None,
            "too late: {:?}",
            wait
        );
        Ok(())
    }

    fn check_rolling(past: &Past) -> Result<(), TestCaseError> {
        let tiers = vec![Tier::page(Duration::from_secs(30), Duration::from_secs(3), 1.5)];
        let report = live(past, Period::rolling(Duration::from_secs(600)), tiers, JUNE, 1);
        let (last_5m, last_1h) = (past.rate(past.now() - 300), past.rate(first_of(PERIOD, past.now())));
        check_exhaustion(report.forecast.at_5m, past, last_5m)?;
        check_exhaustion(report.forecast.at_1h, past, last_1h)?;
        // There is no season within ten minutes.
        prop_assert_eq!(report.forecast.seasonal, report.forecast.at_1h);
        check_recovery(report.forecast.recovery, past, last_1h)
    }

    /// Nothing leaves a calendar period, so the answer is exact: the debt changes sign within that second.
    fn check_sign(found: Foresight, rest: i64, debt: impl Fn(i64) -> f64) -> Result<(), TestCaseError> {
        match found {
            Foresight::After(wait) => {
                let second = i64::try_from(whole(wait)).unwrap();
                prop_assert!(
                    second <= rest && debt(second) <= 1e-3 && debt(second + 1) >= -1e-3,
                    "{:?}",
                    wait
                );
            }
            Foresight::Never => prop_assert_eq!((0..=rest).find(|ahead| debt(*ahead) > 1e-3), None),
            Foresight::NoData => return Err(TestCaseError::fail("there is traffic")),
        }
        Ok(())
    }

    fn check_day(past: &Past, started: i64) -> Result<(), TestCaseError> {
        let period = Period::calendar(CalendarUnit::Day, "UTC");
        let tiers = vec![Tier::page(Duration::from_secs(3_600), Duration::from_secs(300), 1.5)];
        let start = JUNE + u64::try_from(started).unwrap();
        let report = live(past, period, tiers, start, usize::try_from(SLOT).unwrap());
        let rest = DAY - started - past.now();
        let is_empty = past.is_empty(0);
        let rates = [past.rate(first_of(300, past.now())), past.rate(first_of(HOUR, past.now()))];
        for (found, rate) in [(report.forecast.at_5m, rates[0]), (report.forecast.at_1h, rates[1])] {
            prop_assert_eq!(found == Foresight::After(Duration::ZERO), is_empty);
            match rate {
                _ if is_empty => {}
                None => prop_assert_eq!(found, Foresight::NoData),
                Some(rate) => check_sign(found, rest, |ahead| past.debt(rate, ahead, 0))?,
            }
        }
        // For planning all that will come until midnight is granted at once.
        let found = report.exhaustion_forecast.unwrap();
        let Some(rate) = rates[1] else {
            prop_assert_eq!(
                found,
                if is_empty { Foresight::After(Duration::ZERO) } else { Foresight::NoData }
            );
            return Ok(());
        };
        let (total, bad) = past.since(0);
        let allowed = (total as f64 + rate.events * rest as f64) / past.inverse as f64;
        let spent = |ahead: i64| bad as f64 + rate.bad * rate.events * ahead as f64 - allowed;
        if spent(0) >= 0.0 {
            prop_assert_eq!(found, Foresight::After(Duration::ZERO));
            return Ok(());
        }
        check_sign(found, rest, spent)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ten_minutes_end_as_foretold(past in pasts()) {
            check_rolling(&past)?;
        }

        /// From any full ten seconds of the day on.
        #[test]
        fn a_day_ends_as_foretold_from_any_hour_on(mut past in pasts(), started in 0..7_500_i64) {
            let full = past.seconds.len() / 10 * 10;
            past.seconds.truncate(full);
            // Told in steps of ten seconds, all events come with the last of them.
            for ten in past.seconds.chunks_mut(10) {
                let sum = ten.iter().fold((0, 0), |sum, second| (sum.0 + second.0, sum.1 + second.1));
                ten.fill((0, 0));
                ten[9] = sum;
            }
            check_day(&past, 10 * started)?;
        }
    }
}
