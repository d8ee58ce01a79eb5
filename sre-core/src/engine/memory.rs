//! Pure. What one objective remembers, in the form in which it outlives the process.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::time::Duration;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::alarm::KeptAlarm;
use super::aside::Aside;
use super::estimate::Estimate;
use super::incidents::KeptIncidents;
use crate::alert::DerivedTier;
use crate::lists::at_most;
use crate::slo::{Budgeting, EntryId, MERGED_MAX, Objective, Severity};
use crate::units::{EventCounts, saturating_nanos};
use crate::window::{KeptLadder, KeptLine, KeptSlice};

/// More slots than can gain something between two flushes.
const SLOTS_MAX: usize = 16_384;

/// Tiers have numbers from 1 to 255.
const TIERS_MAX: usize = u8::MAX as usize;

/// One for each severity.
const SIGHTS_MAX: usize = 3;

/// Slices overlap 255 times at the most.
const RECENT_MAX: usize = u8::MAX as usize;

/// What the past of an objective is of, whatever it promises: a new target or period keeps it, a new threshold or
/// another way to count begins anew.
///
/// An SLI and its labels come before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Subject(String);

impl Subject {
    pub(crate) fn of(objective: &Objective) -> Self {
        let terms = objective.terms();
        let kind = match objective.threshold_ns() {
            None => "availability".to_owned(),
            Some(threshold_ns) => format!("latency {threshold_ns} {}", terms.validity().key()),
        };
        Self(format!("{kind} {}", unit(terms.budgeting())))
    }

    /// It in words.
    pub(super) const fn text(&self) -> &String {
        &self.0
    }
}

/// What is counted, in words that never change.
fn unit(budgeting: Budgeting) -> String {
    let ns = |length: Duration| saturating_nanos(length);
    match budgeting {
        Budgeting::Occurrences => "events".to_owned(),
        Budgeting::TimeSlices { length, target, empty } => {
            format!("slices {} {} {}", ns(length), target.ppb(), empty.key())
        }
        Budgeting::RatioTimeslices { length, empty } => format!("ratios {} {}", ns(length), empty.key()),
        Budgeting::OverlappingSlices { length, samples } => format!("overlaps {} {samples}", ns(length)),
    }
}

/// All that one objective remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(super) past: KeptPast,
    pub(super) period: Option<KeptPeriod>,
    /// By the lengths of their windows.
    #[serde(deserialize_with = "at_most::<TIERS_MAX, _, _, _>")]
    pub(super) tiers: Vec<KeptTier>,
    #[serde(deserialize_with = "at_most::<SIGHTS_MAX, _, _, _>")]
    pub(super) sights: Vec<KeptSight>,
    pub(super) incidents: KeptIncidents,
    /// What the ledger says of it.
    pub(super) account: Option<KeptAccount>,
    /// Some where that is, if anything was ever excluded.
    pub(super) aside: Option<KeptAside>,
}

/// What was set aside and forgiven; by which entries, the ledger knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAccount {
    /// Exclusions for which everything is set aside, with what they cover.
    #[serde(deserialize_with = "at_most::<MERGED_MAX, _, _, _>")]
    pub(super) exclusions: Vec<(EntryId, (u64, u64))>,
    #[serde(deserialize_with = "at_most::<MERGED_MAX, _, _, _>")]
    pub(super) resets: Vec<KeptReset>,
}

/// A reset, and what was counted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptReset {
    pub(super) id: EntryId,
    pub(super) at_ns: u64,
    pub(super) judged: Counts,
    pub(super) aside: Counts,
}

/// What was counted in excluded times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAside {
    pub(super) units: KeptLadder,
    pub(super) calls: KeptLadder,
}

/// What was added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddedAside {
    #[serde(deserialize_with = "at_most::<SLOTS_MAX, _, _, _>")]
    pub(super) units: Vec<(u64, Counts)>,
    #[serde(deserialize_with = "at_most::<SLOTS_MAX, _, _, _>")]
    pub(super) calls: Vec<(u64, Counts)>,
}

