//! Hot. An SLI with labels: one set of counters for each combination of label values, within a bound.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use crate::clock::Source;
use crate::error::Error;
use crate::histogram::Layout;
use crate::primitive::{Arc, OnceLock};
use crate::sli::Sli;
use crate::sli::building::building;
use crate::sli::definition::Definition;
use crate::sli::families;
use crate::sli::family::{Family, MEMBERS_LIMIT, MEMBERS_MAX};
use crate::sli::labels::Labels;
use crate::sli::lookup::Lookup;
use crate::sli::policy::AbandonedPolicy;
use crate::sli::published::Published;
use crate::slo::{Objective, Severity};
use crate::units::BurnRate;

/// An SLI with labels.
///
/// Objectives hold for the family as a whole and, with [`SliFamily::judge_members`], for each member too. The
/// number of members is bounded; what exceeds the bound is counted in one member whose label values are
/// `__overflow__`, so the whole stays exact.
///
/// # Cost
///
/// The first event of a member allots it under a lock. From then on a lookup neither locks nor allocates: label
/// sets of enums and `bool`s are found by position, texts by address or by a hash of their content.
///
/// # Examples
///
/// ```
/// use sre_core::{Labels, Objective, SliFamily};
///
/// # #[cfg(feature = "macros")] {
/// #[derive(Labels)]
/// enum Region { Europe, America }
///
/// #[derive(Labels)]
/// struct Route { region: Region, path: &'static str }
///
/// static HTTP: SliFamily<Route> = SliFamily::new("http").objective(Objective::availability(0.999));
///
/// let checkout = HTTP.get(&Route { region: Region::Europe, path: "/checkout" });
/// checkout.start().ok();
/// assert_eq!(checkout.durations().count(), 1);
/// # let _ = Region::America;
/// # }
/// ```
pub struct SliFamily<L> {
    definition: Definition,
    members_max: usize,
    each_member_judged: bool,
    lookup: OnceLock<Lookup>,
    /// Covariant, so that a static family takes labels that are borrowed for the length of a call.
    labels: PhantomData<fn() -> L>,
}

impl<L: Labels> SliFamily<L> {
    building!();

    const fn unregistered(definition: Definition) -> Self {
        Self {
            definition,
            members_max: MEMBERS_MAX,
            each_member_judged: false,
            lookup: OnceLock::new(),
            labels: PhantomData,
        }
    }

    /// Bounds the members, the overflow one not included; 2,000 unless said otherwise, at least 1 and at most 65,536.
    ///
    /// With the first event, a family whose labels are not all closed sets allots 32 to 64 bytes for each member that
    /// may come. One that comes takes as much as an SLI of its own; each tick looks at all of them, and each scrape
    /// writes the lines of all.
    #[must_use]
    pub const fn members_max(mut self, members: usize) -> Self {
        self.members_max = match members {
            0 => 1,
            1..MEMBERS_LIMIT => members,
            _ => MEMBERS_LIMIT,
        };
        self
    }

    /// Judges the objectives for each member too. Costs about 39 KiB for each member and objective of 30 days.
    #[must_use]
    pub const fn judge_members(mut self) -> Self {
        self.each_member_judged = true;
        self
    }

    /// The member with these label values; keep a clone of it where the values are always the same.
    ///
    /// Where members are judged it also answers for itself: [`Sli::burn_rate`], [`Sli::budget_remaining`] and
    /// [`Sli::firing`], from the tick after its first event on.
    #[inline]
    pub fn get(&self, labels: &L) -> &Sli {
        self.lookup().find(labels).sli()
    }

    /// Speed at which the budget of the whole is spent; otherwise as [`Sli::burn_rate`].
    #[must_use]
    #[inline]
    pub fn burn_rate(&self, window: Duration) -> Option<BurnRate> {
        self.published()?.burn_rate(window)
    }

    /// The share of the whole's error budget that is left; otherwise as [`Sli::budget_remaining`].
    #[must_use]
    #[inline]
    pub fn budget_remaining(&self) -> Option<f64> {
        self.published()?.remaining()
    }

    /// The most urgent severity that fires for the whole; otherwise as [`Sli::firing`].
    #[must_use]
    #[inline]
    pub fn firing(&self) -> Option<Severity> {
        self.published()?.firing()
    }

    #[inline]
    fn published(&self) -> Option<&Published> {
        self.lookup.get()?.family().published()
    }

    #[inline]
    pub(crate) fn lookup(&self) -> &Lookup {
        match self.lookup.get() {
            Some(lookup) => lookup,
            None => self.register(),
        }
    }

    #[cold]
    #[inline(never)]
    fn register(&self) -> &Lookup {
        self.lookup.get_or_init(|| Lookup::new::<L>(families::register(self.family(Source::System))))
    }

    /// A family of this definition without members.
    pub(crate) fn family(&self, clock: Source) -> Family {
        Family::new(self.definition, L::NAMES, self.members_max, self.each_member_judged, clock)
    }

    /// A handle of this definition on these members.
    pub(crate) fn on(&self, family: Arc<Family>) -> Self {
        let lookup = OnceLock::from(Lookup::new::<L>(family));
        let Self { definition, members_max, each_member_judged, .. } = *self;
        Self { definition, members_max, each_member_judged, lookup, labels: PhantomData }
    }
}

impl<L> fmt::Debug for SliFamily<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliFamily").field("name", &self.definition.name()).finish_non_exhaustive()
    }
}

// As for `Sli`: counters are right whenever a panic interrupts.
impl<L> core::panic::UnwindSafe for SliFamily<L> {}
impl<L> core::panic::RefUnwindSafe for SliFamily<L> {}

#[cfg(all(test, not(sre_loom)))]
mod tests {
    use super::*;

    struct Open;

    impl Labels for Open {
        const NAMES: &'static [&'static str] = &["open"];
        const DENSE: Option<usize> = None;

        fn dense_index(&self) -> usize {
            0
        }

        fn identity(&self) -> Option<[u64; 4]> {
            None
        }

        fn content_hash(&self, seed: u64) -> u64 {
            seed
        }

        fn matches<S: AsRef<str>>(&self, values: &[S]) -> bool {
            values.iter().all(|value| value.as_ref() == "open")
        }

        fn visit(&self, mut visitor: impl FnMut(&str)) {
            visitor("open");
        }
    }

    #[track_caller]
    fn check(asked: usize, members_max: usize) {
        let family = SliFamily::<Open>::new("bounded").members_max(asked);
        let lookup = Lookup::new::<Open>(Arc::new(family.family(Source::System)));
        assert_eq!(lookup.family().members_max(), members_max);
        let bytes = lookup.hashed_bytes();
        assert!((32 * members_max..=64 * members_max).contains(&bytes), "{bytes}");
    }

    #[test]
    fn any_bound_is_borne() {
        for (asked, members_max) in [(0, 1), (1, 1), (3, 3), (2_000, 2_000), (65_535, 65_535)] {
            check(asked, members_max);
        }
        for asked in [65_536, 65_537, 1 << 40, usize::MAX] {
            check(asked, 65_536);
        }
    }
}
