//! Pure. Tiers that can never fire, fire on nothing, or have too little traffic; each with the remedy.

use core::fmt;
use core::time::Duration;

use serde::Serialize;

use super::policy::{DerivedTier, Dropped, TierTable, tier_table};
use crate::slo::{Budgeting, Guards, Objective, Severity, Tier, TierSource, budget_time};
use crate::units::{Target, duration_text};

/// A total outage that empties the whole budget within this time is over before anybody has read the alert.
const REACTION: Duration = Duration::from_secs(60);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: it works with a flaw, or not as meant")]
pub enum LintLevel {
    /// The objective is judged, but not as well as somebody may think.
    Warning,
    /// Nobody would be woken; a strict start refuses it.
    Error,
}

/// Something about the tiers of an objective that its owner should know; `Display` says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "lint")]
#[non_exhaustive]
pub enum Lint {
    /// No tier that pages can be derived.
    NoPageTier {
        /// The length of the period.
        period: Duration,
        /// The target.
        target: Target,
        /// The burn rate of a total outage at this target.
        max: f64,
        /// The lowest factor of a tier that pages and that `max` does not reach; `None` when the period is the cause.
        factor: Option<f64>,
    },
    /// Not even a total outage burns at the factor.
    Unreachable {
        /// Number of the tier.
        tier: u8,
        /// Its factor.
        factor: f64,
        /// The burn rate of a total outage.
        max: f64,
    },
    /// The factor is below 1, so the tier would fire on what the budget bears.
    FactorBelowOne {
        /// Number of the tier.
        tier: u8,
        /// Its factor.
        factor: f64,
    },
    /// The short window is below one minute.
    ShortWindow {
        /// Number of the tier.
        tier: u8,
        /// Its short window.
        short: Duration,
    },
    /// The long window exceeds the period.
    AbovePeriod {
        /// Number of the tier.
        tier: u8,
        /// Its long window.
        long: Duration,
        /// The length of the period.
        period: Duration,
    },
    /// There is too little traffic for the tier to tell failures from chance.
    Infeasible {
        /// Number of the tier.
        tier: u8,
        /// Events that a period must have.
        needed_events: f64,
        /// Events that a period will have at the rate so far.
        projected_events: f64,
    },
    /// A total outage spends the whole budget before anybody can react.
    BudgetTooThin {
        /// The time that the budget is worth.
        budget: Duration,
    },
    /// A time slice is longer than a short window, which then never ends with a verdict of its own.
    SliceAboveWindow {
        /// Number of the tier.
        tier: u8,
        /// The length of a slice.
        slice: Duration,
        /// The short window.
        short: Duration,
    },
}

impl Lint {
    /// How bad it is.
    #[must_use]
    pub const fn level(&self) -> LintLevel {
        match self {
            Self::NoPageTier { .. } => LintLevel::Error,
            _ => LintLevel::Warning,
        }
    }

    /// The word used in labels and logs, such as `no_page_tier`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoPageTier { .. } => "no_page_tier",
            Self::Unreachable { .. } => "unreachable",
            Self::FactorBelowOne { .. } => "factor_below_one",
            Self::ShortWindow { .. } => "short_window",
            Self::AbovePeriod { .. } => "above_period",
            Self::Infeasible { .. } => "infeasible",
            Self::BudgetTooThin { .. } => "budget_too_thin",
            Self::SliceAboveWindow { .. } => "slice_above_window",
        }
    }

    /// The number of the tier it is about; `None` when it is about the objective.
    #[must_use]
    pub const fn tier(&self) -> Option<u8> {
        match *self {
            Self::NoPageTier { .. } | Self::BudgetTooThin { .. } => None,
            Self::Unreachable { tier, .. }
            | Self::FactorBelowOne { tier, .. }
            | Self::ShortWindow { tier, .. }
            | Self::AbovePeriod { tier, .. }
            | Self::Infeasible { tier, .. }
            | Self::SliceAboveWindow { tier, .. } => Some(tier),
        }
    }

    fn dropped(tier: &DerivedTier, reason: Dropped, period: Duration, target: Target) -> Self {
        let (number, factor) = (tier.number(), tier.factor());
        match reason {
            Dropped::ShortWindow => Self::ShortWindow { tier: number, short: tier.short() },
            Dropped::AbovePeriod => Self::AbovePeriod { tier: number, long: tier.long(), period },
            Dropped::FactorBelowOne => Self::FactorBelowOne { tier: number, factor },
            Dropped::Unreachable => Self::Unreachable { tier: number, factor, max: target.burn_rate_max() },
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = duration_text;
        match *self {
            Self::NoPageTier { target, max, factor: Some(factor), .. } => write!(
                f,
                "no tier that pages can fire at a target of {target}: a total outage burns at {} and the lowest factor \
                 is {}; raise the target, or add tiers with factors below {0} with \
                 `tiers(&[Tier::page(long, short, factor)])`",
                Floor(max),
                Short(factor)
            ),
            Self::NoPageTier { period, .. } => write!(
                f,
                "no tier that pages can be derived for a period of {}: add tiers with \
                 `tiers(&[Tier::page(long, short, factor)])`",
                text(period)
            ),
            Self::Unreachable { tier, factor, max } => write!(
                f,
                "tier {tier} is left out: its factor {} is not below {}, the burn rate of a total outage; add tiers \
                 with factors below {1}",
                Short(factor),
                Floor(max)
            ),
            Self::FactorBelowOne { tier, factor } => write!(
                f,
                "tier {tier} is left out: its factor {} is below 1, which the budget can bear; keep the factor or \
                 scale the windows instead",
                Short(factor)
            ),
            Self::ShortWindow { tier, short } => write!(
                f,
                "tier {tier} is left out: its short window of {} is below 1m; add a tier by hand to have it",
                text(short)
            ),
            Self::AbovePeriod { tier, long, period } => write!(
                f,
                "tier {tier} is left out: its long window of {} exceeds the period of {}; scale the windows instead",
                text(long),
                text(period)
            ),
            Self::Infeasible { tier, needed_events, projected_events } => write!(
                f,
                "tier {tier} needs {needed_events:.0} events per period to tell failures from chance and will have \
                 {projected_events:.0}: lengthen the windows, lower the target, merge routes or add synthetic probes"
            ),
            Self::BudgetTooThin { budget } => write!(
                f,
                "a total outage of {budget:?} spends the whole budget, so no alert can help: lower the target, \
                 lengthen the period, or let the process act"
            ),
            Self::SliceAboveWindow { tier, slice, short } => write!(
                f,
                "tier {tier} has a short window of {}, which is below the time slice of {}: shorten the slices",
                text(short),
                text(slice)
            ),
        }
    }
}

