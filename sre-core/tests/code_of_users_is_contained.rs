//! Label functions, classifiers and clocks of users may panic, block or call back: whoever did it has the harm, the engine
//! ticks on, and everybody else records on.

#![cfg(feature = "macros")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do, or have to")]

mod promise;
mod scratch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use promise::kept;
use scratch::Scratch;
use sre_core::clock::{Clock, ManualClock};
use sre_core::sli::{Abandoned, Classify, LabelValue};
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily, sli};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);
/// What must not hang has ended by then.
const PATIENCE: Duration = Duration::from_secs(20);
const PANICKED: Outcome = Outcome::Abandoned(Abandoned::Panicked);

/// Where somebody stands until the guard of [`Gate::shut`] is dropped.
#[derive(Debug)]
struct Gate {
    is_shut: AtomicBool,
    way: Mutex<()>,
    arrived: Mutex<Sender<()>>,
}

impl Gate {
    fn new() -> (Arc<Self>, Receiver<()>) {
        let (arrived, arrivals) = mpsc::channel();
        let gate =
            Self { is_shut: AtomicBool::new(false), way: Mutex::new(()), arrived: Mutex::new(arrived) };
        (Arc::new(gate), arrivals)
    }

    fn pass(&self) {
        if self.is_shut.load(Ordering::Acquire) {
            let _ = self.arrived.lock().unwrap().send(());
            drop(self.way.lock());
        }
    }

    fn shut(&self) -> Shut<'_> {
        let way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_shut.store(true, Ordering::Release);
        Shut { gate: self, way: Some(way) }
    }
}

struct Shut<'a> {
    gate: &'a Gate,
    way: Option<MutexGuard<'a, ()>>,
}

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        self.gate.is_shut.store(false, Ordering::Release);
        drop(self.way.take());
    }
}

/// Runs something that may hang, on a thread of its own.
#[track_caller]
fn within_patience<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, answer) = mpsc::channel();
    std::thread::spawn(move || done.send(run()));
    answer.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{what}: {error}"))
}

fn manual() -> Engine {
    Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start().unwrap()
}

/// What a label does when its text is asked for.
#[derive(Clone)]
enum Act {
    Nothing,
    Panic,
    Block(Arc<Gate>),
    /// Records a call with the same text, in the same family.
    CallBack(Arc<SliFamily<Route>>),
}

#[derive(Clone)]
struct Text {
    text: &'static str,
    act: Act,
}

impl LabelValue for Text {
    fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        match &self.act {
            Act::Nothing => {}
            Act::Panic => panic!("a label of the user's"),
            Act::Block(gate) => gate.pass(),
            Act::CallBack(family) => family.get(&Route::new(self.text, Act::Nothing)).start().ok(),
        }
        reader(self.text)
    }
}

#[derive(Clone, Labels)]
struct Route {
    text: Text,
}

impl Route {
    fn new(text: &'static str, act: Act) -> Self {
        Self { text: Text { text, act } }
    }
}

#[test]
fn a_label_function() {
    let engine = manual();
    let family = SliFamily::<Route>::new("labelled").objective(Objective::availability(0.999));
    let family = Arc::new(engine.family(&family).unwrap());
    let count = |text| family.get(&Route::new(text, Act::Nothing)).count(Outcome::Ok);

    for text in ["panics", "panics again"] {
        let panics = AssertUnwindSafe(|| family.get(&Route::new(text, Act::Panic)).start().ok());
        assert!(catch_unwind(panics).is_err());
        family.get(&Route::new(text, Act::Nothing)).start().ok();
        assert_eq!(count(text), 1);
    }

    let again = Arc::clone(&family);
    let calls = within_patience("a label that calls back", move || {
        let route = Route::new("calls back", Act::CallBack(Arc::clone(&again)));
        again.get(&route).start().ok();
        again.get(&Route::new("calls back", Act::Nothing)).count(Outcome::Ok)
    });
    assert!(calls >= 2, "its own call, and one for each time that it was asked: {calls}");

    let (gate, arrivals) = Gate::new();
    let shut = gate.shut();
    let (blocked, blocking) = (Arc::clone(&family), Route::new("blocks", Act::Block(Arc::clone(&gate))));
    let stands = std::thread::spawn(move || blocked.get(&blocking).start().ok());
    arrivals.recv_timeout(PATIENCE).unwrap();
    let others = Arc::clone(&family);
    within_patience("the same labels on another thread", move || {
        (0..100_000).for_each(|_| others.get(&Route::new("blocks", Act::Nothing)).start().ok());
    });
    engine.advance(SECOND);
    assert_eq!((engine.status().engine.ticks, count("blocks")), (1, 100_000));
    drop(shut);
    stands.join().unwrap();
    assert_eq!(count("blocks"), 100_001);
    assert_eq!(engine.status().engine.panics, 0, "it was on a thread of the user's");
    kept("E4", "label functions that panic, block or call back harm their own call alone");
}

