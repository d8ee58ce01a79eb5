//! Cold. A disk in memory that loses what was not synced, tears it, reorders it, and fails on demand.
//!
//! What it is strict about is what POSIX leaves open, not what one file system does: a new file is durable with its
//! name only after the directory was synced, each name is durable independently of the others, and each block of 512
//! bytes that was not synced is there or not by itself. What a block holds that is not there is zero, random, or left
//! over from another file.
//!
//! It watches the order of things meanwhile: [`violations`](World::violations) tells what was renamed before it was
//! synced, or removed before what replaces it was durable.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::primitive::{Arc, Mutex};

use super::names::{self, Name, Role};
use super::{Disk, DiskFile, Holder, LockAttempt};

/// The grain in which writes are torn.
const BLOCK: usize = 512;

/// A process's view of a [`World`]. Dropping it lets go of the lock, as a kill would.
#[derive(Debug)]
pub(crate) struct ModelDisk {
    world: Arc<Mutex<World>>,
    process: u32,
}

/// The disk itself, which outlives processes.
#[derive(Debug, Default)]
pub(crate) struct World {
    files: Vec<Content>,
    /// Which file each name has had since the directory was last synced; the first is the durable one.
    names: BTreeMap<String, Vec<Option<usize>>>,
    lock: Option<Holder>,
    processes: u32,
    calls: u64,
    faults: Vec<Fault>,
    unreadable: Option<String>,
    keeps_all: bool,
    violations: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    durable: Vec<u8>,
    current: Vec<u8>,
    /// A sync failed: what was written is lost, and later syncs would not say so.
    is_broken: bool,
}

/// What a call does instead of going well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The error with this number; nothing happens.
    Error(i32),
    /// The error with this number, after half of a write, or after all of anything else.
    ErrorAfter(i32),
    /// Writes take half of what they are given; other calls go well.
    Short,
}

impl Failure {
    /// The number of its error.
    pub(crate) fn code(self) -> Option<i32> {
        match self {
            Self::Error(code) | Self::ErrorAfter(code) => Some(code),
            Self::Short => None,
        }
    }
}

/// Calls that fail: those with these numbers.
#[derive(Clone, Copy, Debug)]
struct Fault {
    first: u64,
    count: u64,
    failure: Failure,
}

/// What a call is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Well,
    Short,
    WellThen(i32),
}

impl World {
    /// A new, empty disk.
    pub(crate) fn new() -> Arc<Mutex<Self>> {
        Arc::default()
    }

    /// A disk with these files, all durable.
    pub(crate) fn with_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Arc<Mutex<Self>> {
        let mut world = Self::default();
        for (name, bytes) in files {
            world.put(name, bytes.to_vec());
        }
        Arc::new(Mutex::new(world))
    }

