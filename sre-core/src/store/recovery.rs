//! Cold. Reading a state directory. Nothing is written, renamed or removed here.

use std::io;

use super::drive::Drive;
use super::error::{Operation, StoreError};
use super::finding::{Damage, Finding};
use super::frame::{self, HEADER_BYTES, Kind};
use super::names::{GENERATION_MAX, Name, Role};

/// What the directory remembers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// The newest snapshot that is sound; `None` in a new directory.
    pub(crate) snapshot: Option<Vec<u8>>,
    /// The entries after it, oldest first, without a gap. Without a snapshot they begin with the first ever.
    pub(crate) entries: Vec<Vec<u8>>,
    /// What was not as it should be.
    pub(crate) found: Vec<Finding>,
}

/// What a writer has to know of a directory that was read.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The number of the newest entry.
    pub(super) sequence: u64,
    /// The number of the next generation: no file here has it or a higher one.
    pub(super) next_generation: u64,
    /// The generation of the newest sound snapshot.
    pub(super) snapshot_generation: Option<u64>,
    /// When the directory was read; files set aside are named by it.
    pub(super) read_unix_s: u64,
    /// Files that must be set aside, not removed.
    pub(super) damaged: Vec<Name>,
}

/// Everything that a directory says.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) recovered: Recovered,
    pub(super) memory: Memory,
    /// Why nothing must be written here: a newer release wrote a file, or no number is left for another one.
    pub(super) refusal: Option<StoreError>,
}

/// The numbered files of a directory.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Those in use, oldest first.
    pub(super) names: Vec<Name>,
    /// Those set aside, oldest first.
    pub(super) aside: Vec<Name>,
}

impl Survey {
    pub(super) fn of(drive: &mut Drive) -> Result<Self, StoreError> {
        let listed = drive.list()?;
        let (mut aside, mut names): (Vec<Name>, Vec<Name>) =
            listed.iter().filter_map(|name| Name::parse(name)).partition(|name| name.aside_unix_s.is_some());
        names.sort_by_key(|name| (name.generation, name.role));
        aside.sort_by_key(|name| (name.aside_unix_s, name.generation, name.role));
        Ok(Self { names, aside })
    }

    /// The first generation that no file has or had.
    pub(super) fn next_generation(&self) -> u64 {
        let newest = self.names.iter().chain(&self.aside).map(|name| name.generation).max();
        newest.map_or(1, |newest| newest.saturating_add(1))
    }
}

/// Refuses a number that no file can have: what is written under it would never be read.
pub(super) fn check_number(drive: &Drive, generation: u64) -> Result<(), StoreError> {
    if generation <= GENERATION_MAX {
        return Ok(());
    }
    Err(StoreError::NumbersUsedUp { path: drive.path(""), generation: generation.saturating_sub(1) })
}

/// Reads the newest sound snapshot and the entries after it.
///
/// # Errors
///
/// When the disk refuses for a reason that may pass, such as too many open files: to go on without that file, and to
/// write a generation without it, would make the loss permanent. A file that the medium cannot read is damaged as soon
/// as it `is_last_attempt`.
pub(super) fn recover(
    drive: &mut Drive,
    now_unix_s: u64,
    is_last_attempt: bool,
) -> Result<Directory, StoreError> {
    let survey = Survey::of(drive)?;
    let mut reading = Reading { drive, is_last_attempt, directory: Directory::default(), contained: 0 };
    reading.directory.memory.read_unix_s = now_unix_s;
    reading.directory.memory.next_generation = survey.next_generation();
    reading.directory.refusal = check_number(reading.drive, survey.next_generation()).err();
    reading.newest_snapshot(&survey.names)?;
    let oldest = reading.directory.memory.snapshot_generation.unwrap_or(0);
    for name in survey.names.iter().filter(|name| name.role == Role::Journal && name.generation >= oldest) {
        reading.journal(*name)?;
    }
    Ok(reading.finish())
}

struct Reading<'a> {
    drive: &'a mut Drive,
    is_last_attempt: bool,
    directory: Directory,
    /// The number of the last entry that the snapshot contains.
    contained: u64,
}

