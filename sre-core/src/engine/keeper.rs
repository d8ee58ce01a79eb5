//! Cold. What an earlier process remembered: it waits here for the objectives that it belongs to.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use super::archive::{Archive, KeptHours, KeptObjective, Owner, Starts};
use super::memory::{Downtime, Memory};
use crate::histogram::Hours;

/// Memories that wait for their objectives, and how the process started before.
///
/// An objective that this release of the service does not have keeps its memory: the next one may have it again.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    waiting: Vec<KeptObjective>,
    /// Claimed ones, for other objectives that are about the same events.
    claimed: Vec<KeptObjective>,
    /// Durations that wait for their SLIs.
    durations: Vec<KeptHours>,
    /// What the durations of all SLIs may take.
    durations_bytes_max: usize,
    starts: Starts,
    downtime: Downtime,
}

/// The age from which on a memory that nobody claims is of no use: longer than any period.
const USELESS_NS: u64 = 100 * 24 * HOUR_NS;

/// Half of the largest file that is read.
const DURATIONS_BYTES_MAX: usize = 128 << 20;

const HOUR_NS: u64 = 3_600_000_000_000;

impl Keeper {
    pub(super) fn new(downtime: Downtime) -> Self {
        Self {
            waiting: Vec::new(),
            claimed: Vec::new(),
            durations: Vec::new(),
            durations_bytes_max: DURATIONS_BYTES_MAX,
            starts: Starts::default(),
            downtime,
        }
    }

    /// What the time without a process counts as.
    pub(super) const fn downtime(&self) -> Downtime {
        self.downtime
    }

    pub(super) const fn starts(&self) -> &Starts {
        &self.starts
    }

    /// Takes what was recovered; returns whether this start follows a crash.
    pub(super) fn take_in(&mut self, archive: Archive, now_unix_ns: u64) -> bool {
        let Archive { starts, objectives, durations, ledger: _ } = archive;
        self.starts = starts;
        let is_of_use = |kept: &KeptObjective| now_unix_ns.saturating_sub(kept.memory.now_ns()) < USELESS_NS;
        self.waiting = objectives.into_iter().filter(is_of_use).collect();
        let end_ns = |kept: &KeptHours| u64::from(kept.hours.newest().unwrap_or(0)).saturating_mul(HOUR_NS);
        let is_of_use = |kept: &KeptHours| now_unix_ns.saturating_sub(end_ns(kept)) < USELESS_NS;
        self.durations = durations.into_iter().filter(is_of_use).collect();
        self.starts.begin(now_unix_ns / 1_000_000_000)
    }

    /// Notes that this process ends in order.
    pub(super) const fn end(&mut self) {
        self.starts.ended = true;
    }

    /// The memory of an objective: its own, or that of another one about the same events.
    ///
    /// Asked once for each objective.
    pub(super) fn claim(&mut self, owner: &Owner) -> Option<Memory> {
        if let Some(place) = self.waiting.iter().position(|kept| kept.owner == *owner) {
            let kept = self.waiting.swap_remove(place);
            self.claimed.push(kept.clone());
            return Some(kept.memory);
        }
        let mut all = self.waiting.iter().chain(&self.claimed);
        let kin = all.find(|kept| kept.owner.is_kin(owner))?;
        Some(kin.memory.clone().without_alerts())
    }

    /// The durations of an SLI.
    pub(super) fn claim_hours(&mut self, sli: &str) -> Option<Hours> {
        let place = self.durations.iter().position(|kept| kept.sli == sli)?;
        Some(self.durations.swap_remove(place).hours)
    }

    /// Forgets what was claimed: all objectives of the start have asked.
    pub(super) fn settle(&mut self) {
        self.claimed = Vec::new();
    }

    /// Adds what still waits to an archive of all that lives.
    pub(super) fn complete(&self, archive: &mut Archive) {
        archive.starts = self.starts.clone();
        archive.objectives.extend_from_slice(&self.waiting);
        archive.durations.extend_from_slice(&self.durations);
    }

    /// What the durations of all SLIs may take in an archive.
    pub(super) const fn durations_bytes_max(&self) -> usize {
        self.durations_bytes_max
    }

    #[cfg(test)]
    pub(super) const fn set_durations_bytes_max(&mut self, bytes_max: usize) {
        self.durations_bytes_max = bytes_max;
    }
}
