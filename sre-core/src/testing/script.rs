//! Pure. A scenario, ready to be played: what comes, and where it has to stop for something.

use super::fault::{Fault, Kind};
use super::load::Load;
use super::traffic::{DAY, Traffic};
use crate::engine::Downtime;
use crate::sli::Definition;

/// How often the state is kept, as an engine does unless told otherwise.
pub(super) const FLUSH_EACH: u64 = 10;

/// A scenario.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) definition: Definition,
    pub(crate) traffic: Traffic,
    pub(crate) faults: Vec<Fault>,
    /// When it begins, in seconds since 1970.
    pub(crate) start: u64,
    /// Seconds of healthy traffic before that.
    pub(crate) history: u64,
    /// Seconds.
    pub(crate) length: u64,
    pub(crate) downtime: Downtime,
    /// Seconds at whose end the report is kept, sorted.
    pub(crate) looks: Vec<u64>,
}

/// Where a scenario stops for something that is no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// The report is kept.
    Look,
    /// What has to be remembered is kept; from then on a kill loses it.
    Save,
    /// The process ends, and another one starts.
    Leave {
        /// Whether it keeps what came since the last flush.
        in_order: bool,
        /// Whether the next one finds nothing.
        forgets: bool,
        /// When that starts.
        until: u64,
    },
    /// The wall clock steps by so many seconds.
    Step(i64),
    /// The machine sleeps.
    Sleep {
        /// When it wakes up.
        until: u64,
    },
}

impl Script {
    /// The calls, from the begin on.
    pub(crate) fn load(&self) -> Load {
        Load::new(&self.traffic, &self.faults, &self.thresholds(), self.length, self.start % DAY)
    }

    /// The calls before that.
    pub(crate) fn load_before(&self) -> Load {
        let clock = self.start.saturating_sub(self.history) % DAY;
        Load::new(&self.traffic.before(), &[], &self.thresholds(), self.history, clock)
    }

    fn thresholds(&self) -> Vec<u64> {
        let mut thresholds: Vec<u64> = self.definition.thresholds().iter().collect();
        thresholds.sort_unstable();
        thresholds
    }

    /// Where to stop, in order; the end of the scenario is a look.
    pub(crate) fn stops(&self) -> Vec<(u64, Stop)> {
        let mut stops: Vec<(u64, Stop)> = self.looks.iter().map(|look| (*look, Stop::Look)).collect();
        let within = |fault: &&Fault| fault.at < self.length;
        stops.extend(
            self.faults.iter().filter(within).filter_map(|fault| Some((fault.at, self.stop(fault)?))),
        );
        stops.extend(self.saves());
        stops.push((self.length, Stop::Look));
        stops.retain(|(at, _)| *at <= self.length);
        stops.sort_unstable();
        stops.dedup();
        stops
    }

    fn stop(&self, fault: &Fault) -> Option<Stop> {
        let until = fault.end().unwrap_or(self.length).min(self.length);
        Some(match fault.kind {
            Kind::Restart { in_order, forgets } => Stop::Leave { in_order, forgets, until },
            Kind::ClockStep { seconds } => Stop::Step(seconds),
            Kind::Suspend => Stop::Sleep { until },
            Kind::Calls { .. } | Kind::Hanging { .. } => return None,
        })
    }

    /// The last flush before each kill.
    fn saves(&self) -> Vec<(u64, Stop)> {
        let restarts = self.faults.iter().filter(|fault| matches!(fault.kind, Kind::Restart { .. }));
        let mut restarts: Vec<&Fault> = restarts.collect();
        restarts.sort_unstable_by_key(|fault| fault.at);
        let (mut lived, mut saves) = (self.history, Vec::new());
        let mut born = 0;
        for fault in restarts {
            lived += fault.at.saturating_sub(born);
            // The first flush comes with the first tick.
            saves.push((fault.at.saturating_sub(lived.saturating_sub(1) % FLUSH_EACH), Stop::Save));
            (lived, born) = (0, fault.end().unwrap_or(self.length));
        }
        saves
    }
}
