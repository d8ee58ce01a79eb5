//! Pure. What happened to every tier in the course of a run: told as it happens, and summed up at the end.

use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::report::{ObjectiveReport, Report};
use sre_core::slo::{Foresight, Severity};
use sre_examples::alarms::{Alarm, Alarms, Change};
use sre_examples::words::{grouped, percent, spoken, stopwatch};

use crate::phases::{Phase, Script};

/// All that happened so far.
#[derive(Debug)]
pub(crate) struct Story {
    script: Script,
    /// How long the engine had been running when the run began.
    prologue: Duration,
    phase: Option<Phase>,
    alarms: Alarms,
}

impl Story {
    /// A run that begins now, at `report`.
    pub(crate) fn beginning(script: Script, report: &Report) -> Self {
        Self { script, prologue: report.uptime, phase: None, alarms: Alarms::default() }
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
    pub(crate) fn observe(&mut self, report: &Report) -> Vec<String> {
        self.alarms.observe(self.elapsed(report), report).iter().map(told).collect()
    }

    /// When tiers of this severity fired and cleared.
    pub(crate) fn alarms(&self, slo: &str, severity: Severity) -> impl Iterator<Item = Alarm> {
        let own = self.alarms.of(slo).filter(move |past| past.tier().severity == severity);
        own.flat_map(|past| past.alarms().iter().copied())
    }

    /// The whole run in plain sentences.
    pub(crate) fn summary(&self, report: &Report) -> Vec<String> {
        let objectives = report.slis.iter().flat_map(|sli| &sli.objectives);
        objectives.flat_map(|objective| self.summary_of(objective)).collect()
    }

    fn summary_of(&self, objective: &ObjectiveReport) -> Vec<String> {
        let mut sentences = vec![self.compliance(objective)];
        for severity in [Severity::Page, Severity::Ticket] {
            sentences.extend(self.alarms(&objective.slo, severity).map(|alarm| self.tell(severity, alarm)));
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
    fn tell(&self, severity: Severity, alarm: Alarm) -> String {
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

/// `00:51 checkout-availability: page fires`
fn told(change: &Change) -> String {
    let verb = match (change.from, change.to) {
        (_, AlertState::Firing) => "fires",
        (AlertState::Firing, _) => "has cleared",
        (_, AlertState::Pending) => "is pending: one of its windows burns",
        (_, AlertState::Ok) => "is ok again",
    };
    format!("{} {}: {} {verb}", stopwatch(change.at), change.slo, change.severity.as_str())
}
