//! Pure. What goes into the judgement of one objective at a tick, and what changed by it.

use std::sync::Arc;

use crate::alert::{AlertState, Notice};
use crate::slo::Severity;
use crate::units::EventCounts;
use crate::window::Tick;

/// What happened to one objective since the tick before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers fill it field by field, with the rest as default")]
pub struct Input {
    /// Good and bad events that ended.
    pub delta: EventCounts,
    /// Calls in flight that are overdue now, all of them, as the bad events they will probably be.
    pub provisional: EventCounts,
    /// Calls of the SLI that ended, whatever became of them.
    pub ended: u64,
    /// Those of them that this objective does not see: ignored, or abandoned and ignored.
    pub unjudged: u64,
}

/// A tier of one objective that changed its state at a tick.
///
/// An objective that becomes blind, or sees again, tells it as a tier called `blind`, once for each severity of its
/// tiers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// Name of the tier; `blind` for blindness.
    pub tier: Arc<str>,
    /// Whom the tier reaches.
    pub severity: Severity,
    /// The state before.
    pub from: AlertState,
    /// The state after, which differs; unless an alert that nobody was told of is told late, which still fires.
    pub to: AlertState,
    /// When.
    pub at: Tick,
    /// Whether a more urgent tier of the same objective fires, so that nobody has to be told.
    pub inhibited: bool,
    /// Whether somebody should be told now: of an alert when the state after is firing, else of its end.
    pub notice: Notice,
}

impl Transition {
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
