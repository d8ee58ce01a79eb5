//! Arguments that do not exist, or not in this form.

use sre_core::{Sli, sli};

static CHECKOUT: Sli = Sli::new("checkout");

#[sli(nam = "checkout")]
fn misspelt() {}

#[sli(colour = "red")]
fn unknown() {}

#[sli(always)]
fn unknown_word() {}

#[sli(labels(a))]
fn unknown_call() {}

#[sli("checkout")]
fn text() {}

#[sli(0.999)]
fn number() {}

#[sli(name("checkout"))]
fn called() {}

#[sli(latency = "300ms")]
fn assigned() {}

#[sli(skip = true)]
fn assigned_word() {}

#[sli(name = "a", name = "b")]
fn twice() {}

#[sli(CHECKOUT, CHECKOUT)]
fn two_paths() {}

#[sli(name = "a" availability = 0.9)]
fn no_comma() {}

#[sli(skip, name = "a")]
fn skipped_and_named() {}

#[sli(CHECKOUT, availability = 0.9, latency(0.9, "1s"), name = "b", period = "7d", abandoned(bad))]
fn static_and_more() {}

#[sli(Self::CHECKOUT)]
fn item_of_a_type() {}

fn main() {}
