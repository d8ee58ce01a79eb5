//! Pure. Availability: the share of calls that did what they were asked for.

use crate::sli::series::SeriesCounts;
use crate::units::EventCounts;

/// Good: ok. Bad: errors, and abandoned calls as the policy has it. The others are not valid events.
pub(crate) fn availability(counts: &SeriesCounts) -> EventCounts {
    let abandoned = counts.abandoned_bad.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
    EventCounts::new(counts.ok.count, counts.error.count.saturating_add(abandoned))
}
