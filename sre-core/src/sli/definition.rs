//! Pure. What an SLI is called, what it promises and how it counts: everything but the counters.

use core::panic::Location;
use core::time::Duration;

use crate::clock::Source;
use crate::error::Error;
use crate::histogram::{Layout, Plan, Thresholds};
use crate::primitive::Arc;
use crate::shard::Slots;
use crate::sli::policy::{AbandonedPolicy, WaitLimits};
use crate::sli::series::Settings;
use crate::slo::Objective;
use crate::units::saturating_nanos;

/// Objectives that one SLI can have.
pub const OBJECTIVES_MAX: usize = 8;

/// An SLI on paper: name, objectives and policies, without any counter.
///
/// [`Sli::definition`](crate::Sli::definition) gives it to engines of tests, which count on their own.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    name: &'static str,
    objectives: [Option<Objective>; OBJECTIVES_MAX],
    abandoned: AbandonedPolicy,
    layout: Layout,
    apdex: Option<Duration>,
    place: &'static Location<'static>,
}

impl Definition {
    #[track_caller]
    #[expect(clippy::panic, reason = "a bad constant must not compile")]
    pub(crate) const fn new(name: &'static str) -> Self {
        if !is_name(name) {
            panic!(
                "the name of an SLI has 1 to 120 characters, a-z A-Z 0-9 or inside also . _ - such as checkout"
            );
        }
        Self::checked(name, Location::caller())
    }

    #[track_caller]
    pub(crate) fn try_new(name: &str) -> Result<Self, Error> {
        if is_name(name) {
            Ok(Self::checked(crate::slo::intern(name), Location::caller()))
        } else {
            Err(Error::SliName { value: name.chars().take(160).collect() })
        }
    }

    const fn checked(name: &'static str, place: &'static Location<'static>) -> Self {
        Self {
            name,
            objectives: [None; OBJECTIVES_MAX],
            abandoned: AbandonedPolicy::ByCause,
            layout: Layout::BITS_6,
            apdex: None,
            place,
        }
    }

    #[expect(
        clippy::panic,
        clippy::indexing_slicing,
        reason = "the index is checked; a bad constant must not compile"
    )]
    pub(crate) const fn objective(mut self, objective: Objective) -> Self {
        let mut place = 0;
        while place < OBJECTIVES_MAX {
            match &self.objectives[place] {
                None => {
                    self.objectives[place] = Some(objective.complete());
                    return self;
                }
                Some(other) if objective.is_namesake(other) => {
                    panic!(
                        "two objectives of one SLI have the same name: give one of them another with `named`"
                    )
                }
                Some(_) => place += 1,
            }
        }
        panic!("an SLI has at most 8 objectives");
    }

    pub(crate) fn try_objective(self, objective: Objective) -> Result<Self, Error> {
        let objectives: Vec<_> = self.objectives().copied().chain([objective]).collect();
        if objectives.len() > OBJECTIVES_MAX {
            return Err(Error::TooManyObjectives { sli: self.name.into(), max: OBJECTIVES_MAX });
        }
        crate::slo::check(self.name, &objectives)?;
        Ok(self.objective(objective))
    }

    pub(crate) const fn abandoned(mut self, policy: AbandonedPolicy) -> Self {
        self.abandoned = policy;
        self
    }

    pub(crate) const fn precision(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    pub(crate) const fn apdex(mut self, satisfied: Duration) -> Self {
        self.apdex = Some(satisfied);
        self
    }

    /// The name, which is also the value of the `sli` label.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The objectives, in the order in which they were given.
    pub fn objectives(&self) -> impl Iterator<Item = &Objective> {
        self.objectives.iter().flatten()
    }

    /// How abandoned calls count.
    #[must_use]
    pub const fn abandoned_policy(&self) -> AbandonedPolicy {
        self.abandoned
    }

    /// The buckets of the latency histogram.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// The longest duration with which a caller is satisfied, if an Apdex is kept.
    #[must_use]
    pub const fn apdex_satisfied(&self) -> Option<Duration> {
        self.apdex
    }

    /// Where in the source the SLI was defined.
    #[must_use]
    pub const fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// Whether its objectives can be judged.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let objectives: Vec<Objective> = self.objectives().copied().collect();
        crate::slo::check(self.name, &objectives)
    }

    /// What is wrong when two definitions of one name differ.
    pub(crate) const fn conflict(&self, second: &Self) -> Error {
        Error::Conflict { name: self.name, first: self.place, second: second.place }
    }

    /// Whether two definitions mean the same SLI, wherever they stand.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.objectives == other.objectives
            && self.abandoned == other.abandoned
            && self.layout == other.layout
            && self.apdex == other.apdex
    }

    /// Durations that are counted exactly: the latency thresholds, and both limits of the Apdex.
    pub(crate) fn thresholds(&self) -> Thresholds {
        let latency = self.objectives().filter_map(Objective::threshold_ns);
        let apdex = self.apdex.map(saturating_nanos).into_iter().flat_map(|ns| [ns, ns.saturating_mul(4)]);
        Thresholds::new(latency.chain(apdex))
    }

    /// From which wait on an abandoned call is bad.
    pub(crate) fn wait_limits(&self) -> WaitLimits {
        self.abandoned.wait_limits(self.smallest_threshold_ns())
    }

    fn smallest_threshold_ns(&self) -> Option<u64> {
        self.objectives().filter_map(Objective::threshold_ns).min()
    }

    /// What recording needs to know.
    pub(crate) fn settings(&self, clock: Source) -> Arc<Settings> {
        let wait_limits = self.wait_limits();
        let thresholds = self.thresholds();
        let limits = thresholds.iter().chain(wait_limits.overdue_ns());
        let slots = Slots::reaching(limits.max().unwrap_or(0));
        let is_sharded = matches!(clock, Source::System) && self.layout == Layout::BITS_6;
        let plan = Plan { layout: self.layout, thresholds, sharded: is_sharded.then_some(slots) };
        Arc::new(Settings { plan: Arc::new(plan), wait_limits, slots, clock })
    }
}

/// A definition without the room for objectives that it does not have.
///
/// A static has a place for each objective that it might be given, since it is made without an allocator: a kilobyte,
/// which whoever remembers a thousand of them need not spend.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    name: &'static str,
    objectives: Box<[Objective]>,
    abandoned: AbandonedPolicy,
    layout: Layout,
    apdex: Option<Duration>,
    place: &'static Location<'static>,
}

impl Kept {
    pub(crate) fn new(definition: &Definition) -> Self {
        let Definition { name, objectives, abandoned, layout, apdex, place } = *definition;
        let objectives = objectives.into_iter().flatten().collect();
        Self { name, objectives, abandoned, layout, apdex, place }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn definition(&self) -> Definition {
        let mut objectives = [None; OBJECTIVES_MAX];
        objectives.iter_mut().zip(&self.objectives).for_each(|(place, objective)| *place = Some(*objective));
        let Self { name, abandoned, layout, apdex, place, .. } = *self;
        Definition { name, objectives, abandoned, layout, apdex, place }
    }
}

/// The rule for names: letters and digits, inside also dot, underscore and dash; up to 120 characters.
const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        #[expect(clippy::indexing_slicing, reason = "bounded by the loop")]
        let byte = bytes[i];
        let inside = i > 0 && i + 1 < bytes.len();
        let fits = byte.is_ascii_alphanumeric() || (inside && matches!(byte, b'.' | b'_' | b'-'));
        if !fits {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty() && bytes.len() <= 120
}
