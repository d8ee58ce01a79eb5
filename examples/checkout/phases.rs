//! Pure. What goes wrong when: four phases share the time of a run, and say what becomes of each call.

use std::time::Duration;

/// A stretch of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Healthy,
    Regression,
    Outage,
    Recovery,
}

impl Phase {
    pub(crate) const ALL: [Self; 4] = [Self::Healthy, Self::Regression, Self::Outage, Self::Recovery];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Regression => "latency regression",
            Self::Outage => "outage",
            Self::Recovery => "recovery",
        }
    }

    /// Its share of the run in percent. The recovery is longest: a page lets go only when its short window has
    /// forgotten the outage, and has stayed calm for as long again.
    const fn percent(self) -> u32 {
        match self {
            Self::Healthy => 20,
            Self::Regression => 15,
            Self::Outage => 25,
            Self::Recovery => 40,
        }
    }

    /// How many of a thousand calls go wrong, and how.
    const fn faults(self) -> Faults {
        match self {
            Self::Healthy | Self::Recovery => Faults { failing: 2, hanging: 0, slow: 2 },
            Self::Regression => Faults { failing: 2, hanging: 0, slow: 800 },
            Self::Outage => Faults { failing: 850, hanging: 50, slow: 50 },
        }
    }
}

/// How many of a thousand calls meet each fate; the rest go well.
#[derive(Clone, Copy, Debug)]
struct Faults {
    failing: u64,
    hanging: u64,
    slow: u64,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Well,
    Slow,
    Fails,
    /// No answer before the caller gives up.
    Hangs,
}

/// The plan of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    length: Duration,
    faults: bool,
}

impl Script {
    pub(crate) const fn new(length: Duration, faults: bool) -> Self {
        Self { length, faults }
    }

    pub(crate) const fn length(&self) -> Duration {
        self.length
    }

    /// The phase at this time of the run; the last one goes on for ever. Without faults all is healthy.
    pub(crate) fn phase(&self, elapsed: Duration) -> Phase {
        if !self.faults {
            return Phase::Healthy;
        }
        let begun = |phase: &Phase| self.begins(*phase) <= elapsed;
        Phase::ALL.into_iter().rev().find(begun).unwrap_or(Phase::Healthy)
    }

    /// When a phase begins.
    pub(crate) fn begins(&self, phase: Phase) -> Duration {
        let before = Phase::ALL.into_iter().take_while(|earlier| *earlier != phase);
        self.length * before.map(Phase::percent).sum::<u32>() / 100
    }

    /// What becomes of call `number` at this time of the run.
    pub(crate) fn fate(&self, elapsed: Duration, number: u64) -> Fate {
        if !self.faults {
            return Fate::Well;
        }
        let faults = self.phase(elapsed).faults();
        let drawn = draw(number, 1_000);
        if drawn < faults.failing {
            Fate::Fails
        } else if drawn < faults.failing + faults.hanging {
            Fate::Hangs
        } else if drawn < faults.failing + faults.hanging + faults.slow {
            Fate::Slow
        } else {
            Fate::Well
        }
    }
}

/// A number below `below` that looks random, the same in every run.
///
/// Multiples of the golden ratio are spread evenly, so that even few calls have the shares asked for.
pub(crate) const fn draw(number: u64, below: u64) -> u64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let fraction = number.wrapping_add(1).wrapping_mul(GOLDEN) >> 32;
    (fraction * below) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_phases_share_the_whole_run() {
        assert_eq!(Phase::ALL.into_iter().map(Phase::percent).sum::<u32>(), 100);
        let script = Script::new(seconds(20), true);
        assert_eq!(Phase::ALL.map(|phase| script.begins(phase).as_secs()), [0, 4, 7, 12]);
        for (at, phase) in [
            (0, Phase::Healthy),
            (3, Phase::Healthy),
            (4, Phase::Regression),
            (7, Phase::Outage),
            (99, Phase::Recovery),
        ] {
            assert_eq!(script.phase(seconds(at)), phase, "at {at} s");
        }
    }

    #[test]
    fn fates_have_their_shares() {
        let script = Script::new(seconds(20), true);
        let count = |at, fate| (0..1_000).filter(|call| script.fate(seconds(at), *call) == fate).count();
        for (at, fate, expected) in [
            (0, Fate::Well, 996),
            (5, Fate::Slow, 800),
            (9, Fate::Fails, 850),
            (9, Fate::Hangs, 50),
            (13, Fate::Fails, 2),
        ] {
            assert!(
                count(at, fate).abs_diff(expected) <= 2,
                "{} of a thousand {fate:?} at {at} s",
                count(at, fate)
            );
        }
    }

    #[test]
    fn without_faults_everything_goes_well() {
        let script = Script::new(seconds(20), false);
        assert!((0..20_000).all(|call| script.fate(seconds(call / 1_000), call) == Fate::Well));
    }
}
