//! What a report and its engine tell, and what they refuse to mix up.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::clock::ManualClock;
use sre_core::report::TransitionReport;
use sre_core::sli::{Abandoned, Exemplar, KeptExemplar, OVERFLOW};
use sre_core::{Engine, Error, Labels, Objective, Outcome, Sli, SliFamily};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);
const START_S: u64 = 1_700_000_000;

fn engine_and_clock() -> (Engine, ManualClock) {
    let clock = ManualClock::at_unix_seconds(START_S);
    (Engine::builder().manual_clock(clock.clone()).start().unwrap(), clock)
}

#[derive(Labels)]
struct Tenant {
    name: &'static str,
}

#[derive(Labels)]
struct Other {
    other: &'static str,
}

#[test]
fn each_change_of_a_tier_is_in_the_report_of_its_tick() {
    let (engine, _) = engine_and_clock();
    let family =
        SliFamily::<Tenant>::new("tenants").objective(Objective::availability(0.999)).judge_members();
    let family = engine.family(&family).unwrap();
    let mut changes: Vec<TransitionReport> = Vec::new();
    for _ in 0..60 {
        family.get(&Tenant { name: "one" }).record_n(Outcome::Error, MS, 100);
        engine.advance(SECOND);
        // Asked for in between, the same changes are told again.
        assert_eq!(engine.collect().transitions, engine.report().transitions);
        changes.extend(engine.report().transitions.iter().cloned());
    }
    let fired: Vec<_> = changes
        .iter()
        .filter(|change| change.has_fired() && &*change.tier == "1")
        .map(|change| (&*change.slo, &*change.labels[0].value, change.at_unix_ns / 1_000_000_000 - START_S))
        .collect();
    // A member is known from the tick after its first event on, so it has one second less to show.
    assert_eq!(fired, [("tenants-availability", "", 54), ("tenants-availability", "one", 55)]);
    let pages = changes.iter().filter(|change| &*change.labels[0].value == "one" && &*change.tier == "1");
    let mut states = vec![AlertState::Ok];
    for change in pages {
        assert_eq!(Some(&change.from), states.last(), "a change between is missing: {change:?}");
        states.push(change.to);
    }
    let report = engine.report();
    assert_eq!(states.last(), Some(&report.slis[1].objectives[0].tiers[0].state));
}

#[test]
fn objectives_of_two_slis_cannot_have_one_name() {
    let (engine, _) = engine_and_clock();
    let first = Sli::new("first").objective(Objective::availability(0.9).named("everything"));
    let second = Sli::new("second").objective(Objective::availability(0.9).named("everything"));
    engine.sli(first.definition()).unwrap();
    let refused = engine.sli(second.definition()).unwrap_err();
    let expected =
        Error::SloTaken { slo: "everything".into(), first: "first".into(), second: "second".into() };
    assert_eq!(refused, expected);
    assert!(engine.report().slis.iter().all(|sli| sli.name != "second"));
    // The same one asked for again is no second one.
    engine.sli(first.definition()).unwrap();
}

#[test]
fn equal_families_count_together_and_different_ones_are_refused() {
    let (engine, _) = engine_and_clock();
    let family = || SliFamily::<Tenant>::new("tenants").objective(Objective::availability(0.9));
    let (one, other) = (engine.family(&family()).unwrap(), engine.family(&family()).unwrap());
    one.get(&Tenant { name: "a" }).start().ok();
    other.get(&Tenant { name: "a" }).start().ok();
    assert_eq!(one.get(&Tenant { name: "a" }).count(Outcome::Ok), 2);
    assert!(matches!(engine.family(&family().members_max(1)), Err(Error::Conflict { .. })));
    let labelled = SliFamily::<Other>::new("tenants").objective(Objective::availability(0.9));
    assert!(matches!(engine.family(&labelled), Err(Error::Conflict { .. })));
    let _ = Other { other: "" };
}

#[test]
fn a_member_called_like_the_overflow_is_the_overflow() {
    let (engine, _) = engine_and_clock();
    let family = engine.family(&SliFamily::<Tenant>::new("tenants").members_max(1)).unwrap();
    for name in [OVERFLOW, "one", "too many", OVERFLOW] {
        family.get(&Tenant { name }).start().ok();
    }
    engine.advance(SECOND);
    let report = engine.report();
    let counts: Vec<_> = report.slis.iter().map(|sli| (&*sli.labels[0].value, sli.events.ok)).collect();
    assert_eq!(counts, [("", 4), ("one", 1), (OVERFLOW, 3)]);
}

