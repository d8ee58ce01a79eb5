//! Pure. What is expected of a scenario.

use core::time::Duration;

use super::fault::Fault;
use super::finding::{Finding, text};
use super::replayed::{Change, ObjectiveReplayed, Replayed};
use super::span::{Span, seconds};
use crate::alert::{AlertState, Notice};
use crate::engine::Evaluator;
use crate::report::ObjectiveReport;
use crate::slo::Severity;
use crate::units::duration_text;

/// Something expected of a scenario.
///
/// Unless an [objective](Alert::of) is named, all objectives of the SLI are meant: an alert is that of any of them, and
/// a figure that of the one which does worst.
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
    severity: Option<Severity>,
    tier: Option<String>,
    slo: Option<String>,
    since: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
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
    quantity: Quantity,
    slo: Option<String>,
    at: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    BudgetLeft,
    Burn(Duration),
    Coverage(Duration),
    Notices,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Relation {
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

fn objectives<'a>(replayed: &'a Replayed, slo: Option<&str>) -> impl Iterator<Item = &'a ObjectiveReplayed> {
    replayed.objectives.iter().filter(move |objective| slo.is_none_or(|slo| *objective.slo == *slo))
}

fn nobody(expected: String, slo: &str) -> Finding {
    Finding { holds: false, expected, actual: format!("there is no objective {slo}"), slo: None, tier: None }
}

impl Alert {
    fn words(&self) -> String {
        let severity = self.severity.map_or("alert", Severity::as_str);
        let tier = match self.tier.as_deref() {
            Some(Evaluator::BLIND) => " of blindness".to_owned(),
            Some(number) => format!(" of tier {number}"),
            None => String::new(),
        };
        let slo = self.slo.as_ref().map(|slo| format!(" for {slo}")).unwrap_or_default();
        format!("{severity}{tier}{slo}")
    }

    /// Whether a change is of such an alert, needless ones included.
    fn is_about(&self, change: &Change) -> bool {
        self.severity.is_none_or(|severity| severity == change.severity)
            && match &self.tier {
                Some(tier) => **tier == *change.tier,
                None => &*change.tier != Evaluator::BLIND,
            }
    }

    fn is_fired_by(&self, change: &Change) -> bool {
        let reaches_people = change.to == AlertState::Firing && change.notice != Notice::Quiet;
        self.is_about(change) && if self.tier.is_some() { change.has_fired() } else { reaches_people }
    }

