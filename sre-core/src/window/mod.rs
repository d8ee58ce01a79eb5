//! Windows of the past: a time line out of two clocks, rings of slots, time slices and calendar boundaries.

mod calendar;
mod coverage;
mod gaps;
mod kept;
mod ladder;
mod ring;
mod slices;
mod spread;
mod tally;
mod transfer;

use serde::{Deserialize, Serialize};

pub use calendar::{Calendar, CalendarSpan, CalendarUnit};
pub(crate) use coverage::{KeptLine, Step, Timeline};
pub(crate) use kept::KeptLadder;
pub(crate) use ladder::{Ladder, Rungs};
pub use slices::EmptySlice;
pub(crate) use slices::{KeptSlice, Slices};
pub(crate) use spread::Spread;
pub(crate) use tally::Tally;
pub(crate) use transfer::{Mark, transfer};

/// One step of the engine, told by both clocks.
///
/// The wall clock names the slots, so that those of several instances and runs fall together. The monotonic
/// clock tells how much time really went by, so that a step of the wall clock is seen for what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: there are two clocks")]
pub struct Tick {
    /// Nanoseconds since 1970 in UTC, by the wall clock; earlier times count as 1970.
    pub wall_ns: u64,
    /// Nanoseconds since an arbitrary moment, by the monotonic clock.
    pub elapsed_ns: u64,
}
