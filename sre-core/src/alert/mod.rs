//! When somebody is told: tiers, their windows and factors, and the state each is in.

mod compare;
mod judge;
mod policy;
mod state;

pub use judge::{Guarded, Judgement, Reading, Yardstick, judge};
pub use policy::{CLEAR_FACTOR, DerivedTier, Dropped, TierTable, derive_tiers, tier_table};
pub use state::{AlertState, Level, Pair, TierAlert, Transition, Trend, inhibitor};
