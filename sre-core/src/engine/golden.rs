//! What an engine of version 1 kept is gone on from by every later one.
//!
//! The files are of an engine that saw two outages, had its ledger written in, and was killed. `SRE_BLESS=1` writes them
//! anew, which no release may do after the first.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic as tests do")]

use core::time::Duration;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::Engine;
use super::archive::{Archive, Page, decode, encode};
use crate::clock::ManualClock;
use crate::primitive::{Arc, Mutex};
use crate::sli::{Outcome, Sli, SliFamily};
use crate::slo::{Adjustment, Budgeting, Entry, Objective, Period};
use crate::store::model::{ModelDisk, World};
use crate::store::{Options, Store, kept};
use crate::window::CalendarUnit;

const START_S: u64 = 1_700_000_000;
const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

#[derive(sre_core::Labels)]
struct Tenant {
    tenant: &'static str,
}

fn checkout() -> Sli {
    let available = Objective::availability(0.999);
    Sli::new("checkout")
        .objective(available)
        .objective(Objective::latency(0.99, 300 * MS))
        .objective(available.named("checkout-month").period(Period::calendar(CalendarUnit::Month, "UTC")))
        .objective(available.named("checkout-minutes").budgeting(Budgeting::SLOTH))
}

fn family() -> SliFamily<Tenant> {
    SliFamily::new("search").objective(Objective::availability(0.99)).judge_members()
}

/// An engine on this disk whose flushes come when they are asked for, and its SLIs.
fn engine(world: &Arc<Mutex<World>>, second: u64) -> (Engine, Sli, SliFamily<Tenant>) {
    let clock = ManualClock::at_unix_seconds(START_S + second);
    let mut builder = Engine::builder().service("shop").manual_clock(clock).state_dir("/model");
    builder = builder.flush_each(Duration::from_secs(3_600)).starts(Objective::availability(0.99));
    builder.world = Some(Arc::clone(world));
    let engine = builder.start().unwrap();
    let sli = engine.sli(checkout().definition()).unwrap();
    let search = engine.family(&family()).unwrap();
    let _ = engine.collect();
    (engine, sli, search)
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/state-v1-engine")
}

/// The life that was kept.
fn live() -> Arc<Mutex<World>> {
    let world = World::new();
    let (engine, sli, search) = engine(&world, 0);
    let serve = |seconds: u64, good: u64, slow: u64, bad: u64| {
        for _ in 0..seconds {
            sli.record_n(Outcome::Ok, 12 * MS, good);
            sli.record_n(Outcome::Ok, 700 * MS, slow);
            sli.record_n(Outcome::Error, 3 * MS, bad);
            search.get(&Tenant { tenant: "acme" }).record_n(Outcome::Ok, 40 * MS, good);
            engine.advance(SECOND);
        }
    };
    serve(120, 0, 10, 100);
    engine.book(Entry::reset("checkout-availability").by("ann").because("moved to the new bank")).unwrap();
    serve(2_400, 100, 1, 0);
    engine.flush();
    let credit = Adjustment::new(0, -500);
    engine.book(Entry::adjustment("checkout-month", credit).by("bob").because("outage of the bank")).unwrap();
    let from = std::time::UNIX_EPOCH + Duration::from_secs(START_S);
    let outage = Entry::exclusion("checkout-latency", from..from + 120 * SECOND);
    let receipt = engine.book(outage.by("bob").because("the same")).unwrap();
    engine.book(Entry::withdrawal(receipt.booking.id()).by("ann").because("customers did wait")).unwrap();
    serve(90, 20, 0, 80);
    engine.flush();
    serve(5, 20, 0, 80);
    world
}

