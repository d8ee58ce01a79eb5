//! What a constant refuses to compile, a value from outside gets back as an error; nothing else is needed.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

use std::time::Duration;

use sre_core::slo::{Period, Tier};
use sre_core::{Error, Labels, Objective, Sli, SliFamily};

const TEN_MINUTES: Duration = Duration::from_secs(600);

/// The panic of the constant form, which at compile time is the error of the compiler.
fn panic_of(build: impl FnOnce() -> Sli + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(build).map(drop).unwrap_err();
    panic.downcast_ref::<&str>().map(ToString::to_string).or(panic.downcast_ref().cloned()).unwrap()
}

#[derive(Labels)]
struct Tenant {
    name: &'static str,
}

#[track_caller]
fn check(objectives: &[Objective], expected: &Error, says: &str) {
    let sli = || Sli::try_new("pay").unwrap();
    let refused = objectives.iter().try_fold(sli(), |sli, objective| sli.try_objective(*objective)).map(drop);
    assert_eq!(refused, Err(expected.clone()));
    let family = SliFamily::<Tenant>::try_new("pay").unwrap();
    let refused = objectives.iter().try_fold(family, |family, objective| family.try_objective(*objective));
    assert_eq!(refused.map(drop), Err(expected.clone()));
    let owned = objectives.to_vec();
    let panic = panic_of(move || owned.into_iter().fold(Sli::new("pay"), Sli::objective));
    assert!(panic.contains(says), "{panic}");
}

#[test]
fn a_name_that_is_none() {
    for name in ["", " ", "a/b", ".a", "a-"] {
        let refused = Err(Error::SliName { value: name.into() });
        assert_eq!(Sli::try_new(name).map(drop), refused);
        assert_eq!(SliFamily::<Tenant>::try_new(name).map(drop), refused);
    }
}

#[test]
fn the_ninth_objective() {
    let objectives: Vec<_> = (1..=9).map(|ms| Objective::latency(0.9, Duration::from_millis(ms))).collect();
    check(&objectives, &Error::TooManyObjectives { sli: "pay".into(), max: 8 }, "at most 8");
    check_accepted(&objectives[..8]);
}

#[test]
fn a_second_objective_of_the_same_name() {
    let duplicate = |slo: &str| Error::DuplicateSlo { sli: "pay".into(), slo: slo.into() };
    let availability = Objective::availability(0.9);
    check(&[availability, Objective::availability(0.99)], &duplicate("pay-availability"), "same name");
    check(&[availability.named("paid"), availability.named("paid")], &duplicate("paid"), "same name");
    check_accepted(&[availability, Objective::availability(0.99).named("pay-well")]);
}

#[test]
fn a_period_below_a_day_without_tiers() {
    let short = Objective::availability(0.9).period(Period::rolling(TEN_MINUTES));
    let slo = "pay-availability".into();
    check(&[short], &Error::PeriodNeedsTiers { slo, period: TEN_MINUTES }, "needs tiers");
    check_accepted(&[short.tiers(&[])]);
}

#[test]
fn a_long_window_above_the_period() {
    const LONG: &[Tier] = &[Tier::page(Duration::from_secs(601), Duration::from_secs(3), 2.0)];
    let objective = Objective::availability(0.9).tiers(LONG).period(Period::rolling(TEN_MINUTES));
    let (slo, long) = ("pay-availability".into(), Duration::from_secs(601));
    check(&[objective], &Error::TierAbovePeriod { slo, long, period: TEN_MINUTES }, "must not exceed");
}

#[track_caller]
fn check_accepted(objectives: &[Objective]) {
    let sli = Sli::try_new("pay").unwrap();
    let sli = objectives.iter().try_fold(sli, |sli, objective| sli.try_objective(*objective)).unwrap();
    assert_eq!(sli.definition().objectives().count(), objectives.len());
}