    /// When such alerts began to fire, the first one first.
    fn fired<'a>(&'a self, replayed: &'a Replayed) -> Vec<(u64, &'a ObjectiveReplayed, &'a Change)> {
        let mut fired: Vec<_> = objectives(replayed, self.slo.as_deref())
            .flat_map(|objective| objective.changes.iter().map(move |change| (objective, change)))
            .filter(|(_, change)| self.is_fired_by(change))
            .map(|(objective, change)| (change.at.as_secs(), objective, change))
            .collect();
        fired.sort_by_key(|(at, ..)| *at);
        fired
    }

    fn check(&self, demand: Demand, replayed: &Replayed) -> Finding {
        let hurting = || replayed.causes.iter().filter(|fault| fault.hurts());
        let begin = self.since.unwrap_or_else(|| hurting().map(|fault| fault.at).min().unwrap_or(0));
        let fired = self.fired(replayed);
        let first = fired.iter().find(|(at, ..)| *at > begin || (*at == 0 && begin == 0));
        let after = first.map(|(at, ..)| at - begin);
        let (holds, demanded) = match demand {
            Demand::Within(limit) => (
                after.is_some_and(|after| after <= limit),
                format!("within {} of {}", text(limit), text(begin)),
            ),
            Demand::NotBefore(limit) => {
                let is_early = after.is_some_and(|after| after < limit);
                (!is_early, format!("not before {} after {}", text(limit), text(begin)))
            }
            Demand::Ever => (first.is_some(), "at some time".to_owned()),
            Demand::Never => (fired.is_empty(), "never".to_owned()),
            Demand::Times(count) => (fired.len() == count, format!("{count} times")),
            Demand::ClearsWithin(limit) => return self.check_clear(limit, replayed),
        };
        let expected = format!("{} {demanded}", self.words());
        if let Some(slo) = self.unknown(replayed) {
            return nobody(expected, slo);
        }
        let shown = match demand {
            Demand::Never | Demand::Times(_) => fired.first(),
            _ => first,
        };
        let actual = match (demand, shown, after) {
            (_, None, _) => "none fired".to_owned(),
            (Demand::Times(_), ..) => format!("{} fired", fired.len()),
            (Demand::Never, Some((at, objective, change)), _) => {
                format!("tier {} of {} fired at {}", change.tier, objective.slo, text(*at))
            }
            (_, Some((at, objective, change)), after) => format!(
                "tier {} of {} fired after {}, at {}",
                change.tier,
                objective.slo,
                text(after.unwrap_or(*at)),
                text(*at)
            ),
        };
        let (slo, tier) = self.shown(replayed, shown.map(|(_, objective, change)| (*objective, *change)));
        Finding { holds, expected, actual, slo, tier }
    }

    /// When all such alerts had cleared, counted from the end of the last fault that hurts.
    fn check_clear(&self, limit: u64, replayed: &Replayed) -> Finding {
        let length = replayed.length.as_secs();
        let ends = replayed.causes.iter().filter(|fault| fault.hurts()).map(|fault: &Fault| fault.end());
        let over = self.since.or_else(|| ends.map(|end| end.unwrap_or(length)).max()).unwrap_or(0);
        let expected = format!("{} clears within {} of {}", self.words(), text(limit), text(over));
        if let Some(slo) = self.unknown(replayed) {
            return nobody(expected, slo);
        }
        let fired = self.fired(replayed);
        let still = objectives(replayed, self.slo.as_deref())
            .filter_map(|objective| Some((objective, self.last(objective, |_| true)?)))
            .find(|(_, change)| change.to == AlertState::Firing);
        let cleared = objectives(replayed, self.slo.as_deref())
            .filter_map(|objective| Some((objective, self.last(objective, Change::has_cleared)?)))
            .max_by_key(|(_, change)| change.at);
        let (holds, actual, shown) = match (still, cleared) {
            _ if fired.is_empty() => (false, "none fired".to_owned(), None),
            (Some((objective, change)), _) => {
                let words = format!(
                    "tier {} of {} still fires at the end, {}",
                    change.tier,
                    objective.slo,
                    text(length)
                );
                (false, words, Some((objective, change)))
            }
            (None, Some((objective, change))) => {
                let at = change.at.as_secs();
                let words = format!(
                    "tier {} of {} cleared after {}, at {}",
                    change.tier,
                    objective.slo,
                    text(at.saturating_sub(over)),
                    text(at)
                );
                (at <= over.saturating_add(limit), words, Some((objective, change)))
            }
            (None, None) => (false, "none cleared".to_owned(), None),
        };
        let (slo, tier) = self.shown(replayed, shown);
        Finding { holds, expected, actual, slo, tier }
    }

    /// The last change of such alerts; of those that fire at the end, if there is one.
    fn last<'a>(
        &self,
        objective: &'a ObjectiveReplayed,
        fits: impl Fn(&Change) -> bool,
    ) -> Option<&'a Change> {
        let mut last: Vec<&Change> = Vec::new();
        for change in objective.changes.iter().filter(|change| self.is_about(change) && fits(change)) {
            last.retain(|other| other.tier != change.tier || other.severity != change.severity);
            last.push(change);
        }
        last.iter().copied().find(|change| change.to == AlertState::Firing).or(last.last().copied())
    }

    /// The name of an objective that there is none of.
    fn unknown<'a>(&'a self, replayed: &Replayed) -> Option<&'a str> {
        self.slo.as_deref().filter(|slo| replayed.objective(slo).is_none())
    }

    /// What a chart about such alerts shows.
    fn shown(
        &self,
        replayed: &Replayed,
        about: Option<(&ObjectiveReplayed, &Change)>,
    ) -> (Option<String>, Option<String>) {
        let slo = about.map(|(objective, _)| &objective.slo);
        let slo =
            slo.or_else(|| objectives(replayed, self.slo.as_deref()).next().map(|objective| &objective.slo));
        let tier = about.map(|(_, change)| change.tier.to_string()).or_else(|| self.tier.clone());
        (slo.map(|slo| slo.to_string()), tier)
    }
}