/// A number as people say it: to three decimals, without zeros at the end.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.3}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The same of a bound to stay below, so never rounded up.
struct Floor(f64);

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Short((self.0 * 1_000.0).floor() / 1_000.0).fmt(f)
    }
}

/// What is worth a word about an objective before it sees any traffic; empty when nothing is.
///
/// # Examples
///
/// ```
/// use sre_core::{alert::{LintLevel, lint_objective}, slo::Objective};
///
/// assert!(lint_objective(&Objective::availability(0.999)).is_empty());
/// // Four out of five: a total outage burns at 5, and the pages of the table ask for more than 6.
/// let lints = lint_objective(&Objective::availability(0.8));
/// assert!(lints.iter().any(|lint| lint.level() == LintLevel::Error));
/// ```
#[must_use]
pub fn lint_objective(objective: &Objective) -> Vec<Lint> {
    let (terms, target) = (objective.terms(), objective.target());
    let period = terms.period().length();
    let table = tier_table(terms.period(), terms.tiers(), target);
    let dropped = table.dropped().iter().map(|(tier, reason)| Lint::dropped(tier, *reason, period, target));
    let slices = table.judged().iter().filter_map(|tier| slice_above_window(tier, terms.budgeting()));
    let mut lints: Vec<_> = dropped.chain(slices).collect();
    if wants_pages(terms.tiers()) && !table.judged().iter().any(|tier| tier.severity() == Severity::Page) {
        lints.push(Lint::NoPageTier {
            period,
            target,
            max: target.burn_rate_max(),
            factor: lowest_page(&table),
        });
    }
    let budget = budget_time(target, period);
    if budget < REACTION {
        lints.push(Lint::BudgetTooThin { budget });
    }
    lints
}

/// What live traffic says about a tier: whether it has enough events to mean anything.
///
/// `projected_events` are those that a whole period will have at the rate so far. A tier that is infeasible is
/// judged all the same and fires when its guards hold.
///
/// # Formula
///
/// Feasible is `projected >= min_failures / (budget_share * (1 - target))`.
#[must_use]
pub fn lint_traffic(
    tier: &DerivedTier,
    target: Target,
    guards: Guards,
    projected_events: f64,
) -> Option<Lint> {
    let needed_events = tier.needed_events(target, guards);
    (projected_events < needed_events).then_some(Lint::Infeasible {
        tier: tier.number(),
        needed_events,
        projected_events,
    })
}

/// The lowest factor of the tiers that would page, were a total outage to burn faster.
fn lowest_page(table: &TierTable) -> Option<f64> {
    let is_page = |tier: &DerivedTier| tier.severity() == Severity::Page;
    let unreachable = table.dropped().iter().filter(|(_, reason)| *reason == Dropped::Unreachable);
    unreachable.filter(|(tier, _)| is_page(tier)).map(|(tier, _)| tier.factor()).min_by(f64::total_cmp)
}

/// Whether somebody expects to be paged: tiers are derived, or one of those given pages.
fn wants_pages(tiers: TierSource) -> bool {
    match tiers {
        TierSource::Derived(_) => true,
        TierSource::Explicit(tiers) => {
            tiers.iter().map(|tier| Tier::severity(*tier)).any(|it| it == Severity::Page)
        }
    }
}

