//! An SLO engine that lives inside a Rust service.
#![forbid(unsafe_code)]

// Macro output names `::sre_core`, also in the documentation and the tests of this crate.
extern crate self as sre_core;

pub mod alert;
pub mod clock;
mod duration;
pub mod engine;
mod error;
pub mod histogram;
mod primitive;
#[doc(hidden)]
pub mod private;
pub mod registry;
pub mod report;
mod shard;
pub mod sli;
pub mod slo;
pub mod stats;
pub mod units;
pub mod window;

pub use engine::Engine;
pub use error::Error;
pub use sli::{Labels, Outcome, Sli, SliFamily};
pub use slo::Objective;
#[cfg(feature = "macros")]
pub use sre_macros::{Labels, Outcome, sli};