static CLASSIFIED: Sli = Sli::new("classified").objective(Objective::availability(0.999));

/// An answer whose judgement is the user's code.
struct Answer(fn() -> Outcome);

impl Classify for Answer {
    fn classify(&self) -> Outcome {
        (self.0)()
    }
}

#[sli(CLASSIFIED)]
fn answer(judge: fn() -> Outcome) -> Answer {
    Answer(judge)
}

#[test]
fn a_classifier() {
    let engine = manual();
    let handle =
        engine.sli(Sli::new("judged").objective(Objective::availability(0.999)).definition()).unwrap();
    assert!(catch_unwind(|| answer(|| panic!("a classifier of the user's"))).is_err());
    assert_eq!(CLASSIFIED.count(PANICKED), 1);
    let panics = AssertUnwindSafe(|| handle.time_with(|| 7, |_| panic!("a classifier of the user's")));
    assert!(catch_unwind(panics).is_err());
    assert_eq!(handle.count(PANICKED), 1);

    within_patience("a classifier that calls back", || {
        answer(|| {
            answer(|| Outcome::Error);
            Outcome::Ok
        });
    });
    assert_eq!((CLASSIFIED.count(Outcome::Ok), CLASSIFIED.count(Outcome::Error)), (1, 1));

    let (gate, arrivals) = Gate::new();
    let shut = gate.shut();
    let (passing, blocked) = (Arc::clone(&gate), handle.clone());
    let stands = std::thread::spawn(move || {
        blocked.time_with(
            || 7,
            |_| {
                passing.pass();
                Outcome::Ok
            },
        )
    });
    arrivals.recv_timeout(PATIENCE).unwrap();
    (0..100_000).for_each(|_| handle.start().ok());
    engine.advance(SECOND);
    let report = engine.report();
    let judged = report.sli("judged").unwrap();
    assert_eq!((judged.events.ok, judged.in_flight), (100_000, 1));
    drop(shut);
    assert_eq!(stands.join().unwrap(), 7);
    assert_eq!(handle.count(Outcome::Ok), 100_001);
    kept("E4", "classifiers that panic, block or call back harm their own call alone");
}

/// A clock that stands still, and does as it is told when the wall clock is read: in ticks.
#[derive(Clone, Debug)]
struct Told {
    act: Arc<AtomicU8>,
    gate: Arc<Gate>,
    engine: Arc<Mutex<Option<Engine>>>,
}

const BEHAVE: u8 = 0;
const PANIC: u8 = 1;
const CALL_BACK: u8 = 2;

impl Told {
    fn new() -> (Self, Receiver<()>) {
        let (gate, arrivals) = Gate::new();
        (Self { act: Arc::default(), gate, engine: Arc::default() }, arrivals)
    }

    fn act(&self, act: u8) {
        self.act.store(act, Ordering::Release);
    }
}

impl Clock for Told {
    fn monotonic_ns(&self) -> u64 {
        0
    }

    fn wall_ns(&self) -> u64 {
        self.gate.pass();
        match self.act.load(Ordering::Acquire) {
            PANIC => panic!("a clock of the user's"),
            CALL_BACK => {
                // Taken out, since what it asks may read the clock again.
                let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(engine) = engine {
                    engine.flush();
                    engine.tick();
                    let _ = (engine.collect(), engine.status());
                }
            }
            _ => {}
        }
        1_700_000_000_000_000_000
    }
}

/// Events that the next process finds.
fn remembered(scratch: &Scratch) -> u64 {
    let clock = ManualClock::at_unix_seconds(1_700_000_005);
    let next = Engine::builder().manual_clock(clock).state_dir(scratch.path()).start().unwrap();
    let _sli = next.sli(definition().definition()).unwrap();
    next.collect().slo("clocked-availability").unwrap().counts.total()
}

