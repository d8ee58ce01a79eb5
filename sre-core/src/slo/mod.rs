//! What is promised about an SLI: objectives, their periods and tiers, and the mathematics of their budgets.

mod apdex;
mod budget;
mod burn;
mod check;
mod flow;
mod forecast;
mod intern;
mod ledger;
mod limits;
mod name;
mod objective;
mod period;
mod terms;
mod tier;

pub use apdex::{Apdex, ApdexBand, SampleSize};
pub use budget::{Budget, Denominator, budget_time, pace, projected_events};
pub use burn::burn_rate;
pub use check::check;
pub use forecast::{Forecast, Foresight, Inflow, Past, Reach, Slot, naive_exhaustion};
pub(crate) use intern::text as intern;
pub use ledger::{Adjustment, Booking, Durability, Entry, EntryId, EntryKind, Receipt};
pub(crate) use ledger::{Ledger, some_names, system_time};
pub(crate) use ledger::{Lost, MERGED_MAX};
pub(crate) use name::excerpt;
pub use name::slo_names;
pub use objective::{Objective, ObjectiveKind};
pub use period::{Period, PeriodKind};
pub use terms::{Blindness, Budgeting, BurnModel, Confidence, Guards, InFlight, Terms, Validity};
pub use tier::{Policy, Severity, Tier, TierSource};
