//! What the examples share: flags of a command line, alarms over time, numbers as people say them.
#![forbid(unsafe_code)]

pub mod alarms;
pub mod flags;
pub mod words;

/// The example on the front page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
