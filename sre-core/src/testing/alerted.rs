//! Pure. Whether the alerts came that were expected.

use super::expect::{Alert, Demand};
use super::fault::Fault;
use super::finding::{Finding, nobody, objectives, text};
use super::replayed::{Change, ObjectiveReplayed, Replayed};
use crate::alert::{AlertState, Notice};
use crate::engine::Evaluator;
use crate::report::TierReport;
use crate::slo::Severity;

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

    pub(super) fn check(&self, demand: Demand, replayed: &Replayed) -> Finding {
        let hurting = || replayed.causes.iter().filter(|fault| fault.hurts());
        let begin = self.since.unwrap_or_else(|| hurting().map(|fault| fault.at).min().unwrap_or(0));
        let mut fired = self.fired(replayed);
        fired.retain(|(at, ..)| self.since.is_none_or(|since| *at >= since));
        // What fires in the second of a fault came before it, unless a time was named.
        let is_told = self.since.is_some() || begin == 0;
        let first = fired.iter().find(|(at, ..)| *at > begin || (*at == begin && is_told));
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
        if let Some(actual) = self.impossible(replayed) {
            let (slo, tier) = self.shown(replayed, None);
            return Finding { holds: false, expected, actual, slo, tier, times: Vec::new() };
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
        let came = shown.map(|(at, ..)| *at);
        let times: Vec<u64> = match demand {
            Demand::Times(_) => fired.iter().map(|(at, ..)| *at).collect(),
            Demand::Within(limit) | Demand::NotBefore(limit) => {
                [begin, begin.saturating_add(limit)].into_iter().chain(came).collect()
            }
            Demand::Ever => came.into_iter().flat_map(|at| [begin, at]).collect(),
            _ => came.into_iter().collect(),
        };
        Finding { holds, expected, actual, slo, tier, times }
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
        if let Some(actual) = self.impossible(replayed) {
            let (slo, tier) = self.shown(replayed, None);
            return Finding { holds: false, expected, actual, slo, tier, times: Vec::new() };
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
        let came = shown.map(|(_, change)| if still.is_some() { length } else { change.at.as_secs() });
        let times = [over, over.saturating_add(limit)].into_iter().chain(came).collect();
        Finding { holds, expected, actual, slo, tier, times }
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

    /// Why no such alert could ever fire: nobody judges such a tier, so that one which never fires proves nothing.
    fn impossible(&self, replayed: &Replayed) -> Option<String> {
        let number = self.tier.as_deref().filter(|tier| *tier != Evaluator::BLIND)?;
        let tiers = objectives(replayed, self.slo.as_deref()).filter_map(ObjectiveReplayed::end);
        let is_such = |tier: &&TierReport| {
            *tier.name == *number && self.severity.is_none_or(|severity| severity == tier.severity)
        };
        let such: Vec<_> = tiers.flat_map(|report| report.tiers.iter().filter(is_such)).collect();
        if such.is_empty() {
            return Some(format!("there is no {}", self.words()));
        }
        let can_fire = such.iter().any(|tier| tier.reachable);
        (!can_fire).then(|| format!("no {} can ever fire", self.words()))
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
