//! What is said of one event is what an engine counts: all outcomes, durations, policies and kinds of validity.

#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::sli::{Abandoned, AbandonedPolicy, Verdict};
use sre_core::slo::Validity;
use sre_core::{Engine, Objective, Outcome, Sli};

const SECOND: Duration = Duration::from_secs(1);
const NS: Duration = Duration::from_nanos(1);
const THRESHOLDS: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(5)];
const BAD_AFTER: Duration = Duration::from_secs(2);

const OUTCOMES: [Outcome; 7] = [
    Outcome::Ok,
    Outcome::Error,
    Outcome::Ignored,
    Outcome::Abandoned(Abandoned::Cancelled),
    Outcome::Abandoned(Abandoned::TimedOut),
    Outcome::Abandoned(Abandoned::Panicked),
    Outcome::Abandoned(Abandoned::ShutDown),
];

const POLICIES: [AbandonedPolicy; 4] = [
    AbandonedPolicy::ByCause,
    AbandonedPolicy::Bad,
    AbandonedPolicy::Ignored,
    AbandonedPolicy::BadAfter(BAD_AFTER),
];

const VALIDITIES: [Validity; 3] = [Validity::SuccessOnly, Validity::AllValid, Validity::ErrorsAreSlow];

/// On both sides of every limit that there is.
fn durations() -> impl Iterator<Item = Duration> {
    let limits = THRESHOLDS.into_iter().chain([SECOND, BAD_AFTER]);
    let around = limits.flat_map(|limit| [limit - NS, limit, limit + NS]);
    [Duration::ZERO, Duration::MAX].into_iter().chain(around)
}

fn engine() -> Engine {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    Engine::builder().manual_clock(clock).start().expect("nothing is wrong with it")
}

fn with_latency(sli: Sli, validity: Validity) -> Sli {
    THRESHOLDS
        .into_iter()
        .fold(sli, |sli, threshold| sli.objective(Objective::latency(0.99, threshold).validity(validity)))
}

/// Records each event by itself, and compares how much every objective's counts grew with its verdict.
#[track_caller]
fn check(sli: &Sli) {
    let engine = engine();
    let sli = engine.sli(sli.definition()).expect("a good definition");
    let counts = || -> Vec<(u64, u64)> {
        let report = engine.collect();
        let told = report.sli(sli.name()).expect("it is one of the engine");
        told.objectives.iter().map(|told| (told.exported.good(), told.exported.bad())).collect()
    };
    let mut before = counts();
    for (outcome, duration) in OUTCOMES.into_iter().flat_map(|outcome| durations().map(move |d| (outcome, d)))
    {
        sli.record(outcome, duration);
        let verdicts = sli.definition().verdicts(outcome, duration);
        let expected: Vec<_> = before
            .iter()
            .zip(verdicts)
            .map(|((good, bad), (_, verdict))| match verdict {
                Verdict::Good => (good + 1, *bad),
                Verdict::Bad => (*good, bad + 1),
                Verdict::Ignored => (*good, *bad),
            })
            .collect();
        let after = counts();
        assert_eq!(after, expected, "{outcome:?} after {duration:?}, {:?}", sli.definition());
        before = after;
    }
}

#[test]
fn an_engine_counts_the_verdicts_of_every_event() {
    for policy in POLICIES {
        check(&Sli::new("available").objective(Objective::availability(0.99)).abandoned(policy));
        for validity in VALIDITIES {
            let both = Sli::new("both").objective(Objective::availability(0.99)).abandoned(policy);
            check(&with_latency(both, validity));
            check(&with_latency(Sli::new("fast").abandoned(policy), validity));
        }
    }
}

#[test]
fn a_table_by_hand() {
    let sli =
        with_latency(Sli::new("hand").objective(Objective::availability(0.99)), Validity::ErrorsAreSlow);
    let told = |outcome, duration| sli.definition().verdicts(outcome, duration).map(|(_, v)| v).collect();
    let check = |outcome, duration, expected: [Verdict; 3]| {
        let found: Vec<Verdict> = told(outcome, duration);
        assert_eq!(found, expected, "{outcome:?} after {duration:?}");
    };
    let cancelled = Outcome::Abandoned(Abandoned::Cancelled);
    check(Outcome::Ok, THRESHOLDS[0], [Verdict::Good; 3]);
    check(Outcome::Ok, THRESHOLDS[0] + NS, [Verdict::Good, Verdict::Bad, Verdict::Good]);
    check(Outcome::Error, NS, [Verdict::Bad; 3]);
    check(Outcome::Ignored, Duration::MAX, [Verdict::Ignored; 3]);
    check(cancelled, THRESHOLDS[0], [Verdict::Ignored; 3]);
    check(cancelled, THRESHOLDS[1] + NS, [Verdict::Bad; 3]);
    check(Outcome::Abandoned(Abandoned::Panicked), NS, [Verdict::Bad; 3]);
}
