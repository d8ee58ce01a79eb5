//! Labelled families: exact totals, bounded members, any text as a value.

#![expect(clippy::unwrap_used, reason = "helpers of tests may")]
#![cfg(feature = "macros")]

use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::sli::OVERFLOW;
use sre_core::{Engine, Labels, Objective, Outcome, SliFamily};

#[derive(Labels, Clone, Copy)]
enum Method {
    Get,
    Post,
}

#[derive(Labels)]
struct Closed {
    method: Method,
    cached: bool,
}

#[derive(Labels)]
struct Fixed {
    method: Method,
    path: &'static str,
}

#[derive(Labels)]
struct Open {
    tenant: String,
}

const MS: Duration = Duration::from_millis(1);

fn engine() -> Engine {
    Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start().unwrap()
}

fn values(engine: &Engine) -> Vec<(Vec<String>, u64)> {
    let report = engine.report();
    report
        .slis
        .iter()
        .map(|sli| (sli.labels.iter().map(|label| label.value.to_string()).collect(), sli.events.ok))
        .collect()
}

#[test]
fn closed_label_sets_are_found_by_position() {
    let engine = engine();
    let family = engine.family(&SliFamily::<Closed>::new("closed")).unwrap();
    for (method, cached, count) in
        [(Method::Get, true, 3), (Method::Post, true, 2), (Method::Get, false, 1), (Method::Get, true, 4)]
    {
        family.get(&Closed { method, cached }).record_n(Outcome::Ok, MS, count);
    }
    engine.advance(Duration::from_secs(1));
    let expected = [(["", ""], 10), (["get", "true"], 7), (["post", "true"], 2), (["get", "false"], 1)];
    let expected: Vec<_> =
        expected.map(|(values, ok)| (values.map(str::to_owned).to_vec(), ok)).into_iter().collect();
    assert_eq!(values(&engine), expected);
}

#[test]
fn texts_are_found_by_content_wherever_they_stand() {
    let engine = engine();
    let family = engine.family(&SliFamily::<Fixed>::new("fixed")).unwrap();
    let elsewhere: &'static str = Box::leak(String::from("/checkout").into_boxed_str());
    for path in ["/checkout", elsewhere, "/checkout", elsewhere] {
        family.get(&Fixed { method: Method::Get, path }).record(Outcome::Ok, MS);
    }
    engine.advance(Duration::from_secs(1));
    assert_eq!(values(&engine).len(), 2);
    assert_eq!(values(&engine)[1], (vec!["get".into(), "/checkout".into()], 4));
}

#[test]
fn a_flood_of_labels_ends_in_one_overflow_member_and_the_whole_stays_exact() {
    const TENANTS: u64 = 100_000;
    let engine = engine();
    let family = SliFamily::<Open>::new("flood").members_max(100).objective(Objective::availability(0.99));
    let family = engine.family(&family).unwrap();
    for tenant in 0..TENANTS {
        let outcome = if tenant % 10 == 0 { Outcome::Error } else { Outcome::Ok };
        family.get(&Open { tenant: format!("tenant-{tenant}") }).record(outcome, MS);
    }
    engine.advance(Duration::from_secs(1));
    let report = engine.report();
    // The whole, one hundred members, and the overflow one.
    assert_eq!(report.slis.len(), 102);
    let whole = &report.slis[0];
    assert_eq!((whole.events.ok, whole.events.error), (TENANTS / 10 * 9, TENANTS / 10));
    assert_eq!(whole.objectives[0].counts.total(), TENANTS);
    let overflow: Vec<_> =
        report.slis.iter().filter(|sli| sli.labels.iter().any(|l| &*l.value == OVERFLOW)).collect();
    assert_eq!(overflow.len(), 1);
    assert_eq!(overflow[0].events.ok + overflow[0].events.error, TENANTS - 100);
    assert_eq!(report.engine.series_refused, TENANTS - 100);
}

