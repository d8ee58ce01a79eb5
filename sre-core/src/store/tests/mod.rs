//! Tests of the state directory. Payloads are numbers with a digest of all before them, so that what is recovered can
//! be told to be complete.

mod bits;
mod errors;
mod golden;
mod hostile;
#[cfg(all(unix, feature = "real-backends"))]
mod killed;
#[cfg(all(unix, feature = "real-backends"))]
mod levels;
#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod real;
#[cfg(unix)]
pub(super) mod scratch;
mod simulated;
mod standings;
mod workload;

pub(crate) use workload::Random;

/// Tells what was reached, once it is reached, on a line of its own: a script collects these lines.
pub(crate) fn kept(promise: &str, figure: impl std::fmt::Display) {
    println!("\npromise {promise}: {figure}");
}
