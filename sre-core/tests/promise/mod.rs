//! What proofs share: how much of a figure they run, and the line in which they tell what was reached.
//!
//! `SRE_PROOF_SCALE=1` runs the figures that the design names, `50` those of a night. Without it a proof is small enough
//! for an unoptimised build.
#![allow(dead_code, reason = "each of the proofs uses a part")]
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "it is for tests, and a script collects these lines"
)]

use std::fmt::Display;

/// How many to run: a multiple of the `figure`, or else just a `few`.
pub(crate) fn scaled(figure: u64, few: u64) -> u64 {
    let scale = std::env::var("SRE_PROOF_SCALE").ok();
    let scale = scale.map(|scale| scale.parse::<u64>().expect("SRE_PROOF_SCALE is a whole number"));
    scale.map_or(few, |scale| scale * figure)
}

/// Tells what was reached, once it is reached, on a line of its own.
pub(crate) fn kept(promise: &str, figure: impl Display) {
    println!("\npromise {promise}: {figure}");
}

/// Numbers that look random and are the same in each run.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut numbers = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // Seeds that are close should not begin alike.
        for _ in 0..8 {
            numbers.next();
        }
        numbers
    }

    /// By the generator xorshift64*.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// One of so many places.
    pub(crate) fn place(&mut self, places: usize) -> usize {
        usize::try_from(self.below(places as u64)).unwrap_or(0)
    }

    /// Of any magnitude.
    pub(crate) fn of_any_size(&mut self) -> u64 {
        self.next().unbounded_shr(u32::try_from(self.below(65)).unwrap_or(0))
    }
}