/// What was counted, and when somebody was there to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptPast {
    pub(super) units: KeptLadder,
    pub(super) calls: KeptLadder,
    pub(super) line: KeptLine,
    pub(super) slices: Option<KeptSlices>,
    pub(super) estimate: Estimate,
}

/// Time slices: the open one, and those that the next ones depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptSlices {
    pub(super) open: KeptSlice,
    pub(super) last: Counts,
    #[serde(deserialize_with = "at_most::<RECENT_MAX, _, _, _>")]
    pub(super) recent: Vec<Counts>,
}

/// The current unit of a calendar period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptPeriod {
    pub(super) start_ns: u64,
    pub(super) counts: Counts,
    /// In excluded times.
    pub(super) excluded: Counts,
    pub(super) left: Option<KeptLeft>,
}

impl KeptPeriod {
    /// With what another process counted in it, which is also since the unit before was left.
    fn plus(self, more: Self) -> Self {
        let left = self.left.map(|left| KeptLeft {
            counts: left.counts.plus(more.counts),
            excluded: left.excluded.plus(more.excluded),
            ..left
        });
        let (counts, excluded) = (self.counts.plus(more.counts), self.excluded.plus(more.excluded));
        Self { counts, excluded, left, ..self }
    }
}

/// The unit that was left last, while one may return to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptLeft {
    pub(super) start_ns: u64,
    pub(super) counts: Counts,
    pub(super) excluded: Counts,
    /// For how long that still is so.
    pub(super) for_ns: u64,
}

/// The state of a tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptTier {
    pub(super) long_ns: u64,
    pub(super) short_ns: u64,
    pub(super) since_wall_ns: u64,
    pub(super) alarm: KeptAlarm,
    pub(super) onset: Option<KeptOnset>,
}

/// When the short window of a tier went above its factor, and what was counted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptOnset {
    pub(super) at_unix_ns: u64,
    pub(super) age_ns: u64,
    pub(super) counts: Counts,
}

/// Whether the objective saw enough, for one severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptSight {
    pub(super) severity: Severity,
    pub(super) alarm: KeptAlarm,
}

/// What was added since the flush before, and everything else as it is now: small, where the rings are not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Added {
    #[serde(deserialize_with = "at_most::<SLOTS_MAX, _, _, _>")]
    pub(super) units: Vec<(u64, Counts)>,
    #[serde(deserialize_with = "at_most::<SLOTS_MAX, _, _, _>")]
    pub(super) calls: Vec<(u64, Counts)>,
    pub(super) line: KeptLine,
    pub(super) slices: Option<KeptSlices>,
    pub(super) estimate: Estimate,
    pub(super) period: Option<KeptPeriod>,
    #[serde(deserialize_with = "at_most::<TIERS_MAX, _, _, _>")]
    pub(super) tiers: Vec<KeptTier>,
    #[serde(deserialize_with = "at_most::<SIGHTS_MAX, _, _, _>")]
    pub(super) sights: Vec<KeptSight>,
    /// Those that ended since, and the one that has not.
    pub(super) incidents: KeptIncidents,
    pub(super) account: Option<KeptAccount>,
    pub(super) aside: Option<AddedAside>,
}

/// Good and bad events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    good: u64,
    bad: u64,
}

impl Counts {
    fn plus(self, more: Self) -> Self {
        Self { good: self.good.saturating_add(more.good), bad: self.bad.saturating_add(more.bad) }
    }
}

impl From<EventCounts> for Counts {
    fn from(counts: EventCounts) -> Self {
        Self { good: counts.good(), bad: counts.bad() }
    }
}

impl From<Counts> for EventCounts {
    fn from(counts: Counts) -> Self {
        Self::new(counts.good, counts.bad)
    }
}

