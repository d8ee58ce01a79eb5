//! A replay is what a real engine does with real calls, a real state directory and a manual clock.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::clock::{Clock, ManualClock};
use crate::sli::{Abandoned, Outcome, OwnedCall};
use crate::testing::script::{Script, Stop};
use crate::testing::{
    Fault, Latency, Replay, clock_back, clock_forward, errors, hanging, kill, mistakes, outage, replay,
    restart, rps, slow, suspend,
};
use crate::{Engine, Objective, Sli};

static CHECKOUT: Sli = Sli::new("checkout")
    .objective(Objective::availability(0.999))
    .objective(Objective::latency(0.99, Duration::from_millis(300)));

/// A directory of its own, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sre-testing-{}-{number}", std::process::id()));
        // A process that was killed leaves its own, and another one gets its number.
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process that lives through a scenario, and those that come after it.
struct Life<'a> {
    script: &'a Script,
    scratch: &'a Scratch,
    engine: Engine,
    clock: ManualClock,
    sli: Sli,
    hanging: Vec<OwnedCall>,
    hang_until: u64,
    told: Vec<String>,
}

fn start(script: &Script, scratch: &Scratch, clock: &ManualClock) -> (Engine, Sli) {
    let builder =
        Engine::builder().manual_clock(clock.clone()).state_dir(&scratch.0).downtime(script.downtime);
    let engine = builder.start().unwrap();
    let sli = engine.sli(&script.definition).unwrap();
    let _ = engine.collect();
    (engine, sli)
}

impl Life<'_> {
    fn second(&mut self, second: u64, counts: &[(Outcome, u64, Option<u64>, u64)]) {
        for (outcome, duration_ns, hangs_until, count) in counts {
            if let Some(until) = hangs_until.filter(|_| *count > 0) {
                self.hang_until = until;
                self.hanging.extend((0..*count).map(|_| self.sli.start_owned()));
            } else {
                self.sli.record_n(*outcome, Duration::from_nanos(*duration_ns), *count);
            }
        }
        self.clock.advance(Duration::from_secs(1));
        if second >= self.hang_until {
            self.hanging.drain(..).for_each(|call| call.finish(Outcome::Abandoned(Abandoned::TimedOut)));
        }
        self.engine.tick();
        let report = self.engine.report();
        self.told.extend(report.transitions.iter().map(|change| {
            format!(
                "{second} {} {} {:?} {:?} {:?}",
                change.slo, change.tier, change.from, change.to, change.notice
            )
        }));
    }

    fn leave(&mut self, in_order: bool, forgets: bool, away: u64) {
        if in_order {
            assert!(self.engine.shutdown(Duration::from_secs(5)));
        }
        // They die with their process, which counts them nowhere.
        self.hanging.drain(..).for_each(core::mem::forget);
        let wall_ns = self.clock.wall_ns() + away * 1_000_000_000;
        self.clock = ManualClock::default();
        self.clock.set_wall_ns(wall_ns);
        if forgets {
            let _ = std::fs::remove_dir_all(&self.scratch.0);
        }
        // The old engine lets go of the directory first.
        (self.engine, self.sli) =
            (Engine::builder().manual_clock(ManualClock::default()).start().unwrap(), Sli::new("none"));
        (self.engine, self.sli) = start(self.script, self.scratch, &self.clock);
    }
}

