//! What the tests of every module ask.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use slo::{Outcome, Sli};

/// Ok, error and ignored calls.
#[track_caller]
pub(crate) fn counts(sli: &Sli, expected: [u64; 3]) {
    let counts = [Outcome::Ok, Outcome::Error, Outcome::Ignored].map(|outcome| sli.count(outcome));
    assert_eq!(counts, expected, "ok, error and ignored of {}", sli.name());
}

/// Polls until ready; nothing here waits for anything.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// The SLI of this name, which its attribute made.
#[track_caller]
pub(crate) fn is_known(name: &str) {
    let names: Vec<_> = slo::registry::named().iter().map(|named| named.definition().name()).collect();
    assert!(names.contains(&name), "{name} among {names:?}");
}
