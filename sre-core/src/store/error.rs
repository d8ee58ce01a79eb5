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
    /// What was written here is sound, and not understood: by a newer release, or another program.
    #[error("what {} remembers {reason}: upgrade, or choose another state_dir", path.display())]
    NotUnderstood {
        /// The directory, which stays as it is.
        path: PathBuf,
        /// What about it.
        reason: String,
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
    /// A file has the highest number there is, so what is written next could not be read again.
    #[error(
        "{} has a file of generation {generation}, the last number there is: remove what did not come from this \
         program, or choose another state_dir",
        path.display()
    )]
    NumbersUsedUp {
        /// The directory, which stays as it is.
        path: PathBuf,
        /// The highest generation found.
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
        !matches!(
            self,
            Self::NewerVersion { .. }
                | Self::NotUnderstood { .. }
                | Self::NumbersUsedUp { .. }
                | Self::Superseded { .. }
        )
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use crate::store::{Cause, Holder, Operation, StoreError};

    #[track_caller]
    fn check(error: &StoreError, is_retryable: bool, text: &str) {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.is_retryable(), is_retryable, "{text}");
    }

    #[test]
    fn messages_name_path_operation_reason_and_next_step() {
        let path = || "/state/journal-3".into();
        let io = |operation, code| {
            let cause = Cause::from(std::io::Error::from_raw_os_error(code));
            StoreError::Io { operation, path: path(), cause }
        };
        check(
            &io(Operation::Write, 28),
            true,
            "cannot write /state/journal-3 (No space left on device (os error 28)): free some space on the disk",
        );
        check(
            &io(Operation::Create, 13),
            true,
            "cannot create /state/journal-3 (Permission denied (os error 13)): give the user of the process the rights to the directory",
        );
        check(
            &io(Operation::Sync, 30),
            true,
            "cannot sync /state/journal-3 (Read-only file system (os error 30)): mount the disk writable, or choose another state_dir",
        );
        check(
            &io(Operation::Prepare, 20),
            true,
            "cannot create directory /state/journal-3 (Not a directory (os error 20)): choose another state_dir, something is in the way",
        );
        let holder = Holder { pid: 7, host: "shop-1".into(), since_unix_s: 0 };
        check(
            &StoreError::Held { path: path(), holder },
            true,
            "state directory /state/journal-3 is held by pid 7 on shop-1: this process takes over when it is free",
        );
        check(
            &StoreError::NewerVersion { path: path(), major: 2 },
            false,
            "/state/journal-3 has format version 2, and this release writes version 1: upgrade, or choose another state_dir",
        );
        check(
            &StoreError::LocksUnsupported {
                path: path(),
                cause: std::io::Error::from_raw_os_error(37).into(),
            },
            true,
            "the file system of /state/journal-3 has no file locks (No locks available (os error 37)): choose a state_dir on a local disk",
        );
    }
}
