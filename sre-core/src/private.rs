//! Paths for macro output. Nothing here is public API: it changes without notice, with `sre-macros` in step.

pub use core::time::Duration;
pub use linkme;
pub use std::boxed::Box;

pub use crate::registry::link::{NAMED, Named};
pub use crate::sli::AbandonedPolicy;
pub use crate::sli::dispatch::{
    OfAnything, OfBoth, OfError, OfFuture, OfResult, OfValue, OfWhole, OkAtReturn, Probe, Visible, holds,
    never, run,
};
pub use crate::sli::labels::{Identity, IdentityBuilder, LabelValue, Labels, combinations, place};
pub use crate::sli::place_name::{dotted, dotted_len, text};
pub use crate::slo::Period;
pub use crate::window::CalendarUnit;
