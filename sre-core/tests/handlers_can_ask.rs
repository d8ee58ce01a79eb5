//! What a handler can ask of its SLI, and what an engine says of itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::report::ObjectiveState;
use sre_core::slo::{Period, Severity, Tier};
use sre_core::{Engine, Error, Labels, Objective, Outcome, Sli, SliFamily};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn builder() -> sre_core::engine::Builder {
    Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000))
}

static TIERS: [Tier; 2] = [
    Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0),
    Tier::ticket(Duration::from_secs(120), Duration::from_secs(10), 2.0),
];

fn ten_minutes(name: &str) -> Sli {
    Sli::try_new(name).unwrap().objective(
        Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))).tiers(&TIERS),
    )
}

#[test]
fn the_most_urgent_tier_and_the_smallest_budget_answer() {
    let engine = builder().start().unwrap();
    let sli = engine.sli(ten_minutes("asked").definition()).unwrap();
    assert_eq!((sli.firing(), sli.budget_remaining()), (None, None));
    let mut seen = Vec::new();
    for _ in 0..30 {
        sli.record_n(Outcome::Error, MS, 100);
        engine.advance(SECOND);
        if seen.last() != Some(&sli.firing()) {
            seen.push(sli.firing());
        }
    }
    assert_eq!(seen, [None, Some(Severity::Page)]);
    assert!(sli.budget_remaining().is_some_and(|left| left < -90.0));
    engine.shutdown(SECOND);
    assert_eq!((sli.firing(), sli.budget_remaining()), (None, None));
}

#[derive(Labels)]
struct Region {
    region: &'static str,
}

const WEST: Region = Region { region: "west" };
const EAST: Region = Region { region: "east" };

#[test]
fn a_family_answers_for_the_whole_and_its_members_for_themselves() {
    let engine = builder().start().unwrap();
    let family = SliFamily::<Region>::new("regions")
        .objective(
            Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))).tiers(&TIERS),
        )
        .judge_members();
    assert_eq!(family.burn_rate(SECOND * 10), None, "no engine judges the definition");
    let family = engine.family(&family).unwrap();
    assert_eq!((family.burn_rate(SECOND * 10), family.firing()), (None, None));
    // One of four events is bad, all of them in the west, where it is every second one.
    for _ in 0..60 {
        family.get(&WEST).record_n(Outcome::Error, MS, 25);
        family.get(&WEST).record_n(Outcome::Ok, MS, 25);
        family.get(&EAST).record_n(Outcome::Ok, MS, 50);
        engine.advance(SECOND);
    }
    let (west, east) = (family.get(&WEST), family.get(&EAST));
    for (whose, burn, left, firing, expected) in [
        ("whole", family.burn_rate(SECOND * 10), family.budget_remaining(), family.firing(), 25.0),
        ("west", west.burn_rate(SECOND * 10), west.budget_remaining(), west.firing(), 50.0),
        ("east", east.burn_rate(SECOND * 10), east.budget_remaining(), east.firing(), 0.0),
    ] {
        let (burn, left) = (burn.unwrap().get(), left.unwrap());
        assert!((burn - expected).abs() < 1e-9, "{whose} burns at {burn}");
        assert!((left - (1.0 - expected)).abs() < 1e-9, "{whose} has {left} left");
        assert_eq!(firing, (burn > 6.0).then_some(Severity::Page), "{whose}");
    }
    let whole = engine.report();
    assert_eq!(
        whole.slo("regions-availability").unwrap().burn_rate(SECOND * 10),
        family.burn_rate(SECOND * 10)
    );

    // A window that is not kept is rounded up and counted, of the whole as of a member.
    let rounded = || {
        engine.advance(SECOND);
        engine.report().engine.windows_rounded
    };
    let before = rounded();
    let _ = (family.burn_rate(SECOND * 11), west.burn_rate(SECOND * 11));
    assert_eq!(rounded(), before + 2);

    engine.shutdown(SECOND);
    for sli in [west, east] {
        assert_eq!((sli.firing(), sli.budget_remaining(), sli.burn_rate(SECOND)), (None, None, None));
    }
    assert_eq!((family.firing(), family.budget_remaining(), family.burn_rate(SECOND)), (None, None, None));
}

#[test]
fn members_that_are_not_judged_leave_the_answer_to_the_whole() {
    let engine = builder().start().unwrap();
    let family = SliFamily::<Region>::new("whole").objective(Objective::availability(0.99));
    let family = engine.family(&family).unwrap();
    family.get(&WEST).record_n(Outcome::Error, MS, 100);
    engine.advance(SECOND);
    assert!(family.burn_rate(SECOND).is_some_and(|burn| burn > 99.0));
    assert_eq!(family.get(&WEST).burn_rate(SECOND), None);
}

#[test]
fn an_sli_that_never_counted_is_silent_where_others_have_traffic() {
    let engine = builder().start().unwrap();
    let busy = engine.sli(ten_minutes("busy").definition()).unwrap();
    engine.sli(ten_minutes("never").definition()).unwrap();
    engine.advance(SECOND);
    let state = |slo| engine.report().slo(slo).unwrap().state;
    assert_eq!(state("never-availability"), ObjectiveState::Idle);
    busy.record(Outcome::Ok, MS);
    engine.advance(SECOND);
    assert_eq!(state("never-availability"), ObjectiveState::Silent);
    assert_eq!(state("busy-availability"), ObjectiveState::Ok);
}

#[test]
fn an_objective_that_wakes_nobody_is_told_and_refused_when_strict() {
    // At 50 % the highest burn is 2: no page tier can fire.
    let hopeless = Sli::new("hopeless").objective(Objective::availability(0.5));
    let engine = builder().start().unwrap();
    engine.sli(hopeless.definition()).unwrap();
    engine.advance(SECOND);
    let findings = engine.status().engine.findings;
    assert!(
        findings.iter().any(|finding| finding.to_string().contains("hopeless-availability")),
        "{findings:?}"
    );
    let strict = builder().strict().start().unwrap();
    let error = strict.sli(hopeless.definition()).unwrap_err();
    assert!(matches!(error, Error::WakesNobody { .. }), "{error}");
}

#[test]
fn engines_that_come_and_go_leave_nothing_behind() {
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let files = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let cycle = || {
        let engine = Engine::builder().clock(ManualClock::at_unix_seconds(1)).start().unwrap();
        engine.sli(ten_minutes("cycle").definition()).unwrap().record(Outcome::Ok, MS);
        assert!(engine.shutdown(5 * SECOND));
    };
    cycle();
    let before = (threads(), files());
    (0..200).for_each(|_| cycle());
    // Other tests of this binary run beside this one; leaks of this loop would be in the hundreds.
    assert!(threads() < before.0 + 20 && files() < before.1 + 20, "{before:?} to {:?}", (threads(), files()));
}
