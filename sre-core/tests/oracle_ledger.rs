//! The ledger against a model that keeps every event with its time, and every entry: budgets, windows and what they
//! would be without, after any sequence of events, bookings and restarts.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod scratch;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use scratch::Scratch;
use sre_core::clock::ManualClock;
use sre_core::slo::{Adjustment, Entry, EntryId, Period, Tier};
use sre_core::units::EventCounts;
use sre_core::window::CalendarUnit;
use sre_core::{Engine, Error, LedgerError, Objective, Outcome, Sli};

const SLO: &str = "pay-availability";
const DAY: i64 = 86_400;
/// A day at 19:00 UTC, so that calendar days turn on the way.
const START: i64 = 20_000 * DAY + 19 * 3_600;
/// Windows and the slots that each is counted in, in seconds.
const WINDOWS: [(i64, i64); 5] = [(300, 10), (1_800, 10), (3_600, 10), (21_600, 60), (DAY, 300)];
/// Slots from fine to coarse, and how many of each are kept.
const SLOTS: [(i64, i64); 3] = [(10, 360), (60, 360), (300, 288)];

static TIERS: [Tier; 2] = [
    Tier::page(Duration::from_secs(3_600), Duration::from_secs(300), 14.4),
    Tier::page(Duration::from_secs(21_600), Duration::from_secs(1_800), 6.0),
];

#[derive(Clone, Debug)]
enum Act {
    /// So many ticks, so many seconds apart, with so many events each.
    Live {
        ticks: i64,
        wait: i64,
        good: i64,
        bad: i64,
    },
    /// Seconds without a tick before the next act, so that entries come between two ticks.
    Pause(i64),
    Reset,
    /// From so many seconds after now, or before, for so long.
    Exclude {
        from: i64,
        length: i64,
    },
    Adjust {
        good: i64,
        bad: i64,
        ago: i64,
    },
    Withdraw(prop::sample::Index),
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let live = (1_i64..80, 1_i64..=20, 0_i64..50, 0_i64..5).prop_map(|(ticks, wait, good, bad)| Act::Live {
        ticks,
        wait,
        good,
        bad,
    });
    let quiet = (1_i64..60).prop_map(|ticks| Act::Live { ticks, wait: 290, good: 0, bad: 0 });
    let from = prop_oneof![-200_i64..200, -4_000_i64..4_000, -100_000_i64..0];
    let length = prop_oneof![1_i64..100, 1_i64..8_000, 1_i64..86_400];
    let exclude = (from, length).prop_map(|(from, length)| Act::Exclude { from, length });
    let adjust = (-2_000_i64..2_000, -200_i64..200, 0_i64..90_000).prop_map(|(good, bad, ago)| Act::Adjust {
        good,
        bad,
        ago,
    });
    let act = prop_oneof![
        8 => live,
        3 => quiet,
        1 => (1_i64..5).prop_map(Act::Pause),
        1 => Just(Act::Reset),
        4 => exclude,
        2 => adjust,
        2 => any::<prop::sample::Index>().prop_map(Act::Withdraw),
        1 => Just(Act::Restart),
    ];
    prop::collection::vec(act, 1..50)
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at: i64,
    good: i64,
    bad: i64,
    aside: bool,
}

#[derive(Clone, Copy, Debug)]
enum Fact {
    Reset {
        at: i64,
    },
    /// What it covers; what is to come, exactly.
    Exclusion {
        from: i64,
        until: i64,
    },
    Adjustment {
        at: i64,
        good: i64,
        bad: i64,
    },
}

/// Everything, with its second.
#[derive(Debug)]
struct Model {
    calendar: bool,
    now: i64,
    /// The last tick.
    ticked: i64,
    events: Vec<Event>,
    facts: Vec<(EntryId, Fact)>,
}

impl Model {
    fn happen(&mut self, good: i64, bad: i64) {
        self.ticked = self.now;
        let now = self.now;
        let aside = self.exclusions().any(|(_, from, until)| from <= now && now < until);
        self.events.push(Event { at: now, good, bad, aside });
    }

