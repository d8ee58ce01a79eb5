//! An engine starts, pauses, stops and is followed by another, whatever its clock does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may")]

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sre_core::clock::{Clock, ManualClock};
use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);
const FIVE_MINUTES: Duration = Duration::from_secs(300);
/// What must not hang has ended by then.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tests of the default engine take turns: there is one in a process.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn engine() -> Engine {
    Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start().unwrap()
}

/// A clock that calls somebody whenever it is read. Its monotonic hand moves 2 s each time, so that a
/// ticker with this clock never sleeps.
struct Hooked {
    reads: AtomicU64,
    hook: Box<dyn Fn() + Send + Sync>,
    /// Whether only the wall clock calls, which nobody reads outside a tick.
    in_ticks_alone: bool,
}

impl Hooked {
    fn new(hook: impl Fn() + Send + Sync + 'static) -> Self {
        Self { reads: AtomicU64::new(0), hook: Box::new(hook), in_ticks_alone: false }
    }
}

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooked")
    }
}

impl Clock for Hooked {
    fn monotonic_ns(&self) -> u64 {
        if !self.in_ticks_alone {
            (self.hook)();
        }
        self.reads.fetch_add(1, Ordering::Relaxed) * 2_000_000_000
    }

    fn wall_ns(&self) -> u64 {
        if self.in_ticks_alone {
            (self.hook)();
        }
        1_700_000_000_000_000_000 + self.reads.load(Ordering::Relaxed) * 2_000_000_000
    }
}

/// A clock that blocks ticks while a gate is shut, and tells when somebody stands before it.
fn gated() -> (Hooked, Arc<Gate>, Receiver<()>) {
    let (arrived, arrivals) = mpsc::channel();
    let gate =
        Arc::new(Gate { shut: AtomicBool::new(false), way: Mutex::new(()), arrived: Mutex::new(arrived) });
    let hook = Arc::clone(&gate);
    let clock = Hooked { in_ticks_alone: true, ..Hooked::new(move || hook.pass()) };
    (clock, gate, arrivals)
}

struct Gate {
    shut: AtomicBool,
    way: Mutex<()>,
    arrived: Mutex<Sender<()>>,
}

impl Gate {
    fn pass(&self) {
        if self.shut.load(Ordering::Acquire) {
            let _ = self.arrived.lock().unwrap().send(());
            drop(self.way.lock());
        }
    }

    /// Blocks the clock until the guard is dropped.
    fn shut(&self) -> MutexGuard<'_, ()> {
        let closed = self.way.lock().unwrap();
        self.shut.store(true, Ordering::Release);
        closed
    }
}

/// Runs something that may hang, on a thread of its own.
#[track_caller]
fn within_patience<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, answer) = mpsc::channel();
    std::thread::spawn(move || done.send(run()));
    answer.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn a_shutdown_ends_in_time_while_a_clock_blocks() {
    let (clock, gate, arrivals) = gated();
    let engine = Engine::builder().clock(clock).start().unwrap();
    let _closed = gate.shut();
    arrivals.recv_timeout(PATIENCE).unwrap();
    let handle = engine.clone();
    let stopped = within_patience("shutdown", move || handle.shutdown(20 * MS));
    assert!(!stopped, "the ticker still stands before the gate");
}

#[test]
fn a_drop_does_not_wait_for_a_tick() {
    let (clock, gate, arrivals) = gated();
    let engine = Engine::builder().clock(clock).start().unwrap();
    let sli = engine.sli(Sli::new("dropped").objective(Objective::availability(0.9)).definition()).unwrap();
    let closed = gate.shut();
    arrivals.recv_timeout(PATIENCE).unwrap();
    within_patience("drop", move || drop(engine));
    drop(closed);
    assert_eq!(sli.burn_rate(FIVE_MINUTES), None);
}

#[test]
fn a_clock_that_panics_costs_ticks_and_not_the_ticker() {
    let on_ticker = || std::thread::current().name() == Some("sre-ticker");
    let clock = Hooked::new(move || assert!(!on_ticker(), "a clock of the user's"));
    let engine = Engine::builder().clock(clock).start().unwrap();
    let handle = engine.clone();
    assert!(
        within_patience("shutdown", move || handle.shutdown(PATIENCE)),
        "the ticker told nobody of its end"
    );
    // The first step, the last tick, and what came in between on a busy machine.
    assert!(engine.status().engine.panics >= 2, "{}", engine.status().engine.panics);
}

