//! Cold. Writes what the engine remembers to its state directory, on a thread of its own.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use super::archive::Archive;
use super::builder::STEP;
use super::scribe::{Remembering, Scribe};
use super::stop::Stop;
use super::thread;
use crate::clock::Source;
use crate::error::Error;
use crate::primitive::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::report::StateReport;
use crate::store::Disk;
use crate::units::saturating_nanos;
use crate::window::Tick;

/// Why it is flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It is due, or somebody asked.
    Usual,
    /// The process ends in order.
    End,
    /// A thread panics, which may hold any lock: nothing is read, and nobody told.
    Panic,
}

/// A state directory, and what to tell of it.
#[derive(Debug)]
pub(super) struct Flusher {
    /// `None` after the last flush, so that another process may have the directory.
    scribe: Mutex<Option<Scribe>>,
    report: Mutex<StateReport>,
    each: Duration,
    /// When the last flush began, by the monotonic clock.
    begun_ns: AtomicU64,
    /// When it last flushed in a panic, by the process's clock; zero for never.
    panicked_ns: AtomicU64,
    /// Whether the last flush of all made everything durable.
    ended_well: AtomicBool,
    /// Of the process that opened it: a forked child writes nothing.
    pid: u32,
}

impl Flusher {
    /// Opens the directory, which is on this disk; also what it remembers.
    pub(super) fn open(state: StateDir, disk: Box<dyn Disk>, now: Tick) -> (Self, Archive) {
        let StateDir { directory, each } = state;
        let mut report = StateReport::new(directory, each);
        let (scribe, archive) = Scribe::open(disk, now, &mut report);
        let flusher = Self {
            scribe: Mutex::new(Some(scribe)),
            report: Mutex::new(report),
            each,
            begun_ns: AtomicU64::new(0),
            panicked_ns: AtomicU64::new(0),
            ended_well: AtomicBool::new(false),
            pid: std::process::id(),
        };
        (flusher, archive)
    }

    /// How often it is to be written.
    pub(super) const fn each(&self) -> Duration {
        self.each
    }

    /// Whether the last flush began at least so long ago.
    pub(super) fn is_due(&self, elapsed_ns: u64, interval: Duration) -> bool {
        // Relaxed: it tells when, and orders nothing.
        let begun_ns = self.begun_ns.load(Ordering::Relaxed);
        begun_ns == 0 || elapsed_ns.saturating_sub(begun_ns) >= saturating_nanos(interval)
    }

    /// Why the directory cannot be written, for those who insist.
    pub(super) fn refusal(&self) -> Option<String> {
        self.scribe.lock().as_ref().and_then(Scribe::refusal)
    }

    /// What is known of the directory.
    pub(super) fn report(&self) -> StateReport {
        self.report.lock().clone()
    }

    /// Whether the flush at the end came about and made everything durable.
    pub(super) fn has_ended_well(&self) -> bool {
        // Relaxed: whoever asks has waited for that flush.
        self.ended_well.load(Ordering::Relaxed)
    }

    /// Whether a panic at this time may flush: at most one in each `interval` does.
    pub(super) fn may_flush_in_panic(&self, now_ns: u64, interval: Duration) -> bool {
        let now_ns = now_ns.max(1);
        // Relaxed: of two panics at once, both may flush.
        let last_ns = self.panicked_ns.load(Ordering::Relaxed);
        let may = last_ns == 0 || now_ns.saturating_sub(last_ns) >= saturating_nanos(interval);
        if may {
            self.panicked_ns.store(now_ns, Ordering::Relaxed);
        }
        may
    }

    /// Whether this process writes the directory, or may do so later without being started anew.
    pub(super) fn may_write(&self) -> bool {
        std::process::id() == self.pid && self.scribe.lock().as_ref().is_some_and(Scribe::may_write)
    }

    /// Lets go of the directory without another word.
    pub(super) fn close(&self) {
        if let Some(scribe) = self.scribe.lock().take() {
            scribe.close();
        }
    }

