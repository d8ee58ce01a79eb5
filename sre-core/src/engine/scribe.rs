//! Cold. Writes what an engine remembers into its store, entry by entry, and all of it whenever an entry may be missing.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::mem;
use core::time::Duration;

use super::archive::{self, Archive, Page, Recovery};
use super::draft::Draft;
use crate::report::{StateReport, StateStanding};
use crate::store::{Appended, Disk, Options, Recovered, Standing, Store};
use crate::window::Tick;

/// What has to be written, and who is told what became of it.
pub(super) trait Remembering: Send + 'static {
    /// What was added since the last flush, and all of it where that is asked for or needed.
    ///
    /// `None` if the engine is busy for longer than `patience`.
    fn pages(&self, ask: Ask, patience: Duration) -> Option<Pages>;

    /// What was found in the directory once it could be read; given back if the engine is busy for longer than
    /// `patience`.
    fn recovered(&self, archive: Archive, now: Tick, patience: Duration) -> Option<Archive>;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    /// All that is remembered, beside what was added.
    pub(super) all: bool,
    /// The process ends in order.
    pub(super) ended: bool,
}

/// What a flush gets.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) page: Page,
    /// All that is remembered, as of the page.
    pub(super) all: Option<Draft>,
}

/// What became of a flush.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// Whether all of it is durable.
    pub(super) durably: bool,
    /// Of how many SLIs the durations found no room; `None` where nobody looked.
    pub(super) left_out: Option<u64>,
}

/// A store, and what stands between two flushes.
#[derive(Debug)]
pub(super) struct Scribe {
    store: Store,
    /// What was found in the directory while the engine was busy: nothing is written without it.
    found: Option<Archive>,
    /// A flush did not come to its end: what it took from the engine stands nowhere.
    is_torn: bool,
}

impl Scribe {
    /// Opens the directory, which is on this disk; also what it remembers.
    pub(super) fn open(disk: Box<dyn Disk>, now: Tick, report: &mut StateReport) -> (Self, Archive) {
        let (store, recovered) = Store::open(disk, Options::default(), unix_s(now));
        let mut scribe = Self { store, found: None, is_torn: false };
        let archive = scribe.note(recovered, report);
        scribe.tell(report);
        (scribe, archive)
    }

    /// Why the directory cannot be written.
    pub(super) fn refusal(&self) -> Option<String> {
        self.store.error().map(|error| error.to_string())
    }

    /// Whether this process writes, or may do so later without being started anew.
    pub(super) fn may_write(&self) -> bool {
        self.store.may_write()
    }

    /// Lets the engine go on from what the directory remembers, as soon as that can be read.
    pub(super) fn take_over(
        &mut self,
        engine: &impl Remembering,
        now: Tick,
        patience: Duration,
        report: &mut StateReport,
    ) {
        if let Some(recovered) = self.store.take_over(unix_s(now)) {
            self.found = Some(self.note(recovered, report));
        }
        self.found = self.found.take().and_then(|archive| engine.recovered(archive, now, patience));
    }

    /// Writes what was added; `None` while the engine is busy.
    pub(super) fn write(
        &mut self,
        engine: &impl Remembering,
        ended: bool,
        patience: Duration,
    ) -> Option<Written> {
        if self.found.is_some() {
            return None;
        }
        let ask = Ask { all: self.is_torn || self.store.is_due(), ended };
        let was_torn = mem::replace(&mut self.is_torn, true);
        let pages = engine.pages(ask, patience);
        let written = pages.map(|pages| write(&mut self.store, pages));
        self.is_torn = was_torn && written.is_none();
        written
    }

    /// Lets go of the directory, so that another process may have it.
    pub(super) fn close(self) {
        self.store.close();
    }

    /// Puts down how the directory is doing.
    pub(super) fn tell(&self, report: &mut StateReport) {
        let store = &self.store;
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

    /// What was recovered, with what was wrong about it put into words.
    fn note(&mut self, recovered: Recovered, report: &mut StateReport) -> Archive {
        let Recovered { snapshot, entries, found } = recovered;
        report.found.extend(found.iter().map(ToString::to_string));
        let Recovery { archive, left_out, unreadable } = Archive::recover(snapshot.as_deref(), &entries);
        report.found.extend(left_out);
        if let Some(reason) = unreadable {
            self.store.leave_alone(reason);
        }
        archive
    }
}

fn write(store: &mut Store, Pages { page, all }: Pages) -> Written {
    let (archive, left_out) = all.map(Draft::finish).unzip();
    // Errors are in the standing of the store; whatever they are, all of it is written as soon as that is possible.
    let appended = store.append(&archive::encode(&page));
    let durably = match archive {
        Some(archive) => store.begin_generation(&archive::encode(&archive)).is_ok(),
        None => appended == Ok(Appended::Durable),
    };
    Written { durably, left_out }
}

const fn unix_s(now: Tick) -> u64 {
    now.wall_ns / 1_000_000_000
}
