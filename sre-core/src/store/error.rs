//! Pure. Why a state directory could not be used, with the path, the operation, the reason and the next step.

use core::fmt;
use std::io;
use std::path::PathBuf;

use super::holder::Holder;

/// Why the state directory is not written to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StoreError {
    /// The disk refused an operation.
    #[error("cannot {operation} {} ({cause}): {}", path.display(), next_step(cause.kind))]
    Io {
        /// What was to be done.
        operation: Operation,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        cause: Cause,
    },
    /// Another process has the directory.
    #[error("state directory {} is held by {holder}: this process takes over when it is free", path.display())]
    Held {
        /// The directory.
        path: PathBuf,
        /// Who has it.
        holder: Holder,
    },
    /// The file system knows no locks, so nobody could tell whether another process writes.
    #[error(
        "the file system of {} has no file locks ({cause}): choose a state_dir on a local disk",
        path.display()
    )]
    LocksUnsupported {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        cause: Cause,
    },
    /// The lock file was removed or replaced, or this is a forked child.
    #[error("the lock {} was removed or replaced: leave it alone while the process runs", path.display())]
    LockLost {
        /// The lock file.
        path: PathBuf,
    },
    /// A newer release wrote here.
    #[error(
        "{} has format version {major}, and this release writes version {}: upgrade, or choose another state_dir",
        path.display(),
        super::frame::MAJOR
    )]
    NewerVersion {
        /// The file, which stays as it is.
        path: PathBuf,
        /// Its version.
        major: u8,
    },
    /// Another process wrote here since this one read the directory.
    #[error(
        "another process wrote generation {generation} to {} meanwhile: restart this one to remember both",
        path.display()
    )]
    Superseded {
        /// The directory.
        path: PathBuf,
        /// The generation of the other process.
        generation: u64,
    },
    /// More than a file may hold.
    #[error("{length} bytes for {} are more than {max}: judge fewer SLIs in one process", path.display())]
    TooLarge {
        /// The file that was to be written.
        path: PathBuf,
        /// How much was to be written.
        length: u64,
        /// The most that a file may hold.
        max: u64,
    },
}

impl StoreError {
    /// Whether writing may go well later without anybody's doing anything to this process.
    pub(crate) const fn is_retryable(&self) -> bool {
        !matches!(self, Self::NewerVersion { .. } | Self::Superseded { .. })
    }
}

/// What was to be done to a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum Operation {
    /// Create the directory.
    Prepare,
    /// List the directory.
    List,
    /// Take the lock.
    Lock,
    /// Read a file.
    Read,
    /// Create a file.
    Create,
    /// Write to a file.
    Write,
    /// Make a file or directory durable.
    Sync,
    /// Rename a file.
    Rename,
    /// Remove a file.
    Remove,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "create directory",
            Self::List => "list",
            Self::Lock => "lock",
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Rename => "rename",
            Self::Remove => "remove",
        })
    }
}

/// What the system said, as plain data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cause {
    /// The kind of error.
    pub(crate) kind: io::ErrorKind,
    /// The number that the system gave it, if it came from there.
    pub(crate) code: Option<i32>,
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self { kind: error.kind(), code: error.raw_os_error() }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => io::Error::from_raw_os_error(code).fmt(f),
            None => self.kind.fmt(f),
        }
    }
}

const fn next_step(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind;
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on the disk",
        ErrorKind::ReadOnlyFilesystem => "mount the disk writable, or choose another state_dir",
        ErrorKind::PermissionDenied => "give the user of the process the rights to the directory",
        ErrorKind::NotFound => "leave the directory alone while the process runs",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::InvalidData => {
            "choose another state_dir, something is in the way"
        }
        _ => "look at the disk, and at the limits of the process",
    }
}
