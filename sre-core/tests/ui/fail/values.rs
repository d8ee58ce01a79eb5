//! Values out of range: every one is named with the range and what to write instead.

use sre_core::sli;

#[sli(name = "a", availability = 99.9)]
fn percent() {}

#[sli(name = "a", availability = 1.0)]
fn one() {}

#[sli(name = "a", availability = 0.0)]
fn zero() {}

#[sli(name = "a", availability = -0.5)]
fn negative() {}

#[sli(name = "a", availability = 99)]
fn whole() {}

#[sli(name = "a", availability = "99.9%")]
fn text() {}

#[sli(name = "a", availability = 0.9999999999)]
fn too_near_to_one() {}

#[sli(name = "a", latency(0.99))]
fn no_threshold() {}

#[sli(name = "a", latency(0.99, "300ms", "1s"))]
fn two_thresholds() {}

#[sli(name = "a", latency("300ms", 0.99))]
fn swapped() {}

#[sli(name = "a", latency(0.99, "0s"))]
fn zero_threshold() {}

#[sli(name = "a", latency(0.99, "25h"))]
fn absurd_threshold() {}

#[sli(name = "a", latency(0.99, "300"))]
fn no_unit() {}

#[sli(name = "a", latency(0.99, "1.5s"))]
fn fraction() {}

#[sli(name = "a", latency(0.99, 300))]
fn number() {}

#[sli(name = "a", latency(0.9, "1s"), latency(0.99, "1000ms"))]
fn same_threshold() {}

#[sli(period = "7d")]
fn period_of_nothing() {}

#[sli(availability = 0.9, period = "93d")]
fn long_period() {}

#[sli(availability = 0.9, period = "1h")]
fn short_period() {}

#[sli(availability = 0.9, period = "fortnight")]
fn unknown_period() {}

#[sli(availability = 0.9, period = 30)]
fn period_number() {}

#[sli(abandoned(maybe))]
fn unknown_policy() {}

#[sli(abandoned())]
fn no_policy() {}

#[sli(abandoned(bad_after))]
fn no_limit() {}

#[sli(abandoned(bad_after = "0s"))]
fn zero_limit() {}

#[sli(name = "")]
fn no_name() {}

#[sli(name = "check out")]
fn bad_name() {}

#[sli(name = 1)]
fn name_number() {}

#[sli(name = "a", availability = 2.0, latency(0.99, "0s"), period = "soon")]
fn everything_at_once() {}

fn main() {}
