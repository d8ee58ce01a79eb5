//! Pure. A change of an alert tier, as notifiers want it.

use std::sync::Arc;

use crate::alert::{AlertState, Notice};
use crate::report::Label;
use crate::slo::Severity;

/// A tier of one objective that changed its state at the tick of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransitionReport {
    /// Name of the objective.
    pub slo: Arc<str>,
    /// Name of the SLI it judges.
    pub sli: Arc<str>,
    /// The labels of the member or, with empty values, of the whole of a family; none otherwise.
    pub labels: Arc<[Label]>,
    /// Name of the tier; `blind` when most calls began, or ceased, to end ignored or abandoned.
    pub tier: Arc<str>,
    /// Whom the tier reaches.
    pub severity: Severity,
    /// The state before.
    pub from: AlertState,
    /// The state after, which differs; unless an alert that nobody was told of is told late, which still fires.
    pub to: AlertState,
    /// When, in nanoseconds since 1970.
    pub at_unix_ns: u64,
    /// Whether a more urgent tier of the same objective fires, so that nobody has to be told.
    pub inhibited: bool,
    /// Whether somebody should be told now: of an alert when the state after is firing, else of its end.
    pub notice: Notice,
}

impl TransitionReport {
    /// Whether the tier began to fire.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        self.to == AlertState::Firing && self.from != AlertState::Firing
    }

    /// Whether the tier stopped firing.
    #[must_use]
    pub fn has_cleared(&self) -> bool {
        self.from == AlertState::Firing && self.to != AlertState::Firing
    }
}
