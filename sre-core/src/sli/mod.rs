//! What is measured: outcomes, and the SLIs that count them.

mod outcome;

pub use outcome::{Abandoned, Outcome, Verdict};
