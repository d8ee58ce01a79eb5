//! Pure. A report as plain data with stable names: what `/api/v1/status` says.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::alert::{AlertState, Notice, Trend};
use crate::report::{
    EngineReport, EntryStatus, IncidentStatus, MeanTimesStatus, ObjectiveReport, ObjectiveState, Percentiles,
    Report, SliReport, TierReport,
};
use crate::slo::{ApdexBand, Forecast, Foresight, SampleSize, Severity, Validity};

/// Budgets, burn rates and tiers of all objectives, and the engine's own health.
///
/// Fields are added in later versions; none changes its meaning while [`Status::schema`] stays the same. What
/// there is no data for is `null`, never zero.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// Version of this shape. A field that is added leaves it as it is: readers find the field or do not.
    pub schema: u32,
    /// The name of the service.
    pub service: Arc<str>,
    /// When the last tick came, in seconds since 1970.
    pub at_unix_seconds: f64,
    /// How long the engine has been running.
    pub uptime_seconds: f64,
    /// All SLIs, the members of families after their whole.
    pub slis: Vec<SliStatus>,
    /// All objectives.
    pub objectives: Vec<ObjectiveStatus>,
    /// The engine's own health.
    pub engine: EngineReport,
}

/// One SLI, or one member of a family.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SliStatus {
    /// The name.
    pub sli: &'static str,
    /// Label names and values; empty outside families.
    pub labels: BTreeMap<&'static str, Arc<str>>,
    /// Successful calls since the process started.
    pub ok: u64,
    /// Failed calls.
    pub error: u64,
    /// Calls that say nothing about the service.
    pub ignored: u64,
    /// Calls that ended without an answer.
    pub abandoned: u64,
    /// Calls under way.
    pub in_flight: u64,
    /// Those that hang.
    pub in_flight_overdue: Option<u64>,
    /// Percentiles of successful calls by window, in seconds.
    pub latency: Vec<LatencyStatus>,
    /// The Apdex over five minutes, if the SLI keeps one.
    pub apdex: Option<f64>,
    /// What that score is called.
    pub apdex_band: Option<ApdexBand>,
    /// Whether it is from fewer than a hundred calls, and so says little.
    pub apdex_sample: Option<SampleSize>,
}

/// Percentiles of one window in seconds.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct LatencyStatus {
    /// The window.
    pub window_seconds: f64,
    /// Events in it.
    pub count: u64,
    /// The mean.
    pub mean: Option<f64>,
    /// The median.
    pub p50: Option<f64>,
    /// Nine of ten took at most this long.
    pub p90: Option<f64>,
    /// Ninety-nine of a hundred took at most this long.
    pub p99: Option<f64>,
    /// All but one of a thousand took at most this long.
    pub p999: Option<f64>,
    /// How far each of them, but for the mean, can be from the durations that it stands for, as a share of these.
    pub relative_error: f64,
    /// The share of the window in which a process was there to see, from 0 to 1; `null` for windows up to an hour.
    pub coverage: Option<f64>,
}

/// One objective.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ObjectiveStatus {
    /// The name of the objective.
    pub slo: Arc<str>,
    /// The name of its SLI.
    pub sli: Arc<str>,
    /// Label names and values; empty outside families.
    pub labels: BTreeMap<&'static str, Arc<str>>,
    /// `availability` or `latency`.
    pub kind: &'static str,
    /// The longest duration of a good event, for latency.
    pub threshold_seconds: Option<f64>,
    /// Which calls are valid events, for latency.
    pub validity: Option<Validity>,
    /// The share of events that must be good.
    pub target: f64,
    /// The period, as text.
    pub period: Arc<str>,
    /// How it is doing, in one word.
    pub state: ObjectiveState,
    /// Where the errors are going.
    pub trend: Trend,
    /// Good events of the period, by the ledger if there are entries.
    pub good: u64,
    /// Bad events of the period, the same.
    pub bad: u64,
    /// Valid events of the period, the same.
    pub total: u64,
    /// Good events of the period as they were counted.
    pub good_raw: u64,
    /// Bad events of the period as they were counted.
    pub bad_raw: u64,
    /// The share of the budget that is left; below zero when more was spent than granted.
    pub budget_remaining: Option<f64>,
    /// The same without the ledger.
    pub budget_remaining_raw: Option<f64>,
    /// The same by the events that a calendar period will have at the rate so far.
    pub budget_remaining_projected: Option<f64>,
    /// The same by the events that a calendar period will have if traffic repeats its last day.
    pub budget_remaining_forecast: Option<f64>,
    /// Seconds until that budget is empty, or `never`, at the errors of the last hour.
    pub exhaustion_forecast: Option<Foresight>,
    /// Consumed budget minus the passed share of a calendar period: above zero is too fast.
    pub pace: Option<f64>,
    /// Burn rate by window.
    pub burn: BTreeMap<Arc<str>, Option<f64>>,
    /// The same without the ledger, of windows that roll; empty where nothing is excluded.
    pub burn_raw: BTreeMap<Arc<str>, Option<f64>>,
    /// The share of each window that was observed.
    pub coverage: BTreeMap<Arc<str>, f64>,
    /// Seconds until the budget is empty at the present rate, zero when it is; `null` without data or when it lasts,
    /// which [`ObjectiveStatus::exhaustion`] tells apart.
    pub exhaustion_seconds: Option<f64>,
    /// Whether the budget will be empty at the present rate.
    pub exhaustion: Exhaustion,
    /// Seconds until the budget is empty, or `never`, at the burn of 5 minutes, of an hour, and if traffic repeats its
    /// last week; and until it is positive again without errors.
    pub forecast: Forecast,
    /// The forecast in words.
    pub sentence: String,
    /// Whether most calls end without counting, so that the objective sees little.
    pub blind: bool,
    /// Alerts of all tiers and of blindness that were withheld, because people had been disturbed often enough.
    pub notices_withheld: u64,
    /// The alert tiers, from the fastest on.
    pub tiers: Vec<TierStatus>,
    /// The incident that is not over.
    pub incident: Option<IncidentStatus>,
    /// The last ones that are over, in the order of their starts: 64 at most, and 4 of a member of a family.
    pub incidents: Vec<IncidentStatus>,
    /// What all of these say about how long it takes to notice and to recover.
    pub mean_times: MeanTimesStatus,
    /// Whether what happens now does not count.
    pub excluding: bool,
    /// The entries of the ledger that still change something. A member of a family names none: they are those of its
    /// whole, but for adjustments.
    pub ledger: Vec<EntryStatus>,
    /// How many these are, named or not.
    pub ledger_entries: u64,
    /// How many incidents that are over [`ObjectiveStatus::mean_times`] may go by, told or not.
    pub incidents_kept: u64,
}

