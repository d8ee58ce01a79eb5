//! Pure. The state machine of one alert tier.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::DerivedTier;
use crate::units::saturating_nanos;

/// Which windows of a tier are above its factor: what the errors are doing.
///
/// Ordered by concern, so the worst of several is their maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: two windows, each above or not")]
pub enum Trend {
    /// Neither window is above.
    #[default]
    Calm,
    /// Only the long one is above: the errors have stopped and are not forgotten yet.
    Recovering,
    /// Only the short one is above: the errors have begun and are not significant yet.
    Starting,
    /// Both are above.
    Burning,
}

impl Trend {
    /// The word used in labels and logs: `calm`, `recovering`, `starting`, `burning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Recovering => "recovering",
            Self::Starting => "starting",
            Self::Burning => "burning",
        }
    }
}

/// Where one window stands against the factor of its tier.
///
/// Ordered from low to high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: two thresholds make three bands")]
pub enum Level {
    /// At most 0.9 of the factor, or no data: a tier that fires may let go.
    #[default]
    Below,
    /// Between 0.9 of the factor and the factor, or above it with a guard in the way: nothing changes.
    Between,
    /// Above the factor.
    Above,
}

/// What both windows of a tier say at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: a tier has two windows")]
pub struct Pair {
    /// The window that gives significance.
    pub long: Level,
    /// The window that lets go.
    pub short: Level,
}

impl Pair {
    /// Which of the windows are above the factor.
    #[must_use]
    pub const fn trend(self) -> Trend {
        match (self.long, self.short) {
            (Level::Above, Level::Above) => Trend::Burning,
            (Level::Above, _) => Trend::Recovering,
            (_, Level::Above) => Trend::Starting,
            _ => Trend::Calm,
        }
    }

    /// Whether a tier that fires may let go: one of the windows has fallen to 0.9 of the factor.
    #[must_use]
    pub const fn is_clear(self) -> bool {
        matches!(self.long, Level::Below) || matches!(self.short, Level::Below)
    }
}

/// The state of a tier, with the value of the gauge `sre_alert_state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature, and a value on the wire")]
#[repr(u8)]
pub enum AlertState {
    /// Neither window is above the factor.
    #[default]
    Ok = 0,
    /// One of the two windows is above.
    Pending = 1,
    /// Both are, or were a moment ago.
    Firing = 2,
}

impl AlertState {
    /// The word used in status and logs: `ok`, `pending`, `firing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// A change of state, at the time given to [`TierAlert::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: from, to and when")]
pub struct Transition {
    /// The state before.
    pub from: AlertState,
    /// The state after, which differs.
    pub to: AlertState,
    /// When.
    pub at: Duration,
}

impl Transition {
    /// Whether the tier began to fire.
    #[must_use]
    pub fn has_fired(self) -> bool {
        self.to == AlertState::Firing
    }

    /// Whether the tier stopped firing.
    #[must_use]
    pub fn has_cleared(self) -> bool {
        self.from == AlertState::Firing
    }
}

/// The state of one tier over time.
///
/// It fires as soon as both windows are above the factor. It lets go when one of them has stayed at or below
/// 0.9 of the factor for the hold, one short window unless said otherwise; so it fires at least that long and
/// does not flap.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sre_core::alert::{AlertState, Level, Pair, TierAlert};
///
/// let mut alert = TierAlert::new(Duration::from_secs(300));
/// let outage = Pair { long: Level::Above, short: Level::Above };
/// let fired = alert.step(outage, Duration::from_secs(52)).ok_or("no change")?;
/// assert_eq!(fired.to, AlertState::Firing);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierAlert {
    hold: Duration,
    state: AlertState,
    since: Option<Duration>,
    /// While firing: the last time that neither window was clear.
    burned_at: Duration,
}

/// Of a tier's state, what outlives the process: ages instead of times, since its clock does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAlert {
    state: AlertState,
    age_ns: Option<u64>,
    quiet_ns: u64,
}