#[test]
fn a_clock_may_ask_the_engine() {
    static ASKED: Mutex<Option<Engine>> = Mutex::new(None);
    let clock = Hooked::new(|| {
        // Taken out, since what it asks reads the clock again.
        let engine = ASKED.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            let _ = (engine.collect(), engine.status());
            engine.pause();
            engine.resume();
        }
    });
    let engine = Engine::builder().clock(clock).start().unwrap();
    let ask = |what, run: fn(&Engine)| {
        let handle = engine.clone();
        *ASKED.lock().unwrap() = Some(engine.clone());
        within_patience(what, move || run(&handle));
    };
    ask("tick", Engine::tick);
    ask("sli", |engine| {
        engine.sli(Sli::new("asked").definition()).unwrap().start().ok();
    });
    ask("collect", |engine| drop(engine.collect()));
    ask("shutdown", |engine| {
        engine.shutdown(PATIENCE);
    });
    *ASKED.lock().unwrap() = None;
}

#[test]
fn a_tick_after_the_end_tells_handlers_nothing() {
    let engine = engine();
    let sli = engine.sli(Sli::new("ended").objective(Objective::availability(0.9)).definition()).unwrap();
    sli.record_n(Outcome::Error, MS, 100);
    engine.advance(SECOND);
    assert!(sli.burn_rate(FIVE_MINUTES).is_some());
    let ticks = engine.status().engine.ticks;
    assert!(engine.shutdown(SECOND));
    engine.tick();
    engine.advance(2 * SECOND);
    assert_eq!(sli.burn_rate(FIVE_MINUTES), None);
    assert_eq!(engine.status().engine.ticks, ticks + 1, "that of the shutdown alone");
}

#[test]
fn a_late_report_does_not_replace_a_newer_one() {
    let engine = engine();
    engine.sli(Sli::new("raced").objective(Objective::availability(0.9)).definition()).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let (collecting, stop) = (engine.clone(), Arc::clone(&done));
    let collector = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            let _ = collecting.collect();
        }
    });
    for tick in 1..=3_000 {
        engine.advance(SECOND);
        assert!(engine.report().engine.ticks >= tick, "the report of tick {tick} was overwritten");
    }
    done.store(true, Ordering::Relaxed);
    collector.join().unwrap();
}

#[test]
fn the_engine_after_a_paused_one_records() {
    static PAUSED: Sli = Sli::new("paused");
    let _turn = turn();
    PAUSED.record(Outcome::Ok, MS);
    let first = Engine::builder().only(["paused"]).start().unwrap();
    first.pause();
    PAUSED.record(Outcome::Ok, MS);
    assert!(first.status().engine.paused || first.collect().engine.paused);
    assert!(first.shutdown(PATIENCE));
    PAUSED.start().ok();
    assert_eq!(PAUSED.count(Outcome::Ok), 2, "after the shutdown, as before the pause");
    let second = Engine::builder().only(["paused"]).start().unwrap();
    assert!(second.is_default() && !second.collect().engine.paused);
    PAUSED.start().ok();
    PAUSED.record(Outcome::Ok, MS);
    assert_eq!(PAUSED.count(Outcome::Ok), 4);
    // A pause after the end holds nobody back.
    first.pause();
    PAUSED.start().ok();
    assert_eq!(PAUSED.count(Outcome::Ok), 5);
    assert!(second.shutdown(PATIENCE));
}

#[derive(Labels)]
struct Tenant {
    name: &'static str,
}

#[test]
fn members_that_come_during_a_pause_do_not_record() {
    let engine = engine();
    let family = engine.family(&SliFamily::<Tenant>::new("tenants").members_max(1)).unwrap();
    engine.pause();
    let count = |name| family.get(&Tenant { name }).count(Outcome::Ok);
    for name in ["first", "overflowing"] {
        family.get(&Tenant { name }).start().ok();
        assert_eq!(count(name), 0, "{name}");
    }
    engine.tick();
    family.get(&Tenant { name: "first" }).start().ok();
    assert_eq!(count("first"), 0);
    engine.resume();
    for name in ["first", "overflowing"] {
        family.get(&Tenant { name }).start().ok();
        assert_eq!(count(name), 1, "{name}");
    }
}

