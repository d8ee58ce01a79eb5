//! Cold. The names that the statics of this process have taken, and the counters of those that are no families.
//!
//! Identical definitions under one name share their counters. A definition that differs from the first one of
//! its name counts for itself, is judged by nobody, and is noted as a conflict with both places.

use crate::clock::Source;
use crate::error::Error;
use crate::primitive::{Arc, AtomicUsize, Mutex, OnceLock, Ordering};
use crate::sli::definition::{Definition, Kept};
use crate::sli::series::Series;

/// Every name taken, in the order in which they were; nothing is ever removed.
static LISTED: Mutex<Vec<Listed>> = Mutex::new(Vec::new());
static LENGTH: AtomicUsize = AtomicUsize::new(0);
static CONFLICTS: Mutex<Vec<Error>> = Mutex::new(Vec::new());
static WITHHELD: Mutex<Option<Withheld>> = Mutex::new(None);
static STARTED_NS: OnceLock<u64> = OnceLock::new();

/// A name that is taken.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) kept: Kept,
    /// Its counters; `None` for a family.
    pub(crate) series: Option<Arc<Series>>,
}

/// The counters for a static of this definition; counters apart if it conflicts with another.
pub(crate) fn register(definition: &Definition) -> Arc<Series> {
    try_register(definition).unwrap_or_else(|conflict| {
        note(conflict);
        let series = new_series(definition);
        series.set_recording(!is_disabled());
        series
    })
}

/// The same counters as those of the static of this definition, used yet or not.
///
/// # Errors
///
/// [`Error::Conflict`] with another definition of this name.
pub(crate) fn try_register(definition: &Definition) -> Result<Arc<Series>, Error> {
    let mut listed = LISTED.lock();
    match listed.iter().find(|listed| listed.kept.name() == definition.name()) {
        Some(Listed { kept, series: Some(series) }) if kept.definition().is_same(definition) => {
            Ok(Arc::clone(series))
        }
        Some(first) => Err(first.kept.definition().conflict(definition)),
        None => {
            let series = new_series(definition);
            series.set_recording(may_record(definition.name()));
            push(&mut listed, Listed { kept: Kept::new(definition), series: Some(Arc::clone(&series)) });
            Ok(series)
        }
    }
}

/// Takes a name for something that has counters elsewhere.
///
/// # Errors
///
/// [`Error::Conflict`] when it is taken.
pub(crate) fn take_name(definition: &Definition) -> Result<(), Error> {
    let mut listed = LISTED.lock();
    match listed.iter().find(|listed| listed.kept.name() == definition.name()) {
        Some(first) => Err(first.kept.definition().conflict(definition)),
        None => {
            push(&mut listed, Listed { kept: Kept::new(definition), series: None });
            Ok(())
        }
    }
}

fn new_series(definition: &Definition) -> Arc<Series> {
    Arc::new(Series::new(definition.settings(Source::System)))
}

fn push(listed: &mut Vec<Listed>, one: Listed) {
    STARTED_NS.get_or_init(|| Source::System.wall_ns());
    listed.push(one);
    LENGTH.store(listed.len(), Ordering::Release);
}

/// Notes a conflict, once for each pair of places.
pub(crate) fn note(conflict: Error) {
    let mut conflicts = CONFLICTS.lock();
    if !conflicts.contains(&conflict) {
        conflicts.push(conflict);
    }
}

/// The names that were taken after the first `known` ones. Costs one load when there are none.
pub(crate) fn listed_after(known: usize) -> Vec<Listed> {
    if LENGTH.load(Ordering::Acquire) <= known {
        return Vec::new();
    }
    LISTED.lock().iter().skip(known).cloned().collect()
}

/// The conflicts after the first `known` ones.
pub(crate) fn conflicts_after(known: usize) -> Vec<Error> {
    CONFLICTS.lock().iter().skip(known).cloned().collect()
}

/// When the first counters of the process began at zero, in nanoseconds since 1970.
pub(crate) fn started_ns() -> Option<u64> {
    STARTED_NS.get().copied()
}

/// Which of the SLIs that are yet to come do not record, while the default engine is paused.
pub(crate) type Withheld = Box<dyn Fn(&str) -> bool + Send>;

/// Says which new SLIs do not record from now on; `None` for all recording.
pub(crate) fn withhold(withheld: Option<Withheld>) {
    *WITHHELD.lock() = withheld;
}

/// Whether a static that is new records.
pub(crate) fn may_record(name: &str) -> bool {
    !is_disabled() && !WITHHELD.lock().as_ref().is_some_and(|withheld| withheld(name))
}

/// Whether `SRE_DISABLED` is set to anything but nothing, `0` or `false`.
pub(crate) fn is_disabled() -> bool {
    static DISABLED: OnceLock<bool> = OnceLock::new();
    *DISABLED.get_or_init(|| {
        std::env::var("SRE_DISABLED").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
    })
}