impl KeptAlert {
    /// Whether its state is the same as that of another, or worse.
    pub(crate) fn is_as_bad_as(self, other: Self) -> bool {
        self.state >= other.state
    }
}

impl TierAlert {
    /// A tier that is ok and holds for `hold` after it has cleared.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        Self { hold, state: AlertState::Ok, since: None, burned_at: Duration::ZERO }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> AlertState {
        self.state
    }

    /// Since when it has been in this state; `None` before the first change.
    #[must_use]
    pub const fn since(&self) -> Option<Duration> {
        self.since
    }

    /// Takes in what the windows say `now`, a time since any fixed origin.
    ///
    /// Costs nanoseconds. A clock that steps back restarts the hold, and lengthens nothing else.
    pub fn step(&mut self, pair: Pair, now: Duration) -> Option<Transition> {
        let state = if self.keeps_firing(pair, now) { AlertState::Firing } else { settled(pair.trend()) };
        if state == self.state {
            return None;
        }
        let change = Transition { from: self.state, to: state, at: now };
        (self.state, self.since, self.burned_at) = (state, Some(now), now);
        Some(change)
    }

    /// What outlives the process, as of `now`.
    pub(crate) fn kept(&self, now: Duration) -> KeptAlert {
        let ago = |at: Duration| saturating_nanos(now.saturating_sub(at));
        KeptAlert { state: self.state, age_ns: self.since.map(ago), quiet_ns: ago(self.burned_at) }
    }

    /// Goes on as an earlier process left off.
    pub(crate) fn resume(&mut self, kept: KeptAlert, now: Duration) {
        let ago = |age_ns| now.saturating_sub(Duration::from_nanos(age_ns));
        (self.state, self.since) = (kept.state, kept.age_ns.map(ago));
        self.burned_at = ago(kept.quiet_ns);
    }

    fn keeps_firing(&mut self, pair: Pair, now: Duration) -> bool {
        if self.state != AlertState::Firing {
            return false;
        }
        if !pair.is_clear() || now < self.burned_at {
            self.burned_at = now;
        }
        now.saturating_sub(self.burned_at) < self.hold || !pair.is_clear()
    }
}

/// The state of a tier that does not have to keep firing.
const fn settled(trend: Trend) -> AlertState {
    match trend {
        Trend::Burning => AlertState::Firing,
        Trend::Starting | Trend::Recovering => AlertState::Pending,
        Trend::Calm => AlertState::Ok,
    }
}

