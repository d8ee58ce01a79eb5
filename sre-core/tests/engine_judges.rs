//! An engine with a manual clock: what is recorded is judged at the next tick.

#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::clock::ManualClock;
use sre_core::slo::{Period, Tier};
use sre_core::{Engine, Error, Objective, Outcome, Sli};

static CHECKOUT: Sli = Sli::new("checkout")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

const SECOND: Duration = Duration::from_secs(1);
const FIVE_MINUTES: Duration = Duration::from_secs(300);

fn engine() -> Engine {
    Engine::builder()
        .service("shop")
        .manual_clock(ManualClock::at_unix_seconds(1_700_000_000))
        .start()
        .expect("nothing is wrong with it")
}

#[test]
fn without_events_there_is_no_burn_rate() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    engine.advance(10 * SECOND);
    assert_eq!(checkout.burn_rate(FIVE_MINUTES), None);
    assert_eq!(engine.status().objectives[0].budget_remaining, None);
}

#[test]
fn the_worst_objective_answers_for_the_sli() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    // All are ok, and one in fifty is slow: a burn of 2 for latency, of 0 for availability.
    checkout.record_n(Outcome::Ok, Duration::from_millis(10), 980);
    checkout.record_n(Outcome::Ok, Duration::from_millis(301), 20);
    engine.advance(SECOND);
    assert_eq!(checkout.burn_rate(FIVE_MINUTES).map(|burn| burn.get()), Some(2.0));
    let report = engine.report();
    let counts = |slo| report.slo(slo).unwrap().counts;
    assert_eq!((counts("checkout-availability").good(), counts("checkout-availability").bad()), (1_000, 0));
    assert_eq!((counts("checkout-latency").good(), counts("checkout-latency").bad()), (980, 20));
}

#[test]
fn a_total_outage_pages_after_54_seconds_and_the_page_clears_after_the_recovery() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    let is_paging = || {
        let report = engine.report();
        report.slo("checkout-availability").unwrap().firing().is_some()
    };
    let mut fired_at = None;
    for second in 1..=600 {
        checkout.record_n(Outcome::Error, Duration::from_millis(5), 100);
        engine.advance(SECOND);
        if is_paging() {
            fired_at.get_or_insert(second);
        }
    }
    assert_eq!(fired_at, Some(54));
    let cleared_after = (1..3_600).find(|_| {
        checkout.record_n(Outcome::Ok, Duration::from_millis(5), 100);
        engine.advance(SECOND);
        let report = engine.report();
        report.slo("checkout-availability").unwrap().tiers[0].state != AlertState::Firing
    });
    assert!(cleared_after.is_some_and(|seconds| (296..=620).contains(&seconds)), "{cleared_after:?}");
}

#[test]
fn a_call_that_hangs_is_bad_before_it_ends() {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().manual_clock(clock).start().unwrap();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    checkout.record_n(Outcome::Ok, Duration::from_millis(5), 100);
    let hanging: Vec<_> = (0..50).map(|_| checkout.start()).collect();
    engine.advance(5 * SECOND);
    let report = engine.report();
    let sli = report.sli("checkout").unwrap();
    assert_eq!((sli.in_flight, sli.in_flight_overdue), (50, Some(50)));
    assert!(checkout.burn_rate(FIVE_MINUTES).unwrap() > 300.0);
    // Nothing of it is booked: when the calls end well after all, only their latency was bad.
    hanging.into_iter().for_each(|call| call.ok());
    engine.advance(SECOND);
    let report = engine.report();
    assert_eq!(report.sli("checkout").unwrap().in_flight, 0);
    assert_eq!(report.slo("checkout-availability").unwrap().counts.bad(), 0);
    assert_eq!(report.slo("checkout-latency").unwrap().counts.bad(), 50);
}

#[test]
fn a_paused_engine_counts_nothing() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    engine.pause();
    checkout.record(Outcome::Ok, SECOND);
    checkout.start().error();
    engine.resume();
    checkout.start().ok();
    engine.advance(SECOND);
    assert_eq!(engine.report().sli("checkout").unwrap().events.ok, 1);
    assert_eq!(engine.report().sli("checkout").unwrap().events.error, 0);
    assert_eq!(engine.report().sli("checkout").unwrap().in_flight, 0);
}

