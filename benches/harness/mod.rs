//! Cold. How subjects are measured, compared and shown.

mod goal;
mod machine;
mod options;
mod progress;
mod rounds;
mod subject;
mod table;

pub use goal::{Goal, Judged, Rival};
pub use machine::describe as describe_machine;
pub use options::{Options, is_bench};
pub use progress::Progress;
pub use rounds::{Crew, Ran, Results, Timing, interleave, with_crew};
pub use subject::{Batch, Subject};
pub use table::{goal_table, group_table};

use std::time::Instant;

/// Reads the clock of the harness, which is not the clock that is measured.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "batches are timed from outside, with the plain system clock")]
pub fn now() -> Instant {
    Instant::now()
}
