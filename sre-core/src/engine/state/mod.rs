//! Cold. What an engine keeps between ticks: the SLIs it judges, and its own health.

mod booking;
mod remembering;

use core::time::Duration;
use std::collections::HashMap;

use crate::alert::LintLevel;
use crate::clock::Source;
use crate::engine::age::{Age, Moment};
use crate::engine::builder::Selection;
use crate::engine::keeper::Keeper;
use crate::engine::looks::Looks;
use crate::engine::rotation::Rotation;
use crate::engine::shares::Shares;
use crate::engine::ticker::Arrival;
use crate::engine::unit::{Blanks, Unit};
use crate::error::Error;
use crate::histogram::Snapshot;
use crate::primitive::Arc;
use crate::registry::{self, Counters, Entry};
use crate::report::{EngineReport, Refill, Report, SliReport, TransitionReport};
use crate::sli::series::Series;
use crate::sli::{Definition, Labels, Sli, SliFamily};
use crate::slo::Ledger;
use crate::window::Tick;

/// Everything that changes from tick to tick.
#[derive(Debug)]
pub(super) struct State {
    clock: Source,
    started: Tick,
    statics: Option<Statics>,
    units: Vec<Unit>,
    /// Where among them the SLI of a name is.
    places: HashMap<&'static str, usize>,
    blanks: Blanks,
    /// Which SLI has an objective of this name.
    slos: HashMap<Arc<str>, &'static str>,
    health: EngineReport,
    /// The last report and those before it that can be filled again.
    reports: Rotation<Report>,
    /// Stands where a report has no histogram yet.
    empty: Arc<Snapshot>,
    transitions: Vec<TransitionReport>,
    last: Tick,
    age: Age,
    looks: Looks,
    paused: bool,
    strict: bool,
    retired: bool,
    /// What people booked.
    ledger: Ledger,
    /// What an earlier process remembered, if there is a state directory.
    keeper: Option<Keeper>,
    /// Objectives that went on from there.
    resumed: u64,
    /// SLIs whose durations found no room when all was kept last.
    durations_left_out: u64,
    /// How long there was no process before this one.
    downtime: Option<Duration>,
}

/// The process's own SLIs, for the default engine.
#[derive(Debug)]
struct Statics {
    selection: Selection,
    known: usize,
    conflicts_known: usize,
}

impl State {
    pub(super) fn new(clock: Source, service: Arc<str>, strict: bool, started: Tick) -> Self {
        Self {
            clock,
            started,
            reports: Rotation::new(Report::blank(service)),
            empty: Arc::default(),
            statics: None,
            units: Vec::new(),
            places: HashMap::new(),
            blanks: Blanks::default(),
            slos: HashMap::new(),
            health: EngineReport::default(),
            transitions: Vec::new(),
            last: started,
            age: Age::new(started),
            looks: Looks::default(),
            paused: false,
            strict,
            retired: false,
            ledger: Ledger::default(),
            keeper: None,
            resumed: 0,
            durations_left_out: 0,
            downtime: None,
        }
    }

    /// Makes this engine the one that judges the process's statics.
    ///
    /// What they counted so far stays in their counters and is not judged. A conflict is only one if the engine is
    /// to judge that name.
    pub(super) fn adopt_statics(&mut self, selection: Selection) -> Result<(), Error> {
        self.statics = Some(Statics { selection, known: 0, conflicts_known: 0 });
        registry::collect();
        if let Some(conflict) = self.new_conflicts().into_iter().next() {
            return Err(conflict);
        }
        let started = self.started;
        self.new_entries().into_iter().try_for_each(|entry| {
            let mut unit = self.unit(entry.definition, entry.counters, started)?;
            unit.forget_the_past();
            self.admit(unit, started)
        })
    }

    /// What an engine makes of an SLI that it does not judge yet.
    fn unit(&mut self, definition: Definition, counters: Counters, now: Tick) -> Result<Unit, Error> {
        definition.check()?;
        let unit = Unit::new(definition, counters, &mut self.blanks, now)?;
        if let Some((slo, first)) = unit.slos().find_map(|slo| Some((slo, self.slos.get(slo)?))) {
            let (slo, first) = ((**slo).into(), (*first).into());
            return Err(Error::SloTaken { slo, first, second: definition.name().into() });
        }
        Ok(unit)
    }

