//! Pure. Whether a change of one tier is worth disturbing people for.

use crate::alert::{Notice, NotifyQuota, Transition};

/// The notification budget of one tier, spent only by alerts that nobody more urgent speaks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices {
    quota: NotifyQuota,
    /// Whether the alert that fires now was inhibited when it began.
    is_silenced: bool,
}

impl Notices {
    /// What becomes of a change; `is_inhibited` says whether a more urgent tier fires.
    ///
    /// A clear is told exactly when its alert was, whatever fires by then.
    pub(super) fn take(&mut self, change: Transition, is_inhibited: bool) -> Notice {
        if change.has_fired() {
            self.is_silenced = is_inhibited;
        }
        let is_alert = change.has_fired() || change.has_cleared();
        if is_alert && self.is_silenced { Notice::Withheld } else { self.quota.take(change) }
    }

    /// Alerts that were withheld because the tier had disturbed people often enough.
    pub(super) const fn withheld(&self) -> u64 {
        self.quota.withheld()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::alert::AlertState::{self, Firing, Ok, Pending};

    fn change(from: AlertState, to: AlertState) -> Transition {
        Transition { from, to, at: Duration::ZERO }
    }

    #[test]
    fn an_alert_that_was_silenced_clears_in_silence_and_costs_nothing() {
        let mut notices = Notices::default();
        for _ in 0..10 {
            assert_eq!(notices.take(change(Pending, Firing), true), Notice::Withheld);
            assert_eq!(notices.take(change(Firing, Pending), false), Notice::Withheld);
        }
        assert_eq!(notices.withheld(), 0);
        assert_eq!(notices.take(change(Ok, Pending), true), Notice::Quiet);
        for _ in 0..4 {
            assert_eq!(notices.take(change(Pending, Firing), false), Notice::Told);
            assert_eq!(notices.take(change(Firing, Ok), true), Notice::Told, "whatever fires by then");
        }
        assert_eq!(notices.take(change(Pending, Firing), false), Notice::Withheld);
        assert_eq!(notices.withheld(), 1);
    }
}
