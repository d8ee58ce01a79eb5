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

/// The counters for a static of this definition.
pub(crate) fn register(definition: &Definition) -> Arc<Series> {
    let mut entries = ENTRIES.lock();
    match entries.iter().find(|entry| entry.definition.name() == definition.name()) {
        Some(Entry { definition: first, counters: Counters::One(series) }) if first.is_same(definition) => {
            return Arc::clone(series);
        }
        Some(first) => {
            CONFLICTS.lock().push(first.definition.conflict(definition));
            return new_series(definition);
        }
        None => {}
    }
    let series = new_series(definition);
    push(&mut entries, *definition, Counters::One(Arc::clone(&series)));
    series
}

/// The counters for a static family of this definition.
pub(crate) fn register_family(family: Family) -> Arc<Family> {
    let family = Arc::new(family);
    let mut entries = ENTRIES.lock();
    let definition = family.definition();
    match entries.iter().find(|entry| entry.definition.name() == definition.name()) {
        Some(Entry { counters: Counters::Family(first), .. }) if first.is_same(&family) => {
            return Arc::clone(first);
        }
        Some(first) => CONFLICTS.lock().push(first.definition.conflict(definition)),
        None => push(&mut entries, *definition, Counters::Family(Arc::clone(&family))),
    }
    family
}

fn new_series(definition: &Definition) -> Arc<Series> {
    let series = Series::new(definition.settings(Source::System));
    series.set_recording(!is_disabled());
    Arc::new(series)
}

fn push(entries: &mut Vec<Entry>, definition: Definition, counters: Counters) {
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

/// All conflicts so far.
pub(crate) fn conflicts() -> Vec<Error> {
    CONFLICTS.lock().clone()
}

/// Whether `SRE_DISABLED` is set to anything but nothing, `0` or `false`.
pub(crate) fn is_disabled() -> bool {
    static DISABLED: OnceLock<bool> = OnceLock::new();
    *DISABLED.get_or_init(|| {
        std::env::var("SRE_DISABLED").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
    })
}
