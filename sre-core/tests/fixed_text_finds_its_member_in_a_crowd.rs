//! Labels told by address find their own member however many there are, at one address or at several.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use sre_core::{Labels, Outcome, SliFamily};

#[derive(Clone, Copy, Labels)]
struct Route {
    path: &'static str,
    is_encrypted: bool,
}

/// More than the memo has places, so that most labels meet others there.
const TEXTS: usize = 700;

/// Texts that begin at one address and differ in their length only.
fn prefixes() -> Vec<&'static str> {
    let longest: &'static str = "x".repeat(TEXTS).leak();
    (1..=TEXTS).map(|length| &longest[..length]).collect()
}

fn routes(paths: &[&'static str]) -> Vec<Route> {
    paths.iter().flat_map(|&path| [false, true].map(|is_encrypted| Route { path, is_encrypted })).collect()
}

#[test]
fn prefixes_of_one_text_are_different_labels() {
    static FAMILY: SliFamily<Route> = SliFamily::new("crowd.prefixes");
    let routes = routes(&prefixes());
    // The first time the memo is empty, then it answers.
    for round in 1..=3 {
        for (times, route) in (1..).zip(&routes) {
            FAMILY.get(route).record_n(Outcome::Ok, Duration::from_millis(1), times);
            assert_eq!(FAMILY.get(route).durations().count(), times * round, "{}", route.path.len());
        }
    }
    let members: HashSet<_> = routes.iter().map(|route| std::ptr::from_ref(FAMILY.get(route))).collect();
    assert_eq!(members.len(), 2 * TEXTS);
}

#[test]
fn equal_texts_at_two_addresses_are_one_label_whichever_thread_comes_first() {
    static FAMILY: SliFamily<Route> = SliFamily::new("crowd.copies");
    let copies = [prefixes(), prefixes()].map(|paths| routes(&paths));
    thread::scope(|scope| {
        for routes in &copies {
            scope.spawn(|| routes.iter().for_each(|route| FAMILY.get(route).start().ok()));
        }
    });
    for (one, other) in copies[0].iter().zip(&copies[1]) {
        assert!(std::ptr::eq(FAMILY.get(one), FAMILY.get(other)), "{}", one.path.len());
        assert_eq!(FAMILY.get(one).durations().count(), 2);
    }
}
