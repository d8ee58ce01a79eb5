//! Records before an engine starts, after it ended and while thread-locals are destroyed neither crash nor get lost.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "helpers of tests may")]

mod promise;

use std::cell::RefCell;
use std::process::Command;
use std::thread;
use std::time::Duration;

use promise::kept;
use sre_core::{Engine, Objective, Outcome, Sli};

static LATE: Sli = Sli::new("late");

struct RecordsWhenDropped;

impl Drop for RecordsWhenDropped {
    fn drop(&mut self) {
        for _ in 0..1_000 {
            LATE.record(Outcome::Ok, Duration::from_millis(1));
            LATE.start().ok();
        }
    }
}

thread_local! {
    static FIRST: RefCell<Option<RecordsWhenDropped>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<RecordsWhenDropped>> = const { RefCell::new(None) };
}

#[test]
fn a_destructor_of_a_thread_local_can_record() {
    sre_core::clock::calibrate();
    // One destructor runs before that of the leases and one after it, whatever the order of the platform.
    for _ in 0..20 {
        thread::spawn(|| {
            FIRST.with(|slot| *slot.borrow_mut() = Some(RecordsWhenDropped));
            (0..1_000).for_each(|_| LATE.record(Outcome::Ok, Duration::from_millis(1)));
            SECOND.with(|slot| *slot.borrow_mut() = Some(RecordsWhenDropped));
        })
        .join()
        .expect("the thread ends in peace");
    }
    assert_eq!(LATE.count(Outcome::Ok), 20 * (1_000 + 2 * 2_000));
}

const EVENTS: u64 = 1_000;
const CHILD: &str = "SRE_TEST_LATE_CHILD";
const LATE_WORD: &str = "counted late";

static WHENEVER: Sli = Sli::new("whenever").objective(Objective::availability(0.999));

fn record_whenever() {
    for _ in 0..EVENTS / 2 {
        WHENEVER.record(Outcome::Ok, Duration::from_millis(1));
        WHENEVER.start().ok();
    }
}

/// What the objective has judged so far.
fn judged(engine: &Engine) -> u64 {
    engine.report().slo("whenever-availability").map_or(0, |objective| objective.counts.total())
}

/// Records in the destructor of a thread-local, after everything else.
struct LastWord {
    engine: Engine,
}

impl Drop for LastWord {
    fn drop(&mut self) {
        record_whenever();
        let counted = WHENEVER.count(Outcome::Ok);
        assert_eq!((counted, judged(&self.engine)), (4 * EVENTS, EVENTS));
        println!("{LATE_WORD}");
    }
}

thread_local! {
    static LAST: RefCell<Option<LastWord>> = const { RefCell::new(None) };
}

/// Before an engine, with one, after it, and after all else.
fn live_and_die() {
    record_whenever();
    assert_eq!(WHENEVER.count(Outcome::Ok), EVENTS);
    let engine = Engine::builder().start().expect("nothing is wrong with it");
    LAST.with(|slot| *slot.borrow_mut() = Some(LastWord { engine: engine.clone() }));
    record_whenever();
    engine.tick();
    assert_eq!(judged(&engine), EVENTS, "what came before the start belongs to nobody");
    assert!(engine.shutdown(Duration::from_secs(60)));
    record_whenever();
    engine.tick();
    assert_eq!((WHENEVER.count(Outcome::Ok), judged(&engine)), (3 * EVENTS, EVENTS), "judged by nobody");
}

#[test]
fn at_any_time_of_a_process() {
    if std::env::var_os(CHILD).is_some() {
        return live_and_die();
    }
    let test = std::env::current_exe().expect("this test is a file");
    let child = Command::new(test)
        .args(["--exact", "at_any_time_of_a_process", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{said}{}", String::from_utf8_lossy(&child.stderr));
    assert!(said.contains(LATE_WORD), "{said}");
    kept(
        "R8",
        "records before an engine, after its end and in destructors of thread-locals all count, and nobody judges them",
    );
}