    /// Judges a unit from now on, as it was judged by an earlier process. What is questionable about its objectives is
    /// told, or refused when strict.
    fn admit(&mut self, mut unit: Unit, now: Tick) -> Result<(), Error> {
        let hopeless = |finding: &crate::report::Finding| finding.lint.level() == LintLevel::Error;
        if let Some(finding) = unit.findings().find(|finding| self.strict && hopeless(finding)) {
            return Err(Error::WakesNobody {
                slo: (*finding.slo).into(),
                advice: finding.lint.to_string().into(),
            });
        }
        if let Some(keeper) = &mut self.keeper {
            self.resumed += unit.resume(keeper, now);
        }
        self.health.findings.extend(unit.findings());
        self.slos.extend(unit.slos().map(|slo| (Arc::clone(slo), unit.definition().name())));
        unit.counters().set_recording(!self.paused);
        self.places.insert(unit.definition().name(), self.units.len());
        self.units.push(unit);
        Ok(())
    }

    /// Judges the statics that came since the last look, from their first event on.
    fn adopt_new(&mut self, now: Tick) {
        for entry in self.new_entries() {
            // A handle of this engine's may have been first.
            if self
                .judged(entry.definition.name())
                .is_some_and(|unit| unit.counters().is_same(&entry.counters))
            {
                continue;
            }
            let adopted = match self.judged(entry.definition.name()) {
                Some(unit) => Err(unit.definition().conflict(&entry.definition)),
                None => {
                    self.unit(entry.definition, entry.counters, now).and_then(|unit| self.admit(unit, now))
                }
            };
            if let Err(error) = adopted {
                self.note_problem(error.to_string());
            }
        }
        for conflict in self.new_conflicts() {
            self.note_problem(conflict.to_string());
        }
    }

    fn judged(&self, name: &str) -> Option<&Unit> {
        self.units.get(*self.places.get(name)?)
    }

    /// Statics of the selection that came since the last look.
    fn new_entries(&mut self) -> Vec<Entry> {
        let Some(statics) = &mut self.statics else { return Vec::new() };
        let entries = registry::entries_after(statics.known);
        statics.known += entries.len();
        entries.into_iter().filter(|entry| statics.selection.contains(entry.definition.name())).collect()
    }

    /// Conflicts of names of the selection that came since the last look.
    fn new_conflicts(&mut self) -> Vec<Error> {
        let Some(statics) = &mut self.statics else { return Vec::new() };
        let conflicts = registry::conflicts_after(statics.conflicts_known);
        statics.conflicts_known += conflicts.len();
        let concerns = |error: &Error| match error {
            Error::Conflict { name, .. } => statics.selection.contains(name),
            _ => true,
        };
        conflicts.into_iter().filter(concerns).collect()
    }

    /// The handle on an SLI of this engine, made if there is none of this name yet. In the default engine it counts
    /// with the static of the same definition.
    pub(super) fn sli(&mut self, definition: &Definition, now: Tick) -> Result<Sli, Error> {
        self.adopt_new(now);
        if let Some(unit) = self.judged(definition.name()) {
            return match unit.counters() {
                Counters::One(series) if unit.definition().is_same(definition) => {
                    Ok(Sli::on(*definition, Arc::clone(series)))
                }
                _ => Err(unit.definition().conflict(definition)),
            };
        }
        definition.check()?;
        let series = match self.statics {
            Some(_) => registry::try_register(definition)?,
            None => Arc::new(Series::new(definition.settings(self.clock.clone()))),
        };
        self.add(*definition, Counters::One(Arc::clone(&series)), now)?;
        Ok(Sli::on(*definition, series))
    }

    /// The same for a family.
    pub(super) fn family<L: Labels>(
        &mut self,
        family: &SliFamily<L>,
        now: Tick,
    ) -> Result<SliFamily<L>, Error> {
        self.adopt_new(now);
        let definition = family.definition();
        let fresh = Arc::new(family.family(self.clock.clone()));
        if let Some(unit) = self.judged(definition.name()) {
            return match unit.counters() {
                Counters::Family(members) if members.is_same(&fresh) => Ok(family.on(Arc::clone(members))),
                _ => Err(unit.definition().conflict(definition)),
            };
        }
        definition.check()?;
        let members = match self.statics {
            Some(_) => registry::try_register_family(&fresh)?,
            None => fresh,
        };
        self.add(*definition, Counters::Family(Arc::clone(&members)), now)?;
        Ok(family.on(members))
    }

