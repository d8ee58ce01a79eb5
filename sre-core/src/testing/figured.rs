//! Pure. Whether figures are as expected.

use core::time::Duration;

use super::expect::{Figure, Quantity, Relation};
use super::finding::{Finding, nobody, objectives, text};
use super::replayed::{Change, ObjectiveReplayed, Replayed};
use crate::alert::{AlertState, Notice};
use crate::report::ObjectiveReport;
use crate::units::duration_text;

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

    pub(super) fn check(&self, relation: Relation, replayed: &Replayed) -> Finding {
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
            times: self.at.into_iter().collect(),
        }
    }
}

/// Six digits are enough for people.
fn rounded(value: f64) -> String {
    let digits = if value.abs() < 10.0 { 1e6 } else { 1e3 };
    ((value * digits).round() / digits).to_string()
}
