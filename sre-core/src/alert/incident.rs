//! Pure. Incidents of an objective: from the first tier that fires to the last one that lets go.

use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::slo::Severity;
use crate::units::EventCounts;

/// A time in which at least one tier of an objective fired that reaches somebody, by page or ticket.
///
/// Tiers hold for a while after their errors have gone, and so does the incident. Times of day are those that the wall
/// clock showed; durations come from the monotonic clock, and include the time without a process if it ended meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Incident {
    /// When the short window of the tier that fired first went above its factor, in nanoseconds since 1970.
    pub onset_unix_ns: u64,
    /// When that tier fired: the start of the incident, in nanoseconds since 1970.
    pub fired_unix_ns: u64,
    /// When the last tier let go, in nanoseconds since 1970; `None` while one fires.
    pub cleared_unix_ns: Option<u64>,
    /// From onset to start.
    pub detected_after: Duration,
    /// From start to clear, or to now.
    pub lasted: Duration,
    /// The most urgent of its tiers.
    pub severity: Severity,
    /// The tiers that fired.
    pub tiers: TierNumbers,
    /// Good and bad events, or slices, since the onset.
    pub counts: EventCounts,
    /// The share of the period's budget that its bad events are, by the events that the period will have at the rate of
    /// the longest window when it was last looked at; `None` without events.
    ///
    /// # Formula
    ///
    /// `bad / ((1 - target) * events of the period)`, as
    /// [`WindowReport::budget_share`](crate::report::WindowReport::budget_share).
    pub budget_spent: Option<f64>,
    /// Whether the process ended meanwhile, so that nobody saw all of it.
    pub interrupted: bool,
}

impl Incident {
    /// The share that the bad events of both are of what both services allow together.
    fn spent_with(&self, other: &Self) -> Option<f64> {
        let (Some(own), Some(more)) = (self.allowed(), other.allowed()) else {
            return self.budget_spent.or(other.budget_spent);
        };
        Some(count(self.counts.bad().saturating_add(other.counts.bad())) / (own + more))
    }

    /// The bad events that its period allows, by what they are of it; `None` without any.
    fn allowed(&self) -> Option<f64> {
        let spent = self.budget_spent.filter(|spent| *spent > 0.0)?;
        Some(count(self.counts.bad()) / spent)
    }

    /// When it ended, in nanoseconds since 1970; one that nobody saw end goes on.
    fn end_unix_ns(&self) -> u64 {
        self.cleared_unix_ns.unwrap_or(u64::MAX)
    }

    /// Whether both were at some instant, seen by two processes of the same service.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.fired_unix_ns <= other.end_unix_ns() && other.fired_unix_ns <= self.end_unix_ns()
    }

    /// One incident of what two processes saw of it.
    #[must_use]
    pub(crate) fn join(&self, other: &Self) -> Self {
        let fired_unix_ns = self.fired_unix_ns.min(other.fired_unix_ns);
        let cleared_unix_ns = self.cleared_unix_ns.zip(other.cleared_unix_ns).map(|(a, b)| a.max(b));
        let onset_unix_ns = self.onset_unix_ns.min(other.onset_unix_ns);
        Self {
            onset_unix_ns,
            fired_unix_ns,
            cleared_unix_ns,
            detected_after: between(onset_unix_ns, fired_unix_ns),
            lasted: match cleared_unix_ns {
                Some(cleared_unix_ns) => between(fired_unix_ns, cleared_unix_ns),
                None => self.lasted.max(other.lasted),
            },
            severity: self.severity.max(other.severity),
            tiers: self.tiers.and(other.tiers),
            counts: self.counts + other.counts,
            budget_spent: self.spent_with(other),
            interrupted: self.interrupted || other.interrupted,
        }
    }
}

/// Tiers of one objective, by their numbers from 1 to 16.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TierNumbers(u16);

