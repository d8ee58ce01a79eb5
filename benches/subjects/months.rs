//! Cold. What a thousand SLIs cost whose months of durations are full: a start, and the longest ticks that there are.

use super::judge::START_UNIX_SECONDS;
use super::thousand::slis;
use crate::harness::{Options, Progress, Timing, now};
use crate::values::duration;
use cpu_time::ThreadTime;
use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Outcome, Sli};
use std::path::PathBuf;
use std::time::Duration;

/// The name of the group.
pub const GROUP: &str = "months";
/// A start, until every SLI has its month and every objective its past.
pub const START: &str = "start with 1,000 full months";
/// The mean of a minute in which nothing is due but what always is.
pub const USUAL: &str = "tick, 1,000 full months";
/// The longest of the 70 seconds after a start, in which every month is summed.
pub const AFTER_START: &str = "longest of 70 ticks after a start";
/// The longest from five seconds before an hour is full until every month is packed and summed anew.
pub const TURN_OF_HOUR: &str = "longest of 90 ticks across the turn of an hour";
/// The first tick after the machine slept for a night.
pub const AFTER_SLEEP: &str = "first tick after 8 h of sleep";
/// The longest of the minute after that.
pub const AWAKE: &str = "longest of 70 ticks after 8 h of sleep";
/// What the longest tick may take.
pub const TICK_MAX: &str = "thirty milliseconds";

const OBJECTIVE: Objective = Objective::availability(0.999);

/// Hours of which there are durations; the last of them is the current one.
const HOURS: u64 = 721;
const HOUR_S: u64 = 3_600;

/// Ticks of each hour, so many that every interval ends in one of them.
const TICKS_PER_HOUR: u64 = 5;

/// Calls in each hour, of so many different durations that 720 such hours find no room at full resolution.
const CALLS: usize = 400;

/// A state directory in which the months of a thousand SLIs are full.
///
/// As many of them as one archive has room for are written, which are some 800; the others start without.
#[derive(Debug)]
struct Months {
    directory: PathBuf,
    slis: Vec<Sli>,
}

impl Months {
    fn new(progress: &Progress) -> Self {
        let directory = std::env::temp_dir().join(format!("sre-bench-months-{}", std::process::id()));
        let months = Self { directory, slis: slis("bench.months", &[OBJECTIVE]) };
        let clock = ManualClock::at_unix_seconds(START_UNIX_SECONDS);
        let (engine, slis) = months.engine(clock.clone());
        for hour in 0..HOURS {
            progress.show(format_args!("{GROUP}: hour {} of {HOURS}", hour + 1));
            let first = usize::try_from(hour).unwrap_or_default() * CALLS;
            for sli in &slis {
                (first..first + CALLS).for_each(|i| sli.record(Outcome::Ok, duration(i)));
            }
            // A wall clock that steps: each second by the other one is an hour, so that no flush is due.
            let ends_s = START_UNIX_SECONDS + (hour + 1) * HOUR_S;
            for second in 0..TICKS_PER_HOUR {
                clock.advance_monotonic(Duration::from_secs(1));
                clock.set_wall_ns((ends_s + second) * 1_000_000_000);
                engine.tick();
            }
        }
        engine.shutdown(Duration::from_secs(60));
        months
    }

    /// An engine that goes on from there, half an hour before an hour is full.
    #[expect(clippy::expect_used, reason = "the directory and the definitions are ours")]
    fn engine(&self, clock: ManualClock) -> (Engine, Vec<Sli>) {
        let builder = Engine::builder().service("bench").manual_clock(clock);
        let builder = builder.state_dir(&self.directory).flush_each(Duration::from_secs(HOUR_S));
        let engine = builder.start().expect("a directory of ours");
        let own = |sli: &Sli| engine.sli(sli.definition()).expect("valid objectives");
        let slis = self.slis.iter().map(own).collect();
        (engine, slis)
    }

    /// Everything once, from a start on.
    fn run(&self) -> Run {
        let end_s = START_UNIX_SECONDS + HOURS * HOUR_S;
        let start_s = end_s / HOUR_S * HOUR_S + HOUR_S - 600;
        let clock = ManualClock::at_unix_seconds(start_s);
        let begun = now();
        let (engine, slis) = self.engine(clock.clone());
        let start = begun.elapsed();
        // The thread of the state directory would do it; an engine with a manual clock has none.
        engine.flush();
        let mut ticks = Ticks { engine: &engine, slis: &slis, second: 0 };
        let after_start = ticks.longest(70);
        ticks.longest(65);
        let usual = ticks.mean(60);
        ticks.longest(400);
        let turn_of_hour = ticks.longest(90);
        ticks.longest(30);
        clock.advance(Duration::from_secs(8 * HOUR_S));
        engine.flush();
        let after_sleep = ticks.tick();
        let awake = ticks.longest(70);
        Run { start, usual, after_start, turn_of_hour, after_sleep, awake }
    }
}

impl Drop for Months {
    fn drop(&mut self) {
        // What is left of it in the directory for temporary files hurts nobody.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What one start and the ticks after it took.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: Duration,
    usual: Duration,
    after_start: Duration,
    turn_of_hour: Duration,
    after_sleep: Duration,
    awake: Duration,
}

struct Ticks<'a> {
    engine: &'a Engine,
    slis: &'a [Sli],
    second: usize,
}

impl Ticks<'_> {
    /// Makes every SLI busy and lets a second pass; the processor time that the tick takes.
    fn tick(&mut self) -> Duration {
        self.second += 1;
        let second = self.second;
        for (n, sli) in self.slis.iter().enumerate() {
            (0..4).for_each(|i| sli.record(Outcome::Ok, duration(second + n + i)));
        }
        let begun = ThreadTime::now();
        self.engine.advance(Duration::from_secs(1));
        begun.elapsed()
    }

    fn longest(&mut self, seconds: usize) -> Duration {
        (0..seconds).map(|_| self.tick()).max().unwrap_or_default()
    }

    fn mean(&mut self, seconds: u32) -> Duration {
        (0..seconds).map(|_| self.tick()).sum::<Duration>() / seconds
    }
}

/// Starts, and the ticks after each.
#[must_use]
pub fn timings(options: &Options, progress: &Progress) -> Vec<Timing> {
    let months = Months::new(progress);
    let runs: Vec<Run> = (0..options.rounds.min(5))
        .map(|round| {
            progress.show(format_args!("{GROUP}: start {}", round + 1));
            months.run()
        })
        .collect();
    progress.clear();
    let row = |name, of: fn(&Run) -> Duration| {
        Timing::new(GROUP, name, 1, runs.iter().map(|run| of(run).as_secs_f64() * 1e9).collect())
    };
    vec![
        row(START, |run| run.start),
        row(USUAL, |run| run.usual),
        row(AFTER_START, |run| run.after_start),
        row(TURN_OF_HOUR, |run| run.turn_of_hour),
        row(AFTER_SLEEP, |run| run.after_sleep),
        row(AWAKE, |run| run.awake),
        Timing::new(GROUP, TICK_MAX, 1, vec![30e6]),
    ]
}