impl KeptTier {
    /// Whether it is the state of this tier.
    pub(super) fn is_of(&self, tier: &DerivedTier) -> bool {
        (self.long_ns, self.short_ns) == (saturating_nanos(tier.long()), saturating_nanos(tier.short()))
    }
}

impl KeptAside {
    pub(super) fn of(aside: &Aside) -> Self {
        Self { units: KeptLadder::of(&aside.units), calls: KeptLadder::of(&aside.calls) }
    }

    /// None yet, for such a past.
    fn empty(past: &KeptPast) -> Self {
        Self { units: past.units.emptied(), calls: past.calls.emptied() }
    }
}

impl KeptAccount {
    /// Whether a ledger can have so many entries, and times like that.
    fn is_sound(&self) -> bool {
        self.exclusions.len() <= MERGED_MAX
            && self.resets.len() <= MERGED_MAX
            && self.exclusions.iter().all(|(_, (from_ns, until_ns))| from_ns < until_ns)
    }

    /// Adds what another process set aside and forgave, which did so for everything that this one knows of: a reset
    /// that one of both does not know is counted by the slots of its `units`, and what is set aside of these.
    fn merge(&mut self, own: (&KeptLadder, &KeptLadder), later: &Self, laters: (&KeptLadder, &KeptLadder)) {
        let since = |(units, aside): (&KeptLadder, &KeptLadder), reset: &KeptReset| KeptReset {
            judged: units.since_slot_of(reset.at_ns).into(),
            aside: aside.since_slot_of(reset.at_ns).into(),
            ..*reset
        };
        let by_id = |account: &Self| -> HashMap<EntryId, KeptReset> {
            account.resets.iter().map(|reset| (reset.id, *reset)).collect()
        };
        let (known, more) = (by_id(self), by_id(later));
        let mut seen = HashSet::new();
        let mut resets: Vec<KeptReset> = Vec::with_capacity(self.resets.len());
        for reset in self.resets.iter().chain(&later.resets).filter(|reset| seen.insert(reset.id)) {
            let one = known.get(&reset.id).copied().unwrap_or_else(|| since(own, reset));
            let more = more.get(&reset.id).copied().unwrap_or_else(|| since(laters, reset));
            let (judged, aside) = (one.judged.plus(more.judged), one.aside.plus(more.aside));
            resets.push(KeptReset { judged, aside, ..*reset });
        }
        self.resets = resets;
    }
}

impl Memory {
    /// When its process left off, by the wall clock of that process, in nanoseconds since 1970.
    pub(super) const fn left_off_ns(&self) -> u64 {
        self.past.line.wall_ns()
    }

    /// Whether it can be a memory of ours, whoever wrote it.
    pub(super) fn is_sound(&self) -> bool {
        let KeptPast { units, calls, line, .. } = &self.past;
        let ladders = [units, calls].into_iter();
        let mut ladders = ladders.chain(self.aside.iter().flat_map(|aside| [&aside.units, &aside.calls]));
        let slices = self.past.slices.as_ref().is_none_or(|slices| slices.recent.len() <= RECENT_MAX);
        let is_short = slices && self.tiers.len() <= TIERS_MAX && self.sights.len() <= SIGHTS_MAX;
        is_short
            && ladders.all(KeptLadder::is_sound)
            && line.is_sound()
            && self.account.as_ref().is_none_or(KeptAccount::is_sound)
    }

    /// For another promise about the same events, whose tiers have no past, and of which the ledger says nothing.
    pub(super) fn without_alerts(self) -> Self {
        let Self { mut past, mut period, aside, .. } = self;
        if let Some(aside) = aside {
            past.units.merge(&aside.units);
            past.calls.merge(&aside.calls);
        }
        if let Some(period) = &mut period {
            period.counts = period.counts.plus(core::mem::take(&mut period.excluded));
        }
        Self { past, period, ..Self::default() }
    }

