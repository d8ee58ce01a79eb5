//! Cold. The objectives of one SLI or member: counts go in at each tick, a report comes out.

use core::time::Duration;

use crate::alert::lint_objective;
use crate::engine::apdex::ApdexWindow;
use crate::engine::archive::{KeptObjective, Owner, Page};
use crate::engine::evaluation::Evaluator;
use crate::engine::input::Input;
use crate::engine::keeper::{CURRENT, Claim, Keeper};
use crate::engine::memory::Subject;
use crate::engine::shares::Share;
use crate::engine::side::Side;
use crate::error::Error;
use crate::histogram::{Intervals, Snapshot, Thresholds};
use crate::primitive::Arc;
use crate::report::{Finding, Label, Percentiles, Refill, SliReport, TransitionReport, share};
use crate::sli::in_flight::InFlight;
use crate::sli::series::SeriesCounts;
use crate::sli::{Definition, Published, availability, latency};
use crate::slo::{Booking, EntryKind, Ledger, Objective, ObjectiveKind, slo_names};
use crate::units::{BurnRate, EventCounts, saturating_nanos};
use crate::window::Tick;

/// Length of the intervals behind windowed percentiles.
pub(super) const INTERVAL_NS: u64 = 10_000_000_000;

/// All that is judged of one SLI or member.
#[derive(Debug)]
pub(super) struct Judged {
    objectives: Vec<JudgedObjective>,
    seen: SeriesCounts,
    intervals: Intervals,
    merged: Option<Arc<Snapshot>>,
    percentiles: Arc<[Percentiles]>,
    apdex: Option<ApdexWindow>,
}

#[derive(Debug)]
struct JudgedObjective {
    /// The place of a latency objective's threshold.
    threshold: Option<usize>,
    evaluator: Evaluator,
    seen: EventCounts,
    /// Good events that were ever told.
    good: u64,
    /// Whether it has asked for what an earlier process remembered.
    has_asked: bool,
    /// The start of the process whose memory it goes on from.
    life: u64,
    /// The version of the ledger that it keeps to.
    ledger: u64,
}

/// Calls in flight that a tick counts before they end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hanging<'a> {
    pub(super) in_flight: &'a [InFlight],
    /// From this age on they would be bad for availability.
    pub(super) limit_ns: Option<u64>,
}

impl Hanging<'_> {
    fn older_than(&self, limit_ns: Option<u64>) -> u64 {
        let older = |limit_ns| self.in_flight.iter().map(|in_flight| in_flight.older_than(limit_ns)).sum();
        limit_ns.map_or(0, older)
    }
}

impl Judged {
    pub(super) fn new(definition: &Definition, start: Tick) -> Result<Self, Error> {
        let thresholds = definition.thresholds();
        let promised: Vec<Objective> = definition.objectives().copied().collect();
        let names = slo_names(definition.name(), &promised);
        let judge = |(objective, slo): (&Objective, &String)| {
            Ok(JudgedObjective {
                threshold: objective.threshold_ns().and_then(|ns| thresholds.position(ns)),
                evaluator: Evaluator::new(definition.name(), slo, *objective, start)?,
                seen: EventCounts::ZERO,
                good: 0,
                has_asked: false,
                life: CURRENT,
                ledger: 0,
            })
        };
        Ok(Self {
            objectives: promised.iter().zip(&names).map(judge).collect::<Result<_, Error>>()?,
            seen: SeriesCounts::default(),
            intervals: Intervals::new(),
            merged: None,
            percentiles: Arc::from([]),
            apdex: definition.apdex_satisfied().map(|satisfied| ApdexWindow::new(satisfied, &thresholds)),
        })
    }

    /// Judges what happened since the last tick.
    pub(super) fn tick(
        &mut self,
        now: Tick,
        counts: &SeriesCounts,
        hanging: Hanging<'_>,
        forecasts: &mut Share,
    ) {
        let ended = counts.ended().saturating_sub(self.seen.ended());
        let unjudged = counts.unjudged().saturating_sub(self.seen.unjudged());
        for judged in &mut self.objectives {
            let so_far = judged.count(counts);
            let input = Input {
                delta: so_far.since(judged.seen),
                provisional: judged.provisional(hanging),
                ended,
                unjudged,
            };
            judged.seen = so_far;
            judged.good = so_far.good();
            judged.evaluator.tick_among(now, input, forecasts);
        }
        self.seen = *counts;
    }

    /// What the current interval has, if these are the merged durations as they are now.
    pub(super) fn interval(&self, durations: &Arc<Snapshot>) -> Snapshot {
        match &self.merged {
            Some(earlier) if Arc::ptr_eq(earlier, durations) => Snapshot::empty(durations.layout()),
            Some(earlier) => durations.since(earlier),
            None => (**durations).clone(),
        }
    }

