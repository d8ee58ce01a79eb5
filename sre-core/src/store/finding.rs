//! Pure. What recovery met that was not as it should be, for the status.

use core::fmt;
use std::path::PathBuf;

use super::error::Cause;

/// Something that recovery met: a flush cut off by a crash, which is usual, or damage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file.
    pub(crate) path: PathBuf,
    /// The first byte that could not be used.
    pub(crate) offset: u64,
    /// What is wrong there.
    pub(crate) damage: Damage,
    /// Where the file will stand once the next generation is durable; `None` when it stays until it is out of date.
    pub(crate) kept_as: Option<PathBuf>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.path.display(), self.offset, self.damage)?;
        match &self.kept_as {
            Some(kept) => write!(f, "; kept as {}", kept.display()),
            None => Ok(()),
        }
    }
}

/// What is wrong with a file, or with a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Damage {
    /// A flush that did not come to its end; nothing valid follows. Usual after a kill or a power loss.
    #[error("an unfinished flush, which was dropped")]
    Unfinished,
    /// The file ends in the middle of a frame.
    #[error("the file ends in the middle of a frame")]
    Truncated,
    /// No frame begins here.
    #[error("no frame begins here")]
    Magic,
    /// The checksum of a frame's header does not fit.
    #[error("the header does not fit its checksum")]
    HeaderChecksum,
    /// The checksum of a frame's payload does not fit.
    #[error("the payload does not fit its checksum")]
    PayloadChecksum,
    /// A frame of another kind, file or place.
    #[error("the frame belongs elsewhere")]
    Misplaced,
    /// More bytes than the file should have.
    #[error("bytes follow the last frame")]
    Trailing,
    /// The format of a newer release.
    #[error("format version {major} is of a newer release")]
    Version {
        /// The version found.
        major: u8,
    },
    /// Entries before those of this journal are missing, so they cannot be added.
    #[error("the entries before this journal are missing, so it was not used")]
    Gap,
    /// Larger than any file of ours.
    #[error("larger than any file of this format")]
    Oversized,
    /// A directory, a link, a device.
    #[error("not a plain file")]
    NotAFile,
    /// The medium is broken there.
    #[error("the disk cannot read it ({0})")]
    Unreadable(Cause),
}