    /// Adds what another process counted at the same time or later, as when one takes over from another.
    ///
    /// Windows have the events of both. An alert that fires in either fires.
    pub(crate) fn merge(&mut self, later: &Self) {
        self.merge_account(later);
        self.past.units.merge(&later.past.units);
        self.past.calls.merge(&later.past.calls);
        self.past.line.follow_with(&later.past.line);
        self.past.slices = later.past.slices.clone();
        self.past.estimate = self.past.estimate.or_later(later.past.estimate);
        self.period = match (self.period, later.period) {
            (Some(own), Some(more)) if own.start_ns == more.start_ns => Some(own.plus(more)),
            (own, more) => more.or(own),
        };
        let windows = |tier: &KeptTier| (tier.long_ns, tier.short_ns);
        for tier in &later.tiers {
            match self.tiers.iter_mut().find(|own| windows(own) == windows(tier)) {
                Some(own) if own.alarm.alert.is_as_bad_as(tier.alarm.alert) => {}
                Some(own) => *own = tier.clone(),
                None => self.tiers.push(tier.clone()),
            }
        }
        for sight in &later.sights {
            match self.sights.iter_mut().find(|own| own.severity == sight.severity) {
                Some(own) if own.alarm.alert.is_as_bad_as(sight.alarm.alert) => {}
                Some(own) => *own = *sight,
                None => self.sights.push(*sight),
            }
        }
        self.incidents.merge(&later.incidents);
    }

    /// Before the rest is merged. Exclusions that only the other one knows stay to be done for what this one counted.
    fn merge_account(&mut self, later: &Self) {
        if self.account.is_none() && later.account.is_none() {
            return;
        }
        let mut account = self.account.take().unwrap_or_default();
        let mut aside = self.aside.take().unwrap_or_else(|| KeptAside::empty(&self.past));
        let later_account = later.account.clone().unwrap_or_default();
        let later_aside = later.aside.clone().unwrap_or_else(|| KeptAside::empty(&later.past));
        account.merge(
            (&self.past.units, &aside.units),
            &later_account,
            (&later.past.units, &later_aside.units),
        );
        aside.units.merge(&later_aside.units);
        aside.calls.merge(&later_aside.calls);
        (self.account, self.aside) = (Some(account), Some(aside));
    }

    /// Takes in what a flush added; in the order in which they were written.
    pub(crate) fn add(&mut self, added: Added) {
        let Added { units, calls, line, slices, estimate, period, tiers, sights, incidents, account, aside } =
            added;
        let now_ns = line.now_ns();
        let add = |ladder: &mut KeptLadder, more: Vec<(u64, Counts)>| {
            more.into_iter().for_each(|(at_ns, counts)| ladder.add(at_ns, counts.into()));
            ladder.add(now_ns, EventCounts::ZERO);
        };
        if let Some(more) = aside {
            let aside = self.aside.get_or_insert_with(|| KeptAside::empty(&self.past));
            add(&mut aside.units, more.units);
            add(&mut aside.calls, more.calls);
        }
        add(&mut self.past.units, units);
        add(&mut self.past.calls, calls);
        (self.past.line, self.past.slices) = (line, slices);
        self.past.estimate = estimate;
        (self.period, self.tiers, self.sights) = (period, tiers, sights);
        self.incidents.add(incidents);
        self.take_account(account);
    }

