//! Pure. HdrHistogram in both directions: histograms, V2 bytes and interval logs.
//!
//! Its tools (log analysers, plotters, the Java, C, Python and JavaScript ports) read what is written here, and
//! their files are read back. Values are nanoseconds on both sides.
//!
//! # What survives
//!
//! HdrHistogram has log-linear buckets too. At two significant figures they are those of
//! [`Layout::BITS_7`](super::Layout::BITS_7), at three those of [`Layout::BITS_10`](super::Layout::BITS_10), so
//! counts pass unchanged in both directions. Each bucket of the default layout is two of the former: a default
//! snapshot goes there and back unchanged, while the way from two figures to the default layout joins buckets
//! in pairs. HdrHistogram keeps no sum; the sum that comes back is that of bucket midpoints.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod bytes;
mod convert;
mod log;

use std::io;

use hdrhistogram::CreationError;
use hdrhistogram::serialization::interval_log::IntervalLogWriterError;
use hdrhistogram::serialization::{DeserializeError, V2DeflateSerializeError, V2SerializeError};
use thiserror::Error;

pub use log::{LogInterval, LogReader, LogWriter};

/// Why a conversion to or from HdrHistogram failed.
///
/// Apart from [`crate::Error`], because its causes can be neither cloned nor compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HdrError {
    /// No histogram of the size needed can be made here.
    #[error("the hdrhistogram crate refused the range of the values")]
    Creation(#[source] CreationError),
    /// A histogram could not be turned into V2 bytes, for one because a count is above `i64::MAX`.
    #[error("the histogram does not fit the V2 format")]
    Encode(#[source] V2SerializeError),
    /// A histogram could not be turned into compressed V2 bytes.
    #[error("the histogram does not fit the compressed V2 format")]
    EncodeCompressed(#[source] V2DeflateSerializeError),
    /// Bytes are not a V2 histogram.
    #[error("the bytes are not a V2 histogram")]
    Decode(#[source] DeserializeError),
    /// The text of a log line is not base64.
    #[error("the histogram of a log line is not base64: the line is damaged")]
    Base64(#[source] base64::DecodeError),
    /// The length that bytes claim is not theirs, or is above what is read here.
    #[error("V2 bytes claim {claimed} bytes of counts and have {actual}, of at most {limit}")]
    Length {
        /// Bytes of counts according to the header.
        claimed: u64,
        /// Bytes of counts that are there.
        actual: u64,
        /// The most that is read.
        limit: u64,
    },
    /// Reading or writing failed.
    #[error("the histogram log cannot be written or the bytes cannot be inflated")]
    Io(#[from] io::Error),
    /// A tag that the log format cannot hold.
    #[error("tag {tag:?} must have at least one character and no comma, space or line break")]
    Tag {
        /// The tag refused.
        tag: String,
    },
    /// A line of a log is in no known form.
    #[error("histogram log has a line in no known form at byte {offset}: it was cut off or edited")]
    Line {
        /// Where the line starts.
        offset: usize,
    },
    /// A time in a log lies outside what the clock of this machine can express.
    #[error("histogram log has a time of {seconds} s since the epoch, beyond any clock: the line is damaged")]
    Time {
        /// Seconds since the Unix epoch, saturated.
        seconds: u64,
    },
}

impl From<IntervalLogWriterError<V2DeflateSerializeError>> for HdrError {
    fn from(error: IntervalLogWriterError<V2DeflateSerializeError>) -> Self {
        match error {
            IntervalLogWriterError::SerializeError(error) => Self::EncodeCompressed(error),
            IntervalLogWriterError::IoError(error) => Self::Io(error),
        }
    }
}
