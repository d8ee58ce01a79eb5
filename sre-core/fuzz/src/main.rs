//! Cold. Every fuzz target in one program: `SRE_FUZZ_TARGET` names the one that runs.
//!
//! Built and run by `bash .ci/run fuzz`, because it needs `--cfg sre_fuzz` and the coverage flags of the compiler.
//! Other arguments are those of libFuzzer.
#![forbid(unsafe_code)]
#![cfg_attr(sre_fuzz, no_main)]

#[cfg(sre_fuzz)]
mod targets;

#[cfg(not(sre_fuzz))]
fn main() {}
