//! Pure. How fast the budget burned in the course of a scenario, for charts.

use crate::engine::Evaluator;
use crate::report::ObjectiveReport;

/// In how many parts a scenario is drawn.
pub(super) const COLUMNS: usize = 72;

/// How often each part is looked at while nothing happens.
const LOOKS: u64 = 8;

/// For each tier the highest burn of each part: what both of its windows burned at least.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    length: u64,
    noted: u64,
    pub(super) tiers: Vec<[f64; COLUMNS]>,
}

impl Track {
    pub(crate) fn new(report: &ObjectiveReport, length: u64) -> Self {
        let judged = report.tiers.iter().filter(|tier| tier.reachable).count();
        Self { length: length.max(1), noted: 0, tiers: vec![[0.0; COLUMNS]; judged] }
    }

    /// Whether it is time for another look.
    pub(crate) const fn is_due(&self, at: u64) -> bool {
        (at - self.noted) * COLUMNS as u64 * LOOKS >= self.length
    }

    /// Takes note of how fast it burns now.
    pub(crate) fn note(&mut self, at: u64, evaluator: &Evaluator) {
        self.noted = at;
        let column = column(at, self.length);
        for (place, columns) in self.tiers.iter_mut().enumerate() {
            if let Some(highest) = columns.get_mut(column) {
                *highest = highest.max(evaluator.burn_of_tier(place));
            }
        }
    }
}

/// The part that a second, the last one of which is at, belongs to.
pub(super) fn column(at: u64, length: u64) -> usize {
    let place = at.saturating_sub(1).saturating_mul(COLUMNS as u64) / length.max(1);
    usize::try_from(place).unwrap_or(COLUMNS).min(COLUMNS - 1)
}
