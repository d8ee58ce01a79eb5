//! A function with `#[sli]` allocates what it allocated without.

#![cfg(feature = "macros")]
#![deny(warnings)]
#![expect(unsafe_code, reason = "a global allocator that counts")]

mod counting;

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use counting::ALLOCATIONS;
use sre_core::{Objective, Outcome, Sli, sli};

static SLI: Sli = Sli::new("allocations")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

/// Makes this thread hot for the SLI and touches every part of its histograms up to ten minutes, so that a call
/// of any duration finds its page.
fn warm_up() {
    SLI.prewarm();
    for round in 0..40_000 {
        let outcome = if round % 2 == 0 { Outcome::Ok } else { Outcome::Error };
        SLI.record(outcome, Duration::from_nanos(1 << (round / 2 % 40)));
    }
}

/// Allocations of ten thousand rounds.
#[track_caller]
fn check(per_round: u64, round: impl Fn()) {
    const ROUNDS: u64 = 10_000;
    warm_up();
    round();
    let before = ALLOCATIONS.get();
    for _ in 0..ROUNDS {
        round();
    }
    assert_eq!(ALLOCATIONS.get() - before, per_round * ROUNDS);
}

fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[sli(SLI)]
fn sync(number: u32) -> Result<u32, u32> {
    if number == 0 { Err(number) } else { Ok(number) }
}

#[sli(SLI, ignore_if = |number| *number == 7)]
async fn asynchronous(number: u32) -> u32 {
    std::future::ready(number).await
}

#[sli(SLI)]
fn opaque(number: u32) -> impl Future<Output = u32> {
    std::future::ready(number)
}

#[test]
fn functions_and_futures_allocate_nothing() {
    check(0, || {
        let _ = black_box(sync(black_box(1)));
        let _ = black_box(sync(black_box(0)));
    });
    check(0, || assert_eq!(ready(asynchronous(black_box(1))), Some(1)));
    check(0, || assert_eq!(ready(opaque(black_box(1))), Some(1)));
}

#[sli(SLI)]
fn boxed(number: u32) -> Pin<Box<dyn Future<Output = u32>>> {
    Box::pin(async move { std::future::ready(number).await })
}

#[sli(SLI)]
fn boxed_elsewhere(number: u32) -> Pin<Box<dyn Future<Output = u32>>> {
    let future: Pin<Box<dyn Future<Output = u32>>> = Box::pin(std::future::ready(number));
    future
}

#[async_trait]
trait Number {
    async fn number(&self) -> u32;
}

#[async_trait]
#[sli(SLI)]
impl Number for u32 {
    async fn number(&self) -> u32 {
        *self
    }
}

#[test]
fn boxed_futures_keep_to_their_one_box() {
    check(1, || assert_eq!(ready(boxed(black_box(1))), Some(1)));
    check(1, || assert_eq!(ready(black_box(1).number()), Some(1)));
}

/// Twin of the above: a box that cannot be looked into costs a second one, and the detector sees it.
#[test]
fn boxes_from_elsewhere_are_boxed_again() {
    check(2, || assert_eq!(ready(boxed_elsewhere(black_box(1))), Some(1)));
}
