//! Pure. The one function that derives the windows and factors of alert tiers.

use core::time::Duration;

use serde::Serialize;

use crate::slo::{Guards, Period, Policy, Severity, Tier, TierSource};
use crate::units::Target;

/// The clear factor: a tier that fires lets go below this share of its factor.
pub const CLEAR_FACTOR: f64 = 0.9;

/// The shortest short window a derived tier may have; shorter ones are noise.
const SHORT_MIN: Duration = Duration::from_secs(60);

/// The period the table is written for, in seconds.
const TABLE_PERIOD_S: u64 = 30 * 86_400;

/// One row of the table for 30 days; short windows are a twelfth of the long ones.
struct Row {
    severity: Severity,
    long_s: u64,
    /// Share of the period's budget spent when it fires, in thousandths.
    share_permille: u32,
}

/// SRE Workbook, "Alerting on SLOs", with the widely used third row added.
const TABLE: [Row; 4] = [
    Row { severity: Severity::Page, long_s: 3_600, share_permille: 20 },
    Row { severity: Severity::Page, long_s: 6 * 3_600, share_permille: 50 },
    Row { severity: Severity::Ticket, long_s: 86_400, share_permille: 100 },
    Row { severity: Severity::Ticket, long_s: 3 * 86_400, share_permille: 100 },
];

/// A tier of one objective, ready to be judged, printed or turned into a rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DerivedTier {
    number: u8,
    severity: Severity,
    long: Duration,
    short: Duration,
    factor: f64,
    budget_share: f64,
}

impl DerivedTier {
    /// Its row in the table, from 1 on; it stays when other rows are dropped. Value of the label `tier`.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// Whom it reaches.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The window that gives significance.
    #[must_use]
    pub const fn long(&self) -> Duration {
        self.long
    }

    /// The window that lets go.
    #[must_use]
    pub const fn short(&self) -> Duration {
        self.short
    }

    /// The burn rate both windows must exceed.
    #[must_use]
    pub const fn factor(&self) -> f64 {
        self.factor
    }

    /// The share of the period's budget that is spent when it fires, `factor * long / period`.
    #[must_use]
    pub const fn budget_share(&self) -> f64 {
        self.budget_share
    }

    /// How long a constant share of failures takes to make it fire, from clean windows on.
    ///
    /// # Formula
    ///
    /// `factor * (1 - target) / error_ratio * long`, without the guards for small traffic.
    ///
    /// # No data
    ///
    /// `None` when it never fires: the burn is not above the factor.
    #[must_use]
    pub fn fires_after(&self, target: Target, error_ratio: f64) -> Option<Duration> {
        let share = self.share_of(target, error_ratio)?;
        Duration::try_from_secs_f64(share * self.long.as_secs_f64()).ok()
    }

    /// How long a full recovery takes to let it go after an outage that filled the short window, before the hold.
    ///
    /// # Formula
    ///
    /// `short * (1 - 0.9 * factor * (1 - target) / error_ratio)`.
    ///
    /// # No data
    ///
    /// `None` when it never fired: the burn was not above the factor.
    #[must_use]
    pub fn clears_after(&self, target: Target, error_ratio: f64) -> Option<Duration> {
        self.falls_below_after(target, error_ratio, CLEAR_FACTOR)
    }

    /// [`DerivedTier::clears_after`] for rules that know no clear factor.
    #[must_use]
    pub fn raw_clears_after(&self, target: Target, error_ratio: f64) -> Option<Duration> {
        self.falls_below_after(target, error_ratio, 1.0)
    }

    fn falls_below_after(&self, target: Target, error_ratio: f64, of_factor: f64) -> Option<Duration> {
        let share = self.share_of(target, error_ratio)?;
        Duration::try_from_secs_f64(self.short.as_secs_f64() * (1.0 - of_factor * share)).ok()
    }

    /// The share of a window that must be filled with failures; `None` when even a full one is not enough.
    fn share_of(&self, target: Target, error_ratio: f64) -> Option<f64> {
        let share = self.factor * target.budget_ratio() / error_ratio;
        (error_ratio > 0.0 && share < 1.0).then_some(share)
    }

    /// Events that a period must have for this tier to tell failures from chance.
    ///
    /// # Formula
    ///
    /// `min_failures / (budget_share * (1 - target))`: 150,000 for the first tier at 99.9 %.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number of failures asked for by people")]
    pub fn needed_events(&self, target: Target, guards: Guards) -> f64 {
        guards.min_failures() as f64 / (self.budget_share * target.budget_ratio())
    }