    /// What was booked is written with all there is. Should that have been lost, it is done again for what came before.
    fn take_account(&mut self, account: Option<KeptAccount>) {
        let known = self.account.take().unwrap_or_default().exclusions;
        let known: HashSet<EntryId> = known.into_iter().map(|(id, _)| id).collect();
        self.account = account.map(|mut account| {
            account.exclusions.retain(|(id, _)| known.contains(id));
            account
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::alert::Incident;
    use crate::engine::{Downtime, Evaluator, Input};
    use crate::report::ObjectiveReport;
    use crate::slo::{Booking, Entry, Period};
    use crate::units::Target;
    use crate::window::{CalendarUnit, EmptySlice, Tick};

    const SECOND: u64 = 1_000_000_000;
    const HOUR: u64 = 3_600 * SECOND;
    const START: u64 = 20_000 * 24 * HOUR + 5 * HOUR;

    fn objectives() -> impl Strategy<Value = Objective> {
        let plain = Objective::availability(0.999);
        let slices = Budgeting::TimeSlices {
            length: Duration::from_secs(60),
            target: Target::new(0.95),
            empty: EmptySlice::CarryLast,
        };
        let overlaps = Budgeting::OverlappingSlices { length: Duration::from_secs(180), samples: 3 };
        prop::sample::select(vec![
            plain,
            plain.period(Period::days(92)),
            plain.period(Period::calendar(CalendarUnit::Month, "UTC")),
            plain.budgeting(slices),
            plain.budgeting(overlaps),
        ])
    }

    fn evaluator(objective: Objective, tick: Tick) -> Evaluator {
        Evaluator::new("checkout", "checkout-availability", objective, tick).unwrap()
    }

    /// Seconds to the next tick, and what comes with it.
    fn ticks() -> impl Strategy<Value = Vec<(u64, Input)>> {
        let wait = prop_oneof![20 => Just(1_u64), 4 => 2_u64..30, 1 => 60_u64..280];
        let tick = (wait, 0_u64..200, 0_u64..20, 0_u64..9).prop_map(|(wait, good, bad, unjudged)| {
            let delta = EventCounts::new(good, bad);
            (wait, Input { delta, ended: delta.total() + unjudged, unjudged, ..Input::default() })
        });
        prop::collection::vec(tick, 1..300)
    }

    /// What a report says of the past; counters and forecasts begin anew.
    fn remembered(report: &ObjectiveReport) -> impl PartialEq + core::fmt::Debug + use<> {
        let windows: Vec<_> =
            report.windows.iter().map(|window| (window.length, window.counts, window.burn)).collect();
        let tiers: Vec<_> = report.tiers.iter().map(|tier| (tier.state, tier.since_wall_ns)).collect();
        let incident = |incident: Incident| Incident { interrupted: false, ..incident };
        let incidents: Vec<_> =
            report.incidents.iter().chain(&report.incident).copied().map(incident).collect();
        let budget = report.budget.map(|budget| budget.remaining());
        (windows, tiers, report.counts, budget, report.state, incidents, report.mean_times)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_process_that_goes_on_decides_as_one_that_never_ended(
            objective in objectives(),
            past in ticks(),
            future in ticks(),
            flush_each in 1_usize..20,
        ) {
            let mut now = Tick { wall_ns: START, elapsed_ns: 7 * SECOND };
            let mut one = evaluator(objective, now);
            let mut kept = one.memory();
            let step = |now: &mut Tick, wait: u64| {
                now.wall_ns += wait * SECOND;
                now.elapsed_ns += wait * SECOND;
            };
            let last = past.len() - 1;
            for (number, (wait, input)) in past.into_iter().enumerate() {
                step(&mut now, wait);
                one.tick(now, input);
                if number % flush_each == 0 || number == last {
                    kept.add(one.added().unwrap());
                }
            }
            prop_assert_eq!(&kept, &one.memory(), "flush by flush as all at once");

            // Another process, with a monotonic clock of its own.
            let mut later = Tick { elapsed_ns: 3 * HOUR, ..now };
            let mut other = evaluator(objective, later);
            other.resume(kept, later, Downtime::Unknown);
            for (wait, input) in future {
                step(&mut now, wait);
                step(&mut later, wait);
                one.tick(now, input);
                other.tick(later, input);
                prop_assert_eq!(remembered(other.latest()), remembered(one.latest()));
            }
        }
    }

    /// After how many ticks an entry is booked; a reset, or an exclusion from so many seconds after then until so many.
    fn entries() -> impl Strategy<Value = Vec<(usize, Option<(i64, i64)>)>> {
        let time = (-400_i64..400, 1_i64..600).prop_map(|(from, length)| (from, from + length));
        prop::collection::vec((0_usize..300, prop::option::weighted(0.8, time)), 1..6)
    }

    fn booking(number: usize, now: Tick, time: Option<(i64, i64)>) -> Booking {
        let at = |off: i64| {
            UNIX_EPOCH + Duration::from_nanos(now.wall_ns.saturating_add_signed(off * 1_000_000_000))
        };
        let slo = "checkout-availability";
        let entry = match time {
            None => Entry::reset(slo),
            Some((from, until)) => Entry::exclusion(slo, at(from)..at(until)),
        };
        let entry = entry.by("ann").because("it is agreed");
        entry.booked(slo, now.wall_ns, EntryId::new(now.wall_ns, number as u64)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 200 } else { 2_000 }, failure_persistence: None, ..ProptestConfig::default() })]

        /// What the ledger changed is written flush by flush, and the next process goes on with it.
        #[test]
        fn what_is_booked_goes_on_as_if_the_process_had_never_ended(
            objective in objectives(),
            past in ticks(),
            future in ticks(),
            entries in entries(),
            flush_each in 1_usize..20,
        ) {
            let mut now = Tick { wall_ns: START, elapsed_ns: 7 * SECOND };
            let mut one = evaluator(objective, now);
            let (mut kept, mut ledger) = (one.memory(), Vec::new());
            let step = |now: &mut Tick, wait: u64| {
                now.wall_ns += wait * SECOND;
                now.elapsed_ns += wait * SECOND;
            };
            let last = past.len() - 1;
            for (number, (wait, input)) in past.into_iter().enumerate() {
                step(&mut now, wait);
                one.tick(now, input);
                for (place, (_, time)) in entries.iter().enumerate().filter(|(_, (at, _))| *at == number) {
                    ledger.push(booking(place, now, *time));
                    one.keep_to(ledger.iter());
                }
                if number % flush_each == 0 || number == last {
                    match one.added() {
                        Some(added) => kept.add(added),
                        None => kept = one.memory(),
                    }
                }
            }
            prop_assert_eq!(&kept, &one.memory(), "flush by flush as all at once");

            let mut later = Tick { elapsed_ns: 3 * HOUR, ..now };
            let mut other = evaluator(objective, later);
            other.resume(kept, later, Downtime::Unknown);
            other.keep_to(ledger.iter());
            for (wait, input) in future {
                step(&mut now, wait);
                step(&mut later, wait);
                one.tick(now, input);
                other.tick(later, input);
                prop_assert_eq!(remembered(other.latest()), remembered(one.latest()));
                prop_assert_eq!(&other.latest().ledger, &one.latest().ledger);
            }
        }
    }

