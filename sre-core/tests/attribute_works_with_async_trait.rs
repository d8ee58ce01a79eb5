//! `#[sli]` before, after and inside `#[async_trait]` measures the whole future, never how its box is made.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use sre_core::sli::Abandoned;
use sre_core::{Outcome, Sli, sli};

/// Polls a boxed future once and drops it; then polls another one to its end.
fn drive<T>(mut make: impl FnMut() -> Pin<Box<dyn Future<Output = T> + Send>>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    assert!(make().as_mut().poll(&mut context).is_pending());
    let mut future = make();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

async fn pause() {
    let mut is_first = true;
    std::future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) })
        .await;
}

#[track_caller]
fn check(sli: &Sli, [ok, error, cancelled]: [u64; 3]) {
    let outcomes = [Outcome::Ok, Outcome::Error, Outcome::Abandoned(Abandoned::Cancelled)];
    assert_eq!(outcomes.map(|outcome| sli.count(outcome)), [ok, error, cancelled], "{}", sli.name());
}

#[async_trait]
trait Bank {
    async fn balance(&self, account: &str) -> Result<u32, String>;

    async fn close(&mut self);

    async fn convert<T: From<u32> + Send>(&self, amount: u32) -> T
    where
        Self: Sized;
}

/// What every implementation below does.
async fn look_up(account: &str) -> Result<u32, String> {
    pause().await;
    if account.is_empty() {
        return Err("no account".to_owned());
    }
    account.parse::<u32>().map_err(|error| error.to_string())
}

macro_rules! banks {
    ($($bank:ident: $name:literal, $sli:ident, { $($outer:tt)* }, { $($inner:tt)* };)+) => {$(
        static $sli: Sli = Sli::new($name);

        #[derive(Clone, Copy)]
        struct $bank;

        $($outer)*
        impl Bank for $bank {
            $($inner)*
            async fn balance(&self, account: &str) -> Result<u32, String> {
                let balance = look_up(account).await?;
                if balance == 0 {
                    return Ok(1);
                }
                Ok(balance)
            }

            $($inner)*
            async fn close(&mut self) {
                pause().await;
            }

            $($inner)*
            async fn convert<T: From<u32> + Send>(&self, amount: u32) -> T {
                pause().await;
                T::from(amount)
            }
        }
    )+};
}

