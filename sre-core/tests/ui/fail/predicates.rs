//! Predicates that contradict each other, or cannot be called.

use sre_core::{Sli, sli};

static CHECKOUT: Sli = Sli::new("checkout");

#[sli(CHECKOUT, ok_if = |n| *n > 0, error_if = |n| *n == 0)]
fn two_predicates() -> u32 {
    1
}

#[sli(CHECKOUT, ok_if = |n| *n > 0, always_ok)]
fn predicate_and_always_ok() -> u32 {
    1
}

#[sli(CHECKOUT, ok_if = "result > 0")]
fn text() -> u32 {
    1
}

#[sli(CHECKOUT, error_if = || true)]
fn no_argument() -> u32 {
    1
}

#[sli(CHECKOUT, ignore_if = |a, b| true)]
fn two_arguments() -> u32 {
    1
}

#[sli(CHECKOUT, ok_if = |n| *n)]
fn not_a_bool() -> u32 {
    1
}

#[sli(CHECKOUT, ok_if = |n: &String| n.is_empty())]
fn other_type() -> u32 {
    1
}

#[sli(CHECKOUT, ok_if = |_| true)]
fn never() -> ! {
    loop {}
}

fn main() {}
