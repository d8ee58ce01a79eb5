//! Pure. A goal is a ratio between two subjects of one run.

use super::Results;

/// What a subject of ours is compared with.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Rival {
    /// The fastest of these, in the same group at the same number of threads.
    Best(&'static [&'static str]),
    /// A subject at its own group and number of threads.
    At(&'static str, &'static str, usize),
}

/// A ratio to reach.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// What is measured, as the table says it.
    pub work: &'static str,
    /// The group of our subject.
    pub group: &'static str,
    /// Our subject.
    pub ours: &'static str,
    /// Threads of our subject.
    pub threads: usize,
    /// What it is compared with.
    pub rival: Rival,
    /// The largest ratio that meets the goal.
    pub ratio_max: f64,
}

/// A goal beside what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Nanoseconds of ours.
    pub ours_ns: f64,
    /// The rival that was compared with.
    pub rival: &'static str,
    /// Nanoseconds of the rival.
    pub rival_ns: f64,
    /// Ours divided by the rival's.
    pub ratio: f64,
    /// Whether the ratio is within the goal.
    pub met: bool,
    /// Whether other programs took so much of the machine that several threads may not have met.
    pub busy: bool,
}

/// Threads that had less than this share of the cores did not run side by side.
const SHARE_MIN: f64 = 0.8;

impl Goal {
    /// Judges the goal; `None` when one of both did not run.
    #[must_use]
    pub fn judge(&self, results: &Results) -> Option<Judged> {
        let ours = results.find(self.group, self.ours, self.threads)?;
        let rival = match self.rival {
            Rival::Best(names) => names
                .iter()
                .filter_map(|name| results.find(self.group, name, self.threads))
                .min_by(|a, b| a.median().total_cmp(&b.median()))?,
            Rival::At(group, name, threads) => results.find(group, name, threads)?,
        };
        let ratio = ours.median() / rival.median();
        Some(Judged {
            ours_ns: ours.median(),
            rival: rival.name,
            rival_ns: rival.median(),
            ratio,
            met: ratio <= self.ratio_max,
            busy: ours.threads > 1 && ours.share() < SHARE_MIN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Timing;

    const GOAL: Goal = Goal {
        work: "record",
        group: "record",
        ours: "ours",
        threads: 1,
        rival: Rival::Best(&["slow", "fast", "absent"]),
        ratio_max: 0.5,
    };

    fn results(ours: f64) -> Results {
        let mut results = Results::default();
        for (name, ns) in [("ours", ours), ("slow", 9.0), ("fast", 4.0)] {
            results.extend([Timing::new("record", name, 1, vec![ns])]);
        }
        results
    }

    #[test]
    fn the_best_rival_that_ran_is_the_measure_and_the_boundary_is_met() {
        let judged = GOAL.judge(&results(2.0)).unwrap();
        assert_eq!((judged.rival, judged.ratio, judged.met), ("fast", 0.5, true));
        assert!(!GOAL.judge(&results(2.1)).unwrap().met);
    }

    #[test]
    fn a_goal_without_its_subjects_is_not_judged() {
        assert_eq!(GOAL.judge(&Results::default()), None);
    }
}
