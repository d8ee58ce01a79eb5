//! Cold. What an engine remembers of earlier processes, and gives to those to come.

use core::time::Duration;

use super::State;
use crate::engine::archive::{Archive, Page, Starts};
use crate::engine::flusher::{Ask, Pages};
use crate::engine::keeper::Keeper;
use crate::engine::memory::Downtime;
use crate::error::Error;
use crate::primitive::Arc;
use crate::registry::Counters;
use crate::report::StateReport;
use crate::sli::series::Series;
use crate::sli::{Outcome, Sli};
use crate::slo::Objective;
use crate::window::Tick;

/// The name of the SLI that counts starts of the service.
const STARTS: &str = "process.starts";

/// Crashes within ten minutes that are called a loop.
const CRASH_LOOP: usize = 3;

/// From when on no objective of the start is expected any more.
const SETTLED_NS: u64 = 600_000_000_000;

impl State {
    /// Goes on from what was found in the state directory, objective by objective as they appear.
    ///
    /// Returns whether this start follows a crash.
    pub(in crate::engine) fn remember(&mut self, downtime: Downtime, archive: Archive) -> bool {
        let mut archive = archive;
        let lost = self.ledger.merge(core::mem::take(&mut archive.ledger));
        lost.told().for_each(|problem| self.note_problem(problem));
        let mut keeper = Keeper::new(downtime);
        let now_ns = self.started.wall_ns;
        self.note_downtime(&archive, now_ns);
        let crashed = keeper.take_in(archive, now_ns);
        self.note_crashes(keeper.starts(), now_ns);
        self.keeper = Some(keeper);
        crashed
    }

    /// Adds what is found in the state directory once another process has let go of it.
    pub(in crate::engine) fn take_over(&mut self, mut archive: Archive, now: Tick) {
        let Self { keeper: Some(keeper), units, ledger, .. } = self else { return };
        let lost = ledger.merge(core::mem::take(&mut archive.ledger));
        keeper.take_in(archive, now.wall_ns);
        self.resumed += units.iter_mut().map(|unit| unit.take_over(keeper, ledger, now)).sum::<u64>();
        units.iter_mut().for_each(|unit| unit.keep_to(ledger));
        lost.told().for_each(|problem| self.note_problem(problem));
    }

    fn note_downtime(&mut self, archive: &Archive, now_ns: u64) {
        self.downtime = archive.left_off_ns().map(|ns| Duration::from_nanos(now_ns.saturating_sub(ns)));
    }

    fn note_crashes(&mut self, starts: &Starts, now_ns: u64) {
        let crashes = starts.crashes_lately(now_ns / 1_000_000_000);
        if crashes >= CRASH_LOOP {
            self.note_problem(format!(
                "the service crashed {crashes} times within ten minutes: look at what it logged before it ended"
            ));
        }
    }

    /// Counts this start as an event of an SLI of its own: bad if it follows a crash.
    pub(in crate::engine) fn judge_starts(
        &mut self,
        objective: Objective,
        crashed: bool,
    ) -> Result<(), Error> {
        let sli = Sli::new(STARTS).objective(objective);
        let series = Arc::new(Series::new(sli.definition().settings(self.clock.clone())));
        self.add(*sli.definition(), Counters::One(Arc::clone(&series)), self.started)?;
        series.record(if crashed { Outcome::Error } else { Outcome::Ok }, 0);
        Ok(())
    }

    /// What has to be written; `None` without a state directory.
    pub(in crate::engine) fn pages(&mut self, ask: Ask) -> Option<Pages> {
        let Self { keeper: Some(keeper), units, age, ledger, .. } = self else { return None };
        if ask.ended {
            keeper.end();
        }
        let (fresh, shrunk) = ledger.take_fresh();
        let is_booked = shrunk || !fresh.is_empty();
        let mut page = Page { ended: ask.ended, ledger: fresh, ..Page::default() };
        let numbered = (0..).zip(&mut *units);
        let added = numbered.map(|(number, unit)| unit.added(&mut page, age.moment(number)));
        let lacking = added.filter(|is_all| !is_all).count();
        let mut surplus = 0;
        let archive = (ask.all || lacking > 0 || is_booked).then(|| {
            let mut archive = keeper.archive();
            let numbered = (0..).zip(units);
            numbered.for_each(|(number, unit)| unit.kept(&mut archive, age.moment(number)));
            archive.ledger = ledger.clone();
            surplus = archive.leave_out_surplus();
            archive
        });
        if self.last.elapsed_ns.saturating_sub(self.started.elapsed_ns) > SETTLED_NS {
            keeper.settle();
        }
        if surplus > 0 {
            self.note_problem(format!("durations of {surplus} SLIs find no room in the state directory"));
        }
        Some(Pages { page, archive })
    }

    /// Shows how the state directory is doing.
    pub(in crate::engine) fn show_state(&mut self, report: StateReport) {
        let starts = self.keeper.as_ref().map(|keeper| keeper.starts().clone()).unwrap_or_default();
        self.health.state = Some(Arc::new(StateReport {
            resumed: self.resumed,
            starts: starts.count,
            starts_after_crash: starts.after_crash,
            downtime: self.downtime,
            ..report
        }));
    }
}
