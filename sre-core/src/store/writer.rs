//! Cold. Writing entries and generations in the order that survives a crash at any instant.

use super::FILE_BYTES_MAX;
use super::bridge::Bridge;
use super::drive::{Drive, Output};
use super::error::StoreError;
use super::frame::{self, Kind};
use super::names::{self, Name};
use super::recovery::{self, Memory, Survey};

/// Files set aside that are kept.
const ASIDE_MAX: usize = 4;

/// How often cleaning may fail before no further generation is begun, so that a directory in which nothing can be
/// removed does not fill the disk.
const UNCLEANED_MAX: u32 = 4;

/// The one that writes a directory that was read.
#[derive(Debug)]
pub(super) struct Writer {
    memory: Memory,
    /// The newest entries, as far as no journal has them.
    bridge: Bridge,
    /// The generation that takes entries.
    open: Option<Generation>,
    /// The generation of the snapshot before the newest: what is older may go.
    oldest: u64,
    /// How often cleaning failed since it last went well.
    uncleaned: u32,
}

/// The generation that takes entries. It was made durable by this very writer: a file that another process left is
/// never appended to, because what is read from it need not be what is on the disk.
#[derive(Debug)]
struct Generation {
    number: u64,
    snapshot_bytes: u64,
    /// Created with the first entry.
    journal: Option<Journal>,
}

#[derive(Debug)]
struct Journal {
    file: Output,
    bytes: u64,
    seal: u32,
}

impl Writer {
    /// Continues what was read; `waiting` entries were appended meanwhile, which only a snapshot can contain.
    pub(super) fn new(mut memory: Memory, waiting: u64) -> Self {
        memory.sequence = memory.sequence.saturating_add(waiting);
        Self { memory, bridge: Bridge::default(), open: None, oldest: 0, uncleaned: 0 }
    }

    /// Gives an entry its number, and writes it if a generation is open. Says whether it did.
    pub(super) fn append(&mut self, drive: &mut Drive, entry: &[u8]) -> Result<bool, StoreError> {
        self.memory.sequence = self.memory.sequence.saturating_add(1);
        // An error leaves no generation open.
        let Some(generation) = self.open.take() else {
            self.bridge.push(entry);
            return Ok(false);
        };
        match generation.append(drive, self.memory.sequence, &self.bridge, entry) {
            Ok(generation) => {
                self.open = Some(generation);
                self.bridge.clear();
                Ok(true)
            }
            Err(error) => {
                self.bridge.push(entry);
                Err(error)
            }
        }
    }

    /// Writes a snapshot of everything so far, then removes what is too old.
    pub(super) fn begin(&mut self, drive: &mut Drive, snapshot: &[u8]) -> Result<(), StoreError> {
        self.open = None;
        if self.uncleaned >= UNCLEANED_MAX {
            self.clean(drive)?;
        }
        // The number stays the same until an attempt succeeds, so that failed ones replace each other.
        let number = self.memory.next_generation;
        recovery::check_number(drive, number)?;
        self.open = Some(Generation::begin(drive, number, self.memory.sequence, snapshot)?);
        self.memory.next_generation = number.saturating_add(1);
        self.oldest = self.memory.snapshot_generation.replace(number).unwrap_or(0);
        // What could not be removed is tried again after the next generation.
        let _ = self.clean(drive);
        Ok(())
    }

    /// Ends the open generation: the next write is a whole one.
    pub(super) fn end(&mut self) {
        self.open = None;
    }

    pub(super) fn is_due(&self, journal_bytes: u64) -> bool {
        let Some(generation) = &self.open else { return true };
        self.journal_bytes() >= journal_bytes.max(generation.snapshot_bytes)
    }

    pub(super) fn journal_bytes(&self) -> u64 {
        let journal = self.open.as_ref().and_then(|generation| generation.journal.as_ref());
        journal.map_or(0, |journal| journal.bytes)
    }

    pub(super) fn generation(&self) -> Option<u64> {
        self.open.as_ref().map(|generation| generation.number)
    }

    /// Refuses when another process has written since this one last read or wrote.
    pub(super) fn check_alone(&self, drive: &mut Drive) -> Result<(), StoreError> {
        let next = Survey::of(drive)?.next_generation();
        if next <= self.memory.next_generation {
            return Ok(());
        }
        Err(StoreError::Superseded { path: drive.path(""), generation: next.saturating_sub(1) })
    }

