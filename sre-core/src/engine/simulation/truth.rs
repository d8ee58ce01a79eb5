//! What an objective must remember: one that was never interrupted, and was told the same.

use std::collections::BTreeSet;

use super::books::{Books, Range};
use crate::alert::{AlertState, Incident, MeanTimes};
use crate::engine::{Evaluator, Input};
use crate::report::ObjectiveReport;
use crate::slo::{Booking, EntryId, Objective};
use crate::units::EventCounts;
use crate::window::Tick;

/// The least and the most that an objective may remember. They differ where a failing disk may or may not have kept
/// something.
#[derive(Clone, Debug)]
struct Bounds {
    least: Evaluator,
    most: Evaluator,
    books: Books,
}

#[derive(Debug)]
pub(super) struct Truth {
    slo: &'static str,
    now: Bounds,
    /// As of the last durable flush.
    durable: Bounds,
    /// Whether nobody could notice any restart so far, so that alerts are the same, too. What was lost makes them differ
    /// for longer than windows have it: when they began and what they cost is kept, and how much was observed decides
    /// how much traffic is enough for them.
    is_seamless: bool,
    /// Whether events are in the same slots, so that all windows are the same and not only the period.
    knows_slots: bool,
    /// Whether both are on the same day, so that anything is the same.
    knows_day: bool,
    /// Whether both know the same entries.
    knows_entries: bool,
    /// Whether anything was ever booked, so that the period depends on slots, too.
    has_booked: bool,
    /// The wall clock of the last tick.
    told_ns: u64,
    /// All that ever happened.
    ever: EventCounts,
    /// What happened since the day is unknown, and of that what is durable.
    since: EventCounts,
    durable_since: EventCounts,
}

impl Truth {
    pub(super) fn new(slo: &'static str, objective: Objective, start: Tick) -> Self {
        let evaluator = Evaluator::new("checkout", slo, objective, start).unwrap();
        let now = Bounds { least: evaluator.clone(), most: evaluator, books: Books::default() };
        Self {
            slo,
            durable: now.clone(),
            now,
            is_seamless: true,
            knows_slots: true,
            knows_day: true,
            knows_entries: true,
            has_booked: false,
            told_ns: start.wall_ns,
            ever: EventCounts::ZERO,
            since: EventCounts::ZERO,
            durable_since: EventCounts::ZERO,
        }
    }

    pub(super) const fn slo(&self) -> &'static str {
        self.slo
    }

    pub(super) fn tick(&mut self, tick: Tick, delta: EventCounts, ended: u64) {
        let input = Input { delta, ended, ..Input::default() };
        self.now.least.tick(tick, input);
        self.now.most.tick(tick, input);
        self.now.books.count(self.told_ns, tick.wall_ns, delta);
        self.told_ns = tick.wall_ns;
        self.ever += delta;
        self.since += delta;
    }

    /// Another process goes on that counted this since an instant, in the slots in which it came.
    pub(super) fn relieve(&mut self, since_ns: u64, tick: Tick, delta: EventCounts) {
        self.has_seam();
        self.told_ns = since_ns;
        self.tick(tick, delta, 0);
        self.forget_slots();
    }

    /// Somebody booked this.
    pub(super) fn book(&mut self, booking: Booking) {
        self.has_booked = true;
        self.now.books.post(booking);
        self.now.keep_to_books();
    }

    pub(super) fn in_force(&self) -> impl Iterator<Item = &Booking> {
        self.now.books.in_force()
    }

    /// Keeps to the entries that a process has: those that were durable, and after a failure of the disk some more.
    pub(super) fn keep_to(&mut self, ledger: &[Booking]) {
        let left: Vec<&Booking> = ledger.iter().filter(|entry| **entry.slo() == *self.slo).collect();
        let lost: Vec<&Booking> =
            self.durable.books.entries().filter(|entry| !left.contains(entry)).collect();
        assert!(lost.is_empty(), "{}: entries are lost: {lost:?}", self.slo);
        self.now.books.keep(&left);
        assert_eq!(ids(left), ids(self.now.books.entries()), "{}", self.slo);
        self.now.keep_to_books();
    }

    pub(super) fn note_durable(&mut self) {
        self.durable = self.now.clone();
        self.durable_since = self.since;
    }

    /// The process ended in some other way than in order, and what came after the last durable flush is lost: for
    /// certain, or perhaps.
    pub(super) fn lose_tail(&mut self, is_certain: bool) {
        self.since = self.durable_since;
        if is_certain {
            self.now = self.durable.clone();
        } else {
            self.now.least = self.durable.least.clone();
            self.now.books.doubt_since(&self.durable.books);
            self.knows_entries &= self.durable.books.entries().eq(self.now.books.entries());
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
        self.leave_month();
    }

    /// What happened so far may be further away than a month.
    pub(super) const fn leave_month(&mut self) {
        self.since = EventCounts::ZERO;
        self.durable_since = EventCounts::ZERO;
    }

    /// Whether anything is known beside what happened since the day is not.
    pub(super) const fn knows_day(&self) -> bool {
        self.knows_day
    }

    /// Compares everything that is known; returns whether that was all there is.
    pub(super) fn check(&self, report: &ObjectiveReport, exported: EventCounts) -> bool {
        let (least, most) = (self.now.least.latest(), self.now.most.latest());
        assert_eq!(report.exported, exported, "{}: counters of the process", self.slo);
        for window in &report.windows {
            check_counts(window.counts, EventCounts::ZERO, self.ever, &window.text);
        }
        if !self.knows_day {
            // Whatever day it is now, what came since is in the same month.
            if !self.has_booked && self.slo != "checkout-month" {
                check_counts(report.counts, self.since, self.ever, "what came since");
            }
            return false;
        }
        if !self.knows_entries || (self.has_booked && !self.knows_slots) {
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

impl Truth {
    /// Compares the period with what it must be by the books, which go by the clock of the wall: it was never set back.
    pub(super) fn audit(&self, report: &ObjectiveReport) {
        let ledger = report.ledger.as_deref();
        let entries = ledger.map(|ledger| &*ledger.entries).unwrap_or_default();
        assert_eq!(ids(entries), ids(self.in_force()), "{}", self.slo);
        let check = |counts, Range { least, most }, what| check_counts(counts, least, most, what);
        check(
            ledger.map_or(report.counts, |ledger| ledger.counts_raw),
            self.now.books.raw(),
            "the period without the ledger",
        );
        check(report.counts, self.now.books.judged(), "the period by the ledger");
    }
}

impl Bounds {
    fn keep_to_books(&mut self) {
        let Self { least, most, books } = self;
        [least, most].into_iter().for_each(|evaluator| evaluator.keep_to(books.in_force()));
    }
}

/// In no order: those of two processes are put together by when they were booked.
fn ids<'a>(entries: impl IntoIterator<Item = &'a Booking>) -> BTreeSet<EntryId> {
    entries.into_iter().map(Booking::id).collect()
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
