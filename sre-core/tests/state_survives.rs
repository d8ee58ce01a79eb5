//! Windows, budgets and alerts go on after a restart, a kill, and beside another process.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod scratch;

use std::time::Duration;

use scratch::Scratch;
use sre_core::clock::ManualClock;
use sre_core::engine::Downtime;
use sre_core::report::{ObjectiveReport, StateReport, StateStanding};
use sre_core::units::EventCounts;
use sre_core::{Engine, Error, Labels, Objective, Outcome, Sli, SliFamily};

const START: u64 = 1_700_000_000;
const SLO: &str = "checkout-availability";
const HOUR: Duration = Duration::from_secs(3_600);

/// One life of a service with one SLI.
struct Life {
    engine: Engine,
    sli: Sli,
}

impl Life {
    fn at(second: u64, scratch: &Scratch, objective: Objective) -> Self {
        Self::with(second, scratch, objective, Downtime::Unknown)
    }

    fn with(second: u64, scratch: &Scratch, objective: Objective, downtime: Downtime) -> Self {
        let clock = ManualClock::at_unix_seconds(START + second);
        let builder = Engine::builder().manual_clock(clock).state_dir(scratch.path()).downtime(downtime);
        let engine = builder.start().unwrap();
        let sli = engine.sli(Sli::new("checkout").objective(objective).definition()).unwrap();
        let _ = engine.collect();
        Self { engine, sli }
    }

    /// A second after the other with these calls.
    fn live(&self, seconds: u64, good: u64, bad: u64) {
        for _ in 0..seconds {
            self.sli.record_n(Outcome::Ok, Duration::from_millis(9), good);
            self.sli.record_n(Outcome::Error, Duration::from_millis(9), bad);
            self.engine.advance(Duration::from_secs(1));
        }
    }

    fn objective(&self) -> ObjectiveReport {
        self.engine.report().slo(SLO).unwrap().clone()
    }

    fn state(&self) -> StateReport {
        (*self.engine.report().engine.state.clone().unwrap()).clone()
    }

    fn end(self) {
        assert!(self.engine.shutdown(Duration::from_secs(5)));
    }
}

fn promise() -> Objective {
    Objective::availability(0.999)
}

#[test]
fn a_restart_in_order_loses_nothing() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(605, 98, 2);
    let before = one.objective();
    assert_eq!(before.counts, EventCounts::new(605 * 98, 605 * 2));
    one.end();

    let other = Life::at(605, &scratch, promise());
    let after = other.objective();
    assert_eq!(after.counts, before.counts);
    assert_eq!(after.budget, before.budget);
    assert_eq!(after.windows, before.windows);
    assert_eq!(
        after.tiers.iter().map(|tier| tier.since_wall_ns).collect::<Vec<_>>(),
        before.tiers.iter().map(|tier| tier.since_wall_ns).collect::<Vec<_>>()
    );
    assert_eq!(after.exported, EventCounts::ZERO, "counters are those of the process");
    let state = other.state();
    assert_eq!(
        (state.standing, state.resumed, state.starts, state.starts_after_crash),
        (StateStanding::Writable, 1, 2, 0)
    );
    assert_eq!(state.downtime, Some(Duration::ZERO));
    assert_eq!(state.found, [""; 0]);
}

#[test]
fn a_kill_loses_at_most_what_came_since_the_last_flush_and_counts_nothing_twice() {
    let scratch = Scratch::new("state");
    let mut told = 0;
    for life in 0..6 {
        let one = Life::at(life * 100, &scratch, promise());
        let had = one.objective().counts.good();
        assert!((told - told.min(10)..=told).contains(&had), "{had} of {told} in life {life}");
        // Killed between two flushes: dropped without a word.
        one.live(40 + life, 1, 0);
        told = had + 40 + life;
    }
    let last = Life::at(9_000, &scratch, promise());
    assert_eq!(last.state().starts_after_crash, 6);
}

#[test]
fn an_alert_that_fires_goes_on_firing() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(300, 50, 50);
    let fired: Vec<_> = one.objective().tiers.iter().map(|tier| (tier.state, tier.since_wall_ns)).collect();
    assert!(one.objective().firing().is_some());
    one.end();
    let other = Life::at(330, &scratch, promise());
    assert_eq!(
        other.objective().tiers.iter().map(|tier| (tier.state, tier.since_wall_ns)).collect::<Vec<_>>(),
        fired
    );
    other.live(1, 50, 50);
    assert!(other.engine.report().transitions.is_empty(), "it fired before");
}

#[test]
fn a_new_target_and_period_keep_the_past_and_a_new_threshold_has_none() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(100, 9, 1);
    one.end();
    let period = sre_core::slo::Period::days(7);
    let other = Life::at(100, &scratch, Objective::availability(0.99).period(period));
    assert_eq!(other.objective().counts, EventCounts::new(900, 100));
    other.end();
    let latency = Objective::latency(0.99, Duration::from_millis(300)).named(SLO);
    let third = Life::at(100, &scratch, latency);
    assert_eq!(third.objective().counts, EventCounts::ZERO);
    third.end();
    // What nobody claimed meanwhile is still there.
    let fourth = Life::at(100, &scratch, promise());
    assert_eq!(fourth.objective().counts, EventCounts::new(900, 100));
}

