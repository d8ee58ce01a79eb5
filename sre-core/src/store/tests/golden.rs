//! A directory in format version 1 is read for ever, and written like that while it is the version of the day.
//!
//! The files were made from the tables of the format document by a program in another language.

use super::kept;
use crate::store::model::{ModelDisk, World};
use crate::store::{Appended, Holder, Options, Recovered, Store};

macro_rules! golden {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../../tests/golden/state-v1/", $name)).as_slice())
    };
}

const FILES: [(&str, &[u8]); 4] =
    [golden!("snapshot-1"), golden!("journal-1"), golden!("snapshot-2"), golden!("journal-2")];

fn read(files: &[(&str, &[u8])]) -> Recovered {
    let world = World::with_files(files.iter().copied());
    Store::open(Box::new(ModelDisk::new(&world)), Options::default(), 7).1
}

fn bytes_0_to_255() -> Vec<u8> {
    (0..=255).collect()
}

#[test]
fn version_1_is_read() {
    let recovered = read(&FILES);
    assert_eq!(recovered.snapshot.as_deref(), Some(&b"one, nothing, three"[..]));
    assert_eq!(recovered.entries, [b"four".to_vec(), bytes_0_to_255()]);
    assert_eq!(recovered.found, []);
    kept("P6", "the committed files of version 1 are read");
}

#[test]
fn version_1_is_read_without_its_newest_snapshot() {
    let recovered = read(&[FILES[0], FILES[1], FILES[3]]);
    assert_eq!(recovered.snapshot.as_deref(), Some(&b"nothing yet"[..]));
    let entries = [b"one".to_vec(), Vec::new(), b"three".to_vec(), b"four".to_vec(), bytes_0_to_255()];
    assert_eq!(recovered.entries, entries);
}

#[test]
fn version_1_is_written() {
    let world = World::new();
    let (mut store, _) = Store::open(Box::new(ModelDisk::new(&world)), Options::default(), 7);
    let append = |store: &mut Store, entry: &[u8]| assert_eq!(store.append(entry), Ok(Appended::Durable));
    store.begin_generation(b"nothing yet").unwrap();
    for entry in [&b"one"[..], b"", b"three"] {
        append(&mut store, entry);
    }
    store.begin_generation(b"one, nothing, three").unwrap();
    append(&mut store, b"four");
    append(&mut store, &bytes_0_to_255());
    for (name, bytes) in FILES {
        assert_eq!(world.lock().bytes(name), Some(bytes), "{name}");
    }
    kept("P6", "they are written again byte by byte");
}

#[test]
fn the_lock_file_is_read() {
    let (_, text) = golden!("lock");
    let holder = Holder::from_text(std::str::from_utf8(text).unwrap());
    assert_eq!(holder.to_string(), "pid 4711 on shop-1 since 2025-11-21T00:00:00Z");
}
