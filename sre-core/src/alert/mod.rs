//! When somebody is told: tiers, their windows and factors, and the state each is in.

mod blind;
mod compare;
#[cfg(feature = "test-util")]
mod gauge;
mod incident;
mod judge;
mod lint;
mod policy;
mod quota;
mod state;

pub use blind::is_blind;
#[cfg(feature = "test-util")]
pub(crate) use gauge::Gauge;
pub use incident::{Incident, MeanTimes, TierNumbers};
pub use judge::{Guarded, Judgement, Reading, Yardstick, judge};
pub use lint::{Lint, LintLevel, lint_objective, lint_traffic};
pub use policy::{CLEAR_FACTOR, DerivedTier, Dropped, TierTable, derive_tiers, tier_table};
pub(crate) use quota::KeptQuota;
pub use quota::{Notice, NotifyQuota};
pub(crate) use state::KeptAlert;
pub use state::{AlertState, Level, Pair, TierAlert, Transition, Trend, inhibitor};