impl TierNumbers {
    /// Those of these numbers; others than 1 to 16 are left out.
    pub(crate) fn of(numbers: impl IntoIterator<Item = u8>) -> Self {
        let bit = |number: u8| number.checked_sub(1).and_then(|place| 1_u16.checked_shl(place.into()));
        Self(numbers.into_iter().filter_map(bit).fold(0, |bits, bit| bits | bit))
    }

    /// Those of either.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their numbers, in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=16_u8).filter(move |number| self.0 & (1 << (number - 1)) != 0)
    }
}

impl core::fmt::Debug for TierNumbers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A list of numbers for people, one number for state files.
impl Serialize for TierNumbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_seq(self.iter())
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for TierNumbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Ok(Self::of(Vec::<u8>::deserialize(deserializer)?))
        } else {
            u16::deserialize(deserializer).map(Self)
        }
    }
}

/// How long it takes until errors are noticed and until they are gone, and how long the service runs in between.
///
/// # Formula
///
/// Means over incidents: of [`Incident::detected_after`] (MTTD), of [`Incident::lasted`] of those that ended (MTTR), from
/// start to start (MTBF), from clear to the next start (MTTF); availability is `MTTF / (MTTF + MTTR)`.
///
/// # No data
///
/// What no incident tells is `None`: everything without any, MTBF and MTTF with a single one.
///
/// # Examples
///
/// ```
/// use sre_core::alert::MeanTimes;
///
/// let times = MeanTimes::of(&[]);
/// assert_eq!((times.incidents, times.mttr, times.availability), (0, None, None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MeanTimes {
    /// How many incidents they are of.
    pub incidents: usize,
    /// Mean time to detect.
    pub mttd: Option<Duration>,
    /// Mean time to recover, after detection.
    pub mttr: Option<Duration>,
    /// Mean time between starts.
    pub mtbf: Option<Duration>,
    /// Mean time to the next failure, after recovery.
    pub mttf: Option<Duration>,
    /// The share of time without an incident that these times amount to.
    pub availability: Option<f64>,
}

