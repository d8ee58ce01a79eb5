//! Cold. What must hold of frames, directories and lock files, whatever bytes they have.

use super::frame::{self, HEADER_BYTES, Kind};
use super::model::{ModelDisk, World};
use super::{Appended, Holder, Options, Recovered, Standing, Store, recovery};
use crate::feed::Feed;
use crate::primitive::{Arc, Mutex};

/// The names of files in a directory that a fuzzer fills.
const NAMES: [&str; 8] = [
    "snapshot-1",
    "snapshot-2",
    "snapshot-3",
    "journal-1",
    "journal-2",
    "journal-3",
    "lock",
    "snapshot-2.corrupt-18446744073709551615",
];

/// One file: a byte says whether its seals are mended first, since no fuzzer guesses checksums.
pub(crate) fn frames(data: &[u8]) {
    let mut feed = Feed(data);
    let is_sealed = feed.byte() % 2 == 1;
    let bytes = if is_sealed { sealed(feed.0) } else { feed.0.to_vec() };
    for kind in [Kind::Snapshot, Kind::Journal, Kind::Entry] {
        let Ok(frame) = frame::decode(&bytes, kind, 0) else { continue };
        let (again, seal) = frame::encode(kind, frame.generation, frame.sequence, frame.payload, 0);
        let is_of_this_release = (bytes[5], bytes[7]) == (0, 0);
        assert!(!is_of_this_release || (bytes.starts_with(&again) && seal == frame.seal));
        assert!(frame::occurs_in(&bytes, frame.generation));
    }
    let generation = feed.0.get(8).copied().unwrap_or_default().into();
    if let Ok(sequence) = recovery::check_snapshot(&bytes, generation) {
        assert_eq!(frame::decode(&bytes, Kind::Snapshot, 0).map(|frame| frame.sequence), Ok(sequence));
    }
    if let Ok(journal) = recovery::journal(&bytes, generation) {
        let read: usize = journal.entries.iter().map(|entry| HEADER_BYTES + entry.len()).sum();
        assert_eq!(journal.end.map_or(bytes.len(), |(offset, _)| offset), HEADER_BYTES + read);
    }
}

/// A directory: files one after the other, each with a byte for its name, one for mending its seals, and its length.
pub(crate) fn directory(data: &[u8]) {
    let mut feed = Feed(data);
    let mut files = Vec::new();
    while !feed.0.is_empty() && files.len() < 8 {
        let name = NAMES[usize::from(feed.byte()) % NAMES.len()];
        let is_sealed = feed.byte() % 2 == 1;
        let bytes = feed.chunk();
        files.push((name, if is_sealed { sealed(bytes) } else { bytes.to_vec() }));
    }
    check_directory(&files);
}

/// Reading a directory ends and takes no more memory than it has bytes; after that it can be written to.
pub(crate) fn check_directory(files: &[(&str, Vec<u8>)]) {
    let world = World::with_files(files.iter().map(|(name, bytes)| (*name, &bytes[..])));
    let used = world.lock().used_bytes();
    let (mut store, recovered) = read(&world);
    assert!(held_bytes(&recovered) <= used);
    assert!(recovered.entries.len() * HEADER_BYTES <= used);
    if let Standing::ReadOnly(_) = store.standing() {
        assert!(store.error().is_some_and(|error| error.to_string().contains("format version")));
        return;
    }
    assert_eq!(store.standing(), &Standing::Writable);
    let before: Vec<u8> = recovered.snapshot.into_iter().chain(recovered.entries).flatten().collect();
    store.begin_generation(&before).unwrap();
    assert_eq!(store.append(b"one more"), Ok(Appended::Durable));
    store.close();
    let (_, recovered) = read(&world);
    assert_eq!(recovered.snapshot, Some(before));
    assert_eq!(recovered.entries, [b"one more"]);
    assert!(world.lock().violations().is_empty());
}

/// The text of a lock file: what is understood of it is written back as it is read.
pub(crate) fn lock_text(data: &[u8]) {
    let holder = Holder::from_text(&String::from_utf8_lossy(data));
    assert_eq!(Holder::from_text(&holder.to_text()), holder);
    assert!(!holder.to_string().contains(char::is_control) && holder.host.chars().count() <= 255);
}

/// Opens the directory as a process does.
pub(crate) fn read(world: &Arc<Mutex<World>>) -> (Store, Recovered) {
    Store::open(Box::new(ModelDisk::new(world)), Options { journal_bytes: 300 }, 7)
}

/// Memory that what was read takes.
pub(crate) fn held_bytes(recovered: &Recovered) -> usize {
    recovered.snapshot.iter().chain(&recovered.entries).map(Vec::capacity).sum()
}

/// The bytes with all checksums right, as far as their lengths lead.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let (mut at, mut previous) = (0, 0);
    while let Some(frame) = bytes.get_mut(at..).filter(|rest| rest.len() >= HEADER_BYTES) {
        let (header, payload) = frame.split_at_mut(HEADER_BYTES);
        let length = u32::from_le_bytes([header[24], header[25], header[26], header[27]]) as usize;
        if let Some(payload) = payload.get(..length) {
            header[28..32].copy_from_slice(&crc32c::crc32c(payload).to_le_bytes());
        }
        header[32..36].copy_from_slice(&u32::to_le_bytes(previous));
        previous = crc32c::crc32c(&header[..36]);
        header[36..].copy_from_slice(&previous.to_le_bytes());
        at = at.saturating_add(HEADER_BYTES).saturating_add(length);
    }
    bytes
}

/// Files of all kinds, whole and torn, each to be mended or not.
pub(crate) fn frame_seeds() -> Vec<Vec<u8>> {
    let files = [snapshot(), journal(), journal()[..90].to_vec(), Vec::new()];
    files.iter().flat_map(|file| [0, 1].map(|how| [&[how][..], file].concat())).collect()
}

/// Directories of a snapshot, a journal and both, twice over.
pub(crate) fn directory_seeds() -> Vec<Vec<u8>> {
    let file = |name: u8, bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap();
        [&[name, 1], &length.to_le_bytes()[..], bytes].concat()
    };
    let (snapshot, journal) = (file(0, &snapshot()), file(3, &journal()));
    let lock = file(6, Holder::this_process(1_700_000_000).to_text().as_bytes());
    let newer = [file(1, &self::snapshot()), file(4, &self::journal())].concat();
    vec![snapshot.clone(), journal.clone(), [&snapshot[..], &journal, &lock].concat(), newer]
}

/// The text of a lock, and the same cut off.
pub(crate) fn lock_seeds() -> Vec<Vec<u8>> {
    let holder = Holder { pid: 4_711, host: "shop-7".into(), since_unix_s: 1_700_000_000 };
    let text = holder.to_text().into_bytes();
    vec![text[..text.len() - 3].to_vec(), text]
}

fn snapshot() -> Vec<u8> {
    frame::encode(Kind::Snapshot, 1, 2, b"all there is", 0).0
}

fn journal() -> Vec<u8> {
    let (mut bytes, mut seal) = frame::encode(Kind::Journal, 1, 2, &[], 0);
    for (number, payload) in [(3, &b"one"[..]), (4, b""), (5, b"three")] {
        let (entry, next) = frame::encode(Kind::Entry, 1, number, payload, seal);
        bytes.extend(entry);
        seal = next;
    }
    bytes
}
