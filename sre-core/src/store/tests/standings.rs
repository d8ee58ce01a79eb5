//! What a store does when it is not the writer, or not any more.

use super::workload::{History, Owner, SMALL};
use crate::primitive::{Arc, Mutex};
use crate::store::frame::{self, Kind};
use crate::store::model::{Failure, ModelDisk, World};
use crate::store::{Appended, Damage, FILE_BYTES_MAX, Recovered, Standing, Store, StoreError};

const READ_ONLY: Failure = Failure::Error(30);

/// A directory with a few generations, and what was appended to it.
fn used() -> (Arc<Mutex<World>>, History) {
    let world = World::new();
    let mut owner = Owner::on(&world, History::new(), 0);
    owner.start().unwrap();
    for _ in 0..20 {
        owner.flush().unwrap();
    }
    (world, owner.history)
}

fn read(world: &Arc<Mutex<World>>) -> (Store, Recovered) {
    Store::open(Box::new(ModelDisk::new(world)), SMALL, 1_700_000_000)
}

/// Opens a used directory on a disk that has become read-only.
fn read_only() -> (Arc<Mutex<World>>, History, Store) {
    let (world, history) = used();
    let calls = world.lock().calls();
    // The first call looks for the directory, the second takes the lock.
    world.lock().fail(calls + 1, 1, READ_ONLY);
    let (store, recovered) = read(&world);
    assert_eq!(history.count(&recovered), 20);
    assert!(matches!(store.standing(), Standing::ReadOnly(StoreError::Io { .. })), "{store:?}");
    (world, history, store)
}

#[test]
fn a_read_only_directory_is_remembered_and_left_alone() {
    let (world, history, mut store) = read_only();
    let names = world.lock().names();
    assert!(!store.is_due());
    assert_eq!(store.append(&[]), Ok(Appended::Unwritten));
    assert_eq!(store.begin_generation(&history.last()), Err(store.error().unwrap()));
    assert_eq!(world.lock().names(), names);
}

#[test]
fn a_directory_that_becomes_writable_is_written_to() {
    let (_world, history, mut store) = read_only();
    assert_eq!(store.take_over(0), None, "it was recovered already");
    assert_eq!(*store.standing(), Standing::Writable);
    assert!(store.is_due());
    store.begin_generation(&history.last()).unwrap();
}

#[test]
fn a_reader_does_not_write_over_what_another_process_wrote() {
    let (world, history, mut store) = read_only();
    let mut other = Owner::on(&world, history, 1);
    other.start().unwrap();
    drop(other);
    assert_eq!(store.take_over(0), None);
    assert!(matches!(store.standing(), Standing::ReadOnly(StoreError::Superseded { .. })), "{store:?}");
    // It never is the writer again, and does not keep others from it.
    assert_eq!(store.take_over(0), None);
    assert_eq!(*read(&world).0.standing(), Standing::Writable);
}

#[test]
fn a_full_disk_without_a_lock_file_is_read() {
    let (world, history) = used();
    let calls = world.lock().calls();
    world.lock().fail(calls + 1, 1, Failure::Error(28));
    let (mut store, recovered) = read(&world);
    assert_eq!(history.count(&recovered), 20);
    assert_eq!(store.take_over(0), None);
    assert_eq!(*store.standing(), Standing::Writable);
}

#[test]
fn what_a_newer_release_wrote_is_left_alone() {
    let (world, history) = used();
    let newest = world.lock().names().into_iter().filter(|name| name.starts_with("snapshot")).max().unwrap();
    let number: u64 = newest.strip_prefix("snapshot-").unwrap().parse().unwrap();
    let mut bytes = world.lock().bytes(&newest).unwrap().to_vec();
    bytes[4] = 2;
    let seal = crc32c::crc32c(&bytes[..36]).to_le_bytes();
    bytes[36..40].copy_from_slice(&seal);
    world.lock().put(&format!("snapshot-{}", number + 1), bytes);
    let before = world.lock().names();

    let (mut store, recovered) = read(&world);
    assert_eq!(history.count(&recovered), 20, "what is older can be read");
    let told = store.error().unwrap();
    let text =
        format!("/model/snapshot-{} has format version 2, and this release writes version 1", number + 1);
    assert!(told.to_string().starts_with(&text), "{told}");
    assert!(!told.is_retryable());
    assert!(recovered.found.iter().any(|found| found.damage == Damage::Version { major: 2 }));
    assert!(!store.is_due());
    assert_eq!(store.begin_generation(&[]), Err(told));
    assert_eq!(store.take_over(0), None);
    assert_eq!(world.lock().names(), before);
    // The newer release can have it at once.
    assert!(matches!(read(&world).0.standing(), Standing::ReadOnly(_)));
}

