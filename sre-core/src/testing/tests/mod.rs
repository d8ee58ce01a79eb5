//! The kit itself: quick is exact, calls add up, and the figures are those of the literature.

mod engine;
mod lines;
mod loads;
mod quick;