    fn exclusions(&self) -> impl Iterator<Item = (EntryId, i64, i64)> + '_ {
        self.facts.iter().filter_map(|(id, fact)| match fact {
            Fact::Exclusion { from, until } => Some((*id, *from, *until)),
            _ => None,
        })
    }

    /// Where the oldest slot of a size begins.
    fn oldest(&self, (slot, count): (i64, i64)) -> i64 {
        self.ticked / slot * slot - slot * count
    }

    /// The slot of a time, by what is kept of it now.
    fn slot(&self, at: i64) -> i64 {
        SLOTS.into_iter().find(|size| self.oldest(*size) <= at).unwrap_or(SLOTS[2]).0
    }

    /// The slots that a time touches, as far as it has passed; none if it is too old or to come.
    fn touched(&self, from: i64, until: i64) -> Option<(i64, i64)> {
        let (from, until) = (from.max(self.oldest(SLOTS[2])), until.min(self.ticked + 1));
        (from < until).then(|| {
            let (first, last) = (self.slot(from), self.slot(until - 1));
            (from / first * first, (until + last - 1) / last * last)
        })
    }

    /// Returns what is covered.
    fn exclude(&mut self, id: EntryId, from: i64, until: i64) -> (i64, i64) {
        let touched = self.touched(from, until);
        if let Some((first, last)) = touched {
            let inside = self.events.iter_mut().filter(|event| (first..last).contains(&event.at));
            inside.for_each(|event| event.aside = true);
        }
        let covered_until = if until > self.ticked { until } else { touched.unwrap().1.min(self.ticked) };
        let covered = (touched.map_or(from, |touched| touched.0), covered_until);
        self.facts.push((id, Fact::Exclusion { from: covered.0, until: covered.1 }));
        covered
    }

    fn withdraw(&mut self, id: EntryId) {
        let place = self.facts.iter().position(|(known, _)| *known == id).unwrap();
        let Fact::Exclusion { from, until } = self.facts.remove(place).1 else { return };
        let Some((first, last)) = self.touched(from, until) else { return };
        let others: Vec<_> =
            self.exclusions().filter_map(|(_, from, until)| self.touched(from, until)).collect();
        let is_elsewhere = |at: i64| others.iter().any(|(first, last)| (*first..*last).contains(&at));
        for event in self.events.iter_mut().filter(|event| (first..last).contains(&event.at)) {
            event.aside &= is_elsewhere(event.at);
        }
    }

    fn sum(&self, counts: impl Fn(&Event) -> bool) -> (i64, i64) {
        let counted = self.events.iter().filter(|event| counts(event));
        counted.fold((0, 0), |(good, bad), event| (good + event.good, bad + event.bad))
    }

    fn window(&self, (length, slot): (i64, i64), aside: bool) -> (i64, i64) {
        let first = (self.ticked / slot - length / slot) * slot;
        self.sum(|event| event.at >= first && event.aside == aside)
    }

    fn period_start(&self) -> i64 {
        if self.calendar { self.ticked / DAY * DAY } else { self.oldest(SLOTS[2]) }
    }

    fn budget(&self) -> (i64, i64) {
        let start = self.period_start();
        let resets = self.facts.iter().filter_map(|(_, fact)| match fact {
            Fact::Reset { at } if *at > start => Some(*at),
            _ => None,
        });
        let reset = resets.max();
        let after = |at: i64| reset.map_or(at >= start, |reset| at > reset);
        let (mut good, mut bad) = self.sum(|event| !event.aside && after(event.at));
        for (_, fact) in &self.facts {
            if let Fact::Adjustment { at, good: more_good, bad: more_bad } = *fact
                && at >= reset.unwrap_or(start)
            {
                (good, bad) = (good + more_good, bad + more_bad);
            }
        }
        (good.max(0), bad.max(0))
    }

    fn raw(&self) -> (i64, i64) {
        self.sum(|event| event.at >= self.period_start())
    }
}

/// The engine beside the model.
struct World {
    clock: ManualClock,
    scratch: Scratch,
    objective: Objective,
    engine: Engine,
    sli: Sli,
    model: Model,
}

impl World {
    fn new(calendar: bool) -> Self {
        let scratch = Scratch::new("ledger");
        let day = if calendar { Period::calendar(CalendarUnit::Day, "UTC") } else { Period::days(1) };
        let objective = Objective::availability(0.99).tiers(&TIERS).period(day);
        let clock = ManualClock::at_unix_seconds(START.unsigned_abs());
        let (engine, sli) = Self::start(&clock, scratch.path(), objective);
        let model = Model { calendar, now: START, ticked: START, events: Vec::new(), facts: Vec::new() };
        Self { clock, scratch, objective, engine, sli, model }
    }

    fn start(clock: &ManualClock, directory: &Path, objective: Objective) -> (Engine, Sli) {
        let builder = Engine::builder().manual_clock(clock.clone()).state_dir(directory);
        let engine = builder.flush_each(Duration::from_secs(3_600)).start().unwrap();
        let sli = engine.sli(Sli::new("pay").objective(objective).definition()).unwrap();
        let _ = engine.collect();
        (engine, sli)
    }

    fn time(&self, off: i64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs((self.model.now + off).unsigned_abs())
    }