#[test]
fn a_directory_without_a_number_left_is_read_and_left_alone() {
    let (world, history) = used();
    world.lock().put("snapshot-4611686018427387904", b"of somebody else".to_vec());
    let names = world.lock().names();
    let (mut store, recovered) = read(&world);
    assert_eq!(history.count(&recovered), 20);
    let told = store.error().unwrap();
    assert_eq!(
        told.to_string(),
        "/model/ has a file of generation 4611686018427387904, the last number there is: remove what did not come from this program, or choose another state_dir"
    );
    assert!(!told.is_retryable());
    assert_eq!(store.begin_generation(&history.last()), Err(told));
    assert_eq!(store.take_over(0), None);
    assert_eq!(world.lock().names(), names);
}

#[test]
fn the_last_number_is_written_and_none_after_it() {
    let (world, history) = used();
    world.lock().put("journal-4611686018427387903", b"of somebody else".to_vec());
    let mut owner = Owner::on(&world, history, 1);
    owner.start().unwrap();
    assert_eq!(owner.store.generation(), Some(1 << 62));
    let refused = owner.begin().unwrap_err();
    assert!(matches!(refused, StoreError::NumbersUsedUp { .. }), "{refused}");
    assert_eq!(owner.history.count(&read(&world).1), owner.history.len());
}

#[test]
fn a_lock_that_was_removed_is_taken_again() {
    let (world, history) = used();
    let mut owner = Owner::on(&world, history, 1);
    owner.start().unwrap();
    world.lock().break_lock();
    let told = owner.store.append(&[]);
    assert!(matches!(told, Err(StoreError::LockLost { .. })), "{told:?}");
    assert!(owner.store.is_due());
    owner.begin().unwrap();
    assert_eq!(*owner.store.standing(), Standing::Writable);
    assert!(matches!(read(&world).0.standing(), Standing::HeldBy(_)));
}

#[test]
fn whoever_lost_the_lock_to_another_process_stops_writing() {
    let (world, history) = used();
    let mut first = Owner::on(&world, history.clone(), 1);
    first.start().unwrap();
    world.lock().break_lock();
    let mut second = Owner::on(&world, history, 2);
    assert_eq!(*second.store.standing(), Standing::Writable);
    assert!(first.flush().is_err());
    assert!(matches!(first.store.standing(), Standing::HeldBy(_)), "{:?}", first.store.standing());
    second.start().unwrap();
    assert!(first.store.take_over(0).is_none());
    drop(second);
    assert!(first.store.take_over(0).is_none(), "it would count its own past twice");
    assert!(matches!(first.store.standing(), Standing::ReadOnly(StoreError::Superseded { .. })));
}

#[test]
fn whoever_lost_the_lock_does_not_take_it_back_over_what_was_written() {
    let (world, history) = used();
    let mut first = Owner::on(&world, history.clone(), 1);
    first.start().unwrap();
    world.lock().break_lock();
    let mut second = Owner::on(&world, history, 2);
    second.start().unwrap();
    drop(second);
    let names = world.lock().names();
    let refused = first.begin().unwrap_err();
    assert!(matches!(refused, StoreError::Superseded { .. }), "{refused}");
    assert_eq!(world.lock().names(), names);
}

#[test]
fn an_attempt_that_fails_takes_no_room() {
    let (world, history) = used();
    let mut owner = Owner::on(&world, history, 1);
    owner.start().unwrap();
    let names = world.lock().names();
    for after in 2..5 {
        // The lock is looked at and the remainder of an earlier attempt removed before.
        let calls = world.lock().calls();
        world.lock().fail(calls + after, 1, Failure::ErrorAfter(28));
        owner.begin().unwrap_err();
        assert_eq!(world.lock().names(), names, "call {after}");
    }
}

#[test]
fn a_file_that_the_medium_cannot_read_is_given_up_after_a_minute() {
    let (world, history) = used();
    let newest = world.lock().names().into_iter().filter(|name| name.starts_with("snapshot")).max().unwrap();
    world.lock().spoil(&newest);
    let mut owner = Owner::on(&world, history.clone(), 1);
    assert!(!owner.is_read);
    let failed = (0..6).take_while(|_| owner.flush().is_ok() && !owner.is_read).count();
    assert_eq!(failed, 5, "{:?}", owner.store.standing());
    assert_eq!(owner.history.len(), history.len() + 6, "the snapshot before it and both journals are enough");
    assert!(
        world.lock().names().contains(&format!("{newest}.corrupt-1700000010")),
        "{:?}",
        world.lock().names()
    );
}