    /// Ends an interval with these merged durations; `longer` are percentiles that somebody else keeps.
    pub(super) fn end_interval(
        &mut self,
        slot: u64,
        interval: &Snapshot,
        durations: &Arc<Snapshot>,
        counts: &SeriesCounts,
        longer: &[Percentiles],
    ) {
        self.merged = Some(Arc::clone(durations));
        self.intervals.push(slot, interval);
        let recent = self.intervals.each_window(slot, &Percentiles::WINDOWS, Percentiles::of);
        self.percentiles = recent.into_iter().chain(longer.iter().copied()).collect();
        if let Some(apdex) = &mut self.apdex {
            apdex.end_interval(slot, counts);
        }
    }

    /// Takes what was counted so far as counted before: it stays in the counters and is not judged.
    pub(super) fn forget_the_past(&mut self, counts: &SeriesCounts, durations: &Arc<Snapshot>) {
        self.seen = *counts;
        self.merged = Some(Arc::clone(durations));
        if let Some(apdex) = &mut self.apdex {
            apdex.forget_the_past(counts);
        }
        for judged in &mut self.objectives {
            judged.seen = judged.count(counts);
            judged.good = judged.seen.good();
        }
    }

    /// Lets objectives go on from what an earlier process remembered, each of them once; returns how many did.
    pub(super) fn resume(&mut self, side: Side<'_>, keeper: &mut Keeper, now: Tick) -> u64 {
        let mut resumed = 0;
        for judged in self.objectives.iter_mut().filter(|judged| !judged.has_asked) {
            judged.has_asked = true;
            if let Some(Claim { memory, life, absence }) = keeper.claim(&judged.owner(side)) {
                judged.life = life;
                judged.evaluator.resume_after(absence, memory, now);
                judged.ledger = 0;
                resumed += 1;
            }
        }
        resumed
    }

    /// Adds what another process remembers, from which this one takes over; returns of how many objectives.
    ///
    /// The `ledger` is that of both already.
    pub(super) fn take_over(
        &mut self,
        side: Side<'_>,
        keeper: &mut Keeper,
        ledger: &Ledger,
        now: Tick,
    ) -> u64 {
        let mut resumed = 0;
        self.keep_to(ledger, side);
        for judged in &mut self.objectives {
            if let Some(Claim { mut memory, life, absence }) = keeper.claim(&judged.owner(side)) {
                judged.life = life;
                memory.merge(&judged.evaluator.memory());
                judged.evaluator.resume_after(absence, memory, now);
                judged.ledger = 0;
                resumed += 1;
            }
        }
        resumed
    }

    /// Keeps to what the ledger says, if that has changed. Adjustments concern the whole alone.
    pub(super) fn keep_to(&mut self, ledger: &Ledger, side: Side<'_>) {
        let is_whole = matches!(side, Side::Whole(_));
        let concerns = |entry: &&Booking| is_whole || !matches!(entry.kind(), EntryKind::Adjustment { .. });
        for judged in self.objectives.iter_mut().filter(|judged| judged.ledger != ledger.version()) {
            judged.ledger = ledger.version();
            let slo = Arc::clone(&judged.evaluator.latest().slo);
            judged.evaluator.keep_to(ledger.in_force(&slo).filter(concerns));
        }
    }

    /// What judges the objective of this name.
    pub(super) fn evaluator(&self, slo: &str) -> Option<&Evaluator> {
        let mut evaluators = self.objectives.iter().map(|judged| &judged.evaluator);
        evaluators.find(|evaluator| &*evaluator.latest().slo == slo)
    }

    /// Adds what was counted since the last flush; returns whether that is all, or everything has to be kept anew.
    pub(super) fn added(&mut self, side: Side<'_>, page: &mut Page) -> bool {
        self.objectives.iter_mut().fold(true, |is_all, judged| match judged.evaluator.added() {
            Some(added) => {
                page.objectives.push((judged.owner(side).key(), added));
                is_all
            }
            None => false,
        })
    }

    /// Everything that the objectives remember; of which life, whoever keeps it says.
    pub(super) fn kept(&mut self, side: Side<'_>, kept: &mut Vec<KeptObjective>) {
        kept.extend(self.objectives.iter_mut().map(|judged| KeptObjective {
            owner: judged.owner(side),
            memory: judged.evaluator.memory(),
            // What is not known to have gone by yet would look like a time of this process to the next one.
            life: if judged.evaluator.is_doubting() { judged.life } else { CURRENT },
        }));
    }

    /// Tells handlers the worst of the objectives.
    pub(super) fn publish(&self, published: &Published) {
        for length_ns in published.lengths_ns() {
            published.store(length_ns, self.worst_burn(Duration::from_nanos(length_ns)));
        }
        let reports = || self.objectives.iter().map(|judged| judged.evaluator.latest());
        let remaining = reports().filter_map(|report| report.budget).map(|budget| budget.remaining());
        let firing = reports().filter_map(|report| report.firing()).map(|tier| tier.severity);
        published.store_state(remaining.min_by(f64::total_cmp), firing.max());
    }

