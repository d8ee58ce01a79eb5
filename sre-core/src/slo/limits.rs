//! Pure. The accepted ranges of an objective, for constants and for values from outside alike.

use core::time::Duration;

use super::terms::{Budgeting, Terms};
use super::tier::{Tier, TierSource};
use crate::error::Error;
use crate::units::Target;

/// The longest latency threshold and the longest time slice.
const DAY: Duration = Duration::from_secs(86_400);
/// The longest time slice.
pub(super) const SLICE_MAX: Duration = DAY;
/// The shortest short window and the shortest time slice: what the engine's tick can tell apart.
const SECOND: Duration = Duration::from_secs(1);
/// The longest long window: what the rings keep.
const WINDOW_MAX: Duration = Duration::from_secs(92 * 86_400);

/// The most tiers of one objective; each is judged every second.
const TIERS_MAX: usize = 16;

/// What is wrong with tiers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    /// There are too many.
    Count(usize),
    /// The windows are out of order or range.
    Windows(Tier),
    /// The factor is below 1, or no outage can reach it.
    Factor(Tier),
}

impl Flaw {
    pub(super) fn into_error(self, target: Target) -> Error {
        match self {
            Self::Count(count) => Error::TooManyTiers { count, max: TIERS_MAX },
            Self::Windows(tier) => Error::TierWindows { long: tier.long(), short: tier.short() },
            Self::Factor(tier) => Error::TierFactor { factor: tier.factor(), max: target.burn_rate_max() },
        }
    }
}

pub(super) const fn is_threshold(threshold: Duration) -> bool {
    !threshold.is_zero() && is_at_most(threshold, DAY)
}

pub(super) const fn is_budgeting(budgeting: Budgeting) -> bool {
    match (budgeting.slice_length(), budgeting.slice_step()) {
        (Some(length), Some(step)) => is_at_most(SECOND, step) && is_at_most(length, SLICE_MAX),
        _ => true,
    }
}

/// The first flaw of the first tier that has one.
pub(super) const fn tiers_flaw(tiers: &[Tier], target: Target) -> Option<Flaw> {
    if tiers.len() > TIERS_MAX {
        return Some(Flaw::Count(tiers.len()));
    }
    let mut rest = tiers;
    while let Some((tier, next)) = rest.split_first() {
        if !windows_fit(*tier) {
            return Some(Flaw::Windows(*tier));
        }
        if !is_factor(tier.factor(), target) {
            return Some(Flaw::Factor(*tier));
        }
        rest = next;
    }
    None
}

const fn windows_fit(tier: Tier) -> bool {
    is_at_most(SECOND, tier.short())
        && !is_at_most(tier.long(), tier.short())
        && is_at_most(tier.long(), WINDOW_MAX)
}

/// Whether `1 <= factor < 1 / (1 - target)`; false for NaN.
pub(super) const fn is_factor(factor: f64, target: Target) -> bool {
    factor >= 1.0 && factor * (target.budget_ppb() as f64) < 1e9
}

/// Whether tiers must be given by hand and are not.
pub(super) const fn needs_tiers(terms: Terms) -> bool {
    terms.period().is_below_a_day() && matches!(terms.tiers(), TierSource::Derived(_))
}

/// The first long window that exceeds the period.
pub(super) const fn long_above_period(terms: Terms) -> Option<Duration> {
    let TierSource::Explicit(mut rest) = terms.tiers() else { return None };
    while let Some((tier, next)) = rest.split_first() {
        if !is_at_most(tier.long(), terms.period().length()) {
            return Some(tier.long());
        }
        rest = next;
    }
    None
}

/// The time slice, when it exceeds the period.
pub(super) const fn slice_above_period(terms: Terms) -> Option<Duration> {
    match terms.budgeting().slice_length() {
        Some(length) if !is_at_most(length, terms.period().length()) => Some(length),
        _ => None,
    }
}

const fn is_at_most(one: Duration, other: Duration) -> bool {
    one.as_nanos() <= other.as_nanos()
}
