//! An SLO engine that lives inside a Rust service.
#![forbid(unsafe_code)]

pub mod alert;
mod duration;
mod error;
pub mod histogram;
pub mod sli;
pub mod slo;
pub mod stats;
pub mod units;
pub mod window;

pub use error::Error;
pub use slo::Objective;
