//! What turns counts into judgements, tick by tick.

mod evaluation;
mod input;
mod outlook;
mod past;
mod span;
mod tier;

pub use evaluation::Evaluator;
pub use input::{Input, Transition};
