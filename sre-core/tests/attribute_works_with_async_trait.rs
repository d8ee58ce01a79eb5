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