    /// An hour of a call a second, then half an hour without a process.
    fn after_half_an_hour(objective: Objective, downtime: Downtime) -> ObjectiveReport {
        let at = |second: u64| Tick { wall_ns: START + second * SECOND, elapsed_ns: second * SECOND };
        let mut one = evaluator(objective, at(0));
        for second in 1..=3_600_u64 {
            one.tick(at(second), Input { delta: EventCounts::new(1, 0), ended: 1, ..Input::default() });
        }
        let mut other = evaluator(objective, at(5_400));
        other.resume(one.memory(), at(5_400), downtime);
        other.report()
    }

    #[track_caller]
    fn check(downtime: Downtime, bad_of_the_day: u64, coverage_of_the_hour: f64, estimated: bool) {
        let report = after_half_an_hour(Objective::availability(0.999), downtime);
        let window = |hours: u64| {
            let length = Duration::from_secs(hours * 3_600);
            report.windows.iter().find(|window| window.length == length).unwrap()
        };
        assert_eq!(window(24).counts, EventCounts::new(3_600, bad_of_the_day), "{downtime:?}");
        assert!((window(1).coverage - coverage_of_the_hour).abs() < 0.01, "{:?}", window(1));
        assert_eq!(window(24).estimated, estimated);
        assert_eq!(report.exported, EventCounts::ZERO, "counters are those of this process");
    }