    /// Places a durable file, whatever was there.
    pub(crate) fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.push(Content { durable: bytes.clone(), current: bytes, is_broken: false });
        self.names.insert(name.to_owned(), vec![Some(self.files.len() - 1)]);
    }

    /// The bytes of a file as a process would read them.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.content(name).map(|content| &content.current[..])
    }

    /// The names as a process would list them.
    pub(crate) fn names(&self) -> Vec<String> {
        let present = self.names.iter().filter(|(_, history)| history.last().copied().flatten().is_some());
        present.map(|(name, _)| name.clone()).collect()
    }

    /// How many bytes all files have.
    pub(crate) fn used_bytes(&self) -> usize {
        self.names().iter().filter_map(|name| self.bytes(name)).map(<[u8]>::len).sum()
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// Lets `count` calls fail, beginning with the one that has number `first`.
    pub(crate) fn fail(&mut self, first: u64, count: u64, failure: Failure) {
        self.faults.push(Fault { first, count, failure });
    }

    /// From now on the medium cannot read the file of this name.
    pub(crate) fn spoil(&mut self, name: &str) {
        self.unreadable = Some(name.to_owned());
    }

    /// Whether removing is denied from now on.
    pub(crate) fn keep_all(&mut self, keeps_all: bool) {
        self.keeps_all = keeps_all;
    }

    /// Whether a call may fail from now on.
    pub(crate) fn has_faults(&self) -> bool {
        self.faults.iter().any(|fault| self.calls.saturating_sub(fault.first) < fault.count)
    }

    /// No call fails any more.
    pub(crate) fn heal(&mut self) {
        self.unreadable = None;
        self.faults.clear();
    }

    /// What was done in an order that a crash would not forgive.
    pub(crate) fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Removes the lock file, as somebody who tidies up might.
    pub(crate) fn break_lock(&mut self) {
        self.lock = None;
    }

    /// Ends all processes by cutting the power. `random` gives numbers below its argument.
    pub(crate) fn power_off(&mut self, random: &mut dyn FnMut(usize) -> usize) {
        self.lock = None;
        let stale: Vec<u8> = self.files.iter().map(|file| &file.current[..]).collect::<Vec<_>>().concat();
        for file in &mut self.files {
            file.tear(&stale, random);
        }
        for history in self.names.values_mut() {
            let survivor = history[random(history.len())];
            *history = vec![survivor];
        }
        self.names.retain(|_, history| history[0].is_some());
    }

    fn content(&self, name: &str) -> Option<&Content> {
        self.file(name).map(|file| &self.files[file])
    }

    fn file(&self, name: &str) -> Option<usize> {
        self.names.get(name).and_then(|history| history.last().copied().flatten())
    }

    fn set(&mut self, name: &str, file: Option<usize>) {
        self.names.entry(name.to_owned()).or_insert_with(|| vec![None]).push(file);
    }

    fn call(&mut self) -> io::Result<Course> {
        let call = self.calls;
        self.calls += 1;
        let fault = self.faults.iter().find(|fault| call >= fault.first && call - fault.first < fault.count);
        match fault.map(|fault| fault.failure) {
            None => Ok(Course::Well),
            Some(Failure::Short) => Ok(Course::Short),
            Some(Failure::Error(code)) => Err(io::Error::from_raw_os_error(code)),
            Some(Failure::ErrorAfter(code)) => Ok(Course::WellThen(code)),
        }
    }

    /// How many snapshots newer than this generation a power loss would leave.
    fn durable_snapshots_after(&self, generation: u64) -> usize {
        let is_durable = |name: &String, history: &Vec<Option<usize>>| {
            let name = Name::parse(name).filter(|name| name.role == Role::Snapshot);
            let is_newer =
                name.is_some_and(|name| name.aside_unix_s.is_none() && name.generation > generation);
            let [Some(file)] = history[..] else { return false };
            is_newer && self.files[file].is_durable()
        };
        self.names.iter().filter(|(name, history)| is_durable(name, history)).count()
    }

    /// The rule of order: nothing goes before what replaces it is durable, and two snapshots stay.
    fn watch_end_of(&mut self, name: &str, snapshots_min: usize) {
        let Some(parsed) = Name::parse(name) else { return };
        // What was set aside was of no use, so one generation is enough in its place.
        let is_aside = parsed.aside_unix_s.is_some();
        let (generation, snapshots_min) = if is_aside { (0, 1) } else { (parsed.generation, snapshots_min) };
        let durable = self.durable_snapshots_after(generation);
        if durable < snapshots_min {
            self.violations.push(format!("{name} went while {durable} newer snapshots were durable"));
        }
    }

    fn watch_rename(&mut self, from: &str, to: &str) {
        if from != names::TEMPORARY {
            self.watch_end_of(from, 1);
        } else if !self.content(from).is_some_and(Content::is_durable) {
            self.violations.push(format!("{from} became {to} before it was durable"));
        }
    }
}

impl Content {
    fn is_durable(&self) -> bool {
        self.durable == self.current && !self.is_broken
    }

    /// What is left after the power was cut.
    fn tear(&mut self, stale: &[u8], random: &mut dyn FnMut(usize) -> usize) {
        let (synced, written) = (self.durable.len(), self.current.len());
        let length = match random(5) {
            0 => synced,
            1 => {
                self.durable.clone_from(&self.current);
                self.is_broken = false;
                return;
            }
            2 => written,
            3 => (synced + random(written - synced + 1)).next_multiple_of(BLOCK).min(written),
            _ => synced + random(written - synced + 1),
        };
        let mut left = self.current[..length].to_vec();
        let mut start = synced;
        while start < length {
            let end = (start + 1).next_multiple_of(BLOCK).min(length);
            match random(6) {
                0 => left[start..end].fill(0),
                1 => left[start..end].fill_with(|| random(256).to_le_bytes()[0]),
                2 => {
                    let from = random(stale.len().saturating_sub(end - start));
                    left[start..end].copy_from_slice(&stale[from..from + end - start]);
                }
                _ => {}
            }
            start = end;
        }
        *self = Self { durable: left.clone(), current: left, is_broken: false };
    }
}

impl ModelDisk {
    /// Another process on this disk.
    pub(crate) fn new(world: &Arc<Mutex<World>>) -> Self {
        let process = {
            let mut world = world.lock();
            world.processes += 1;
            world.processes
        };
        Self { world: Arc::clone(world), process }
    }