banks! {
    Outer: "outer", OUTER, { #[sli(OUTER)] #[async_trait] }, {};
    Inner: "inner", INNER, { #[async_trait] #[sli(INNER)] }, {};
    Method: "method", METHOD, { #[async_trait] }, { #[sli(METHOD)] };
}

#[track_caller]
fn check_bank<B: Bank + Copy + Send + Sync + 'static>(bank: B, sli: &Sli) {
    assert_eq!(drive(|| Box::pin(async move { bank.balance("12").await })), Ok(12));
    check(sli, [1, 0, 1]);
    assert_eq!(drive(|| Box::pin(async move { bank.balance("0").await })), Ok(1));
    check(sli, [2, 0, 2]);
    assert!(drive(|| Box::pin(async move { bank.balance("").await })).is_err());
    check(sli, [2, 1, 3]);
    drive(|| {
        let mut bank = bank;
        Box::pin(async move { bank.close().await })
    });
    check(sli, [3, 1, 4]);
    assert_eq!(drive(|| Box::pin(async move { bank.convert::<u64>(3).await })), 3);
    check(sli, [4, 1, 5]);
}

#[test]
fn above_async_trait() {
    check_bank(Outer, &OUTER);
}

#[test]
fn below_async_trait() {
    check_bank(Inner, &INNER);
}

#[test]
fn on_methods_inside_async_trait() {
    check_bank(Method, &METHOD);
}

static LOCAL: Sli = Sli::new("local");

#[sli(LOCAL)]
#[async_trait(?Send)]
trait Local {
    async fn number(&self) -> u32 {
        pause().await;
        *std::rc::Rc::new(7)
    }
}

impl Local for u8 {}

#[test]
fn default_bodies_without_send() {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(1_u8.number());
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert!(matches!(future.as_mut().poll(&mut context), Poll::Ready(7)));
    check(&LOCAL, [1, 0, 0]);
}

#[async_trait]
trait Till {
    async fn pay(&self, cents: u32) -> Result<u32, String>;
}

/// One implementation for each side that the attribute may stand on, and for a method below.
macro_rules! tills {
    ($($till:ident: $name:literal, $sli:ident, { $($outer:tt)* }, { $($inner:tt)* };)+) => {$(
        static $sli: Sli = Sli::new($name);

        struct $till;

        $($outer)*
        impl Till for $till {
            $($inner)*
            async fn pay(&self, cents: u32) -> Result<u32, String> {
                pause().await;
                if cents == 0 {
                    return Err("nothing".to_owned());
                }
                cents.checked_sub(1).ok_or_else(|| "nothing".to_owned())
            }
        }
    )+};
}

tills! {
    OkOuter: "ok-outer", OK_OUTER, { #[sli(OK_OUTER, ok_if = |paid| *paid == Ok(6))] #[async_trait] }, {};
    OkInner: "ok-inner", OK_INNER, { #[async_trait] #[sli(OK_INNER, ok_if = |paid| *paid == Ok(6))] }, {};
    OkMethod: "ok-method", OK_METHOD, { #[async_trait] }, { #[sli(OK_METHOD, ok_if = |paid| *paid == Ok(6))] };
    ErrorOuter: "error-outer", ERROR_OUTER, { #[sli(ERROR_OUTER, error_if = Result::is_ok)] #[async_trait] }, {};
    ErrorInner: "error-inner", ERROR_INNER, { #[async_trait] #[sli(ERROR_INNER, error_if = Result::is_ok)] }, {};
    ErrorMethod: "error-method", ERROR_METHOD, { #[async_trait] }, { #[sli(ERROR_METHOD, error_if = Result::is_ok)] };
    IgnoreOuter: "ignore-outer", IGNORE_OUTER, { #[sli(IGNORE_OUTER, ignore_if = |paid| *paid == Ok(6))] #[async_trait] }, {};
    IgnoreInner: "ignore-inner", IGNORE_INNER, { #[async_trait] #[sli(IGNORE_INNER, ignore_if = |paid| *paid == Ok(6))] }, {};
    IgnoreMethod: "ignore-method", IGNORE_METHOD, { #[async_trait] }, { #[sli(IGNORE_METHOD, ignore_if = |paid| *paid == Ok(6))] };
    AlwaysOuter: "always-outer", ALWAYS_OUTER, { #[sli(ALWAYS_OUTER, always_ok)] #[async_trait] }, {};
    AlwaysInner: "always-inner", ALWAYS_INNER, { #[async_trait] #[sli(ALWAYS_INNER, always_ok)] }, {};
    AlwaysMethod: "always-method", ALWAYS_METHOD, { #[async_trait] }, { #[sli(ALWAYS_METHOD, always_ok)] };
}

/// Ok, error and ignored calls of `pay(0)`, `pay(1)` and `pay(7)`, each of them cancelled once before.
#[track_caller]
fn check_tills(tills: [(&'static dyn TillSync, &Sli); 3], expected: [u64; 3]) {
    for (till, sli) in tills {
        for cents in [0, 1, 7] {
            assert_eq!(drive(|| till.pay(cents)).ok(), cents.checked_sub(1));
        }
        let [ok, error, ignored] = expected;
        check(sli, [ok, error, 3]);
        assert_eq!(sli.count(Outcome::Ignored), ignored, "{}", sli.name());
    }
}

trait TillSync: Till + Sync {}

impl<T: Till + Sync> TillSync for T {}

#[test]
fn ok_if_is_asked_on_either_side() {
    check_tills([(&OkOuter, &OK_OUTER), (&OkInner, &OK_INNER), (&OkMethod, &OK_METHOD)], [1, 2, 0]);
}

#[test]
fn error_if_is_asked_on_either_side() {
    let tills: [(&dyn TillSync, _); 3] =
        [(&ErrorOuter, &ERROR_OUTER), (&ErrorInner, &ERROR_INNER), (&ErrorMethod, &ERROR_METHOD)];
    check_tills(tills, [1, 2, 0]);
}

#[test]
fn ignore_if_is_asked_on_either_side() {
    let tills: [(&dyn TillSync, _); 3] =
        [(&IgnoreOuter, &IGNORE_OUTER), (&IgnoreInner, &IGNORE_INNER), (&IgnoreMethod, &IGNORE_METHOD)];
    check_tills(tills, [1, 1, 1]);
}

#[test]
fn always_ok_holds_on_either_side() {
    let tills: [(&dyn TillSync, _); 3] =
        [(&AlwaysOuter, &ALWAYS_OUTER), (&AlwaysInner, &ALWAYS_INNER), (&AlwaysMethod, &ALWAYS_METHOD)];
    check_tills(tills, [3, 0, 0]);
}
