//! Pure. The report of an objective before its first tick.

use core::time::Duration;
use std::sync::Arc;

use crate::alert::{Dropped, MeanTimes, Trend, lint_objective, tier_table};
use crate::engine::outlook;
use crate::engine::past::Past;
use crate::engine::tier;
use crate::report::{ObjectiveReport, ObjectiveState, TierReport, WindowReport};
use crate::slo::{Objective, Period, PeriodKind};
use crate::units::{EventCounts, duration_text};
use crate::window::Tick;

/// The report before the first tick, with everything that never changes.
pub(super) fn blank_report(
    sli: &str,
    slo: &str,
    objective: &Objective,
    past: &Past,
    start: Tick,
) -> ObjectiveReport {
    let terms = objective.terms();
    ObjectiveReport {
        slo: slo.into(),
        sli: sli.into(),
        kind: objective.kind(),
        threshold: objective.threshold(),
        validity: objective.threshold().map(|_| terms.validity()),
        target: objective.target(),
        period: terms.period().to_string().into(),
        state: ObjectiveState::Idle,
        exported: EventCounts::ZERO,
        counts: EventCounts::ZERO,
        provisional: EventCounts::ZERO,
        budget: None,
        budget_projected: None,
        budget_forecast: None,
        exhaustion_forecast: None,
        pace: None,
        windows: blank_windows(terms.period(), past),
        tiers: blank_tiers(objective, start),
        forecast: outlook::UNKNOWN,
        trend: Trend::Calm,
        blind: false,
        late_ticks: 0,
        notices_withheld: 0,
        incident: None,
        incidents: Arc::default(),
        mean_times: MeanTimes::default(),
        ledger: None,
    }
}

fn blank_windows(period: Period, past: &Past) -> Vec<WindowReport> {
    let blank = |length: Duration, text: String| WindowReport {
        length,
        text: text.into(),
        counts: EventCounts::ZERO,
        burn: None,
        budget_share: None,
        coverage: 0.0,
        late: false,
        estimated: false,
    };
    let lengths = (0..past.units().len()).map(|place| Duration::from_nanos(past.units().length_ns(place)));
    let windows = lengths.map(|length| blank(length, duration_text(length)));
    let calendar = match period.kind() {
        PeriodKind::Rolling(_) => None,
        PeriodKind::Calendar { .. } => Some(blank(period.length(), period.to_string())),
    };
    windows.chain(calendar).collect()
}

/// The tiers that are judged, and after them those that no outage can reach.
fn blank_tiers(objective: &Objective, start: Tick) -> Vec<TierReport> {
    let terms = objective.terms();
    let table = tier_table(terms.period(), terms.tiers(), objective.target());
    let lints = lint_objective(objective);
    let judged = table.judged().iter().map(|tier| tier::blank_report(tier, None, start));
    let unreachable = table.dropped().iter().filter(|(_, reason)| *reason == Dropped::Unreachable);
    let unreachable = unreachable.map(|(tier, _)| {
        let lint = lints.iter().find(|lint| lint.tier() == Some(tier.number()));
        tier::blank_report(tier, lint.copied(), start)
    });
    judged.chain(unreachable).collect()
}
