//! Pure. One objective lives through a scenario, as fast as can be without another result.

use core::time::Duration;

use super::ease::{Ease, Slot, Turn};
use super::hanging::Hanging;
use super::load::{Class, Load};
use super::replayed::{Change, Look, ObjectiveReplayed};
use super::script::{Script, Stop};
use super::track::Track;
use crate::engine::{Evaluator, Input, Memory, Stretch};
use crate::error::Error;
use crate::sli::{Definition, Outcome, Verdict};
use crate::slo::Objective;
use crate::units::EventCounts;
use crate::window::Tick;

const SECOND_NS: u64 = 1_000_000_000;

/// How long a wall clock that made a step is watched each second, until it is believed.
const WATCHED: u64 = 180;

/// Whether seconds may be taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Where nothing can change in between.
    Quick,
    /// Never: each second is judged, as by an engine.
    EachSecond,
}

/// One objective in the middle of a scenario.
#[derive(Debug)]
pub(crate) struct Player<'a> {
    script: &'a Script,
    objective: Objective,
    slo: String,
    pace: Pace,
    evaluator: Evaluator,
    load: Load,
    judges: Judges,
    /// The second of the scenario.
    at: u64,
    /// When that began, in seconds since 1970.
    start: u64,
    /// When the process started, and how old it was then, if that was before.
    born: u64,
    aged: u64,
    /// Seconds of its life that its monotonic clock did not count.
    asleep: u64,
    /// By how much the wall clock is off.
    off: i64,
    watched_until: u64,
    hanging: Hanging,
    ease: Ease,
    /// Room for the seconds of a slot, and what comes of them.
    seconds: Vec<EventCounts>,
    turns: Vec<Turn>,
    kept: Option<Memory>,
    changes: Vec<Change>,
    looks: Vec<Look>,
    track: Track,
}

/// What the objective makes of the calls.
#[derive(Debug)]
struct Judges {
    of_class: Vec<(Class, Verdict, bool)>,
    definition: Definition,
    place: usize,
}

impl Judges {
    fn new(definition: &Definition, place: usize, classes: &[Class]) -> Self {
        let mut judges = Self { of_class: Vec::new(), definition: *definition, place };
        judges.of_class = judges.for_classes(classes);
        judges
    }

    fn for_classes(&self, classes: &[Class]) -> Vec<(Class, Verdict, bool)> {
        let judged = classes.iter().map(|class| {
            let (verdict, unjudged) = self.judge(class.outcome, class.duration_ns);
            (*class, verdict, unjudged)
        });
        judged.collect()
    }

    /// The verdict, and whether no objective of the SLI judges such a call.
    fn judge(&self, outcome: Outcome, duration_ns: u64) -> (Verdict, bool) {
        let duration = Duration::from_nanos(duration_ns);
        let verdict = self.definition.verdicts(outcome, duration).nth(self.place);
        let unjudged = match outcome {
            Outcome::Ok | Outcome::Error => false,
            Outcome::Ignored => true,
            Outcome::Abandoned(cause) => !self.definition.wait_limits().is_bad(cause, duration_ns),
        };
        (verdict.map_or(Verdict::Ignored, |(_, verdict)| verdict), unjudged)
    }
}

fn joined(one: Input, other: &Input) -> Input {
    let (ended, unjudged) = (one.ended + other.ended, one.unjudged + other.unjudged);
    Input { delta: one.delta + other.delta, ended, unjudged, ..one }
}

fn add(input: &mut Input, verdict: Verdict, unjudged: bool, count: u64) {
    input.ended += count;
    input.unjudged += if unjudged { count } else { 0 };
    match verdict {
        Verdict::Good => input.delta += EventCounts::new(count, 0),
        Verdict::Bad => input.delta += EventCounts::new(0, count),
        Verdict::Ignored => {}
    }
}