    /// Does the work, or fails as the world demands, before it or after it.
    fn run<T>(&self, work: impl FnOnce(&mut World) -> io::Result<T>) -> io::Result<T> {
        let mut world = self.world.lock();
        let course = world.call()?;
        let done = work(&mut world)?;
        match course {
            Course::WellThen(code) => Err(io::Error::from_raw_os_error(code)),
            Course::Well | Course::Short => Ok(done),
        }
    }
}

impl Disk for ModelDisk {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("/model").join(name)
    }

    fn prepare(&mut self) -> io::Result<()> {
        self.run(|_| Ok(()))
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        self.run(|world| Ok(world.names()))
    }

    fn read(&mut self, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
        self.run(|world| {
            let bytes = world.bytes(name).ok_or(io::ErrorKind::NotFound)?;
            if world.unreadable.as_deref() == Some(name) {
                return Err(io::Error::from_raw_os_error(5));
            }
            if bytes.len() as u64 > bytes_max {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(bytes.to_vec())
        })
    }

    fn create(&mut self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = self.run(|world| {
            if world.file(name).is_some() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            world.files.push(Content::default());
            world.set(name, Some(world.files.len() - 1));
            Ok(world.files.len() - 1)
        })?;
        Ok(Box::new(ModelFile { world: Arc::clone(&self.world), file }))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.run(|world| {
            let file = world.file(from).ok_or(io::ErrorKind::NotFound)?;
            world.watch_rename(from, to);
            world.set(to, Some(file));
            world.set(from, None);
            Ok(())
        })
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.run(|world| {
            world.file(name).ok_or(io::ErrorKind::NotFound)?;
            if world.keeps_all {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            world.watch_end_of(name, 2);
            world.set(name, None);
            Ok(())
        })
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        self.run(|world| {
            for history in world.names.values_mut() {
                history.drain(..history.len() - 1);
            }
            world.names.retain(|_, history| history[0].is_some());
            Ok(())
        })
    }

    fn try_lock(&mut self, _name: &str, holder: &Holder) -> io::Result<LockAttempt> {
        let process = self.process;
        let attempt = self.run(|world| {
            if let Some(holder) = &world.lock {
                return Ok(LockAttempt::HeldBy(holder.clone()));
            }
            world.lock = Some(Holder { pid: process, ..holder.clone() });
            Ok(LockAttempt::Taken)
        });
        if attempt.is_err() {
            self.unlock();
        }
        attempt
    }

    fn holds_lock(&mut self) -> io::Result<bool> {
        let process = self.process;
        self.run(|world| Ok(world.lock.as_ref().is_some_and(|holder| holder.pid == process)))
    }

    fn unlock(&mut self) {
        let mut world = self.world.lock();
        if world.lock.as_ref().is_some_and(|holder| holder.pid == self.process) {
            world.lock = None;
        }
    }
}

impl Drop for ModelDisk {
    fn drop(&mut self) {
        self.unlock();
    }
}

#[derive(Debug)]
struct ModelFile {
    world: Arc<Mutex<World>>,
    file: usize,
}

impl Write for ModelFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut world = self.world.lock();
        let course = world.call()?;
        let taken = if course == Course::Well { bytes.len() } else { bytes.len().div_ceil(2) };
        world.files[self.file].current.extend(&bytes[..taken]);
        match course {
            Course::WellThen(code) => Err(io::Error::from_raw_os_error(code)),
            Course::Well | Course::Short => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for ModelFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut world = self.world.lock();
        let course = world.call();
        let is_interrupted = matches!(&course, Err(error) if error.kind() == io::ErrorKind::Interrupted);
        let file = &mut world.files[self.file];
        if file.is_broken {
            world.violations.push("a file was synced again after that had failed".to_owned());
            return Ok(());
        }
        file.is_broken = course.is_err() && !is_interrupted;
        let course = course?;
        file.durable.clone_from(&file.current);
        match course {
            Course::WellThen(code) => Err(io::Error::from_raw_os_error(code)),
            Course::Well | Course::Short => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder::default()
    }

    fn write(disk: &mut ModelDisk, name: &str, bytes: &[u8], is_synced: bool) {
        let mut file = disk.create(name).unwrap();
        file.write_all(bytes).unwrap();
        if is_synced {
            file.sync().unwrap();
        }
    }

    /// Numbers below the argument, the same for the same seed.
    fn random(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below.max(1)
        }
    }

    #[test]
    fn what_was_synced_survives_and_the_rest_may() {
        let (mut lost, mut torn, mut whole) = (0, 0, 0);
        for seed in 0..200 {
            let world = World::new();
            let mut disk = ModelDisk::new(&world);
            write(&mut disk, "synced", &[1; 2_000], true);
            disk.sync_directory().unwrap();
            write(&mut disk, "not", &[2; 2_000], false);
            world.lock().power_off(&mut random(seed));
            assert_eq!(world.lock().bytes("synced"), Some(&[1; 2_000][..]));
            match world.lock().bytes("not") {
                None => lost += 1,
                Some(bytes) if bytes == [2; 2_000] => whole += 1,
                Some(_) => torn += 1,
            }
        }
        assert!(lost > 20 && torn > 20 && whole > 10, "{lost} lost, {torn} torn, {whole} whole");
    }

    #[test]
    fn a_name_without_a_synced_directory_may_be_gone_or_be_the_old_one() {
        let mut seen = BTreeMap::new();
        for seed in 0..200 {
            let world = World::with_files([("to", &b"old"[..])]);
            let mut disk = ModelDisk::new(&world);
            write(&mut disk, "from", b"new", true);
            disk.rename("from", "to").unwrap();
            world.lock().power_off(&mut random(seed));
            *seen.entry(world.lock().bytes("to").map(<[u8]>::to_vec)).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert!(seen.contains_key(&Some(b"old".to_vec())) && seen.contains_key(&Some(b"new".to_vec())));
    }

    #[test]
    fn a_wrong_order_is_seen() {
        let check = |expected: &str, work: &dyn Fn(&mut ModelDisk)| {
            let world =
                World::with_files([("snapshot-1", &b"x"[..]), ("snapshot-2", b"y"), ("journal-1", b"z")]);
            work(&mut ModelDisk::new(&world));
            let violations = world.lock().violations().join("\n");
            assert!(
                violations.contains(expected) && violations.is_empty() == expected.is_empty(),
                "{violations}"
            );
        };
        check("", &|disk| {
            write(disk, names::TEMPORARY, b"new", true);
            disk.rename(names::TEMPORARY, "snapshot-3").unwrap();
            disk.sync_directory().unwrap();
            disk.remove("snapshot-1").unwrap();
            disk.remove("journal-1").unwrap();
        });
        check("before it was durable", &|disk| {
            write(disk, names::TEMPORARY, b"new", false);
            disk.rename(names::TEMPORARY, "snapshot-3").unwrap();
        });
        check("journal-1 went while 1 newer", &|disk| {
            write(disk, names::TEMPORARY, b"new", true);
            disk.rename(names::TEMPORARY, "snapshot-3").unwrap();
            disk.remove("journal-1").unwrap();
        });
        check("snapshot-2 went while 0 newer", &|disk| {
            disk.rename("snapshot-2", "snapshot-2.corrupt-5").unwrap();
        });
        check("synced again", &|disk| {
            let mut file = disk.create("journal-2").unwrap();
            file.write_all(b"x").unwrap();
            let call = disk.world.lock().calls();
            disk.world.lock().fail(call, 1, Failure::Error(5));
            file.sync().unwrap_err();
            file.sync().unwrap();
        });
    }

    #[test]
    fn one_process_has_the_lock() {
        let world = World::new();
        let mut first = ModelDisk::new(&world);
        let mut second = ModelDisk::new(&world);
        assert_eq!(first.try_lock("lock", &holder()).unwrap(), LockAttempt::Taken);
        assert!(first.holds_lock().unwrap() && !second.holds_lock().unwrap());
        assert!(matches!(second.try_lock("lock", &holder()).unwrap(), LockAttempt::HeldBy(_)));
        drop(first);
        assert_eq!(second.try_lock("lock", &holder()).unwrap(), LockAttempt::Taken);
    }

    #[test]
    fn calls_fail_as_demanded() {
        let world = World::new();
        let mut disk = ModelDisk::new(&world);
        world.lock().fail(1, 1, Failure::ErrorAfter(28));
        world.lock().fail(3, 2, Failure::Short);
        disk.list().unwrap();
        assert_eq!(disk.create("a").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(disk.list().unwrap(), ["a"]);
        let mut file = disk.create("b").unwrap();
        assert_eq!(file.write(b"12345678").unwrap(), 4);
        assert_eq!(file.write(b"5678").unwrap(), 4);
        assert_eq!(world.lock().bytes("b"), Some(&b"12345678"[..]));
    }
}
