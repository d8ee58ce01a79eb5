//! Pure. What an objective agrees on besides its target: period, tiers, valid events, budgeting, guards.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::period::Period;
use super::tier::{Policy, TierSource};
use crate::units::Target;
use crate::window::EmptySlice;

/// What an objective agrees on besides its target.
///
/// Read-only: the builder methods of [`Objective`](super::Objective), which have the same names, change it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Terms {
    pub(super) period: Period,
    pub(super) tiers: TierSource,
    pub(super) validity: Validity,
    pub(super) budgeting: Budgeting,
    pub(super) guards: Guards,
    pub(super) burn_model: BurnModel,
    pub(super) blindness: Blindness,
    pub(super) in_flight: InFlight,
}

impl Terms {
    /// What is agreed when nothing is said.
    pub const DEFAULT: Self = Self {
        period: Period::days(30),
        tiers: TierSource::Derived(Policy::ScaleWindows),
        validity: Validity::SuccessOnly,
        budgeting: Budgeting::Occurrences,
        guards: Guards::DEFAULT,
        burn_model: BurnModel::Static,
        blindness: Blindness::Notify,
        in_flight: InFlight::Counted,
    };

    /// The span the budget is granted for.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// Where the alert tiers come from.
    #[must_use]
    pub const fn tiers(&self) -> TierSource {
        self.tiers
    }

    /// Which events a latency objective counts.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// What the budget is counted in.
    #[must_use]
    pub const fn budgeting(&self) -> Budgeting {
        self.budgeting
    }

    /// What must be there before a tier may fire.
    #[must_use]
    pub const fn guards(&self) -> Guards {
        self.guards
    }

    /// What a tier compares.
    #[must_use]
    pub const fn burn_model(&self) -> BurnModel {
        self.burn_model
    }

    /// What happens when most calls end ignored or abandoned.
    #[must_use]
    pub const fn blindness(&self) -> Blindness {
        self.blindness
    }

    /// Whether calls that hang count while they hang.
    #[must_use]
    pub const fn in_flight(&self) -> InFlight {
        self.in_flight
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Which events a latency objective counts, and how it sees fast failures.
///
/// Mixing these up is the most common mistake of meaning in latency objectives, so status and docs show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Validity {
    /// Only events that went well are valid: a failure is the availability objective's business.
    #[default]
    SuccessOnly,
    /// Every event is valid and only its duration counts: a fast failure is good.
    AllValid,
    /// Every event is valid and a failure is as bad as a slow answer.
    ErrorsAreSlow,
}

impl Validity {
    /// Its word in files, which never changes.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::SuccessOnly => "success_only",
            Self::AllValid => "all_valid",
            Self::ErrorsAreSlow => "errors_are_slow",
        }
    }

    /// The events that are valid, in words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::SuccessOnly => "of calls that went well",
            Self::AllValid => "of all calls",
            Self::ErrorsAreSlow => "of all calls, failed ones as slow",
        }
    }
}

/// What the budget is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Budgeting {
    /// In events: each bad one spends the same.
    #[default]
    Occurrences,
    /// In slices of time, each good or bad as a whole.
    TimeSlices {
        /// How long a slice is, from 1 s to a day.
        length: Duration,
        /// The share of events in a slice that must be good for the slice to be good.
        target: Target,
        /// What a slice without events is.
        empty: EmptySlice,
    },
    /// In slices of time, each as good as the share of good events in it; the mean is what is judged.
    RatioTimeslices {
        /// How long a slice is, from 1 s to a day.
        length: Duration,
        /// What a slice without events is.
        empty: EmptySlice,
    },
    /// In samples of slices that overlap, each as good as the share of good events in it; the mean is what is
    /// judged, and samples without events are skipped.
    ///
    /// A rule that averages a recorded ratio over a long window counts like that, such as those that Sloth
    /// writes, see [`Budgeting::SLOTH`]. Traffic does not weigh: a quiet hour counts as much as a busy one.
    OverlappingSlices {
        /// How long a slice is, from 1 s to a day.
        length: Duration,
        /// How many slices each moment is in: a sample is taken each `length / samples`, which is 1 s or more.
        /// Zero counts as one.
        samples: u8,
    },
}

impl Budgeting {
    /// What Sloth's rules count by default over a long window: 5 minutes, sampled each 30 seconds.
    pub const SLOTH: Self = Self::OverlappingSlices { length: Duration::from_secs(300), samples: 10 };

    /// Time slices of one minute; slices without events are skipped.
    #[must_use]
    pub const fn minutes(slice_target: Target) -> Self {
        Self::TimeSlices { length: Duration::from_secs(60), target: slice_target, empty: EmptySlice::Skip }
    }

    /// How long a slice is; `None` when events are counted.
    #[must_use]
    pub const fn slice_length(self) -> Option<Duration> {
        match self {
            Self::Occurrences => None,
            Self::TimeSlices { length, .. }
            | Self::RatioTimeslices { length, .. }
            | Self::OverlappingSlices { length, .. } => Some(length),
        }
    }

    /// How often a slice ends: its length, or a part of it where slices overlap.
    #[must_use]
    pub const fn slice_step(self) -> Option<Duration> {
        match self {
            Self::OverlappingSlices { length, samples } if samples > 1 => length.checked_div(samples as u32),
            _ => self.slice_length(),
        }
    }
}

/// Whether a tier must be statistically sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Confidence {
    /// The Wilson lower bound (95 %, one-sided) of the error ratio must be above the threshold too.
    #[default]
    Wilson,
    /// The measured ratio decides alone.
    Off,
    /// The ratio must be above the threshold with a probability of 95 %, given the events of the window and a
    /// belief that goes before them: that the service meets its objective exactly.
    Posterior {
        /// How many events that belief is worth; zero counts as one.
        weight: u32,
    },
}

/// What must be there before a tier may fire.
///
/// The short window always needs one failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Guards {
    pub(super) min_events: u64,
    pub(super) min_failures: u64,
    pub(super) confidence: Confidence,
}

impl Guards {
    /// Ten events, three failures, Wilson.
    pub const DEFAULT: Self = Self { min_events: 10, min_failures: 3, confidence: Confidence::Wilson };

    /// Fewest events in the long window.
    #[must_use]
    pub const fn min_events(self) -> u64 {
        self.min_events
    }

    /// Fewest failures in the long window.
    #[must_use]
    pub const fn min_failures(self) -> u64 {
        self.min_failures
    }

    /// Whether the ratio must be sure as well as high.
    #[must_use]
    pub const fn confidence(self) -> Confidence {
        self.confidence
    }
}

impl Default for Guards {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a tier compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BurnModel {
    /// The burn rate of the window with the factor of the tier, as generated rules do.
    #[default]
    Static,
    /// The failures of the window with a share of the whole period's budget: a quiet night needs a higher
    /// error ratio to fire than a busy noon.
    Budget,
}

/// What happens when most calls end ignored or abandoned, so that the objective sees little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blindness {
    /// Shown, and notified as the tiers are whose short windows see little: as a page, as a ticket. An objective that
    /// was given no tiers at all is shown only.
    #[default]
    Notify,
    /// Shown only.
    Show,
}

/// Whether calls that hang count while they hang.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InFlight {
    /// Calls in flight that are overdue are bad events when tiers are judged.
    #[default]
    Counted,
    /// Calls count when they end.
    Left,
}
