//! Cold. The SLIs that attributes and `register!` name, collected by the linker before anything runs.
//!
//! The linker puts every [`Named`] of the program and of its dependencies side by side. Nothing runs before
//! `main`, and a function need not be called, or a generic one instantiated, for its SLI to be known.

use crate::sli::Sli;

/// What the linker collected; macro output adds to it.
#[linkme::distributed_slice]
pub static NAMED: [Named];

/// An SLI and a place in the source that names it.
#[derive(Debug)]
pub struct Named {
    sli: &'static Sli,
    file: &'static str,
    line: u32,
}

impl Named {
    /// `file` and `line` as `file!` and `line!` give them.
    #[must_use]
    pub const fn new(sli: &'static Sli, file: &'static str, line: u32) -> Self {
        Self { sli, file, line }
    }

    /// The SLI.
    #[must_use]
    pub const fn sli(&self) -> &'static Sli {
        self.sli
    }

    /// The source file of the place, as the compiler was given it.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line of the place, from 1 on.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }
}

/// The SLIs that `#[sli]` and [`register!`](crate::register) name in this program and its dependencies.
///
/// Each static appears once, with the first place that names it, called or not; ordered by place, so that the
/// answer depends on the source and not on the build. Allocates: meant for the start, and for programs that
/// write rules or dashboards from their own binary.
///
/// # Examples
///
/// ```
/// use sre_core::{Sli, register, registry};
///
/// static IMPORT: Sli = Sli::new("import");
/// register!(IMPORT);
///
/// assert!(registry::named().iter().any(|named| named.sli().name() == "import"));
/// ```
#[must_use]
pub fn named() -> Vec<&'static Named> {
    first_places(NAMED.iter())
}

fn first_places<'a>(named: impl Iterator<Item = &'a Named>) -> Vec<&'a Named> {
    let mut all: Vec<&Named> = named.collect();
    all.sort_by_key(|named| (named.file, named.line));
    let mut seen = std::collections::HashSet::new();
    all.retain(|named| seen.insert(core::ptr::from_ref(named.sli)));
    all
}

/// Makes SLIs known at start that no attribute names, such as those recorded by hand.
///
/// Takes the paths of one or more `static` SLIs. Their series exist from the start of an engine on and begin
/// at zero, and generated rules and dashboards contain them. An SLI that neither this nor `#[sli]` names is
/// known from its first use on.
///
/// # Examples
///
/// ```
/// use sre_core::{Objective, Sli, register};
///
/// static IMPORT: Sli = Sli::new("import").objective(Objective::availability(0.99));
/// static EXPORT: Sli = Sli::new("export");
///
/// register!(IMPORT, EXPORT);
/// ```
#[macro_export]
macro_rules! register {
    ($($sli:path),+ $(,)?) => {$(
        const _: () = {
            #[$crate::private::linkme::distributed_slice($crate::private::NAMED)]
            #[linkme(crate = $crate::private::linkme)]
            static __SRE_CORE_NAMED: $crate::private::Named =
                $crate::private::Named::new(&$sli, ::core::file!(), ::core::line!());
        };
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: Sli = Sli::new("one");
    static OTHER: Sli = Sli::new("other");

    #[test]
    fn a_static_named_twice_is_one_sli_at_its_first_place() {
        let named = [Named::new(&OTHER, "b.rs", 1), Named::new(&ONE, "a.rs", 9), Named::new(&ONE, "a.rs", 2)];
        let places =
            first_places(named.iter()).into_iter().map(|named| (named.sli.name(), named.file, named.line));
        assert_eq!(places.collect::<Vec<_>>(), [("one", "a.rs", 2), ("other", "b.rs", 1)]);
    }

    #[test]
    fn nothing_named_is_nothing_known() {
        assert!(first_places([].iter()).is_empty());
    }
}
