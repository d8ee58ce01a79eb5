//! A forked child goes on recording into its own copy of the counters, without a ticker, and cannot hang.

#![cfg(unix)]
#![expect(unsafe_code, reason = "fork")]

use std::time::Duration;

use sre_core::{Engine, Objective, Outcome, Sli};

static SLI: Sli = Sli::new("forked").objective(Objective::availability(0.999));

#[test]
fn a_child_counts_for_itself() {
    let engine = Engine::builder().start().expect("nothing is wrong with it");
    SLI.prewarm();
    SLI.record_n(Outcome::Ok, Duration::from_millis(1), 100);
    // SAFETY: the child records, which takes no lock that another thread might have held, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        for _ in 0..1_000 {
            SLI.record(Outcome::Ok, Duration::from_millis(1));
            SLI.start().ok();
        }
        let counted = SLI.count(Outcome::Ok) == 100 + 2_000;
        // SAFETY: ends the child at once, without the destructors that are the parent's.
        unsafe { libc::_exit(i32::from(!counted)) }
    }
    assert!(child > 0, "fork failed");
    let mut status = 0;
    // SAFETY: waits for the child that was just made, into a place that is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0));
    assert_eq!(SLI.count(Outcome::Ok), 100);
    drop(engine);
}
