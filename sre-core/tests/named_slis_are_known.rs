//! Every SLI that an attribute or `register!` names is known before anything of it runs.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(dead_code, reason = "nothing here is called: that is the point")]

use std::fmt::Debug;
use std::time::Duration;

use sre_core::registry::{Named, named};
use sre_core::sli::AbandonedPolicy;
use sre_core::slo::{Objective, Period, slo_names};
use sre_core::window::CalendarUnit;
use sre_core::{Labels, Sli, SliFamily, register, sli};

#[track_caller]
#[expect(clippy::indexing_slicing, reason = "the length is asserted")]
fn find(name: &str) -> &'static Named {
    let found: Vec<_> = named().into_iter().filter(|named| named.definition().name() == name).collect();
    assert_eq!(found.len(), 1, "{name} among {:?}", names());
    found[0]
}

fn names() -> Vec<&'static str> {
    named().iter().map(|named| named.definition().name()).collect()
}

static STATIC: Sli = Sli::new("static");

#[sli(STATIC)]
fn one() {}

#[sli(STATIC)]
async fn two() {}

#[test]
fn a_static_named_twice_is_known_once() {
    assert!(std::ptr::eq(find("static").definition(), STATIC.definition()));
}

static BY_HAND: Sli = Sli::new("by-hand");
static BY_HAND_TOO: Sli = Sli::new("by-hand-too");

const LINE: u32 = line!() + 1;
register!(BY_HAND, BY_HAND_TOO);

#[derive(Labels)]
struct Tenant<'a> {
    tenant: &'a str,
}

static FAMILY: SliFamily<Tenant<'_>> = SliFamily::new("family");

register!(FAMILY);

#[test]
fn registered_statics_are_known_with_their_place() {
    assert_eq!(find("by-hand").file(), file!());
    assert_eq!(find("by-hand").line(), LINE);
    find("by-hand-too");
    assert!(std::ptr::eq(find("family").definition(), FAMILY.definition()));
}

#[sli(name = "never-instantiated", availability = 0.9)]
fn generic<T: Debug, const N: usize>(value: [T; N]) -> [T; N] {
    value
}

#[test]
fn generic_functions_need_no_instance() {
    find("never-instantiated");
}

#[sli(
    name = "search",
    availability = 0.995,
    latency(0.95, "250ms"),
    latency(0.99, "1s"),
    period = "7d",
    abandoned(bad)
)]
fn search() {}

#[sli(
    name = "report",
    latency(TARGET, Duration::from_mins(1)),
    period = "month Europe/Berlin",
    abandoned(bad_after = "1m30s")
)]
async fn report() {}

const TARGET: f64 = 0.9;

#[sli(name = "import", abandoned(ignored))]
fn import() {}

#[test]
fn inline_definitions_say_what_a_static_would() {
    let period = Period::days(7);
    let expected = [
        Objective::availability(0.995).period(period),
        Objective::latency(0.95, Duration::from_millis(250)).period(period),
        Objective::latency(0.99, Duration::from_secs(1)).period(period),
    ];
    let definition = find("search").definition();
    assert_eq!(definition.objectives().copied().collect::<Vec<_>>(), expected);
    assert_eq!(definition.abandoned_policy(), AbandonedPolicy::Bad);
    assert_eq!(slo_names("search", &expected)[1], "search-latency-250ms");

    let definition = find("report").definition();
    let period = Period::calendar(CalendarUnit::Month, "Europe/Berlin");
    let expected = Objective::latency(0.9, Duration::from_mins(1)).period(period);
    assert_eq!(definition.objectives().collect::<Vec<_>>(), [&expected]);
    assert_eq!(definition.abandoned_policy(), AbandonedPolicy::BadAfter(Duration::from_secs(90)));

    assert_eq!(find("import").definition().abandoned_policy(), AbandonedPolicy::Ignored);
}

#[sli]
fn unnamed() {}

mod inner {
    use sre_core::sli;

    #[sli(availability = 0.9)]
    async fn r#async() {}

    struct Cart;

    #[sli]
    impl Cart {
        fn add(&self) {}

        #[sli(name = "own")]
        fn remove(&self) {}

        #[sli(skip)]
        fn skipped(&self) {}
    }

    #[sli(name = "carts", availability = 0.9)]
    impl<T> super::Shape for &[T] {
        fn area(&self) -> usize {
            self.len()
        }
    }
}

#[sli]
trait Shape {
    fn area(&self) -> usize;

    fn double(&self) -> usize {
        self.area() * 2
    }
}

#[test]
fn unnamed_functions_are_named_by_their_path() {
    for name in [
        "named_slis_are_known.unnamed",
        "named_slis_are_known.inner.async",
        "named_slis_are_known.inner.Cart.add",
        "own",
        "carts.area",
        "named_slis_are_known.Shape.double",
    ] {
        find(name);
    }
    assert!(!names().iter().any(|name| name.contains("skipped")));
}

#[test]
fn nothing_else_is_known_and_the_order_is_that_of_the_source() {
    let places: Vec<_> = named().iter().map(|named| (named.file(), named.line())).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(places.len(), 14, "{:?}", names());
}
