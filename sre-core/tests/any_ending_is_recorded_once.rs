//! However calls end, and whatever unwinds meanwhile, each has exactly one outcome and none stays in flight.

#![cfg(feature = "macros")]
#![expect(clippy::panic, reason = "what the calls of these tests end by")]

mod promise;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use promise::{Numbers, kept, scaled};
use sre_core::clock::ManualClock;
use sre_core::sli::Abandoned;
use sre_core::{Engine, Objective, Outcome, Sli, sli};

/// Pending once, so that a future can be dropped halfway.
async fn pause() {
    let mut is_first = true;
    std::future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) })
        .await;
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// What a handler comes to.
#[derive(Clone, Copy, Debug)]
enum End {
    Value,
    Error,
    QuestionMark,
    EarlyReturn,
    Panic,
}

const ENDS: [End; 5] = [End::Value, End::Error, End::QuestionMark, End::EarlyReturn, End::Panic];

#[expect(clippy::needless_return, reason = "it is one of the ways to end")]
fn handler(end: End) -> Result<u32, String> {
    match end {
        End::Value => Ok(7),
        End::Error => Err("planned".to_owned()),
        End::QuestionMark => Ok("seven".parse::<u32>().map_err(|error| error.to_string())?),
        End::EarlyReturn => return Ok(8),
        End::Panic => panic!("planned"),
    }
}

async fn async_handler(end: End) -> Result<u32, String> {
    pause().await;
    handler(end)
}

static ATTRIBUTE: Sli = Sli::new("attribute").objective(Objective::availability(0.999));

#[sli(ATTRIBUTE)]
fn attribute(end: End) -> Result<u32, String> {
    handler(end)
}

#[sli(ATTRIBUTE)]
async fn async_attribute(end: End) -> Result<u32, String> {
    async_handler(end).await
}

fn of(end: End) -> Outcome {
    match end {
        End::Value | End::EarlyReturn => Outcome::Ok,
        End::Error | End::QuestionMark => Outcome::Error,
        End::Panic => Outcome::Abandoned(Abandoned::Panicked),
    }
}

const CANCELLED: Outcome = Outcome::Abandoned(Abandoned::Cancelled);

/// Polls once, and to the end or not.
fn drive<T>(future: impl Future<Output = T>, is_dropped: bool) {
    let mut future = pin!(future);
    assert!(poll(future.as_mut()).is_none(), "it pauses");
    if !is_dropped {
        let _ = poll(future);
    }
}

/// A guard that a function leaves behind on its way out.
fn leaves_early(sli: &Sli, end: End) -> Result<(), String> {
    let call = sli.start();
    handler(end)?;
    call.ok();
    Ok(())
}

/// One call, which may unwind; how it has to be counted.
fn call(sli: &Sli, end: End, way: u64, is_dropped: bool) -> Outcome {
    let unwound =
        catch_unwind(AssertUnwindSafe(|| match way {
            0 => {
                let _ = attribute(end);
            }
            1 => drive(async_attribute(end), is_dropped),
            2 => drive(sli.measure(async_handler(end)), is_dropped),
            3 => drive(sli.measure_owned(async_handler(end)), is_dropped),
            4 => drop(sli.time_with(
                || handler(end),
                |result| if result.is_ok() { Outcome::Ok } else { Outcome::Error },
            )),
            _ => {
                let _ = leaves_early(sli, end);
            }
        }));
    let is_async = matches!(way, 1..=3);
    assert_eq!(unwound.is_err(), matches!(end, End::Panic) && !(is_async && is_dropped));
    match of(end) {
        _ if is_async && is_dropped => CANCELLED,
        Outcome::Error if way == 5 => CANCELLED,
        outcome => outcome,
    }
}

const COUNTED: [Outcome; 4] =
    [Outcome::Ok, Outcome::Error, CANCELLED, Outcome::Abandoned(Abandoned::Panicked)];

#[test]
fn of_many_calls_that_end_in_any_way() {
    let cases = scaled(100_000, 2_000);
    let engine = Engine::builder().start().expect("nothing is wrong with it");
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let other = Engine::builder().manual_clock(clock).start().expect("nothing is wrong with it");
    // Once by the counter of the processor, and once by a clock of somebody's.
    let slis = [
        engine.sli(ATTRIBUTE.definition()).expect("the same definition"),
        other
            .sli(Sli::new("handle").objective(Objective::availability(0.999)).definition())
            .expect("a good name"),
    ];
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut numbers = Numbers::from_seed(4);
    let mut expected = [[0_u64; COUNTED.len()]; 2];
    for _ in 0..cases {
        let end = ENDS[numbers.place(ENDS.len())];
        let (way, is_dropped) = (numbers.below(6), numbers.below(2) == 0);
        let place = if way < 2 { 0 } else { numbers.place(2) };
        let outcome = call(&slis[place], end, way, is_dropped);
        expected[place][COUNTED.iter().position(|one| *one == outcome).expect("one of them")] += 1;
    }
    std::panic::set_hook(hook);
    for (sli, expected) in slis.iter().zip(expected) {
        assert_eq!(COUNTED.map(|outcome| sli.count(outcome)), expected, "{}", sli.name());
    }
    for (engine, name) in [(&engine, "attribute"), (&other, "handle")] {
        engine.tick();
        assert_eq!(engine.report().sli(name).map(|sli| sli.in_flight), Some(0), "{name}");
    }
    kept(
        "R6",
        format_args!(
            "{cases} calls that end by value, error, `?`, return, panic or drop: one outcome each, 0 in flight"
        ),
    );
}

#[test]
fn a_call_that_is_under_way_is_seen_to_be() {
    let engine =
        Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start().expect("fine");
    let sli = engine.sli(Sli::new("seen").definition()).expect("a good name");
    let mut future = Box::pin(sli.measure(async_handler(End::Value)));
    assert!(poll(future.as_mut()).is_none());
    engine.tick();
    assert_eq!(engine.report().sli("seen").map(|sli| sli.in_flight), Some(1));
}
