//! Cold. What an engine keeps between ticks: the SLIs it judges, and its own health.

use core::time::Duration;

use crate::alert::LintLevel;
use crate::clock::Source;
use crate::engine::builder::Selection;
use crate::engine::judged::INTERVAL_NS;
use crate::engine::ticker::Arrival;
use crate::engine::unit::Unit;
use crate::error::Error;
use crate::primitive::Arc;
use crate::registry::{self, Counters, Entry};
use crate::report::{EngineReport, Report, SliReport};
use crate::sli::series::Series;
use crate::sli::{Definition, Labels, Sli, SliFamily};
use crate::window::Tick;

/// Everything that changes from tick to tick.
#[derive(Debug)]
pub(super) struct State {
    clock: Source,
    service: Arc<str>,
    started: Tick,
    statics: Option<Statics>,
    units: Vec<Unit>,
    health: EngineReport,
    last: Tick,
    paused: bool,
    strict: bool,
}

/// The process's own SLIs, for the default engine.
#[derive(Debug)]
struct Statics {
    selection: Selection,
    known: usize,
}

impl State {
    pub(super) fn new(clock: Source, service: Arc<str>, strict: bool) -> Self {
        let started = now(&clock);
        Self {
            clock,
            service,
            started,
            statics: None,
            units: Vec::new(),
            health: EngineReport::default(),
            last: started,
            paused: false,
            strict,
        }
    }

    /// Makes this engine the one that judges the process's statics.
    ///
    /// What they counted so far stays in their counters and is not judged.
    pub(super) fn adopt_statics(&mut self, selection: Selection) -> Result<(), Error> {
        self.statics = Some(Statics { selection, known: 0 });
        registry::collect();
        if let Some(conflict) = registry::conflicts().first() {
            return Err(conflict.clone());
        }
        for entry in self.new_entries() {
            entry.definition.check()?;
            let mut unit = Unit::new(entry.definition, entry.counters, self.started)?;
            unit.forget_the_past();
            self.admit(unit)?;
        }
        Ok(())
    }

    /// Judges a unit from now on. What is questionable about its objectives is told, or refused when strict.
    fn admit(&mut self, unit: Unit) -> Result<(), Error> {
        for finding in unit.findings() {
            if self.strict && finding.lint.level() == LintLevel::Error {
                return Err(Error::WakesNobody {
                    slo: (*finding.slo).into(),
                    advice: finding.lint.to_string().into(),
                });
            }
            self.health.findings.push(finding);
        }
        if self.paused {
            unit.series().for_each(|series| series.set_recording(false));
        }
        self.units.push(unit);
        Ok(())
    }

    fn new_entries(&mut self) -> Vec<Entry> {
        let Some(statics) = &mut self.statics else { return Vec::new() };
        let entries = registry::entries_after(statics.known);
        statics.known += entries.len();
        entries.into_iter().filter(|entry| statics.selection.contains(entry.definition.name())).collect()
    }

    /// The handle on an SLI of this engine's own, made if there is none of this name yet.
    pub(super) fn sli(&mut self, definition: &Definition) -> Result<Sli, Error> {
        let name = definition.name();
        if let Some(unit) = self.units.iter().find(|unit| unit.definition().name() == name) {
            return match unit.counters() {
                Counters::One(series) if unit.definition().is_same(definition) => {
                    Ok(Sli::on(*definition, Arc::clone(series)))
                }
                _ => Err(unit.definition().conflict(definition)),
            };
        }
        definition.check()?;
        let series = Arc::new(Series::new(definition.settings(self.clock.clone())));
        self.admit(Unit::new(*definition, Counters::One(Arc::clone(&series)), now(&self.clock))?)?;
        Ok(Sli::on(*definition, series))
    }

