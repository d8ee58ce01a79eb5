//! What is promised about an SLI: objectives, their periods and tiers, and the mathematics of their budgets.

mod burn;
mod check;
mod intern;
mod limits;
mod name;
mod objective;
mod period;
mod terms;
mod tier;

pub use burn::burn_rate;
pub use check::check;
pub(crate) use intern::text as intern;
pub use name::slo_names;
pub use objective::{Objective, ObjectiveKind};
pub use period::{Period, PeriodKind};
pub use terms::{Blindness, Budgeting, BurnModel, Confidence, Guards, InFlight, Terms, Validity};
pub use tier::{Policy, Severity, Tier, TierSource};