#[test]
fn two_engines_count_for_themselves() {
    let (one, other) = (engine(), engine());
    let checkout = one.sli(CHECKOUT.definition()).unwrap();
    other.sli(CHECKOUT.definition()).unwrap();
    checkout.record(Outcome::Ok, SECOND);
    one.advance(SECOND);
    other.advance(SECOND);
    assert_eq!(one.report().sli("checkout").unwrap().events.ok, 1);
    assert_eq!(other.report().sli("checkout").unwrap().events.ok, 0);
}

#[test]
fn two_definitions_of_one_name_are_an_error_that_names_both_places() {
    let engine = engine();
    let first = Sli::new("twice").objective(Objective::availability(0.999));
    let second = Sli::new("twice").objective(Objective::availability(0.99));
    engine.sli(first.definition()).unwrap();
    engine.sli(first.definition()).unwrap();
    let error = engine.sli(second.definition()).unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }));
    assert_eq!(error.to_string().matches("engine_judges.rs").count(), 2, "{error}");
}

#[test]
fn recording_after_shutdown_counts_and_is_not_judged() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    assert!(engine.shutdown(SECOND));
    checkout.start().ok();
    assert_eq!(checkout.count(Outcome::Ok), 1);
    assert_eq!(checkout.burn_rate(FIVE_MINUTES), None);
    assert!(engine.shutdown(SECOND));
}

#[test]
fn short_periods_with_tiers_of_their_own_work() {
    static TIERS: [Tier; 2] = [
        Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0),
        Tier::ticket(Duration::from_secs(120), Duration::from_secs(10), 2.0),
    ];
    let engine = engine();
    let sli = Sli::new("short").objective(
        Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))).tiers(&TIERS),
    );
    let sli = engine.sli(sli.definition()).unwrap();
    let mut fired = None;
    for second in 1..60 {
        sli.record_n(Outcome::Ok, Duration::from_millis(1), 80);
        sli.record_n(Outcome::Error, Duration::from_millis(1), 20);
        engine.advance(SECOND);
        if engine.report().slo("short-availability").unwrap().firing().is_some() {
            fired.get_or_insert(second);
        }
    }
    // At a burn of 20 the windows hold from 6 * 30 / 20 = 9 s on, so at the tick of the 10th second. Then a third
    // of the window is observed: 200 bad of 3,000 has a lower bound of 0.0595, just below 6 % of budget burn.
    // One second later 220 of 3,000 has one of 0.0658.
    assert_eq!(fired, Some(11));
}

#[test]
fn status_is_plain_data_with_the_promised_names() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    checkout.record_n(Outcome::Ok, Duration::from_millis(5), 100);
    engine.advance(SECOND);
    let status = serde_json::to_value(engine.status()).unwrap();
    assert_eq!(status["schema"], 1);
    let slo = &status["objectives"][0];
    for name in
        ["slo", "sli", "good", "bad", "total", "target", "budget_remaining", "burn", "coverage", "tiers"]
    {
        assert!(!slo[name].is_null(), "{name} is missing in {slo}");
    }
    assert_eq!(slo["burn"]["5m"], 0.0);
    assert_eq!(slo["tiers"][0]["state"], "ok");
    for name in
        ["exhaustion_seconds", "forecast", "pace", "budget_remaining_projected", "budget_remaining_forecast"]
    {
        assert!(slo.as_object().unwrap().contains_key(name), "{name} is missing in {slo}");
    }
    assert_eq!(
        (&slo["validity"], &status["objectives"][1]["validity"]),
        (&().into(), &"success_only".into())
    );
    assert_eq!(slo["tiers"][0]["budget_share"], 0.02);
    assert!(slo["forecast"].as_object().unwrap().contains_key("at_1h"));
}

#[test]
fn percentiles_of_the_last_minute_forget_what_is_older() {
    let engine = engine();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    let p50 =
        |engine: &Engine, window: usize| engine.report().sli("checkout").unwrap().percentiles[window].p50;
    checkout.record_n(Outcome::Ok, Duration::from_millis(100), 1_000);
    engine.advance(20 * SECOND);
    assert!(p50(&engine, 0).unwrap().abs_diff(Duration::from_millis(100)) < Duration::from_millis(1));
    engine.advance(100 * SECOND);
    assert_eq!(p50(&engine, 0), None);
    assert!(p50(&engine, 1).is_some());
}
