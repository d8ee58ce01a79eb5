//! Pure. When alert tiers fired and cleared, found by comparing each report with the one before.

use std::sync::Arc;
use std::time::Duration;

use sre_core::alert::AlertState;
use sre_core::report::{ObjectiveReport, Report, TierReport};
use sre_core::slo::Severity;

/// All tiers of an engine, and their pasts.
#[derive(Debug, Default)]
pub struct Alarms {
    tiers: Vec<TierPast>,
}

/// The past of one tier of one objective.
#[derive(Debug)]
pub struct TierPast {
    slo: Arc<str>,
    tier: TierReport,
    state: AlertState,
    alarms: Vec<Alarm>,
}

/// From firing to clearing, since any fixed origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: a beginning and an end")]
pub struct Alarm {
    /// When it fired.
    pub fired: Duration,
    /// When it cleared; `None` while it fires.
    pub cleared: Option<Duration>,
}

/// A tier that changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// When.
    pub at: Duration,
    /// The objective.
    pub slo: Arc<str>,
    /// Whom the tier reaches.
    pub severity: Severity,
    /// The state before.
    pub from: AlertState,
    /// The state after.
    pub to: AlertState,
}

impl Alarms {
    /// Takes in the report of `at`, and tells which tiers changed since the one before.
    pub fn observe(&mut self, at: Duration, report: &Report) -> Vec<Change> {
        let objectives = report.slis.iter().flat_map(|sli| &sli.objectives);
        let tiers =
            objectives.flat_map(|objective| objective.tiers.iter().map(move |tier| (objective, tier)));
        tiers.filter_map(|(objective, tier)| self.past_of(objective, tier)?.observe(at, tier)).collect()
    }

    fn past_of(&mut self, objective: &ObjectiveReport, tier: &TierReport) -> Option<&mut TierPast> {
        let is_known = |past: &TierPast| past.slo == objective.slo && past.tier.name == tier.name;
        match self.tiers.iter().position(is_known) {
            Some(place) => self.tiers.get_mut(place),
            None => {
                self.tiers.push(TierPast::new(objective, tier));
                self.tiers.last_mut()
            }
        }
    }

    /// Whether no tier is pending or fires.
    #[must_use]
    pub fn are_calm(&self) -> bool {
        self.tiers.iter().all(|past| past.state == AlertState::Ok)
    }

    /// The tiers of an objective, from the fastest on.
    pub fn of(&self, slo: &str) -> impl Iterator<Item = &TierPast> {
        self.tiers.iter().filter(move |past| &*past.slo == slo)
    }
}

impl TierPast {
    fn new(objective: &ObjectiveReport, tier: &TierReport) -> Self {
        let (slo, tier) = (Arc::clone(&objective.slo), tier.clone());
        Self { slo, tier, state: AlertState::Ok, alarms: Vec::new() }
    }

    fn observe(&mut self, at: Duration, tier: &TierReport) -> Option<Change> {
        let (from, to) = (self.state, tier.state);
        if from == to {
            return None;
        }
        if to == AlertState::Firing {
            self.alarms.push(Alarm { fired: at, cleared: None });
        } else if from == AlertState::Firing
            && let Some(alarm) = self.alarms.last_mut()
        {
            alarm.cleared = Some(at);
        }
        self.state = to;
        Some(Change { at, slo: Arc::clone(&self.slo), severity: tier.severity, from, to })
    }

    /// The tier, as it was when it was first seen.
    #[must_use]
    pub const fn tier(&self) -> &TierReport {
        &self.tier
    }

    /// When it fired and cleared, in the order of time.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sre_core::clock::ManualClock;
    use sre_core::{Engine, Objective, Outcome, Sli};

    #[test]
    fn firing_and_clearing_make_an_alarm() {
        let engine = Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_000_000)).start().unwrap();
        let definition = Sli::new("shop").objective(Objective::availability(0.999));
        let shop = engine.sli(definition.definition()).unwrap();
        let mut alarms = Alarms::default();
        let mut changes = Vec::new();
        assert!(alarms.are_calm());
        for second in 1..=900 {
            let outcome = if second <= 60 { Outcome::Error } else { Outcome::Ok };
            shop.record_n(outcome, Duration::ZERO, 100);
            engine.advance(Duration::from_secs(1));
            changes.extend(alarms.observe(Duration::from_secs(second), &engine.report()));
        }
        assert!(!alarms.are_calm(), "the slower tiers remember the outage");
        let page = alarms.of("shop-availability").next().unwrap();
        assert_eq!(page.tier().severity, Severity::Page);
        let [Alarm { fired, cleared: Some(cleared) }] = page.alarms() else { panic!("{:?}", page.alarms()) };
        // A burn of 1,000 holds above 14.4 from 52 s of an hour on, and is sure at 54 s.
        assert_eq!(fired.as_secs(), 54);
        // The short window of 5 min forgets the outage, and holds as long.
        assert!((600..=670).contains(&cleared.as_secs()), "{cleared:?}");
        assert!(changes.iter().any(|change| change.at == *fired && change.to == AlertState::Firing));
        assert_eq!(alarms.of("another").count(), 0);
    }
}