impl Figure {
    fn words(&self) -> String {
        let what = match self.quantity {
            Quantity::BudgetLeft => "budget left".to_owned(),
            Quantity::Burn(window) => format!("burn of {}", duration_text(window)),
            Quantity::Coverage(window) => format!("coverage of {}", duration_text(window)),
            Quantity::Notices => "notices".to_owned(),
        };
        let slo = self.slo.as_ref().map(|slo| format!(" of {slo}")).unwrap_or_default();
        let at = self.at.map_or_else(|| "the end".to_owned(), text);
        format!("{what}{slo} at {at}")
    }

    fn of_report(&self, report: &ObjectiveReport) -> Option<f64> {
        match self.quantity {
            Quantity::BudgetLeft => report.budget.map(|budget| budget.remaining()),
            Quantity::Burn(window) => report.burn_rate(window).map(|burn| burn.get()),
            Quantity::Coverage(window) => report.window(window).map(|window| window.coverage),
            Quantity::Notices => None,
        }
    }

    fn of_objective(&self, objective: &ObjectiveReplayed, end: Duration) -> Option<f64> {
        let at = self.at.map_or(end, Duration::from_secs);
        if self.quantity == Quantity::Notices {
            let told = |change: &&Change| {
                change.notice == Notice::Told && change.to == AlertState::Firing && change.at <= at
            };
            return u32::try_from(objective.changes.iter().filter(told).count()).ok().map(f64::from);
        }
        objective.look(at).and_then(|report| self.of_report(report))
    }

    fn check(&self, relation: Relation, replayed: &Replayed) -> Finding {
        let (demanded, holds): (String, Box<dyn Fn(f64) -> bool>) = match relation {
            Relation::Above(least) => (format!("above {least}"), Box::new(move |value| value > least)),
            Relation::Below(most) => (format!("below {most}"), Box::new(move |value| value < most)),
            Relation::Near(value, tolerance) => (
                format!("within {tolerance} of {value}"),
                Box::new(move |seen| (seen - value).abs() <= tolerance),
            ),
        };
        let expected = format!("{} {demanded}", self.words());
        let values = objectives(replayed, self.slo.as_deref())
            .map(|objective| (objective, self.of_objective(objective, replayed.length)));
        let values: Vec<_> = values.collect();
        // The one that fails, if there is one, and else the first.
        let failing = values.iter().find(|(_, value)| !value.is_some_and(&holds));
        let Some((objective, value)) = failing.or(values.first()) else {
            return nobody(expected, self.slo.as_deref().unwrap_or("at all"));
        };
        let actual = match value {
            Some(value) => format!("it is {} for {}", rounded(*value), objective.slo),
            None => format!("there is no data for {}", objective.slo),
        };
        Finding {
            holds: failing.is_none(),
            expected,
            actual,
            slo: Some(objective.slo.to_string()),
            tier: None,
        }
    }
}

/// Six digits are enough for people.
fn rounded(value: f64) -> String {
    let digits = if value.abs() < 10.0 { 1e6 } else { 1e3 };
    ((value * digits).round() / digits).to_string()
}