#[test]
fn an_objective_by_another_name_has_the_past_of_the_same_events_and_no_alert_of_theirs() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(300, 50, 50);
    assert!(one.objective().firing().is_some());
    one.end();
    let other = Life::at(300, &scratch, promise().named("checkout-renamed"));
    let renamed = other.engine.report().slo("checkout-renamed").unwrap().clone();
    assert_eq!(renamed.counts, EventCounts::new(300 * 50, 300 * 50));
    assert!(renamed.firing().is_none() && renamed.incidents.is_empty());
    other.live(1, 50, 50);
    assert!(!other.engine.report().transitions.is_empty(), "it fires for itself");
}

#[test]
fn downtime_counts_as_the_policy_says() {
    for (downtime, bad) in [(Downtime::Unknown, 0), (Downtime::Bad, 3_600), (Downtime::Excluded, 0)] {
        let scratch = Scratch::new("state");
        let one = Life::at(0, &scratch, promise());
        one.live(3_600, 1, 0);
        one.end();
        let other = Life::with(7_200, &scratch, promise(), downtime);
        let report = other.objective();
        assert_eq!(report.counts, EventCounts::new(3_600, bad), "{downtime:?}");
        assert_eq!(report.windows.last().unwrap().estimated, bad > 0);
        assert_eq!(other.state().downtime, Some(HOUR));
    }
}

#[test]
fn a_second_process_waits_and_takes_over_with_the_past_of_both() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(100, 1, 0);
    let other = Life::at(100, &scratch, promise());
    assert_eq!(other.state().standing, StateStanding::Waiting);
    assert!(other.state().reason.unwrap().contains("pid"), "{:?}", other.state());
    let strict =
        Engine::builder().manual_clock(ManualClock::default()).state_dir(scratch.path()).strict().start();
    assert!(matches!(strict, Err(Error::State { .. })), "{strict:?}");
    other.live(20, 0, 1);
    assert_eq!(other.objective().counts, EventCounts::new(0, 20));
    // Both serve for a while, as deployments overlap.
    one.live(20, 1, 0);
    one.end();
    other.live(20, 0, 1);
    assert_eq!(other.state().standing, StateStanding::Writable);
    assert_eq!(other.objective().counts, EventCounts::new(120, 40));
    other.end();
    assert_eq!(Life::at(140, &scratch, promise()).objective().counts, EventCounts::new(120, 40));
}

#[test]
fn a_directory_that_cannot_be_is_told_and_nothing_else_changes() {
    let scratch = Scratch::new("state");
    std::fs::write(scratch.path(), "a file").unwrap();
    let one = Life::at(0, &scratch, promise());
    one.live(30, 9, 1);
    assert_eq!(one.objective().counts, EventCounts::new(270, 30));
    assert_ne!(one.state().standing, StateStanding::Writable);
    assert!(one.state().reason.is_some());
    std::fs::remove_file(scratch.path()).unwrap();
    // Healed: written at the next flush.
    one.live(11, 9, 1);
    assert_eq!(one.state().standing, StateStanding::Writable, "{:?}", one.state());
    one.end();
    assert_eq!(Life::at(41, &scratch, promise()).objective().counts, EventCounts::new(369, 41));
}

#[derive(Labels, Clone, PartialEq, Eq, Hash)]
struct Route {
    route: &'static str,
}

#[test]
fn members_of_families_go_on_as_they_appear() {
    let scratch = Scratch::new("state");
    let family = || SliFamily::<Route>::new("pages").objective(promise()).judge_members();
    let life = |second: u64| {
        let clock = ManualClock::at_unix_seconds(START + second);
        let engine = Engine::builder().manual_clock(clock).state_dir(scratch.path()).start().unwrap();
        let pages = engine.family(&family()).unwrap();
        (engine, pages)
    };
    let (engine, pages) = life(0);
    for (route, count) in [("a", 5), ("b", 7)] {
        pages.get(&Route { route }).record_n(Outcome::Ok, Duration::ZERO, count);
    }
    engine.advance(Duration::from_secs(10));
    assert!(engine.shutdown(Duration::from_secs(5)));
    let (engine, pages) = life(10);
    pages.get(&Route { route: "b" }).record_n(Outcome::Error, Duration::ZERO, 1);
    engine.advance(Duration::from_secs(1));
    let report = engine.report();
    let counts: Vec<_> = report.slis.iter().map(|sli| sli.objectives[0].counts).collect();
    assert_eq!(counts, [EventCounts::new(12, 1), EventCounts::new(7, 1)]);
}

