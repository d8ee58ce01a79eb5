//! Cold. The static families of this process.

use crate::error::Error;
use crate::primitive::{Arc, Mutex};
use crate::sli::family::Family;
use crate::sli::statics;

/// Every static family; nothing is ever removed. A name is taken under this lock, so that whoever sees the name
/// listed, and asks here, finds the family.
static FAMILIES: Mutex<Vec<Arc<Family>>> = Mutex::new(Vec::new());

/// The counters for a static family of this definition; counters apart if it conflicts with another.
pub(crate) fn register(family: Family) -> Arc<Family> {
    let family = Arc::new(family);
    try_register(&family).unwrap_or_else(|conflict| {
        statics::note(conflict);
        family
    })
}

/// The same counters as those of the static family of this definition.
///
/// # Errors
///
/// [`Error::Conflict`] with another definition of this name.
pub(crate) fn try_register(family: &Arc<Family>) -> Result<Arc<Family>, Error> {
    let mut families = FAMILIES.lock();
    let definition = family.definition();
    if let Some(first) = find(&families, definition.name()) {
        return match first.is_same(family) {
            true => Ok(Arc::clone(first)),
            false => Err(first.definition().conflict(definition)),
        };
    }
    statics::take_name(definition)?;
    family.set_recording(statics::may_record(definition.name()));
    families.push(Arc::clone(family));
    Ok(Arc::clone(family))
}

/// The static family of this name.
pub(crate) fn named(name: &str) -> Option<Arc<Family>> {
    find(&FAMILIES.lock(), name).cloned()
}

fn find<'a>(families: &'a [Arc<Family>], name: &str) -> Option<&'a Arc<Family>> {
    families.iter().find(|family| family.definition().name() == name)
}
