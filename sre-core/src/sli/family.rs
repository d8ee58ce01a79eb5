//! Cold. The members of a labelled family and the bound on their number.

use core::borrow::Borrow;
use core::hash::{Hash, Hasher};
use std::collections::HashSet;

use crate::clock::Source;
use crate::primitive::{Arc, AtomicBool, AtomicU64, Mutex, OnDemand, OnceLock, Ordering};
use crate::sli::series::{Series, Settings};
use crate::sli::{Definition, Published, Sli, statics};

/// Series that a family may have unless it says otherwise.
pub const MEMBERS_MAX: usize = 2_000;

/// Series that a family may have whatever it says.
pub(crate) const MEMBERS_LIMIT: usize = 1 << 16;

/// The value of every label of the one series that takes what exceeds the bound.
pub const OVERFLOW: &str = "__overflow__";

/// A family without the type of its labels: what the engine and the exporters see.
#[derive(Debug)]
pub(crate) struct Family {
    definition: Definition,
    label_names: &'static [&'static str],
    settings: Arc<Settings>,
    members_max: usize,
    each_member_judged: bool,
    /// Whether new members record; changes under the lock of the members.
    recording: AtomicBool,
    members: Mutex<Members>,
    overflow: OnceLock<Arc<Member>>,
    refused: AtomicU64,
    published: OnDemand<Published>,
}

/// One combination of label values and its counters.
#[derive(Debug)]
pub(crate) struct Member {
    values: Box<[Box<str>]>,
    sli: Sli,
}

/// The members of a family, the overflow one not included.
#[derive(Debug, Default)]
struct Members {
    /// From the first that came.
    in_order: Vec<Arc<Member>>,
    by_values: HashSet<ByValues>,
}

impl Members {
    fn find(&self, values: &[Box<str>]) -> Option<&Arc<Member>> {
        self.by_values.get(values).map(|ByValues(member)| member)
    }

    fn add(&mut self, member: &Arc<Member>) {
        self.in_order.push(Arc::clone(member));
        self.by_values.insert(ByValues(Arc::clone(member)));
    }
}

/// A member that stands for its values.
#[derive(Debug)]
struct ByValues(Arc<Member>);

impl Borrow<[Box<str>]> for ByValues {
    fn borrow(&self) -> &[Box<str>] {
        self.0.values()
    }
}

impl Hash for ByValues {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.values().hash(state);
    }
}

impl PartialEq for ByValues {
    fn eq(&self, other: &Self) -> bool {
        self.0.values() == other.0.values()
    }
}

impl Eq for ByValues {}

impl Member {
    /// Label values, in the order of the family's label names.
    pub(crate) fn values(&self) -> &[Box<str>] {
        &self.values
    }

    #[inline]
    pub(crate) fn sli(&self) -> &Sli {
        &self.sli
    }

    pub(crate) fn series(&self) -> &Arc<Series> {
        self.sli.series()
    }
}

impl Family {
    pub(crate) fn new(
        definition: Definition,
        label_names: &'static [&'static str],
        members_max: usize,
        each_member_judged: bool,
        clock: Source,
    ) -> Self {
        Self {
            settings: definition.settings(clock),
            definition,
            label_names,
            members_max,
            each_member_judged,
            recording: AtomicBool::new(!statics::is_disabled()),
            members: Mutex::default(),
            overflow: OnceLock::new(),
            refused: AtomicU64::new(0),
            published: OnDemand::empty(),
        }
    }

    pub(crate) const fn definition(&self) -> &Definition {
        &self.definition
    }

    pub(crate) const fn label_names(&self) -> &'static [&'static str] {
        self.label_names
    }

    /// Whether the objectives hold for each member too, and not for the whole alone.
    pub(crate) const fn judges_members(&self) -> bool {
        self.each_member_judged
    }

    pub(crate) const fn members_max(&self) -> usize {
        self.members_max
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.definition.is_same(&other.definition)
            && self.label_names == other.label_names
            && self.members_max == other.members_max
            && self.each_member_judged == other.each_member_judged
    }

    /// The member with these values, made if there is room; the overflow one otherwise, and for its own values.
    pub(crate) fn member(&self, values: Box<[Box<str>]>) -> Arc<Member> {
        if !values.is_empty() && values.iter().all(|value| &**value == OVERFLOW) {
            return Arc::clone(self.overflow());
        }
        let mut members = self.members.lock();
        if let Some(member) = members.find(&values) {
            return Arc::clone(member);
        }
        if members.in_order.len() >= self.members_max {
            drop(members);
            return Arc::clone(self.refuse());
        }
        let member = self.new_member(values);
        members.add(&member);
        member
    }

    /// The overflow member, for labels that are not among the members while there is no room for more.
    pub(crate) fn refuse(&self) -> &Arc<Member> {
        // Relaxed: a statistic.
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.overflow()
    }

    /// The member that takes what exceeds the bound.
    fn overflow(&self) -> &Arc<Member> {
        self.overflow.get().unwrap_or_else(|| self.make_overflow())
    }

    #[cold]
    #[inline(never)]
    fn make_overflow(&self) -> &Arc<Member> {
        let _members = self.members.lock();
        let values = || self.label_names.iter().map(|_| OVERFLOW.into()).collect();
        self.overflow.get_or_init(|| self.new_member(values()))
    }

    /// Switches recording for all members, those to come included.
    pub(crate) fn set_recording(&self, on: bool) {
        let members = self.members.lock();
        self.recording.store(on, Ordering::Relaxed);
        members
            .in_order
            .iter()
            .chain(self.overflow.get())
            .for_each(|member| member.series().set_recording(on));
    }

    fn new_member(&self, values: Box<[Box<str>]>) -> Arc<Member> {
        let series = Series::new(Arc::clone(&self.settings));
        // Relaxed: the lock of the members orders it.
        series.set_recording(self.recording.load(Ordering::Relaxed));
        Arc::new(Member { values, sli: Sli::on(self.definition, Arc::new(series)) })
    }

    /// The members that came after the first `known` ones; the overflow member is not among them.
    pub(crate) fn members_after(&self, known: usize) -> Vec<Arc<Member>> {
        self.members.lock().in_order.get(known..).unwrap_or_default().to_vec()
    }

    #[cfg(test)]
    pub(super) fn hold_members(&self) -> impl Drop + '_ {
        self.members.lock()
    }

    #[cfg(test)]
    pub(super) fn is_locked(&self) -> bool {
        self.members.try_lock().is_none()
    }

    /// The overflow member, once there is one.
    pub(crate) fn overflowed(&self) -> Option<&Arc<Member>> {
        self.overflow.get()
    }

    /// What the engine has told handlers about the whole, if an engine judges it.
    pub(crate) fn published(&self) -> Option<&Published> {
        self.published.get()
    }

    pub(crate) fn publish_with(&self, make: impl FnOnce() -> Published) {
        self.published.get_or_make(make);
    }

    /// Label combinations that were sent to the overflow member; the same one may count again.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}