impl<'a> Player<'a> {
    pub(crate) fn new(
        script: &'a Script,
        place: usize,
        objective: Objective,
        slo: &str,
        pace: Pace,
    ) -> Result<Self, Error> {
        let load = script.load();
        let start = script.start.saturating_sub(script.history);
        let tick = Tick { wall_ns: start.saturating_mul(SECOND_NS), elapsed_ns: 0 };
        let evaluator = Evaluator::new(script.definition.name(), slo, objective, tick)?;
        Ok(Self {
            judges: Judges::new(&script.definition, place, load.classes()),
            hanging: Hanging::new(script, &objective),
            ease: Ease::new(evaluator.calm(), evaluator.slot_ns()),
            track: Track::new(evaluator.latest(), (0, script.length)),
            slo: slo.to_owned(),
            script,
            objective,
            pace,
            evaluator,
            load,
            at: 0,
            start,
            born: 0,
            aged: 0,
            asleep: 0,
            off: 0,
            watched_until: 0,
            seconds: Vec::new(),
            turns: Vec::new(),
            kept: None,
            changes: Vec::new(),
            looks: Vec::new(),
        })
    }

    /// Draws only a part of the scenario.
    pub(crate) fn watching(mut self, span: (u64, u64)) -> Self {
        self.track = Track::new(self.evaluator.latest(), span);
        self
    }

    /// Plays it to the end.
    pub(crate) fn play(mut self) -> Result<ObjectiveReplayed, Error> {
        self.live_before();
        for (at, stop) in self.script.stops() {
            self.live(at);
            match stop {
                Stop::Look => self.look(),
                Stop::Save => self.kept = Some(self.evaluator.memory()),
                Stop::Leave { in_order, forgets, until } => self.leave(in_order, forgets, until)?,
                Stop::Step(seconds) => {
                    self.off = self.off.saturating_add(seconds);
                    self.watched_until = self.at + WATCHED;
                    self.ease.stir(self.at + WATCHED);
                }
                Stop::Sleep { until } => {
                    self.asleep += until.saturating_sub(self.at);
                    self.miss(until);
                    self.ease.stir(until);
                }
            }
        }
        Ok(ObjectiveReplayed::new(self.changes, self.looks, self.evaluator.latest(), self.track))
    }

    /// Lives up to the begin of the scenario, of which nothing is told.
    fn live_before(&mut self) {
        let spans = core::mem::take(&mut self.hanging.spans);
        let (load, track) =
            (core::mem::replace(&mut self.load, self.script.load_before()), self.track.clone());
        let classes = self.judges.for_classes(self.load.classes());
        let during = core::mem::replace(&mut self.judges.of_class, classes);
        self.live(self.script.history);
        (self.load, self.track, self.judges.of_class, self.hanging.spans) = (load, track, during, spans);
        (self.at, self.start, self.aged) = (0, self.script.start, self.script.history);
        self.ease.restart_at_zero();
        self.changes.clear();
    }

    /// Lives until `to`.
    fn live(&mut self, to: u64) {
        while self.at < to {
            if !self.is_quick() {
                self.second();
            } else if !self.stride(to) {
                self.slot(to);
            }
        }
    }

    /// Whether the seconds up to the end of the next slot may be taken together.
    fn is_quick(&self) -> bool {
        let slot = self.evaluator.slot_ns() / SECOND_NS;
        let hangs = |(from, until): &(u64, u64)| self.at + slot >= *from && self.at <= *until;
        self.pace == Pace::Quick && self.at >= self.watched_until && !self.hanging.spans.iter().any(hangs)
    }

