//! Hot. The clock of the process: a calibrated time-stamp counter, or the monotonic clock until there is one.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::units::saturating_nanos;

/// The moment from which the monotonic clock counts.
static ANCHOR: OnceLock<Instant> = OnceLock::new();
static COUNTER: OnceLock<Option<Counter>> = OnceLock::new();

/// A calibrated counter, and where it stood when it took over from the monotonic clock.
#[derive(Debug)]
pub(crate) struct Counter {
    clock: quanta::Clock,
    /// Nanoseconds in 2^40 ticks.
    scale: u64,
    /// Ticks in a nanosecond, as a power of two, rounded up; negative for counters slower than that.
    shift: i32,
    ticks: u64,
    anchored_ns: u64,
}

/// Precision of [`Counter::scale`]: one part in 2^40.
const SCALE_BITS: u32 = 40;

impl Counter {
    /// A calibrated counter, unless it might count beyond 2^63 while the process runs: after some decades.
    fn try_new() -> Option<Self> {
        let clock = quanta::Clock::new();
        let scale = clock.delta_as_nanos(0, 1 << SCALE_BITS).max(1);
        let ticks = clock.raw();
        let shift = ticks_in_a_nanosecond(scale);
        (ticks < 1 << 62).then(|| Self { ticks, anchored_ns: since_anchor_ns(), scale, shift, clock })
    }

    /// The counter as it stands, below 2^63: one unfenced read.
    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        self.clock.raw()
    }

    /// Nanoseconds in so many ticks.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "ticks of less than a century")]
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        ((u128::from(ticks) * u128::from(self.scale)) >> SCALE_BITS) as u64
    }

    /// The most ticks that [`Counter::nanos`] turns into at most so many nanoseconds.
    #[expect(clippy::cast_possible_truncation, reason = "ticks of less than a century")]
    pub(crate) fn ticks_within(&self, nanos: u64) -> u64 {
        ((((u128::from(nanos) + 1) << SCALE_BITS) - 1) / u128::from(self.scale)) as u64
    }

    /// A slot of 2^`shift_ns` nanoseconds takes 2^this ticks, or up to twice as long.
    #[inline]
    pub(crate) fn slot_shift(&self, shift_ns: u32) -> u32 {
        shift_ns.saturating_add_signed(self.shift)
    }

    fn monotonic_ns(&self) -> u64 {
        // A counter that lags on another core must not go back beyond the anchor.
        self.anchored_ns.wrapping_add(self.nanos(self.ticks().saturating_sub(self.ticks)))
    }
}

/// Ticks in a nanosecond as a power of two, rounded up, for a counter of which 2^40 ticks take `scale` nanoseconds.
fn ticks_in_a_nanosecond(scale: u64) -> i32 {
    match scale >> SCALE_BITS {
        0 => (1_u64 << SCALE_BITS).div_ceil(scale.max(1)).next_power_of_two().ilog2().cast_signed(),
        nanos_in_a_tick => -nanos_in_a_tick.ilog2().cast_signed(),
    }
}

/// Calibrates the time-stamp counter against the monotonic clock, once per process.
///
/// Takes up to 200 ms of one core, and nothing from the second call on. An engine calls it when it starts;
/// a program without an engine may call it to make each guard cheaper. Until then, and where there is no
/// reliable counter, durations come from [`Instant`].
pub fn calibrate() {
    COUNTER.get_or_init(Counter::try_new);
}

/// The calibrated counter, if there is one.
#[inline]
pub(crate) fn counter() -> Option<&'static Counter> {
    COUNTER.get()?.as_ref()
}

/// Monotonic nanoseconds since the first reading in this process.
pub(super) fn monotonic_ns() -> u64 {
    counter().map_or_else(since_anchor_ns, Counter::monotonic_ns)
}

/// The same by the monotonic clock of the system.
#[expect(clippy::disallowed_methods, reason = "this is the clock module")]
pub(crate) fn since_anchor_ns() -> u64 {
    let now = Instant::now();
    saturating_nanos(now.saturating_duration_since(*ANCHOR.get().unwrap_or_else(|| drop_anchor(now))))
}

#[cold]
#[inline(never)]
fn drop_anchor(now: Instant) -> &'static Instant {
    ANCHOR.get_or_init(|| now)
}

/// Nanoseconds since 1970; zero for a clock that stands before it.
#[expect(clippy::disallowed_methods, reason = "this is the clock module")]
pub(super) fn wall_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, saturating_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_takes_once_to_twice_its_length_on_any_counter() {
        const SLOT_NS: u64 = 1 << 27;
        for megahertz in [1, 24, 54, 700, 999, 1_000, 1_001, 2_000, 2_400, 2_999, 3_000, 4_001, 5_000] {
            let nanos = |ticks: u64| u128::from(ticks) * 1_000 / megahertz;
            let scale = u64::try_from(nanos(1 << SCALE_BITS)).unwrap();
            let slot_ns = nanos(1 << 27_u32.saturating_add_signed(ticks_in_a_nanosecond(scale)));
            let expected = u128::from(SLOT_NS)..=u128::from(2 * SLOT_NS);
            assert!(expected.contains(&slot_ns), "{megahertz} MHz: {slot_ns} ns");
        }
    }

    #[test]
    fn ticks_within_a_span_are_the_most_that_fit() {
        calibrate();
        let counter = counter().expect("calibrated");
        for nanos in [0, 1, 7, 300_000_000, 1 << 31, 1 << 45] {
            let ticks = counter.ticks_within(nanos);
            assert!(counter.nanos(ticks) <= nanos && counter.nanos(ticks + 1) > nanos, "{nanos}: {ticks}");
        }
    }

    #[test]
    fn the_counter_agrees_with_the_monotonic_clock() {
        calibrate();
        let counter = counter().expect("calibrated");
        // Whatever comes between two readings, each of the counter lies within two of the clock.
        let read = || (since_anchor_ns(), counter.ticks(), since_anchor_ns());
        let (first_ns, ticks, since_ns) = read();
        while since_anchor_ns() - since_ns < 20_000_000 {
            std::hint::spin_loop();
        }
        let (until_ns, later_ticks, last_ns) = read();
        let counted_ns = counter.nanos(later_ticks - ticks);
        let (least_ns, most_ns) = (until_ns - since_ns, last_ns - first_ns);
        assert!(counted_ns <= most_ns + most_ns / 100, "{counted_ns} against {most_ns}");
        assert!(counted_ns + least_ns / 100 >= least_ns, "{counted_ns} against {least_ns}");
    }
}