    /// A family of this engine's own.
    pub(super) fn family<L: Labels>(&mut self, family: &SliFamily<L>) -> Result<SliFamily<L>, Error> {
        let definition = family.definition();
        if let Some(unit) = self.units.iter().find(|unit| unit.definition().name() == definition.name()) {
            return Err(unit.definition().conflict(definition));
        }
        definition.check()?;
        let (family, members) = family.on(self.clock.clone());
        self.admit(Unit::new(*family.definition(), Counters::Family(members), now(&self.clock))?)?;
        Ok(family)
    }

    /// One step: reads all counters, judges all objectives.
    pub(super) fn tick(&mut self, arrival: Arrival) -> Report {
        let begun = now(&self.clock);
        self.last = begun;
        for entry in self.new_entries() {
            let unit =
                entry.definition.check().and_then(|()| Unit::new(entry.definition, entry.counters, begun));
            if let Err(error) = unit.and_then(|unit| self.admit(unit)) {
                self.note_problem(error.to_string());
            }
        }
        self.units.iter_mut().for_each(|unit| unit.tick(begun));
        self.end_intervals(begun);
        self.health.ticks += 1;
        self.health.ticks_late += u64::from(arrival.late);
        self.health.tick_lag = arrival.lag;
        let report = self.report();
        self.health.tick_duration =
            Duration::from_nanos(now(&self.clock).elapsed_ns.saturating_sub(begun.elapsed_ns));
        report
    }

    /// Closes the 10 s intervals that ended since the last tick: those of a tenth of the SLIs each second, so that
    /// merging a thousand histograms does not make one tick long.
    fn end_intervals(&mut self, now: Tick) {
        for (turn, unit) in (0_u64..).zip(&mut self.units) {
            let interval = (now.wall_ns + turn % 10 * 1_000_000_000) / INTERVAL_NS;
            unit.end_interval(interval);
        }
    }

    /// The last evaluation with fresh counters and histograms.
    pub(super) fn collect(&mut self) -> Report {
        self.units.iter_mut().for_each(Unit::refresh);
        self.report()
    }

    fn report(&mut self) -> Report {
        self.observe_health();
        let mut slis = Vec::with_capacity(self.units.len());
        self.units.iter().for_each(|unit| unit.report(&mut slis));
        if self.units.iter().any(|unit| !unit.is_untouched()) {
            slis.iter_mut().for_each(SliReport::tell_silence);
        }
        Report {
            service: Arc::clone(&self.service),
            at_unix_ns: self.last.wall_ns,
            started_unix_ns: self.started.wall_ns,
            uptime: Duration::from_nanos(self.last.elapsed_ns.saturating_sub(self.started.elapsed_ns)),
            slis,
            engine: self.health.clone(),
        }
    }

    fn observe_health(&mut self) {
        let series = || self.units.iter().flat_map(Unit::series);
        self.health.series = series().count() as u64;
        self.health.series_bytes = series().map(|series| series.bytes() as u64).sum();
        self.health.durations_clamped = series().map(|series| series.clamped()).sum();
        self.health.windows_rounded =
            series().filter_map(|series| series.published()).map(|published| published.rounded()).sum();
        self.health.series_refused = self.units.iter().map(Unit::refused).sum();
        self.health.shards = crate::shard::shards_allocated() as u64;
        self.health.paused = self.paused;
    }

    pub(super) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        self.units.iter().flat_map(Unit::series).for_each(|series| series.set_recording(!paused));
    }

    /// Notes what does not work as configured, for status.
    pub(super) fn note_problem(&mut self, problem: String) {
        self.health.degraded.push(problem);
    }

    pub(super) fn note_panic(&mut self) {
        self.health.panics += 1;
    }

    /// Tells handlers that nobody judges any more.
    pub(super) fn retire(&self) {
        self.units.iter().for_each(Unit::retire);
    }
}

/// Both clocks, read one after the other.
pub(super) fn now(clock: &Source) -> Tick {
    Tick { wall_ns: clock.wall_ns(), elapsed_ns: clock.monotonic_ns() }
}