    /// Lives through slots in which it is known without booking them what windows say, and no tier begins to fire or
    /// stops; returns whether there were any.
    fn stride(&mut self, to: u64) -> bool {
        let slot = self.evaluator.slot_ns() / SECOND_NS;
        if !self.ease.is_known(self.at) || !self.is_at_end_of_slot() {
            return false;
        }
        let Some(standings) = self.evaluator.standings() else { return false };
        let hangs = self.hanging.spans.iter().filter(|(_, until)| *until >= self.at);
        let to = hangs.map(|(from, _)| from.saturating_sub(slot + 1)).fold(to, u64::min);
        let from = self.at;
        self.ease.begin(&standings, self.evaluator.now_ns() / SECOND_NS + 1);
        let calm = self.calm_slots(slot, to);
        let calm_to = from + calm.len() as u64 * slot;
        let mut slots = calm.iter();
        self.at = from;
        while self.at < calm_to {
            let line = self.evaluator.now_ns() / SECOND_NS + 1;
            let most = self.track.until_due(self.at);
            let stride = self.ease.stride(line, calm_to - self.at, most).max(slot);
            let input = slots
                .by_ref()
                .take(usize::try_from(stride / slot).unwrap_or(1))
                .fold(Input::default(), joined);
            self.at += stride;
            self.evaluator.stride(self.tick(), input);
            if self.track.is_due(self.at) {
                self.track.note(self.at, &self.evaluator);
            }
        }
        if calm_to > from && self.evaluator.is_firing() {
            self.judge();
        }
        calm_to > from
    }

    /// What comes in the slots from now on, until the first in which more may happen than that tiers turn.
    fn calm_slots(&mut self, slot: u64, to: u64) -> Vec<Input> {
        let begun = self.ease.sum(0);
        let (mut at, mut calm, mut by_seconds) = (self.at, Vec::new(), false);
        while at + slot <= to {
            self.load.mark();
            let input = if by_seconds { self.arrive_by_seconds(at, slot) } else { self.arrive(at + slot) };
            let is_steady = self.ease.weigh(input.delta) == Slot::Steady;
            if !is_steady && !by_seconds {
                self.load.back();
                self.arrive_by_seconds(at, slot);
            }
            // The next one is most probably like it.
            by_seconds = !is_steady;
            if input.unjudged > 0 || !(is_steady || self.turn(at, begun)) {
                self.load.back();
                break;
            }
            self.ease.take(input.delta);
            calm.push(input);
            at += slot;
        }
        calm
    }

    /// What comes in a slot, and in each of its seconds.
    fn arrive_by_seconds(&mut self, at: u64, slot: u64) -> Input {
        let mut seconds = core::mem::take(&mut self.seconds);
        seconds.clear();
        let mut all = Input::default();
        for second in at + 1..=at + slot {
            let input = self.arrive(second);
            seconds.push(input.delta);
            all = joined(all, &input);
        }
        self.seconds = seconds;
        all
    }

    /// Lets tiers turn in the seconds from `at` on, which are not booked yet; returns whether it is known where they do.
    fn turn(&mut self, at: u64, begun: EventCounts) -> bool {
        let mut turns = core::mem::take(&mut self.turns);
        let is_known = self.ease.turns(&self.seconds, &mut turns).is_some();
        for turn in turns.iter().filter(|_| is_known) {
            self.at = at + 1 + turn.second as u64;
            let since = turn.before.since(begun);
            let change = self.evaluator.turn(turn.tier, turn.pair, self.tick(), since);
            self.changes.extend(change.map(|change| Change::new(self.at, &change)));
        }
        self.turns = turns;
        is_known
    }

    /// Books what came until now.
    fn pass(&mut self, input: Input) {
        self.evaluator.pass(self.tick(), input);
        self.ease.add(input, self.at);
        if self.is_at_end_of_slot() {
            self.ease.close();
        }
    }

    fn is_at_end_of_slot(&self) -> bool {
        let slot = self.evaluator.slot_ns() / SECOND_NS;
        (self.evaluator.now_ns() / SECOND_NS + 1).is_multiple_of(slot.max(1))
    }

    /// Lives through one second, and judges it.
    fn second(&mut self) {
        let input = self.arrive(self.at + 1);
        self.pass(input);
        self.judge();
    }

