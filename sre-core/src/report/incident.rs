//! Pure. Incidents as plain data with stable names, and in words.

use core::fmt::Write as _;
use core::time::Duration;

use serde::{Serialize, Serializer};

use super::objective::Spoken;
use crate::alert::{Incident, MeanTimes, TierNumbers};
use crate::slo::Severity;

/// One incident of an objective.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct IncidentStatus {
    /// When the short window of its first tier went above the factor, in seconds since 1970.
    pub onset_unix_seconds: f64,
    /// When that tier fired: the start, in seconds since 1970.
    pub fired_unix_seconds: f64,
    /// When the last tier let go, in seconds since 1970; `null` while one fires.
    pub cleared_unix_seconds: Option<f64>,
    /// From onset to start.
    pub detected_after_seconds: f64,
    /// From start to clear, or to now.
    pub lasted_seconds: f64,
    /// The most urgent of its tiers.
    pub severity: Severity,
    /// The numbers of the tiers that fired.
    pub tiers: TierNumbers,
    /// Good events since the onset.
    pub good: u64,
    /// Bad events since the onset.
    pub bad: u64,
    /// The share of the period's budget that they are; `null` without events.
    pub budget_spent: Option<f64>,
    /// Whether the process ended meanwhile.
    pub interrupted: bool,
    /// It in words.
    pub sentence: String,
}

impl IncidentStatus {
    pub(super) fn of(incident: &Incident) -> Self {
        Self {
            onset_unix_seconds: super::status::seconds(incident.onset_unix_ns),
            fired_unix_seconds: super::status::seconds(incident.fired_unix_ns),
            cleared_unix_seconds: incident.cleared_unix_ns.map(super::status::seconds),
            detected_after_seconds: incident.detected_after.as_secs_f64(),
            lasted_seconds: incident.lasted.as_secs_f64(),
            severity: incident.severity,
            tiers: incident.tiers,
            good: incident.counts.good(),
            bad: incident.counts.bad(),
            budget_spent: incident.budget_spent,
            interrupted: incident.interrupted,
            sentence: incident.sentence(),
        }
    }
}

/// Mean times in seconds, see [`MeanTimes`].
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct MeanTimesStatus {
    /// How many incidents they are of.
    pub incidents: usize,
    /// Mean time to detect.
    pub mttd_seconds: Option<f64>,
    /// Mean time to recover, after detection.
    pub mttr_seconds: Option<f64>,
    /// Mean time between starts.
    pub mtbf_seconds: Option<f64>,
    /// Mean time to the next failure, after recovery.
    pub mttf_seconds: Option<f64>,
    /// The share of time without an incident that these times amount to.
    pub availability: Option<f64>,
}

impl From<MeanTimes> for MeanTimesStatus {
    fn from(times: MeanTimes) -> Self {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        Self {
            incidents: times.incidents,
            mttd_seconds: seconds(times.mttd),
            mttr_seconds: seconds(times.mttr),
            mtbf_seconds: seconds(times.mtbf),
            mttf_seconds: seconds(times.mttf),
            availability: times.availability,
        }
    }
}

impl Incident {
    /// It in words: `fired 54 s after its onset, has lasted 12 min, spent 8 % of the budget`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use sre_core::{Engine, Objective, Outcome, Sli, clock::ManualClock};
    /// # use std::time::Duration;
    /// # let engine = Engine::builder().manual_clock(ManualClock::at_unix_seconds(1_700_000_000)).start()?;
    /// # let sli = Sli::new("checkout").objective(Objective::availability(0.999));
    /// # let checkout = engine.sli(sli.definition())?;
    /// // A total outage.
    /// for _ in 0..120 {
    ///     checkout.record_n(Outcome::Error, Duration::from_millis(3), 100);
    ///     engine.advance(Duration::from_secs(1));
    /// }
    /// let report = engine.report();
    /// let incident = report.slo("checkout-availability").and_then(|slo| slo.incident).ok_or("no incident")?;
    /// assert_eq!(incident.sentence(), "fired 49 s after its onset, has lasted 1 min 6 s, spent 4.5 % of the budget");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text = format!("fired {} after its onset", Spoken(self.detected_after));
        let lasted = if self.cleared_unix_ns.is_some() { "lasted" } else { "has lasted" };
        // Writing to a string cannot fail.
        let _ = write!(text, ", {lasted} {}", Spoken(self.lasted));
        if let Some(spent) = self.budget_spent {
            let _ = write!(text, ", spent {} % of the budget", two_figures(spent * 100.0));
        }
        if self.interrupted {
            text.push_str(", not all of it seen");
        }
        text
    }
}

/// A number as people say it: two figures below ten, whole above.
fn two_figures(value: f64) -> String {
    let decimals = if value < 0.1 {
        2
    } else if value < 10.0 {
        1
    } else {
        0
    };
    format!("{value:.decimals$}")
}

pub(super) fn times<S: Serializer>(times: &MeanTimes, serializer: S) -> Result<S::Ok, S::Error> {
    MeanTimesStatus::from(*times).serialize(serializer)
}

pub(super) fn open<S: Serializer>(incident: &Option<Incident>, serializer: S) -> Result<S::Ok, S::Error> {
    incident.as_ref().map(IncidentStatus::of).serialize(serializer)
}

pub(super) fn ended<S: Serializer>(incidents: &[Incident], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(incidents.iter().map(IncidentStatus::of))
}
