//! Cold. What the engine does once a second, and what a handler asks of it.

use super::floor;
use super::thousand::slis;
use crate::harness::{Options, Progress, Subject, Timing};
use crate::values::{LATENCY_THRESHOLD, duration};
use cpu_time::ThreadTime;
use sre_core::clock::ManualClock;
use sre_core::{Engine, Objective, Outcome, Sli};
use std::sync::LazyLock;
use std::time::Duration;

/// The group of questions.
pub const QUERY: &str = "query";
/// A burn rate, asked of a held SLI.
pub const BURN_RATE: &str = "burn rate over 5 min";

/// The group of ticks.
pub const TICK: &str = "tick";
/// A tick with a thousand busy objectives.
pub const BUSY_TICK: &str = "tick, 1,000 busy objectives";
/// The time between two ticks.
pub const SECOND: &str = "one second of one core";

/// When engines of benches start.
pub(super) const START_UNIX_SECONDS: u64 = 1_700_000_000;

/// A judged SLI with a past; its engine lives as long as the process.
static JUDGED: LazyLock<(Engine, Sli)> = LazyLock::new(|| {
    static DEFINED: Sli = Sli::new("bench.judged")
        .objective(Objective::availability(0.999))
        .objective(Objective::latency(0.99, LATENCY_THRESHOLD));
    let engine = engine();
    #[expect(clippy::expect_used, reason = "the definition is ours")]
    let sli = engine.sli(DEFINED.definition()).expect("valid objectives");
    for second in 0..600 {
        sli.record_n(Outcome::Ok, duration(second), 100);
        sli.record_n(Outcome::Error, duration(second), 1);
        engine.advance(Duration::from_secs(1));
    }
    (engine, sli)
});

/// Questions of a handler, beside a relaxed load.
#[must_use]
pub fn queries() -> Vec<Subject> {
    let sli: &Sli = &JUDGED.1;
    let mut subjects: Vec<_> = floor::subjects().into_iter().filter(|s| s.name() == floor::LOAD).collect();
    subjects.push(Subject::shared(BURN_RATE, move |_| sli.burn_rate(Duration::from_secs(300))));
    subjects
        .push(Subject::shared("burn rate over 3 d", move |_| sli.burn_rate(Duration::from_secs(259_200))));
    subjects
}

/// An engine on a clock of its own.
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "without a ticker nothing can fail")]
pub fn engine() -> Engine {
    let clock = ManualClock::at_unix_seconds(START_UNIX_SECONDS);
    Engine::builder().service("bench").manual_clock(clock).start().expect("no ticker to start")
}

/// A thousand SLIs of one engine, one objective each.
#[derive(Debug)]
pub struct Thousand {
    engine: Engine,
    slis: Vec<Sli>,
}

impl Thousand {
    /// An engine with a thousand SLIs that have recorded nothing yet.
    #[must_use]
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the definitions are ours")]
    pub fn new(prefix: &str) -> Self {
        let engine = engine();
        let own = |sli: Sli| engine.sli(sli.definition()).expect("valid objectives");
        let slis = slis(prefix, &[Objective::availability(0.999)]).into_iter().map(own).collect();
        Self { engine, slis }
    }

    /// Makes every SLI busy and lets a second pass; the processor time that the tick takes.
    #[must_use]
    pub fn tick(&self, second: usize) -> Duration {
        for (n, sli) in self.slis.iter().enumerate() {
            (0..4).for_each(|i| sli.record(Outcome::Ok, duration(second + n + i)));
            if n % 10 == second % 10 {
                sli.record(Outcome::Error, duration(second + n));
            }
        }
        let start = ThreadTime::now();
        self.engine.advance(Duration::from_secs(1));
        start.elapsed()
    }
}

/// A thousand busy objectives; each round is the mean of a minute of ticks, so that rare work has its share.
#[must_use]
pub fn ticks(options: &Options, progress: &Progress) -> Vec<Timing> {
    let thousand = Thousand::new("bench.tick");
    let mut rounds = Vec::new();
    for round in 0..options.rounds.min(15) {
        progress.show(format_args!("{TICK}: minute {}", round + 1));
        let spent: Duration = (0..60).map(|second| thousand.tick(60 * round + second)).sum();
        rounds.push(spent.as_secs_f64() * 1e9 / 60.0);
    }
    progress.clear();
    vec![Timing::new(TICK, BUSY_TICK, 1, rounds), Timing::new(TICK, SECOND, 1, vec![1e9])]
}