    fn worst_burn(&self, window: Duration) -> Option<BurnRate> {
        self.objectives
            .iter()
            .filter_map(|judged| judged.evaluator.latest().burn_rate(window))
            .max_by(|a, b| a.get().total_cmp(&b.get()))
    }

    /// The windows that handlers can ask for.
    pub(super) fn windows_ns(&self) -> Vec<u64> {
        let windows = self.objectives.iter().flat_map(|judged| &judged.evaluator.latest().windows);
        windows.map(|window| saturating_nanos(window.length)).collect()
    }

    /// Ticks with more events than an objective judges.
    pub(super) fn ticks_clamped(&self) -> u64 {
        self.objectives.iter().map(|judged| judged.evaluator.ticks_clamped()).sum()
    }

    /// Takes note of counts that are told between two ticks.
    pub(super) fn note(&mut self, counts: &SeriesCounts) {
        for judged in &mut self.objectives {
            judged.good = judged.count(counts).good();
        }
    }

    /// What is questionable about the objectives themselves.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.objectives.iter().flat_map(|judged| {
            let slo = &judged.evaluator.latest().slo;
            lint_objective(judged.evaluator.objective())
                .into_iter()
                .map(|lint| Finding { slo: Arc::clone(slo), lint })
        })
    }

    /// The names of the objectives.
    pub(super) fn slos(&self) -> impl Iterator<Item = &Arc<str>> {
        self.objectives.iter().map(|judged| &judged.evaluator.latest().slo)
    }

    /// Adds the tiers that changed at the last tick.
    pub(super) fn transitions(&self, labels: &Arc<[Label]>, transitions: &mut Vec<TransitionReport>) {
        for judged in &self.objectives {
            let objective = judged.evaluator.latest();
            transitions.extend(judged.evaluator.transitions().iter().map(|change| TransitionReport {
                slo: Arc::clone(&objective.slo),
                sli: Arc::clone(&objective.sli),
                labels: Arc::clone(labels),
                tier: Arc::clone(&change.tier),
                severity: change.severity,
                from: change.from,
                to: change.to,
                at_unix_ns: change.at.wall_ns,
                inhibited: change.inhibited,
                notice: change.notice,
            }));
        }
    }

    /// Adds what is judged to the report of the SLI.
    pub(super) fn fill(&self, report: &mut SliReport, counts: &SeriesCounts) {
        share(&mut report.percentiles, &self.percentiles);
        report.apdex = self.apdex.as_ref().and_then(ApdexWindow::apdex);
        report.objectives.truncate(self.objectives.len());
        // Room for these and no more: growth by doubling begins at four.
        report.objectives.reserve_exact(self.objectives.len() - report.objectives.len());
        for (at, judged) in self.objectives.iter().enumerate() {
            let latest = judged.evaluator.latest();
            match report.objectives.get_mut(at) {
                Some(objective) => objective.refill(latest),
                None => report.objectives.push(latest.clone()),
            }
            if let Some(objective) = report.objectives.get_mut(at) {
                objective.exported = judged.count(counts);
            }
        }
    }
}

impl JudgedObjective {
    fn owner(&self, side: Side<'_>) -> Owner {
        let report = self.evaluator.latest();
        Owner::new(&report.sli, side, Subject::of(self.evaluator.objective()), &report.slo)
    }

    /// Good and bad events since the process started; neither ever goes back.
    ///
    /// A slow call may be read as slow before it is read as a call. Then `count - over` is too small for a moment,
    /// and what was good before stays good.
    fn count(&self, counts: &SeriesCounts) -> EventCounts {
        let read = self.read(counts);
        let good = read.good().max(self.good).min(read.total());
        EventCounts::new(good, read.total() - good)
    }

    fn read(&self, counts: &SeriesCounts) -> EventCounts {
        match (self.evaluator.objective().kind(), self.threshold) {
            (ObjectiveKind::Availability, _) => availability(counts),
            (_, Some(threshold)) => latency(counts, threshold, self.evaluator.objective().terms().validity()),
            // As many thresholds are counted as an SLI can have.
            (_, None) => EventCounts::ZERO,
        }
    }

    /// Calls that hang, as the bad events that they will be if they go on.
    fn provisional(&self, hanging: Hanging<'_>) -> EventCounts {
        let objective = self.evaluator.objective();
        let limit_ns = match objective.kind() {
            ObjectiveKind::Availability => hanging.limit_ns,
            _ => objective.threshold_ns(),
        };
        EventCounts::new(0, hanging.older_than(limit_ns))
    }
}

/// The latency thresholds of a definition, for reports.
pub(super) fn thresholds_of(thresholds: &Thresholds) -> Arc<[u64]> {
    thresholds.iter().collect()
}