fn slice_above_window(tier: &DerivedTier, budgeting: Budgeting) -> Option<Lint> {
    let slice = budgeting.slice_step().filter(|slice| *slice > tier.short())?;
    Some(Lint::SliceAboveWindow { tier: tier.number(), slice, short: tier.short() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::{Period, Policy};

    const TIERS: &[Tier] = &[Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0)];

    #[track_caller]
    fn check(objective: Objective, expected: &[(&str, Option<u8>)]) {
        let lints = lint_objective(&objective);
        let found: Vec<_> = lints.iter().map(|lint| (lint.as_str(), lint.tier())).collect();
        assert_eq!(found, expected, "{objective:?}");
        for lint in lints {
            let message = lint.to_string();
            assert!(message.contains(':') || message.contains(';'), "{message} tells no next step");
        }
    }

    #[test]
    fn usual_objectives_have_nothing_to_be_told() {
        for target in [0.95, 0.99, 0.999, 0.9999] {
            check(Objective::availability(target), &[]);
        }
        check(Objective::availability(0.995).period(Period::days(7)), &[]);
    }

    #[test]
    fn unreachable_tiers_are_told_and_a_page_is_asked_for_when_none_is_left() {
        check(Objective::availability(0.9), &[("unreachable", Some(1))]);
        check(
            Objective::availability(0.8),
            &[("unreachable", Some(1)), ("unreachable", Some(2)), ("no_page_tier", None)],
        );
    }

    #[test]
    fn rows_that_a_policy_drops_are_told() {
        check(Objective::availability(0.99).period(Period::days(3)), &[("short_window", Some(1))]);
        check(
            Objective::availability(0.99).period(Period::days(7)).policy(Policy::KeepBudget),
            &[("factor_below_one", Some(3)), ("factor_below_one", Some(4))],
        );
        check(
            Objective::availability(0.99).period(Period::days(1)).policy(Policy::KeepFactor),
            &[("above_period", Some(4))],
        );
        // 0.02 * 1 d / 1 h and so on are all below 1.
        let day = Objective::availability(0.99).period(Period::days(1)).policy(Policy::KeepBudget);
        let lint = no_page_tier(day);
        assert_eq!(
            lint.to_string(),
            "no tier that pages can be derived for a period of 1d: add tiers with \
             `tiers(&[Tier::page(long, short, factor)])`"
        );
    }

    fn no_page_tier(objective: Objective) -> Lint {
        let lints = lint_objective(&objective);
        lints.into_iter().find(|lint| matches!(lint, Lint::NoPageTier { .. })).expect("no page tier")
    }

    #[test]
    fn a_target_that_no_page_can_reach_is_named_with_the_highest_burn() {
        assert_eq!(
            no_page_tier(Objective::availability(0.5)).to_string(),
            "no tier that pages can fire at a target of 0.5: a total outage burns at 2 and the lowest factor is 6; raise \
             the target, or add tiers with factors below 2 with `tiers(&[Tier::page(long, short, factor)])`"
        );
        let text = |target| no_page_tier(Objective::availability(target)).to_string();
        assert!(
            text(0.1).contains("burns at 1.111 and") && text(0.1).contains("below 1.111 with"),
            "{}",
            text(0.1)
        );
        // 20 / 3 is 6.667 when rounded, which a factor must stay below.
        assert!(text(0.83).contains("burns at 5.882 and"), "{}", text(0.83));
        assert_eq!(Floor(20.0 / 3.0).to_string(), "6.666");
        let first = lint_objective(&Objective::availability(0.85))[0].to_string();
        assert!(first.contains("its factor 14.4 is not below 6.666, the burn rate"), "{first}");
    }

    #[test]
    fn a_budget_of_seconds_cannot_be_defended_by_people() {
        check(Objective::availability(0.99999), &[("budget_too_thin", None)]);
        check(
            Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))).tiers(TIERS),
            &[("budget_too_thin", None)],
        );
    }

    #[test]
    fn who_asks_for_no_page_is_not_told_that_there_is_none() {
        const TICKETS: &[Tier] = &[Tier::ticket(Duration::from_secs(3_600), Duration::from_secs(300), 2.0)];
        check(Objective::availability(0.99).tiers(TICKETS), &[]);
        check(Objective::availability(0.99).tiers(&[]), &[]);
    }

    #[test]
    fn slices_longer_than_a_short_window_are_told() {
        check(
            Objective::availability(0.99).tiers(TIERS).budgeting(Budgeting::minutes(Target::new(0.9))),
            &[("slice_above_window", Some(1))],
        );
        check(Objective::availability(0.99).budgeting(Budgeting::minutes(Target::new(0.9))), &[]);
    }

    #[test]
    fn the_edge_of_feasibility_is_feasible() {
        let objective = Objective::availability(0.99);
        let terms = objective.terms();
        let table = tier_table(terms.period(), terms.tiers(), objective.target());
        let first = &table.judged()[0];
        let lint = |events| lint_traffic(first, objective.target(), terms.guards(), events);
        assert_eq!(lint(15_000.000_1), None);
        assert_eq!(
            lint(14_999.0).map(|lint| (lint.as_str(), lint.level())),
            Some(("infeasible", LintLevel::Warning))
        );
        let thin = objective.min_failures(1).terms().guards();
        assert_eq!(lint_traffic(first, objective.target(), thin, 5_000.000_1), None);
    }
}
