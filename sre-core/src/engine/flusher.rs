//! Cold. Writes what the engine remembers to its state directory, on a thread of its own.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::archive::{self, Archive, Page, Recovery};
use super::draft::Draft;
use super::stop::Stop;
use crate::primitive::{AtomicU64, Mutex, Ordering};
use crate::report::{StateReport, StateStanding};
use crate::store::{Appended, Disk, Options, Recovered, Standing, Store};
use crate::units::saturating_nanos;
use crate::window::Tick;

/// What has to be written, and who is told what became of it.
pub(super) trait Remembering: Send + 'static {
    /// What was added since the last flush, and all of it where that is asked for or needed.
    ///
    /// `None` if the engine is busy for longer than `patience`.
    fn pages(&self, ask: Ask, patience: Duration) -> Option<Pages>;

    /// What was found in the directory once it could be read.
    fn recovered(&self, archive: Archive, now: Tick);

    /// How the directory is doing.
    fn told(&self, report: StateReport, patience: Duration);

    /// The durations of so many SLIs found no room in what was written.
    fn left_out(&self, slis: u64, patience: Duration);

    /// Now, on both clocks; as of the last tick where only a clock of the user's knows more, which may block, panic or
    /// ask for a flush.
    fn now(&self) -> Tick;

    /// A flush was lost to a panic.
    fn panicked(&self);
}

/// What a flush asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    /// All that is remembered, beside what was added.
    pub(super) all: bool,
    /// The process ends in order.
    pub(super) ended: bool,
}

/// What a flush gets.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) page: Page,
    /// All that is remembered, as of the page.
    pub(super) all: Option<Draft>,
}

/// A state directory, and what to tell of it.
#[derive(Debug)]
pub(super) struct Flusher {
    /// `None` after the last flush, so that another process may have the directory.
    store: Mutex<Option<Store>>,
    report: Mutex<StateReport>,
    each: Duration,
    /// When the last flush began, by the monotonic clock.
    begun_ns: AtomicU64,
    /// When it last flushed in a panic, by the process's clock; zero for never.
    panicked_ns: AtomicU64,
    /// Of the process that opened it: a forked child writes nothing.
    pid: u32,
}

impl Flusher {
    /// Opens the directory, which is on this disk; also what it remembers.
    pub(super) fn open(state: StateDir, disk: Box<dyn Disk>, now: Tick) -> (Self, Archive) {
        let StateDir { directory, each } = state;
        let (mut store, recovered) = Store::open(disk, Options::default(), unix_s(now));
        let mut report = StateReport::new(directory, each);
        let archive = note(&mut store, recovered, &mut report);
        tell(&store, &mut report);
        let flusher = Self {
            store: Mutex::new(Some(store)),
            report: Mutex::new(report),
            each,
            begun_ns: AtomicU64::new(0),
            panicked_ns: AtomicU64::new(0),
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
        self.store.lock().as_ref().and_then(Store::error).map(|error| error.to_string())
    }

    /// What is known of the directory.
    pub(super) fn report(&self) -> StateReport {
        self.report.lock().clone()
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
        std::process::id() == self.pid && self.store.lock().as_ref().is_some_and(Store::may_write)
    }

    /// Writes what was added, and lets go of the directory if the process has `ended`; waits at most `patience` for
    /// another flush to end. Returns whether all is durable.
    pub(super) fn flush(&self, engine: &impl Remembering, ended: bool, patience: Duration) -> bool {
        if std::process::id() != self.pid {
            return false;
        }
        let Some(mut place) = self.store.try_lock_for(patience) else { return false };
        let Some(store) = place.as_mut() else { return false };
        let now = engine.now();
        self.begun_ns.store(now.elapsed_ns.max(1), Ordering::Relaxed);
        if let Some(recovered) = store.take_over(unix_s(now)) {
            let archive = note(store, recovered, &mut self.report.lock());
            engine.recovered(archive, now);
        }
        let Some(Pages { page, all }) = engine.pages(Ask { all: store.is_due(), ended }, patience) else {
            return false;
        };
        let (archive, left_out) = all.map(Draft::finish).unzip();
        let flushed = write(store, &page, archive);
        if let Some(slis) = left_out {
            engine.left_out(slis, patience);
        }
        let mut report = self.report.lock();
        if flushed {
            report.flushed_unix_ns = Some(now.wall_ns);
        }
        tell(store, &mut report);
        if ended && let Some(store) = place.take() {
            store.close();
        }
        engine.told(report.clone(), patience);
        flushed
    }
}

/// Whether everything is durable.
fn write(store: &mut Store, page: &Page, archive: Option<Archive>) -> bool {
    // Errors are in the standing of the store; whatever they are, all of it is written as soon as that is possible.
    let appended = store.append(&archive::encode(page));
    match archive {
        Some(archive) => store.begin_generation(&archive::encode(&archive)).is_ok(),
        None => appended == Ok(Appended::Durable),
    }
}

/// What was recovered, with what was wrong about it put into words.
fn note(store: &mut Store, recovered: Recovered, report: &mut StateReport) -> Archive {
    let Recovered { snapshot, entries, found } = recovered;
    report.found.extend(found.iter().map(ToString::to_string));
    let Recovery { archive, left_out, unreadable } = Archive::recover(snapshot.as_deref(), &entries);
    report.found.extend(left_out);
    if let Some(reason) = unreadable {
        store.leave_alone(reason);
    }
    archive
}

fn tell(store: &Store, report: &mut StateReport) {
    report.standing = match store.standing() {
        Standing::Writable => StateStanding::Writable,
        Standing::HeldBy(_) => StateStanding::Waiting,
        Standing::ReadOnly(_) => StateStanding::ReadOnly,
        Standing::Degraded(_) => StateStanding::Degraded,
    };
    report.reason = store.error().map(|error| error.to_string().into());
    report.generation = store.generation();
    report.journal_bytes = store.journal_bytes();
    report.failures = store.failures();
}

const fn unix_s(now: Tick) -> u64 {
    now.wall_ns / 1_000_000_000
}

/// Starts the thread that flushes each so often, and a last time when it is asked to stop.
pub(super) fn spawn<E: Remembering>(
    stop: Arc<Stop>,
    flusher: Arc<Flusher>,
    engine: E,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("sre-state".to_owned()).spawn(move || {
        let _ended = stop.ended();
        // What was recovered is made durable anew at once.
        let mut go_on = true;
        let each = flusher.each();
        let flush = |ended| {
            // A fault of ours costs one flush; the next one is whole again.
            if catch_unwind(AssertUnwindSafe(|| flusher.flush(&engine, ended, each))).is_err() {
                engine.panicked();
            }
        };
        while go_on {
            flush(false);
            go_on = stop.sleep(each);
        }
        flush(true);
    })
}

/// Where the state of a service is kept, as configured.
#[derive(Clone, Debug)]
pub(super) struct StateDir {
    pub(super) directory: PathBuf,
    pub(super) each: Duration,
}
