//! Pure. A scenario as people write it, in one line.

use core::time::Duration;

use super::expect::Expectation;
use super::fault::Fault;
use super::finding::Finding;
use super::player::{Pace, Player};
use super::replayed::{ObjectiveReplayed, Replayed};
use super::script::Script;
use super::span::{Span, seconds};
use super::subject::Subject;
use super::traffic::{AFTERMATH, Traffic, rps};
use super::unmet::{ReplayError, Unmet};
use crate::engine::Downtime;
use crate::error::Error;
use crate::sli::Definition;
use crate::slo::slo_names;

/// When scenarios begin: 2025-01-06 00:00 UTC, a Monday.
const MONDAY: u64 = 1_736_121_600;

/// A scenario for an SLI or an objective, and what is expected of it; see the [module](super).
///
/// Nothing happens before [`Replay::run`].
#[derive(Clone, Debug)]
#[must_use = "a scenario is played by `run`"]
pub struct Replay {
    subject: Result<Definition, Error>,
    traffic: Traffic,
    faults: Vec<Fault>,
    start: u64,
    history: u64,
    length: Option<u64>,
    downtime: Downtime,
    looks: Vec<u64>,
    expected: Vec<Expectation>,
    pace: Pace,
}

/// A scenario for an SLI with all its objectives, or for one objective.
///
/// Without more it is a day of 100 calls a second that all succeed.
pub fn replay(subject: &impl Subject) -> Replay {
    Replay {
        subject: subject.subject(),
        traffic: rps(100.0),
        faults: Vec::new(),
        start: MONDAY,
        history: 0,
        length: None,
        downtime: Downtime::Unknown,
        looks: Vec::new(),
        expected: Vec::new(),
        pace: Pace::Quick,
    }
}

impl Replay {
    /// How many calls come; 100 a second unless said otherwise.
    pub fn traffic(mut self, traffic: Traffic) -> Self {
        self.traffic = traffic;
        self
    }