#[test]
fn statics_that_come_during_a_pause_do_not_record() {
    static COMING: Sli = Sli::new("coming");
    static EXCEPTED: Sli = Sli::new("excepted");
    let _turn = turn();
    let engine = Engine::builder().except(["excepted"]).start().unwrap();
    engine.pause();
    COMING.start().ok();
    COMING.record(Outcome::Ok, MS);
    EXCEPTED.start().ok();
    assert_eq!((COMING.count(Outcome::Ok), EXCEPTED.count(Outcome::Ok)), (0, 1));
    engine.resume();
    COMING.start().ok();
    assert_eq!(COMING.count(Outcome::Ok), 1);
    assert!(engine.shutdown(PATIENCE));
}

/// Runs this test again in a process of its own, in which the environment switches recording off.
#[test]
fn nothing_overrides_the_environment() {
    static DISABLED: Sli = Sli::new("disabled");
    if std::env::var_os("SRE_DISABLED").is_none() {
        let own = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "nothing_overrides_the_environment"])
            .env("SRE_DISABLED", "1")
            .output()
            .unwrap();
        assert!(own.status.success(), "{}", String::from_utf8_lossy(&own.stdout));
        return;
    }
    let engine = Engine::builder().start().unwrap();
    DISABLED.start().ok();
    engine.tick();
    engine.pause();
    engine.resume();
    DISABLED.start().ok();
    let family = engine.family(&SliFamily::<Tenant>::new("disabled-family")).unwrap();
    family.get(&Tenant { name: "any" }).start().ok();
    engine.shutdown(PATIENCE);
    DISABLED.start().ok();
    assert_eq!(DISABLED.count(Outcome::Ok), 0);
    assert_eq!(family.get(&Tenant { name: "any" }).count(Outcome::Ok), 0);
}

#[test]
fn what_happened_before_the_start_is_in_no_percentile_and_in_no_apdex() {
    static BEFORE: Sli = Sli::new("before").apdex(Duration::from_millis(50));
    let _turn = turn();
    BEFORE.record_n(Outcome::Ok, 100 * MS, 1_000);
    let engine = Engine::builder().only(["before"]).start().unwrap();
    // The first tick closes an interval.
    engine.tick();
    let report = engine.report();
    let before = report.sli("before").unwrap();
    assert_eq!(before.events.ok, 1_000);
    assert_eq!(before.percentiles.iter().map(|window| window.count).collect::<Vec<_>>(), [0; 6]);
    assert_eq!(before.apdex, None);
    assert!(engine.shutdown(PATIENCE));
}

#[test]
fn counters_begin_before_the_engine_does() {
    static EARLY: Sli = Sli::new("early");
    let _turn = turn();
    EARLY.record(Outcome::Ok, MS);
    let between = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let engine = Engine::builder().only(["early"]).start().unwrap();
    let report = engine.report();
    assert!(u128::from(report.started_unix_ns) <= between, "{} after {between}", report.started_unix_ns);
    assert!(u128::from(report.at_unix_ns) >= between, "{} before {between}", report.at_unix_ns);
    assert!(engine.shutdown(PATIENCE));
}

#[test]
fn the_default_engine_counts_a_static_and_its_definition_once() {
    static HAND: Sli = Sli::new("hand").objective(Objective::availability(0.9));
    static HANDS: SliFamily<Tenant> = SliFamily::new("hands");
    let _turn = turn();
    let engine = Engine::builder().start().unwrap();
    let handle = engine.sli(HAND.definition()).unwrap();
    let family = engine.family(&HANDS).unwrap();
    HAND.start().ok();
    handle.start().error();
    HANDS.get(&Tenant { name: "left" }).start().ok();
    family.get(&Tenant { name: "left" }).start().ok();
    engine.tick();
    let report = engine.report();
    let of = |name: &str| report.slis.iter().filter(|sli| sli.name == name).collect::<Vec<_>>();
    assert!(matches!(of("hand").as_slice(), [sli] if (sli.events.ok, sli.events.error) == (1, 1)));
    let hands: Vec<_> =
        of("hands").iter().map(|sli| (sli.labels[0].value.to_string(), sli.events.ok)).collect();
    assert_eq!(hands, [(String::new(), 2), ("left".to_owned(), 2)]);
    assert!(engine.status().engine.degraded.is_empty(), "{:?}", engine.status().engine.degraded);
    assert!(engine.shutdown(PATIENCE));
}