    /// Judges an SLI that somebody asked for; what it counted before stays unjudged.
    fn add(&mut self, definition: Definition, counters: Counters, now: Tick) -> Result<(), Error> {
        let mut unit = self.unit(definition, counters, now)?;
        unit.forget_the_past();
        self.admit(unit, now)
    }

    /// One step at `now`: reads all counters, judges all objectives. `spent` is what the last one took.
    pub(super) fn tick(&mut self, now: Tick, arrival: Arrival, spent: Duration) -> Arc<Report> {
        // Of two threads that tick at once, the later one may come first.
        let now = if now.elapsed_ns < self.last.elapsed_ns { self.last } else { now };
        self.last = now;
        self.age.advance(now);
        self.adopt_new(now);
        self.transitions.clear();
        self.health.ticks += 1;
        self.health.ticks_late += u64::from(arrival.late);
        self.health.tick_lag = arrival.lag;
        self.health.tick_duration = spent;
        let called = self.looks.begin_tick(self.units.len());
        called.for_each(|sli| self.units.get_mut(sli).into_iter().for_each(Unit::call));
        let objectives = self.units.iter().map(Unit::objectives).sum();
        let mut shares = Shares::of(self.units.len(), objectives);
        self.report(now, Stock::Now, |turn| {
            turn.unit.tick(now, &mut shares.forecasts);
            turn.unit.transitions(turn.transitions);
            if turn.unit.is_due(turn.moment.interval) && shares.intervals.is_left() {
                shares.intervals.take();
                turn.let_go();
                turn.unit.end_interval(turn.number, turn.moment, turn.looks);
            } else {
                turn.unit.answer(turn.number, turn.moment, turn.looks);
            }
        })
    }

    /// The last evaluation with fresh counters and histograms.
    pub(super) fn collect(&mut self, now: Tick) -> Arc<Report> {
        self.report(now, Stock::AsOfTick, |turn| {
            turn.let_go();
            turn.unit.refresh();
        })
    }

    /// The last evaluation with fresh counters and classic buckets.
    pub(super) fn collect_buckets(&mut self, now: Tick) -> Arc<Report> {
        self.report(now, Stock::AsOfTick, |turn| turn.unit.refresh_buckets())
    }

