//! Pure. What a report says of one SLI, or of one member of a family.

use core::time::Duration;

use crate::histogram::{CLASSIC_BOUNDS, Snapshot, Stretch, Tally};
use crate::primitive::Arc;
use crate::report::{ObjectiveReport, ObjectiveState, share};
use crate::shard::THRESHOLDS_MAX;
use crate::sli::series::SeriesCounts;
use crate::sli::{Abandoned, KeptExemplar};
use crate::slo::Apdex;

/// One SLI at one tick: its counts since the process started, and its objectives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SliReport {
    /// The name, the value of the `sli` label.
    pub name: &'static str,
    /// The labels of a family: names with values for a member, names with empty values for the whole.
    pub labels: Arc<[Label]>,
    /// Calls by outcome since the process started.
    pub events: Events,
    /// Calls that have started and not ended.
    pub in_flight: u64,
    /// Calls in flight that had to be bad if they ended now; `None` when the SLI counts none as such.
    pub in_flight_overdue: Option<u64>,
    /// Durations of successful calls.
    pub durations: Arc<Snapshot>,
    /// Durations of failed calls, from the first one on.
    pub error_durations: Option<Arc<Snapshot>>,
    /// Successful calls in classic buckets.
    pub buckets: ClassicBuckets,
    /// Failed calls in classic buckets, from the first one on.
    pub error_buckets: Option<Box<ClassicBuckets>>,
    /// Latency thresholds in nanoseconds, ascending: exact edges of exported histograms.
    pub thresholds_ns: Arc<[u64]>,
    /// Successful calls that took longer than each threshold.
    pub over: Over,
    /// Failed calls that took longer than each threshold.
    pub error_over: Over,
    /// Percentiles of successful calls over [`WINDOWS`](Percentiles::WINDOWS), and, except for members of families, over
    /// [`LONG_WINDOWS`](Percentiles::LONG_WINDOWS). Those of the long windows are absent until they are looked at for the
    /// first time: of few SLIs at the first tick, of many within some 70 s of a start.
    pub percentiles: Arc<[Percentiles]>,
    /// The Apdex over 5 min, if the SLI keeps one.
    pub apdex: Option<Apdex>,
    /// Traces to look at: the newest of each classic bucket, for successful and for failed calls.
    pub exemplars: Vec<KeptExemplar>,
    /// The objectives, in the order of their definition.
    pub objectives: Vec<ObjectiveReport>,
}

impl SliReport {
    /// A row that says nothing yet.
    pub(crate) fn blank(durations: &Arc<Snapshot>) -> Self {
        Self {
            name: "",
            labels: Arc::default(),
            events: Events::default(),
            in_flight: 0,
            in_flight_overdue: None,
            durations: Arc::clone(durations),
            error_durations: None,
            buckets: ClassicBuckets::default(),
            error_buckets: None,
            thresholds_ns: Arc::default(),
            over: Over::default(),
            error_over: Over::default(),
            percentiles: Arc::default(),
            apdex: None,
            exemplars: Vec::new(),
            objectives: Vec::new(),
        }
    }

    /// Lets go of the histograms, so that they can be used again; `durations` takes their place.
    pub(crate) fn let_go(&mut self, durations: &Arc<Snapshot>) {
        share(&mut self.durations, durations);
        self.error_durations = None;
    }

    /// Tells what was counted.
    pub(crate) fn count(&mut self, counts: &SeriesCounts) {
        self.events = Events::of(counts);
        self.over = Over { counts: counts.ok.over };
        self.error_over = Over { counts: counts.error.over };
    }

    /// Whether nothing was ever counted.
    pub(crate) fn is_silent(&self) -> bool {
        [self.events.ok, self.events.error, self.events.ignored, self.events.abandoned_total()] == [0; 4]
    }

    /// Marks its objectives as silent if it has never counted anything, where others of the engine have.
    pub(crate) fn tell_silence(&mut self) {
        if self.is_silent() {
            for objective in &mut self.objectives {
                if objective.state == ObjectiveState::Idle {
                    objective.state = ObjectiveState::Silent;
                }
            }
        }
    }
}

/// The name and value of a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Label {
    /// The name.
    pub name: &'static str,
    /// The value as it was given: any text.
    pub value: Arc<str>,
}

impl Label {
    /// A label.
    #[must_use]
    pub fn new(name: &'static str, value: impl Into<Arc<str>>) -> Self {
        Self { name, value: value.into() }
    }
}

/// Calls that took longer than each latency threshold, counted exactly when they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Over {
    counts: [u64; THRESHOLDS_MAX],
}

impl Over {
    /// The count of the threshold at a place of [`SliReport::thresholds_ns`]; zero where there is none.
    #[must_use]
    pub fn get(&self, place: usize) -> u64 {
        self.counts.get(place).copied().unwrap_or(0)
    }
}

/// Durations in the buckets of [`classic_bounds_ns`](crate::histogram::classic_bounds_ns) for the thresholds of the SLI.
///
/// Empty until they are read for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicBuckets {
    cumulative: [u64; BOUNDS_MAX],
    bounds: usize,
    count: u64,
    sum_ns: u128,
}

