//! Cold. One SLI under an engine: a series with its objectives, or a family with those of its members.

use std::collections::HashMap;

use crate::engine::age::Moment;
use crate::engine::archive::Page;
use crate::engine::draft::Draft;
use crate::engine::evaluation::Evaluator;
use crate::engine::judged::{Hanging, Judged, thresholds_of};
use crate::engine::keeper::Keeper;
use crate::engine::looks::Looks;
use crate::engine::meter::Meter;
use crate::engine::month::Month;
use crate::engine::rotation::Rotation;
use crate::engine::shares::Share;
use crate::engine::side::Side;
use crate::error::Error;
use crate::histogram::{Layout, Snapshot, Tally};
use crate::primitive::Arc;
use crate::registry::Counters;
use crate::report::{Finding, Label, SliReport, TransitionReport, share, share_if_any};
use crate::sli::family::{Family, Member};
use crate::sli::in_flight::InFlight;
use crate::sli::series::{Series, SeriesCounts};
use crate::sli::{Definition, KeptExemplar, Published, newest_of_each};
use crate::slo::Ledger;
use crate::window::Tick;

/// One SLI that an engine judges.
#[derive(Debug)]
pub(super) struct Unit {
    definition: Definition,
    counters: Counters,
    thresholds_ns: Arc<[u64]>,
    /// The classic buckets of a series without events.
    blank: Arc<Tally>,
    parts: Vec<Part>,
    whole: Whole,
    /// The number of the current interval of windowed percentiles.
    interval: u64,
}

/// One series of the SLI: its only one, or a member of the family.
#[derive(Debug)]
struct Part {
    meter: Meter,
    labels: Arc<[Label]>,
    /// The member's own objectives, where the family judges members.
    judged: Option<Judged>,
    overflow: bool,
}

/// The SLI as a whole.
#[derive(Debug)]
struct Whole {
    labels: Arc<[Label]>,
    /// Those of several parts together.
    counts: SeriesCounts,
    in_flight: Vec<InFlight>,
    merged: Merged,
    judged: Judged,
    month: Month,
}

/// The histograms of several members together.
#[derive(Debug)]
struct Merged {
    /// How many members there were.
    of: usize,
    ok: Rotation<Snapshot>,
    /// Of failed calls, once a member had one.
    error: Option<Rotation<Snapshot>>,
}

impl Unit {
    pub(super) fn new(
        definition: Definition,
        counters: Counters,
        blanks: &mut Blanks,
        start: Tick,
    ) -> Result<Self, Error> {
        let labels: Arc<[Label]> = match &counters {
            Counters::One(_) => Arc::from([]),
            Counters::Family(family) => {
                family.label_names().iter().map(|name| Label::new(name, "")).collect()
            }
        };
        let whole = Whole {
            labels,
            counts: SeriesCounts::default(),
            in_flight: Vec::new(),
            merged: Merged { of: 0, ok: Rotation::new(Snapshot::empty(definition.layout())), error: None },
            judged: Judged::new(&definition, start)?,
            month: Month::new(start),
        };
        let thresholds_ns = thresholds_of(&definition.thresholds());
        let blank = blanks.of(definition.layout(), &thresholds_ns);
        let parts = Vec::new();
        let mut unit = Self { definition, counters, thresholds_ns, blank, parts, whole, interval: 0 };
        unit.adopt(start);
        Ok(unit)
    }

