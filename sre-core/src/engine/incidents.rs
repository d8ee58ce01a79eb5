//! Pure. The incidents of one objective, tick by tick, and those that are over.

use core::time::Duration;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::alert::{Incident, MeanTimes, TierNumbers};
use crate::lists::at_most;
use crate::slo::Severity;
use crate::window::{Tally, Tick};

/// Incidents that are kept after their end.
const ENDED_MAX: usize = 64;

/// The incidents of one objective.
#[derive(Clone, Debug, Default)]
pub(super) struct Incidents {
    open: Option<Open>,
    /// The last ones that are over, in the order of their starts.
    ended: Arc<[Incident]>,
    /// Those that are over, since this began to count.
    ended_ever: u64,
    times: MeanTimes,
}

/// One that is not over.
#[derive(Clone, Copy, Debug)]
struct Open {
    incident: Incident,
    /// Since when this process has seen it, by the monotonic clock, and how long it had lasted before.
    since: Duration,
    lasted: Duration,
    /// What had been counted at its onset.
    counted: Tally,
}

/// When the short window of a tier went above its factor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onset {
    pub(super) at: Tick,
    /// What had been counted at the tick before.
    pub(super) counted: Tally,
}

/// The tiers that fire at a tick and reach somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blaze {
    pub(super) tiers: TierNumbers,
    pub(super) severity: Severity,
    /// Of the first of them.
    pub(super) onset: Option<Onset>,
}

/// What outlives the process: all, or what became of them since the flush before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptIncidents {
    open: Option<Incident>,
    #[serde(deserialize_with = "at_most::<ENDED_MAX, _, _, _>")]
    ended: Vec<Incident>,
}

impl Blaze {
    /// Both, with the onset of the first.
    pub(super) fn and(self, other: Self) -> Self {
        let severity = self.severity.max(other.severity);
        Self { tiers: self.tiers.and(other.tiers), severity, onset: self.onset.or(other.onset) }
    }
}

impl Incidents {
    /// Takes in which tiers fire, what has been `counted` so far, and how many bad events the period allows.
    pub(super) fn step(&mut self, blaze: Option<Blaze>, tick: Tick, counted: Tally, allowed: Option<f64>) {
        let is_open = self.open.is_some();
        if let Some(blaze) = blaze {
            let open = self.open.get_or_insert_with(|| Open::begin(blaze, tick, counted));
            open.incident.tiers = open.incident.tiers.and(blaze.tiers);
            open.incident.severity = open.incident.severity.max(blaze.severity);
        }
        let Some(open) = &mut self.open else { return };
        open.look(tick, counted, allowed);
        if blaze.is_none() {
            let ended = Incident { cleared_unix_ns: Some(tick.wall_ns), ..open.incident };
            self.open = None;
            self.end([ended]);
        } else if !is_open {
            self.tell_times();
        }
    }

    fn end(&mut self, ended: impl IntoIterator<Item = Incident>) {
        let mut all: Vec<_> = self.ended.iter().copied().chain(ended).collect();
        self.ended_ever += (all.len() - self.ended.len()) as u64;
        all.drain(..all.len().saturating_sub(ENDED_MAX));
        self.ended = all.into();
        self.tell_times();
    }

    fn tell_times(&mut self) {
        let all: Vec<_> = self.ended.iter().copied().chain(self.open()).collect();
        self.times = MeanTimes::of(&all);
    }

    /// The one that is not over, as of the last tick.
    pub(super) fn open(&self) -> Option<Incident> {
        self.open.map(|open| open.incident)
    }

    /// The last ones that are over.
    pub(super) const fn ended(&self) -> &Arc<[Incident]> {
        &self.ended
    }

    /// The mean times of all of them.
    pub(super) const fn times(&self) -> MeanTimes {
        self.times
    }

    /// How many are over; a mark for [`Incidents::kept`].
    pub(super) const fn ended_ever(&self) -> u64 {
        self.ended_ever
    }

