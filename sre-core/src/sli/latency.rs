//! Pure. Latency: the share of calls that took at most as long as the threshold.

use crate::sli::series::SeriesCounts;
use crate::slo::Validity;
use crate::units::EventCounts;

/// Good and bad events for the threshold at this position, decided when they were recorded.
///
/// An abandoned call that had waited longer is bad; one that had not is no valid event, except that a bad one
/// is slow where errors are.
pub(crate) fn latency(counts: &SeriesCounts, threshold: usize, validity: Validity) -> EventCounts {
    let over = |counts: &[u64]| counts.get(threshold).copied().unwrap_or(0);
    let abandoned_over =
        over(&counts.abandoned_bad_over).saturating_add(over(&counts.abandoned_forgiven_over));
    let ok = EventCounts::from_total(counts.ok.count, over(&counts.ok.over));
    match validity {
        Validity::AllValid => {
            let error = EventCounts::from_total(counts.error.count, over(&counts.error.over));
            ok + error + EventCounts::new(0, abandoned_over)
        }
        Validity::ErrorsAreSlow => {
            let abandoned_bad =
                counts.abandoned_bad.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
            let abandoned = abandoned_bad.saturating_add(over(&counts.abandoned_forgiven_over));
            ok + EventCounts::new(0, counts.error.count.saturating_add(abandoned))
        }
        _ => ok + EventCounts::new(0, abandoned_over),
    }
}