    pub(super) fn definition(&self) -> &Definition {
        &self.definition
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Takes in members that appeared since the last tick.
    pub(super) fn adopt(&mut self, now: Tick) {
        match &self.counters {
            Counters::One(series) => {
                if self.parts.is_empty() {
                    series.publish_with(|| Published::new(self.whole.judged.windows_ns()));
                    let labels = Arc::clone(&self.whole.labels);
                    self.parts.push(Part::new(Arc::clone(series), labels, None, now));
                }
            }
            Counters::Family(family) => {
                let family = Arc::clone(family);
                family.publish_with(|| Published::new(self.whole.judged.windows_ns()));
                let known = self.parts.iter().filter(|part| !part.overflow).count();
                for member in family.members_after(known) {
                    self.adopt_member(&family, &member, now, false);
                }
                if let Some(member) = family.overflowed()
                    && !self.parts.iter().any(|part| part.overflow)
                {
                    self.adopt_member(&family, member, now, true);
                }
            }
        }
    }

    fn adopt_member(&mut self, family: &Family, member: &Member, now: Tick, overflow: bool) {
        let labels = family.label_names().iter().zip(member.values());
        let labels = labels.map(|(name, value)| Label::new(name, &**value)).collect();
        // What the whole could be built from, a member can, too.
        let judged = family.judges_members().then(|| Judged::new(&self.definition, now)).and_then(Result::ok);
        if let Some(judged) = &judged {
            member.series().publish_with(|| Published::new(judged.windows_ns()));
        }
        let mut part = Part::new(Arc::clone(member.series()), labels, judged, now);
        part.overflow = overflow;
        self.parts.push(part);
    }

    /// What is judged: the whole, and members that are judged.
    fn all_judged(&mut self) -> impl Iterator<Item = (Side<'_>, &mut Judged)> {
        let whole = (Side::Whole(&self.whole.labels), &mut self.whole.judged);
        let parts = self.parts.iter_mut();
        let members = parts.filter_map(|part| Some((Side::Member(&part.labels), part.judged.as_mut()?)));
        core::iter::once(whole).chain(members)
    }

    /// Lets objectives that are new go on from what an earlier process remembered; returns how many did.
    pub(super) fn resume(&mut self, keeper: &mut Keeper, now: Tick) -> u64 {
        self.whole.month.resume(self.definition.name(), keeper, false);
        self.all_judged().map(|(side, judged)| judged.resume(side, keeper, now)).sum()
    }

    /// Adds what another process remembers; returns of how many objectives.
    pub(super) fn take_over(&mut self, keeper: &mut Keeper, ledger: &Ledger, now: Tick) -> u64 {
        self.whole.month.resume(self.definition.name(), keeper, true);
        self.all_judged().map(|(side, judged)| judged.take_over(side, keeper, ledger, now)).sum()
    }

    /// Lets all objectives keep to the ledger.
    pub(super) fn keep_to(&mut self, ledger: &Ledger) {
        self.all_judged().for_each(|(side, judged)| judged.keep_to(ledger, side));
    }

    /// What judges the objective of this name, of the SLI as a whole.
    pub(super) fn evaluator(&self, slo: &str) -> Option<&Evaluator> {
        self.whole.judged.evaluator(slo)
    }

    /// What judges the objectives of this name, those of members included.
    pub(super) fn evaluators(&self, slo: &str) -> impl Iterator<Item = &Evaluator> {
        let members = self.parts.iter().filter_map(|part| part.judged.as_ref());
        members.chain([&self.whole.judged]).filter_map(move |judged| judged.evaluator(slo))
    }

    /// Adds what was counted since the last flush; returns whether that is all.
    pub(super) fn added(&mut self, page: &mut Page, now: Moment) -> bool {
        let interval = self.open_interval();
        let month = &mut self.whole.month;
        let are_hours_all = month.added(self.definition.name(), &interval, now, &mut page.durations);
        self.all_judged().fold(are_hours_all, |is_all, (side, judged)| judged.added(side, page) && is_all)
    }

    /// Everything that is remembered of it.
    pub(super) fn kept(&mut self, draft: &mut Draft, now: Moment) {
        let interval = self.open_interval();
        draft.push(self.whole.month.kept(self.definition.name(), &interval, now));
        self.all_judged().for_each(|(side, judged)| judged.kept(side, &mut draft.archive.objectives));
    }

    /// What the current interval of the windowed percentiles has so far.
    fn open_interval(&mut self) -> Snapshot {
        self.merge();
        self.whole.judged.interval(self.durations())
    }

    /// Takes what was counted so far as counted before.
    pub(super) fn forget_the_past(&mut self) {
        self.refresh();
        for part in &mut self.parts {
            if let Some(judged) = &mut part.judged {
                judged.forget_the_past(part.meter.counts(), part.meter.durations());
            }
        }
        let durations = Arc::clone(self.durations());
        self.whole.judged.forget_the_past(counts_of(&self.parts, &self.whole.counts), &durations);
    }

    /// Reads all counters and judges what happened since the last tick.
    pub(super) fn tick(&mut self, now: Tick, forecasts: &mut Share) {
        for part in &mut self.parts {
            part.meter.observe(now);
            part.judge(now, forecasts);
        }
        self.add_up();
        self.whole.in_flight.clear();
        self.whole.in_flight.extend(self.parts.iter().map(|part| *part.meter.in_flight()));
        let limit_ns = self.parts.first().and_then(|part| part.limit_ns());
        let hanging = Hanging { in_flight: &self.whole.in_flight, limit_ns };
        self.whole.judged.tick(now, counts_of(&self.parts, &self.whole.counts), hanging, forecasts);
        if let Some(published) = self.published_whole() {
            self.whole.judged.publish(published);
        }
    }

    /// Tells handlers what was judged last.
    pub(super) fn publish(&self) {
        if let Some(published) = self.published_whole() {
            self.whole.judged.publish(published);
        }
        for part in &self.parts {
            if let (Some(judged), Some(published)) = (&part.judged, part.meter.series().published()) {
                judged.publish(published);
            }
        }
    }

    fn published_whole(&self) -> Option<&Published> {
        match &self.counters {
            Counters::One(series) => series.published(),
            Counters::Family(family) => family.published(),
        }
    }

    /// What handlers are told: of the whole, and of each member that is judged.
    fn published(&self) -> impl Iterator<Item = &Published> {
        let members = match &self.counters {
            Counters::One(_) => &[],
            Counters::Family(_) => &*self.parts,
        };
        let members = members.iter().filter_map(|part| part.meter.series().published());
        self.published_whole().into_iter().chain(members)
    }

    /// Adds up the counts of several parts.
    fn add_up(&mut self) {
        if self.parts.len() == 1 {
            return;
        }
        self.whole.counts = SeriesCounts::default();
        for part in &self.parts {
            self.whole.counts.merge(part.meter.counts());
        }
    }

    /// Reads the counters and the classic buckets anew, and merges the histograms that changed.
    pub(super) fn refresh(&mut self) {
        self.refresh_buckets();
        self.merge();
    }

    /// Reads the counters and the classic buckets anew.
    pub(super) fn refresh_buckets(&mut self) {
        for part in &mut self.parts {
            part.meter.read_buckets(&self.blank);
            if let Some(judged) = &mut part.judged {
                judged.note(part.meter.counts());
            }
        }
        self.add_up();
        self.whole.judged.note(counts_of(&self.parts, &self.whole.counts));
    }

    fn merge(&mut self) {
        let mut changed = false;
        for part in &mut self.parts {
            changed |= part.meter.merge();
        }
        if self.parts.len() > 1 && (changed || self.whole.merged.of != self.parts.len()) {
            self.whole.merged.turn(self.definition.layout(), &self.parts);
        }
    }

    /// Durations of successful calls of the whole.
    fn durations(&self) -> &Arc<Snapshot> {
        match self.parts.as_slice() {
            [only] => only.meter.durations(),
            _ => self.whole.merged.ok.latest(),
        }
    }

    /// Durations of failed calls of the whole, once there was one.
    fn error_durations(&self) -> Option<&Arc<Snapshot>> {
        match self.parts.as_slice() {
            [only] => only.meter.error_durations(),
            _ => self.whole.merged.error.as_ref().map(Rotation::latest),
        }
    }

    /// How many objectives are judged.
    pub(super) fn objectives(&self) -> usize {
        let members = self.parts.iter().filter_map(|part| part.judged.as_ref());
        members.chain([&self.whole.judged]).map(|judged| judged.slos().count()).sum()
    }

    /// Whether an interval of the windowed percentiles is over.
    pub(super) const fn is_due(&self, interval: u64) -> bool {
        self.interval != interval
    }

    /// It is its turn to look at its month in the tick that begins.
    pub(super) fn call(&mut self) {
        self.whole.month.call();
    }

    /// Looks at its month if it was called. What is found is told when the interval ends.
    pub(super) fn answer(&mut self, sli: usize, now: Moment, looks: &mut Looks) {
        if self.whole.month.is_called() {
            self.whole.month.look(sli, now, looks);
        }
    }

    /// Merges the histograms and closes an interval of the windowed percentiles.
    pub(super) fn end_interval(&mut self, sli: usize, now: Moment, looks: &mut Looks) {
        self.interval = now.interval;
        self.merge();
        for part in &mut self.parts {
            if let Some(judged) = &mut part.judged {
                let durations = part.meter.durations();
                let interval = judged.interval(durations);
                judged.end_interval(now.interval, &interval, durations, part.meter.counts(), &[]);
            }
        }
        let durations = Arc::clone(self.durations());
        let interval = self.whole.judged.interval(&durations);
        let Whole { judged, month, counts, .. } = &mut self.whole;
        month.end_interval(&interval, now);
        month.look(sli, now, looks);
        let counts = counts_of(&self.parts, counts);
        judged.end_interval(now.interval, &interval, &durations, counts, month.percentiles());
    }

    /// How many rows of a report are about this SLI: the whole, and each member.
    pub(super) fn rows(&self) -> usize {
        match &self.counters {
            Counters::One(_) => 1,
            Counters::Family(_) => 1 + self.parts.len(),
        }
    }

    /// Fills its rows of a report: that of the whole, and those of the members.
    pub(super) fn report(&self, now: Tick, rows: &mut [SliReport]) {
        let Some((whole, members)) = rows.split_first_mut() else { return };
        self.report_whole(whole);
        for (part, row) in self.parts.iter().zip(&mut *members) {
            self.report_part(part, now, row);
        }
        whole.exemplars.clear();
        match (&self.counters, self.parts.as_slice()) {
            (Counters::One(_), [only]) => only.exemplars(now, &mut whole.exemplars),
            _ => {
                let kept = members.iter().flat_map(|member| &member.exemplars);
                whole.exemplars.extend(newest_of_each(&self.thresholds_ns, kept));
            }
        }
    }

    fn report_whole(&self, row: &mut SliReport) {
        let overdue = self.parts.iter().filter_map(|part| part.meter.overdue());
        let counts = counts_of(&self.parts, &self.whole.counts);
        row.count(counts);
        row.name = self.definition.name();
        share(&mut row.labels, &self.whole.labels);
        share(&mut row.thresholds_ns, &self.thresholds_ns);
        row.in_flight = self.parts.iter().map(|part| part.meter.in_flight().total).sum();
        row.in_flight_overdue = self.parts.first().and_then(Part::limit_ns).map(|_| overdue.sum());
        share(&mut row.durations, self.durations());
        share_if_any(&mut row.error_durations, self.error_durations());
        fill_buckets(row, &self.parts);
        self.whole.judged.fill(row, counts);
    }

    fn report_part(&self, part: &Part, now: Tick, row: &mut SliReport) {
        let meter = &part.meter;
        row.count(meter.counts());
        row.name = self.definition.name();
        share(&mut row.labels, &part.labels);
        share(&mut row.thresholds_ns, &self.thresholds_ns);
        row.in_flight = meter.in_flight().total;
        row.in_flight_overdue = meter.overdue();
        share(&mut row.durations, meter.durations());
        share_if_any(&mut row.error_durations, meter.error_durations());
        fill_buckets(row, core::slice::from_ref(part));
        row.exemplars.clear();
        part.exemplars(now, &mut row.exemplars);
        match &part.judged {
            Some(judged) => judged.fill(row, meter.counts()),
            // The row may have been another SLI's.
            None => {
                if !row.percentiles.is_empty() {
                    row.percentiles = Arc::default();
                }
                row.apdex = None;
                row.objectives.clear();
            }
        }
    }

    /// What is questionable about the objectives.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.whole.judged.findings()
    }

