//! Pure. How often one tier may disturb people.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::Transition;

/// What becomes of a change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: told, withheld, or not worth telling")]
pub enum Notice {
    /// People are told.
    Told,
    /// People would be told, but the tier has disturbed them often enough; it is counted and shown.
    Withheld,
    /// It neither began nor stopped firing.
    Quiet,
}

/// The notification budget of one tier: so many alerts at once, and one more each so often.
///
/// The hold keeps a tier from flapping within seconds; this keeps one that fires and clears all day from waking
/// people each time. A clear is told exactly when its alert was.
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
    is_told: bool,
    withheld: u64,
}

impl NotifyQuota {
    /// Up to `burst` alerts at once, and one more each `refill`; a `burst` of zero withholds everything, a
    /// `refill` of zero nothing else.
    #[must_use]
    pub const fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill, left: burst, refilled_at: Duration::ZERO, is_told: false, withheld: 0 }
    }

    /// Alerts that were withheld so far.
    #[must_use]
    pub const fn withheld(&self) -> u64 {
        self.withheld
    }

    /// Takes an alert from the budget if the change begins one and there is one left.
    pub fn take(&mut self, change: Transition) -> Notice {
        if change.has_fired() {
            self.refill(change.at);
            self.is_told = self.left > 0;
            self.left = self.left.saturating_sub(1);
            self.withheld = self.withheld.saturating_add(u64::from(!self.is_told));
        } else if !change.has_cleared() {
            return Notice::Quiet;
        }
        if self.is_told { Notice::Told } else { Notice::Withheld }
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
