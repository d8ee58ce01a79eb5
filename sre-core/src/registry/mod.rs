//! Cold. The SLIs of this process that are not those of a test engine: statics, by whatever way they came.
//!
//! Identical definitions under one name share their counters. A definition that differs from the first one of
//! its name counts for itself, is judged by nobody, and is reported as a conflict with both places.

pub(crate) mod link;

pub use link::{Nameable, Named, named};

use crate::primitive::Arc;
use crate::sli::Definition;
use crate::sli::families;
use crate::sli::family::Family;
use crate::sli::series::Series;
use crate::sli::statics::{self, Listed};

pub(crate) use crate::sli::families::try_register as try_register_family;
pub(crate) use crate::sli::statics::{conflicts_after, started_ns, try_register, withhold};

/// One SLI of this process.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) definition: Definition,
    pub(crate) counters: Counters,
}

/// The counters of an SLI: one series, or those of the members of a family.
#[derive(Clone, Debug)]
pub(crate) enum Counters {
    One(Arc<Series>),
    Family(Arc<Family>),
}

impl Counters {
    /// Whether these are the same counters.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(series), Self::One(other)) => Arc::ptr_eq(series, other),
            (Self::Family(family), Self::Family(other)) => Arc::ptr_eq(family, other),
            _ => false,
        }
    }

    /// Switches recording, as far as `SRE_DISABLED` does not keep it off.
    pub(crate) fn set_recording(&self, on: bool) {
        let on = on && !statics::is_disabled();
        match self {
            Self::One(series) => series.set_recording(on),
            Self::Family(family) => family.set_recording(on),
        }
    }
}

impl Entry {
    fn of(listed: Listed) -> Option<Self> {
        let counters = match listed.series {
            Some(series) => Counters::One(series),
            None => Counters::Family(families::named(listed.kept.name())?),
        };
        Some(Self { definition: listed.kept.definition(), counters })
    }
}

/// The entries that came after the first `known` ones. Costs one load when there are none.
pub(crate) fn entries_after(known: usize) -> Vec<Entry> {
    // None is left out: a family can be found as soon as its name is listed.
    statics::listed_after(known).into_iter().filter_map(Entry::of).collect()
}

/// Registers every SLI that the linker collected.
pub(crate) fn collect() {
    named().into_iter().for_each(Named::register);
}
