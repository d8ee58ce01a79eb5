//! Cold. What the store needs of a disk: one directory, a few operations, and a model of it in tests.

use core::fmt;
use std::io;
use std::path::PathBuf;

use super::error::Cause;
use super::holder::Holder;

/// One directory on a disk. Names are those of files in it.
///
/// Operations may fail with any error at any time; an interrupted one (`EINTR`) is tried again by the caller.
pub(crate) trait Disk: Send + fmt::Debug {
    /// Where a file stands, for messages; the directory itself for the empty name.
    fn path(&self, name: &str) -> PathBuf;

    /// Creates the directory if it is missing.
    fn prepare(&mut self) -> io::Result<()>;

    /// The names in the directory, in any order. What has no name in UTF-8 is left out.
    fn list(&mut self) -> io::Result<Vec<String>>;

    /// The whole file. `FileTooLarge` beyond `bytes_max`, before anything is read; `InvalidData` when it is no plain
    /// file: links are not followed, devices and pipes are not opened.
    fn read(&mut self, name: &str, bytes_max: u64) -> io::Result<Vec<u8>>;

    /// A new, empty file to append to. `AlreadyExists` when there is one, or a link.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name at once, in the place of whatever had it.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals so far durable.
    fn sync_directory(&mut self) -> io::Result<()>;

    /// Takes the advisory lock without waiting and writes into its file who holds it. The kernel lets go of it when the
    /// process ends, however it ends; the file stays and means nothing by itself.
    fn try_lock(&mut self, name: &str, holder: &Holder) -> io::Result<LockAttempt>;

    /// Whether the lock is still the one that others would find: same file, same process.
    fn holds_lock(&mut self) -> io::Result<bool>;

    /// Lets go of the lock.
    fn unlock(&mut self);
}

/// A file that grows at its end. `write` may take less than it is given.
pub(crate) trait DiskFile: io::Write + Send + fmt::Debug {
    /// Makes what was written durable, and the length with it.
    fn sync(&mut self) -> io::Result<()>;
}

/// What came of an attempt to take the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LockAttempt {
    /// It is ours.
    Taken,
    /// Another one has it; who, as far as its file tells.
    HeldBy(Holder),
    /// The file system knows no locks, or has none left.
    Unsupported(Cause),
}
