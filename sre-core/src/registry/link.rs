//! Cold. The SLIs that attributes and `register!` name, collected by the linker before anything runs.
//!
//! The linker puts every [`Named`] of the program and of its dependencies side by side. Nothing runs before
//! `main`, and a function need not be called, or a generic one instantiated, for its SLI to be known.

use core::fmt;

use crate::sli::{Definition, Labels, Sli, SliFamily};

/// What the linker collected; macro output adds to it.
#[linkme::distributed_slice]
pub static NAMED: [Named];

/// An SLI or a family of them, and a place in the source that names it.
pub struct Named {
    target: &'static dyn Nameable,
    file: &'static str,
    line: u32,
}

impl Named {
    /// `file` and `line` as `file!` and `line!` give them.
    #[must_use]
    pub const fn new<N: Nameable>(target: &'static N, file: &'static str, line: u32) -> Self {
        Self { target, file, line }
    }

    /// What it is called and what it promises.
    #[must_use]
    pub fn definition(&self) -> &'static Definition {
        self.target.definition()
    }

    /// Makes its counters known to the engine.
    pub(crate) fn register(&self) {
        self.target.register();
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

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, .. } = self;
        write!(f, "Named({} at {file}:{line})", self.definition().name())
    }
}

/// Statics that `register!` can name: an [`Sli`] or a [`SliFamily`]. No other type can be one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no SLI",
    label = "expected a `static` of the type `Sli` or `SliFamily`"
)]
pub trait Nameable: sealed::Sealed + Sync + 'static {
    /// What it is called and what it promises.
    fn definition(&self) -> &Definition;

    /// Makes its counters known to the engine, if they are not.
    #[doc(hidden)]
    fn register(&self);
}

impl Nameable for Sli {
    fn definition(&self) -> &Definition {
        self.definition()
    }

    fn register(&self) {
        self.series();
    }
}

impl<L: Labels + 'static> Nameable for SliFamily<L> {
    fn definition(&self) -> &Definition {
        self.definition()
    }

    fn register(&self) {
        self.lookup();
    }
}

mod sealed {
    use crate::sli::{Labels, Sli, SliFamily};

    #[expect(unnameable_types, reason = "that is what keeps others from implementing it")]
    pub trait Sealed {}

    impl Sealed for Sli {}

    impl<L: Labels> Sealed for SliFamily<L> {}
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
/// assert!(registry::named().iter().any(|named| named.definition().name() == "import"));
/// ```
#[must_use]
pub fn named() -> Vec<&'static Named> {
    first_places(NAMED.iter())
}

fn first_places<'a>(named: impl Iterator<Item = &'a Named>) -> Vec<&'a Named> {
    let mut all: Vec<&Named> = named.collect();
    all.sort_by_key(|named| (named.file, named.line));
    let mut seen = std::collections::HashSet::new();
    all.retain(|named| seen.insert(core::ptr::from_ref(named.target).cast::<()>()));
    all
}

/// Makes SLIs known at start that no attribute names, such as those recorded by hand.
///
/// Takes the paths of one or more `static` SLIs or families. Their series exist from the start of an engine on and begin
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
        let places = first_places(named.iter())
            .into_iter()
            .map(|named| (named.definition().name(), named.file, named.line));
        assert_eq!(places.collect::<Vec<_>>(), [("one", "a.rs", 2), ("other", "b.rs", 1)]);
    }

    #[test]
    fn nothing_named_is_nothing_known() {
        assert!(first_places([].iter()).is_empty());
    }
}
