//! Pure. What is expected of a scenario.

use core::time::Duration;

use super::finding::Finding;
use super::replayed::Replayed;
use super::span::{Span, seconds};
use crate::engine::Evaluator;
use crate::slo::Severity;

/// Something expected of a scenario.
///
/// Unless an [objective](Alert::of) is named, all objectives of the SLI are meant: an alert is that of any of them, and
/// a figure has to be right for each of them.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an expectation is given to a replay"]
pub struct Expectation(Expected);

#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Alert(Alert, Demand),
    Figure(Figure, Relation),
}

/// Alerts of one kind; what is expected of them is said by its last word, such as [`within`](Alert::within).
///
/// Without a number of a tier those count that reach people, at the time when they do: not the ones that a more urgent
/// tier makes needless, unless they are told late because they still fire when that one has cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "an alert becomes an expectation by its last word"]
pub struct Alert {
    pub(super) severity: Option<Severity>,
    pub(super) tier: Option<String>,
    pub(super) slo: Option<String>,
    pub(super) since: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    Within(u64),
    NotBefore(u64),
    Ever,
    Never,
    Times(usize),
    ClearsWithin(u64),
}

/// A number of the report; what is expected of it is said by its last word, such as [`above`](Figure::above).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a figure becomes an expectation by its last word"]
pub struct Figure {
    pub(super) quantity: Quantity,
    pub(super) slo: Option<String>,
    pub(super) at: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    BudgetLeft,
    Burn(Duration),
    Coverage(Duration),
    Notices,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Relation {
    Above(f64),
    Below(f64),
    Near(f64, f64),
}

/// Alerts that wake people.
pub fn page() -> Alert {
    Alert { severity: Some(Severity::Page), ..Alert::default() }
}

/// Alerts that wait for the morning.
pub fn ticket() -> Alert {
    Alert { severity: Some(Severity::Ticket), ..Alert::default() }
}

/// Alerts of any severity.
pub fn alert() -> Alert {
    Alert::default()
}

/// Alerts of blindness: most calls end without a verdict.
pub fn blindness() -> Alert {
    Alert { tier: Some(Evaluator::BLIND.to_owned()), ..Alert::default() }
}

/// Share of the error budget that is left, 1 at most; below 0 when more is spent than there is.
pub const fn budget_left() -> Figure {
    Figure::of_quantity(Quantity::BudgetLeft)
}

/// Burn rate over a window, as [`Sli::burn_rate`](crate::Sli::burn_rate) has it.
///
/// # Panics
///
/// As [`Span`] says.
#[track_caller]
pub fn burn(window: impl Span) -> Figure {
    Figure::of_quantity(Quantity::Burn(window.into_duration()))
}

/// Share of a window that was observed.
///
/// # Panics
///
/// As [`Span`] says.
#[track_caller]
pub fn coverage(window: impl Span) -> Figure {
    Figure::of_quantity(Quantity::Coverage(window.into_duration()))
}

/// How often people are told of an alert, up to the end of the scenario.
pub const fn notices() -> Figure {
    Figure::of_quantity(Quantity::Notices)
}

impl Alert {
    /// Those of the tier with this number, the fastest of which is 1; also when a more urgent one makes them needless.
    pub fn tier(mut self, number: u8) -> Self {
        self.tier = Some(number.to_string());
        self
    }

    /// Those of the objective with this name.
    pub fn of(mut self, slo: &str) -> Self {
        self.slo = Some(slo.to_owned());
        self
    }

    /// Those from this time on, with times counted from there: without it from the begin of the first fault that hurts
    /// calls, and clears from the end of the last one.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn since(mut self, at: impl Span) -> Self {
        self.since = Some(seconds(at));
        self
    }

    /// One fires within this time.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn within(self, limit: impl Span) -> Expectation {
        self.must(Demand::Within(seconds(limit)))
    }

    /// None fires before this time has passed.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn not_before(self, limit: impl Span) -> Expectation {
        self.must(Demand::NotBefore(seconds(limit)))
    }

    /// None ever fires; times before the first fault count as well.
    pub fn never(self) -> Expectation {
        self.must(Demand::Never)
    }

    /// So many begin to fire; times before the first fault count as well.
    pub fn times(self, count: usize) -> Expectation {
        self.must(Demand::Times(count))
    }

    /// One fires, and none does any more when this time has passed since the last fault that hurts calls was over.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn clears_within(self, limit: impl Span) -> Expectation {
        self.must(Demand::ClearsWithin(seconds(limit)))
    }

    const fn must(self, demand: Demand) -> Expectation {
        Expectation(Expected::Alert(self, demand))
    }
}

impl From<Alert> for Expectation {
    /// One fires, whenever that is.
    fn from(alert: Alert) -> Self {
        alert.must(Demand::Ever)
    }
}

impl Figure {
    const fn of_quantity(quantity: Quantity) -> Self {
        Self { quantity, slo: None, at: None }
    }

    /// That of the objective with this name.
    pub fn of(mut self, slo: &str) -> Self {
        self.slo = Some(slo.to_owned());
        self
    }

    /// As of this time; of the end of the scenario unless said otherwise.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn at(mut self, at: impl Span) -> Self {
        self.at = Some(seconds(at));
        self
    }

    /// It is above this.
    pub const fn above(self, least: f64) -> Expectation {
        Expectation(Expected::Figure(self, Relation::Above(least)))
    }

    /// It is below this.
    pub const fn below(self, most: f64) -> Expectation {
        Expectation(Expected::Figure(self, Relation::Below(most)))
    }

    /// It is this, give or take `tolerance`.
    pub const fn near(self, value: f64, tolerance: f64) -> Expectation {
        Expectation(Expected::Figure(self, Relation::Near(value, tolerance)))
    }
}

impl Expectation {
    /// The time at which the report is needed for it.
    pub(super) fn look(&self) -> Option<u64> {
        match &self.0 {
            Expected::Figure(figure, _) => figure.at,
            Expected::Alert(..) => None,
        }
    }

    /// Whether it came, and what came instead.
    pub(super) fn check(&self, replayed: &Replayed) -> Finding {
        match &self.0 {
            Expected::Alert(alert, demand) => alert.check(*demand, replayed),
            Expected::Figure(figure, relation) => figure.check(*relation, replayed),
        }
    }
}
