//! Lives of processes on a disk that loses power, tears writes and fails: whatever happens, what is recovered is a
//! beginning of what was appended, has everything that was called durable, and nothing twice.
//!
//! `SRE_STORE_SEEDS=1000000` runs more; `SRE_STORE_SEED=17` runs one.

use super::kept;
use super::workload::{History, Owner, Random};
use crate::primitive::{Arc, Mutex};
use crate::store::model::{Failure, World};
use crate::store::{Damage, Standing};

/// What happened in all lives of a seed.
#[derive(Debug, Default)]
struct Tally {
    power_losses: usize,
    kills: usize,
    failures: u64,
    lost: usize,
    generations: u64,
}

fn number(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().unwrap())
}

/// Tells the command that replays a seed if it fails.
struct Replay(&'static str, u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay: SRE_STORE_SEED={} cargo test -p sre-core --lib {}", self.1, self.0);
        }
    }
}

fn each_seed(test: &'static str, seeds: u64, mut work: impl FnMut(u64)) {
    let seeds = match number("SRE_STORE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SRE_STORE_SEEDS").unwrap_or(seeds),
    };
    for seed in seeds {
        let _replay = Replay(test, seed);
        work(seed);
    }
}

const CODES: [i32; 6] = [5, 28, 30, 13, 24, 4];

fn failure(random: &mut Random) -> Failure {
    let code = CODES[random.below(CODES.len())];
    match random.below(3) {
        0 => Failure::Short,
        1 => Failure::Error(code),
        // A call that was interrupted did nothing.
        _ => Failure::ErrorAfter(if code == 4 { 28 } else { code }),
    }
}

/// One process from start to end; gives its history and how much of it is durable for certain.
fn live(
    world: &Arc<Mutex<World>>,
    (history, durable): (History, usize),
    life: u64,
    random: &mut Random,
    tally: &mut Tally,
) -> (History, usize) {
    let appended = history.len();
    let mut owner = Owner::on(world, history, life);
    if owner.is_read {
        assert!(owner.history.len() >= durable, "{} of {durable} durable entries", owner.history.len());
        tally.lost += appended - owner.history.len();
    }
    owner.durable = owner.durable.max(durable);
    // An end in the middle of a call is a call that does half and then everything fails.
    if random.one_in(3) {
        let first = world.lock().calls() + random.below(60) as u64;
        let count = if random.one_in(2) { 1 + random.below(20) as u64 } else { u64::MAX };
        world.lock().fail(first, count, failure(random));
    }
    drop(owner.start());
    for _ in 0..random.below(20) {
        drop(owner.flush());
        let names = world.lock().names();
        assert!(names.iter().filter(|name| name.ends_with(".tmp")).count() <= 1, "{names:?}");
        assert!(names.len() <= 12, "{names:?}");
        if random.one_in(30) {
            world.lock().break_lock();
        }
    }
    tally.failures += owner.store.failures();
    tally.generations += owner.store.generation().unwrap_or(0);
    assert_eq!(world.lock().violations(), [""; 0]);
    world.lock().heal();
    if random.one_in(4) {
        return relieve(world, owner, life, random);
    }
    match random.below(3) {
        0 => owner.store.close(),
        1 => tally.kills += 1,
        _ => {
            tally.power_losses += 1;
            world.lock().power_off(&mut |below| random.below(below));
        }
    }
    (owner.history, owner.durable)
}

/// Another process waits for the directory, and goes on when this one is gone.
fn relieve(world: &Arc<Mutex<World>>, owner: Owner, life: u64, random: &mut Random) -> (History, usize) {
    let (history, durable) = (owner.history.clone(), owner.durable);
    let mut relief = Owner::on(world, history.clone(), life + 1_000);
    if relief.is_read {
        // The lock file was removed, or the disk failed when it should have been taken again.
        assert!(relief.history.len() >= durable);
        return (relief.history, durable);
    }
    for _ in 0..random.below(3) {
        drop(relief.flush());
    }
    drop(owner);
    relief.flush().unwrap();
    assert!(relief.durable >= durable, "{} of {durable}", relief.durable);
    (relief.history, relief.durable)
}