/// What an engine tells of a scenario.
fn through_an_engine(script: &Script) -> Vec<String> {
    let (scratch, clock) = (Scratch::new(), ManualClock::at_unix_seconds(script.start));
    let (engine, sli) = start(script, &scratch, &clock);
    let (hanging, told) = (Vec::new(), Vec::new());
    let mut life = Life { script, scratch: &scratch, engine, clock, sli, hanging, hang_until: 0, told };
    let (mut load, mut at) = (script.load(), 0);
    for (until, stop) in script.stops() {
        while at < until {
            at += 1;
            let counts = load.advance(at).to_vec();
            let classes = load.classes().iter().zip(counts);
            let classes =
                classes.map(|(class, count)| (class.outcome, class.duration_ns, class.hangs_until, count));
            let classes: Vec<_> = classes.collect();
            life.second(at, &classes);
        }
        match stop {
            Stop::Look | Stop::Save => {}
            Stop::Step(seconds) => {
                let stepped = life.clock.wall_ns().saturating_add_signed(seconds * 1_000_000_000);
                life.clock.set_wall_ns(stepped);
            }
            Stop::Sleep { until } => {
                let woken = life.clock.wall_ns() + (until - at) * 1_000_000_000;
                life.clock.set_wall_ns(woken);
                load.advance(until);
                at = until;
            }
            Stop::Leave { in_order, forgets, until } => {
                life.leave(in_order, forgets, until - at);
                load.advance(until);
                at = until;
            }
        }
    }
    life.told
}

fn replayed(scenario: Replay) -> Vec<String> {
    let played = scenario.try_run().unwrap();
    let mut told: Vec<(Duration, usize, String)> = Vec::new();
    for (place, objective) in played.objectives.iter().enumerate() {
        // An engine tells nothing of what it does not remember.
        let by_alerts = objective.changes.iter().filter(|change| !change.restarted);
        told.extend(by_alerts.map(|change| {
            let (at, slo) = (change.at.as_secs(), &objective.slo);
            let text =
                format!("{at} {slo} {} {:?} {:?} {:?}", change.tier, change.from, change.to, change.notice);
            (change.at, place, text)
        }));
    }
    told.sort_by_key(|(at, place, _)| (*at, *place));
    told.into_iter().map(|(_, _, text)| text).collect()
}

#[track_caller]
fn check(faults: &[Fault]) {
    check_for("45m", 40.0, faults);
}

#[track_caller]
fn check_for(length: &str, rate: f64, faults: &[Fault]) {
    let traffic = rps(rate).diurnal(0.5).latency(Latency::log_normal("60ms", "250ms"));
    let scenario = faults.iter().fold(replay(&CHECKOUT), |scenario, fault| scenario.fault(*fault));
    let scenario = scenario.traffic(traffic).length(length);
    let by_engine = through_an_engine(&scenario.clone().script().unwrap());
    assert!(by_engine.len() > 3, "{by_engine:?}");
    assert_eq!(replayed(scenario), by_engine, "{faults:?}");
}

#[test]
fn failing_and_slow_calls_are_told_as_by_an_engine() {
    check(&[outage().at("10m").lasting("4m"), slow(0.3, "2s").at("24m").lasting("15m"), errors(0.002)]);
    check(&[errors(0.05).growing().at("5m").lasting("50m"), mistakes(0.9).at("20m").lasting("10m")]);
}

#[test]
fn calls_that_hang_are_told_as_by_an_engine() {
    check(&[hanging(0.5).at("10m").lasting("6m")]);
    // Those of the first minutes are taken for lost before they end.
    check_for("100m", 4.0, &[hanging(0.5).at("3m").lasting("90m")]);
    check_for("75m", 4.0, &[hanging(1.0).at("5m10s").lasting("90s"), hanging(0.02).at("8m").lasting("65m")]);
}

#[test]
fn restarts_are_told_as_by_an_engine() {
    let outage = outage().at("10m").lasting("12m");
    check(&[outage, restart().at("14m10s").lasting("20s")]);
    check(&[outage, kill().at("15m37s").lasting("3s"), kill().at("26m4s")]);
    check(&[outage, kill().forgetting().at("15m37s")]);
}

#[test]
fn clocks_and_sleep_are_told_as_by_an_engine() {
    let outage = outage().at("10m").lasting("12m");
    for fault in [
        clock_forward("47s"),
        clock_forward("2h"),
        clock_back("47s"),
        clock_back("2h"),
        suspend().lasting("10m"),
    ] {
        check(&[outage, fault.at("16m5s")]);
    }
}
