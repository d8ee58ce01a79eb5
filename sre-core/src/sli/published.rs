//! Hot. What an engine last found out about a series, for handlers to read.

use core::time::Duration;

use crate::primitive::{AtomicU32, AtomicU64, Ordering};
use crate::slo::Severity;
use crate::units::{BurnRate, saturating_nanos};

/// Burn rates of one series by window: the worst of its objectives.
#[derive(Debug)]
pub(crate) struct Published {
    /// Windows at the place that their length gives, so that one look finds most; an empty place is a window of
    /// [`EMPTY_NS`].
    placed: [Window; PLACES],
    /// Windows whose place was taken.
    others: Box<[Window]>,
    /// What is left of the budget: the bits of an `f64`, NaN for no data.
    remaining: AtomicU64,
    /// The most urgent severity that fires, see [`Published::firing`].
    firing: AtomicU32,
    /// Questions for a window that is not kept and was rounded up.
    rounded: AtomicU64,
}

#[derive(Debug)]
struct Window {
    length_ns: u64,
    /// The bits of an `f64`; NaN for no data, which never leaves this module.
    burn: AtomicU64,
}

impl Window {
    const fn new(length_ns: u64) -> Self {
        Self { length_ns, burn: AtomicU64::new(f64::NAN.to_bits()) }
    }

    #[inline]
    fn burn_rate(&self) -> Option<BurnRate> {
        // Relaxed: the number stands for itself.
        let burn = f64::from_bits(self.burn.load(Ordering::Relaxed));
        (!burn.is_nan()).then(|| BurnRate::new(burn))
    }
}

/// A power of two, and about twice the windows of an objective of 30 days.
const PLACES: usize = 16;

/// The length of an empty place; no window is as long, and it never has data.
const EMPTY_NS: u64 = u64::MAX;

/// Chosen so that the windows that people use have different places.
const PLACE_FACTOR: u64 = 0x178C_5396_6573_E4BF;

/// Of a constant length, a constant.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the highest bits choose the place")]
const fn place(length_ns: u64) -> usize {
    (length_ns.wrapping_mul(PLACE_FACTOR) >> (u64::BITS - PLACES.ilog2())) as usize
}

impl Published {
    /// Windows with these lengths, all without data.
    pub(crate) fn new(mut lengths_ns: Vec<u64>) -> Self {
        lengths_ns.sort_unstable();
        lengths_ns.dedup();
        let mut placed = [const { Window::new(EMPTY_NS) }; PLACES];
        let mut others = Vec::new();
        for length_ns in lengths_ns {
            match placed.get_mut(place(length_ns)) {
                Some(free) if free.length_ns == EMPTY_NS => free.length_ns = length_ns,
                _ => others.push(Window::new(length_ns)),
            }
        }
        Self {
            placed,
            others: others.into_boxed_slice(),
            remaining: AtomicU64::new(f64::NAN.to_bits()),
            firing: AtomicU32::new(0),
            rounded: AtomicU64::new(0),
        }
    }

    /// The burn over the shortest window kept that is at least this long, or else over the longest.
    #[inline]
    pub(crate) fn burn_rate(&self, window: Duration) -> Option<BurnRate> {
        let asked_ns = saturating_nanos(window);
        match self.placed.get(place(asked_ns)) {
            Some(kept) if kept.length_ns == asked_ns => kept.burn_rate().or_else(|| self.search(asked_ns)),
            _ => self.search(asked_ns),
        }
    }

    /// Looks through all windows, for one that is not in its place or not kept.
    #[cold]
    fn search(&self, asked_ns: u64) -> Option<BurnRate> {
        let long_enough = self.windows().filter(|kept| kept.length_ns >= asked_ns);
        let nearest = long_enough.min_by_key(|kept| kept.length_ns);
        let kept = nearest.or_else(|| self.windows().max_by_key(|kept| kept.length_ns))?;
        if kept.length_ns != asked_ns {
            self.rounded.fetch_add(1, Ordering::Relaxed);
        }
        kept.burn_rate()
    }

    fn windows(&self) -> impl Iterator<Item = &Window> {
        self.placed.iter().chain(&self.others).filter(|kept| kept.length_ns != EMPTY_NS)
    }

