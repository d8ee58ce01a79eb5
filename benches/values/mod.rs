//! Pure. Latencies that every subject records, prepared in each library's own unit.
//!
//! 1,024 values between 131 µs and 2 s, most around a few milliseconds, one in 32 above 300 ms: enough of a spread
//! to touch many buckets, the same sequence for everyone, and no cost for making it while measuring.

pub mod labels;

use std::time::Duration;

const LENGTH: usize = 1024;

/// The same values as nanoseconds, seconds and durations.
static NANOS: [u64; LENGTH] = nanos_table();
static SECONDS: [f64; LENGTH] = seconds_table();
static DURATIONS: [Duration; LENGTH] = duration_table();

/// The bounds of classic histograms, the fourteen that many libraries use by default, in seconds.
pub const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The latency that our objectives allow; one value in 32 is above it.
pub const LATENCY_THRESHOLD: Duration = Duration::from_millis(300);

/// How many series the benches with many of them have.
pub const SERIES: usize = 1000;

/// The latency of iteration `i`, in nanoseconds.
#[inline(always)]
#[must_use]
#[expect(clippy::indexing_slicing, reason = "masked by the length of the table")]
pub fn nanos(i: usize) -> u64 {
    NANOS[i % LENGTH]
}

/// The latency of iteration `i`, in seconds.
#[inline(always)]
#[must_use]
#[expect(clippy::indexing_slicing, reason = "masked by the length of the table")]
pub fn seconds(i: usize) -> f64 {
    SECONDS[i % LENGTH]
}

/// The latency of iteration `i`.
#[inline(always)]
#[must_use]
#[expect(clippy::indexing_slicing, reason = "masked by the length of the table")]
pub fn duration(i: usize) -> Duration {
    DURATIONS[i % LENGTH]
}

/// Spreads iteration numbers over `0..n` without a pattern that a prefetcher could follow; costs about 2 ns.
#[inline(always)]
#[must_use]
pub const fn pick(i: usize, n: usize) -> usize {
    let mut x = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 32;
    x = x.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (((x >> 32) * n as u64) >> 32) as usize
}

#[expect(clippy::indexing_slicing, reason = "bounded by the length of the table")]
const fn nanos_table() -> [u64; LENGTH] {
    let mut table = [0; LENGTH];
    let mut x: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut i = 0;
    while i < LENGTH {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        // The number of ones among eight random bits picks the octave, twenty more the place within.
        let octave = 17 + ((x >> 56).count_ones() as u64);
        let value = (1 << octave) + ((x & 0xF_FFFF) >> (37 - octave));
        table[i] = if i % 32 == 0 { 300_000_001 + (x & 0x3FFF_FFFF) } else { value };
        i += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "bounded by the length of the table")]
#[expect(clippy::cast_precision_loss, reason = "latencies stay below 2^53 ns")]
const fn seconds_table() -> [f64; LENGTH] {
    let nanos = nanos_table();
    let mut table = [0.0; LENGTH];
    let mut i = 0;
    while i < LENGTH {
        table[i] = nanos[i] as f64 / 1e9;
        i += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "bounded by the length of the table")]
const fn duration_table() -> [Duration; LENGTH] {
    let nanos = nanos_table();
    let mut table = [Duration::ZERO; LENGTH];
    let mut i = 0;
    while i < LENGTH {
        table[i] = Duration::from_nanos(nanos[i]);
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_spread_that_the_module_promises() {
        assert!(NANOS.iter().all(|ns| (131_072..2_000_000_000).contains(ns)));
        assert_eq!(NANOS.iter().filter(|ns| **ns > 300_000_000).count(), LENGTH / 32);
        let few_ms = NANOS.iter().filter(|ns| (1 << 20..1 << 23).contains(*ns)).count();
        assert!((600..800).contains(&few_ms), "{few_ms}");
    }

    #[test]
    fn picks_reach_every_place_about_equally() {
        let mut hits = [0_u32; 1000];
        (0..1_000_000).for_each(|i| hits[pick(i, 1000)] += 1);
        assert!(hits.iter().all(|n| (800..1200).contains(n)), "{hits:?}");
    }
}
