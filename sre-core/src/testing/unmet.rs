//! Pure. A failed replay, as its reader sees it.

use core::fmt;
use core::time::Duration;

use super::chart::Chart;
use super::finding::{Finding, text};
use super::replayed::Replayed;
use crate::error::Error;

/// Why a replay did not succeed.
///
/// Its `Debug` is its text, since that is what a test shows that returns it.
#[derive(Clone)]
#[non_exhaustive]
pub enum ReplayError {
    /// An objective cannot be judged.
    Refused(Error),
    /// A fault begins when the scenario is over, so it would prove nothing.
    TooLate {
        /// The fault, in words.
        fault: String,
        /// How long the scenario is.
        length: Duration,
    },
    /// A report is asked for when the scenario is over.
    LookTooLate {
        /// When, since the begin of the scenario.
        at: Duration,
        /// How long the scenario is.
        length: Duration,
    },
    /// Something that was expected did not come.
    Unmet(Box<Unmet>),
}

/// What was expected of a scenario and did not come. Its text has a sentence for each expectation, and a chart.
#[derive(Clone)]
pub struct Unmet {
    findings: Vec<Finding>,
    replayed: Replayed,
}

impl Unmet {
    pub(super) const fn new(findings: Vec<Finding>, replayed: Replayed) -> Self {
        Self { findings, replayed }
    }

    /// What came instead.
    #[must_use]
    pub const fn replayed(&self) -> &Replayed {
        &self.replayed
    }

    /// The expectations that were not met, and what came instead.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        let failed = self.findings.iter().filter(|finding| !finding.holds);
        failed.map(|finding| (finding.expected.as_str(), finding.actual.as_str()))
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failures().count();
        let of = self.findings.len();
        writeln!(f, "replay of {}: {failed} of {of} expectations not met", self.replayed.sli)?;
        for Finding { holds, expected, actual, .. } in &self.findings {
            writeln!(f, "  {} {expected}: {actual}", if *holds { "met  " } else { "UNMET" })?;
        }
        for fault in &self.replayed.faults {
            writeln!(f, "  given {fault}")?;
        }
        let Some(failure) = self.findings.iter().find(|finding| !finding.holds) else { return Ok(()) };
        match Chart::new(&self.replayed, failure.slo.as_deref(), failure.tier.as_deref()) {
            Some(chart) => write!(f, "{chart}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "{error}"),
            Self::TooLate { fault, length } => {
                let length = text(length.as_secs());
                write!(f, "nothing comes of {fault}: the scenario is over after {length}; make it longer")
            }
            Self::LookTooLate { at, length } => {
                let (at, length) = (text(at.as_secs()), text(length.as_secs()));
                write!(
                    f,
                    "look at {at}: must lie between 0s and the end at {length}; look earlier or make it longer"
                )
            }
            Self::Unmet(unmet) => write!(f, "{unmet}"),
        }
    }
}

impl core::error::Error for ReplayError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            Self::TooLate { .. } | Self::LookTooLate { .. } | Self::Unmet(_) => None,
        }
    }
}
