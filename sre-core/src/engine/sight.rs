//! Pure. Whether one objective sees enough of what happens: one alert for each severity of its tiers.

use core::time::Duration;

use super::alarm::Alarm;
use super::memory::KeptSight;
use super::past::Past;
use crate::alert::{AlertState, DerivedTier, Level, Pair, is_blind};
use crate::slo::{Period, Severity, TierSource};
use crate::units::EventCounts;
use crate::window::Tick;

/// Fewest calls in a window before it tells whether an objective sees.
const ENDED_MIN: u64 = 10;

/// The window for whom no tier can reach.
const USUAL: Duration = Duration::from_secs(300);

/// The windows of calls that tell whether an objective sees: the short ones of its tiers, by whom they reach.
///
/// Where none of those that reach the most urgent can fire, or there are no tiers at all, five minutes stand in.
pub(super) fn windows(
    tiers: &[DerivedTier],
    wanted: TierSource,
    period: Period,
) -> Vec<(Severity, Duration)> {
    let most_urgent = most_urgent(wanted);
    let mut windows: Vec<_> = tiers.iter().map(|tier| (tier.severity(), tier.short())).collect();
    if windows.iter().all(|(severity, _)| *severity != most_urgent) {
        windows.push((most_urgent, USUAL.min(period.length())));
    }
    windows
}

/// Whom the tiers that somebody asked for reach, those that cannot fire included; nobody when there are none.
fn most_urgent(wanted: TierSource) -> Severity {
    match wanted {
        TierSource::Derived(_) => Severity::Page,
        TierSource::Explicit(tiers) => {
            tiers.iter().map(|tier| tier.severity()).max().unwrap_or(Severity::Log)
        }
    }
}

/// The alert of blindness of one severity, from all of its windows.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    severity: Severity,
    /// Places of its windows among the calls.
    places: Vec<usize>,
    alarm: Alarm,
}

impl Sight {
    /// One for each severity of `windows`, the most urgent first. Each holds for its shortest window.
    pub(super) fn all(windows: &[(Severity, Duration)], past: &Past) -> Vec<Self> {
        let of = |severity: Severity| {
            let own = || windows.iter().filter(move |window| window.0 == severity).map(|window| window.1);
            own().min().map(|hold| Self {
                severity,
                places: own().map(|window| past.calls().place(window)).collect(),
                alarm: Alarm::new(hold),
            })
        };
        let mut all: Vec<Self> =
            [Severity::Page, Severity::Ticket, Severity::Log].into_iter().filter_map(of).collect();
        all.shrink_to_fit();
        all
    }

    /// Looks at all windows and takes the next step.
    pub(super) fn step(&mut self, past: &Past, now: Duration) {
        let is_blind = self.calls(past).any(|calls| is_blind(calls.good(), calls.bad()));
        self.alarm.step(Self::pair(is_blind), now);
    }

    /// Calls that ended in each of its windows: judged ones as good, the others as bad.
    pub(super) fn calls<'a>(&'a self, past: &'a Past) -> impl Iterator<Item = EventCounts> + 'a {
        self.places.iter().map(|place| past.calls().counts(*place))
    }

    /// What its alert is told.
    pub(super) const fn pair(is_blind: bool) -> Pair {
        let level = if is_blind { Level::Above } else { Level::Below };
        Pair { long: level, short: level }
    }

    /// Whether enough calls ended to tell.
    pub(super) fn can_tell(&self, past: &Past) -> bool {
        self.places.iter().any(|place| past.calls().counts(*place).total() >= ENDED_MIN)
    }

    /// What outlives the process.
    pub(super) fn kept(&self, now: Tick) -> KeptSight {
        KeptSight { severity: self.severity, alarm: self.alarm.kept(Duration::from_nanos(now.elapsed_ns)) }
    }

    /// Goes on as an earlier process left off.
    pub(super) fn resume(&mut self, kept: &[KeptSight], now: Tick) {
        if let Some(own) = kept.iter().find(|kept| kept.severity == self.severity) {
            self.alarm.resume(own.alarm, Duration::from_nanos(now.elapsed_ns));
        }
    }

    pub(super) const fn severity(&self) -> Severity {
        self.severity
    }

    pub(super) fn is_blind(&self) -> bool {
        self.alarm.state() == AlertState::Firing
    }

    pub(super) const fn alarm(&self) -> &Alarm {
        &self.alarm
    }

    pub(super) const fn alarm_mut(&mut self) -> &mut Alarm {
        &mut self.alarm
    }
}
