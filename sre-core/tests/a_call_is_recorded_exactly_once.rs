//! A guard records one outcome, whatever happens to the call.

#![expect(clippy::expect_used, reason = "helpers of tests may")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sre_core::sli::Abandoned;
use sre_core::{Objective, Outcome, Sli};

fn sli(name: &str) -> Sli {
    Sli::try_new(name).expect("a good name").objective(Objective::availability(0.999))
}

const ALL: [Outcome; 7] = [
    Outcome::Ok,
    Outcome::Error,
    Outcome::Ignored,
    Outcome::Abandoned(Abandoned::Cancelled),
    Outcome::Abandoned(Abandoned::TimedOut),
    Outcome::Abandoned(Abandoned::Panicked),
    Outcome::Abandoned(Abandoned::ShutDown),
];

#[track_caller]
fn check(sli: &Sli, expected: Outcome) {
    for outcome in ALL {
        assert_eq!(sli.count(outcome), u64::from(outcome == expected), "{outcome:?} of {}", sli.name());
    }
}

fn early_return(sli: &Sli, found: Option<u32>) -> Option<u32> {
    let call = sli.start();
    let found = found?;
    call.ok();
    Some(found)
}

#[test]
fn each_ending_counts_as_itself() {
    for (number, outcome) in ALL.into_iter().enumerate() {
        let sli = sli(&format!("ending-{number}"));
        sli.start().finish(outcome);
        check(&sli, outcome);
    }
}

#[test]
fn a_question_mark_abandons_the_call() {
    let sli = sli("question-mark");
    assert_eq!(early_return(&sli, None), None);
    check(&sli, Outcome::Abandoned(Abandoned::Cancelled));
}

#[test]
fn a_panic_that_unwinds_is_recorded_as_one() {
    let sli = sli("panic");
    let caught = std::panic::catch_unwind(|| sli.time(|| panic!("planned")));
    assert!(caught.is_err());
    check(&sli, Outcome::Abandoned(Abandoned::Panicked));
}

#[test]
fn a_future_that_is_dropped_was_cancelled() {
    let sli = sli("dropped-future");
    {
        let mut future = pin!(sli.measure(std::future::pending::<Result<(), ()>>()));
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    }
    check(&sli, Outcome::Abandoned(Abandoned::Cancelled));
}

#[test]
fn a_future_that_is_never_polled_was_never_a_call() {
    let sli = sli("unpolled-future");
    drop(sli.measure(std::future::ready(Ok::<(), ()>(()))));
    assert_eq!(ALL.map(|outcome| sli.count(outcome)), [0; 7]);
}

#[test]
fn results_decide_for_themselves() {
    let (good, bad) = (sli("result-ok"), sli("result-err"));
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(good.measure(async { Ok::<_, ()>(1) })).poll(&mut context).is_ready());
    assert!(pin!(bad.measure(async { Err::<(), _>("no") })).poll(&mut context).is_ready());
    check(&good, Outcome::Ok);
    check(&bad, Outcome::Error);
}

#[test]
fn a_call_may_end_on_another_thread() {
    let sli = sli("other-thread");
    let call = sli.start();
    std::thread::scope(|scope| {
        scope.spawn(|| call.ok());
    });
    check(&sli, Outcome::Ok);
}

#[test]
fn a_batch_counts_each_event() {
    let sli = sli("batch");
    for count in [0, 1, 1_000, 1 << 31, 1 << 40] {
        sli.record_n(Outcome::Ok, Duration::from_millis(5), count);
    }
    let expected = 1_001 + (1_u64 << 31) + (1 << 40);
    assert_eq!(sli.count(Outcome::Ok), expected);
    assert_eq!(sli.durations().count(), expected);
    assert_eq!(sli.durations().sum_ns(), u128::from(expected) * 5_000_000);
}

#[test]
fn handles_are_shared_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Sli>();
    check::<sre_core::sli::Call<'static>>();
    fn survives_panics<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    survives_panics::<Sli>();
    survives_panics::<sre_core::sli::Call<'static>>();
}