#[test]
fn a_journal_that_follows_nothing_is_set_aside() {
    let (world, history) = used();
    let names = world.lock().names();
    for name in names.iter().filter(|name| name.starts_with("snapshot")) {
        world.lock().put(name, b"rubbish".to_vec());
    }
    let (_, recovered) = read(&world);
    assert_eq!(history.count(&recovered), 0);
    let gaps = recovered.found.iter().filter(|found| found.damage == Damage::Gap).count();
    assert_eq!(gaps, names.iter().filter(|name| name.starts_with("journal")).count());
}

/// Its writer knew no later entry than the second, or writes the third again.
#[test]
fn entries_give_way_to_a_later_journal() {
    let journal = |generation, follows, entries: &[&[u8]]| {
        let (mut bytes, mut seal) = frame::encode(Kind::Journal, generation, follows, &[], 0);
        for (number, entry) in (follows + 1..).zip(entries) {
            let (frame, next) = frame::encode(Kind::Entry, generation, number, entry, seal);
            bytes.extend(frame);
            seal = next;
        }
        bytes
    };
    let (first, second) = (journal(1, 0, &[b"1", b"2", b"3"]), journal(2, 2, &[b"third", b"fourth"]));
    let world = World::with_files([("journal-1", &first[..]), ("journal-2", &second)]);
    let (_, recovered) = read(&world);
    assert_eq!(recovered.entries, [&b"1"[..], b"2", b"third", b"fourth"]);
}

#[test]
fn four_files_set_aside_are_kept() {
    let (world, history) = used();
    for time in 0..7 {
        let newest = world
            .lock()
            .names()
            .into_iter()
            .filter(|name| name.starts_with("snapshot") && !name.contains("corrupt"));
        let newest = newest.max_by_key(|name| name[9..].parse::<u64>().unwrap()).unwrap();
        world.lock().put(&newest, b"rubbish".to_vec());
        let (mut store, recovered) =
            Store::open(Box::new(ModelDisk::new(&world)), SMALL, 1_700_000_000 + time);
        assert_eq!(history.count(&recovered), history.len());
        store.begin_generation(&history.last()).unwrap();
        store.begin_generation(&history.last()).unwrap();
    }
    let names = world.lock().names();
    let mut aside: Vec<_> =
        names.iter().filter_map(|name| name.split_once(".corrupt-")).map(|(_, at)| at).collect();
    aside.sort_unstable();
    assert_eq!(aside, ["1700000003", "1700000004", "1700000005", "1700000006"]);
    assert_eq!(world.lock().violations(), [""; 0]);
}

#[test]
fn a_directory_in_which_nothing_can_be_removed_does_not_fill_the_disk() {
    let (world, history) = used();
    let mut owner = Owner::on(&world, history, 1);
    world.lock().keep_all(true);
    let begun = (0..50).take_while(|_| owner.begin().is_ok()).count();
    assert!(begun < 6, "{begun} generations were begun");
    assert!(matches!(owner.store.standing(), Standing::Degraded(StoreError::Io { .. })));
    world.lock().keep_all(false);
    owner.flush().unwrap();
    assert!(world.lock().names().len() <= 4, "{:?}", world.lock().names());
}

#[test]
fn what_would_not_be_read_again_is_not_written() {
    let (world, history) = used();
    let mut owner = Owner::on(&world, history, 1);
    owner.start().unwrap();
    let large = vec![0; usize::try_from(FILE_BYTES_MAX).unwrap()];
    let refused = owner.store.begin_generation(&large).unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { max: FILE_BYTES_MAX, .. }), "{refused}");
    owner.begin().unwrap();
    assert!(matches!(owner.store.append(&large), Err(StoreError::TooLarge { .. })));
    assert!(owner.store.is_due());
}

#[test]
fn foreign_files_are_left_alone() {
    let (world, history) = used();
    let foreign = ["README", "snapshot-01", "snapshot.bak", "journal-", ".hidden"];
    for name in foreign {
        world.lock().put(name, b"mine".to_vec());
    }
    let mut owner = Owner::on(&world, history, 1);
    owner.start().unwrap();
    for _ in 0..20 {
        owner.flush().unwrap();
    }
    for name in foreign {
        assert_eq!(world.lock().bytes(name), Some(&b"mine"[..]));
    }
}

#[test]
fn disk_use_is_bounded() {
    let world = World::new();
    let mut owner = Owner::on(&world, History::new(), 0);
    owner.start().unwrap();
    let mut largest = 0;
    for _ in 0..500 {
        owner.flush().unwrap();
        largest = largest.max(world.lock().used_bytes());
    }
    // Payloads have at most 1,040 bytes: two snapshots, and two journals with one entry beyond their limit.
    let limit = 2 * (40 + 1_040) + 2 * (2_000 + 40 + 1_040);
    assert!(largest <= limit && largest > limit / 2, "{largest} of {limit}");
    assert_eq!(owner.store.failures(), 0);
    assert!(owner.store.journal_bytes() < 2_000 && owner.store.generation() > Some(100));
}
