//! Cold. The thread that ticks, once a second, until it is told to stop.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::clock::Source;
use crate::engine::builder::STEP;
use crate::engine::stop::Stop;
use crate::engine::thread;
use crate::error::Error;
use crate::shard;

/// When ticks are due on a monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    due_ns: u64,
}

/// A tick as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// How much later than planned.
    pub(super) lag: Duration,
    /// Whether whole steps were missed.
    pub(super) late: bool,
}

const STEP_NS: u64 = 1_000_000_000;

/// What a thread records within so many steps makes it hot for a series, or not.
const STEPS_IN_EPOCH: u32 = 10;

impl Schedule {
    pub(super) fn starting(now_ns: u64) -> Self {
        Self { due_ns: now_ns.saturating_add(STEP_NS) }
    }

    /// How long to sleep.
    pub(super) fn wait(&self, now_ns: u64) -> Duration {
        Duration::from_nanos(self.due_ns.saturating_sub(now_ns)).min(STEP)
    }

    /// Notes that a tick runs now. Missed ones are not made up for.
    pub(super) fn arrive(&mut self, now_ns: u64) -> Arrival {
        let lag_ns = now_ns.saturating_sub(self.due_ns);
        let late = lag_ns > 2 * STEP_NS;
        self.due_ns = if late { now_ns } else { self.due_ns }.saturating_add(STEP_NS);
        Arrival { lag: Duration::from_nanos(lag_ns), late }
    }
}

/// What a ticker drives.
pub(super) trait Ticking: Send + 'static {
    /// One tick.
    fn tick(&self, arrival: Arrival);

    /// A tick was lost to a panic, such as one in a clock of the user's.
    fn panicked(&self);
}

/// Starts the thread: it ticks at each step, and once more when it is asked to stop.
pub(super) fn spawn(stop: Arc<Stop>, clock: Source, ticking: impl Ticking) -> Result<(), Error> {
    thread::spawn("sre-ticker", move || {
        // Dropped last, and by a panic, too: whoever waits for the end must not wait in vain.
        let _ended = stop.ended();
        run(&stop, &clock, &ticking);
    })
}

fn run(stop: &Stop, clock: &Source, ticking: &impl Ticking) {
    let mut schedule: Option<Schedule> = None;
    let mut go_on = true;
    let mut steps: u32 = 0;
    while go_on {
        let step = catch_unwind(AssertUnwindSafe(|| {
            match &mut schedule {
                None => schedule = Some(Schedule::starting(clock.monotonic_ns())),
                Some(schedule) => ticking.tick(schedule.arrive(clock.monotonic_ns())),
            }
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(STEPS_IN_EPOCH) {
                shard::cool_down();
            }
            schedule.map_or(STEP, |schedule| schedule.wait(clock.monotonic_ns()))
        }));
        let wait = step.unwrap_or_else(|_| {
            ticking.panicked();
            STEP
        });
        go_on = stop.sleep(wait);
    }
    let last = catch_unwind(AssertUnwindSafe(|| ticking.tick(Arrival::default())));
    if last.is_err() {
        ticking.panicked();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_in_time_keeps_the_beat() {
        let mut schedule = Schedule::starting(0);
        let arrival = schedule.arrive(STEP_NS + 3_000_000);
        assert_eq!(arrival, Arrival { lag: Duration::from_millis(3), late: false });
        assert_eq!(schedule.wait(STEP_NS + 3_000_000), Duration::from_millis(997));
    }

    #[test]
    fn after_a_pause_there_is_one_late_tick_and_no_catching_up() {
        let mut schedule = Schedule::starting(0);
        assert!(schedule.arrive(60 * STEP_NS).late);
        assert_eq!(schedule.wait(60 * STEP_NS), Duration::from_secs(1));
        assert!(!schedule.arrive(61 * STEP_NS).late);
    }
}