    /// Lives until the end of the slot of the next second, but not beyond `to`.
    fn slot(&mut self, to: u64) {
        let first = self.arrive(self.at + 1);
        self.pass(first);
        let slot_ns = self.evaluator.slot_ns();
        let left = (slot_ns - 1 - self.evaluator.now_ns() % slot_ns) / SECOND_NS;
        let (from, end) = (self.at, (self.at + left).min(to));
        self.load.mark();
        let rest = self.arrive(end);
        let until_ns = self.elapsed_ns(end);
        let stretch = Stretch { until_ns, delta: rest.delta, ended: rest.ended, unjudged: rest.unjudged };
        if self.evaluator.holds_still(stretch) {
            if end > from {
                self.pass(rest);
            }
            if self.evaluator.is_firing() {
                self.judge();
            } else if self.track.is_due(end) {
                self.track.note(end, &self.evaluator);
            }
            return;
        }
        self.load.back();
        self.at = from;
        self.judge();
        while self.at < end {
            self.second();
        }
    }

    /// What comes until `to`, which is now.
    fn arrive(&mut self, to: u64) -> Input {
        let mut input = Input::default();
        let began_ns = self.elapsed_ns(self.load.at());
        let Self { load, judges, hanging, .. } = self;
        for ((class, verdict, unjudged), count) in judges.of_class.iter().zip(load.advance(to)) {
            match class.hangs_until {
                _ if *count == 0 => {}
                Some(until) => hanging.begin(began_ns, *count, until),
                None => add(&mut input, *verdict, *unjudged, *count),
            }
        }
        self.at = to;
        let now_ns = self.elapsed_ns(to);
        for (began_ns, count) in self.hanging.end(to) {
            let waited_ns = now_ns.saturating_sub(began_ns);
            let outcome = Outcome::Abandoned(crate::sli::Abandoned::TimedOut);
            let (verdict, unjudged) = self.judges.judge(outcome, waited_ns);
            add(&mut input, verdict, unjudged, count);
        }
        input.provisional = EventCounts::new(0, self.hanging.overdue(now_ns));
        input
    }

    fn judge(&mut self) {
        let at = self.at;
        let changes = self.evaluator.judge_alerts().iter();
        self.changes.extend(changes.map(|change| Change::new(at, change)));
        self.track.note(at, &self.evaluator);
    }

    fn look(&mut self) {
        let at = self.at;
        self.changes.extend(self.evaluator.judge_all().iter().map(|change| Change::new(at, change)));
        self.looks.push(Look::new(at, self.evaluator.report()));
    }

    fn leave(&mut self, in_order: bool, forgets: bool, until: u64) -> Result<(), Error> {
        let memory = if in_order { Some(self.evaluator.memory()) } else { self.kept.take() };
        self.miss(until);
        (self.born, self.aged, self.asleep) = (until, 0, 0);
        self.hanging.forget();
        self.ease.stir(until);
        let (tick, before) = (self.tick(), self.evaluator.standing());
        self.evaluator = Evaluator::new(self.script.definition.name(), &self.slo, self.objective, tick)?;
        if let Some(memory) = memory.filter(|_| !forgets) {
            self.evaluator.resume(memory, tick, self.script.downtime);
        }
        let (at, after) = (self.at, self.evaluator.standing());
        let changes = before.iter().zip(&after);
        self.changes.extend(changes.filter_map(|(before, after)| Change::by_restart(at, before, after)));
        Ok(())
    }

    /// Lets time pass until `until` without anybody to see what happens.
    fn miss(&mut self, until: u64) {
        self.load.advance(until);
        self.at = until.max(self.at);
    }

    fn tick(&self) -> Tick {
        let second = self.start.saturating_add(self.at).saturating_add_signed(self.off);
        Tick { wall_ns: second.saturating_mul(SECOND_NS), elapsed_ns: self.elapsed_ns(self.at) }
    }

    fn elapsed_ns(&self, second: u64) -> u64 {
        let lived = second.saturating_add(self.aged).saturating_sub(self.born);
        lived.saturating_sub(self.asleep).saturating_mul(SECOND_NS)
    }
}
