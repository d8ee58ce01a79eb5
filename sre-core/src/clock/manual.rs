//! Pure. A clock that stands still until it is told to move.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::primitive::{AtomicU64, Ordering};
use crate::units::saturating_nanos;

/// A clock for tests and replays: it moves when it is told to, and only then.
///
/// Clones share the time.
///
/// # Examples
///
/// ```
/// use sre_core::clock::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::at_unix_seconds(1_700_000_000);
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.wall_ns(), 1_700_000_005_000_000_000);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    hands: Arc<Hands>,
}

#[derive(Debug, Default)]
struct Hands {
    monotonic_ns: AtomicU64,
    wall_ns: AtomicU64,
}

impl ManualClock {
    /// A clock whose wall time is `seconds` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn at_unix_seconds(seconds: u64) -> Self {
        let clock = Self::default();
        clock.set_wall_ns(seconds.saturating_mul(1_000_000_000));
        clock
    }

    /// Moves both hands forward, as time does.
    pub fn advance(&self, by: Duration) {
        self.advance_monotonic(by);
        let wall_ns = self.wall_ns().saturating_add(saturating_nanos(by));
        self.set_wall_ns(wall_ns);
    }

    /// Moves only the monotonic hand.
    pub fn advance_monotonic(&self, by: Duration) {
        let now_ns = self.monotonic_ns().saturating_add(saturating_nanos(by));
        self.hands.monotonic_ns.store(now_ns, Ordering::Relaxed);
    }

    /// Steps the wall clock, forward or back, as a correction of the system time does.
    pub fn set_wall_ns(&self, wall_ns: u64) {
        // Relaxed: a test that moves the clock and reads it from another thread orders the two itself.
        self.hands.wall_ns.store(wall_ns, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn monotonic_ns(&self) -> u64 {
        self.hands.monotonic_ns.load(Ordering::Relaxed)
    }

    fn wall_ns(&self) -> u64 {
        self.hands.wall_ns.load(Ordering::Relaxed)
    }
}
