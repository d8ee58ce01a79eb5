//! What is measured: outcomes, and the SLIs that count them.

mod classify;
pub(crate) mod dispatch;
pub(crate) mod labels;
mod outcome;

pub use classify::Classify;
pub use labels::{Identity, LabelValue, Labels};
pub use outcome::{Abandoned, Outcome, Verdict};
