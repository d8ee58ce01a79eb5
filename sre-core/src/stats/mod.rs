//! Statistics, one formula per file.

mod beta;
mod wilson;

pub use beta::beta_above;
pub use wilson::wilson_lower_bound;
