//! Cold. A state directory, of which at most one store in all processes is the writer.

use core::mem;
use std::io;

use super::disk::Disk;
use super::drive::Drive;
use super::error::StoreError;
use super::holder::Holder;
use super::recovery::{self, Recovered};
use super::writer::Writer;

/// How often reading may fail before a file that the medium cannot read counts as damaged: a minute of flushes, because
/// a disk in a network may come back.
const ATTEMPTS_MAX: u32 = 6;

/// What can be chosen about a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// A generation is due when its journal has this many bytes and is as long as its snapshot.
    pub(crate) journal_bytes: u64,
}

impl Default for Options {
    /// 1 MiB: snapshots are rare, and starting reads little.
    fn default() -> Self {
        Self { journal_bytes: 1 << 20 }
    }
}

/// How a store stands to its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the one writer, and the last write went well.
    Writable,
    /// Another process has the directory; this one takes over when it is free.
    HeldBy(Holder),
    /// Nothing is written, for this reason; what can be read was recovered.
    ReadOnly(StoreError),
    /// Something failed; it is tried again at the next flush.
    Degraded(StoreError),
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Appended {
    /// It survives whatever happens now.
    Durable,
    /// It has its number and stands nowhere: the next snapshot has to contain it.
    Unwritten,
}

/// A state directory: what it remembers, and whether this process may write to it.
///
/// Opening never fails: [`standing`](Self::standing) says what is possible, and [`take_over`](Self::take_over) tries to
/// improve it. Whatever goes wrong, recording and judging go on.
#[derive(Debug)]
pub(crate) struct Store {
    drive: Drive,
    options: Options,
    standing: Standing,
    /// The wall clock when it was last told.
    now_unix_s: u64,
    is_locked: bool,
    /// How often reading the directory failed.
    attempts: u32,
    /// `None` until the directory could be read.
    writer: Option<Writer>,
    /// How many entries were appended before that. They are of a process that did not know what it adds to, so no journal
    /// gets them: the next snapshot has what they say.
    waiting: u64,
    failures: u64,
}

impl Store {
    /// Takes the directory, or a place in the queue for it, and reads what it remembers.
    ///
    /// `now_unix_s` is the wall clock in seconds since 1970; here and below it only names what people read.
    pub(crate) fn open(disk: Box<dyn Disk>, options: Options, now_unix_s: u64) -> (Self, Recovered) {
        let mut store = Self {
            drive: Drive::new(disk),
            options,
            standing: Standing::HeldBy(Holder::default()),
            now_unix_s,
            is_locked: false,
            attempts: 0,
            writer: None,
            waiting: 0,
            failures: 0,
        };
        let recovered = store.take_over(now_unix_s).unwrap_or_default();
        (store, recovered)
    }

    /// How it stands now.
    pub(crate) const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Whether writing is possible now, or may be later in this process.
    pub(crate) const fn may_write(&self) -> bool {
        match &self.standing {
            Standing::ReadOnly(error) => error.is_retryable(),
            _ => true,
        }
    }

    /// What a strict start refuses: everything but being the writer.
    pub(crate) fn error(&self) -> Option<StoreError> {
        match &self.standing {
            Standing::Writable => None,
            Standing::HeldBy(holder) => {
                Some(StoreError::Held { path: self.drive.path(""), holder: holder.clone() })
            }
            Standing::ReadOnly(error) | Standing::Degraded(error) => Some(error.clone()),
        }
    }

    /// Tries to become the writer, and to read what could not be read so far. To be called at each flush: nothing
    /// happens while that is settled, else it costs a few system calls.
    ///
    /// `Some` at most once in the life of a store, the opening included: when the directory has been read. What it
    /// remembers does not contain anything that was appended here, so it is added to that.
    pub(crate) fn take_over(&mut self, now_unix_s: u64) -> Option<Recovered> {
        self.now_unix_s = now_unix_s;
        if !self.may_write() || self.is_writer() {
            return None;
        }
        match (self.lock(), &self.writer) {
            (Ok(()), None) => self.read(None),
            (Ok(()), Some(_)) => {
                self.resume();
                None
            }
            (Err(error), None) if is_read_only(&error) => self.read(Some(error)),
            (Err(error), _) => {
                self.refuse(error);
                None
            }
        }
    }

