//! Models of how an engine ends: loom runs every order of its threads.
//!
//! Run with `RUSTFLAGS="--cfg sre_loom" LOOM_MAX_PREEMPTIONS=3 cargo test -p sre-core --lib models --release`.

use core::time::Duration;

use loom::thread;

use super::stop::Stop;
use super::tenure::Tenure;
use crate::primitive::Arc;
use crate::primitive::Ordering::Relaxed;
use crate::primitive::modelled::AtomicU32;

/// Of no account in a model, where time does not pass.
const EVER: Duration = Duration::MAX;

/// A thread such as the ticker: it works, sleeps, and works once more when it is asked to end.
fn worker(stop: &Arc<Stop>) -> thread::JoinHandle<u32> {
    let stop = Arc::clone(stop);
    thread::spawn(move || {
        let _ended = stop.ended();
        let mut worked = 1;
        while stop.sleep(EVER) {
            worked += 1;
        }
        worked + 1
    })
}

#[test]
fn whoever_waits_for_the_end_of_a_thread_does_not_wait_in_vain() {
    loom::model(|| {
        let stop = Arc::new(Stop::new());
        let worker = worker(&stop);
        stop.ask();
        assert!(stop.wait(EVER));
        assert_eq!(worker.join().expect("the model goes on"), 2, "once, and a last time");
    });
}

#[test]
fn a_thread_may_be_asked_twice_and_from_two_sides() {
    loom::model(|| {
        let stop = Arc::new(Stop::new());
        let worker = worker(&stop);
        let other = {
            let stop = Arc::clone(&stop);
            thread::spawn(move || stop.ask())
        };
        stop.ask();
        assert!(stop.wait(EVER));
        other.join().expect("the model goes on");
        worker.join().expect("the model goes on");
        assert!(stop.wait(EVER), "it stays ended");
    });
}

/// What is used, and let go of in the end.
#[derive(Debug)]
struct Held {
    uses: AtomicU32,
    is_let_go: bool,
}

impl Held {
    fn new() -> Self {
        Self { uses: AtomicU32::new(0), is_let_go: false }
    }

    /// An operation of the model, so that others get to run while it is locked.
    fn use_it(&mut self) {
        self.uses.fetch_add(1, Relaxed);
    }

    fn let_go(&mut self) {
        self.is_let_go = true;
    }
}

#[test]
fn what_ends_while_others_have_it_is_let_go_of_by_somebody() {
    loom::model(|| {
        let tenure = Arc::new(Tenure::new(Held::new()));
        let users = [true, false].map(|is_patient| {
            let tenure = Arc::clone(&tenure);
            thread::spawn(move || match is_patient {
                true => tenure.with(Held::use_it, Held::let_go),
                false => tenure.try_with(Duration::ZERO, Held::use_it, Held::let_go).unwrap_or(()),
            })
        });
        tenure.end(Duration::ZERO, Held::let_go);
        assert!(!tenure.is_running());
        users.into_iter().for_each(|user| user.join().expect("the model goes on"));
        // Nobody has it any more, and nobody looks again: it must have been let go of by now.
        tenure.with(|held| assert!(held.is_let_go), |_| {});
    });
}