    /// What outlives the process, but for those that were over at a mark.
    pub(super) fn kept(&self, mark: u64) -> KeptIncidents {
        let fresh = usize::try_from(self.ended_ever.saturating_sub(mark)).unwrap_or(ENDED_MAX);
        let known = self.ended.len().saturating_sub(fresh);
        KeptIncidents { open: self.open(), ended: self.ended.iter().skip(known).copied().collect() }
    }

    /// Goes on at `tick` from what an earlier process kept; `counted` is what had been counted when it left off.
    pub(super) fn resume(&mut self, kept: KeptIncidents, tick: Tick, counted: Tally) {
        *self = Self::default();
        self.open = kept.open.map(|incident| Open {
            lasted: incident.lasted,
            since: elapsed(tick),
            counted: counted.minus(incident.counts),
            incident: Incident { interrupted: true, ..incident },
        });
        self.end(kept.ended);
    }

    /// Lets a time without a process go by.
    pub(super) fn go_over(&mut self, time: Duration) {
        if let Some(open) = &mut self.open {
            open.lasted = open.lasted.saturating_add(time);
        }
    }
}

impl Open {
    fn begin(blaze: Blaze, tick: Tick, counted: Tally) -> Self {
        let onset = blaze.onset.unwrap_or(Onset { at: tick, counted });
        let incident = Incident {
            onset_unix_ns: onset.at.wall_ns,
            fired_unix_ns: tick.wall_ns,
            cleared_unix_ns: None,
            detected_after: elapsed(tick).saturating_sub(elapsed(onset.at)),
            lasted: Duration::ZERO,
            severity: blaze.severity,
            tiers: blaze.tiers,
            counts: counted.since(onset.counted),
            budget_spent: None,
            interrupted: false,
        };
        Self { incident, since: elapsed(tick), lasted: Duration::ZERO, counted: onset.counted }
    }

