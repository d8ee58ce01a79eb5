//! `#[derive(Labels)]`: places are dense and distinct, text survives, lookups agree with the text.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use proptest::prelude::*;
use sre_core::sli::LabelValue;
use sre_core::{Labels, Outcome, SliFamily, sli};

#[derive(Clone, Copy, Debug, PartialEq, Labels)]
enum Method {
    Get,
    Post,
    #[label(rename = "OPTIONS")]
    Options,
    HTTPUpgrade = 9,
}

const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Options, Method::HTTPUpgrade];

#[derive(Clone, Copy, Debug, PartialEq, Labels)]
struct Closed {
    method: Method,
    #[label(rename = "tls")]
    is_encrypted: bool,
    r#type: Method,
}

fn all_closed() -> impl Iterator<Item = Closed> {
    METHODS.into_iter().flat_map(|method| {
        [false, true]
            .into_iter()
            .flat_map(move |is_encrypted| METHODS.map(|r#type| Closed { method, is_encrypted, r#type }))
    })
}

#[test]
fn closed_labels_have_a_place_each() {
    assert_eq!(Closed::NAMES, ["method", "tls", "type"]);
    assert_eq!(Closed::DENSE, Some(32));
    let places: Vec<usize> = all_closed().map(|labels| labels.dense_index()).collect();
    assert_eq!(places, (0..32).collect::<Vec<_>>());
    let identities: HashSet<_> = all_closed().map(|labels| labels.identity()).collect();
    assert_eq!(identities.len(), 32);
}

#[test]
fn variants_read_in_snake_case_unless_renamed() {
    let texts = METHODS.map(|method| method.with_text(str::to_owned));
    assert_eq!(texts, ["get", "post", "OPTIONS", "http_upgrade"]);
}

#[derive(Clone, Debug, PartialEq, Labels)]
struct Open<'a, T> {
    method: Method,
    route: &'a str,
    tenant: Cow<'a, str>,
    owner: String,
    zone: Arc<str>,
    status: u16,
    offset: i64,
    other: T,
}

fn open<'a>(route: &'a str, tenant: &'a str, status: u16, offset: i64) -> Open<'a, Box<str>> {
    Open {
        method: Method::Get,
        route,
        tenant: tenant.into(),
        owner: String::from("me"),
        zone: "a".into(),
        status,
        offset,
        other: "x".into(),
    }
}

#[test]
fn open_labels_have_no_places_and_borrowed_text_no_identity() {
    assert_eq!(Open::<u8>::DENSE, None);
    let labels = open("/", "t", 200, -3);
    assert_eq!((labels.dense_index(), labels.identity()), (0, None));
    let expected: [Box<str>; 8] = ["get", "/", "t", "me", "a", "200", "-3", "x"].map(Into::into);
    assert_eq!(*labels.to_values(), expected);
}

#[derive(Labels)]
struct Fixed {
    method: Method,
    route: &'static str,
    status: u16,
    shard: i8,
}

#[test]
fn fixed_text_is_told_by_its_address() {
    let labels = |method, route, status, shard| Fixed { method, route, status, shard }.identity();
    let [a, b] = ["/cart", "/checkout"];
    let reference = labels(Method::Get, a, 200, -1);
    assert!(reference.is_some());
    assert_eq!(labels(Method::Get, a, 200, -1), reference);
    for other in [
        labels(Method::Post, a, 200, -1),
        labels(Method::Get, b, 200, -1),
        labels(Method::Get, &a[..3], 200, -1),
        labels(Method::Get, a, 404, -1),
        labels(Method::Get, a, 200, 1),
    ] {
        assert_ne!(other, reference);
    }
}

#[test]
fn values_of_the_wrong_number_match_nothing() {
    let labels = Closed { method: Method::Get, is_encrypted: true, r#type: Method::Post };
    assert!(labels.matches(&["get", "true", "post"]));
    assert!(!labels.matches(&["get", "true"]));
    assert!(!labels.matches(&["get", "true", "post", ""]));
    assert!(!labels.matches::<&str>(&[]));
}

proptest! {
    #[test]
    fn lookups_agree_with_the_text(
        left in (".*", ".*", any::<u16>(), any::<i64>()),
        right in (".*", ".*", any::<u16>(), any::<i64>()),
        seed in any::<u64>(),
    ) {
        let left = open(&left.0, &left.1, left.2, left.3);
        let right = open(&right.0, &right.1, right.2, right.3);
        let values = left.to_values();
        prop_assert!(left.matches(&values));
        prop_assert_eq!(right.matches(&values), right == left);
        prop_assert_eq!(left.content_hash(seed), left.clone().content_hash(seed));
        prop_assert!(right == left || right.content_hash(seed) != left.content_hash(seed));
    }
}

/// Labels for others.
pub mod visible {
    use sre_core::Labels;

    #[derive(Clone, Copy, Debug, Labels)]
    enum Hidden {
        Only,
    }

    /// Shown to others, with a value that is not.
    #[derive(Clone, Copy, Debug, Labels)]
    pub struct Shown<'a> {
        hidden: Hidden,
        /// Where.
        pub zone: &'a str,
    }

    impl Shown<'static> {
        /// The only one there is.
        pub const ONLY: Self = Self { hidden: Hidden::Only, zone: "a" };
    }
}

#[test]
fn public_labels_may_have_private_values() {
    assert_eq!(*visible::Shown::ONLY.to_values(), ["only".into(), "a".into()]);
}

#[derive(Labels)]
struct Tenant<'a> {
    tenant: &'a str,
}

static TENANTS: SliFamily<Tenant<'_>> = SliFamily::new("tenants");

#[test]
fn a_static_family_takes_labels_borrowed_from_a_request() {
    for request in ["shop-1", "shop-2", "shop-1"] {
        let header = request.to_owned();
        TENANTS.get(&Tenant { tenant: &header }).start().ok();
    }
    assert_eq!(TENANTS.get(&Tenant { tenant: "shop-1" }).count(Outcome::Ok), 2);
}

/// A derive, an enum and an attribute under one name do not get into each other's way.
#[sli]
fn names_are_shared(outcome: Outcome) -> Outcome {
    outcome
}

#[test]
fn derive_and_type_share_a_name() {
    assert_eq!(names_are_shared(Outcome::Ok), Outcome::Ok);
}