    /// The names of its objectives.
    pub(super) fn slos(&self) -> impl Iterator<Item = &Arc<str>> {
        self.whole.judged.slos()
    }

    /// Adds the tiers that changed at the last tick.
    pub(super) fn transitions(&self, transitions: &mut Vec<TransitionReport>) {
        self.whole.judged.transitions(&self.whole.labels, transitions);
        for part in &self.parts {
            if let Some(judged) = &part.judged {
                judged.transitions(&part.labels, transitions);
            }
        }
    }

    /// Whether nothing has been counted yet.
    pub(super) fn is_untouched(&self) -> bool {
        counts_of(&self.parts, &self.whole.counts).ended() == 0
    }

    /// All series, to switch them or to count what they take.
    pub(super) fn series(&self) -> impl Iterator<Item = &Arc<Series>> {
        self.parts.iter().map(|part| part.meter.series())
    }

    /// Series that can count no further.
    pub(super) fn saturated(&self) -> u64 {
        self.parts.iter().filter(|part| part.meter.counts().is_saturated()).count() as u64
    }

    /// Questions for windows that are not kept.
    pub(super) fn rounded(&self) -> u64 {
        self.published().map(Published::rounded).sum()
    }

    /// Ticks with more events than an objective judges.
    pub(super) fn ticks_clamped(&self) -> u64 {
        let members = self.parts.iter().filter_map(|part| part.judged.as_ref());
        members.chain([&self.whole.judged]).map(Judged::ticks_clamped).sum()
    }

