//! Cold. What an engine remembers of earlier processes, and gives to those to come.

use core::time::Duration;

use super::State;
use crate::engine::absence::{Absence, Downtime};
use crate::engine::archive::{Archive, Page, Starts};
use crate::engine::draft::Draft;
use crate::engine::keeper::Keeper;
use crate::engine::scribe::{Ask, Pages};
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

/// How many these are, [`StateReport::durations_left_out`] tells: a problem is noted once.
const NO_ROOM: &str =
    "durations of some SLIs find no room in the state directory: judge fewer SLIs in one process";

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
        let now_ns = self.started.wall_ns;
        let left_off_ns = archive.left_off_ns();
        self.downtime = left_off_ns.map(|ns| Duration::from_nanos(now_ns.saturating_sub(ns)));
        left_off_ns.iter().for_each(|ns| self.age.doubt(*ns));
        let absence = Absence::new(downtime, left_off_ns.unwrap_or(0), self.started);
        let mut keeper = Keeper::new(absence, &self.age);
        let crashed = keeper.take_in(archive, absence);
        self.note_crashes(keeper.starts(), now_ns);
        self.keeper = Some(keeper);
        crashed
    }

    /// Adds what is found in the state directory once another process has let go of it.
    pub(in crate::engine) fn take_over(&mut self, mut archive: Archive, now: Tick) {
        let Self { keeper: Some(keeper), units, ledger, age, .. } = self else { return };
        let lost = ledger.merge(core::mem::take(&mut archive.ledger));
        let left_off_ns = archive.left_off_ns().unwrap_or(0);
        let absence = Absence::new(Downtime::Unknown, left_off_ns, now).believed(age.is_clock_believed());
        keeper.take_in(archive, absence);
        self.resumed += units.iter_mut().map(|unit| unit.take_over(keeper, ledger, now)).sum::<u64>();
        units.iter_mut().for_each(|unit| unit.keep_to(ledger));
        lost.told().for_each(|problem| self.note_problem(problem));
    }

    fn note_crashes(&mut self, starts: &Starts, now_ns: u64) {
        let crashes = starts.crashes_lately(now_ns / 1_000_000_000);
        if crashes >= CRASH_LOOP {
            self.note_problem(format!(
                "the service crashed {crashes} times within ten minutes: look at what it logged before it \
                 ended, or, if it ends as it should, call `Engine::shutdown` at the end"
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
        let is_settled =
            ask.ended || self.last.elapsed_ns.saturating_sub(self.started.elapsed_ns) > SETTLED_NS;
        let is_rid = is_settled && keeper.settle();
        let (fresh, shrunk) = ledger.take_fresh();
        let is_booked = shrunk || !fresh.is_empty();
        let life = keeper.starts().count;
        let mut page = Page { ended: ask.ended, ledger: fresh, life, ..Page::default() };
        let numbered = (0..).zip(&mut *units);
        let added = numbered.map(|(number, unit)| unit.added(&mut page, age.moment(number)));
        let lacking = added.filter(|is_all| !is_all).count();
        let all = (ask.all || lacking > 0 || is_booked || is_rid).then(|| {
            let mut draft = Draft::new(ledger.clone(), keeper.durations_bytes_max());
            let numbered = (0..).zip(units);
            numbered.for_each(|(number, unit)| unit.kept(&mut draft, age.moment(number)));
            keeper.complete(&mut draft.archive);
            draft
        });
        Some(Pages { page, all })
    }

    /// Whether what is remembered was handed out a last time: nothing that comes later outlives the process.
    pub(in crate::engine) fn has_ended(&self) -> bool {
        self.keeper.as_ref().is_some_and(Keeper::has_ended)
    }

    /// Notes of how many SLIs the durations found no room in what was written.
    pub(in crate::engine) fn note_left_out(&mut self, slis: u64) {
        self.durations_left_out = slis;
        if slis > 0 {
            self.note_problem(NO_ROOM.to_owned());
        }
    }

    /// Shows how the state directory is doing.
    pub(in crate::engine) fn show_state(&mut self, report: StateReport) {
        let starts = self.keeper.as_ref().map(|keeper| keeper.starts().clone()).unwrap_or_default();
        self.health.state = Some(Arc::new(StateReport {
            resumed: self.resumed,
            starts: starts.count,
            starts_after_crash: starts.after_crash,
            downtime: self.downtime,
            durations_left_out: self.durations_left_out,
            ..report
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Source};
    use crate::engine::state::now;
    use crate::engine::ticker::Arrival;

    /// A state with these SLIs, of which the last hours are known.
    fn state(slis: &[&'static str], archive: Archive) -> State {
        let clock = ManualClock::at_unix_seconds(1_700_000_000);
        let source = Source::Other(Arc::new(clock.clone()));
        let mut state = State::new(source.clone(), Arc::from("shop"), false, now(&source));
        state.remember(Downtime::Unknown, archive);
        for name in slis {
            let sli = Sli::new(name).objective(Objective::availability(0.999));
            let sli = state.sli(sli.definition(), now(&source)).unwrap();
            (0..2_000).for_each(|ms| sli.record(Outcome::Ok, Duration::from_millis(ms)));
        }
        for _ in 0..4 {
            clock.advance(Duration::from_secs(10));
            state.tick(now(&source), Arrival::default(), Duration::ZERO);
        }
        state
    }

    fn all(state: &mut State) -> Archive {
        let pages = state.pages(Ask { all: true, ended: false }).unwrap();
        let (archive, left_out) = pages.all.unwrap().finish();
        state.note_left_out(left_out);
        archive
    }

    #[test]
    fn where_there_is_little_room_durations_of_slis_that_are_gone_give_way() {
        let told =
            |archive: &Archive| archive.durations.iter().map(|kept| kept.sli.clone()).collect::<Vec<_>>();
        let earlier = all(&mut state(&["gone"], Archive::default()));
        let mut state = state(&["one", "two"], earlier.clone());
        let archive = all(&mut state);
        assert_eq!(told(&archive), ["one", "two", "gone"]);
        let bytes: Vec<_> = archive.durations.iter().map(|kept| kept.hours.bytes()).collect();
        assert!(bytes.iter().all(|bytes| *bytes > 100), "{bytes:?}");

        for (room, kept, left_out) in [
            (bytes[0] + bytes[1] + bytes[2], &["one", "two", "gone"][..], 0),
            (bytes[0] + bytes[1] + bytes[2] - 1, &["one", "two"], 1),
            (bytes[0], &["one"], 2),
            (0, &[], 3),
        ] {
            state.keeper.as_mut().unwrap().set_durations_bytes_max(room);
            assert_eq!(told(&all(&mut state)), kept);
            assert_eq!(state.durations_left_out, left_out);
        }
        assert_eq!(state.health().degraded, [NO_ROOM], "told once");
    }
}
