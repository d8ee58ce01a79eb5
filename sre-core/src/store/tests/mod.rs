//! Tests of the state directory. Payloads are numbers here, so that what is recovered can be told to be complete.

#[cfg(unix)]
mod real;
#[cfg(unix)]
mod scratch;
mod workload;