    /// Whether this tier, when it fires, makes the other one needless: a page over a ticket, the faster over
    /// the slower of one severity.
    #[must_use]
    pub fn inhibits(&self, other: &Self) -> bool {
        (self.severity, core::cmp::Reverse(self.long)) > (other.severity, core::cmp::Reverse(other.long))
    }
}

/// Why a tier of the table is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dropped {
    /// The short window would be below one minute.
    ShortWindow,
    /// The long window would exceed the period.
    AbovePeriod,
    /// The factor would be below 1, so that it fires on what the budget bears.
    FactorBelowOne,
    /// Not even a total outage burns at the factor.
    Unreachable,
}

/// All rows of one objective: those that are judged, and those that are not, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TierTable {
    judged: Vec<DerivedTier>,
    dropped: Vec<(DerivedTier, Dropped)>,
}

impl TierTable {
    /// The tiers that are judged, in the order of their numbers.
    #[must_use]
    pub fn judged(&self) -> &[DerivedTier] {
        &self.judged
    }

    /// The tiers that are not, in the order of their numbers.
    #[must_use]
    pub fn dropped(&self) -> &[(DerivedTier, Dropped)] {
        &self.dropped
    }
}

/// The tiers of an objective that are judged; engine, rules, dashboards and documents all call this.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::{alert::derive_tiers, slo::Objective};
///
/// let objective = Objective::availability(0.999);
/// let tiers = derive_tiers(objective.terms().period(), objective.terms().tiers(), objective.target());
/// let first = tiers.first().ok_or("no tier")?;
/// assert_eq!((first.long(), first.short()), (Duration::from_secs(3_600), Duration::from_secs(300)));
/// assert!((first.factor() - 14.4).abs() < 1e-12);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn derive_tiers(period: Period, source: TierSource, target: Target) -> Vec<DerivedTier> {
    tier_table(period, source, target).judged
}

/// [`derive_tiers`] together with the rows that are dropped, for documents and lints.
#[must_use]
pub fn tier_table(period: Period, source: TierSource, target: Target) -> TierTable {
    let mut table = TierTable { judged: Vec::new(), dropped: Vec::new() };
    for (tier, is_derived) in rows(period.length(), source) {
        match reason_to_drop(&tier, is_derived, period.length(), target) {
            Some(reason) => table.dropped.push((tier, reason)),
            None => table.judged.push(tier),
        }
    }
    table
}

fn rows(period: Duration, source: TierSource) -> Vec<(DerivedTier, bool)> {
    match source {
        TierSource::Derived(policy) => {
            (1..).zip(&TABLE).map(|(number, row)| (derive(number, row, period, policy), true)).collect()
        }
        TierSource::Explicit(tiers) => {
            (1..=u8::MAX).zip(tiers).map(|(number, tier)| (given(number, *tier, period), false)).collect()
        }
    }
}

fn reason_to_drop(tier: &DerivedTier, is_derived: bool, period: Duration, target: Target) -> Option<Dropped> {
    if is_derived && tier.short < SHORT_MIN {
        Some(Dropped::ShortWindow)
    } else if tier.long > period {
        Some(Dropped::AbovePeriod)
    } else if tier.factor.is_nan() || tier.factor < 1.0 {
        Some(Dropped::FactorBelowOne)
    } else if tier.factor * f64::from(target.budget_ppb()) >= 1e9 {
        Some(Dropped::Unreachable)
    } else {
        None
    }
}

fn derive(number: u8, row: &Row, period: Duration, policy: Policy) -> DerivedTier {
    let table_period = Duration::from_secs(TABLE_PERIOD_S);
    let fixed = Duration::from_secs(row.long_s);
    let (long, granted) = match policy {
        Policy::ScaleWindows => (scaled(row.long_s, period), table_period),
        Policy::KeepFactor => (fixed, table_period),
        // The other policies keep the factor of the table, this one the share of the table.
        _ => (fixed, period),
    };
    let factor = factor(row, granted);
    let budget_share = match policy {
        Policy::KeepFactor => factor * fixed.as_secs_f64() / period.as_secs_f64(),
        _ => f64::from(row.share_permille) / 1e3,
    };
    let short = if policy == Policy::ScaleWindows { scaled(row.long_s / 12, period) } else { fixed / 12 };
    DerivedTier { number, severity: row.severity, long, short, factor, budget_share }
}

