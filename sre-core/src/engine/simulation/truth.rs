//! What an objective must remember: one that was never interrupted, and was told the same.

use crate::alert::{AlertState, Incident, MeanTimes};
use crate::engine::{Evaluator, Input};
use crate::report::ObjectiveReport;
use crate::slo::Objective;
use crate::units::EventCounts;
use crate::window::Tick;

/// The least and the most that an objective may remember. They differ where a failing disk may or may not have kept
/// something.
#[derive(Clone, Debug)]
struct Bounds {
    least: Evaluator,
    most: Evaluator,
}

#[derive(Debug)]
pub(super) struct Truth {
    slo: &'static str,
    now: Bounds,
    /// As of the last durable flush.
    durable: Bounds,
    /// Whether nobody could notice any restart so far, so that alerts are the same, too.
    is_seamless: bool,
    /// Whether events are in the same slots, so that all windows are the same and not only the period.
    knows_slots: bool,
    /// Whether both are on the same day, so that anything is the same.
    knows_day: bool,
    /// All that ever happened.
    ever: EventCounts,
}

impl Truth {
    pub(super) fn new(slo: &'static str, objective: Objective, start: Tick) -> Self {
        let evaluator = Evaluator::new("checkout", slo, objective, start).unwrap();
        let now = Bounds { least: evaluator.clone(), most: evaluator };
        Self {
            slo,
            durable: now.clone(),
            now,
            is_seamless: true,
            knows_slots: true,
            knows_day: true,
            ever: EventCounts::ZERO,
        }
    }

    pub(super) const fn slo(&self) -> &'static str {
        self.slo
    }

    pub(super) fn tick(&mut self, tick: Tick, delta: EventCounts, ended: u64) {
        let input = Input { delta, ended, ..Input::default() };
        self.now.least.tick(tick, input);
        self.now.most.tick(tick, input);
        self.ever += delta;
    }

    pub(super) fn note_durable(&mut self) {
        self.durable = self.now.clone();
    }

    /// The process ended in some other way than in order, and what came after the last durable flush is lost: for
    /// certain, or perhaps.
    pub(super) fn lose_tail(&mut self, is_certain: bool) {
        if is_certain {
            self.now = self.durable.clone();
        } else {
            self.now.least = self.durable.least.clone();
        }
    }

    /// Somebody can notice the restart.
    pub(super) const fn has_seam(&mut self) {
        self.is_seamless = false;
    }

    /// A step of the clock was lost with the tail.
    pub(super) const fn forget_slots(&mut self) {
        self.knows_slots = false;
    }

    /// The process ended before it believed its clock, and the next one began to doubt anew.
    pub(super) const fn forget_day(&mut self) {
        self.knows_day = false;
    }

    /// Compares everything that is known; returns whether that was all there is.
    pub(super) fn check(&self, report: &ObjectiveReport, exported: EventCounts) -> bool {
        let (least, most) = (self.now.least.latest(), self.now.most.latest());
        assert_eq!(report.exported, exported, "{}: counters of the process", self.slo);
        for window in &report.windows {
            check_counts(window.counts, EventCounts::ZERO, self.ever, &window.text);
        }
        if !self.knows_day {
            return false;
        }
        check_counts(report.counts, least.counts, most.counts, "the period");
        if self.knows_slots {
            for ((window, least), most) in report.windows.iter().zip(&least.windows).zip(&most.windows) {
                check_counts(window.counts, least.counts, most.counts, &window.text);
            }
        }
        if self.is_seamless {
            assert_eq!(alerts(report), alerts(most), "{}", self.slo);
            assert_eq!(report.budget, most.budget, "{}", self.slo);
        }
        self.is_seamless
    }
}

#[track_caller]
fn check_counts(counts: EventCounts, least: EventCounts, most: EventCounts, what: &str) {
    let is_within = |of: fn(EventCounts) -> u64| (of(least)..=of(most)).contains(&of(counts));
    assert!(
        is_within(EventCounts::good) && is_within(EventCounts::bad),
        "{what}: {counts:?}, must be from {least:?} to {most:?}"
    );
}

/// Of each tier its state and since when; the incidents, and what they amount to.
fn alerts(report: &ObjectiveReport) -> (Vec<(AlertState, u64)>, Vec<Incident>, MeanTimes) {
    let tiers = report.tiers.iter().map(|tier| (tier.state, tier.since_wall_ns)).collect();
    let incidents = report.incidents.iter().chain(&report.incident);
    let incidents = incidents.map(|incident| Incident { interrupted: false, ..*incident }).collect();
    (tiers, incidents, report.mean_times)
}
