//! Pure. What can be refused by this crate, with the value, the range and the next step.

use core::time::Duration;

/// An error of this crate.
///
/// Recording never returns one: errors come from building objectives, starting engines and reading files.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A target outside the open interval from 0 to 1.
    #[error("target {value} must lie between 0 and 1, both excluded: write 0.999 for 99.9 percent")]
    Target {
        /// The value refused.
        value: f64,
    },
    /// A latency threshold of zero or of more than a day.
    #[error("threshold {value:?} must lie between 1ns and 24h: it is the longest duration of a good event")]
    Threshold {
        /// The value refused.
        value: Duration,
    },
    /// A histogram precision outside 1 to 10 bits.
    #[error("{value} bits per octave must lie between 1 and 10: write 6 for errors below 0.8 percent")]
    HistogramBits {
        /// The value refused.
        value: u32,
    },
    /// Bytes that are not a histogram snapshot.
    #[error(transparent)]
    HistogramBytes(#[from] crate::histogram::DecodeError),
}
