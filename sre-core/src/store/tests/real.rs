//! A directory of this machine.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::scratch::Scratch;
use super::workload::{History, Owner};
use crate::store::{Damage, Options, RealDisk, Recovered, Standing, Store, StoreError};

const EACH_TIME: Options = Options { journal_bytes: 0 };

fn owner(path: &Path, history: History) -> Owner {
    let life = history.len() as u64;
    Owner::open(RealDisk::new(path), Options::default(), history, life)
}

fn read(path: &Path) -> (Store, Recovered) {
    Store::open(Box::new(RealDisk::new(path)), Options::default(), 1_700_000_000)
}

#[test]
fn a_new_directory_is_private_and_remembers_nothing() {
    let scratch = Scratch::new();
    let path = scratch.path().join("deep/state");
    let (store, recovered) = read(&path);
    assert_eq!(recovered, Recovered::default());
    assert_eq!(*store.standing(), Standing::Writable);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(path.join("lock")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_was_appended_is_there_after_a_restart() {
    let scratch = Scratch::new();
    let mut history = History::new();
    for start in 0..5 {
        let mut owner = owner(scratch.path(), history);
        assert_eq!(owner.history.len(), start * 3);
        owner.start().unwrap();
        for _ in 0..3 {
            owner.flush().unwrap();
        }
        assert_eq!(owner.durable, owner.history.len());
        history = owner.history;
    }
    assert_eq!(scratch.names(), ["journal-4", "journal-5", "lock", "snapshot-4", "snapshot-5"]);
    let mode = fs::metadata(scratch.path().join("journal-5")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn two_generations_are_kept_and_no_more() {
    let scratch = Scratch::new();
    let mut owner = Owner::open(RealDisk::new(scratch.path()), EACH_TIME, History::new(), 0);
    owner.start().unwrap();
    for _ in 0..20 {
        owner.flush().unwrap();
        assert!(scratch.names().len() <= 5, "{:?}", scratch.names());
    }
}

#[test]
fn a_second_store_waits_and_takes_over() {
    let scratch = Scratch::new();
    let mut first = owner(scratch.path(), History::new());
    first.start().unwrap();
    first.flush().unwrap();

    let (mut second, recovered) = read(scratch.path());
    assert_eq!(recovered, Recovered::default());
    let Standing::HeldBy(holder) = second.standing().clone() else { panic!("{second:?}") };
    assert_eq!((holder.pid, holder.since_unix_s), (std::process::id(), 1_700_000_000));
    assert!(!second.is_due());
    assert!(matches!(second.begin_generation(b""), Err(StoreError::Held { .. })));
    assert_eq!(second.take_over(0), None);

    first.flush().unwrap();
    first.store.close();
    let recovered = second.take_over(0).unwrap();
    assert_eq!(first.history.count(&recovered), 2);
    assert_eq!(*second.standing(), Standing::Writable);
    assert!(second.is_due());
}

#[test]
fn a_bad_snapshot_is_set_aside_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let mut history = History::new();
    for _ in 0..2 {
        let mut owner = owner(scratch.path(), history);
        owner.start().unwrap();
        owner.flush().unwrap();
        history = owner.history;
    }
    let bad = scratch.path().join("snapshot-2");
    let mut bytes = fs::read(&bad).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&bad, &bytes).unwrap();

    let (store, recovered) = read(scratch.path());
    store.close();
    assert_eq!(history.count(&recovered), 2);
    let [found] = &recovered.found[..] else { panic!("{recovered:?}") };
    assert_eq!((found.damage, found.offset), (Damage::PayloadChecksum, 0));
    assert!(found.path.ends_with("snapshot-2"));

    let mut owner = owner(scratch.path(), history);
    assert!(bad.exists(), "nothing happens to it before its successor is durable");
    owner.start().unwrap();
    owner.flush().unwrap();
    let names = [
        "journal-1",
        "journal-2",
        "journal-3",
        "lock",
        "snapshot-1",
        "snapshot-2.corrupt-1700000000",
        "snapshot-3",
    ];
    assert_eq!(scratch.names(), names);
    assert_eq!(fs::read(found.kept_as.as_ref().unwrap()).unwrap(), bytes);
}

#[test]
fn links_and_directories_in_the_place_of_files_are_not_followed() {
    let scratch = Scratch::new();
    let elsewhere = Scratch::new();
    let target = elsewhere.path().join("target");
    fs::write(&target, "precious").unwrap();
    symlink(&target, scratch.path().join("snapshot-1")).unwrap();
    fs::create_dir(scratch.path().join("journal-1")).unwrap();
    let mut owner = owner(scratch.path(), History::new());
    owner.start().unwrap();
    let aside = ["journal-1.corrupt-1700000000", "lock", "snapshot-1.corrupt-1700000000", "snapshot-2"];
    assert_eq!(scratch.names(), aside);
    drop(owner);

    let lock = scratch.path().join("lock");
    fs::remove_file(&lock).unwrap();
    symlink(&target, &lock).unwrap();
    let (store, _) = read(scratch.path());
    assert!(matches!(store.error(), Some(StoreError::Io { .. })), "{store:?}");
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}
