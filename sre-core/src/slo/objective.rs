//! Pure. What a team promises about one SLI.

use core::time::Duration;

use super::limits::{self, Flaw};
use super::period::Period;
use super::terms::{Blindness, Budgeting, BurnModel, Confidence, InFlight, Terms, Validity};
use super::tier::{Policy, Tier, TierSource};
use super::{intern, name};
use crate::error::Error;
use crate::units::{Target, saturating_nanos};

/// A promise about an SLI: which share of its events must be good, over which period.
///
/// `Copy` and made of constants, so it fits into a `static`. What is not said has a default: the last 30 days,
/// tiers derived from the period, events counted one by one, at least ten events and three failures before a
/// tier fires.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::slo::{Objective, Period, Tier};
///
/// const FAST: Objective = Objective::latency(0.99, Duration::from_millis(300))
///     .named("checkout-fast")
///     .period(Period::rolling(Duration::from_secs(600)))
///     .tiers(&[Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0)]);
/// assert_eq!(FAST.threshold_ns(), Some(300_000_000));
/// ```
///
/// A typo does not compile:
///
/// ```compile_fail
/// # use sre_core::slo::Objective;
/// const TYPO: Objective = Objective::availability(99.9);
/// ```
///
/// Neither do objectives that cannot be judged: two of one name, a tier no outage can reach, a long window above
/// the period, a period below a day without tiers of its own.
///
/// ```compile_fail
/// # use {std::time::Duration, sre_core::{Objective, Sli}, sre_core::slo::Period};
/// static SHORT: Sli = Sli::new("short")
///     .objective(Objective::availability(0.99).period(Period::rolling(Duration::from_secs(600))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Objective {
    target: Target,
    kind: ObjectiveKind,
    name: Option<&'static str>,
    terms: Terms,
}

/// What makes an event good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectiveKind {
    /// It ended well.
    Availability,
    /// It took no longer than `threshold`.
    Latency {
        /// The longest duration of a good event, from 1 ns to 24 h, inclusive.
        threshold: Duration,
    },
}

impl ObjectiveKind {
    /// The word in default names: `availability`, `latency`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency { .. } => "latency",
        }
    }
}

/// Serialised as its word; the threshold is a fact of its own.
impl serde::Serialize for ObjectiveKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Objective {
    /// The share `target` of all events ends well.
    ///
    /// # Panics
    ///
    /// When `target` is not between 0 and 1, both excluded; in a `const` or `static` that is a compile error.
    /// Values from outside go through [`Objective::try_availability`].
    pub const fn availability(target: f64) -> Self {
        Self::new(Target::new(target), ObjectiveKind::Availability)
    }

    /// The share `target` of the valid events takes at most `threshold`.
    ///
    /// "p99 below 300 ms" is `latency(0.99, Duration::from_millis(300))`. Which events are valid is the choice
    /// of [`Objective::validity`].
    ///
    /// # Panics
    ///
    /// When `target` is not between 0 and 1, both excluded, or `threshold` not between 1 ns and 24 h; in a
    /// `const` or `static` that is a compile error. Values from outside go through [`Objective::try_latency`].
    pub const fn latency(target: f64, threshold: Duration) -> Self {
        assert!(
            limits::is_threshold(threshold),
            "the threshold of a latency objective must lie between 1ns and 24h, such as Duration::from_millis(300)"
        );
        Self::new(Target::new(target), ObjectiveKind::Latency { threshold })
    }

    /// [`Objective::availability`] for values from outside the program.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] when `target` is not between 0 and 1, both excluded.
    pub fn try_availability(target: f64) -> Result<Self, Error> {
        Ok(Self::new(Target::try_new(target)?, ObjectiveKind::Availability))
    }

