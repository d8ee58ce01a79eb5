//! Pure. What happened to every tier in the course of a run: told as it happens, and summed up at the end.

use std::sync::Arc;
use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::report::{ObjectiveReport, Report, TierReport};
use sre_core::slo::{Foresight, Severity};
use sre_examples::words::{grouped, percent, spoken, stopwatch};

use crate::phases::{Phase, Script};

/// All that happened so far.
#[derive(Debug)]
pub(crate) struct Story {
    script: Script,
    /// How long the engine had been running when the run began.
    prologue: Duration,
    phase: Option<Phase>,
    tiers: Vec<TierStory>,
}

/// One tier of one objective.
#[derive(Debug)]
struct TierStory {
    slo: Arc<str>,
    tier: Arc<str>,
    severity: Severity,
    state: AlertState,
    alarms: Vec<Alarm>,
}

/// From firing to clearing, since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    pub(crate) fired: Duration,
    pub(crate) cleared: Option<Duration>,
}

/// A tier changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) slo: Arc<str>,
    pub(crate) severity: Severity,
    pub(crate) from: AlertState,
    pub(crate) to: AlertState,
}

impl Story {
    /// A run that begins now, at `report`.
    pub(crate) const fn beginning(script: Script, report: &Report) -> Self {
        Self { script, prologue: report.uptime, phase: None, tiers: Vec::new() }
    }

    pub(crate) const fn script(&self) -> Script {
        self.script
    }

    /// The phase that has begun `now`, once for each.
    pub(crate) fn enter(&mut self, now: Duration) -> Option<Phase> {
        let phase = self.script.phase(now);
        (self.phase.replace(phase) != Some(phase)).then_some(phase)
    }

    /// How long the run had lasted at `report`.
    const fn elapsed(&self, report: &Report) -> Duration {
        report.uptime.saturating_sub(self.prologue)
    }

    /// Takes in a report, and tells which tiers changed since the one before.
    pub(crate) fn observe(&mut self, report: &Report) -> Vec<Event> {
        let at = self.elapsed(report);
        let objectives = report.slis.iter().flat_map(|sli| &sli.objectives);
        let tiers =
            objectives.flat_map(|objective| objective.tiers.iter().map(move |tier| (objective, tier)));
        tiers.filter_map(|(objective, tier)| self.tier(objective, tier).observe(tier.state, at)).collect()
    }

    fn tier(&mut self, objective: &ObjectiveReport, tier: &TierReport) -> &mut TierStory {
        let is_known = |known: &TierStory| known.slo == objective.slo && known.tier == tier.name;
        let place = self.tiers.iter().position(is_known).unwrap_or(self.tiers.len());
        if place == self.tiers.len() {
            self.tiers.push(TierStory::new(objective, tier));
        }
        #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
        &mut self.tiers[place]
    }

    /// When tiers of this severity fired and cleared.
    pub(crate) fn alarms(&self, slo: &str, severity: Severity) -> impl Iterator<Item = Alarm> {
        let own = self.tiers.iter().filter(move |tier| &*tier.slo == slo && tier.severity == severity);
        own.flat_map(|tier| tier.alarms.iter().copied())
    }

    /// The whole run in plain sentences.
    pub(crate) fn summary(&self, report: &Report) -> Vec<String> {
        let objectives = report.slis.iter().flat_map(|sli| &sli.objectives);
        objectives.flat_map(|objective| self.summary_of(objective)).collect()
    }

    fn summary_of(&self, objective: &ObjectiveReport) -> Vec<String> {
        let mut sentences = vec![self.compliance(objective)];
        for severity in [Severity::Page, Severity::Ticket] {
            sentences.extend(self.alarms(&objective.slo, severity).map(|alarm| self.told(severity, alarm)));
        }
        if sentences.len() == 1 {
            sentences.push("  No tier fired.".to_owned());
        }
        sentences.push(budget(objective));
        sentences
    }

    fn compliance(&self, objective: &ObjectiveReport) -> String {
        let (slo, target) = (&objective.slo, percent(objective.target.ratio(), 3));
        let counts = objective.counts;
        let (total, bad) = (grouped(counts.total()), grouped(counts.bad()));
        match counts.error_ratio() {
            None => format!("{slo} promises {target} and saw nothing."),
            Some(ratio) => {
                format!("{slo} promises {target}: {bad} of {total} calls were bad, {}.", percent(ratio, 2))
            }
        }
    }

    /// `  The page fired at 00:51, 3 s into the outage, and cleared at 01:19, 7 s into the recovery.`
    fn told(&self, severity: Severity, alarm: Alarm) -> String {
        let place = |at: Duration| {
            let phase = self.script.phase(at);
            let into = spoken(at.saturating_sub(self.script.begins(phase)));
            format!("{}, {into} into the {}", stopwatch(at), place_name(phase))
        };
        let end = alarm.cleared.map_or_else(
            || "still fired at the end".to_owned(),
            |cleared| format!("cleared at {}", place(cleared)),
        );
        format!("  The {} fired at {}, and {end}.", severity.as_str(), place(alarm.fired))
    }
}

fn place_name(phase: Phase) -> &'static str {
    if phase == Phase::Healthy { "healthy phase" } else { phase.name() }
}

fn budget(objective: &ObjectiveReport) -> String {
    let Some(budget) = objective.budget else { return "  Its budget is untouched.".to_owned() };
    let remaining = budget.remaining();
    if remaining > 0.0 {
        return format!("  {} of its budget is left; {}.", percent(remaining, 0), objective.sentence());
    }
    let overspent = format!("  Its budget is spent {:.1} times over", budget.consumed());
    match objective.forecast.recovery {
        Foresight::After(wait) => {
            format!("{overspent}; without errors there is some again in {}.", spoken(wait))
        }
        _ => format!("{overspent}."),
    }
}

impl TierStory {
    fn new(objective: &ObjectiveReport, tier: &TierReport) -> Self {
        Self {
            slo: Arc::clone(&objective.slo),
            tier: Arc::clone(&tier.name),
            severity: tier.severity,
            state: AlertState::Ok,
            alarms: Vec::new(),
        }
    }

    fn observe(&mut self, state: AlertState, at: Duration) -> Option<Event> {
        let from = std::mem::replace(&mut self.state, state);
        if from == state {
            return None;
        }
        if state == AlertState::Firing {
            self.alarms.push(Alarm { fired: at, cleared: None });
        } else if from == AlertState::Firing
            && let Some(alarm) = self.alarms.last_mut()
        {
            alarm.cleared = Some(at);
        }
        Some(Event { at, slo: Arc::clone(&self.slo), severity: self.severity, from, to: state })
    }
}

impl Event {
    /// `00:51 checkout-availability: page fires`
    pub(crate) fn told(&self) -> String {
        let verb = match (self.from, self.to) {
            (_, AlertState::Firing) => "fires",
            (AlertState::Firing, _) => "has cleared",
            (_, AlertState::Pending) => "is pending: one of its windows burns",
            (_, AlertState::Ok) => "is ok again",
        };
        format!("{} {}: {} {verb}", stopwatch(self.at), self.slo, self.severity.as_str())
    }
}
