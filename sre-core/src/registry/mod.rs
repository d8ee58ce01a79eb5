//! Cold. The SLIs of this process that are not those of a test engine: statics, by whatever way they came.
//!
//! Identical definitions under one name share their counters. A definition that differs from the first one of
//! its name counts for itself, is judged by nobody, and is reported as a conflict with both places.

pub(crate) mod link;

pub use link::{Nameable, Named, named};

use crate::clock::Source;
use crate::error::Error;
use crate::primitive::{Arc, AtomicUsize, Mutex, OnceLock, Ordering};
use crate::sli::Definition;
use crate::sli::family::Family;
use crate::sli::series::Series;

/// Everything registered, in the order of registration; nothing is ever removed.
static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
static CONFLICTS: Mutex<Vec<Error>> = Mutex::new(Vec::new());
static LENGTH: AtomicUsize = AtomicUsize::new(0);
static WITHHELD: Mutex<Option<Withheld>> = Mutex::new(None);
static STARTED_NS: OnceLock<u64> = OnceLock::new();

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

    /// Switches recording, as far as `SRE_DISABLED` does not keep it off: the one place that turns a switch.
    pub(crate) fn set_recording(&self, on: bool) {
        let on = on && !is_disabled();
        match self {
            Self::One(series) => series.set_recording(on),
            Self::Family(family) => family.set_recording(on),
        }
    }
}

/// The counters for a static of this definition; counters apart if it conflicts with another.
pub(crate) fn register(definition: &Definition) -> Arc<Series> {
    try_register(definition).unwrap_or_else(|conflict| {
        note(conflict);
        let series = new_series(definition);
        Counters::One(Arc::clone(&series)).set_recording(true);
        series
    })
}

/// The same counters as those of the static of this definition, used yet or not.
///
/// # Errors
///
/// [`Error::Conflict`] with another definition of this name.
pub(crate) fn try_register(definition: &Definition) -> Result<Arc<Series>, Error> {
    let mut entries = ENTRIES.lock();
    match entries.iter().find(|entry| entry.definition.name() == definition.name()) {
        Some(Entry { definition: first, counters: Counters::One(series) }) if first.is_same(definition) => {
            Ok(Arc::clone(series))
        }
        Some(first) => Err(first.definition.conflict(definition)),
        None => {
            let series = new_series(definition);
            push(&mut entries, *definition, Counters::One(Arc::clone(&series)));
            Ok(series)
        }
    }
}

/// The counters for a static family of this definition; counters apart if it conflicts with another.
pub(crate) fn register_family(family: Family) -> Arc<Family> {
    let family = Arc::new(family);
    try_register_family(&family).unwrap_or_else(|conflict| {
        note(conflict);
        family
    })
}

/// The same counters as those of the static family of this definition.
///
/// # Errors
///
/// [`Error::Conflict`] with another definition of this name.
pub(crate) fn try_register_family(family: &Arc<Family>) -> Result<Arc<Family>, Error> {
    let mut entries = ENTRIES.lock();
    let definition = family.definition();
    match entries.iter().find(|entry| entry.definition.name() == definition.name()) {
        Some(Entry { counters: Counters::Family(first), .. }) if first.is_same(family) => {
            Ok(Arc::clone(first))
        }
        Some(first) => Err(first.definition.conflict(definition)),
        None => {
            push(&mut entries, *definition, Counters::Family(Arc::clone(family)));
            Ok(Arc::clone(family))
        }
    }
}

fn new_series(definition: &Definition) -> Arc<Series> {
    Arc::new(Series::new(definition.settings(Source::System)))
}

/// Notes a conflict, once for each pair of places.
fn note(conflict: Error) {
    let mut conflicts = CONFLICTS.lock();
    if !conflicts.contains(&conflict) {
        conflicts.push(conflict);
    }
}

/// Which of the SLIs that are yet to come do not record, while the default engine is paused.
pub(crate) type Withheld = Box<dyn Fn(&str) -> bool + Send>;

/// Says which new SLIs do not record from now on; `None` for all recording.
pub(crate) fn withhold(withheld: Option<Withheld>) {
    *WITHHELD.lock() = withheld;
}

fn push(entries: &mut Vec<Entry>, definition: Definition, counters: Counters) {
    STARTED_NS.get_or_init(|| Source::System.wall_ns());
    counters.set_recording(!WITHHELD.lock().as_ref().is_some_and(|withheld| withheld(definition.name())));
    entries.push(Entry { definition, counters });
    LENGTH.store(entries.len(), Ordering::Release);
}

/// The entries that came after the first `known` ones. Costs one load when there are none.
pub(crate) fn entries_after(known: usize) -> Vec<Entry> {
    if LENGTH.load(Ordering::Acquire) <= known {
        return Vec::new();
    }
    ENTRIES.lock().iter().skip(known).cloned().collect()
}

/// Registers every SLI that the linker collected.
pub(crate) fn collect() {
    named().into_iter().for_each(Named::register);
}

/// The conflicts after the first `known` ones.
pub(crate) fn conflicts_after(known: usize) -> Vec<Error> {
    CONFLICTS.lock().iter().skip(known).cloned().collect()
}

/// When the first counters of the process began at zero, in nanoseconds since 1970.
pub(crate) fn started_ns() -> Option<u64> {
    STARTED_NS.get().copied()
}

/// Whether `SRE_DISABLED` is set to anything but nothing, `0` or `false`.
pub(crate) fn is_disabled() -> bool {
    static DISABLED: OnceLock<bool> = OnceLock::new();
    *DISABLED.get_or_init(|| {
        std::env::var("SRE_DISABLED").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
    })
}