impl Reading<'_> {
    fn newest_snapshot(&mut self, names: &[Name]) -> Result<(), StoreError> {
        for &name in names.iter().rev().filter(|name| name.role == Role::Snapshot) {
            let Some(bytes) = self.read(name)? else { continue };
            match snapshot(bytes, name.generation) {
                Ok((payload, sequence)) => {
                    self.contained = sequence;
                    self.directory.memory.snapshot_generation = Some(name.generation);
                    self.directory.recovered.snapshot = Some(payload);
                    return Ok(());
                }
                Err((offset, damage)) => self.damaged(name, offset, damage),
            }
        }
        Ok(())
    }

    /// Adds the entries of a journal to those of the journals before it.
    ///
    /// A journal says which entry it follows. Its writer knew no later one, or repeats it, so later ones give way. If
    /// that entry has not been reached, those between are missing and the journal cannot be used. What the snapshot
    /// contains is passed over.
    fn journal(&mut self, name: Name) -> Result<(), StoreError> {
        let Some(bytes) = self.read(name)? else { return Ok(()) };
        let journal = match journal(&bytes, name.generation) {
            Ok(journal) => journal,
            Err(damage) => {
                self.tail(name, &bytes, 0, damage);
                return Ok(());
            }
        };
        let contained = usize::try_from(self.contained.saturating_sub(journal.follows)).unwrap_or(usize::MAX);
        let kept = usize::try_from(journal.follows.saturating_sub(self.contained)).unwrap_or(usize::MAX);
        let entries = &mut self.directory.recovered.entries;
        if kept > entries.len() {
            self.damaged(name, 0, Damage::Gap);
            return Ok(());
        }
        entries.truncate(kept);
        entries.extend(journal.entries.iter().skip(contained).map(|entry| entry.to_vec()));
        if let Some((offset, damage)) = journal.end {
            self.tail(name, &bytes, offset, damage);
        }
        Ok(())
    }

    /// A journal that ends in something else than a frame: usual, unless sound frames follow.
    fn tail(&mut self, name: Name, bytes: &[u8], offset: usize, damage: Damage) {
        let rest = bytes.get(offset.saturating_add(1)..).unwrap_or_default();
        let is_newer = matches!(damage, Damage::Version { .. });
        if is_newer || damage == Damage::Misplaced || frame::occurs_in(rest, name.generation) {
            return self.damaged(name, offset, damage);
        }
        let path = self.drive.path(&name.text());
        let found = Finding { path, offset: offset as u64, damage: Damage::Unfinished, kept_as: None };
        self.directory.recovered.found.push(found);
    }

    fn finish(mut self) -> Directory {
        let entries = self.directory.recovered.entries.len() as u64;
        self.directory.memory.sequence = self.contained.saturating_add(entries);
        self.directory
    }

    fn damaged(&mut self, name: Name, offset: usize, damage: Damage) {
        let path = self.drive.path(&name.text());
        let mut kept_as = None;
        if let Damage::Version { major } = damage {
            self.directory.refusal = Some(StoreError::NewerVersion { path: path.clone(), major });
        } else {
            self.directory.memory.damaged.push(name);
            kept_as = Some(self.drive.path(&name.aside(self.directory.memory.read_unix_s).text()));
        }
        self.directory.recovered.found.push(Finding { path, offset: offset as u64, damage, kept_as });
    }

    /// The bytes of a file; `None` when there is nothing to be had of it.
    fn read(&mut self, name: Name) -> Result<Option<Vec<u8>>, StoreError> {
        let (path, cause) = match self.drive.read(&name.text()) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(StoreError::Io { path, cause, .. }) => (path, cause),
            Err(error) => return Err(error),
        };
        let damage = match cause.kind {
            // Only a reader without the lock meets this: the writer has moved on.
            io::ErrorKind::NotFound => return Ok(None),
            io::ErrorKind::FileTooLarge => Damage::Oversized,
            io::ErrorKind::InvalidData => Damage::NotAFile,
            _ if cause.code == Some(EIO) && self.is_last_attempt => Damage::Unreadable(cause),
            _ => return Err(StoreError::Io { operation: Operation::Read, path, cause }),
        };
        self.damaged(name, 0, damage);
        Ok(None)
    }
}

/// Payload and sequence of a snapshot, in the room of its file.
fn snapshot(mut bytes: Vec<u8>, generation: u64) -> Result<(Vec<u8>, u64), (usize, Damage)> {
    let sequence = check_snapshot(&bytes, generation)?;
    bytes.drain(..HEADER_BYTES);
    Ok((bytes, sequence))
}

/// The sequence of a snapshot; or what is wrong with it, and where.
pub(super) fn check_snapshot(bytes: &[u8], generation: u64) -> Result<u64, (usize, Damage)> {
    let frame = frame::decode(bytes, Kind::Snapshot, 0).map_err(|damage| (0, damage))?;
    let end = HEADER_BYTES.saturating_add(frame.payload.len());
    if frame.generation != generation || frame.sequence > SEQUENCE_MAX {
        return Err((0, Damage::Misplaced));
    }
    if bytes.len() != end {
        return Err((end, Damage::Trailing));
    }
    Ok(frame.sequence)
}

/// The sound part of a journal.
#[derive(Debug)]
pub(super) struct Journal<'a> {
    /// The number of the entry before its first.
    pub(super) follows: u64,
    pub(super) entries: Vec<&'a [u8]>,
    /// Where the sound part ends, if something follows.
    pub(super) end: Option<(usize, Damage)>,
}

/// Everything sound in a journal; or what is wrong with its start.
pub(super) fn journal(bytes: &[u8], generation: u64) -> Result<Journal<'_>, Damage> {
    let start = frame::decode(bytes, Kind::Journal, 0)?;
    if start.generation != generation || !start.payload.is_empty() {
        return Err(Damage::Misplaced);
    }
    let mut journal = Journal { follows: start.sequence, entries: Vec::new(), end: None };
    let (mut offset, mut seal, mut sequence) = (HEADER_BYTES, start.seal, start.sequence);
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        let frame = match frame::decode(rest, Kind::Entry, seal) {
            Ok(frame)
                if frame.generation == generation && Some(frame.sequence) == sequence.checked_add(1) =>
            {
                frame
            }
            Ok(_) => {
                journal.end = Some((offset, Damage::Misplaced));
                break;
            }
            Err(damage) => {
                journal.end = Some((offset, damage));
                break;
            }
        };
        journal.entries.push(frame.payload);
        (seal, sequence) = (frame.seal, frame.sequence);
        offset = offset.saturating_add(HEADER_BYTES).saturating_add(frame.payload.len());
    }
    Ok(journal)
}

/// Nobody counts so far, and there is room to count on.
const SEQUENCE_MAX: u64 = 1 << 62;

/// "Input/output error" on every Unix: the medium is broken.
const EIO: i32 = 5;
