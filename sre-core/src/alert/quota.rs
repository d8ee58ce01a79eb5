//! Pure. How often one tier may disturb people.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::{AlertState, Transition};
use crate::units::saturating_nanos;

/// What becomes of a change of state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: told, withheld, or not worth telling")]
pub enum Notice {
    /// People are told.
    Told,
    /// People would be told, but the tier has disturbed them often enough; it is counted and shown.
    Withheld,
    /// It neither began nor stopped firing, or a more urgent tier tells the same.
    #[default]
    Quiet,
}

/// The notification budget of one tier: so many alerts at once, and one more each so often.
///
/// The hold keeps a tier from flapping within seconds; this keeps one that fires and clears all day from waking
/// people each time. A clear is told exactly when its alert was. No alert is lost: one that was withheld, or that a more
/// urgent one told, is told late if it still fires when there is room for it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::alert::{AlertState, Notice, NotifyQuota, Transition};
///
/// let mut quota = NotifyQuota::new(1, Duration::from_secs(3_600));
/// let change = |from, to, second| Transition { from, to, at: Duration::from_secs(second) };
/// assert_eq!(quota.take(change(AlertState::Ok, AlertState::Firing, 0)), Notice::Told);
/// assert_eq!(quota.take(change(AlertState::Firing, AlertState::Ok, 600)), Notice::Told);
/// assert_eq!(quota.take(change(AlertState::Ok, AlertState::Firing, 900)), Notice::Withheld);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyQuota {
    burst: u32,
    refill: Duration,
    left: u32,
    /// When the last alert was added that was not there from the start.
    refilled_at: Duration,
    /// What became of the last alert.
    last: Notice,
    withheld: u64,
}

/// Of a quota, what outlives the process: ages instead of times, since its clock does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptQuota {
    left: u32,
    refilled_ns: u64,
    last: Notice,
    withheld: u64,
}

impl NotifyQuota {
    /// Up to `burst` alerts at once, and one more each `refill`; a `burst` of zero withholds everything, a
    /// `refill` of zero nothing else.
    #[must_use]
    pub const fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill, left: burst, refilled_at: Duration::ZERO, last: Notice::Quiet, withheld: 0 }
    }

    /// What became of the last alert: whether people know of it.
    #[must_use]
    pub const fn last(&self) -> Notice {
        self.last
    }

    /// Alerts that were withheld so far, those that were told late among them.
    #[must_use]
    pub const fn withheld(&self) -> u64 {
        self.withheld
    }

    /// Takes an alert from the budget if the change begins one and there is one left.
    pub fn take(&mut self, change: Transition) -> Notice {
        if change.has_fired() {
            self.last = Notice::Quiet;
            self.tell(change.at)
        } else if change.has_cleared() {
            self.last
        } else {
            Notice::Quiet
        }
    }

    /// The same for a change of a tier while a more urgent one tells it: an alert that begins takes nothing.
    pub fn inhibit(&mut self, change: Transition) -> Notice {
        if change.has_fired() {
            self.last = Notice::Quiet;
        }
        if change.has_cleared() { self.last } else { Notice::Quiet }
    }

    /// Tells late, at `now`, of an alert that still fires and that nobody was told of, if there is room;
    /// [`Notice::Quiet`] when there is nothing to tell.
    pub fn catch_up(&mut self, state: AlertState, now: Duration) -> Notice {
        if state != AlertState::Firing || self.last == Notice::Told { Notice::Quiet } else { self.tell(now) }
    }

    /// What outlives the process, as of `now`.
    pub(crate) fn kept(&self, now: Duration) -> KeptQuota {
        let refilled_ns = saturating_nanos(now.saturating_sub(self.refilled_at));
        KeptQuota { left: self.left, refilled_ns, last: self.last, withheld: self.withheld }
    }

    /// Goes on as an earlier process left off.
    pub(crate) fn resume(&mut self, kept: KeptQuota, now: Duration) {
        self.left = kept.left.min(self.burst);
        self.refilled_at = now.saturating_sub(Duration::from_nanos(kept.refilled_ns));
        (self.last, self.withheld) = (kept.last, kept.withheld);
    }

    fn tell(&mut self, now: Duration) -> Notice {
        self.refill(now);
        let is_told = self.left > 0;
        self.left = self.left.saturating_sub(1);
        if !is_told && self.last != Notice::Withheld {
            self.withheld = self.withheld.saturating_add(1);
        }
        self.last = if is_told { Notice::Told } else { Notice::Withheld };
        self.last
    }

    fn refill(&mut self, now: Duration) {
        let waited = now.saturating_sub(self.refilled_at);
        let earned = waited.as_nanos().checked_div(self.refill.as_nanos()).unwrap_or(u128::MAX);
        let missing = self.burst - self.left;
        match u32::try_from(earned) {
            Ok(earned) if earned < missing => {
                self.left += earned;
                self.refilled_at = self.refilled_at.saturating_add(self.refill.saturating_mul(earned));
            }
            _ => (self.left, self.refilled_at) = (self.burst, now),
        }
        if now < self.refilled_at {
            self.refilled_at = now;
        }
    }
}