/// The burn rate that spends the share of the row within its long window; `share * period / long`.
fn factor(row: &Row, period: Duration) -> f64 {
    f64::from(row.share_permille) * period.as_secs_f64() / (1_000 * row.long_s) as f64
}

/// A window of the table carried over to another period, in whole seconds.
fn scaled(window_s: u64, period: Duration) -> Duration {
    let product = u128::from(window_s) * period.as_nanos();
    let unit = u128::from(TABLE_PERIOD_S) * 1_000_000_000;
    Duration::from_secs(u64::try_from((product + unit / 2) / unit).unwrap_or(u64::MAX))
}

fn given(number: u8, tier: Tier, period: Duration) -> DerivedTier {
    DerivedTier {
        number,
        severity: tier.severity(),
        long: tier.long(),
        short: tier.short(),
        factor: tier.factor(),
        budget_share: tier.factor() * tier.long().as_secs_f64() / period.as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(period: Period, policy: Policy, target: f64) -> TierTable {
        tier_table(period, TierSource::Derived(policy), Target::new(target))
    }

    fn dropped(table: &TierTable) -> Vec<(u8, Dropped)> {
        table.dropped().iter().map(|(tier, reason)| (tier.number(), *reason)).collect()
    }

    #[test]
    fn scaled_windows_below_a_minute_are_dropped() {
        for (days, numbers) in [(7, vec![]), (6, vec![]), (5, vec![1]), (3, vec![1]), (1, vec![1])] {
            let table = table(Period::days(days), Policy::ScaleWindows, 0.999);
            let expected: Vec<_> = numbers.into_iter().map(|number| (number, Dropped::ShortWindow)).collect();
            assert_eq!(dropped(&table), expected, "{days} d");
        }
    }

    #[test]
    fn windows_longer_than_the_period_are_dropped() {
        let day = table(Period::days(1), Policy::KeepFactor, 0.999);
        assert_eq!(dropped(&day), [(4, Dropped::AbovePeriod)]);
    }

    #[test]
    fn unreachable_rows_are_dropped_by_the_exact_limit() {
        let period = Period::days(30);
        assert_eq!(dropped(&table(period, Policy::ScaleWindows, 0.9)), [(1, Dropped::Unreachable)]);
        // 1 / (1 - 0.75) = 4: both pages are out, the tickets with 3 and 1 stay.
        let low = dropped(&table(period, Policy::ScaleWindows, 0.75));
        assert_eq!(low, [(1, Dropped::Unreachable), (2, Dropped::Unreachable)]);
        // A factor that equals the highest burn is not reachable: the comparison is strict.
        let coin = dropped(&table(period, Policy::ScaleWindows, 0.666_666_667));
        assert!(!coin.contains(&(3, Dropped::Unreachable)), "1/b is just above 3: {coin:?}");
        let coin = dropped(&table(period, Policy::ScaleWindows, 0.666_666_666));
        assert!(coin.contains(&(3, Dropped::Unreachable)), "1/b is just below 3: {coin:?}");
    }

    #[test]
    fn tiers_written_by_hand_are_taken_as_they_are() {
        const TIERS: &[Tier] = &[
            Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0),
            Tier::ticket(Duration::from_secs(120), Duration::from_secs(10), 2.0),
        ];
        let period = Period::rolling(Duration::from_secs(600));
        let tiers = derive_tiers(period, TierSource::Explicit(TIERS), Target::new(0.99));
        assert_eq!(tiers.iter().map(DerivedTier::number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(tiers[0].short(), Duration::from_secs(3));
        assert!(
            (tiers[0].budget_share() - 0.3).abs() < 1e-12 && (tiers[1].budget_share() - 0.4).abs() < 1e-12
        );
    }

    #[test]
    fn odd_periods_give_whole_seconds() {
        for tier in derive_tiers(
            Period::rolling(Duration::from_secs(1_000_001)),
            TierSource::default(),
            Target::new(0.999),
        ) {
            assert_eq!((tier.long().subsec_nanos(), tier.short().subsec_nanos()), (0, 0), "{tier:?}");
        }
    }

    #[test]
    fn the_urgent_and_the_fast_silence_the_rest() {
        let tiers = derive_tiers(Period::default(), TierSource::default(), Target::new(0.999));
        for (place, tier) in tiers.iter().enumerate() {
            for (other_place, other) in tiers.iter().enumerate() {
                assert_eq!(tier.inhibits(other), place < other_place, "{tier:?} over {other:?}");
            }
        }
    }
}
