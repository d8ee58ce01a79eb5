//! Pure. What came of a scenario, as plain data.

use core::time::Duration;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::fault::Fault;
use super::track::Track;
use crate::alert::{AlertState, Notice};
use crate::engine::Transition;
use crate::report::ObjectiveReport;
use crate::slo::Severity;

/// What came of a scenario: every alert that changed, and reports at the times that were asked for.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Replayed {
    /// Name of the SLI.
    pub sli: &'static str,
    /// How long the scenario was; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub length: Duration,
    /// The objectives, in the order of their definition.
    pub objectives: Vec<ObjectiveReplayed>,
    /// What went wrong, in words.
    pub faults: Vec<String>,
    #[serde(skip)]
    pub(super) causes: Vec<Fault>,
}

/// What came of a scenario for one objective.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ObjectiveReplayed {
    /// Name of the objective.
    pub slo: Arc<str>,
    /// Every change of an alert, in order.
    pub changes: Vec<Change>,
    /// The reports that were asked for, in order; the last one is that of the end.
    pub looks: Vec<Look>,
    #[serde(skip)]
    pub(super) track: Track,
}

/// An alert that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// When, since the begin of the scenario; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub at: Duration,
    /// The number of the tier as text; `blind` for blindness.
    pub tier: Arc<str>,
    /// Whom it reaches.
    pub severity: Severity,
    /// The state before.
    pub from: AlertState,
    /// The state after; the same when an alert is told late.
    pub to: AlertState,
    /// Whether a more urgent tier fires, so that nobody is told.
    pub inhibited: bool,
    /// Whether people are told.
    pub notice: Notice,
    /// Whether a new process began with this state, because it remembers less than the one before it knew. Nobody is
    /// told.
    pub restarted: bool,
}

/// A report at some time of a scenario.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Look {
    /// When, since the begin of the scenario; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub at: Duration,
    /// What was known then.
    pub report: ObjectiveReport,
}

impl Replayed {
    /// What came for the objective of this name.
    #[must_use]
    pub fn objective(&self, slo: &str) -> Option<&ObjectiveReplayed> {
        self.objectives.iter().find(|objective| &*objective.slo == slo)
    }
}

impl ObjectiveReplayed {
    pub(super) fn new(changes: Vec<Change>, looks: Vec<Look>, end: &ObjectiveReport, track: Track) -> Self {
        Self { slo: Arc::clone(&end.slo), changes, looks, track }
    }

    /// The report at this time, if it was asked for.
    #[must_use]
    pub fn look(&self, at: Duration) -> Option<&ObjectiveReport> {
        self.looks.iter().find(|look| look.at == at).map(|look| &look.report)
    }

    /// The report at the end.
    #[must_use]
    pub fn end(&self) -> Option<&ObjectiveReport> {
        self.looks.last().map(|look| &look.report)
    }
}

impl Change {
    pub(super) fn new(at: u64, change: &Transition) -> Self {
        Self {
            at: Duration::from_secs(at),
            tier: Arc::clone(&change.tier),
            severity: change.severity,
            from: change.from,
            to: change.to,
            inhibited: change.inhibited,
            notice: change.notice,
            restarted: false,
        }
    }

    /// An alert of a new process, which stands otherwise than in the one `before`.
    pub(super) fn by_restart(at: u64, before: &Transition, after: &Transition) -> Option<Self> {
        let change = Self { from: before.to, restarted: true, ..Self::new(at, after) };
        (change.from != change.to).then_some(change)
    }

    /// Whether the alert began to fire. One that fires again because a kill lost that it had cleared does not.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        self.to == AlertState::Firing && self.from != AlertState::Firing && !self.restarted
    }

    /// Whether the alert stopped firing, be it that a new process knows nothing of it.
    #[must_use]
    pub fn has_cleared(&self) -> bool {
        self.from == AlertState::Firing && self.to != AlertState::Firing
    }
}

impl Look {
    pub(super) const fn new(at: u64, report: ObjectiveReport) -> Self {
        Self { at: Duration::from_secs(at), report }
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
