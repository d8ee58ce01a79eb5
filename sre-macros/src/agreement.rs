//! What the macros check by themselves, to point at the user's token, agrees with what `sre_core` accepts.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use sre_core::Sli;
use sre_core::sli::OBJECTIVES_MAX;
use sre_core::slo::{Objective, Period};
use sre_core::units::{Target, parse_duration};

/// Whether the attribute takes these arguments.
fn accepts(arguments: TokenStream) -> bool {
    let expanded = crate::attribute::expand(
        arguments,
        quote!(
            fn work() {}
        ),
    );
    !expanded.to_string().contains("compile_error")
}

const DURATIONS: [&str; 27] = [
    "",
    "0s",
    "1ns",
    "300ms",
    "250us",
    "1s",
    "1h30m",
    "24h",
    "1d",
    "25h",
    "2w",
    "30d",
    "92d",
    "93d",
    "1m",
    "59s",
    "1.5s",
    "-1s",
    "300",
    "s",
    "1 s",
    " 1s ",
    "99999999999999999999s",
    "18446744073709551615999999999ns",
    "18446744073709551616000000000ns",
    "18446744073709551616ns",
    "9999999999999d",
];

#[test]
fn durations_are_read_alike() {
    for text in DURATIONS {
        assert_eq!(crate::duration::parse(text), parse_duration(text).ok(), "{text:?}");
    }
}

#[test]
fn thresholds_are_accepted_alike() {
    for text in DURATIONS {
        let threshold = parse_duration(text).ok();
        let expected = threshold.is_some_and(|threshold| Objective::try_latency(0.9, threshold).is_ok());
        assert_eq!(accepts(quote!(latency(0.9, #text))), expected, "{text:?}");
    }
}

#[test]
fn periods_are_accepted_alike_from_a_day_on() {
    let calendars = ["day", "week", "month", "quarter", "year", "month Europe/Berlin", "months", "isoweek"];
    for text in DURATIONS.into_iter().chain(calendars) {
        let period = text.parse::<Period>().ok().filter(|period| period.length() >= Duration::from_hours(24));
        assert_eq!(accepts(quote!(availability = 0.9, period = #text)), period.is_some(), "{text:?}");
    }
}

#[test]
fn targets_are_accepted_alike() {
    for target in [
        0.0,
        1e-10,
        4e-10,
        5e-10,
        1e-9,
        0.5,
        0.999,
        0.999_999_999,
        0.999_999_999_4,
        0.999_999_999_6,
        1.0,
        1.5,
        99.9,
    ] {
        assert_eq!(accepts(quote!(availability = #target)), Target::try_new(target).is_ok(), "{target}");
    }
}

#[test]
fn names_are_accepted_alike() {
    let long = ["a".repeat(120), "a".repeat(121)];
    let names = ["", "a", "checkout", "a.b_c-d", ".a", "a.", "-", "a b", "größe", "a/b", "0", "a\n"];
    for name in names.into_iter().chain(long.iter().map(String::as_str)) {
        assert_eq!(accepts(quote!(name = #name)), Sli::try_new(name).is_ok(), "{name:?}");
    }
}

#[test]
fn as_many_objectives_are_accepted() {
    let latencies = |count: usize| {
        let thresholds = (1..=count).map(|ms| format!("{ms}ms"));
        let objectives: Vec<_> = thresholds.map(|threshold| quote!(latency(0.9, #threshold))).collect();
        quote!(#(#objectives),*)
    };
    assert!(accepts(latencies(OBJECTIVES_MAX)));
    assert!(!accepts(latencies(OBJECTIVES_MAX + 1)));
}

/// A panic of a macro shows no reason and no place, so whatever is typed gets an error instead.
#[test]
fn nothing_that_is_typed_makes_a_macro_panic() {
    const ARGUMENTS: [&str; 22] = [
        "",
        ",",
        "A",
        "A,",
        ", A",
        "A::",
        "::A",
        "name",
        "name =",
        "name = \"a\",",
        "latency",
        "latency()",
        "latency(,)",
        "latency(0.9, )",
        "availability = {",
        "availability = (0.9)",
        "abandoned(bad,)",
        "abandoned(bad_after =)",
        "ok_if = |",
        "crate",
        "crate =",
        "skip, skip",
    ];
    const ITEMS: [&str; 28] = [
        "",
        "fn",
        "fn f",
        "fn f()",
        "fn f();",
        "fn f() {",
        "fn f() {}",
        "fn f() -> {}",
        "fn f() -> impl {}",
        "pub(crate) fn f() {} fn g() {}",
        "impl",
        "impl A",
        "impl A {",
        "impl A { fn }",
        "impl A { fn f() {} x }",
        "trait T { fn f(); fn g() {} }",
        "struct S",
        "enum E { A(u8), B { c: u8 } }",
        "union U { a: u8 }",
        "impl A { #[cfg_attr] fn f() {} }",
        "impl A { #[cfg_attr()] fn f() {} #[cfg_attr(,)] fn g() {} }",
        "impl A { #[cfg_attr(a, sli, , cfg_attr(sli(skip)))] fn f() {} }",
        "fn f() -> impl Fn() { m! m!() !() }",
        "fn f() -> Pin<Box<dyn Future<Output = ()>>> { m!(); Box::pin(async {}) }",
        "#[outcome] #[outcome(crate)] #[outcome(crate = )] struct S;",
        "#[outcome(crate = a,)] enum E { #[outcome(ok, crate = a)] A }",
        "#[label] #[label(crate)] #[label(crate = a b)] struct S { a: u8 }",
        "{}",
    ];
    let tokens = |text: &&str| text.parse::<TokenStream>().ok();
    for item in ITEMS.iter().filter_map(tokens) {
        for arguments in ARGUMENTS.iter().filter_map(tokens) {
            let _ = crate::attribute::expand(arguments, item.clone());
        }
        let _ = crate::derive_outcome::expand(item.clone());
        let _ = crate::derive_labels::expand(item);
    }
}