    #[test]
    fn downtime_is_what_its_policy_says() {
        let limit = |minutes: u64| Downtime::UnknownUpTo(Duration::from_secs(minutes * 60));
        check(Downtime::Unknown, 0, 0.5, false);
        check(Downtime::Bad, 1_800, 0.5, true);
        check(Downtime::Excluded, 0, 1.0, false);
        check(limit(31), 0, 0.5, false);
        check(limit(29), 1_800, 0.5, true);
    }

    #[test]
    fn slices_without_a_process_are_bad_if_that_is_the_policy() {
        let objective = Objective::availability(0.999).budgeting(Budgeting::minutes(Target::new(0.95)));
        let counts = |downtime| after_half_an_hour(objective, downtime).counts;
        // The slice that was open is judged by the second that was seen of it.
        assert_eq!(counts(Downtime::Unknown), EventCounts::new(61, 0));
        assert_eq!(counts(Downtime::Bad), EventCounts::new(61, 30));
    }

    #[test]
    fn a_month_that_ended_without_a_process_does_not_burden_the_next() {
        let objective = Objective::availability(0.999).period(Period::calendar(CalendarUnit::Month, "UTC"));
        // 2024-11-01 and half an hour before.
        let (turn, early): (u64, u64) = (1_730_419_200 * SECOND, 1_730_417_400 * SECOND);
        let mut one = evaluator(objective, Tick { wall_ns: early - HOUR, elapsed_ns: 0 });
        for second in 1..=3_600_u64 {
            let tick = Tick { wall_ns: early - HOUR + second * SECOND, elapsed_ns: second * SECOND };
            one.tick(tick, Input { delta: EventCounts::new(9, 1), ended: 10, ..Input::default() });
        }
        assert_eq!(one.latest().counts, EventCounts::new(32_400, 3_600));
        for (downtime, bad) in [(Downtime::Unknown, 0_u64), (Downtime::Bad, 36_000)] {
            let later = Tick { wall_ns: turn + HOUR, elapsed_ns: 0 };
            let mut other = evaluator(objective, later);
            other.resume(one.memory(), later, downtime);
            let counts = other.latest().counts;
            assert!(counts.good() == 0 && counts.bad().abs_diff(bad) <= 200, "{downtime:?}: {counts:?}");
        }
    }

    #[test]
    fn a_new_target_keeps_its_past_and_a_new_threshold_has_none() {
        let subject = |objective: Objective| Subject::of(&objective);
        let ms = Duration::from_millis;
        let one = Objective::latency(0.99, ms(300));
        assert_eq!(subject(one), subject(Objective::latency(0.9, ms(300)).period(Period::days(7))));
        let others = [
            Objective::latency(0.99, ms(301)),
            one.validity(crate::slo::Validity::AllValid),
            one.budgeting(Budgeting::SLOTH),
            Objective::availability(0.99),
        ];
        others.into_iter().for_each(|other| assert_ne!(subject(one), subject(other)));
        assert_eq!(subject(one).0, "latency 300000000 success_only events");
    }

    #[test]
    fn a_wall_clock_that_is_behind_renames_slots_and_loses_nothing() {
        let objective = Objective::availability(0.999);
        let at = |second: u64| Tick { wall_ns: START + second * SECOND, elapsed_ns: second * SECOND };
        let mut one = evaluator(objective, at(0));
        for second in 1..=600_u64 {
            one.tick(at(second), Input { delta: EventCounts::new(1, 1), ended: 2, ..Input::default() });
        }
        let earlier = Tick { wall_ns: START - 30 * HOUR, elapsed_ns: 0 };
        let mut other = evaluator(objective, earlier);
        other.resume(one.memory(), earlier, Downtime::Bad);
        assert_eq!(other.latest().counts, EventCounts::new(600, 600));
    }
}
