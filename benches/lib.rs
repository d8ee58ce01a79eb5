//! Cold. Shared parts of the benches: what is measured, and how.
//!
//! A [`Subject`](harness::Subject) is one thing to measure. It is written once and used by two readers: criterion,
//! for statistics of one subject, and the `ratios` bench, which interleaves many subjects in one run.
//! `README.md` beside this file says how to run and to read them.
#![forbid(unsafe_code)]

pub mod goals;
pub mod harness;
pub mod names;
#[cfg(feature = "rivals")]
#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a rival that cannot be made has to stop the run"
)]
pub mod rivals;
pub mod subjects;
pub mod values;