#[test]
fn at_rest_counters_and_histograms_of_a_collect_agree() {
    let (engine, _) = engine_and_clock();
    let sli = engine.sli(Sli::new("agreeing").objective(Objective::availability(0.9)).definition()).unwrap();
    let family = engine.family(&SliFamily::<Tenant>::new("tenants")).unwrap();
    for round in 1..=20 {
        sli.record_n(Outcome::Ok, MS, 3);
        sli.record_n(Outcome::Error, MS, 2);
        // Members that no tick has seen yet are in no part of a report.
        family.get(&Tenant { name: ["a", "b", "c"][round % 3] }).record(Outcome::Ok, MS);
        if round % 4 == 0 {
            engine.advance(SECOND);
        }
        for sli in &engine.collect().slis {
            assert_eq!(sli.durations.count(), sli.events.ok, "{} in round {round}", sli.name);
            let errors = sli.error_durations.as_ref().map_or(0, |durations| durations.count());
            assert_eq!(errors, sli.events.error, "{} in round {round}", sli.name);
        }
    }
}

#[test]
fn a_budget_that_lasts_is_told_from_one_that_nobody_knows() {
    let (engine, _) = engine_and_clock();
    let sli = engine.sli(Sli::new("outlook").objective(Objective::availability(0.99)).definition()).unwrap();
    let told = || {
        let status = serde_json::to_value(engine.status()).unwrap();
        let objective = &status["objectives"][0];
        let seconds = objective["exhaustion_seconds"].as_f64();
        (objective["exhaustion"].as_str().unwrap().to_owned(), seconds, objective["sentence"].to_string())
    };
    #[track_caller]
    fn check(told: (String, Option<f64>, String), word: &str, has_seconds: bool, says: &str) {
        assert_eq!((&*told.0, told.1.is_some()), (word, has_seconds), "{told:?}");
        assert!(told.2.contains(says), "{told:?}");
    }
    engine.advance(SECOND);
    check(told(), "no_data", false, "no data, so no forecast");
    sli.record_n(Outcome::Ok, MS, 10_000);
    engine.advance(10 * SECOND);
    check(told(), "never", false, "the budget lasts");
    // Out of the five minutes by which the soonest horizon goes.
    engine.advance(400 * SECOND);
    sli.record_n(Outcome::Error, MS, 50);
    sli.record_n(Outcome::Ok, MS, 950);
    engine.advance(10 * SECOND);
    check(told(), "ahead", true, "the budget is empty in");
    sli.record_n(Outcome::Error, MS, 1_000);
    engine.advance(10 * SECOND);
    check(told(), "empty", true, "the budget is empty");
}

fn kept(engine: &Engine) -> Vec<KeptExemplar> {
    engine.collect().sli("traced").unwrap().exemplars.clone()
}

#[test]
fn an_exemplar_tells_its_time_and_no_call_without_an_answer_replaces_it() {
    let (engine, clock) = engine_and_clock();
    let sli = engine.sli(Sli::new("traced").definition()).unwrap();
    let exemplar = |byte| Exemplar::new([byte; 16], [byte; 8]);
    clock.advance(Duration::from_millis(250));
    sli.start().finish_with_exemplar(Outcome::Error, exemplar(1));
    clock.advance(Duration::from_millis(500));
    sli.start().finish_with_exemplar(Outcome::Ignored, exemplar(2));
    sli.start().finish_with_exemplar(Outcome::Abandoned(Abandoned::Cancelled), exemplar(3));
    let told = |exemplars: Vec<KeptExemplar>| {
        exemplars.iter().map(|kept| (kept.exemplar, kept.outcome, kept.at_unix_ns)).collect::<Vec<_>>()
    };
    let expected = [(exemplar(1), Outcome::Error, Some(START_S * 1_000_000_000 + 250_000_000))];
    assert_eq!(told(kept(&engine)), expected);
    // A step of the wall clock does not move what was told.
    clock.set_wall_ns(5);
    assert_eq!(told(kept(&engine)), expected);
}

#[test]
fn no_exemplar_is_kept_of_what_a_pause_hides() {
    let (engine, _) = engine_and_clock();
    let sli = engine.sli(Sli::new("traced").definition()).unwrap();
    let exemplar = Exemplar::new([1; 16], [1; 8]);
    let before = sli.start();
    engine.pause();
    before.finish_with_exemplar(Outcome::Ok, exemplar);
    let during = sli.start();
    engine.resume();
    during.finish_with_exemplar(Outcome::Ok, exemplar);
    assert_eq!(kept(&engine), []);
    sli.start().finish_with_exemplar(Outcome::Ok, exemplar);
    assert_eq!(kept(&engine).len(), 1);
}
