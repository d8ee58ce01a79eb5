//! The evaluated view: what the last tick found, as plain data. Exporters see it and nothing behind it.

mod objective;

pub use objective::{ObjectiveReport, ObjectiveState, TierReport, WindowReport};
