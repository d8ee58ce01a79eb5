//! An SLO engine that lives inside a Rust service.
#![forbid(unsafe_code)]

mod error;
pub mod histogram;
pub mod sli;
pub mod units;

pub use error::Error;