    /// Writes what was added, and lets go of the directory at the end of the process; waits at most `patience` for each
    /// lock, which are two in a panic. Returns whether all is durable.
    pub(super) fn flush(&self, engine: &impl Remembering, occasion: Occasion, patience: Duration) -> bool {
        if std::process::id() != self.pid {
            return false;
        }
        let Some(mut place) = self.scribe.try_lock_for(patience) else { return false };
        let Some(scribe) = place.as_mut() else { return occasion == Occasion::End && self.has_ended_well() };
        let now = engine.now();
        self.begun_ns.store(now.elapsed_ns.max(1), Ordering::Relaxed);
        if occasion != Occasion::Panic {
            scribe.take_over(engine, now, patience, &mut self.report.lock());
        }
        let Some(written) = scribe.write(engine, occasion == Occasion::End, patience) else { return false };
        let report = self.note(scribe, now, written.durably);
        if occasion == Occasion::End {
            self.ended_well.store(written.durably, Ordering::Relaxed);
            place.take().into_iter().for_each(Scribe::close);
        }
        if occasion != Occasion::Panic {
            written.left_out.into_iter().for_each(|slis| engine.left_out(slis, patience));
            engine.told(report, patience);
        }
        written.durably
    }

    /// Puts down what became of a flush.
    fn note(&self, scribe: &Scribe, now: Tick, flushed: bool) -> StateReport {
        let mut report = self.report.lock();
        if flushed {
            report.flushed_unix_ns = Some(now.wall_ns);
        }
        scribe.tell(&mut report);
        report.clone()
    }
}

/// How much earlier than promised a flush begins: up to one step of events was not judged then, and it takes its time.
const LEAD: Duration = Duration::from_secs(2);

/// How long the thread sleeps after a flush that took so long. Between two ticks there is nothing new.
fn pause(each: Duration, taken: Duration) -> Duration {
    each.saturating_sub(LEAD).saturating_sub(taken).max(STEP)
}

/// Starts the thread that flushes often enough that a kill loses no more than each interval's events, and a last time
/// when it is asked to stop.
pub(super) fn spawn<E: Remembering>(stop: Arc<Stop>, flusher: Arc<Flusher>, engine: E) -> Result<(), Error> {
    thread::spawn("sre-state", move || {
        let _ended = stop.ended();
        let each = flusher.each();
        let flush = |occasion| {
            // A fault of ours costs one flush; the next one is whole again.
            if catch_unwind(AssertUnwindSafe(|| flusher.flush(&engine, occasion, each))).is_err() {
                engine.panicked();
            }
        };
        // What was recovered is made durable anew at once.
        let mut go_on = true;
        while go_on {
            let begun_ns = Source::System.monotonic_ns();
            flush(Occasion::Usual);
            let taken_ns = Source::System.monotonic_ns().saturating_sub(begun_ns);
            go_on = stop.sleep(pause(each, Duration::from_nanos(taken_ns)));
        }
        flush(Occasion::End);
    })
}

/// Where the state of a service is kept, as configured.
#[derive(Clone, Debug)]
pub(super) struct StateDir {
    pub(super) directory: PathBuf,
    pub(super) each: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draft::Draft;
    use crate::engine::scribe::{Ask, Pages};
    use crate::slo::Ledger;
    use crate::store::model::{ModelDisk, World};

    const PATIENCE: Duration = Duration::from_millis(1);

    /// An engine that does as it is told, and notes what it is asked.
    #[derive(Default)]
    struct Fake {
        asks: Mutex<Vec<Ask>>,
        panics: AtomicBool,
        is_busy: AtomicBool,
        recovered: AtomicU64,
        told: AtomicU64,
    }

    impl Remembering for Fake {
        fn pages(&self, ask: Ask, _: Duration) -> Option<Pages> {
            self.asks.lock().push(ask);
            assert!(!self.panics.load(Ordering::Relaxed), "planned");
            (!self.is_busy.load(Ordering::Relaxed))
                .then(|| Pages { all: ask.all.then(|| Draft::new(Ledger::default(), 0)), ..Pages::default() })
        }

        fn recovered(&self, archive: Archive, _: Tick, _: Duration) -> Option<Archive> {
            if self.is_busy.load(Ordering::Relaxed) {
                return Some(archive);
            }
            self.recovered.fetch_add(1, Ordering::Relaxed);
            None
        }