    fn look(&mut self, tick: Tick, counted: Tally, allowed: Option<f64>) {
        let incident = &mut self.incident;
        incident.lasted = self.lasted.saturating_add(elapsed(tick).saturating_sub(self.since));
        incident.counts = counted.since(self.counted);
        let spent = |allowed: f64| bad(incident) / allowed;
        incident.budget_spent = allowed.filter(|allowed| *allowed > 0.0).map(spent).or(incident.budget_spent);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 lose less than one part in 10^15")]
const fn bad(incident: &Incident) -> f64 {
    incident.counts.bad() as f64
}

const fn elapsed(tick: Tick) -> Duration {
    Duration::from_nanos(tick.elapsed_ns)
}

impl KeptIncidents {
    /// Takes in what a flush added.
    pub(super) fn add(&mut self, added: Self) {
        self.open = added.open;
        self.ended.extend(added.ended);
        self.ended.drain(..self.ended.len().saturating_sub(ENDED_MAX));
    }

    /// Adds what another process of the same service saw; incidents that overlap are one.
    pub(super) fn merge(&mut self, other: &Self) {
        let all = [&*self, other].into_iter().flat_map(|kept| kept.ended.iter().chain(&kept.open).copied());
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|incident| (incident.fired_unix_ns, incident.cleared_unix_ns));
        let mut joined: Vec<Incident> = Vec::with_capacity(all.len());
        for incident in all {
            match joined.last_mut().filter(|last| last.overlaps(&incident)) {
                // Both took in the same file.
                Some(last) if is_same(last, &incident) => {}
                Some(last) => *last = last.join(&incident),
                None => joined.push(incident),
            }
        }
        self.open = joined.pop_if(|last| last.cleared_unix_ns.is_none());
        self.ended = joined;
        self.ended.drain(..self.ended.len().saturating_sub(ENDED_MAX));
    }
}

fn is_same(one: &Incident, other: &Incident) -> bool {
    (one.fired_unix_ns, one.cleared_unix_ns, one.counts)
        == (other.fired_unix_ns, other.cleared_unix_ns, other.counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Downtime, Evaluator, Input};
    use crate::report::ObjectiveReport;
    use crate::slo::Objective;
    use crate::units::EventCounts;

    const SECOND: u64 = 1_000_000_000;
    const START_S: u64 = 1_700_000_000;

    fn at(second: u64) -> Tick {
        Tick { wall_ns: (START_S + second) * SECOND, elapsed_ns: second * SECOND }
    }

    fn evaluator(objective: Objective, second: u64) -> Evaluator {
        Evaluator::new("checkout", "checkout-availability", objective, at(second)).unwrap()
    }

    /// A hundred events at each second of `seconds`, good or bad.
    fn run(evaluator: &mut Evaluator, seconds: core::ops::RangeInclusive<u64>, good: bool) {
        let delta = if good { EventCounts::new(100, 0) } else { EventCounts::new(0, 100) };
        for second in seconds {
            evaluator.tick(at(second), Input { delta, ended: 100, ..Input::default() });
        }
    }

    /// Seconds from the start: onset, start, clear.
    fn seconds(incident: &Incident) -> (u64, u64, Option<u64>) {
        let since = |ns: u64| ns / SECOND - START_S;
        (since(incident.onset_unix_ns), since(incident.fired_unix_ns), incident.cleared_unix_ns.map(since))
    }

    #[test]
    fn an_outage_is_one_incident_from_its_first_page_to_its_last_ticket() {
        let mut evaluator = evaluator(Objective::availability(0.999), 0);
        run(&mut evaluator, 1..=600, false);
        let open = evaluator.latest().incident.unwrap();
        // The short window of tier 1 is above its factor once 4.32 s of five minutes are bad.
        assert_eq!(seconds(&open), (5, 54, None));
        assert_eq!((open.detected_after, open.lasted), (Duration::from_secs(49), Duration::from_secs(546)));
        assert_eq!(
            (open.severity, open.tiers.iter().collect::<Vec<_>>()),
            (Severity::Page, vec![1, 2, 3, 4])
        );
        assert_eq!(open.counts, EventCounts::new(0, 59_600), "all since the onset, its own second included");
        assert_eq!(evaluator.latest().incidents.len(), 0);

        run(&mut evaluator, 601..=60_000, true);
        let report = evaluator.latest();
        assert_eq!(report.incident, None, "tiers of pages let go first, those of tickets hours later");
        let [ended] = *report.incidents else { panic!("{:?}", report.incidents) };
        let (onset, fired, cleared) = seconds(&ended);
        assert_eq!((onset, fired), (5, 54));
        let clear = cleared.unwrap();
        assert!(clear > 600 + 6 * 3_600 * 9 / 10, "{clear}");
        assert_eq!(ended.lasted.as_secs(), clear - 54);
        assert_eq!(ended.counts, EventCounts::new((clear - 600) * 100, 59_600));
        assert_eq!((report.mean_times.incidents, report.mean_times.mttr), (1, Some(ended.lasted)));
    }

    #[test]
    fn the_budget_spent_is_that_of_the_period() {
        let mut evaluator = evaluator(Objective::availability(0.999), 0);
        run(&mut evaluator, 1..=86_400, true);
        run(&mut evaluator, 86_401..=86_700, false);
        let incident = evaluator.latest().incident.unwrap();
        // Of the events of 30 days like this one, one in a thousand may fail.
        let allowed = 100.0 * 86_400.0 * 30.0 / 1_000.0;
        let (bad, spent) = (incident.counts.bad(), incident.budget_spent.unwrap());
        assert!((spent - f64::from(u32::try_from(bad).unwrap()) / allowed).abs() < 1e-9, "{bad} {spent}");
    }

    #[test]
    fn tiers_that_reach_nobody_make_no_incident() {
        const LOGGED: &[crate::slo::Tier] =
            &[crate::slo::Tier::log(Duration::from_secs(3_600), Duration::from_secs(300), 14.4)];
        let mut evaluator = evaluator(Objective::availability(0.999).tiers(LOGGED), 0);
        run(&mut evaluator, 1..=600, false);
        assert!(evaluator.latest().firing().is_some());
        assert_eq!(evaluator.latest().incident, None);
    }

    /// The same outage, with a process that ends in it for `downtime` seconds.
    fn interrupted(downtime: u64) -> ObjectiveReport {
        let mut one = evaluator(Objective::availability(0.999), 0);
        run(&mut one, 1..=300, false);
        let later = Tick { elapsed_ns: 7 * SECOND, ..at(300 + downtime) };
        let mut other = Evaluator::new("checkout", "checkout-availability", *one.objective(), later).unwrap();
        other.resume(one.memory(), later, Downtime::Unknown);
        other.report()
    }

    #[test]
    fn a_restart_does_not_end_an_incident() {
        let incident = interrupted(1_000).incident.unwrap();
        assert_eq!(seconds(&incident), (5, 54, None));
        assert!(incident.interrupted);
        assert_eq!(incident.counts, EventCounts::new(0, 29_600));
        let Incident { detected_after, .. } = incident;
        assert_eq!(detected_after, Duration::from_secs(49));
    }

    #[test]
    fn the_time_without_a_process_belongs_to_it() {
        let mut one = evaluator(Objective::availability(0.999), 0);
        run(&mut one, 1..=300, false);
        let mut other = evaluator(Objective::availability(0.999), 1_300);
        other.resume(one.memory(), at(1_300), Downtime::Bad);
        run(&mut other, 1_301..=1_400, false);
        let incident = other.latest().incident.unwrap();
        assert_eq!(incident.lasted.as_secs(), 1_400 - 54);
        assert_eq!(incident.counts.bad(), 139_600, "with the estimate for the time without a process");
    }

    #[test]
    fn only_the_last_ones_are_kept() {
        let mut incidents = Incidents::default();
        let blaze = Blaze { tiers: TierNumbers::of([1]), severity: Severity::Page, onset: None };
        for number in 0..100 {
            incidents.step(Some(blaze), at(number * 10), Tally::ZERO, None);
            incidents.step(None, at(number * 10 + 5), Tally::ZERO, None);
        }
        assert_eq!((incidents.ended().len(), incidents.ended_ever()), (ENDED_MAX, 100));
        assert_eq!(seconds(&incidents.ended()[0]), (360, 360, Some(365)));
        assert_eq!(incidents.kept(98).ended.len(), 2);
        assert_eq!((incidents.kept(100).ended.len(), incidents.kept(0).ended.len()), (0, ENDED_MAX));
        let mean = incidents.times();
        assert_eq!((mean.mttr, mean.mtbf), (Some(Duration::from_secs(5)), Some(Duration::from_secs(10))));
    }

    #[test]
    fn what_two_processes_saw_is_put_together() {
        let one = interrupted(0).incident.unwrap();
        let ended = |fired: u64, cleared: u64| Incident {
            fired_unix_ns: fired * SECOND,
            cleared_unix_ns: Some(cleared * SECOND),
            ..one
        };
        let kept = |open, ended: &[Incident]| KeptIncidents { open, ended: ended.to_vec() };
        let mut memory = kept(None, &[ended(10, 20), ended(100, 200)]);
        memory.merge(&kept(
            Some(Incident { fired_unix_ns: 500 * SECOND, ..one }),
            &[ended(10, 20), ended(150, 300)],
        ));
        let spans: Vec<_> =
            memory.ended.iter().map(|incident| (incident.fired_unix_ns, incident.cleared_unix_ns)).collect();
        let ns = |seconds: u64| seconds * SECOND;
        assert_eq!(spans, [(ns(10), Some(ns(20))), (ns(100), Some(ns(300)))]);
        assert_eq!(memory.ended[0].counts, one.counts, "the same one twice is one");
        assert_eq!(memory.open.map(|open| open.fired_unix_ns), Some(ns(500)));
        memory.merge(&kept(None, &[ended(600, 700)]));
        assert_eq!(
            memory.open.map(|open| open.cleared_unix_ns),
            Some(None),
            "one that is open includes what follows"
        );
    }
}