    fn book(&self, entry: Entry) -> Result<sre_core::slo::Receipt, Error> {
        self.engine.book(entry.by("the oracle").because("it says so"))
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Live { ticks, wait, good, bad } => {
                (0..*ticks).for_each(|_| self.tick(*wait, *good, *bad));
            }
            Act::Pause(seconds) => {
                self.clock.advance(Duration::from_secs(seconds.unsigned_abs()));
                self.model.now += seconds;
            }
            Act::Reset => {
                let id = self.book(Entry::reset(SLO)).unwrap().booking.id();
                self.model.facts.push((id, Fact::Reset { at: self.model.now }));
            }
            Act::Exclude { from, length } => self.exclude(*from, *length),
            Act::Adjust { good, bad, ago } => {
                let (at, time) = (self.model.now - ago, self.time(-ago));
                match self.book(Entry::adjustment(SLO, Adjustment::new(*good, *bad).at(time))) {
                    Ok(receipt) => {
                        let fact = Fact::Adjustment { at, good: *good, bad: *bad };
                        self.model.facts.push((receipt.booking.id(), fact));
                    }
                    Err(Error::Ledger(LedgerError::TooOld { .. })) => assert!(at < self.model.period_start()),
                    Err(Error::Ledger(LedgerError::Size { .. })) => assert_eq!((*good, *bad), (0, 0)),
                    Err(error) => panic!("{error}"),
                }
            }
            Act::Withdraw(place) => {
                if !self.model.facts.is_empty() {
                    let (id, _) = *place.get(&self.model.facts);
                    self.book(Entry::withdrawal(id)).unwrap();
                    self.model.withdraw(id);
                }
            }
            Act::Restart => {
                assert!(self.engine.shutdown(Duration::from_secs(5)));
                if self.model.now > self.model.ticked {
                    self.model.happen(0, 0);
                }
                (self.engine, self.sli) = Self::start(&self.clock, self.scratch.path(), self.objective);
            }
        }
    }

    fn tick(&mut self, wait: i64, good: i64, bad: i64) {
        self.sli.record_n(Outcome::Ok, Duration::ZERO, good.unsigned_abs());
        self.sli.record_n(Outcome::Error, Duration::ZERO, bad.unsigned_abs());
        self.clock.advance(Duration::from_secs(wait.unsigned_abs()));
        self.engine.tick();
        self.model.now += wait;
        self.model.happen(good, bad);
    }

    fn exclude(&mut self, from: i64, length: i64) {
        let asked = (self.model.now + from, self.model.now + from + length);
        match self.book(Entry::exclusion(SLO, self.time(from)..self.time(from + length))) {
            Ok(receipt) => {
                let covered = receipt.covered.unwrap();
                let second = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_secs();
                let (first, last) = self.model.exclude(receipt.booking.id(), asked.0, asked.1);
                assert_eq!(
                    (second(covered.start), second(covered.end)),
                    (first.unsigned_abs(), last.unsigned_abs())
                );
            }
            Err(Error::Ledger(LedgerError::TooOld { .. })) => {
                assert!(asked.1 <= self.model.oldest(SLOTS[2]), "{asked:?}");
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn check(&self) {
        let report = self.engine.report();
        let objective = report.slo(SLO).unwrap();
        let counts = |(good, bad): (i64, i64)| EventCounts::new(good.unsigned_abs(), bad.unsigned_abs());
        assert_eq!(objective.counts, counts(self.model.budget()), "budget");
        let raw = objective.ledger.as_ref().map_or(objective.counts, |ledger| ledger.counts_raw);
        assert_eq!(raw, counts(self.model.raw()), "raw");
        let total = objective.counts.total();
        let remaining = objective.budget.map(|budget| budget.remaining());
        assert_eq!(remaining.is_some(), total > 0);
        if let Some(remaining) = remaining {
            // 100 * bad / total is spent of 99 %.
            let spent = 100.0 * objective.counts.bad() as f64 / total as f64;
            assert!((1.0 - remaining - spent).abs() < 1e-9 * spent.max(1.0), "{remaining} and {spent}");
        }
        for (place, window) in WINDOWS.into_iter().enumerate() {
            let length = Duration::from_secs(window.0.unsigned_abs());
            let seen = objective.windows.iter().find(|seen| seen.length == length).unwrap();
            assert_eq!(seen.counts, counts(self.model.window(window, false)), "{window:?}");
            let ledger = objective.ledger.as_ref().filter(|ledger| !ledger.windows.is_empty());
            let excluded = ledger.map_or(EventCounts::ZERO, |ledger| ledger.windows[place].excluded);
            assert_eq!(excluded, counts(self.model.window(window, true)), "excluded of {window:?}");
        }
    }
}

/// How many are tried: `PROPTEST_CASES`, or enough to fail within seconds when something is wrong.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_says_what_the_oracle_says(calendar in any::<bool>(), acts in acts()) {
        let mut world = World::new(calendar);
        for act in &acts {
            world.act(act);
            world.check();
        }
    }
}