    /// [`Objective::latency`] for values from outside the program.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] when `target` is not between 0 and 1, both excluded; [`Error::Threshold`] when
    /// `threshold` is not between 1 ns and 24 h.
    pub fn try_latency(target: f64, threshold: Duration) -> Result<Self, Error> {
        let target = Target::try_new(target)?;
        if limits::is_threshold(threshold) {
            Ok(Self::new(target, ObjectiveKind::Latency { threshold }))
        } else {
            Err(Error::Threshold { value: threshold })
        }
    }

    const fn new(target: Target, kind: ObjectiveKind) -> Self {
        Self { target, kind, name: None, terms: Terms::DEFAULT }
    }

    /// Gives the SLO a name of its own instead of `<sli>-availability` or `<sli>-latency`.
    ///
    /// # Panics
    ///
    /// When the name breaks the rule of [`Objective::try_named`]; in a `const` or `static` that is a compile
    /// error.
    pub const fn named(mut self, name: &'static str) -> Self {
        assert!(
            name::is_valid(name),
            "the name of an SLO has 2 to 160 characters, starts and ends with a letter or digit and has only letters, digits, `.`, `_` and `-` inside, such as checkout-fast"
        );
        self.name = Some(name);
        self
    }

    /// [`Objective::named`] for names from outside the program, which are kept for the life of the process.
    ///
    /// # Errors
    ///
    /// [`Error::SloName`] unless the name has 2 to 160 characters, starts and ends with a letter or digit and
    /// has only letters, digits, `.`, `_` and `-` inside.
    pub fn try_named(mut self, name: &str) -> Result<Self, Error> {
        if !name::is_valid(name) {
            return Err(Error::SloName { value: name::excerpt(name) });
        }
        self.name = Some(intern::text(name));
        Ok(self)
    }

    /// The span the budget is granted for; the last 30 days unless said otherwise.
    ///
    /// A rolling period below a day needs [`Objective::tiers`].
    pub const fn period(mut self, period: Period) -> Self {
        self.terms.period = period;
        self
    }

    /// Alert tiers written by hand, instead of those derived from the period. An empty slice alerts nobody.
    ///
    /// # Panics
    ///
    /// With more than 16 tiers, and unless every tier satisfies `1s <= short < long` and `1 <= factor < 1 / (1 - target)`; in a `const` or
    /// `static` that is a compile error. That no long window exceeds the period is checked at the start of an
    /// engine.
    #[expect(clippy::panic, reason = "a bad constant must not compile")]
    pub const fn tiers(mut self, tiers: &'static [Tier]) -> Self {
        match limits::tiers_flaw(tiers, self.target) {
            None => {}
            Some(Flaw::Count(_)) => panic!("an objective has at most 16 tiers"),
            Some(Flaw::Windows(_)) => {
                panic!(
                    "the windows of a tier must satisfy 1s <= short < long <= 92d: the long one comes first"
                )
            }
            Some(Flaw::Factor(_)) => panic!(
                "the factor of a tier must be at least 1 and below 1 / (1 - target), the burn rate of a total outage: lower the factor"
            ),
        }
        self.terms.tiers = TierSource::Explicit(tiers);
        self
    }

    /// [`Objective::tiers`] for tiers from outside the program, which are kept for the life of the process.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyTiers`], or [`Error::TierWindows`] or [`Error::TierFactor`] for the first tier that breaks
    /// the limits of [`Objective::tiers`].
    pub fn try_tiers(mut self, tiers: impl AsRef<[Tier]>) -> Result<Self, Error> {
        match limits::tiers_flaw(tiers.as_ref(), self.target) {
            Some(flaw) => Err(flaw.into_error(self.target)),
            None => {
                self.terms.tiers = TierSource::Explicit(intern::tiers(tiers.as_ref()));
                Ok(self)
            }
        }
    }