    /// The share of the budget that is left, of the objective that has least.
    #[inline]
    pub(crate) fn remaining(&self) -> Option<f64> {
        let remaining = f64::from_bits(self.remaining.load(Ordering::Relaxed));
        (!remaining.is_nan()).then_some(remaining)
    }

    /// The most urgent severity of the tiers that fire.
    #[inline]
    pub(crate) fn firing(&self) -> Option<Severity> {
        match self.firing.load(Ordering::Relaxed) {
            1 => Some(Severity::Log),
            2 => Some(Severity::Ticket),
            3 => Some(Severity::Page),
            _ => None,
        }
    }

    /// Stores what the engine found for the objectives together.
    pub(crate) fn store_state(&self, remaining: Option<f64>, firing: Option<Severity>) {
        self.remaining.store(remaining.unwrap_or(f64::NAN).to_bits(), Ordering::Relaxed);
        let firing = match firing {
            None => 0,
            Some(Severity::Log) => 1,
            Some(Severity::Ticket) => 2,
            Some(Severity::Page) => 3,
        };
        self.firing.store(firing, Ordering::Relaxed);
    }

    /// Tells handlers that nobody judges any more.
    pub(crate) fn clear(&self) {
        self.lengths_ns().for_each(|length_ns| self.store(length_ns, None));
        self.store_state(None, None);
    }

    /// Stores what the engine found for a window; windows that are not kept are left out.
    pub(crate) fn store(&self, length_ns: u64, burn: Option<BurnRate>) {
        if let Some(kept) = self.windows().find(|kept| kept.length_ns == length_ns) {
            kept.burn.store(burn.map_or(f64::NAN, BurnRate::get).to_bits(), Ordering::Relaxed);
        }
    }

    pub(crate) fn lengths_ns(&self) -> impl Iterator<Item = u64> + '_ {
        self.windows().map(|window| window.length_ns)
    }

    pub(crate) fn rounded(&self) -> u64 {
        self.rounded.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    /// Windows whose burn is their length in seconds.
    fn published(lengths: &[u64]) -> Published {
        let published = Published::new(lengths.iter().map(|length| length * SECOND_NS).collect());
        #[expect(clippy::cast_precision_loss, reason = "lengths of tests are small")]
        lengths
            .iter()
            .for_each(|length| published.store(length * SECOND_NS, Some(BurnRate::new(*length as f64))));
        published
    }

    #[track_caller]
    fn check(published: &Published, asked: Duration, expected: f64, rounded: u64) {
        let before = published.rounded();
        assert_eq!(published.burn_rate(asked).map(BurnRate::get), Some(expected), "{asked:?}");
        assert_eq!(published.rounded() - before, rounded, "{asked:?}");
    }

    #[test]
    fn usual_windows_have_places_of_their_own() {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let short = [5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR];
        let long = [DAY, 3 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 30 * DAY, 90 * DAY];
        let usual = published(&[&short[..], &long[..]].concat());
        assert!(usual.others.is_empty(), "{usual:?}");
        check(&usual, Duration::from_secs(300), 300.0, 0);
        check(&usual, Duration::from_secs(301), 1_800.0, 1);
        check(&usual, Duration::ZERO, 300.0, 1);
        check(&usual, Duration::from_secs(91 * DAY), 7_776_000.0, 1);
        check(&usual, Duration::MAX, 7_776_000.0, 1);
    }

    #[test]
    fn windows_that_meet_at_one_place_are_all_found() {
        let lengths: Vec<u64> = (1..=100).map(|length| length * 7).collect();
        let many = published(&lengths);
        assert!(many.others.len() >= lengths.len() - PLACES);
        for length in &lengths {
            #[expect(clippy::cast_precision_loss, reason = "lengths of tests are small")]
            let burn = *length as f64;
            check(&many, Duration::from_secs(*length), burn, 0);
            check(&many, Duration::from_secs(length - 1), burn, 1);
        }
        assert_eq!(many.lengths_ns().count(), lengths.len());
    }

    #[test]
    fn no_data_is_no_burn_rate_and_rounds_nothing() {
        let idle = published(&[300]);
        idle.clear();
        for asked in [Duration::from_secs(300), Duration::from_secs(300)] {
            assert_eq!(idle.burn_rate(asked), None);
        }
        assert_eq!(idle.rounded(), 0);
        assert_eq!(published(&[]).burn_rate(Duration::MAX), None);
    }
}