    /// Something goes wrong. May be called again: faults may overlap.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// So much healthy traffic before the scenario begins. Without it the process is a new one, whose budget is that of
    /// the few events so far: a minute of outage in the first hour spends nearly all of it.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn history(mut self, history: impl Span) -> Self {
        self.history = seconds(history);
        self
    }

    /// How long the scenario is; a day more than its last fault unless said otherwise.
    ///
    /// # Panics
    ///
    /// As [`Span`] says, and when it is zero.
    #[track_caller]
    pub fn length(mut self, length: impl Span) -> Self {
        let length = seconds(length);
        assert!(length > 0, "in a scenario of no time nothing can be expected");
        self.length = Some(length);
        self
    }

    /// When the scenario begins, in seconds since 1970; 2025-01-06 00:00 UTC unless said otherwise.
    pub fn starting_at_unix(mut self, second: u64) -> Self {
        self.start = second;
        self
    }

    /// What the time between two processes counts as, as
    /// [the engine is told](crate::engine::Builder::downtime).
    pub fn downtime(mut self, downtime: Downtime) -> Self {
        self.downtime = downtime;
        self
    }

    /// Keeps the report at this time, up to the end of the scenario, for assertions of your own; may be called again.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn look(mut self, at: impl Span) -> Self {
        self.looks.push(seconds(at));
        self
    }

    /// Judges each second, even where nothing can change in between. The result is the same, and comes later.
    pub fn each_second(mut self) -> Self {
        self.pace = Pace::EachSecond;
        self
    }

    /// Expects something of it; may be called again.
    pub fn expect(mut self, expected: impl Into<Expectation>) -> Self {
        self.expected.push(expected.into());
        self
    }

    /// Plays the scenario and checks everything that is expected of it.
    ///
    /// # Panics
    ///
    /// When an objective cannot be judged, a fault begins or a report is asked for after the end, or something expected
    /// did not come: with all that was expected, what came instead, and a chart.
    #[track_caller]
    #[expect(clippy::panic, reason = "that is how a test fails")]
    #[expect(clippy::must_use_candidate, reason = "most tests want no more than the check")]
    pub fn run(self) -> Replayed {
        match self.try_run() {
            Ok(replayed) => replayed,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same without a panic.
    ///
    /// # Errors
    ///
    /// [`ReplayError::Refused`] when an objective cannot be judged, [`ReplayError::TooLate`] when a fault begins after
    /// the end, [`ReplayError::LookTooLate`] when a report is asked for after it, [`ReplayError::Unmet`] when something
    /// expected did not come.
    pub fn try_run(self) -> Result<Replayed, ReplayError> {
        self.check_times()?;
        let (expected, pace) = (self.expected.clone(), self.pace);
        let script = self.script().map_err(ReplayError::Refused)?;
        let mut replayed = play(&script, pace).map_err(ReplayError::Refused)?;
        let findings: Vec<_> = expected.iter().map(|expectation| expectation.check(&replayed)).collect();
        let Some(failure) = findings.iter().find(|finding| !finding.holds) else { return Ok(replayed) };
        draw_closer(&script, &mut replayed, failure);
        Err(ReplayError::Unmet(Box::new(Unmet::new(findings, replayed))))
    }

    /// Whether everything lies within the scenario.
    fn check_times(&self) -> Result<(), ReplayError> {
        let seconds = self.seconds();
        let length = Duration::from_secs(seconds);
        if let Some(late) = self.faults.iter().find(|fault| fault.at >= seconds) {
            return Err(ReplayError::TooLate { fault: late.to_string(), length });
        }
        match self.looks().find(|at| *at > seconds) {
            Some(at) => Err(ReplayError::LookTooLate { at: Duration::from_secs(at), length }),
            None => Ok(()),
        }
    }

    /// When reports are kept.
    fn looks(&self) -> impl Iterator<Item = u64> {
        self.looks.iter().copied().chain(self.expected.iter().filter_map(Expectation::look))
    }

    fn seconds(&self) -> u64 {
        let ends = self.faults.iter().map(|fault| fault.end().unwrap_or(fault.at));
        self.length.unwrap_or_else(|| ends.max().unwrap_or(0).saturating_add(AFTERMATH))
    }

    /// What is played.
    pub(crate) fn script(self) -> Result<Script, Error> {
        let (length, looks) = (self.seconds(), self.looks().collect());
        Ok(Script {
            definition: self.subject?,
            traffic: self.traffic,
            faults: self.faults,
            start: self.start,
            history: self.history,
            length,
            downtime: self.downtime,
            looks,
        })
    }
}

fn play(script: &Script, pace: Pace) -> Result<Replayed, Error> {
    let objectives: Vec<_> = script.definition.objectives().copied().collect();
    crate::slo::check(script.definition.name(), &objectives)?;
    let names = slo_names(script.definition.name(), &objectives);
    let played = objectives
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(place, (objective, slo))| Player::new(script, place, *objective, slo, pace)?.play());
    Ok(Replayed {
        sli: script.definition.name(),
        length: Duration::from_secs(script.length),
        objectives: played.collect::<Result<_, _>>()?,
        faults: script.faults.iter().map(ToString::to_string).collect(),
        causes: script.faults.clone(),
    })
}

/// Plays once more what a failure is about, to draw only that part.
fn draw_closer(script: &Script, replayed: &mut Replayed, failure: &Finding) -> Option<()> {
    let span = failure.span(script.length)?;
    let is_meant = |played: &ObjectiveReplayed| failure.slo.as_deref() == Some(&*played.slo);
    let place = replayed.objectives.iter().position(is_meant).unwrap_or(0);
    let objective = script.definition.objectives().nth(place)?;
    let played = replayed.objectives.get_mut(place)?;
    let player = Player::new(script, place, *objective, &played.slo, Pace::Quick).ok()?;
    played.track = player.watching(span).play().ok()?.track;
    Some(())
}