    /// Adds an entry. It gets the next number whether or not it can be written: the next snapshot has to contain it.
    ///
    /// One write and one sync; with the first entry of a generation also a file and a sync of the directory.
    ///
    /// # Errors
    ///
    /// What the disk refused. Nobody can rely on the entry then, and a generation is due.
    pub(crate) fn append(&mut self, entry: &[u8]) -> Result<Appended, StoreError> {
        let Some(writer) = &mut self.writer else {
            self.waiting = self.waiting.saturating_add(1);
            return Ok(Appended::Unwritten);
        };
        let held = writer.generation().map_or(Ok(()), |_| self.drive.check_lock());
        if held.is_err() {
            writer.end();
        }
        let appended = writer.append(&mut self.drive, entry);
        match held.and(appended) {
            Ok(true) => Ok(Appended::Durable),
            Ok(false) => Ok(Appended::Unwritten),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Whether this flush should end with a new generation: after the start, after a failed write, and when the journal
    /// has grown to [`Options::journal_bytes`] and to the length of its snapshot.
    pub(crate) fn is_due(&self) -> bool {
        match (&self.standing, &self.writer) {
            (Standing::Writable | Standing::Degraded(_), Some(writer)) => {
                writer.is_due(self.options.journal_bytes)
            }
            _ => false,
        }
    }

    /// Writes a snapshot, makes it durable, and removes what is older than the generation before it.
    ///
    /// The snapshot has to contain what was recovered and every entry appended since, written or not, and nothing else.
    ///
    /// # Errors
    ///
    /// What the disk refused, or why this store is not the writer. The generations before are untouched, and the next
    /// attempt is a whole one.
    pub(crate) fn begin_generation(&mut self, snapshot: &[u8]) -> Result<(), StoreError> {
        match (&self.standing, &self.writer) {
            (Standing::Writable | Standing::Degraded(_), Some(_)) => {}
            _ => return self.error().map_or(Ok(()), Err),
        }
        let held = self.hold_lock();
        let begun = match &mut self.writer {
            Some(writer) => held.and_then(|()| writer.begin(&mut self.drive, snapshot)),
            None => held,
        };
        match begun {
            Ok(()) => {
                self.standing = Standing::Writable;
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Leaves the directory as it is from now on, because payloads are not understood; to be called right after they were
    /// recovered.
    pub(crate) fn leave_alone(&mut self, reason: String) {
        let path = self.drive.path("");
        self.refuse(StoreError::NotUnderstood { path, reason });
    }

    /// Lets go of the directory, as dropping does. What [`append`](Self::append) and
    /// [`begin_generation`](Self::begin_generation) called durable is so already.
    pub(crate) fn close(mut self) {
        self.drive.unlock();
    }

    /// The length of the journal being written.
    pub(crate) fn journal_bytes(&self) -> u64 {
        self.writer.as_ref().map_or(0, Writer::journal_bytes)
    }

    /// The generation that takes entries; `None` while none does.
    pub(crate) fn generation(&self) -> Option<u64> {
        self.writer.as_ref().and_then(Writer::generation)
    }

    /// How many writes failed since the store was opened.
    pub(crate) const fn failures(&self) -> u64 {
        self.failures
    }

    const fn is_writer(&self) -> bool {
        !matches!(self.standing, Standing::ReadOnly(_)) && self.is_locked && self.writer.is_some()
    }

    fn lock(&mut self) -> Result<(), StoreError> {
        if !self.is_locked {
            self.drive.prepare()?;
            self.drive.lock(self.now_unix_s)?;
            self.is_locked = true;
        }
        Ok(())
    }

    fn unlock(&mut self) {
        if mem::take(&mut self.is_locked) {
            self.drive.unlock();
        }
    }

    /// The lock, taken again if it was lost and nobody wrote meanwhile.
    fn hold_lock(&mut self) -> Result<(), StoreError> {
        match self.drive.check_lock() {
            Err(StoreError::LockLost { .. }) => {}
            other => return other,
        }
        self.unlock();
        self.lock()?;
        self.writer.as_ref().map_or(Ok(()), |writer| writer.check_alone(&mut self.drive))
    }

    /// Reads the directory: under the lock, or without it where nothing can be written anyway.
    fn read(&mut self, refusal: Option<StoreError>) -> Option<Recovered> {
        let is_last_attempt = self.attempts >= ATTEMPTS_MAX;
        let directory = match recovery::recover(&mut self.drive, self.now_unix_s, is_last_attempt) {
            Ok(directory) => directory,
            Err(error) => {
                self.attempts = self.attempts.saturating_add(1);
                self.refuse(refusal.unwrap_or(error));
                return None;
            }
        };
        let waiting = mem::take(&mut self.waiting);
        self.writer = Some(Writer::new(directory.memory, waiting));
        match directory.refusal.or(refusal) {
            Some(error) => {
                self.unlock();
                self.standing = Standing::ReadOnly(error);
            }
            None => self.standing = Standing::Writable,
        }
        Some(directory.recovered)
    }

    /// Writes again, after a time of waiting or of reading only, unless somebody else wrote meanwhile.
    fn resume(&mut self) {
        let alone = self.writer.as_ref().map_or(Ok(()), |writer| writer.check_alone(&mut self.drive));
        match alone {
            Ok(()) => self.standing = Standing::Writable,
            Err(error) => self.refuse(error),
        }
    }

    /// Notes why this store is not the writer, or not now.
    fn refuse(&mut self, error: StoreError) {
        self.standing = match error {
            StoreError::Held { holder, .. } => Standing::HeldBy(holder),
            error if !error.is_retryable() => Standing::ReadOnly(error),
            error if matches!(self.standing, Standing::ReadOnly(_)) => Standing::ReadOnly(error),
            error => Standing::Degraded(error),
        };
        if !matches!(self.standing, Standing::Degraded(_)) {
            self.unlock();
        }
    }

    /// Notes that a write failed.
    fn fail(&mut self, error: StoreError) -> StoreError {
        self.failures = self.failures.saturating_add(1);
        if let Some(writer) = &mut self.writer {
            writer.end();
        }
        self.refuse(error.clone());
        error
    }
}

/// Whether reading may still be possible.
fn is_read_only(error: &StoreError) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let StoreError::Io { cause, .. } = error else { return false };
    matches!(cause.kind, PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
}