#[test]
fn members_are_judged_on_request() {
    let engine = engine();
    let whole_only = SliFamily::<Closed>::new("whole").objective(Objective::availability(0.99));
    let each = SliFamily::<Closed>::new("each").objective(Objective::availability(0.99)).judge_members();
    let (whole_only, each) = (engine.family(&whole_only).unwrap(), engine.family(&each).unwrap());
    for family in [&whole_only, &each] {
        family.get(&Closed { method: Method::Get, cached: true }).record_n(Outcome::Ok, MS, 90);
        family.get(&Closed { method: Method::Post, cached: true }).record_n(Outcome::Error, MS, 10);
    }
    engine.advance(Duration::from_secs(1));
    let window = Duration::from_secs(300);
    let burn = |family: &SliFamily<Closed>, method| {
        family.get(&Closed { method, cached: true }).burn_rate(window).map(|burn| burn.get())
    };
    assert_eq!(burn(&whole_only, Method::Post), None);
    assert_eq!(burn(&each, Method::Get), Some(0.0));
    assert!(burn(&each, Method::Post).is_some_and(|burn| (burn - 100.0).abs() < 1e-9));
    let report = engine.report();
    let objectives: Vec<usize> = report.slis.iter().map(|sli| sli.objectives.len()).collect();
    assert_eq!(objectives, [1, 0, 0, 1, 1, 1]);
}

#[test]
fn any_text_is_a_value() {
    let engine = engine();
    let family = engine.family(&SliFamily::<Open>::new("texts")).unwrap();
    let texts = ["", "\"quoted\"", "line\nbreak", "nul\0", "é 😀", "{a=\"b\"}"];
    for tenant in texts.map(str::to_owned).into_iter().chain([String::from("x").repeat(1 << 20)]) {
        family.get(&Open { tenant }).record(Outcome::Ok, MS);
    }
    engine.advance(Duration::from_secs(1));
    assert_eq!(values(&engine).len(), 8);
    assert_eq!(values(&engine)[3].0[0], "line\nbreak");
}

#[test]
fn many_threads_find_one_member_each() {
    let engine = engine();
    let family = engine.family(&SliFamily::<Open>::new("threads").members_max(64)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for step in 0..6_400 {
                    family.get(&Open { tenant: (step % 64).to_string() }).record(Outcome::Ok, MS);
                }
            });
        }
    });
    engine.advance(Duration::from_secs(1));
    let members = values(&engine);
    assert_eq!(members.len(), 65);
    assert!(members[1..].iter().all(|(_, ok)| *ok == 800), "{members:?}");
}

#[test]
fn a_flood_from_several_threads_is_counted_exactly() {
    const THREADS: u64 = 8;
    const EVENTS: u64 = 20_000;
    let engine = engine();
    let family = engine.family(&SliFamily::<Open>::new("threads-flood").members_max(50)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let family = &family;
            scope.spawn(move || {
                for step in 0..EVENTS {
                    // Every other event has a label of its own, the rest those that all threads use.
                    let tenant = match step % 2 {
                        0 => (step % 40).to_string(),
                        _ => format!("{thread}-{step}"),
                    };
                    family.get(&Open { tenant }).record(Outcome::Ok, MS);
                }
            });
        }
    });
    engine.advance(Duration::from_secs(1));
    let members = values(&engine);
    assert_eq!(members.len(), 52, "the whole, as many as there may be, and the overflow one");
    assert_eq!(members[0].1, THREADS * EVENTS);
    assert_eq!(members[1..].iter().map(|(_, ok)| ok).sum::<u64>(), THREADS * EVENTS);
    for (label, ok) in &members[1..] {
        let shared = label[0].parse::<u64>().is_ok();
        assert!(
            label[0] == OVERFLOW || *ok == if shared { THREADS * EVENTS / 40 } else { 1 },
            "{label:?} {ok}"
        );
    }
}

#[test]
fn tens_of_thousands_of_members_are_found_each() {
    const MEMBERS: u32 = 40_000;
    let engine = engine();
    let family = engine.family(&SliFamily::<Open>::new("large").members_max(MEMBERS as usize)).unwrap();
    for round in 0..2 {
        for tenant in (0..MEMBERS).map(|tenant| tenant.to_string()) {
            let member = family.get(&Open { tenant });
            assert_eq!(member.count(Outcome::Ok), round);
            member.record(Outcome::Ok, MS);
        }
    }
    engine.advance(Duration::from_secs(1));
    let report = engine.report();
    assert_eq!(report.slis.len(), MEMBERS as usize + 1);
    assert_eq!(report.slis[0].events.ok, 2 * u64::from(MEMBERS));
}
