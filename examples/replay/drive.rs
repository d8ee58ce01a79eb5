//! Cold. The replay: an engine whose clock moves as the log does, and what it finds on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::report::Report;
use sre_core::units::EventCounts;
use sre_core::{Engine, Error, Outcome, Sli};
use sre_examples::alarms::Alarms;

use crate::args::{Promise, memory};
use crate::line::Request;
use crate::progress::Progress;

/// What the engine found.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The report at the end of the log.
    pub(crate) last: Arc<Report>,
    pub(crate) alarms: Alarms,
    /// By objective: the events of each hour that had some, by its first second since 1970.
    pub(crate) hours: BTreeMap<Arc<str>, BTreeMap<u64, EventCounts>>,
}

/// An engine under way through a log.
struct Replay {
    engine: Engine,
    clock: ManualClock,
    /// All requests, for availability.
    requests: Sli,
    /// Those whose duration is known, for latency: without one there is nothing to judge.
    answers: Sli,
    now: u64,
    alarms: Alarms,
    hours: BTreeMap<Arc<str>, BTreeMap<u64, EventCounts>>,
    booked: BTreeMap<Arc<str>, EventCounts>,
}

/// Seconds between ticks without requests while a tier is pending or fires: how exactly its end is known.
const QUIET_STEP: u64 = 10;

/// The same while none is; below the five minutes from which on an engine takes it that it was suspended.
const CALM_STEP: u64 = 240;

const HOUR: u64 = 3_600;

/// Lets an engine live through these requests, which are in the order of time.
pub(crate) fn replay(
    requests: &[Request],
    promise: &Promise,
    progress: &mut Progress,
) -> Result<Findings, Error> {
    let (Some(first), Some(last)) = (requests.first(), requests.last()) else {
        return Replay::from(0, promise).map(Replay::end);
    };
    let mut replay = Replay::from(first.at, promise)?;
    for second in requests.chunk_by(|one, next| one.at == next.at) {
        let Some(at) = second.first().map(|request| request.at) else { continue };
        replay.pass_until(at, memory(promise), |now| {
            progress.show(|| format!("replayed {} %", percent(first.at, now, last.at)));
        });
        second.iter().for_each(|request| replay.record(request, promise));
    }
    replay.pass_until(last.at.saturating_add(1), memory(promise), |_| {});
    Ok(replay.end())
}

impl Replay {
    fn from(start: u64, promise: &Promise) -> Result<Self, Error> {
        let clock = ManualClock::at_unix_seconds(start);
        let engine = Engine::builder().service("replay").manual_clock(clock.clone()).start()?;
        let requests = Sli::new("requests").try_objective(promise.availability.named("availability"))?;
        let answers = promise
            .latencies
            .iter()
            .try_fold(Sli::new("answers"), |sli, latency| sli.try_objective(*latency))?;
        Ok(Self {
            requests: engine.sli(requests.definition())?,
            answers: engine.sli(answers.definition())?,
            engine,
            clock,
            now: start,
            alarms: Alarms::default(),
            hours: BTreeMap::new(),
            booked: BTreeMap::new(),
        })
    }

    fn record(&self, request: &Request, promise: &Promise) {
        let outcome = if promise.bad.contains(request.status) { Outcome::Error } else { Outcome::Ok };
        self.requests.record(outcome, request.duration.unwrap_or_default());
        if let Some(duration) = request.duration {
            self.answers.record(outcome, duration);
        }
    }

    /// Ticks until `at`: a second after the last request, and then in steps of [`QUIET_STEP`], since without
    /// requests windows only forget. When no tier sees anything, in steps of [`CALM_STEP`].
    ///
    /// A silence longer than `memory` leaves nothing in any window, so the rest of it passes in one step.
    fn pass_until(&mut self, at: u64, memory: Duration, mut each: impl FnMut(u64)) {
        let remembered = self.now.saturating_add(memory.as_secs());
        let mut step = 1;
        while self.now < at {
            let left = at - self.now;
            self.step(if self.now < remembered { left.min(step) } else { left });
            step = if self.alarms.are_calm() { CALM_STEP } else { QUIET_STEP };
            each(self.now);
        }
    }

    fn step(&mut self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.engine.tick();
        self.now += seconds;
        self.look();
    }

    /// Notes what the last tick found.
    fn look(&mut self) {
        let report = self.engine.report();
        self.alarms.observe(Duration::from_secs(self.now), &report);
        for objective in report.slis.iter().flat_map(|sli| &sli.objectives) {
            let booked = match self.booked.get_mut(&*objective.slo) {
                Some(booked) => booked,
                None => self.booked.entry(Arc::clone(&objective.slo)).or_default(),
            };
            let events = objective.exported.since(*booked);
            if !events.is_empty() {
                *booked = objective.exported;
                // A tick books what happened in the second before it.
                let hour = self.now.saturating_sub(1) / HOUR * HOUR;
                let hours = self.hours.entry(Arc::clone(&objective.slo)).or_default();
                *hours.entry(hour).or_default() += events;
            }
        }
    }

    fn end(self) -> Findings {
        Findings { last: self.engine.report(), alarms: self.alarms, hours: self.hours }
    }
}

fn percent(first: u64, now: u64, last: u64) -> u64 {
    now.saturating_sub(first).saturating_mul(100) / last.saturating_sub(first).max(1)
}