    /// Label combinations that found no room.
    pub(super) fn refused(&self) -> u64 {
        match &self.counters {
            Counters::One(_) => 0,
            Counters::Family(family) => family.refused(),
        }
    }

    /// Tells handlers that nobody judges any more.
    pub(super) fn retire(&self) {
        self.published().for_each(Published::clear);
    }
}

/// Classic buckets without events, one for all series with the same bounds.
#[derive(Debug, Default)]
pub(super) struct Blanks(HashMap<(Layout, Arc<[u64]>), Arc<Tally>>);

impl Blanks {
    fn of(&mut self, layout: Layout, thresholds_ns: &Arc<[u64]>) -> Arc<Tally> {
        let blank = self.0.entry((layout, Arc::clone(thresholds_ns)));
        Arc::clone(blank.or_insert_with(|| Arc::new(Tally::new(layout, thresholds_ns))))
    }
}

/// The counts of the only part, or else those of all together.
fn counts_of<'a>(parts: &'a [Part], together: &'a SeriesCounts) -> &'a SeriesCounts {
    match parts {
        [only] => only.meter.counts(),
        _ => together,
    }
}

/// Fills the classic buckets of a row with those of these parts; `over` was told before.
fn fill_buckets(row: &mut SliReport, parts: &[Part]) {
    let meters = || parts.iter().map(|part| &part.meter);
    row.buckets.fill(meters().filter_map(Meter::buckets), &row.over);
    // The merged durations of a family may still lack what members have.
    if meters().all(|meter| meter.error_durations().is_none()) {
        row.error_buckets = None;
        return;
    }
    let buckets = row.error_buckets.get_or_insert_default();
    buckets.fill(meters().filter_map(Meter::error_buckets), &row.error_over);
}