/// As many bounds as there can be.
const BOUNDS_MAX: usize = CLASSIC_BOUNDS + THRESHOLDS_MAX;

impl ClassicBuckets {
    /// How many calls took at most as long as each bound. A bound that is a threshold is exact; around any other one a
    /// call counts as above it if its bucket, which is below 0.8 % wide, reaches beyond.
    #[must_use]
    pub fn cumulative(&self) -> &[u64] {
        self.cumulative.get(..self.bounds).unwrap_or_default()
    }

    /// All calls.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How long they took together, in nanoseconds.
    #[must_use]
    pub const fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// Takes what was read of one series, or of several with the same bounds; `over` are the exact counts of thresholds.
    pub(crate) fn fill<'a>(&mut self, tallies: impl IntoIterator<Item = &'a Tally>, over: &Over) {
        let mut tallies = tallies.into_iter();
        let Some(first) = tallies.next() else {
            *self = Self::default();
            return;
        };
        self.bounds = first.cumulative().len().min(BOUNDS_MAX);
        self.cumulative.iter_mut().zip(first.cumulative()).for_each(|(place, count)| *place = *count);
        (self.count, self.sum_ns) = (first.count(), first.sum_ns());
        for tally in tallies {
            for (sum, count) in self.cumulative.iter_mut().zip(tally.cumulative()) {
                *sum = sum.saturating_add(*count);
            }
            self.count = self.count.saturating_add(tally.count());
            self.sum_ns = self.sum_ns.saturating_add(tally.sum_ns());
        }
        for (place, at) in first.thresholds().iter().enumerate() {
            if let Some(count) = self.cumulative.get_mut(*at) {
                *count = self.count.saturating_sub(over.get(place));
            }
        }
    }
}

/// Calls by outcome since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Events {
    /// Calls that did what they were asked for.
    pub ok: u64,
    /// Calls that failed.
    pub error: u64,
    /// Calls that say nothing about the service.
    pub ignored: u64,
    /// Calls that ended without an answer, in the order of [`Abandoned::ALL`].
    pub abandoned: [u64; 4],
}

impl Events {
    fn of(counts: &SeriesCounts) -> Self {
        let mut abandoned = counts.abandoned_bad;
        for (sum, count) in abandoned.iter_mut().zip(counts.abandoned_forgiven) {
            *sum = sum.saturating_add(count);
        }
        Self { ok: counts.ok.count, error: counts.error.count, ignored: counts.ignored, abandoned }
    }

    /// All abandoned calls.
    #[must_use]
    pub fn abandoned_total(&self) -> u64 {
        self.abandoned.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Calls abandoned for one reason.
    #[must_use]
    pub fn abandoned_by(&self, cause: Abandoned) -> u64 {
        self.abandoned.get(cause.index()).copied().unwrap_or(0)
    }
}

/// Percentiles of the durations in one window; without events there are none.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Percentiles {
    /// The window asked for.
    pub window: Duration,
    /// Events in it.
    pub count: u64,
    /// Their mean.
    pub mean: Option<Duration>,
    /// Half of them took at most this long.
    pub p50: Option<Duration>,
    /// Nine of ten took at most this long.
    pub p90: Option<Duration>,
    /// Ninety-nine of a hundred took at most this long.
    pub p99: Option<Duration>,
    /// All but one of a thousand took at most this long.
    pub p999: Option<Duration>,
    /// The longest.
    pub max: Option<Duration>,
    /// How far each of them, but for the mean, can be from the durations that it stands for, as a share of these.
    pub relative_error: f64,
    /// The share of the window in which a process was there to see, from 0 to 1; `None` for windows up to an hour, which
    /// begin anew with each process.
    pub coverage: Option<f64>,
}

impl Percentiles {
    /// The windows of each report.
    pub const WINDOWS: [Duration; 3] =
        [Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(3_600)];

    /// The windows after those: a day, a week and 30 days. They are counted in full hours of the wall clock, together with
    /// the current one, brought up to date once a minute, and outlive the process in a state directory.
    pub const LONG_WINDOWS: [Duration; 3] =
        [Duration::from_hours(24), Duration::from_hours(7 * 24), Duration::from_hours(30 * 24)];

    /// Percentiles of merged durations.
    #[must_use]
    pub fn of(window: Duration, durations: &Snapshot) -> Self {
        Self {
            window,
            count: durations.count(),
            mean: durations.mean(),
            p50: durations.quantile(0.5),
            p90: durations.quantile(0.9),
            p99: durations.quantile(0.99),
            p999: durations.quantile(0.999),
            max: durations.max(),
            relative_error: durations.layout().relative_error(),
            coverage: None,
        }
    }

    /// Those of the last hours, `length` in all.
    pub(crate) fn of_hours(window: Duration, length: Duration, hours: &Stretch) -> Self {
        let observed = Duration::from_secs(hours.observed_s).min(length);
        Self { coverage: Some(observed.div_duration_f64(length)), ..Self::of(window, &hours.durations) }
    }
}
