//! The machine: a clock, a disk, and the process that serves on it.

use core::time::Duration;

use super::Tally;
use super::plan::{Act, End, Load, OBJECTIVES};
use super::truth::Truth;
use crate::clock::{Clock, ManualClock};
use crate::engine::Engine;
use crate::engine::archive::Archive;
use crate::primitive::{Arc, Mutex};
use crate::report::StateStanding;
use crate::sli::{Outcome, Sli};
use crate::slo::{Objective, Period};
use crate::store::model::{ModelDisk, World};
use crate::store::{Options, Random, Store};
use crate::units::EventCounts;
use crate::window::{CalendarUnit, Tick};

const SECOND: Duration = Duration::from_secs(1);
const START_S: u64 = 1_700_000_000;
pub(super) const START: Duration = Duration::from_secs(START_S);
const FAST: Duration = Duration::from_millis(20);
const SLOW: Duration = Duration::from_millis(700);
const THRESHOLD: Duration = Duration::from_millis(300);

/// A clock that went back, or more than a day ahead, is not believed for a minute, see decision 0012.
const DAY_NS: u64 = 86_400_000_000_000;
const DOUBT: Duration = Duration::from_secs(70);

/// Far more than the state of three objectives takes, and nothing near what a leak would.
const DISK_BYTES_MAX: usize = 8 << 20;

fn objectives() -> [(&'static str, Objective); OBJECTIVES] {
    let available = Objective::availability(0.999);
    let month = Period::calendar(CalendarUnit::Month, "UTC");
    [
        ("checkout-availability", available),
        ("checkout-latency", Objective::latency(0.99, THRESHOLD)),
        ("checkout-month", available.named("checkout-month").period(month)),
    ]
}

/// Calls of one second by what becomes of them.
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    fast: u64,
    slow: u64,
    failed: u64,
}

impl Calls {
    fn of(load: Load) -> Self {
        let share = |permille: u64| (load.calls * permille).div_ceil(1_000).min(load.calls);
        let failed = share(load.failing);
        let slow = share(load.slow).min(load.calls - failed);
        Self { fast: load.calls - failed - slow, slow, failed }
    }

    const fn ended(self) -> u64 {
        self.fast + self.slow + self.failed
    }

    /// As the objective of this name counts them.
    fn counts(self, slo: &str) -> EventCounts {
        if slo == "checkout-latency" {
            EventCounts::new(self.fast, self.slow)
        } else {
            EventCounts::new(self.fast + self.slow, self.failed)
        }
    }
}

/// One process from its start to its end.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) engine: Engine,
    sli: Sli,
    served: Vec<Calls>,
    /// Generation and length of the journal, as last seen.
    written: (Option<u64>, u64),
}

impl Process {
    fn start(clock: &ManualClock, world: &Arc<Mutex<World>>) -> Self {
        let mut builder = Engine::builder().manual_clock(clock.clone()).state_dir("/model");
        // Flushes come when the plan says so, and with the first tick.
        builder = builder.flush_each(Duration::from_secs(3_600));
        builder.world = Some(Arc::clone(world));
        let engine = builder.start().unwrap();
        let [a, b, c] = objectives().map(|(_, objective)| objective);
        let sli = Sli::new("checkout").objective(a).objective(b).objective(c);
        let sli = engine.sli(sli.definition()).unwrap();
        let _ = engine.collect();
        Self { engine, sli, served: Vec::new(), written: (None, 0) }
    }

    fn serve(&mut self, calls: Calls) {
        self.sli.record_n(Outcome::Ok, FAST, calls.fast);
        self.sli.record_n(Outcome::Ok, SLOW, calls.slow);
        self.sli.record_n(Outcome::Error, FAST, calls.failed);
        self.served.push(calls);
    }

    fn exported(&self, slo: &str) -> EventCounts {
        self.served.iter().map(|calls| calls.counts(slo)).sum()
    }

    fn standing(&self) -> StateStanding {
        self.engine.collect().engine.state.as_ref().unwrap().standing
    }

    /// Whether it was written durably at this tick; a clock that went back shows the same time twice.
    pub(super) fn flushed_at(&mut self, tick: Tick) -> bool {
        let report = self.engine.collect();
        let state = report.engine.state.as_ref().unwrap();
        let before = core::mem::replace(&mut self.written, (state.generation, state.journal_bytes));
        before != self.written && state.flushed_unix_ns == Some(tick.wall_ns)
    }
}

#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) clock: ManualClock,
    world: Arc<Mutex<World>>,
    process: Option<Process>,
    pub(super) truths: Vec<Truth>,
    /// Whether the disk may have failed since the last durable flush.
    pub(super) is_faulty: bool,
    /// When the last durable flush was.
    durable_at: Tick,
    /// Whether something was booked since the last tick: alerts follow with the next one.
    pub(super) has_booked: bool,
    /// Whether the wall clock was set since then.
    has_stepped: bool,
    /// Until when the new time is not believed; how long it has been there is known to the process only.
    pub(super) doubts_until: Duration,
    /// Whether the wall clock ever went back: then the line of the windows is ahead of it, and how far is another matter
    /// with a time without a process than with a late tick.
    went_back: bool,
    pub(super) tally: &'a mut Tally,
}

