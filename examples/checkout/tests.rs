//! The script of the example against an engine with a manual clock: the page fires in the outage and clears in the
//! recovery, however short the run and however few the customers.

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::report::Report;
use sre_core::sli::Abandoned;
use sre_core::slo::Severity;
use sre_core::{Engine, Outcome, Sli};
use sre_examples::alarms::Alarm;

use crate::phases::{Fate, Phase, Script};
use crate::screen::Screen;
use crate::service::CHECKOUT;
use crate::story::Story;
use crate::table::{self, Ink};

const SECOND: Duration = Duration::from_secs(1);
const SLO: &str = "checkout-availability";

/// Plays a run second by second and gives back its story, its events and its last report.
fn play(script: Script, calls_per_second: u64) -> (Story, Vec<String>, std::sync::Arc<Report>) {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().service("shop").manual_clock(clock).start().unwrap();
    let checkout = engine.sli(CHECKOUT.definition()).unwrap();
    let mut story = Story::beginning(script, &engine.report());
    let mut events = Vec::new();
    for second in 0..script.length().as_secs() {
        let calls = second * calls_per_second..(second + 1) * calls_per_second;
        calls.for_each(|call| record(&checkout, script.fate(Duration::from_secs(second), call)));
        engine.advance(SECOND);
        events.extend(story.observe(&engine.report()));
    }
    (story, events, engine.report())
}

/// What the handlers and the customers' patience make of a fate.
fn record(checkout: &Sli, fate: Fate) {
    let (outcome, duration_ms) = match fate {
        Fate::Well => (Outcome::Ok, 40),
        Fate::Slow => (Outcome::Ok, 450),
        Fate::Fails => (Outcome::Error, 20),
        Fate::Hangs => (Outcome::Abandoned(Abandoned::Cancelled), 1_000),
    };
    checkout.record(outcome, Duration::from_millis(duration_ms));
}

#[track_caller]
fn check_page(seconds: u64, calls_per_second: u64) {
    let script = Script::new(Duration::from_secs(seconds), true);
    let (story, events, _) = play(script, calls_per_second);
    let pages: Vec<Alarm> = story.alarms(SLO, Severity::Page).collect();
    let case = format!("{seconds} s at {calls_per_second} calls a second: {events:#?}");
    let [Alarm { fired, cleared: Some(cleared) }] = pages[..] else {
        panic!("not one page that clears: {case}")
    };
    assert_eq!(script.phase(fired), Phase::Outage, "fired in {case}");
    assert_eq!(script.phase(cleared), Phase::Recovery, "cleared in {case}");
    // Its short window of 3 s must forget the outage, and then hold as long.
    let after_the_outage = cleared - script.begins(Phase::Recovery);
    assert!((6 * SECOND..=8 * SECOND).contains(&after_the_outage), "{after_the_outage:?} in {case}");
}

#[test]
fn the_page_fires_in_the_outage_and_clears_in_the_recovery() {
    // Half of the customers pay: 5 a second are those of `--rps 10`.
    for calls_per_second in [5, 100, 2_500] {
        for seconds in [20, 60, 120] {
            check_page(seconds, calls_per_second);
        }
    }
}

#[test]
fn without_faults_nothing_fires() {
    let (story, events, report) = play(Script::new(120 * SECOND, false), 100);
    assert_eq!(story.alarms(SLO, Severity::Page).count(), 0, "{events:?}");
    assert_eq!(report.slo(SLO).unwrap().counts.bad(), 0);
    assert_eq!(
        story.summary(&report)[..3],
        [
            "checkout-availability promises 99 %: 0 of 12,000 calls were bad, 0 %.",
            "  No tier fired.",
            "  100 % of its budget is left; at this rate the budget lasts.",
        ]
    );
}

#[test]
fn the_summary_tells_the_run_in_sentences() {
    let (story, _, report) = play(Script::new(120 * SECOND, true), 100);
    let summary = story.summary(&report);
    // Nine of ten calls in a quarter of the run, and two of a thousand in the rest: 2,700 and 18, but for rounding.
    assert_eq!(summary[0], "checkout-availability promises 99 %: 2,717 of 12,000 calls were bad, 22.64 %.");
    assert_eq!(
        summary[1],
        "  The page fired at 00:45, 3 s into the outage, and cleared at 01:18, 6 s into the recovery."
    );
    assert!(summary[3].starts_with("  Its budget is spent 22.6 times over; without errors"), "{summary:#?}");
}

#[test]
fn events_are_told_with_their_time() {
    let (_, events, _) = play(Script::new(20 * SECOND, true), 100);
    let of_the_page: Vec<_> = events.iter().filter(|event| event.contains("availability: page")).collect();
    assert_eq!(of_the_page.len(), 3, "{events:#?}");
}

#[test]
fn a_handful_of_events_says_nothing_about_a_budget() {
    let (_, _, report) = play(Script::new(20 * SECOND, true), 1);
    for row in table::rows(&report, Ink::Plain).iter().skip(1) {
        assert!(row.contains(" -           ") && row.ends_with('-'), "{row}");
    }
}

#[test]
fn the_table_shows_every_objective_with_and_without_colours() {
    let (_, _, report) = play(Script::new(60 * SECOND, true), 100);
    let plain = table::rows(&report, Ink::Plain);
    assert_eq!(plain.len(), 1 + 2, "{plain:#?}");
    assert!(plain[0].contains("3s 10s 30s  2m 10m"), "{}", plain[0]);
    assert!(plain[1].starts_with("checkout-availability "), "{}", plain[1]);
    assert!(plain[1].contains("  ░░░░░ 0 %  "), "{}", plain[1]);
    for row in &plain {
        let before_the_end: String = row.chars().take(80).collect();
        assert!(row.chars().count() <= 80 || before_the_end.contains("now;"), "wider than a terminal: {row}");
    }
    let coloured = table::rows(&report, Ink::Coloured).join("\n");
    assert!(coloured.contains("\x1b[1;31m"));
    let mut screen = Screen::plain(Vec::new(), SECOND);
    assert_eq!(screen.ink(), Ink::Plain);
    screen.draw(SECOND, &plain).unwrap();
}