#[test]
fn starts_that_follow_crashes_are_judged_and_a_loop_is_told() {
    let scratch = Scratch::new("state");
    let start = |second: u64| {
        let clock = ManualClock::at_unix_seconds(START + second);
        let builder = Engine::builder()
            .manual_clock(clock)
            .state_dir(scratch.path())
            .starts(Objective::availability(0.9));
        let engine = builder.start().unwrap();
        engine.advance(Duration::from_secs(1));
        engine
    };
    for crash in 0..4 {
        let report = start(crash * 60).report();
        let starts = report.slo("process.starts-availability").unwrap();
        assert_eq!(starts.counts, EventCounts::new(1, crash), "one start in order, and crashes since");
        assert_eq!(
            report.engine.degraded.iter().any(|problem| problem.contains("crashed 3 times")),
            crash == 3
        );
    }
}

#[test]
fn what_is_not_ours_is_left_alone_and_what_is_damaged_is_told() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(100, 1, 0);
    one.end();
    std::fs::write(scratch.path().join("notes.txt"), "mine").unwrap();
    for file in std::fs::read_dir(scratch.path()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("snapshot") || name.starts_with("journal") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.iter_mut().skip(20).for_each(|byte| *byte ^= 0x55);
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let other = Life::at(100, &scratch, promise());
    assert_eq!(other.objective().counts, EventCounts::ZERO);
    assert!(!other.state().found.is_empty(), "{:?}", other.state());
    other.live(11, 1, 0);
    assert_eq!(std::fs::read_to_string(scratch.path().join("notes.txt")).unwrap(), "mine");
    let aside = std::fs::read_dir(scratch.path())
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains("corrupt"));
    assert!(aside.count() > 0);
}

/// The process that ends in a panic: it is this test program, called again.
#[test]
fn a_panic_that_ends_the_process_is_preceded_by_a_flush() {
    const DIRECTORY: &str = "SRE_TEST_STATE_OF_A_PANIC";
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let scratch = Scratch::inherited(directory);
        // As with `panic = "abort"`: after the hooks there is nothing more.
        std::panic::set_hook(Box::new(|_| std::process::abort()));
        let one = Life::at(0, &scratch, promise());
        one.engine.flush_on_panic();
        one.live(8, 9, 1);
        panic!("the end of this process");
    }
    let scratch = Scratch::new("state");
    let ended = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_panic_that_ends_the_process_is_preceded_by_a_flush"])
        .env(DIRECTORY, scratch.path())
        .output()
        .unwrap();
    assert!(!ended.status.success());
    let after = Life::at(8, &scratch, promise());
    assert_eq!(after.objective().counts, EventCounts::new(72, 8), "the last flush was seven seconds before");
}

#[test]
fn a_directory_without_a_name_is_refused_strict_or_not() {
    for builder in [Engine::builder(), Engine::builder().strict()] {
        let refused = builder.manual_clock(ManualClock::default()).state_dir("").start();
        let Err(error @ Error::StateDir { .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(
            error.to_string(),
            "state_dir `` must name a directory: give a path such as /var/lib/shop, or `.` for the current one; is an environment variable unset?"
        );
    }
}

#[test]
fn ends_without_a_shutdown_are_told_with_what_to_do() {
    let scratch = Scratch::new("state");
    for life in 0..3 {
        Life::at(life, &scratch, promise()).live(1, 1, 0);
    }
    let told = Life::at(4, &scratch, promise()).engine.status().engine.degraded;
    assert!(
        matches!(told.as_slice(), [problem] if problem.contains("3 times") && problem.contains("`Engine::shutdown`")),
        "{told:?}"
    );
}

#[test]
fn a_flush_interval_has_a_range() {
    let refused = Engine::builder().flush_each(Duration::from_millis(10)).start();
    assert!(matches!(refused, Err(Error::FlushInterval { .. })), "{refused:?}");
}

#[test]
fn an_incident_outlives_the_process_that_saw_it_begin() {
    let scratch = Scratch::new("state");
    let one = Life::at(0, &scratch, promise());
    one.live(125, 0, 100);
    let began = one.objective().incident.unwrap();
    // Killed: nothing is told to the directory after the last flush.
    drop(one);

    let other = Life::at(200, &scratch, promise());
    let goes_on = other.objective().incident.unwrap();
    assert_eq!((goes_on.onset_unix_ns, goes_on.fired_unix_ns), (began.onset_unix_ns, began.fired_unix_ns));
    assert!(goes_on.interrupted && !began.interrupted);
    other.live(1_200, 100, 0);
    let after = other.objective();
    assert_eq!((after.incident, after.incidents.len()), (None, 1));
    other.end();

    let third = Life::at(1_500, &scratch, promise());
    assert_eq!(third.objective().incidents, after.incidents);
    assert_eq!(third.objective().mean_times, after.mean_times);
    let status = serde_json::to_value(third.engine.status()).unwrap();
    let told = &status["objectives"][0]["incidents"][0];
    assert_eq!(told["tiers"], serde_json::json!([1]));
    assert!(told["sentence"].as_str().unwrap().ends_with("not all of it seen"), "{told}");
}