#[test]
fn nothing_durable_is_lost_and_nothing_counts_twice() {
    let mut tally = Tally::default();
    each_seed("nothing_durable_is_lost", 10_000, |seed| {
        let mut random = Random(seed);
        let world = World::new();
        let mut past = (History::new(), 0);
        for life in 0..2 + random.below(5) as u64 {
            past = live(&world, past, life, &mut random, &mut tally);
        }
        let owner = Owner::on(&world, past.0, u64::MAX);
        assert_eq!(*owner.store.standing(), Standing::Writable);
        assert!(owner.history.len() >= past.1, "{} of {} durable entries", owner.history.len(), past.1);
    });
    let is_whole = number("SRE_STORE_SEED").is_none();
    let is_thorough = tally.power_losses.min(tally.kills).min(tally.lost) > 1_000 && tally.failures > 1_000;
    assert!(is_thorough || !is_whole, "{tally:?}");
    let Tally { power_losses, kills, failures, generations, .. } = tally;
    kept(
        "P2",
        format_args!("{power_losses} power losses and {kills} kills, 0 durable entries lost, none twice"),
    );
    kept(
        "P8",
        format_args!("{generations} generations begun amid {failures} failures, 0 files gone too early"),
    );
}

/// A disk without errors: then one flush at most is lost, and a snapshot that rots costs nothing at all.
#[test]
fn a_rotten_snapshot_costs_nothing() {
    let mut unfinished = 0;
    each_seed("a_rotten_snapshot", 2_500, |seed| {
        let mut random = Random(seed);
        let world = World::new();
        let (mut history, mut durable) = (History::new(), 0);
        for life in 0..2 + random.below(4) as u64 {
            let mut owner = Owner::on(&world, history, life);
            assert!(owner.history.len() >= durable, "{} of {durable}", owner.history.len());
            let is_started = random.one_in(2);
            if is_started {
                owner.start().unwrap();
            }
            // The first entry may come before the first generation; a journal has it with the next one.
            let flushes = if is_started { random.below(20) } else { 2 + random.below(20) };
            for _ in 0..flushes {
                owner.flush().unwrap();
            }
            (history, durable) = (owner.history.clone(), owner.durable);
            drop(owner);
            if random.one_in(2) {
                world.lock().power_off(&mut |below| random.below(below));
            }
        }
        let newest = rot_newest_snapshot(&world, &mut random);
        let (store, recovered) = crate::store::Store::open(
            Box::new(crate::store::model::ModelDisk::new(&world)),
            super::workload::SMALL,
            7,
        );
        // The very first snapshot has none before it, but its journal begins with the first entry.
        assert_eq!(history.count(&recovered), durable);
        assert_eq!(*store.standing(), Standing::Writable);
        let is_told =
            |finding: &crate::store::Finding| finding.path.ends_with(&newest) && finding.offset == 0;
        assert!(recovered.found.iter().any(is_told), "{newest}: {:?}", recovered.found);
        unfinished += recovered.found.iter().filter(|found| found.damage == Damage::Unfinished).count();
    });
}

/// Damages one bit of the newest snapshot and gives its name.
fn rot_newest_snapshot(world: &Mutex<World>, random: &mut Random) -> String {
    let mut world = world.lock();
    let generation = |name: &String| name.strip_prefix("snapshot-")?.parse::<u64>().ok();
    let newest =
        world.names().into_iter().filter(|name| generation(name).is_some()).max_by_key(generation).unwrap();
    let mut bytes = world.bytes(&newest).unwrap().to_vec();
    let at = random.below(bytes.len());
    bytes[at] ^= 1 << random.below(8);
    world.put(&newest, bytes);
    newest
}
