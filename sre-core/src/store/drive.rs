//! Cold. A disk with manners: what was interrupted is tried again, and errors name path and operation.

use std::io;
use std::path::PathBuf;

use super::FILE_BYTES_MAX;
use super::disk::{Disk, DiskFile, LockAttempt};
use super::error::{Operation, StoreError};
use super::holder::Holder;
use super::names;

/// The disk as the rest of the store sees it.
#[derive(Debug)]
pub(super) struct Drive(Box<dyn Disk>);

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Output {
    file: Box<dyn DiskFile>,
    path: PathBuf,
}

impl Drive {
    pub(super) const fn new(disk: Box<dyn Disk>) -> Self {
        Self(disk)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    pub(super) fn prepare(&mut self) -> Result<(), StoreError> {
        self.run(Operation::Prepare, "", |disk| disk.prepare())
    }

    pub(super) fn list(&mut self) -> Result<Vec<String>, StoreError> {
        self.run(Operation::List, "", |disk| disk.list())
    }

    pub(super) fn read(&mut self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.run(Operation::Read, name, |disk| disk.read(name, FILE_BYTES_MAX))
    }

    pub(super) fn create(&mut self, name: &str) -> Result<Output, StoreError> {
        let file = self.run(Operation::Create, name, |disk| disk.create(name))?;
        Ok(Output { file, path: self.path(name) })
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        self.run(Operation::Rename, from, |disk| disk.rename(from, to))
    }

    /// Removes a file that may be there.
    pub(super) fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        match self.run(Operation::Remove, name, |disk| disk.remove(name)) {
            Err(StoreError::Io { cause, .. }) if cause.kind == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    pub(super) fn sync_directory(&mut self) -> Result<(), StoreError> {
        self.run(Operation::Sync, "", |disk| disk.sync_directory())
    }

    /// Takes the lock, or says who has it.
    pub(super) fn lock(&mut self, now_unix_s: u64) -> Result<(), StoreError> {
        let holder = Holder::this_process(now_unix_s);
        match self.run(Operation::Lock, names::LOCK, |disk| disk.try_lock(names::LOCK, &holder))? {
            LockAttempt::Taken => Ok(()),
            LockAttempt::HeldBy(holder) => Err(StoreError::Held { path: self.path(""), holder }),
            LockAttempt::Unsupported(cause) => {
                Err(StoreError::LocksUnsupported { path: self.path(names::LOCK), cause })
            }
        }
    }

    /// Refuses when the lock that this process took is not the one that others would find.
    pub(super) fn check_lock(&mut self) -> Result<(), StoreError> {
        if self.run(Operation::Lock, names::LOCK, |disk| disk.holds_lock())? {
            return Ok(());
        }
        Err(StoreError::LockLost { path: self.path(names::LOCK) })
    }

    pub(super) fn unlock(&mut self) {
        self.0.unlock();
    }

    fn run<T>(
        &mut self,
        operation: Operation,
        name: &str,
        mut work: impl FnMut(&mut dyn Disk) -> io::Result<T>,
    ) -> Result<T, StoreError> {
        again(|| work(&mut *self.0)).map_err(|error| StoreError::Io {
            operation,
            path: self.path(name),
            cause: error.into(),
        })
    }
}

impl Output {
    /// Writes all the bytes and makes them durable.
    ///
    /// After an error nothing is known about the file, not even after a second attempt that goes well: the system may
    /// have dropped what it could not write and call the rest clean.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match again(|| self.file.write(rest)) {
                Ok(0) => return Err(self.error(Operation::Write, io::ErrorKind::WriteZero.into())),
                Ok(written) => rest.get(written..).unwrap_or_default(),
                Err(error) => return Err(self.error(Operation::Write, error)),
            };
        }
        again(|| self.file.sync()).map_err(|error| self.error(Operation::Sync, error))
    }

    fn error(&self, operation: Operation, error: io::Error) -> StoreError {
        StoreError::Io { operation, path: self.path.clone(), cause: error.into() }
    }
}

/// Tries again what a signal interrupted, a hundred times at most.
fn again<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..100 {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
    work()
}
