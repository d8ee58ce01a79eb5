//! Statistics, one formula per file.

mod wilson;

pub use wilson::wilson_lower_bound;
