//! Engines that come and go leave no thread, no open file and no memory behind, however they end.

#![cfg(all(target_os = "linux", target_env = "gnu", feature = "macros"))]
#![expect(unsafe_code, reason = "a global allocator that counts, and one that gives back")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may")]

mod counting;
mod process;
mod promise;
mod scratch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use counting::held_bytes;
use process::{files, settled_bytes, threads, wait_for_threads};
use promise::{kept, scaled};
use scratch::Scratch;
use sre_core::clock::ManualClock;
use sre_core::report::StateStanding;
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);
const BOUND_BYTES: i64 = 1 << 20;

static STATIC: Sli = Sli::new("static").objective(Objective::availability(0.999));

#[derive(Labels)]
struct Tenant {
    name: &'static str,
}

/// How an engine ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Shutdown,
    Drop,
    DropDuringPanic,
    DropElsewhere,
    DropOfAClone,
}

const ENDS: [End; 5] =
    [End::Shutdown, End::Drop, End::DropDuringPanic, End::DropElsewhere, End::DropOfAClone];

fn waits(engine: &Engine) -> bool {
    let report = engine.collect();
    report.engine.state.as_ref().is_some_and(|state| state.standing == StateStanding::Waiting)
}

fn end(engine: Engine, end: End) {
    match end {
        // The engine before may have the directory for a moment yet.
        End::Shutdown => assert!(engine.shutdown(PATIENCE) || waits(&engine)),
        End::Drop => drop(engine),
        End::DropDuringPanic => {
            let panics = AssertUnwindSafe(move || {
                let _engine = engine;
                panic!("planned");
            });
            assert!(catch_unwind(panics).is_err());
        }
        End::DropElsewhere => std::thread::spawn(move || drop(engine)).join().unwrap(),
        End::DropOfAClone => {
            let clone = engine.clone();
            drop(engine);
            clone.tick();
            drop(clone);
        }
    }
}

/// An engine of one of the kinds that there are, with something to judge, from start to end.
fn live(round: u64, directory: &Path) {
    let mut builder = Engine::builder();
    let is_manual = round.is_multiple_of(2);
    if is_manual {
        builder = builder.manual_clock(ManualClock::at_unix_seconds(1_700_000_000 + round));
    }
    if round.is_multiple_of(3) {
        builder = builder.state_dir(directory);
    }
    let engine = builder.start().unwrap();
    let sli = engine.sli(Sli::new("owned").objective(Objective::latency(0.99, SECOND)).definition()).unwrap();
    let family = engine.family(&SliFamily::<Tenant>::new("tenants").members_max(2)).unwrap();
    sli.prewarm();
    for name in ["one", "two", "three"] {
        family.get(&Tenant { name }).start().ok();
    }
    sli.record_n(Outcome::Error, SECOND, 100);
    STATIC.start().ok();
    engine.tick();
    assert_eq!(
        engine.report().slo("owned-latency").unwrap().exported.total(),
        0,
        "errors are not judged by latency"
    );
    let number = usize::try_from(round).unwrap();
    end(engine, *ENDS.iter().cycle().nth(number % ENDS.len()).unwrap());
}

/// So many engines after each other, on a thread that holds shards of them until it ends.
fn live_on_a_thread(engines: u64, directory: &Path) {
    std::thread::scope(|scope| {
        scope.spawn(|| (0..engines).for_each(|round| live(round, directory)));
    });
}

#[test]
fn whatever_they_are_and_however_they_end() {
    let cycles = scaled(1_000, 60);
    let scratch = Scratch::new("cycles");
    let directory = scratch.path();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    // What is allotted once: the clock, shards, the standard library's own.
    live_on_a_thread(scaled(300, 60), directory);
    wait_for_threads(1 + usize::from(is_harnessed()));
    let (running, open) = (threads(), files());
    let held = held_bytes();
    // How many threads overlap, and with them how many stacks the system keeps for later, is chance; a leak is there
    // each time.
    let growths = [(); 3].map(|()| {
        let resident = settled_bytes();
        live_on_a_thread(cycles, directory);
        wait_for_threads(running);
        settled_bytes() - resident
    });
    let (grown, resident_grown) = (held_bytes() - held, growths.into_iter().min().unwrap());
    std::panic::set_hook(hook);
    assert_eq!(files(), open);
    assert!(grown <= BOUND_BYTES, "{grown} bytes on the heap");
    assert!(resident_grown <= BOUND_BYTES, "{growths:?} bytes of the process");
    two_at_once(directory);
    kept(
        "E6",
        format_args!(
            "{cycles} engines that come and go: 0 threads and 0 files left, {grown} bytes of heap and {resident_grown} of memory more"
        ),
    );
}

/// Whether the test runs on a thread of the harness beside its first one.
fn is_harnessed() -> bool {
    std::thread::current().name() != Some("main")
}

/// Two engines judge what is theirs, and the end of one is none for the other.
fn two_at_once(directory: &Path) {
    let first = Engine::builder().state_dir(directory).start().unwrap();
    let second = Engine::builder().start().unwrap();
    assert!(first.is_default() && !second.is_default());
    let define = |engine: &Engine| {
        let sli = Sli::new("both").objective(Objective::availability(0.999));
        engine.sli(sli.definition()).unwrap()
    };
    let slis = [define(&first), define(&second)];
    slis.iter().zip([3, 5]).for_each(|(sli, count)| sli.record_n(Outcome::Ok, SECOND, count));
    let exported = |engine: &Engine| {
        engine.tick();
        engine.report().slo("both-availability").unwrap().exported.good()
    };
    assert_eq!((exported(&first), exported(&second)), (3, 5));
    assert!(first.shutdown(PATIENCE));
    slis[1].start().ok();
    assert_eq!(exported(&second), 6);
    // The place of the default is free again.
    let third = Engine::builder().start().unwrap();
    assert!(third.is_default());
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        drop((second, third));
        done.send(()).unwrap();
    });
    ended.recv_timeout(PATIENCE).unwrap();
}