/// What becomes of a budget at the present rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exhaustion {
    /// It is empty.
    Empty,
    /// It will be, after [`ObjectiveStatus::exhaustion_seconds`].
    Ahead,
    /// It lasts for the whole period.
    Never,
    /// There is no traffic to go by.
    NoData,
}

/// One alert tier.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TierStatus {
    /// Its number in the table of tiers.
    pub tier: Arc<str>,
    /// Whom it reaches.
    pub severity: Severity,
    /// `ok`, `pending` or `firing`.
    pub state: AlertState,
    /// When it entered that state, in seconds since 1970.
    pub since_unix_seconds: f64,
    /// The long window.
    pub long_seconds: f64,
    /// The short window.
    pub short_seconds: f64,
    /// The burn rate above which it fires.
    pub factor: f64,
    /// The share of the period's budget that is spent when it fires.
    pub budget_share: f64,
    /// Whether it can fire at all.
    pub reachable: bool,
    /// Whether there is too little traffic for it to mean much.
    pub infeasible: bool,
    /// Whether a more urgent tier fires too.
    pub inhibited: bool,
    /// Whether people were told of the alert that it fires, or of the last one: `told`, `withheld`, or `quiet` when a
    /// more urgent tier told the same or there was none.
    pub notice: Notice,
    /// Alerts that were withheld, because it had disturbed people often enough.
    pub notices_withheld: u64,
    /// What to do about an unreachable or infeasible tier.
    pub remedy: Option<Arc<str>>,
}

impl Status {
    /// The version of the shape that this release writes.
    pub const SCHEMA: u32 = 1;

    /// The status that a report tells.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let before = core::iter::once(None).chain(report.slis.iter().map(|sli| Some(sli.name)));
        let objectives = report.slis.iter().zip(before).flat_map(|(sli, before)| {
            let scope = if before == Some(sli.name) { Scope::Member } else { Scope::Whole };
            sli.objectives.iter().map(move |objective| ObjectiveStatus::of(sli, objective, scope))
        });
        Self {
            schema: Self::SCHEMA,
            service: Arc::clone(&report.service),
            at_unix_seconds: seconds(report.at_unix_ns),
            uptime_seconds: report.uptime.as_secs_f64(),
            slis: report.slis.iter().map(SliStatus::of).collect(),
            objectives: objectives.collect(),
            engine: report.engine.clone(),
        }
    }
}

/// Of what an objective is. There are many members, so that a status tells less of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Whole,
    Member,
}

impl Scope {
    const fn incidents_max(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Member => 4,
        }
    }
}

impl SliStatus {
    fn of(report: &SliReport) -> Self {
        Self {
            sli: report.name,
            labels: labels(report),
            ok: report.events.ok,
            error: report.events.error,
            ignored: report.events.ignored,
            abandoned: report.events.abandoned_total(),
            in_flight: report.in_flight,
            in_flight_overdue: report.in_flight_overdue,
            latency: report.percentiles.iter().map(LatencyStatus::of).collect(),
            apdex: report.apdex.and_then(|apdex| apdex.score()),
            apdex_band: report.apdex.and_then(|apdex| apdex.band()),
            apdex_sample: report.apdex.map(|apdex| apdex.sample_size()),
        }
    }
}