    /// How tiers are derived from the period; replaces tiers written by hand.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.terms.tiers = TierSource::Derived(policy);
        self
    }

    /// Which events a latency objective counts; without effect on an availability objective.
    pub const fn validity(mut self, validity: Validity) -> Self {
        self.terms.validity = validity;
        self
    }

    /// What the budget is counted in.
    ///
    /// # Panics
    ///
    /// When a slice is not between 1 s and 24 h long, or samples come more than once a second; in a `const` or `static` that is a compile error.
    /// Values from outside go through [`Objective::try_budgeting`].
    pub const fn budgeting(mut self, budgeting: Budgeting) -> Self {
        assert!(
            limits::is_budgeting(budgeting),
            "a time slice must be between 1s and 24h long, such as one minute"
        );
        self.terms.budgeting = budgeting;
        self
    }

    /// [`Objective::budgeting`] for values from outside the program.
    ///
    /// # Errors
    ///
    /// [`Error::SliceLength`] when a slice is not between 1 s and 24 h long, or samples come more than once a
    /// second.
    pub fn try_budgeting(mut self, budgeting: Budgeting) -> Result<Self, Error> {
        let is_too_long = budgeting.slice_length().is_some_and(|length| length > limits::SLICE_MAX);
        match if is_too_long { budgeting.slice_length() } else { budgeting.slice_step() } {
            Some(value) if !limits::is_budgeting(budgeting) => {
                Err(Error::SliceLength { value, max: limits::SLICE_MAX })
            }
            _ => {
                self.terms.budgeting = budgeting;
                Ok(self)
            }
        }
    }

    /// Fewest events in the long window of a tier before it may fire; 10 unless said otherwise.
    pub const fn min_events(mut self, events: u64) -> Self {
        self.terms.guards.min_events = events;
        self
    }

    /// Fewest failures in the long window of a tier before it may fire; 3 unless said otherwise.
    pub const fn min_failures(mut self, failures: u64) -> Self {
        self.terms.guards.min_failures = failures;
        self
    }

    /// Whether a tier must be statistically sure; it must unless said otherwise.
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.terms.guards.confidence = confidence;
        self
    }

    /// What a tier compares.
    pub const fn burn_model(mut self, model: BurnModel) -> Self {
        self.terms.burn_model = model;
        self
    }

    /// What happens when most calls end ignored or abandoned.
    pub const fn blindness(mut self, blindness: Blindness) -> Self {
        self.terms.blindness = blindness;
        self
    }

    /// Whether overdue calls in flight are bad events when tiers are judged; they are unless said otherwise.
    pub const fn count_in_flight(mut self, in_flight: InFlight) -> Self {
        self.terms.in_flight = in_flight;
        self
    }

    /// The share of events that must be good.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// What makes an event good.
    #[must_use]
    pub const fn kind(&self) -> ObjectiveKind {
        self.kind
    }

    /// The longest duration of a good event; `None` for availability.
    #[must_use]
    pub const fn threshold(&self) -> Option<Duration> {
        match self.kind {
            ObjectiveKind::Latency { threshold } => Some(threshold),
            ObjectiveKind::Availability => None,
        }
    }

    /// [`Objective::threshold`] in nanoseconds.
    #[must_use]
    pub const fn threshold_ns(&self) -> Option<u64> {
        match self.kind {
            ObjectiveKind::Latency { threshold } => Some(saturating_nanos(threshold)),
            ObjectiveKind::Availability => None,
        }
    }

    /// The name given to it, if any; [`crate::slo::slo_names`] has the one that is used.
    #[must_use]
    pub const fn given_name(&self) -> Option<&'static str> {
        self.name
    }

    /// Everything else that was agreed: period, tiers, validity, budgeting and guards.
    #[must_use]
    pub const fn terms(&self) -> Terms {
        self.terms
    }

    /// Whether two objectives of one SLI get the same name, so that one of them needs another.
    ///
    /// A name equal to a default one is seen by [`crate::slo::check`] only, which knows the SLI.
    #[must_use]
    pub(crate) const fn is_namesake(&self, other: &Self) -> bool {
        match (self.name, other.name) {
            (Some(one), Some(two)) => name::is_equal(one, two),
            (None, None) => match (self.threshold_ns(), other.threshold_ns()) {
                (Some(one), Some(two)) => one == two,
                (None, None) => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Refuses what a builder cannot see because it depends on the order: a period and tiers that do not fit.
    ///
    /// # Panics
    ///
    /// When a period below a day has no tiers of its own, or a long window or a time slice exceeds the period.
    pub(crate) const fn complete(self) -> Self {
        let terms = self.terms;
        assert!(
            !limits::needs_tiers(terms),
            "a period below a day needs tiers written by hand, such as .tiers(&[Tier::page(long, short, factor)])"
        );
        assert!(
            limits::long_above_period(terms).is_none(),
            "the long window of a tier must not exceed the period"
        );
        assert!(limits::slice_above_period(terms).is_none(), "a time slice must not exceed the period");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const TIERS: &[Tier] = &[Tier::page(MINUTE, Duration::from_secs(5), 6.0)];

    /// Every builder method, in a constant.
    const ALL_SAID: Objective = Objective::latency(0.95, Duration::from_millis(250))
        .named("search-fast")
        .period(Period::days(7))
        .policy(Policy::KeepBudget)
        .tiers(TIERS)
        .validity(Validity::ErrorsAreSlow)
        .budgeting(Budgeting::minutes(Target::new(0.9)))
        .min_events(20)
        .min_failures(5)
        .confidence(Confidence::Off)
        .burn_model(BurnModel::Budget)
        .blindness(Blindness::Show)
        .count_in_flight(InFlight::Left)
        .complete();

    #[test]
    fn what_was_said_is_what_is_read() {
        let terms = ALL_SAID.terms();
        assert_eq!(ALL_SAID.given_name(), Some("search-fast"));
        assert_eq!(ALL_SAID.threshold(), Some(Duration::from_millis(250)));
        assert_eq!(ALL_SAID.target().ppb(), 950_000_000);
        assert_eq!((terms.period(), terms.tiers()), (Period::days(7), TierSource::Explicit(TIERS)));
        assert_eq!(terms.validity(), Validity::ErrorsAreSlow);
        assert_eq!(terms.budgeting().slice_length(), Some(MINUTE));
        assert_eq!((terms.guards().min_events(), terms.guards().min_failures()), (20, 5));
        assert_eq!(terms.guards().confidence(), Confidence::Off);
        assert_eq!(terms.burn_model(), BurnModel::Budget);
        assert_eq!((terms.blindness(), terms.in_flight()), (Blindness::Show, InFlight::Left));
    }

    #[test]
    fn what_was_not_said_has_the_documented_default() {
        let terms = Objective::availability(0.999).terms();
        assert_eq!(terms.period(), Period::days(30));
        assert_eq!(terms.tiers(), TierSource::Derived(Policy::ScaleWindows));
        assert_eq!((terms.guards().min_events(), terms.guards().min_failures()), (10, 3));
        assert_eq!(terms, Terms::default());
    }

    #[test]
    fn thresholds_from_one_nanosecond_to_a_day_are_accepted() {
        let day = Duration::from_secs(86_400);
        for good in [Duration::from_nanos(1), day] {
            assert_eq!(Objective::try_latency(0.99, good), Ok(Objective::latency(0.99, good)));
        }
        for bad in [Duration::ZERO, day + Duration::from_nanos(1), Duration::MAX] {
            assert_eq!(Objective::try_latency(0.99, bad), Err(Error::Threshold { value: bad }));
        }
    }

    #[test]
    fn targets_from_outside_are_refused_by_value() {
        assert_eq!(Objective::try_availability(1.0), Err(Error::Target { value: 1.0 }));
        assert_eq!(Objective::try_latency(-1.0, MINUTE), Err(Error::Target { value: -1.0 }));
    }

    #[test]
    fn names_and_tiers_from_outside_equal_those_of_a_constant() {
        let outside = Objective::try_availability(0.99)
            .and_then(|objective| objective.try_named(&String::from("shop-paid")))
            .and_then(|objective| objective.try_tiers(vec![TIERS[0]]));
        assert_eq!(outside, Ok(Objective::availability(0.99).named("shop-paid").tiers(TIERS)));
    }

    #[test]
    fn tiers_that_could_never_fire_or_fire_on_what_the_budget_bears_are_refused() {
        let refuse = |target, tier: Tier| Objective::availability(target).try_tiers([tier]).unwrap_err();
        let factor = |factor| Tier::page(MINUTE, Duration::from_secs(5), factor);
        for (target, value) in [(0.9, 10.0), (0.9, 14.4), (0.9, 0.999), (0.9, f64::NAN), (0.9, -1.0)] {
            let error = refuse(target, factor(value));
            assert!(matches!(error, Error::TierFactor { max, .. } if (max - 10.0).abs() < 1e-9), "{error}");
        }
        for (long, short) in [(60, 60), (5, 60), (60, 0), (93 * 86_400, 60)] {
            let (long, short) = (Duration::from_secs(long), Duration::from_secs(short));
            assert_eq!(refuse(0.9, Tier::page(long, short, 2.0)), Error::TierWindows { long, short });
        }
        assert!(Objective::availability(0.9).try_tiers([factor(1.0), factor(9.99)]).is_ok());
        assert!(Objective::availability(0.9).try_tiers([factor(2.0); 16]).is_ok());
        let error = Objective::availability(0.9).try_tiers([factor(2.0); 17]).unwrap_err();
        assert_eq!(error, Error::TooManyTiers { count: 17, max: 16 });
    }

    #[test]
    fn slices_from_one_second_to_a_day_are_accepted() {
        let length = |length| Budgeting::TimeSlices {
            length,
            target: Target::new(0.9),
            empty: crate::window::EmptySlice::Skip,
        };
        let objective = Objective::availability(0.99);
        for good in [1, 86_400] {
            assert!(objective.try_budgeting(length(Duration::from_secs(good))).is_ok());
        }
        for bad in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(86_401)] {
            let error = objective.try_budgeting(length(bad)).unwrap_err();
            assert_eq!(error, Error::SliceLength { value: bad, max: limits::SLICE_MAX });
        }
    }

    #[test]
    fn overlapping_slices_are_sampled_once_a_second_at_most() {
        let objective = Objective::availability(0.99);
        let sampled = |seconds, samples| {
            let length = Duration::from_secs(seconds);
            objective.try_budgeting(Budgeting::OverlappingSlices { length, samples })
        };
        for (seconds, samples) in [(300, 10), (255, 255), (86_400, 255), (1, 0), (1, 1)] {
            assert!(sampled(seconds, samples).is_ok(), "{seconds} s, {samples} samples");
        }
        let refused = |value| Err(Error::SliceLength { value, max: limits::SLICE_MAX });
        assert_eq!(sampled(1, 2).map(drop), refused(Duration::from_millis(500)));
        assert_eq!(sampled(86_401, 2).map(drop), refused(Duration::from_secs(86_401)));
        assert_eq!(Budgeting::SLOTH.slice_step(), Some(Duration::from_secs(30)));
    }

    #[test]
    fn namesakes_are_seen_before_the_sli_is_known() {
        let a = Objective::availability(0.9);
        let l = |ms| Objective::latency(0.9, Duration::from_millis(ms));
        assert!(a.is_namesake(&Objective::availability(0.99)) && l(1).is_namesake(&l(1)));
        assert!(!a.is_namesake(&l(1)) && !l(1).is_namesake(&l(2)) && !a.named("ab").is_namesake(&a));
        assert!(a.named("ab").is_namesake(&l(1).named("ab")));
    }
}