/// The number of the firing tier that makes the one at `place` needless, if there is one.
///
/// A tier that is inhibited keeps its state and is shown, but reaches nobody. `states` belong to `tiers`, in
/// their order; all are of one objective.
#[must_use]
pub fn inhibitor(place: usize, tiers: &[DerivedTier], states: &[AlertState]) -> Option<u8> {
    let own = tiers.get(place)?;
    let firing = tiers.iter().zip(states).filter(|(_, state)| **state == AlertState::Firing);
    firing.map(|(tier, _)| tier).find(|tier| tier.inhibits(own)).map(DerivedTier::number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::derive_tiers;
    use crate::slo::{Period, TierSource};
    use crate::units::Target;

    const HOLD: u64 = 300;

    const fn pair(long: Level, short: Level) -> Pair {
        Pair { long, short }
    }

    const BURNING: Pair = pair(Level::Above, Level::Above);
    const RECOVERING: Pair = pair(Level::Above, Level::Below);
    const CALM: Pair = pair(Level::Below, Level::Below);

    /// Steps through `(second, pair)` and gives back the changes as `(second, state)`.
    fn run(steps: &[(u64, Pair)]) -> Vec<(u64, AlertState)> {
        let mut alert = TierAlert::new(Duration::from_secs(HOLD));
        let step = |(second, pair): &(u64, Pair)| alert.step(*pair, Duration::from_secs(*second));
        steps.iter().filter_map(step).map(|change| (change.at.as_secs(), change.to)).collect()
    }

    #[test]
    fn each_pair_of_windows_has_its_trend() {
        use Level::{Above, Below, Between};
        for (long, short, trend) in [
            (Above, Above, Trend::Burning),
            (Above, Between, Trend::Recovering),
            (Above, Below, Trend::Recovering),
            (Between, Above, Trend::Starting),
            (Below, Above, Trend::Starting),
            (Between, Between, Trend::Calm),
            (Below, Below, Trend::Calm),
        ] {
            assert_eq!(pair(long, short).trend(), trend, "{long:?} {short:?}");
        }
    }

    #[test]
    fn one_window_makes_it_pending_and_both_make_it_fire() {
        let starting = pair(Level::Below, Level::Above);
        assert_eq!(
            run(&[(0, CALM), (1, starting), (2, starting), (3, BURNING)]),
            [(1, AlertState::Pending), (3, AlertState::Firing)]
        );
    }

    #[test]
    fn it_lets_go_one_hold_after_the_last_second_that_was_not_clear() {
        assert_eq!(
            run(&[
                (0, BURNING),
                (50, BURNING),
                (51, RECOVERING),
                (349, RECOVERING),
                (350, RECOVERING),
                (400, CALM)
            ]),
            [(0, AlertState::Firing), (350, AlertState::Pending), (400, AlertState::Ok)]
        );
    }

    #[test]
    fn it_fires_for_at_least_the_hold() {
        assert_eq!(
            run(&[(10, BURNING), (11, CALM), (309, CALM), (310, CALM)]),
            [(10, AlertState::Firing), (310, AlertState::Ok)]
        );
    }

    #[test]
    fn between_the_clear_factor_and_the_factor_nothing_changes() {
        let between = pair(Level::Above, Level::Between);
        assert_eq!(run(&[(0, BURNING), (1, between), (9_999, between)]), [(0, AlertState::Firing)]);
        assert_eq!(run(&[(0, between), (9_999, between)]), [(0, AlertState::Pending)]);
    }

    #[test]
    fn errors_that_come_back_within_the_hold_do_not_flap() {
        let flapping: Vec<_> = (0..100).map(|i| (i * 200, if i % 2 == 0 { BURNING } else { CALM })).collect();
        assert_eq!(run(&flapping), [(0, AlertState::Firing)]);
    }

    #[test]
    fn a_clock_that_steps_back_only_restarts_the_hold() {
        assert_eq!(
            run(&[(5_000, BURNING), (5_001, CALM), (1_000, CALM), (1_299, CALM), (1_300, CALM)]),
            [(5_000, AlertState::Firing), (1_300, AlertState::Ok)]
        );
    }

    #[test]
    fn without_a_hold_it_lets_go_at_once() {
        let mut alert = TierAlert::new(Duration::ZERO);
        assert!(alert.step(BURNING, Duration::ZERO).is_some_and(Transition::has_fired));
        assert_eq!(alert.step(BURNING, Duration::from_secs(1)), None);
        assert!(alert.step(CALM, Duration::from_secs(2)).is_some_and(Transition::has_cleared));
        assert_eq!(alert.since(), Some(Duration::from_secs(2)));
    }

    #[test]
    fn firing_tiers_silence_the_needless_ones() {
        use AlertState::{Firing, Ok, Pending};
        let tiers = derive_tiers(Period::default(), TierSource::default(), Target::new(0.999));
        let inhibitors =
            |states: [AlertState; 4]| [0, 1, 2, 3].map(|place| inhibitor(place, &tiers, &states));
        assert_eq!(inhibitors([Firing; 4]), [None, Some(1), Some(1), Some(1)]);
        assert_eq!(inhibitors([Pending, Firing, Firing, Ok]), [None, None, Some(2), Some(2)]);
        assert_eq!(inhibitors([Ok, Pending, Firing, Firing]), [None, None, None, Some(3)]);
        assert_eq!(inhibitor(9, &tiers, &[Firing; 4]), None);
    }
}
