//! Cold. What remembering costs: a start that reads a month back, and a flush each ten seconds.

use super::judge::START_UNIX_SECONDS;
use super::thousand::slis;
use crate::harness::{Options, Progress, Timing, now};
use crate::values::duration;
use cpu_time::ThreadTime;
use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Outcome, Sli};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the group.
pub const GROUP: &str = "state";
/// From the opening of the directory until every objective has its past back.
pub const START: &str = "start with 30 days of 100 objectives";
/// What a start may take.
pub const START_MAX: &str = "fifty milliseconds";
/// Processor time of a flush, system calls included, waiting for the disk not.
pub const FLUSH: &str = "flush of 100 busy objectives";
/// The same by the clock on the wall.
pub const FLUSH_AND_WAIT: &str = "flush of 100 busy objectives, with the wait for the disk";
/// The time between two flushes.
pub const INTERVAL: &str = "ten seconds of one core";

/// Objectives of the state, one for each SLI.
const OBJECTIVES: usize = 100;

const OBJECTIVE: Objective = Objective::availability(0.999);

/// Days in the state.
const DAYS: u64 = 30;

/// The month goes by in steps of an hour, whose events are spread, since each tick costs a forecast.
const STEP_S: u64 = 3_600;

/// A state directory with a month in it.
#[derive(Debug)]
pub struct Month {
    directory: PathBuf,
    slis: Vec<Sli>,
}

impl Month {
    /// Lets a month go by, with some events of different durations in each step.
    #[must_use]
    pub fn new(progress: &Progress) -> Self {
        let directory = std::env::temp_dir().join(format!("sre-bench-state-{}", std::process::id()));
        let slis = slis("bench.state", &[OBJECTIVE]).into_iter().take(OBJECTIVES).collect();
        let month = Self { directory, slis };
        let clock = ManualClock::at_unix_seconds(START_UNIX_SECONDS);
        let (engine, slis) = month.engine(clock.clone());
        for step in 0..DAYS * 86_400 / STEP_S {
            progress.show(format_args!("{GROUP}: day {} of {DAYS}", step * STEP_S / 86_400 + 1));
            busy(&slis, usize::try_from(step).unwrap_or_default());
            clock.advance(Duration::from_secs(STEP_S));
            engine.tick();
        }
        progress.clear();
        month
    }

    /// How long a process waits for its past when it starts a minute later.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a month that is not there cannot be measured")]
    pub fn start(&self) -> Duration {
        let begun = now();
        let (engine, _slis) = self.engine(after_the_month());
        let spent = begun.elapsed();
        engine.advance(Duration::from_secs(1));
        let report = engine.report();
        let mut objectives = report.slis.iter().flat_map(|sli| &sli.objectives);
        assert!(report.engine.state.as_ref().is_some_and(|state| state.resumed == OBJECTIVES as u64));
        assert!(objectives.all(|objective| objective.counts.total() > 150_000), "a month of events");
        spent
    }

    /// Ten busy seconds and a flush: its processor time, and how long it took.
    fn flush(engine: &Engine, slis: &[Sli], round: usize) -> (Duration, Duration) {
        for second in 0..10 {
            busy(slis, 10 * round + second);
            engine.advance(Duration::from_secs(1));
        }
        let (worked, begun) = (ThreadTime::now(), now());
        engine.flush();
        (worked.elapsed(), begun.elapsed())
    }

    /// An engine that remembers, by a clock of its own, and flushes each hour unless it is asked to.
    #[expect(clippy::expect_used, reason = "the directory and the definitions are ours")]
    fn engine(&self, clock: ManualClock) -> (Engine, Vec<Sli>) {
        let builder = Engine::builder().service("bench").manual_clock(clock);
        let builder = builder.state_dir(&self.directory).flush_each(Duration::from_secs(3_600));
        let engine = builder.start().expect("a directory of ours");
        let own = |sli: &Sli| engine.sli(sli.definition()).expect("valid objectives");
        let slis = self.slis.iter().map(own).collect();
        (engine, slis)
    }

    /// Where the month is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Month {
    fn drop(&mut self) {
        // What is left of it in the directory for temporary files hurts nobody.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A minute after the last tick of the month.
fn after_the_month() -> ManualClock {
    ManualClock::at_unix_seconds(START_UNIX_SECONDS + DAYS * 86_400 + 60)
}

fn busy(slis: &[Sli], step: usize) {
    for (n, sli) in slis.iter().enumerate() {
        (0..250).for_each(|i| sli.record(Outcome::Ok, duration(step * 250 + n + i)));
        if n % 40 == step % 40 {
            sli.record(Outcome::Error, duration(step + n));
        }
    }
}

/// Starts and flushes; each round of flushes is the mean of ten minutes, so that new generations have their share.
#[must_use]
pub fn timings(options: &Options, progress: &Progress) -> Vec<Timing> {
    let rounds = options.rounds.min(5);
    let month = Month::new(progress);
    let starts = (0..rounds).map(|round| {
        progress.show(format_args!("{GROUP}: start {}", round + 1));
        month.start().as_secs_f64() * 1e9
    });
    let starts = starts.collect();
    let (engine, slis) = month.engine(after_the_month());
    let (mut worked, mut waited) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        progress.show(format_args!("{GROUP}: ten minutes of flushes, round {}", round + 1));
        let flushes = (0..60).map(|flush| Month::flush(&engine, &slis, 60 * round + flush));
        let sums = flushes.fold((0.0, 0.0), |sums, (work, wait)| {
            (sums.0 + work.as_secs_f64(), sums.1 + wait.as_secs_f64())
        });
        worked.push(sums.0 * 1e9 / 60.0);
        waited.push(sums.1 * 1e9 / 60.0);
    }
    progress.clear();
    vec![
        Timing::new(GROUP, START, 1, starts),
        Timing::new(GROUP, START_MAX, 1, vec![50e6]),
        Timing::new(GROUP, FLUSH, 1, worked),
        Timing::new(GROUP, FLUSH_AND_WAIT, 1, waited),
        Timing::new(GROUP, INTERVAL, 1, vec![10e9]),
    ]
}
