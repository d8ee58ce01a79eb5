//! A forked child neither writes the state directory nor ends anything of its parent, and a program that is executed
//! inherits no file.

#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "fork")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

mod promise;
mod scratch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use promise::kept;
use scratch::Scratch;
use sre_core::clock::ManualClock;
use sre_core::report::StateStanding;
use sre_core::slo::{Durability, Entry};
use sre_core::{Engine, Objective, Outcome, Sli};

const MS: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(60);
/// A child that takes longer hangs.
const PATIENCE_SECONDS: u32 = 60;

/// A child has the locks of all threads as they were: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every file with its bytes.
fn files(scratch: &Scratch) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = std::fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Whether `work` came to its end in a forked child.
fn in_child(work: impl FnOnce()) -> bool {
    // SAFETY: the child does what the tests are about, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: no handler is set, so the signal ends the child.
        let _ = unsafe { libc::alarm(PATIENCE_SECONDS) };
        // Whatever it says: the destructors of whoever called are the parent's.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(1) };
        }
        // SAFETY: ends the child at once, without the destructors that are the parent's.
        unsafe { libc::_exit(0) }
    }
    assert!(child > 0, "fork failed");
    let mut status = 0;
    // SAFETY: waits for the child that was just made, into a place that is ours.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status == 0
}

fn started(scratch: &Scratch, second: u64) -> (Engine, Sli) {
    let clock = ManualClock::at_unix_seconds(1_700_000_000 + second);
    let engine = Engine::builder().manual_clock(clock).state_dir(scratch.path()).start().unwrap();
    let sli =
        engine.sli(Sli::new("inherited").objective(Objective::availability(0.999)).definition()).unwrap();
    (engine, sli)
}

fn judged(engine: &Engine) -> u64 {
    engine.collect().slo("inherited-availability").unwrap().counts.total()
}

#[test]
fn a_forked_child_writes_nothing_whatever_it_does_with_the_engine() {
    let _turn = turn();
    let scratch = Scratch::new("forked");
    let (engine, sli) = started(&scratch, 0);
    sli.record_n(Outcome::Ok, MS, 100);
    engine.advance(Duration::from_secs(1));
    engine.flush();
    let before = files(&scratch);
    let ways: [fn(&Engine); 5] = [
        |engine| engine.advance(Duration::from_secs(60)),
        Engine::flush,
        |engine| {
            let reset = Entry::reset("inherited-availability").by("a child").because("it may try");
            assert_eq!(engine.book(reset).unwrap().durability, Durability::Never);
        },
        |engine| assert!(!engine.shutdown(PATIENCE), "what the child counted is written nowhere"),
        |engine| {
            engine.flush_on_panic();
            assert!(std::panic::catch_unwind(|| std::panic::panic_any(7)).is_err());
        },
    ];
    for way in ways {
        assert!(in_child(|| {
            sli.record_n(Outcome::Error, MS, 1_000);
            way(&engine);
        }));
        assert_eq!(files(&scratch), before);
    }
    // An engine of the child's own in the same directory has to wait, as any other process.
    assert!(in_child(|| {
        let (own, _sli) = started(&scratch, 2);
        own.tick();
        let state = own.collect().engine.state.clone().unwrap();
        assert_eq!(state.standing, StateStanding::Waiting);
    }));
    assert_eq!(files(&scratch), before);
    sli.record_n(Outcome::Ok, MS, 11);
    engine.advance(Duration::from_secs(1));
    assert!(engine.shutdown(PATIENCE));
    let (next, _sli) = started(&scratch, 9);
    assert_eq!(judged(&next), 111, "the parent's, and nothing of a child's");
    kept("E8", "forked children tick, flush, panic and shut down: not a byte of the state directory changes");
}

/// What `ls` finds open when it is run from here.
fn inherited() -> Vec<String> {
    let output = Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| Some(line.split_once(" -> ")?.1.to_owned())).collect()
}

#[test]
fn an_executed_program_gets_no_file() {
    let _turn = turn();
    let scratch = Scratch::new("executed");
    let before = inherited().len();
    let leaked = {
        let file = std::fs::File::open("/proc/self/status").unwrap();
        // SAFETY: the file is open; `dup` makes a copy that programs do inherit.
        let copy = unsafe { libc::dup(std::os::fd::AsRawFd::as_raw_fd(&file)) };
        let found = inherited().len();
        // SAFETY: the copy is ours.
        let _ = unsafe { libc::close(copy) };
        found
    };
    assert_eq!(leaked, before + 1, "the detector is blind");
    let engine = Engine::builder().state_dir(scratch.path()).start().unwrap();
    let lock = std::fs::canonicalize(scratch.path().join("lock")).unwrap();
    let held = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    assert!(held.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(|file| file == lock));
    for _ in 0..20 {
        engine.flush();
        assert_eq!(inherited().len(), before);
    }
    assert!(engine.shutdown(PATIENCE));
    kept("E8", "a program executed beside an engine that writes inherits 0 files");
}
