//! Hot. What an engine last found out about a series, for handlers to read.

use core::time::Duration;

use crate::primitive::{AtomicU32, AtomicU64, Ordering};
use crate::slo::Severity;
use crate::units::{BurnRate, saturating_nanos};

/// Burn rates of one series by window: the worst of its objectives.
#[derive(Debug)]
pub(crate) struct Published {
    windows: Box<[Window]>,
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

impl Published {
    /// Windows with these lengths, all without data.
    pub(crate) fn new(mut lengths_ns: Vec<u64>) -> Self {
        lengths_ns.sort_unstable();
        lengths_ns.dedup();
        let window = |length_ns| Window { length_ns, burn: AtomicU64::new(f64::NAN.to_bits()) };
        Self {
            windows: lengths_ns.into_iter().map(window).collect(),
            remaining: AtomicU64::new(f64::NAN.to_bits()),
            firing: AtomicU32::new(0),
            rounded: AtomicU64::new(0),
        }
    }

    /// The burn over the shortest window kept that is at least this long, or else over the longest.
    #[inline]
    pub(crate) fn burn_rate(&self, window: Duration) -> Option<BurnRate> {
        let asked_ns = saturating_nanos(window);
        let kept =
            self.windows.iter().find(|kept| kept.length_ns >= asked_ns).or_else(|| self.windows.last())?;
        if kept.length_ns != asked_ns {
            self.rounded.fetch_add(1, Ordering::Relaxed);
        }
        // Relaxed: the number stands for itself.
        let burn = f64::from_bits(kept.burn.load(Ordering::Relaxed));
        (!burn.is_nan()).then(|| BurnRate::new(burn))
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
        if let Some(kept) = self.windows.iter().find(|kept| kept.length_ns == length_ns) {
            kept.burn.store(burn.map_or(f64::NAN, BurnRate::get).to_bits(), Ordering::Relaxed);
        }
    }

    pub(crate) fn lengths_ns(&self) -> impl Iterator<Item = u64> + '_ {
        self.windows.iter().map(|window| window.length_ns)
    }

    pub(crate) fn rounded(&self) -> u64 {
        self.rounded.load(Ordering::Relaxed)
    }
}