        fn told(&self, _: StateReport, _: Duration) {
            self.told.fetch_add(1, Ordering::Relaxed);
        }

        fn left_out(&self, _: u64, _: Duration) {}

        fn now(&self) -> Tick {
            Tick::default()
        }

        fn panicked(&self) {}
    }

    impl Fake {
        /// Whether all was asked for, flush by flush.
        fn asked_for_all(&self) -> Vec<bool> {
            self.asks.lock().iter().map(|ask| ask.all).collect()
        }
    }

    fn flusher(world: &Arc<Mutex<World>>) -> Flusher {
        let state = StateDir { directory: "/model".into(), each: Duration::from_secs(10) };
        Flusher::open(state, Box::new(ModelDisk::new(world)), Tick::default()).0
    }

    fn flush(flusher: &Flusher, engine: &Fake) -> bool {
        flusher.flush(engine, Occasion::Usual, PATIENCE)
    }

    #[test]
    fn a_flush_begins_early_enough_for_what_is_not_judged_yet_and_for_its_own_time() {
        let ms = Duration::from_millis;
        for (each, taken, expected) in [
            (10_000, 0, 8_000),
            (10_000, 700, 7_300),
            (10_000, 9_000, 1_000),
            (3_000, 300, 1_000),
            (1_000, 0, 1_000),
            (3_600_000, 0, 3_598_000),
        ] {
            assert_eq!(pause(ms(each), ms(taken)), ms(expected), "{each} ms after {taken} ms");
        }
    }

    #[test]
    fn the_flush_after_one_that_panicked_is_whole() {
        let (flusher, engine) = (flusher(&World::new()), Fake::default());
        assert!(flush(&flusher, &engine) && flush(&flusher, &engine));
        engine.panics.store(true, Ordering::Relaxed);
        let flushed = catch_unwind(AssertUnwindSafe(|| flush(&flusher, &engine)));
        assert!(flushed.is_err());
        engine.panics.store(false, Ordering::Relaxed);
        // Busy, so that it takes nothing either.
        engine.is_busy.store(true, Ordering::Relaxed);
        assert!(!flush(&flusher, &engine));
        engine.is_busy.store(false, Ordering::Relaxed);
        assert!(flush(&flusher, &engine) && flush(&flusher, &engine));
        assert_eq!(engine.asked_for_all(), [true, false, false, true, true, false]);
    }

    #[test]
    fn a_busy_engine_alone_does_not_make_a_flush_whole() {
        let (flusher, engine) = (flusher(&World::new()), Fake::default());
        assert!(flush(&flusher, &engine));
        engine.is_busy.store(true, Ordering::Relaxed);
        assert!(!flush(&flusher, &engine));
        engine.is_busy.store(false, Ordering::Relaxed);
        assert!(flush(&flusher, &engine));
        assert_eq!(engine.asked_for_all(), [true, false, false]);
    }

    #[test]
    fn nothing_is_written_before_the_engine_has_taken_in_what_was_found() {
        let world = World::new();
        let (first, second, engine) = (flusher(&world), flusher(&world), Fake::default());
        first.close();
        engine.is_busy.store(true, Ordering::Relaxed);
        assert!(!flush(&second, &engine) && !second.flush(&engine, Occasion::Panic, PATIENCE));
        engine.is_busy.store(false, Ordering::Relaxed);
        assert!(!second.flush(&engine, Occasion::Panic, PATIENCE), "the past would be written over");
        assert_eq!((engine.recovered.load(Ordering::Relaxed), engine.asks.lock().len()), (0, 0));
        assert!(flush(&second, &engine) && flush(&second, &engine));
        assert_eq!(engine.recovered.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_panic_neither_reads_the_directory_nor_tells_anybody() {
        let world = World::new();
        let (first, second, engine) = (flusher(&world), flusher(&world), Fake::default());
        first.close();
        let calls = world.lock().calls();
        assert!(!second.flush(&engine, Occasion::Panic, PATIENCE));
        assert_eq!((world.lock().calls(), engine.told.load(Ordering::Relaxed)), (calls, 0));
        assert!(flush(&second, &engine));
        assert_eq!(engine.told.load(Ordering::Relaxed), 1);
    }
}
