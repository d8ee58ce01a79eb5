//! Returned closures that leave open what they take, where `#[sli]` has to hold the value.

use sre_core::{Sli, sli};

static CHECKOUT: Sli = Sli::new("checkout");

#[sli(CHECKOUT, ok_if = |count| count("") == 0)]
fn judged() -> impl Fn(&str) -> usize {
    |text| text.len()
}

async fn pause() {}

#[sli(CHECKOUT, always_ok)]
async fn waits() -> impl Fn(&str) -> usize {
    pause().await;
    |text| text.len()
}

fn main() {}
