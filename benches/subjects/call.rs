//! Cold. The function that is instrumented: bare, and the same body for everyone who instruments it.

use super::floor;
use crate::harness::Subject;
use crate::values::LATENCY_THRESHOLD;
use sre_core::{Objective, Sli, sli};
use std::hint::black_box;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

/// The name of the group.
pub const GROUP: &str = "call";
/// The function without instruments.
pub const BARE: &str = "bare call";
/// The async function without instruments, ready at the first poll.
pub const BARE_ASYNC: &str = "bare async call";
/// The function between two clock reads.
const BETWEEN_READS: &str = "bare call between two TSC reads";

/// The attribute on a function.
pub const SYNC: &str = "#[sli], sync";
/// The attribute on an async function that is ready at the first poll.
pub const ASYNC: &str = "#[sli], async";
/// A guard by hand.
pub const GUARD: &str = "sre-core, guard by hand";

/// What the body refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// A few nanoseconds of work that the compiler cannot foresee; one call in 128 is refused.
///
/// # Errors
///
/// When the lowest seven bits of `x` are zero.
#[inline(always)]
pub fn body(x: u64) -> Result<u64, Refused> {
    let mut y = black_box(x);
    for _ in 0..3 {
        y ^= y << 13;
        y ^= y >> 7;
        y ^= y << 17;
    }
    if x & 127 == 0 { Err(Refused) } else { Ok(y) }
}

#[inline(never)]
fn bare(x: u64) -> Result<u64, Refused> {
    body(x)
}

#[inline(never)]
async fn bare_async(x: u64) -> Result<u64, Refused> {
    body(x)
}

/// Polls a future that is ready at the first poll.
#[inline(always)]
pub fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A subject that calls `call` again and again, each time with what the last call returned.
///
/// So no call can overlap the work of the one before, as in a service, where other work lies between.
pub fn subject(
    name: &'static str,
    call: impl Fn(u64) -> Result<u64, Refused> + Copy + Send + Sync + 'static,
) -> Subject {
    Subject::per_thread(name, move || {
        let mut x = 0x9E37_79B9_7F4A_7C15;
        move |i| {
            x = call(x).unwrap_or(i as u64 | 1);
            x
        }
    })
}

static CALL: Sli = Sli::new("bench.call")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, LATENCY_THRESHOLD));

/// Ours and the floor.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    // The measure of this group, beside it in every round.
    let mut subjects: Vec<_> =
        floor::subjects().into_iter().filter(|s| s.name() == floor::TWO_READS).collect();
    subjects.extend(bare_calls());
    subjects.extend(ours());
    subjects
}

fn ours() -> Vec<Subject> {
    #[inline(never)]
    fn by_hand(x: u64) -> Result<u64, Refused> {
        let call = CALL.start();
        let result = body(x);
        match result {
            Ok(_) => call.ok(),
            Err(_) => call.error(),
        }
        result
    }
    #[inline(never)]
    async fn measured(x: u64) -> Result<u64, Refused> {
        CALL.measure(async { body(x) }).await
    }
    #[sli(CALL)]
    #[inline(never)]
    fn annotated(x: u64) -> Result<u64, Refused> {
        body(x)
    }
    #[sli(CALL)]
    async fn annotated_async(x: u64) -> Result<u64, Refused> {
        body(x)
    }
    vec![
        subject(SYNC, annotated),
        subject(ASYNC, |x| poll_once(annotated_async(x)).unwrap_or(Err(Refused))),
        subject(GUARD, by_hand),
        subject("sre-core, measure(future)", |x| poll_once(measured(x)).unwrap_or(Err(Refused))),
    ]
}

/// The bare call, and the bare call between two clock reads.
fn bare_calls() -> Vec<Subject> {
    #[inline(never)]
    fn between_reads(clock: &quanta::Clock, x: u64) -> Result<u64, Refused> {
        let start = clock.raw();
        let result = body(x);
        black_box(clock.raw().wrapping_sub(start));
        result
    }
    static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);
    let clock: &quanta::Clock = &CLOCK;
    vec![
        subject(BARE, bare),
        subject(BARE_ASYNC, |x| poll_once(bare_async(x)).unwrap_or(Err(Refused))),
        subject(BETWEEN_READS, move |x| between_reads(clock, x)),
    ]
}
