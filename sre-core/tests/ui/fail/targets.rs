//! Places that cannot be measured.

use sre_core::{Sli, sli};

static CHECKOUT: Sli = Sli::new("checkout");

#[sli(CHECKOUT)]
struct Cart;

#[sli(CHECKOUT)]
enum Method {
    Get,
}

#[sli]
mod inner {}

#[sli]
static OTHER: Sli = Sli::new("other");

#[sli]
type Alias = Cart;

#[sli]
use std::fmt as _;

#[sli(CHECKOUT)]
const fn constant() -> u32 {
    1
}

trait Shape {
    #[sli(CHECKOUT)]
    fn area(&self) -> u32;
}

unsafe extern "C" {
    #[sli(CHECKOUT)]
    fn foreign();
}

fn main() {
    let _: (Cart, Method);
    constant();
}