fn definition() -> Sli {
    Sli::new("clocked").objective(Objective::availability(0.999))
}

/// An engine on such a clock, with a thread that writes what is judged, and what it judged already: a hundred calls.
fn clocked(clock: &Told, scratch: &Scratch) -> (Engine, Sli) {
    let engine =
        Engine::builder().clock(clock.clone()).state_dir(scratch.path()).flush_each(SECOND).start().unwrap();
    let sli = engine.sli(definition().definition()).unwrap();
    sli.record_n(Outcome::Ok, MS, 100);
    engine.tick();
    assert_eq!(engine.report().slo("clocked-availability").unwrap().counts.total(), 100);
    (engine, sli)
}

#[test]
fn a_clock_that_panics() {
    let (clock, _) = Told::new();
    let scratch = Scratch::new("panics");
    let (engine, sli) = clocked(&clock, &scratch);
    engine.flush_on_panic();
    clock.act(PANIC);
    // The ticker may be past its look at the clock when it is told to panic; it is so once.
    let is_no_tick = (0..5).any(|_| {
        let ticks = engine.status().engine.ticks;
        engine.tick();
        engine.status().engine.ticks == ticks
    });
    let ticks = engine.status().engine.ticks;
    assert!(is_no_tick && engine.status().engine.panics >= 1, "{:?}", engine.status().engine);
    (0..100_000).for_each(|_| sli.record(Outcome::Ok, MS));
    assert_eq!(sli.count(Outcome::Ok), 100_100);
    engine.flush();
    clock.act(BEHAVE);
    engine.tick();
    assert!(engine.status().engine.ticks > ticks, "it ticks on");
    clock.act(PANIC);
    let handle = engine.clone();
    assert!(within_patience("shutdown", move || handle.shutdown(PATIENCE)), "its threads have ended");
    assert_eq!(remembered(&scratch), 100_100, "writing what was judged asks no clock of the user's");
    kept("E4", "a clock that panics costs ticks, which are counted, and nothing that was judged");
}

#[test]
fn a_clock_that_blocks() {
    let (clock, arrivals) = Told::new();
    let scratch = Scratch::new("blocks");
    let (engine, sli) = clocked(&clock, &scratch);
    let shut = clock.gate.shut();
    let ticking = engine.clone();
    let stands = std::thread::spawn(move || ticking.tick());
    arrivals.recv_timeout(PATIENCE).unwrap();
    let (asking, recording) = (engine.clone(), sli.clone());
    within_patience("everything but ticks", move || {
        (0..100_000).for_each(|_| recording.start().ok());
        asking.flush();
        assert!(asking.report().slo("clocked-availability").is_some());
        asking.pause();
        asking.resume();
    });
    assert_eq!(sli.count(Outcome::Ok), 100_100);
    drop(shut);
    stands.join().unwrap();
    assert_eq!(engine.report().slo("clocked-availability").unwrap().counts.total(), 100_100, "it ticks on");
    assert!(engine.shutdown(PATIENCE));
    assert_eq!(remembered(&scratch), 100_100);
    kept("E4", "a clock that blocks holds up ticks alone: 100000 calls, reports and flushes go on meanwhile");
}

type Ask = fn(&Engine);

#[test]
fn a_clock_that_calls_back() {
    let (clock, _) = Told::new();
    let scratch = Scratch::new("calls-back");
    let (engine, sli) = clocked(&clock, &scratch);
    clock.act(CALL_BACK);
    let asks: [(&str, Ask); 4] = [
        ("tick", Engine::tick),
        ("flush", Engine::flush),
        ("collect", |engine| drop(engine.collect())),
        ("sli", |engine| drop(engine.sli(definition().definition()).unwrap())),
    ];
    for (what, ask) in asks {
        *clock.engine.lock().unwrap() = Some(engine.clone());
        let handle = engine.clone();
        within_patience(what, move || ask(&handle));
        sli.start().ok();
    }
    *clock.engine.lock().unwrap() = None;
    assert_eq!(sli.count(Outcome::Ok), 104);
    assert!(engine.shutdown(PATIENCE));
    assert_eq!(remembered(&scratch), 104);
    kept("E4", "a clock that calls back ticks, flushes and collects without a deadlock");
}