    /// Removes what is older than the last two snapshots, and sets damaged files aside. Goes on after errors and gives
    /// the first. The newest snapshot is durable here.
    fn clean(&mut self, drive: &mut Drive) -> Result<(), StoreError> {
        let cleaned = self.clean_all(drive);
        self.uncleaned = if cleaned.is_ok() { 0 } else { self.uncleaned.saturating_add(1) };
        cleaned
    }

    fn clean_all(&mut self, drive: &mut Drive) -> Result<(), StoreError> {
        let mut cleaned = Ok(());
        for name in Survey::of(drive)?.names {
            let is_damaged = self.memory.damaged.contains(&name);
            let done = if is_damaged {
                drive.rename(&name.text(), &name.aside(self.memory.read_unix_s).text())
            } else if name.generation < self.oldest {
                drive.remove(&name.text())
            } else {
                continue;
            };
            if done.is_ok() {
                self.memory.damaged.retain(|damaged| *damaged != name);
            }
            cleaned = cleaned.and(done);
        }
        for name in Survey::of(drive)?.aside.iter().rev().skip(ASIDE_MAX) {
            cleaned = cleaned.and(drive.remove(&name.text()));
        }
        cleaned
    }
}

impl Generation {
    /// Writes the snapshot under another name, makes it durable, gives it its name and makes that durable.
    fn begin(drive: &mut Drive, number: u64, sequence: u64, snapshot: &[u8]) -> Result<Self, StoreError> {
        let name = Name::snapshot(number).text();
        check_length(drive, &name, 0, snapshot)?;
        let (bytes, _) = frame::encode(Kind::Snapshot, number, sequence, snapshot, 0);
        drive.remove(names::TEMPORARY)?;
        let written = drive
            .create(names::TEMPORARY)
            .and_then(|mut file| file.write(&bytes))
            .and_then(|()| drive.rename(names::TEMPORARY, &name));
        if let Err(error) = written {
            // If this fails, too, the next attempt begins with it.
            let _ = drive.remove(names::TEMPORARY);
            return Err(error);
        }
        drive.sync_directory()?;
        Ok(Self { number, snapshot_bytes: bytes.len() as u64, journal: None })
    }

    /// This generation with one more entry, durable. It is gone after an error: nothing is ever written behind what
    /// may have been written in part.
    fn append(
        self,
        drive: &mut Drive,
        sequence: u64,
        bridge: &Bridge,
        entry: &[u8],
    ) -> Result<Self, StoreError> {
        let Self { number, snapshot_bytes, journal } = self;
        let name = Name::journal(number).text();
        check_length(drive, &name, journal.as_ref().map_or(0, |journal| journal.bytes), entry)?;
        let journal = match journal {
            Some(journal) => journal.append(number, sequence, entry)?,
            None => Journal::begin(drive, number, sequence, bridge, entry)?,
        };
        Ok(Self { number, snapshot_bytes, journal: Some(journal) })
    }
}

impl Journal {
    /// A new file with its first entry, and before that those of the bridge.
    fn begin(
        drive: &mut Drive,
        number: u64,
        sequence: u64,
        bridge: &Bridge,
        entry: &[u8],
    ) -> Result<Self, StoreError> {
        let entries = bridge.entries().iter().map(Vec::as_slice).chain([entry]);
        let mut last = sequence.saturating_sub(1).saturating_sub(bridge.entries().len() as u64);
        let (mut bytes, mut seal) = frame::encode(Kind::Journal, number, last, &[], 0);
        for entry in entries {
            last = last.saturating_add(1);
            let (frame, next) = frame::encode(Kind::Entry, number, last, entry, seal);
            bytes.extend(frame);
            seal = next;
        }
        let mut file = drive.create(&Name::journal(number).text())?;
        file.write(&bytes)?;
        drive.sync_directory()?;
        Ok(Self { file, bytes: bytes.len() as u64, seal })
    }

    fn append(mut self, number: u64, sequence: u64, entry: &[u8]) -> Result<Self, StoreError> {
        let (bytes, seal) = frame::encode(Kind::Entry, number, sequence, entry, self.seal);
        self.file.write(&bytes)?;
        Ok(Self { bytes: self.bytes.saturating_add(bytes.len() as u64), seal, ..self })
    }
}

/// Refuses a file that would not be read again.
fn check_length(drive: &Drive, name: &str, before: u64, payload: &[u8]) -> Result<(), StoreError> {
    // The start of a journal and its bridge are small.
    let others = 2 << 20;
    let length = before.saturating_add(others).saturating_add(payload.len() as u64);
    if length <= FILE_BYTES_MAX {
        return Ok(());
    }
    Err(StoreError::TooLarge { path: drive.path(name), length, max: FILE_BYTES_MAX })
}