/// What a process knows that starts a minute later on these files.
fn restored(world: &Arc<Mutex<World>>) -> String {
    let (engine, ..) = engine(world, 2_675);
    engine.advance(11 * SECOND);
    let status = engine.status();
    let mut text = String::new();
    for slo in &status.objectives {
        let counts = (slo.good, slo.bad, slo.good_raw, slo.bad_raw);
        let states: Vec<_> = slo.tiers.iter().map(|tier| tier.state.as_str()).collect();
        let _ = writeln!(text, "{} {:?} {counts:?} {:.4?}", slo.slo, slo.labels, slo.budget_remaining);
        let _ = writeln!(text, "  {states:?} {:?}", slo.coverage);
        for incident in slo.incidents.iter().chain(&slo.incident) {
            let _ = writeln!(text, "  {:?}, {}", incident.tiers, incident.sentence);
        }
    }
    for sli in &status.slis {
        for window in sli.latency.iter().filter(|window| window.window_seconds >= 86_400.0) {
            let _ = writeln!(text, "{} {:?} {} {:?}", sli.sli, sli.labels, window.count, window.p99);
        }
    }
    for booking in engine.ledger() {
        let _ = writeln!(
            text,
            "{}: {:?} by {}, {}",
            booking.slo(),
            booking.kind().as_str(),
            booking.who(),
            booking.why()
        );
    }
    let state = status.engine.state.as_ref().unwrap();
    let _ = writeln!(
        text,
        "{} starts, {} after a crash, {} resumed, found {:?}",
        state.starts, state.starts_after_crash, state.resumed, state.found
    );
    text
}

fn files() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory()).expect("run once with SRE_BLESS=1");
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| !name.contains('.'));
    names.map(|name| (name.clone(), std::fs::read(directory().join(name)).unwrap())).collect()
}

fn world_of(files: &[(String, Vec<u8>)]) -> Arc<Mutex<World>> {
    World::with_files(files.iter().map(|(name, bytes)| (&**name, &**bytes)))
}

#[test]
fn what_version_1_kept_is_gone_on_from() {
    let golden = directory().join("restored.txt");
    if std::env::var_os("SRE_BLESS").is_some() {
        let world = live();
        std::fs::create_dir_all(directory()).unwrap();
        let disk = world.lock();
        for name in disk.names() {
            std::fs::write(directory().join(&name), disk.bytes(&name).unwrap()).unwrap();
        }
        std::fs::write(&golden, restored(&world_of(&files()))).unwrap();
    }
    assert_eq!(restored(&world_of(&files())), std::fs::read_to_string(golden).unwrap());
    kept("P6", "an engine goes on from what one of version 1 kept");
}

#[test]
fn payloads_of_version_1_are_written_as_they_were() {
    let (all, mut old) = (files(), files());
    old.retain(|(name, _)| name != "snapshot-5");
    for (files, entries) in [(all, 1), (old, 3)] {
        let disk = ModelDisk::new(&world_of(&files));
        let (_, recovered) = Store::open(Box::new(disk), Options::default(), START_S);
        assert_eq!(recovered.found, []);
        let snapshot = recovered.snapshot.unwrap();
        assert_eq!(encode(&decode::<Archive>(&snapshot).unwrap()), snapshot);
        assert_eq!(recovered.entries.len(), entries);
        for entry in recovered.entries {
            assert_eq!(encode(&decode::<Page>(&entry).unwrap()), entry);
        }
    }
}

#[test]
fn what_is_not_understood_is_left_as_it_is() {
    let world = World::new();
    let (mut store, _) = Store::open(Box::new(ModelDisk::new(&world)), Options::default(), START_S);
    store.begin_generation(&[2, 1, 2, 3]).unwrap();
    drop(store);
    let before = world.lock().bytes("snapshot-1").unwrap().to_vec();
    let (engine, sli, _) = engine(&world, 0);
    sli.record(Outcome::Ok, MS);
    engine.advance(20 * SECOND);
    engine.flush();
    let state = engine.report().engine.state.clone().unwrap();
    assert_eq!(state.standing, crate::report::StateStanding::ReadOnly);
    let reason = "what /model/ remembers in its snapshot has version 2, and this release reads 1: upgrade, or choose \
                  another state_dir";
    assert_eq!(state.reason.as_deref(), Some(reason));
    assert!(!engine.shutdown(Duration::from_secs(5)));
    assert_eq!(world.lock().bytes("snapshot-1"), Some(&before[..]));
    assert_eq!(world.lock().names().iter().filter(|name| *name != "lock").count(), 1);
}
