//! Pure. One alert over time, and whether people are told of its changes.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::alert::{self, AlertState, KeptAlert, KeptQuota, Notice, NotifyQuota, Pair, TierAlert};

/// The state of an alert and how often it may disturb people.
#[derive(Clone, Debug)]
pub(super) struct Alarm {
    alert: TierAlert,
    quota: NotifyQuota,
    /// What the last step changed.
    change: Option<alert::Transition>,
}

/// Of an alarm, what outlives the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptAlarm {
    pub(super) alert: KeptAlert,
    quota: KeptQuota,
}

/// Something worth a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// The state before; the same as after when an alert is told late.
    pub(super) from: AlertState,
    pub(super) notice: Notice,
}

impl Alarm {
    /// An alert that is ok and holds for `hold`.
    pub(super) fn new(hold: Duration) -> Self {
        Self { alert: TierAlert::new(hold), quota: NotifyQuota::default(), change: None }
    }

    /// Takes the next step; what comes of it is [told](Self::tell) once all alerts beside it have taken theirs.
    pub(super) fn step(&mut self, pair: Pair, now: Duration) {
        self.change = self.alert.step(pair, now);
    }

    /// What there is to tell of the last step, beside a more urgent alert that tells the same or not.
    pub(super) fn tell(&mut self, is_inhibited: bool, now: Duration) -> Option<Telling> {
        match self.change {
            Some(change) if is_inhibited => {
                Some(Telling { from: change.from, notice: self.quota.inhibit(change) })
            }
            Some(change) => Some(Telling { from: change.from, notice: self.quota.take(change) }),
            None if is_inhibited => None,
            None => {
                let notice = self.quota.catch_up(self.state(), now);
                (notice == Notice::Told).then_some(Telling { from: AlertState::Firing, notice })
            }
        }
    }

    /// Whether it stays as it is, and nobody is told late, if the windows say `pair` until then.
    #[cfg(feature = "test-util")]
    pub(super) fn holds(&self, pair: Pair, until: Duration, is_inhibited: bool) -> bool {
        let waits_to_tell =
            self.state() == AlertState::Firing && !is_inhibited && self.notice() != Notice::Told;
        !waits_to_tell && self.alert.clone().step(pair, until).is_none()
    }

    /// What outlives the process, as of `now`.
    pub(super) fn kept(&self, now: Duration) -> KeptAlarm {
        KeptAlarm { alert: self.alert.kept(now), quota: self.quota.kept(now) }
    }

    /// Goes on as an earlier process left off.
    pub(super) fn resume(&mut self, kept: KeptAlarm, now: Duration) {
        self.alert.resume(kept.alert, now);
        self.quota.resume(kept.quota, now);
        self.change = None;
    }

    pub(super) const fn state(&self) -> AlertState {
        self.alert.state()
    }

    /// What became of the last alert.
    pub(super) const fn notice(&self) -> Notice {
        self.quota.last()
    }

    /// Alerts that were withheld so far.
    pub(super) const fn withheld(&self) -> u64 {
        self.quota.withheld()
    }
}
