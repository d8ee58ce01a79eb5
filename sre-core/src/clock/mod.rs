//! Hot. The only module that reads a clock.
//!
//! Durations come from a monotonic clock, slots of windows from the wall clock. Both are plain `u64`
//! nanoseconds inside this crate: the monotonic ones since an anchor in this process, the others since 1970.

mod manual;
mod system;

use core::fmt;
use std::sync::Arc;

pub use manual::ManualClock;
pub use system::calibrate;
pub(crate) use system::{Counter, counter, since_anchor_ns};

/// A source of time for an engine and the SLIs that it owns.
///
/// Implementations are called on the recording path: they must not block, and should not allocate.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Monotonic nanoseconds since any fixed moment; must not go back.
    fn monotonic_ns(&self) -> u64;

    /// Nanoseconds since 1970-01-01T00:00:00Z; may step in either direction.
    fn wall_ns(&self) -> u64;
}

/// The clock of one series: the one of the process, or the one of a test engine.
#[derive(Clone, Debug, Default)]
pub(crate) enum Source {
    #[default]
    System,
    Other(Arc<dyn Clock>),
}

impl Source {
    /// Monotonic nanoseconds.
    pub(crate) fn monotonic_ns(&self) -> u64 {
        match self {
            Self::System => system::monotonic_ns(),
            Self::Other(clock) => clock.monotonic_ns(),
        }
    }

    /// Nanoseconds since 1970; a system call on some platforms, so only the ticker asks.
    pub(crate) fn wall_ns(&self) -> u64 {
        match self {
            Self::System => system::wall_ns(),
            Self::Other(clock) => clock.wall_ns(),
        }
    }
}