    /// Lets `step` bring one SLI after the other up to date, and reports on each while it is at hand.
    fn report(&mut self, now: Tick, stock: Stock, mut step: impl FnMut(&mut Turn<'_>)) -> Arc<Report> {
        let started_unix_ns = self.counters_started_ns();
        // Before the first tick there is none to tell of.
        let takes_stock = stock == Stock::Now || self.health.ticks == 0;
        let Self { units, reports, health, transitions, empty, age, looks, keeper, ledger, resumed, .. } =
            self;
        reports.turn(|report| {
            let (mut sums, mut filled, mut silent) = (Sums::default(), 0, false);
            for (number, unit) in units.iter_mut().enumerate() {
                unit.adopt(now);
                if let Some(keeper) = keeper {
                    keeper.follow(age);
                    *resumed += unit.resume(keeper, now);
                }
                unit.keep_to(ledger);
                let first = filled;
                filled += unit.rows();
                let missing = filled.saturating_sub(report.slis.len());
                report.slis.extend((0..missing).map(|_| SliReport::blank(empty)));
                let rows = report.slis.get_mut(first..filled).unwrap_or_default();
                let moment = age.moment(number as u64);
                let mut turn = Turn { number, moment, looks, unit, rows, transitions, empty };
                step(&mut turn);
                turn.unit.report(now, turn.rows);
                if takes_stock {
                    sums.add(turn.unit);
                }
                silent |= turn.rows.iter().any(SliReport::is_silent);
            }
            report.slis.truncate(filled);
            if silent && units.iter().any(|unit| !unit.is_untouched()) {
                report.slis.iter_mut().for_each(SliReport::tell_silence);
            }
            if takes_stock {
                sums.tell(health);
            }
            // Pages of histograms have to be counted for it, which takes as long as the rest of a tick.
            if takes_stock && (health.ticks % BYTES_EVERY == 1 || health.ticks == 0) {
                let series = units.iter().flat_map(Unit::series);
                health.series_bytes = series.map(|series| series.bytes() as u64).sum();
            }
            if let Some(state) = health.state.as_mut().filter(|state| state.resumed != *resumed) {
                Arc::make_mut(state).resumed = *resumed;
            }
            health.ledger_entries = ledger.entries().len() as u64;
            health.ledger_entries_handed_over = ledger.handed_over();
            report.at_unix_ns = self.last.wall_ns;
            report.started_unix_ns = started_unix_ns;
            report.uptime =
                Duration::from_nanos(self.last.elapsed_ns.saturating_sub(self.started.elapsed_ns));
            report.transitions.clone_from(transitions);
            report.engine.refill(health);
        });
        Arc::clone(self.reports.latest())
    }

    /// The engine's own health, without a look at the SLIs.
    pub(super) fn health(&self) -> &EngineReport {
        &self.health
    }

    /// Those of statics begin with the first of them, which may be used before an engine starts.
    fn counters_started_ns(&self) -> u64 {
        let first = self.statics.as_ref().and_then(|_| registry::started_ns());
        first.map_or(self.started.wall_ns, |first_ns| first_ns.min(self.started.wall_ns))
    }

    /// Switches recording for all SLIs of this engine, those to come included.
    pub(super) fn set_paused(&mut self, paused: bool) {
        if self.retired {
            return;
        }
        self.paused = paused;
        self.health.paused = paused;
        if let Some(statics) = &self.statics {
            let selection = statics.selection.clone();
            registry::withhold(paused.then(|| Box::new(move |name: &str| selection.contains(name)) as _));
            // Those that came since the last tick are not judged yet.
            let mut waiting = registry::entries_after(statics.known);
            waiting.retain(|entry| statics.selection.contains(entry.definition.name()));
            waiting.iter().for_each(|entry| entry.counters.set_recording(!paused));
        }
        self.units.iter().for_each(|unit| unit.counters().set_recording(!paused));
    }

    /// Notes what does not work as configured, for status; once.
    pub(super) fn note_problem(&mut self, problem: String) {
        if !self.health.degraded.contains(&problem) {
            self.health.degraded.push(problem);
        }
    }

    pub(super) fn note_panic(&mut self) {
        self.health.panics += 1;
    }

    /// Tells handlers that nobody judges any more, and lets SLIs record; once. Returns whether this was the time.
    pub(super) fn retire(&mut self) -> bool {
        if self.retired {
            return false;
        }
        if self.paused {
            self.set_paused(false);
        }
        self.units.iter().for_each(Unit::retire);
        self.retired = true;
        true
    }
}

/// Of when the engine's health is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stock {
    Now,
    AsOfTick,
}

/// What the engine's health adds up over all series.
#[derive(Debug, Default)]
struct Sums {
    series: u64,
    clamped: u64,
    batches_clamped: u64,
    saturated: u64,
    rounded: u64,
    refused: u64,
}

impl Sums {
    fn add(&mut self, unit: &Unit) {
        for series in unit.series() {
            self.series += 1;
            self.clamped = self.clamped.saturating_add(series.clamped());
            self.batches_clamped += series.batches_clamped();
        }
        self.batches_clamped += unit.ticks_clamped();
        self.saturated += unit.saturated();
        self.rounded += unit.rounded();
        self.refused += unit.refused();
    }

    fn tell(&self, health: &mut EngineReport) {
        health.series = self.series;
        health.durations_clamped = self.clamped;
        health.batches_clamped = self.batches_clamped;
        health.series_saturated = self.saturated;
        health.windows_rounded = self.rounded;
        health.series_refused = self.refused;
        health.shards = crate::shard::shards_allocated() as u64;
    }
}

/// One SLI at one look, with its rows in the report that is being filled.
struct Turn<'a> {
    /// Which of the SLIs it is.
    number: usize,
    /// Now, as its percentiles see it.
    moment: Moment,
    looks: &'a mut Looks,
    unit: &'a mut Unit,
    rows: &'a mut [SliReport],
    transitions: &'a mut Vec<TransitionReport>,
    empty: &'a Arc<Snapshot>,
}

impl Turn<'_> {
    /// Takes earlier histograms out of the rows, so that the next ones can be made from them.
    fn let_go(&mut self) {
        self.rows.iter_mut().for_each(|row| row.let_go(self.empty));
    }
}

/// Ticks between two counts of bytes.
const BYTES_EVERY: u64 = 10;

/// Both clocks, read one after the other.
pub(super) fn now(clock: &Source) -> Tick {
    Tick { wall_ns: clock.wall_ns(), elapsed_ns: clock.monotonic_ns() }
}