impl Part {
    fn new(series: Arc<Series>, labels: Arc<[Label]>, judged: Option<Judged>, now: Tick) -> Self {
        Self { meter: Meter::new(series, now), labels, judged, overflow: false }
    }

    fn judge(&mut self, now: Tick, forecasts: &mut Share) {
        let limit_ns = self.limit_ns();
        if let Some(judged) = &mut self.judged {
            let in_flight = core::slice::from_ref(self.meter.in_flight());
            judged.tick(now, self.meter.counts(), Hanging { in_flight, limit_ns }, forecasts);
            if let Some(published) = self.meter.series().published() {
                judged.publish(published);
            }
        }
    }

    fn limit_ns(&self) -> Option<u64> {
        self.meter.series().settings().wait_limits.overdue_ns()
    }

    fn exemplars(&self, now: Tick, exemplars: &mut Vec<KeptExemplar>) {
        let unix_ns = |monotonic_ns| now.wall_ns.saturating_sub(now.elapsed_ns.saturating_sub(monotonic_ns));
        if let Some(store) = self.meter.series().exemplars() {
            exemplars.extend(store.all(unix_ns));
        }
    }
}

impl Merged {
    /// Merges the histograms of all members anew.
    fn turn(&mut self, layout: Layout, parts: &[Part]) {
        let meters = || parts.iter().map(|part| &part.meter);
        self.of = parts.len();
        self.ok.turn(|sum| merge(sum, meters().map(Meter::durations)));
        if meters().any(|meter| meter.error_durations().is_some()) {
            let error = self.error.get_or_insert_with(|| Rotation::new(Snapshot::empty(layout)));
            error.turn(|sum| merge(sum, meters().filter_map(Meter::error_durations)));
        }
    }
}

fn merge<'a>(sum: &mut Snapshot, snapshots: impl Iterator<Item = &'a Arc<Snapshot>>) {
    sum.clear();
    snapshots.for_each(|snapshot| sum.merge(snapshot));
}
