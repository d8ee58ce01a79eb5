//! Pure. One alert rule: how much burn, over which two windows, wakes whom.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Whom a tier that fires reaches.
///
/// Ordered by urgency: `Page > Ticket > Log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: now, in working hours, when someone looks")]
pub enum Severity {
    /// Kept in logs and status, nobody is told.
    Log,
    /// Somebody should look in working hours.
    Ticket,
    /// Somebody must look now.
    Page,
}

impl Severity {
    /// The word used in labels and logs: `page`, `ticket`, `log`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

/// An alert rule written by hand: it holds when the burn over both windows is above `factor`.
///
/// The long window gives significance, the short one makes the rule let go soon after a recovery.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::slo::{Severity, Tier};
///
/// const FAST: Tier = Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0);
/// assert_eq!(FAST.severity(), Severity::Page);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tier {
    severity: Severity,
    long: Duration,
    short: Duration,
    factor: f64,
}

impl Tier {
    /// A tier that wakes somebody.
    ///
    /// The windows must satisfy `1s <= short < long <= period`, the factor `1 <= factor < 1 / (1 - target)`.
    /// All of it is checked where the tier meets its objective, see [`crate::slo::check`].
    #[must_use]
    pub const fn page(long: Duration, short: Duration, factor: f64) -> Self {
        Self::new(Severity::Page, long, short, factor)
    }

    /// A tier that opens a ticket; limits as for [`Tier::page`].
    #[must_use]
    pub const fn ticket(long: Duration, short: Duration, factor: f64) -> Self {
        Self::new(Severity::Ticket, long, short, factor)
    }

    /// A tier that is only logged; limits as for [`Tier::page`].
    #[must_use]
    pub const fn log(long: Duration, short: Duration, factor: f64) -> Self {
        Self::new(Severity::Log, long, short, factor)
    }

    const fn new(severity: Severity, long: Duration, short: Duration, factor: f64) -> Self {
        Self { severity, long, short, factor }
    }

    /// Whom it reaches.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.severity
    }

    /// The window that gives significance.
    #[must_use]
    pub const fn long(self) -> Duration {
        self.long
    }

    /// The window that lets go.
    #[must_use]
    pub const fn short(self) -> Duration {
        self.short
    }

    /// The burn rate above which it holds.
    #[must_use]
    pub const fn factor(self) -> f64 {
        self.factor
    }
}

/// How the tiers of the 30-day table are carried over to another period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Policy {
    /// Windows scale with the period; factors and budget shares stay.
    #[default]
    ScaleWindows,
    /// Windows and factors stay; the budget share at the alert floats.
    KeepFactor,
    /// Windows and budget shares stay; the factor becomes `share * period / window`.
    KeepBudget,
}

/// Where the tiers of an objective come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: derived or given")]
pub enum TierSource {
    /// From the 30-day table, by a policy.
    Derived(Policy),
    /// Written by hand, taken as they are.
    Explicit(&'static [Tier]),
}

impl Default for TierSource {
    fn default() -> Self {
        Self::Derived(Policy::ScaleWindows)
    }
}