impl<'a> Machine<'a> {
    pub(super) fn new(tally: &'a mut Tally) -> Self {
        let clock = ManualClock::at_unix_seconds(START_S);
        let world = World::new();
        let process = Some(Process::start(&clock, &world));
        let start = now(&clock);
        let truths = objectives().map(|(slo, objective)| Truth::new(slo, objective, start)).into();
        Self {
            clock,
            world,
            process,
            truths,
            is_faulty: false,
            durable_at: start,
            has_booked: false,
            has_stepped: false,
            doubts_until: Duration::ZERO,
            went_back: false,
            tally,
        }
    }

    pub(super) fn play(&mut self, act: Act) {
        match act {
            Act::Serve { seconds, load } => (0..seconds).for_each(|_| {
                self.clock.advance(SECOND);
                self.serve(Calls::of(load));
            }),
            Act::Late { seconds } => {
                self.clock.advance(Duration::from_secs(seconds));
                self.serve(Calls { fast: 7, slow: 1, failed: 1 });
            }
            Act::Step { seconds } => self.step(seconds),
            Act::Suspend { seconds } => self.step(seconds.cast_signed()),
            Act::Flush => {
                self.process().engine.flush();
                self.note_flush();
            }
            Act::Fault { skip, count, failure } => {
                let mut world = self.world.lock();
                let first = world.calls() + skip;
                world.fail(first, count, failure);
                self.is_faulty = true;
            }
            Act::Heal => self.world.lock().heal(),
            Act::Restart { end, downtime } => self.restart(end, downtime),
            Act::Relieve { seconds, load } => self.relieve(seconds, load),
            Act::Book { slo, what } => self.book(slo, what),
            Act::Withdraw { back } => self.withdraw(back),
        }
        self.check_disk();
    }

    pub(super) fn end(mut self) {
        self.restart(End::InOrder, 0);
        self.serve(Calls { fast: 1, slow: 1, failed: 1 });
        let report = self.process().engine.report();
        let incidents = report.slis.iter().flat_map(|sli| &sli.objectives).map(|slo| slo.incidents.len());
        self.tally.incidents += incidents.sum::<usize>() as u64;
    }

    pub(super) fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    fn step(&mut self, seconds: i64) {
        let wall_ns = self.clock.wall_ns();
        let by_ns = seconds.unsigned_abs() * 1_000_000_000;
        self.clock.set_wall_ns(if seconds < 0 { wall_ns.saturating_sub(by_ns) } else { wall_ns + by_ns });
        self.has_stepped = true;
        self.went_back |= seconds < 0;
        if by_ns > DAY_NS {
            self.truths.iter_mut().for_each(Truth::leave_month);
        }
        if seconds < 0 || by_ns > DAY_NS || self.doubts() {
            self.doubts_until = Duration::from_nanos(self.clock.monotonic_ns()) + DOUBT;
        }
        self.tally.steps += 1;
        self.serve(Calls::default());
    }

    /// These calls, and a tick.
    fn serve(&mut self, calls: Calls) {
        let tick = now(&self.clock);
        self.process().serve(calls);
        self.process().engine.tick();
        self.tally.ticks += 1;
        self.has_booked = false;
        self.tell(tick, calls);
        self.note_flush();
        self.check();
    }

    fn tell(&mut self, tick: Tick, calls: Calls) {
        if self.doubts() {
            // Once the clock is believed, this may be long ago.
            self.truths.iter_mut().for_each(Truth::leave_month);
        }
        self.truths.iter_mut().for_each(|truth| truth.tick(tick, calls.counts(truth.slo()), calls.ended()));
    }

    fn note_flush(&mut self) {
        if self.has_flushed() {
            self.note_durable();
        }
    }

    /// Takes note that all is durable that is known by now.
    pub(super) fn note_durable(&mut self) {
        self.truths.iter_mut().for_each(Truth::note_durable);
        self.durable_at = now(&self.clock);
        self.has_stepped = self.doubts();
        // What failed before is durable now; what fails later is another matter.
        self.is_faulty = self.world.lock().has_faults();
    }

    pub(super) fn check(&mut self) {
        let is_plain = self.is_plain();
        let Some(process) = &self.process else { return };
        let report = process.engine.report();
        assert_eq!(report.engine.panics, 0);
        let is_loop = |problem: &String| problem.starts_with("the service crashed");
        assert!(report.engine.degraded.iter().all(is_loop), "{:?}", report.engine.degraded);
        for truth in &self.truths {
            let slo = report.slo(truth.slo()).unwrap();
            self.tally.compared += 1;
            self.tally.compared_by_day += u64::from(truth.knows_day());
            self.tally.compared_in_full += u64::from(truth.check(slo, process.exported(truth.slo())));
            if is_plain {
                truth.audit(slo);
                self.tally.audits += 1;
            }
        }
    }

