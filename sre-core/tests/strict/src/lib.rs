//! A crate of a user: it forbids unsafe code, denies every warning, `clippy::pedantic` and `clippy::nursery` included,
//! and knows `sre-core` as `slo`.
//!
//! `.ci/run lint` shows that what the macros write passes here. What cannot be in such a crate is elsewhere: `unsafe fn`
//! and exported names, which `forbid(unsafe_code)` refuses whoever writes them, in
//! `attribute_fits_unsafe_functions.rs`.
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(missing_debug_implementations, unreachable_pub, unused_qualifications, single_use_lifetimes)]
#![deny(unused_lifetimes, variant_size_differences, let_underscore_drop, redundant_lifetimes, unit_bindings)]
#![allow(clippy::redundant_pub_crate, reason = "contradicts `unreachable_pub`")]

mod functions;
mod futures;
mod hostile;
mod judged;
mod labels;
mod methods;

#[cfg(test)]
mod check;

pub use functions::{adder, exported, first, forever, parse, rows, suggest};
pub use futures::{boxed, erased, later, matcher, opaque};
pub use hostile::names::{Slip, inline, judged, waiting};
pub use judged::{PayError, pay, receipts, refund, status};
pub use labels::{Method, REQUESTS, Request};
pub use methods::{Cart, Shape, Shop, Store};