/// Four alerts at once, and one more each hour.
impl Default for NotifyQuota {
    fn default() -> Self {
        Self::new(4, Duration::from_secs(3_600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::AlertState::{Firing, Ok, Pending};

    /// Fires and clears at each of these minutes, and tells which alerts people heard of.
    fn heard(quota: &mut NotifyQuota, minutes: &[u64]) -> Vec<bool> {
        let at = |minute: &u64| Duration::from_secs(60 * minute);
        let notice = |minute| {
            let fired = quota.take(Transition { from: Pending, to: Firing, at: at(minute) });
            let cleared = quota.take(Transition { from: Firing, to: Ok, at: at(minute) });
            assert_eq!(fired, cleared, "a clear is told exactly when its alert was");
            fired == Notice::Told
        };
        minutes.iter().map(notice).collect()
    }

    #[test]
    fn a_burst_is_told_and_then_one_each_hour() {
        let mut quota = NotifyQuota::default();
        let minutes: Vec<u64> = (0..24).map(|ten| 1_000 + 10 * ten).collect();
        let told = heard(&mut quota, &minutes);
        let at = |index: usize| told[index];
        assert_eq!(told.iter().filter(|told| **told).count(), 4 + 3, "{told:?}");
        assert!(at(0) && at(3) && !at(4) && !at(5) && at(6) && !at(7) && at(12) && at(18));
        assert_eq!(quota.withheld(), 24 - 7);
    }

    #[test]
    fn a_quiet_day_fills_it_up_and_no_further() {
        let mut quota = NotifyQuota::default();
        assert_eq!(heard(&mut quota, &[0, 0, 0, 0, 0]), [true, true, true, true, false]);
        assert_eq!(heard(&mut quota, &[10_000; 5]), [true, true, true, true, false]);
    }

    /// An alert that fires from minute 0 to 100, beside one that spent the budget; the minutes that are told, and how.
    fn told_while_firing(mut quota: NotifyQuota, is_inhibited: impl Fn(u64) -> bool) -> Vec<(u64, Notice)> {
        let at = |minute: u64| Duration::from_secs(60 * minute);
        let change = |from, to, minute| Transition { from, to, at: at(minute) };
        let step = |minute| match minute {
            0 if is_inhibited(0) => quota.inhibit(change(Ok, Firing, 0)),
            0 => quota.take(change(Ok, Firing, 0)),
            100 => quota.take(change(Firing, Ok, 100)),
            _ if is_inhibited(minute) => Notice::Quiet,
            _ => quota.catch_up(Firing, at(minute)),
        };
        let told: Vec<_> = (0..=100).map(step).collect();
        assert_eq!(quota.catch_up(Ok, at(1_000)), Notice::Quiet, "it is over");
        (0..).zip(told).filter(|(_, notice)| *notice == Notice::Told).collect()
    }

    #[test]
    fn an_alert_that_goes_on_is_told_when_there_is_room_for_it() {
        let hourly = NotifyQuota::new(1, Duration::from_secs(3_600));
        let told = |minutes: [u64; 2]| minutes.map(|minute| (minute, Notice::Told));
        assert_eq!(told_while_firing(hourly, |_| false), told([0, 100]));
        let mut spent = hourly;
        spent.take(Transition { from: Ok, to: Firing, at: Duration::ZERO });
        spent.take(Transition { from: Firing, to: Ok, at: Duration::ZERO });
        assert_eq!(told_while_firing(spent, |_| false), told([60, 100]));
        assert_eq!(told_while_firing(hourly, |minute| minute < 30), told([30, 100]));
        assert_eq!(told_while_firing(hourly, |_| true), [], "nobody heard of it, so nobody hears of its end");
        assert_eq!(told_while_firing(NotifyQuota::new(0, Duration::from_secs(1)), |_| false), []);
    }

    #[test]
    fn an_alert_that_is_withheld_is_counted_once() {
        let mut quota = NotifyQuota::new(0, Duration::from_secs(3_600));
        quota.take(Transition { from: Ok, to: Firing, at: Duration::ZERO });
        for second in 1..100 {
            assert_eq!(quota.catch_up(Firing, Duration::from_secs(second)), Notice::Withheld);
        }
        assert_eq!((quota.withheld(), quota.last()), (1, Notice::Withheld));
    }

    #[test]
    fn what_is_neither_alert_nor_clear_is_quiet_and_free() {
        let mut quota = NotifyQuota::new(1, Duration::from_secs(60));
        let before = quota;
        assert_eq!(quota.take(Transition { from: Ok, to: Pending, at: Duration::ZERO }), Notice::Quiet);
        assert_eq!(quota, before);
    }

    #[test]
    fn the_edges_withhold_everything_or_nothing() {
        assert_eq!(heard(&mut NotifyQuota::new(0, Duration::ZERO), &[0, 1, 2]), [false; 3]);
        assert_eq!(heard(&mut NotifyQuota::new(1, Duration::ZERO), &[0, 0, 0]), [true; 3]);
        assert_eq!(heard(&mut NotifyQuota::new(2, Duration::MAX), &[0, 9, 9_999]), [true, true, false]);
    }

    #[test]
    fn a_clock_that_steps_back_earns_nothing_and_loses_nothing() {
        let mut quota = NotifyQuota::new(1, Duration::from_secs(3_600));
        assert_eq!(heard(&mut quota, &[10_000, 100, 159, 160]), [true, false, false, true]);
    }
}
