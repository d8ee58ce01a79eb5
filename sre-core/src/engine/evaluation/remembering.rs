//! Pure. What an objective keeps beyond its process, and how the next process goes on from it.

use core::time::Duration;

use super::{Evaluator, past_of};
use crate::alert::{AlertState, inhibitor};
use crate::engine::absence::Absence;
#[cfg(any(test, sre_fuzz, feature = "test-util"))]
use crate::engine::absence::Downtime;
use crate::engine::account::Account;
use crate::engine::memory::{Added, AddedAside, KeptAside, KeptSight, KeptTier, Memory};
use crate::engine::past::Resumed;
use crate::engine::span::BudgetSpan;
use crate::units::EventCounts;
use crate::window::{Ladder, Tally, Tick};

/// What had been counted when something was last kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    units: Tally,
    calls: Tally,
    /// The same of what was set aside.
    aside: Option<(Tally, Tally)>,
    now_ns: u64,
    incidents: u64,
}

impl Evaluator {
    /// All that outlives the process.
    pub(crate) fn memory(&mut self) -> Memory {
        self.note_saved();
        Memory {
            past: self.past.kept(),
            period: self.span.kept(&self.past),
            tiers: self.kept_tiers(),
            sights: self.kept_sights(),
            incidents: self.incidents.kept(0),
            account: self.account.as_ref().map(|account| account.kept(&self.past)),
            aside: self.account.as_ref().and(self.past.aside()).map(KeptAside::of),
        }
    }

    /// Whether it does not know yet how long there was no process: then it is as old as what it goes on from.
    pub(crate) const fn is_doubting(&self) -> bool {
        self.past.is_doubting()
    }

    /// What has to be added to what was kept before; `None` when that is of no use, and all has to be kept anew: the
    /// first time, after the wall clock went back, and as long as that is not believed.
    pub(crate) fn added(&mut self) -> Option<Added> {
        let saved = self.saved.filter(|_| !self.is_doubting())?;
        let slots = |ladder: &Ladder, before| {
            let added = ladder.added(before, saved.now_ns).into_iter();
            added.map(|(at_ns, counts)| (at_ns, counts.into())).collect()
        };
        let added = Added {
            units: slots(self.past.units(), saved.units),
            calls: slots(self.past.calls(), saved.calls),
            line: self.past.line().kept(),
            slices: self.past.kept_slices(),
            estimate: self.past.estimate(),
            period: self.span.kept(&self.past),
            tiers: self.kept_tiers(),
            sights: self.kept_sights(),
            incidents: self.incidents.kept(saved.incidents),
            account: self.account.as_ref().map(|account| account.kept(&self.past)),
            aside: self.account.as_ref().and(self.past.aside()).zip(saved.aside).map(
                |(aside, (units, calls))| AddedAside {
                    units: slots(&aside.units, units),
                    calls: slots(&aside.calls, calls),
                },
            ),
        };
        self.note_saved();
        Some(added)
    }

    fn note_saved(&mut self) {
        let (units, calls) = (self.past.units().sum(), self.past.calls().sum());
        let aside = self.past.aside().map(|aside| (aside.units.sum(), aside.calls.sum()));
        let now_ns = self.past.line().now_ns();
        self.saved = Some(Saved { units, calls, aside, now_ns, incidents: self.incidents.ended_ever() });
    }

    fn kept_sights(&self) -> Vec<KeptSight> {
        let now = self.past.line().last();
        self.sights.iter().map(|sight| sight.kept(now)).collect()
    }

    fn kept_tiers(&self) -> Vec<KeptTier> {
        let tiers = self.derived.iter().zip(&self.tiers).zip(&self.report.tiers);
        tiers.map(|((tier, judge), report)| judge.kept(tier, report, &self.past)).collect()
    }

    /// Goes on at `tick`, the start of the process, from where an earlier one left off.
    #[cfg(any(test, sre_fuzz, feature = "test-util"))]
    pub(crate) fn resume(&mut self, memory: Memory, tick: Tick, downtime: Downtime) {
        self.resume_after(Absence::until(tick, downtime), memory, tick);
    }

    /// Goes on at `tick` from where an earlier process left off; what was counted and decided since this evaluator was
    /// made is forgotten, but for its exported counters.
    pub(crate) fn resume_after(&mut self, absence: Absence, memory: Memory, tick: Tick) {
        let Memory { past, period, tiers, sights, incidents, account, aside } = memory;
        let memory_ns = past.line.wall_ns();
        let left_off = Tick { wall_ns: past.line.now_ns(), elapsed_ns: tick.elapsed_ns };
        self.past = past_of(&self.objective, &self.derived, left_off);
        if let Ok(span) = BudgetSpan::new(self.objective.terms().period(), &self.past) {
            self.span = span;
        }
        self.past.take_over(past);
        let spans = account.iter().flat_map(|account| &account.exclusions).map(|(_, span)| *span);
        self.past.take_over_aside(spans.collect(), aside);
        if let Some(period) = period {
            self.span.take_over(period, &self.past);
        }
        let counted = self.past.raw_sum();
        self.incidents.resume(incidents, tick, counted);
        self.account = account.map(|account| Box::new(Account::take_over(account, &self.past)));
        let last_hour = self.past.last_hour();
        for part in absence.parts(memory_ns, tick) {
            let resumed = self.past.resume(part, last_hour);
            self.go_over(&resumed, part.until.elapsed_ns);
        }
        self.resume_alerts(&tiers, tick, counted);
        self.sights.iter_mut().for_each(|sight| sight.resume(&sights, tick));
        self.read_windows(EventCounts::ZERO);
        self.read_budget(EventCounts::ZERO);
        self.show_incidents();
        self.report.state = self.state();
    }

    /// Follows the wall clock over a time without a process that was doubted so far.
    pub(super) fn leap(&mut self, tick: Tick) {
        let resumed = self.past.leap(tick);
        self.go_over(&resumed, tick.elapsed_ns);
    }

    /// Lets a time without a process go by.
    fn go_over(&mut self, resumed: &Resumed, elapsed_ns: u64) {
        self.account.iter_mut().for_each(|account| account.relabel(resumed.relabel_ns()));
        self.incidents.go_over(Duration::from_nanos(resumed.absent_ns()));
        self.span.resume(resumed, elapsed_ns);
        // Nothing but an estimate came since, and slots may be long by now: some began before what is excluded.
        if self.past.estimated_until_ns() == resumed.now_ns() {
            self.set_aside_since(resumed.left_off_ns());
        }
        self.saved = None;
    }

    /// Tiers are known by their windows: those of another table begin anew.
    fn resume_alerts(&mut self, kept: &[KeptTier], tick: Tick, counted: Tally) {
        let tiers =
            self.derived.iter().zip(&mut self.tiers).zip(&mut self.report.tiers).zip(&mut self.states);
        for (((tier, judge), report), state) in tiers {
            judge.begin(counted);
            if let Some(kept) = kept.iter().find(|kept| kept.is_of(tier)) {
                judge.resume(kept, report, tick, counted);
                *state = judge.alarm().state();
            }
        }
        for (place, (judge, report)) in self.tiers.iter().zip(&mut self.report.tiers).enumerate() {
            let inhibited = inhibitor(place, &self.derived, &self.states).is_some();
            report.inhibited = inhibited && report.state == AlertState::Firing;
            report.notice = judge.alarm().notice();
            report.notices_withheld = judge.alarm().withheld();
        }
    }
}
