//! A forked child goes on recording into its own copy of the counters, without a ticker, and cannot hang.

#![cfg(unix)]
#![expect(unsafe_code, reason = "fork")]

use std::time::Duration;

use sre_core::{Engine, Objective, Outcome, Sli};

static SLI: Sli = Sli::new("forked").objective(Objective::availability(0.999));

/// Runs `work` in a child, which must not take a lock that another thread may hold, and answers what it says.
fn in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child does what the caller promises of `work`, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let succeeded = work();
        // SAFETY: ends the child at once, without the destructors that are the parent's.
        unsafe { libc::_exit(i32::from(!succeeded)) }
    }
    assert!(child > 0, "fork failed");
    let mut status = 0;
    // SAFETY: waits for the child that was just made, into a place that is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status == 0
}

fn record() {
    for _ in 0..1_000 {
        SLI.record(Outcome::Ok, Duration::from_millis(1));
        SLI.start().ok();
    }
}

#[test]
fn a_child_counts_for_itself() {
    let engine = Engine::builder().start().expect("nothing is wrong with it");
    SLI.prewarm();
    SLI.record_n(Outcome::Ok, Duration::from_millis(1), 100);
    // The ticker may be reading the counters right now, behind locks that stay locked in the child: recording on a
    // thread that has its shard takes none of them.
    for _ in 0..20 {
        assert!(in_child(|| {
            record();
            true
        }));
    }
    assert_eq!(SLI.count(Outcome::Ok), 100);
    // Asking for counts does take one. Without the ticker no thread is left that could hold it.
    assert!(engine.shutdown(Duration::from_secs(60)));
    assert!(in_child(|| {
        record();
        SLI.count(Outcome::Ok) == 100 + 2_000
    }));
    assert_eq!(SLI.count(Outcome::Ok), 100);
}
