//! Pure. How fast the budget burned in the course of a scenario, for charts.

use crate::engine::Evaluator;
use crate::report::ObjectiveReport;

/// In how many parts a scenario is drawn.
pub(super) const COLUMNS: usize = 72;

/// How often each part is looked at while nothing happens.
const LOOKS: u64 = 8;

/// For each tier the highest burn of each part, what both of its windows burned at least; no number for a part so short
/// that nobody looked.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    /// What is drawn, in seconds of the scenario.
    pub(super) span: (u64, u64),
    noted: u64,
    pub(super) tiers: Vec<[f64; COLUMNS]>,
}

impl Track {
    pub(crate) fn new(report: &ObjectiveReport, span: (u64, u64)) -> Self {
        let judged = report.tiers.iter().filter(|tier| tier.reachable).count();
        Self { span, noted: 0, tiers: vec![[f64::NAN; COLUMNS]; judged] }
    }

    /// Whether it is time for another look.
    pub(crate) const fn is_due(&self, at: u64) -> bool {
        let (from, to) = self.span;
        at > from && at <= to && (at - self.noted) * COLUMNS as u64 * LOOKS >= to - from
    }

    /// For how many seconds nobody has to look, when everything goes on as before.
    pub(crate) const fn until_due(&self, at: u64) -> u64 {
        let (from, to) = self.span;
        match at {
            _ if at < from => from - at,
            _ if at < to => (to - from) / COLUMNS as u64,
            _ => u64::MAX,
        }
    }

    /// How fast a tier burned in each part, which goes on where nobody looked.
    pub(super) fn burns(&self, place: usize) -> [f64; COLUMNS] {
        let mut last = 0.0;
        self.tiers.get(place).copied().unwrap_or([0.0; COLUMNS]).map(|burn| {
            last = if burn.is_nan() { last } else { burn };
            last
        })
    }

    /// Takes note of how fast it burns now.
    pub(crate) fn note(&mut self, at: u64, evaluator: &Evaluator) {
        self.noted = at;
        if at < self.span.0 || at > self.span.1 {
            return;
        }
        let column = column(at, self.span);
        for (place, columns) in self.tiers.iter_mut().enumerate() {
            if let Some(highest) = columns.get_mut(column) {
                *highest = highest.max(evaluator.burn_of_tier(place));
            }
        }
    }
}

/// The part of a span that a second, the last one of which is at, belongs to; the nearest when it lies outside.
pub(super) fn column(at: u64, (from, to): (u64, u64)) -> usize {
    let since = at.saturating_sub(from).saturating_sub(1);
    let place = since.saturating_mul(COLUMNS as u64) / to.saturating_sub(from).max(1);
    usize::try_from(place).unwrap_or(COLUMNS).min(COLUMNS - 1)
}
