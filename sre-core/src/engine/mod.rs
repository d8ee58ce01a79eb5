//! What reads the counters, turns them into judgements tick by tick, and publishes what it found.

mod absence;
mod account;
mod age;
mod alarm;
mod apdex;
mod archive;
mod aside;
mod builder;
mod draft;
mod estimate;
mod evaluation;
mod flusher;
#[cfg_attr(not(sre_fuzz), cfg(test))]
pub(crate) mod fuzzing;
#[cfg(all(test, not(sre_loom), feature = "macros"))]
mod golden;
mod handle;
mod incidents;
mod input;
mod judged;
mod keeper;
#[cfg(test)]
#[cfg(not(sre_loom))]
#[cfg(feature = "macros")]
mod lives;
mod looks;
mod memory;
mod meter;
#[cfg(all(test, sre_loom))]
mod models;
mod month;
mod outlook;
mod past;
mod rotation;
mod scribe;
mod shares;
mod side;
mod sight;
#[cfg(test)]
mod simulation;
mod span;
mod state;
mod stop;
mod tenure;
mod thread;
mod ticker;
mod tier;
mod unit;

pub use absence::Downtime;
pub use builder::Builder;
pub use evaluation::Evaluator;
#[cfg(feature = "test-util")]
pub(crate) use evaluation::{Calm, Standing, Stretch};
pub use handle::Engine;
pub use input::{Input, Transition};
#[cfg(feature = "test-util")]
pub(crate) use memory::Memory;