impl MeanTimes {
    /// Those of incidents in the order of their starts.
    #[must_use]
    pub fn of(incidents: &[Incident]) -> Self {
        let ended = || incidents.iter().filter(|incident| incident.cleared_unix_ns.is_some());
        let mttr = mean(ended().map(|incident| incident.lasted));
        let next = || incidents.iter().zip(incidents.iter().skip(1));
        let up =
            |(one, other): (&Incident, &Incident)| Some(between(one.cleared_unix_ns?, other.fired_unix_ns));
        let mttf = mean(next().filter_map(up));
        Self {
            incidents: incidents.len(),
            mttd: mean(incidents.iter().map(|incident| incident.detected_after)),
            mttr,
            mtbf: mean(next().map(|(one, other)| between(one.fired_unix_ns, other.fired_unix_ns))),
            mttf,
            availability: mttf.zip(mttr).and_then(|(up, down)| share(up, down)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
const fn count(events: u64) -> f64 {
    events as f64
}

/// The share of `up` in both; `None` if both are zero.
fn share(up: Duration, down: Duration) -> Option<f64> {
    let both = up.as_secs_f64() + down.as_secs_f64();
    (both > 0.0).then(|| up.as_secs_f64() / both)
}

fn mean(durations: impl Iterator<Item = Duration>) -> Option<Duration> {
    let (sum, count) =
        durations.fold((0_u128, 0_u128), |(sum, count), duration| (sum + duration.as_nanos(), count + 1));
    sum.checked_div(count).map(Duration::from_nanos_u128)
}

const fn between(from_unix_ns: u64, until_unix_ns: u64) -> Duration {
    Duration::from_nanos(until_unix_ns.saturating_sub(from_unix_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// An incident that was noticed after `detected`, began at `fired` and took `lasted` seconds.
    fn incident(detected: u64, fired: u64, lasted: u64) -> Incident {
        Incident {
            onset_unix_ns: (fired - detected) * SECOND,
            fired_unix_ns: fired * SECOND,
            cleared_unix_ns: Some((fired + lasted) * SECOND),
            detected_after: Duration::from_secs(detected),
            lasted: Duration::from_secs(lasted),
            severity: Severity::Ticket,
            tiers: TierNumbers::of([3]),
            counts: EventCounts::new(5, 7),
            budget_spent: Some(0.25),
            interrupted: false,
        }
    }

    #[test]
    fn mean_times_are_those_of_the_gaps_and_lengths() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        // Up for 700 s and for 1,300 s between them.
        let incidents = [incident(50, 1_000, 300), incident(70, 2_000, 500), incident(60, 3_800, 100)];
        let times = MeanTimes::of(&incidents);
        assert_eq!(times.incidents, 3);
        assert_eq!((times.mttd, times.mttr), (seconds(60), seconds(300)));
        assert_eq!((times.mtbf, times.mttf), (seconds(1_400), seconds(1_000)));
        let availability = times.availability.unwrap();
        assert!((availability - 1_000.0 / 1_300.0).abs() < 1e-12, "{availability}");
    }

    #[test]
    fn what_no_incident_tells_is_not_told() {
        assert_eq!(MeanTimes::of(&[]), MeanTimes::default());
        let open = Incident { cleared_unix_ns: None, ..incident(10, 100, 5) };
        let times = MeanTimes::of(&[open]);
        assert_eq!((times.mttd, times.mttr, times.mttf), (Some(Duration::from_secs(10)), None, None));
        let times = MeanTimes::of(&[incident(10, 100, 0)]);
        assert_eq!((times.mttr, times.mtbf, times.availability), (Some(Duration::ZERO), None, None));
    }

    #[test]
    fn a_wall_clock_that_went_back_makes_no_negative_time() {
        let times = MeanTimes::of(&[incident(10, 5_000, 100), incident(10, 1_000, 100)]);
        assert_eq!((times.mtbf, times.mttf), (Some(Duration::ZERO), Some(Duration::ZERO)));
    }

    #[test]
    fn what_two_processes_saw_of_one_incident_is_one() {
        let (one, other) = (incident(50, 1_000, 300), incident(20, 1_200, 400));
        assert!(one.overlaps(&other) && other.overlaps(&one));
        assert!(!one.overlaps(&incident(1, 1_301, 5)));
        let both = one.join(&Incident { severity: Severity::Page, tiers: TierNumbers::of([1]), ..other });
        assert_eq!((both.fired_unix_ns, both.cleared_unix_ns), (1_000 * SECOND, Some(1_600 * SECOND)));
        assert_eq!((both.detected_after.as_secs(), both.lasted.as_secs()), (50, 600));
        assert_eq!((both.severity, both.counts), (Severity::Page, EventCounts::new(10, 14)));
        assert_eq!(both.tiers.iter().collect::<Vec<_>>(), [1, 3]);
        // 14 of the 56 that both allow.
        assert_eq!(both.budget_spent, Some(0.25));
        let silent = Incident { budget_spent: None, ..one };
        assert_eq!(silent.join(&other).budget_spent, Some(0.25));
        let open = Incident { cleared_unix_ns: None, lasted: Duration::from_secs(900), ..other };
        assert_eq!(one.join(&open).cleared_unix_ns, None);
        assert_eq!(one.join(&open).lasted.as_secs(), 900);
    }

    #[test]
    fn tiers_are_their_numbers() {
        let tiers = TierNumbers::of([0, 1, 16, 4, 17, 200]);
        assert_eq!(tiers.iter().collect::<Vec<_>>(), [1, 4, 16]);
        assert_eq!(serde_json::to_string(&tiers).unwrap(), "[1,4,16]");
        assert_eq!(serde_json::from_str::<TierNumbers>("[16,1,4]").unwrap(), tiers);
        assert_eq!(format!("{tiers:?}"), "[1, 4, 16]");
        let bytes = postcard::to_allocvec(&tiers).unwrap();
        assert_eq!(postcard::from_bytes::<TierNumbers>(&bytes).unwrap(), tiers);
        assert!(TierNumbers::default().is_empty() && !tiers.is_empty());
    }
}
