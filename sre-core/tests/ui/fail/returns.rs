//! Return types that hide what happened.

use std::fmt::Display;
use std::future::{Future, Ready, ready};

use sre_core::{Sli, sli};

static CHECKOUT: Sli = Sli::new("checkout");

#[sli(CHECKOUT)]
fn opaque() -> impl Display {
    "hidden"
}

#[sli(CHECKOUT)]
async fn opaque_later() -> impl Display {
    "hidden"
}

#[sli(CHECKOUT)]
fn opaque_output() -> impl Future<Output = impl Display> {
    ready("hidden")
}

struct Cart;

#[sli(CHECKOUT)]
impl Cart {
    fn items(&self) -> impl Iterator<Item = u32> {
        0..3
    }
}

#[sli(CHECKOUT)]
fn unpin() -> impl Future<Output = u32> + Unpin {
    ready(1)
}

#[sli(CHECKOUT)]
fn named_future() -> Ready<u32> {
    ready(1)
}

fn main() {}
