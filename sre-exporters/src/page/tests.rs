//! The page as a reader gets it.

use std::sync::Arc;
use std::time::Duration;

use sre_core::Outcome;
use sre_core::report::{Label, Report};
use sre_core::slo::{Adjustment, Entry};

use super::*;
use crate::sample::{checkout, engine};

fn outage() -> Report {
    let engine = engine("shop");
    let checkout = checkout(&engine);
    for _ in 0..300 {
        checkout.record_n(Outcome::Ok, Duration::from_millis(12), 50);
        checkout.record_n(Outcome::Error, Duration::from_millis(3), 50);
        engine.advance(Duration::from_secs(1));
    }
    Report::clone(&engine.collect())
}

fn shown(report: &Report) -> String {
    let page = Page {
        service: &report.service,
        time: "2025-12-17T19:33:20Z",
        slis: &report.slis,
        engine: &report.engine,
    };
    let mut out = Vec::new();
    render(&page, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

/// The text between tags, one line per run.
fn text_of(html: &str) -> String {
    let body = html.split_once("<body>").expect("a body").1;
    let runs = body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
    runs.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Panics unless every element that must be closed is.
#[track_caller]
fn check_nesting(html: &str) {
    let empty = ["meta", "br", "!doctype"];
    let mut open = Vec::new();
    for tag in html.split('<').skip(1) {
        let name = tag.split(['>', ' ', '\n']).next().expect("a name");
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "before {tag}"),
            None if empty.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

#[test]
fn an_outage_is_told_in_words_and_figures() {
    let html = shown(&outage());
    check_nesting(&html);
    let text = text_of(&html);
    for expected in [
        "shop",
        "An alert fires.",
        "checkout-availability",
        "99.9 % over 30d",
        "99 % within 300ms over 30d, of calls that went well",
        "firing",
        "the budget is empty",
        "500",
        "15\u{202F}000 good",
        "15\u{202F}000 bad",
        "Incidents",
        "fired 1 min 38 s after its onset, has lasted 3 min 13 s, spent 5.6 % of the budget",
        "tiers 1, 2",
        "p99",
    ] {
        assert!(text.lines().any(|line| line.contains(expected)), "{expected:?} in {text}");
    }
}

#[test]
fn long_windows_are_told_as_far_as_they_know_more() {
    let mut report = outage();
    let text = text_of(&shown(&report));
    assert!(!text.contains("seen") && !text.contains('±'), "five minutes are all there is: {text}");

    let mut windows = report.slis[0].percentiles.to_vec();
    let [day, week, month] = windows.last_chunk_mut().expect("three long windows");
    (day.count, day.coverage) = (20_000, Some(1.0));
    (week.count, week.coverage, week.relative_error) = (90_000, Some(0.25), 0.016);
    (month.count, month.coverage) = (90_000, Some(0.06));
    report.slis[0].percentiles = windows.into();
    let text = text_of(&shown(&report));
    let calls = text.split_once("Durations of successful calls").expect("a table of calls").1;
    assert!(calls.contains("1d") && calls.contains("7d") && !calls.contains("30d"), "{calls}");
    assert!(calls.contains("± 1.6 %") && calls.contains("25 % seen"), "{calls}");
}

#[test]
fn an_idle_engine_says_that_there_is_nothing_to_say() {
    let empty = text_of(&shown(&engine("shop").collect()));
    assert!(empty.contains("No objective is declared."), "{empty}");

    let engine = engine("shop");
    checkout(&engine);
    engine.advance(Duration::from_secs(1));
    let idle = text_of(&shown(&engine.collect()));
    assert!(idle.contains("There is no traffic to judge.") && idle.contains("no data"), "{idle}");
    assert!(!idle.contains("NaN"), "{idle}");
}

#[test]
fn problems_of_the_engine_come_first() {
    let mut report = outage();
    report.engine.degraded.push("cannot write <state>".to_owned());
    report.engine.paused = true;
    let html = shown(&report);
    assert!(html.contains("cannot write &lt;state&gt;") && html.contains("Recording is paused"));
    check_nesting(&html);
}

#[test]
fn what_is_booked_is_shown_with_its_author_and_reason_and_what_would_be_without_it() {
    let engine = engine("shop");
    let checkout = checkout(&engine);
    checkout.record_n(Outcome::Ok, Duration::from_millis(12), 999_500);
    checkout.record_n(Outcome::Error, Duration::from_millis(3), 500);
    engine.advance(Duration::from_secs(1));
    assert!(!shown(&engine.collect()).contains("Ledger"), "nothing is booked");
    let now = std::time::UNIX_EPOCH + Duration::from_secs(1_766_000_001);
    let slo = "checkout-availability";
    for entry in [
        Entry::adjustment(slo, Adjustment::new(0, -400)).because("the <provider> was down"),
        Entry::exclusion(slo, now + Duration::from_secs(9)..now + Duration::from_secs(60))
            .because("the database moves"),
    ] {
        engine.book(entry.by("ann")).expect("fits");
    }
    engine.advance(Duration::from_secs(10));
    let html = shown(&engine.collect());
    check_nesting(&html);
    let text = text_of(&html);
    for expected in [
        "Ledger",
        // Of a thousand that may fail a hundred count, and five hundred did.
        "90 %",
        "50 % without the ledger",
        "nothing counts now",
        "+0 good, \u{2212}400 bad at 2025-12-17T19:33:21Z",
        "2025-12-17T19:33:30Z to 2025-12-17T19:34:21Z",
        "ann",
        "the &lt;provider&gt; was down",
        "the database moves",
    ] {
        assert!(text.lines().any(|line| line.contains(expected)), "{expected:?} in {text}");
    }
}

#[test]
fn text_from_outside_cannot_become_markup() {
    let hostile = "</bdi><script>alert(1)</script>\"'&\0\u{202E}";
    let mut report = outage();
    report.service = Arc::from(hostile);
    for sli in &mut report.slis {
        sli.labels = Arc::from([Label::new("route", hostile)]);
        for objective in &mut sli.objectives {
            objective.slo = Arc::from(hostile);
        }
    }
    let html = shown(&report);
    check_nesting(&html);
    assert!(!html.contains("<script") && !html.contains('\0') && !html.contains('\u{202E}'));
}

#[test]
fn a_page_has_a_bound_and_shows_the_worst_first() {
    let mut report = outage();
    let firing = report.slis[0].clone();
    let mut calm = firing.clone();
    for objective in &mut calm.objectives {
        objective.state = ObjectiveState::Ok;
        objective.slo = Arc::from("calm");
    }
    report.slis = vec![calm; 2_000];
    report.slis.push(firing);
    let html = shown(&report);
    check_nesting(&html);
    let text = text_of(&html);
    let place = |word: &str| text.find(word).unwrap_or_else(|| panic!("{word} is shown"));
    assert!(place("checkout-availability") < place("calm"));
    assert!(
        text.contains("and 3802 more") && text.contains("and 1801 more"),
        "{}",
        &text[text.len() - 200..]
    );
    assert!(html.len() < 600_000, "{} bytes", html.len());
}