    fn restart(&mut self, end: End, downtime: u64) {
        self.tally.restarts += 1;
        self.tally.failures += self.process().engine.report().engine.state.as_ref().unwrap().failures;
        let is_certain = !self.is_faulty;
        self.world.lock().heal();
        let process = self.process.take().unwrap();
        match end {
            End::InOrder => self.end_in_order(&process),
            End::Kill | End::PowerLoss { .. } => {
                self.tally.losses += 1;
                self.truths.iter_mut().for_each(|truth| truth.lose_tail(is_certain));
            }
        }
        drop(process);
        if let End::PowerLoss { seed } = end {
            let mut random = Random(seed);
            self.world.lock().power_off(&mut |below| random.below(below));
        }
        // A flush that came in doubt is all that is left of what was believed later.
        let doubts = self.doubts() || (self.has_stepped && end != End::InOrder);
        if doubts {
            self.truths.iter_mut().for_each(Truth::forget_day);
        }
        if self.went_back && (downtime > 0 || end != End::InOrder) {
            self.truths.iter_mut().for_each(Truth::forget_slots);
        }
        // A kill right after a flush loses nothing.
        let is_known = is_certain && !self.has_booked && !self.went_back;
        let loses_nothing = is_known && self.durable_at == now(&self.clock);
        let has_lost = end != End::InOrder && !loses_nothing;
        if doubts || downtime > 0 || has_lost {
            self.truths.iter_mut().for_each(Truth::has_seam);
        }
        self.clock.advance(Duration::from_secs(downtime));
        if doubts {
            self.doubts_until = Duration::from_nanos(self.clock.monotonic_ns()) + DOUBT;
        }
        self.process = Some(Process::start(&self.clock, &self.world));
        self.is_faulty = false;
        assert_eq!(self.process().standing(), StateStanding::Writable);
        self.check_ledger();
        self.tell(now(&self.clock), Calls::default());
        self.check();
    }

    fn doubts(&self) -> bool {
        self.doubts_until > Duration::from_nanos(self.clock.monotonic_ns())
    }

    fn end_in_order(&mut self, process: &Process) {
        assert!(process.engine.shutdown(Duration::from_secs(5)));
        // It ticks a last time.
        self.tell(now(&self.clock), Calls::default());
        self.truths.iter_mut().for_each(Truth::note_durable);
        self.has_stepped = false;
    }

    fn relieve(&mut self, seconds: u64, load: Load) {
        self.tally.reliefs += 1;
        if self.doubts() {
            self.truths.iter_mut().for_each(Truth::forget_day);
        }
        self.world.lock().heal();
        let since_ns = now(&self.clock).wall_ns;
        let mut relief = Process::start(&self.clock, &self.world);
        assert_eq!(relief.standing(), StateStanding::Waiting);
        let calls = Calls::of(load);
        for _ in 0..seconds {
            self.clock.advance(SECOND);
            relief.serve(calls);
            relief.engine.tick();
            self.serve(calls);
        }
        let process = self.process.take().unwrap();
        self.end_in_order(&process);
        drop(process);
        relief.engine.flush();
        relief.engine.tick();
        assert_eq!(relief.standing(), StateStanding::Writable);
        let tick = now(&self.clock);
        for truth in &mut self.truths {
            truth.relieve(since_ns, tick, relief.exported(truth.slo()));
        }
        self.process = Some(relief);
        self.check_ledger();
        self.note_flush();
        self.check();
    }

    /// What is on the disk can be read, is in order, and does not grow without bound.
    fn check_disk(&mut self) {
        let world = self.world.lock();
        assert_eq!(world.violations(), [""; 0]);
        assert!(world.used_bytes() <= DISK_BYTES_MAX, "{} bytes", world.used_bytes());
        let names = world.names();
        assert!(names.len() <= 12, "{names:?}");
        let files: Vec<_> = names.iter().filter_map(|name| Some((&**name, world.bytes(name)?))).collect();
        let copy = World::with_files(files);
        drop(world);
        let (_, recovered) = Store::open(Box::new(ModelDisk::new(&copy)), Options::default(), START_S);
        let recovery = Archive::recover(recovered.snapshot.as_deref(), &recovered.entries);
        assert_eq!((&recovery.left_out[..], recovery.unreadable), (&[][..], None));
    }
}

pub(super) fn now(clock: &ManualClock) -> Tick {
    Tick { wall_ns: clock.wall_ns(), elapsed_ns: clock.monotonic_ns() }
}