impl LatencyStatus {
    fn of(percentiles: &Percentiles) -> Self {
        let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs_f64());
        Self {
            window_seconds: percentiles.window.as_secs_f64(),
            count: percentiles.count,
            mean: seconds(percentiles.mean),
            p50: seconds(percentiles.p50),
            p90: seconds(percentiles.p90),
            p99: seconds(percentiles.p99),
            p999: seconds(percentiles.p999),
            relative_error: percentiles.relative_error,
            coverage: percentiles.coverage,
        }
    }
}

impl ObjectiveStatus {
    fn of(sli: &SliReport, report: &ObjectiveReport, scope: Scope) -> Self {
        let windows = || report.windows.iter();
        let skipped = report.incidents.len().saturating_sub(scope.incidents_max());
        let ledger = report.ledger.as_deref();
        let (counts_raw, budget_raw) =
            ledger.map_or((report.counts, report.budget), |ledger| (ledger.counts_raw, ledger.budget_raw));
        let entries = ledger.map(|ledger| &*ledger.entries).unwrap_or_default();
        let burn_raw = ledger.into_iter().flat_map(|ledger| &ledger.windows);
        Self {
            slo: Arc::clone(&report.slo),
            sli: Arc::clone(&report.sli),
            labels: labels(sli),
            kind: report.kind.as_str(),
            threshold_seconds: report.threshold.map(|threshold| threshold.as_secs_f64()),
            validity: report.validity,
            target: report.target.ratio(),
            period: Arc::clone(&report.period),
            state: report.state,
            trend: report.trend,
            good: report.counts.good(),
            bad: report.counts.bad(),
            total: report.counts.total(),
            good_raw: counts_raw.good(),
            bad_raw: counts_raw.bad(),
            budget_remaining: report.budget.map(|budget| budget.remaining()),
            budget_remaining_raw: budget_raw.map(|budget| budget.remaining()),
            budget_remaining_projected: report.budget_projected.map(|budget| budget.remaining()),
            budget_remaining_forecast: report.budget_forecast.map(|budget| budget.remaining()),
            exhaustion_forecast: report.exhaustion_forecast,
            pace: report.pace,
            burn: windows()
                .map(|window| (Arc::clone(&window.text), window.burn.map(|burn| burn.get())))
                .collect(),
            burn_raw: burn_raw
                .map(|window| (Arc::clone(&window.text), window.burn_raw.map(|burn| burn.get())))
                .collect(),
            coverage: windows().map(|window| (Arc::clone(&window.text), window.coverage)).collect(),
            exhaustion_seconds: match report.forecast.soonest() {
                Foresight::After(wait) => Some(wait.as_secs_f64()),
                _ => None,
            },
            exhaustion: Exhaustion::of(report),
            forecast: report.forecast,
            sentence: report.sentence(),
            blind: report.blind,
            notices_withheld: report.notices_withheld,
            tiers: report.tiers.iter().map(TierStatus::of).collect(),
            incident: report.incident.as_ref().map(IncidentStatus::of),
            incidents: report.incidents.iter().skip(skipped).map(IncidentStatus::of).collect(),
            mean_times: report.mean_times.into(),
            excluding: ledger.is_some_and(|ledger| ledger.excluding),
            ledger: entries.iter().filter(|_| scope == Scope::Whole).map(EntryStatus::of).collect(),
            ledger_entries: entries.len() as u64,
            incidents_kept: report.incidents.len() as u64,
        }
    }
}

impl Exhaustion {
    fn of(report: &ObjectiveReport) -> Self {
        if report.budget.is_some_and(|budget| budget.remaining() <= 0.0) {
            return Self::Empty;
        }
        match report.forecast.soonest() {
            Foresight::After(_) => Self::Ahead,
            Foresight::Never => Self::Never,
            Foresight::NoData => Self::NoData,
        }
    }
}

impl TierStatus {
    fn of(report: &TierReport) -> Self {
        Self {
            tier: Arc::clone(&report.name),
            severity: report.severity,
            state: report.state,
            since_unix_seconds: seconds(report.since_wall_ns),
            long_seconds: report.long.as_secs_f64(),
            short_seconds: report.short.as_secs_f64(),
            factor: report.factor,
            budget_share: report.budget_share,
            reachable: report.reachable,
            infeasible: report.infeasible,
            inhibited: report.inhibited,
            notice: report.notice,
            notices_withheld: report.notices_withheld,
            remedy: report.remedy.clone(),
        }
    }
}

fn labels(report: &SliReport) -> BTreeMap<&'static str, Arc<str>> {
    report.labels.iter().map(|label| (label.name, Arc::clone(&label.value))).collect()
}

pub(super) fn seconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}
