//! Pure. What an engine remembers, as the bytes that a state directory keeps.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::hash::Hasher;
use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::memory::{Added, Memory, Subject};
use super::side::Side;
use crate::histogram::{Bytes, Hours};
use crate::lists::{Sound, SoundList, at_most};
use crate::slo::{Booking, Ledger, Lost, MERGED_MAX};

/// The first byte of each payload; what a later release writes differently has another one.
const VERSION: u8 = 1;

/// Starts of the process that are kept one by one.
const STARTS_MAX: usize = 32;

/// More hours of an SLI than can change between two flushes.
const HOURS_MAX: usize = 1_024;

/// More labels than any member of a family has.
const LABELS_MAX: usize = 256;

/// Everything that an engine remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Archive {
    pub(super) starts: Starts,
    pub(super) objectives: SoundList<KeptObjective>,
    /// By the name of the SLI.
    pub(super) durations: SoundList<KeptHours>,
    /// What people booked, also of objectives that this release does not have.
    pub(super) ledger: Ledger,
}

/// The durations of an SLI, hour by hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptHours {
    pub(super) sli: String,
    pub(super) hours: Hours,
}

/// Hours of an SLI that changed, whole: they take the place of what was written of them before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AddedHours {
    pub(super) sli: String,
    #[serde(deserialize_with = "at_most::<HOURS_MAX, _, _, _>")]
    pub(super) hours: Vec<(u32, Bytes)>,
}

/// What one objective remembers, and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptObjective {
    pub(super) owner: Owner,
    pub(super) memory: Memory,
    /// The start, counted from one, of the process that wrote it. Wall clocks do not tell which of two is newer.
    pub(super) life: u64,
}

/// More objectives, and more SLIs, than files of ours have: one takes some 200 bytes at the least.
const OWNERS_MAX: usize = 1 << 21;

impl Sound for KeptObjective {
    const MAX: usize = OWNERS_MAX;

    fn is_sound(&self) -> bool {
        let Owner { sli, slo, labels, .. } = &self.owner;
        !sli.is_empty() && !slo.is_empty() && labels.len() <= LABELS_MAX && self.memory.is_sound()
    }
}

impl Sound for KeptHours {
    const MAX: usize = OWNERS_MAX;

    fn is_sound(&self) -> bool {
        !self.sli.is_empty() && self.hours.is_sound()
    }
}

impl KeptObjective {
    /// What orders memories, the oldest first.
    pub(super) const fn recency(&self) -> (u64, u64) {
        (self.life, self.memory.left_off_ns())
    }
}

/// Whose memory it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Owner {
    sli: String,
    #[serde(deserialize_with = "at_most::<LABELS_MAX, _, _, _>")]
    labels: Vec<(String, String)>,
    subject: Subject,
    slo: String,
}

/// A short name of an owner, by which entries refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key(u64);

impl Owner {
    pub(super) fn new(sli: &str, side: Side<'_>, subject: Subject, slo: &str) -> Self {
        Self { sli: sli.to_owned(), labels: side.key(), subject, slo: slo.to_owned() }
    }

    /// Whether both are about the same events, whatever is promised of them.
    pub(super) fn is_kin(&self, other: &Self) -> bool {
        (&self.sli, &self.labels, &self.subject) == (&other.sli, &other.labels, &other.subject)
    }

    /// The same in each process and each release.
    pub(super) fn key(&self) -> Key {
        let mut hasher = Fnv::default();
        let texts = self.labels.iter().flat_map(|(name, value)| [name, value]);
        for text in [&self.sli, &self.slo, self.subject.text()].into_iter().chain(texts) {
            hasher.write(text.as_bytes());
            hasher.write(&[0xff]);
        }
        Key(hasher.finish())
    }
}

/// FNV-1a in 64 bits, see <http://www.isthe.com/chongo/tech/comp/fnv/>: what stands in files must never change, as the
/// hashes of the standard library may.
#[derive(Clone, Copy, Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// What one flush adds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    /// Whether it is the last one of a process that ended in order.
    pub(super) ended: bool,
    pub(super) objectives: Vec<(Key, Added)>,
    pub(super) durations: Vec<AddedHours>,
    /// What was booked since.
    pub(super) ledger: Vec<Booking>,
    /// The start of the process that wrote it: the snapshot before may be lost.
    pub(super) life: u64,
}

/// How often the process started, and how it ended before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Starts {
    /// Starts so far.
    pub(super) count: u64,
    /// Those that followed an end that was none in order.
    pub(super) after_crash: u64,
    /// The last ones that followed a crash, in seconds since 1970.
    #[serde(deserialize_with = "at_most::<STARTS_MAX, _, _, _>")]
    pub(super) crashes: Vec<u64>,
    /// Whether the process that wrote this ended in order.
    pub(super) ended: bool,
}

impl Starts {
    /// Takes note of a start; returns whether it follows a crash.
    pub(super) fn begin(&mut self, now_unix_s: u64) -> bool {
        let is_first = self.count == 0;
        let crashed = !is_first && !self.ended;
        self.count = self.count.saturating_add(1);
        self.ended = false;
        if crashed {
            self.after_crash = self.after_crash.saturating_add(1);
            self.crashes.push(now_unix_s);
            let surplus = self.crashes.len().saturating_sub(STARTS_MAX);
            self.crashes.drain(..surplus);
        }
        crashed
    }

    /// How many starts of the last ten minutes followed a crash.
    pub(super) fn crashes_lately(&self, now_unix_s: u64) -> usize {
        self.crashes.iter().filter(|at| now_unix_s.abs_diff(**at) <= 600).count()
    }
}

/// What was put together of what was kept.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    pub(super) archive: Archive,
    /// What was left out of it, in words.
    pub(super) left_out: Vec<String>,
    /// What could not be read at all: then nobody may write in its place.
    pub(super) unreadable: Option<String>,
}

impl Archive {
    /// Puts together what was kept.
    pub(super) fn recover(snapshot: Option<&[u8]>, entries: &[Vec<u8>]) -> Recovery {
        let mut left_out = Vec::new();
        let mut unreadable = None;
        let mut archive = match snapshot.map(decode::<Self>) {
            Some(Ok(mut archive)) => {
                left_out.extend(archive.leave_out_unsound("snapshot"));
                archive
            }
            Some(Err(problem)) => {
                return Recovery {
                    unreadable: Some(format!("in its snapshot {problem}")),
                    ..Recovery::default()
                };
            }
            None => Self::default(),
        };
        let mut lost = Lost::default();
        archive.ledger = core::mem::take(&mut archive.ledger).checked(&mut lost);
        let mut places = Places::of(&archive);
        for (number, entry) in entries.iter().enumerate() {
            match PageReader::read(entry).and_then(|page| archive.add(page, &mut places)) {
                Ok(left_out) => lost.count(left_out),
                Err(problem) => {
                    unreadable = Some(format!("in entry {number} of its journal {problem}"));
                    break;
                }
            }
        }
        left_out.extend(archive.leave_out_unsound("journal"));
        left_out.extend(lost.told());
        Recovery { archive, left_out, unreadable }
    }

    /// Leaves out what cannot be a memory of ours; says how much that was.
    fn leave_out_unsound(&mut self, origin: &str) -> impl Iterator<Item = String> + use<> {
        let objectives = self.objectives.leave_out_unsound();
        let durations = self.durations.leave_out_unsound();
        let unsound = [(objectives, "memories"), (durations, "months of durations")];
        let told = unsound.map(|(count, what)| {
            (count > 0).then(|| format!("{count} {what} in the {origin} are of no shape of ours"))
        });
        told.into_iter().flatten()
    }

    /// Leaves out durations that find no room in so many bytes, beside those before them; returns of how many SLIs.
    pub(super) fn leave_out_durations(&mut self, bytes_max: usize) -> u64 {
        let (mut room, mut left_out) = (bytes_max, 0_u64);
        self.durations.retain(|kept| {
            let rest = room.checked_sub(kept.hours.bytes());
            room = rest.unwrap_or(room);
            left_out = left_out.saturating_add(u64::from(rest.is_none()));
            rest.is_some()
        });
        left_out
    }

    /// Up to where the process that wrote it observed, in nanoseconds since 1970; `None` if nothing was kept. What waits
    /// since earlier processes may have been left by a clock that was far ahead.
    pub(super) fn left_off_ns(&self) -> Option<u64> {
        self.objectives.iter().map(KeptObjective::recency).max().map(|(_, left_off_ns)| left_off_ns)
    }

    /// The start of the process that wrote the newest memory.
    pub(super) fn last_life(&self) -> u64 {
        self.objectives.iter().map(|kept| kept.life).max().unwrap_or(0)
    }

    /// Takes in what a flush added, one by one; returns what the ledger lost of that.
    fn add(&mut self, mut page: PageReader<'_>, places: &mut Places) -> Result<Lost, String> {
        self.starts.ended = page.take()?;
        let mut changed = Vec::new();
        for _ in 0..page.length()? {
            let (key, added) = page.take::<(Key, Added)>()?;
            let place = places.objectives.get(&key).copied();
            if let Some(kept) = place.and_then(|place| self.objectives.get_mut(place)) {
                kept.memory.add(added);
                changed.extend(place);
            }
        }
        for _ in 0..page.length()? {
            let AddedHours { sli, hours } = page.take()?;
            if sli.is_empty() || hours.is_empty() {
                continue;
            }
            let place = *places.durations.entry(sli.clone()).or_insert(self.durations.len());
            if place == self.durations.len() && place < OWNERS_MAX {
                self.durations.push(KeptHours { sli, hours: Hours::default() });
            }
            if let Some(kept) = self.durations.get_mut(place) {
                hours.into_iter().for_each(|(number, bytes)| kept.hours.replace(number, bytes));
            }
        }
        let (mut booked, mut lost) = (Vec::new(), Lost::default());
        for _ in 0..page.length()? {
            booked.push(page.take()?);
            if booked.len() == MERGED_MAX {
                lost.count(self.ledger.add(core::mem::take(&mut booked)));
            }
        }
        lost.count(self.ledger.add(booked));
        let life = page.take()?;
        self.starts.count = self.starts.count.max(life);
        for place in changed {
            self.objectives.get_mut(place).into_iter().for_each(|kept| kept.life = life);
        }
        Ok(lost)
    }
}

/// Gives what a page has piece by piece, so that no more of it is in memory at a time.
#[derive(Clone, Copy, Debug)]
struct PageReader<'a> {
    rest: &'a [u8],
}

impl<'a> PageReader<'a> {
    /// Reads a page that is whole: what is wrong about any piece is told before one is used.
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let page = Self { rest: versioned(bytes)? };
        let mut pieces = page;
        pieces.take::<bool>()?;
        for _ in 0..pieces.length()? {
            pieces.take::<(Key, Added)>()?;
        }
        for _ in 0..pieces.length()? {
            pieces.take::<AddedHours>()?;
        }
        for _ in 0..pieces.length()? {
            pieces.take::<Booking>()?;
        }
        pieces.take::<u64>()?;
        if pieces.rest.is_empty() { Ok(page) } else { Err(SURPLUS.to_owned()) }
    }

    fn take<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let (piece, rest) = postcard::take_from_bytes(self.rest).map_err(unreadable)?;
        self.rest = rest;
        Ok(piece)
    }

    /// How many pieces of the next kind there are.
    fn length(&mut self) -> Result<u64, String> {
        self.take()
    }
}

/// Where in an archive the parts of a page belong.
#[derive(Debug)]
struct Places {
    objectives: HashMap<Key, usize>,
    durations: HashMap<String, usize>,
}

impl Places {
    fn of(archive: &Archive) -> Self {
        let objectives = archive.objectives.iter().map(|kept| kept.owner.key());
        let durations = archive.durations.iter().map(|kept| kept.sli.clone());
        Self {
            objectives: objectives.enumerate().map(|(at, key)| (key, at)).collect(),
            durations: durations.enumerate().map(|(at, sli)| (sli, at)).collect(),
        }
    }
}

/// The bytes of a payload.
pub(super) fn encode<T: Serialize>(payload: &T) -> Vec<u8> {
    // The only error of growing buffers is one of a `Serialize` of ours, and none of them has one.
    postcard::to_extend(payload, vec![VERSION]).unwrap_or_default()
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match postcard::take_from_bytes(versioned(bytes)?) {
        Ok((payload, [])) => Ok(payload),
        Ok(_) => Err(SURPLUS.to_owned()),
        Err(error) => Err(unreadable(error)),
    }
}

const SURPLUS: &str = "has more bytes than it should";

fn unreadable(error: postcard::Error) -> String {
    format!("cannot be read: {error}")
}

/// What follows the version, if that is ours.
fn versioned(bytes: &[u8]) -> Result<&[u8], String> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((version, _)) => Err(format!("has version {version}, and this release reads {VERSION}")),
        None => Err("is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::engine::memory::{KeptAccount, KeptReset, KeptSlices};
    use crate::engine::{Downtime, Evaluator, Input};
    use crate::histogram::{Layout, Snapshot};
    use crate::report::Label;
    use crate::slo::{Entry, EntryId, Objective};
    use crate::units::EventCounts;
    use crate::window::Tick;

    const SECOND: u64 = 1_000_000_000;
    const SLO: &str = "checkout-availability";

    fn at(second: u64) -> Tick {
        Tick { wall_ns: (1_700_000_000 + second) * SECOND, elapsed_ns: second * SECOND }
    }

    fn evaluator() -> Evaluator {
        Evaluator::new("checkout", SLO, Objective::availability(0.999), at(0)).unwrap()
    }

    fn owner(slo: &str) -> Owner {
        let labels = [Label::new("route", "/cart")];
        Owner::new("checkout", Side::Member(&labels), Subject::of(&Objective::availability(0.999)), slo)
    }

    /// An archive of one objective, the entries after it, and the evaluator behind both.
    fn written() -> (Vec<u8>, Vec<Vec<u8>>, Evaluator) {
        let mut evaluator = evaluator();
        let input = Input { delta: EventCounts::new(9, 1), ended: 10, ..Input::default() };
        (1..=60).for_each(|second| {
            evaluator.tick(at(second), input);
        });
        let objectives = vec![KeptObjective { owner: owner(SLO), memory: evaluator.memory(), life: 1 }];
        let starts = Starts { count: 1, ..Starts::default() };
        let mut hours = Hours::default();
        hours.add(472_222, &Snapshot::from_durations(Layout::BITS_6, [Duration::from_millis(5)]), 60);
        let bytes = hours.recent(472_222).unwrap().clone();
        let durations = vec![KeptHours { sli: "checkout".to_owned(), hours }];
        let snapshot = encode(&Archive {
            starts,
            objectives: objectives.into(),
            durations: durations.into(),
            ledger: Ledger::default(),
        });
        let entries = (0..3).map(|flush| {
            (1..=10).for_each(|second| {
                evaluator.tick(at(60 + flush * 10 + second), input);
            });
            let objectives = vec![(owner(SLO).key(), evaluator.added().unwrap())];
            let durations = [("checkout", 472_223), ("search", 472_222)]
                .map(|(sli, hour)| AddedHours { sli: sli.to_owned(), hours: vec![(hour, bytes.clone())] });
            encode(&Page {
                ended: flush == 2,
                objectives,
                durations: durations.into(),
                life: 3,
                ..Page::default()
            })
        });
        let entries = entries.collect();
        (snapshot, entries, evaluator)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (snapshot, entries, mut evaluator) = written();
        let Recovery { archive, left_out, .. } = Archive::recover(Some(&snapshot), &entries);
        assert_eq!(left_out, [""; 0]);
        assert_eq!(archive.objectives[0].memory, evaluator.memory());
        assert!(archive.starts.ended);
        let mut other = self::evaluator();
        other.resume(archive.objectives[0].memory.clone(), at(90), Downtime::Unknown);
        assert_eq!(other.latest().counts, EventCounts::new(810, 90));
    }

    #[test]
    fn hours_that_are_written_again_and_again_count_once() {
        let (snapshot, entries, _) = written();
        let Recovery { archive, .. } = Archive::recover(Some(&snapshot), &entries);
        let counts = |kept: &KeptHours| {
            let month = kept.hours.before(472_224, &[720]).remove(0);
            (kept.sli.clone(), month.durations.count(), month.observed_s)
        };
        let expected = [("checkout".to_owned(), 2, 120), ("search".to_owned(), 1, 60)];
        assert_eq!(archive.durations.iter().map(counts).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_a_life_added_is_of_that_life_though_its_snapshot_is_lost() {
        let (snapshot, entries, _) = written();
        let recovered = |entries: &[Vec<u8>]| Archive::recover(Some(&snapshot), entries).archive;
        let told = |archive: &Archive| (archive.starts.count, archive.last_life());
        assert_eq!(told(&recovered(&[])), (1, 1));
        assert_eq!(told(&recovered(&entries)), (3, 3));
    }

    #[test]
    fn months_that_are_of_no_shape_of_ours_are_left_out() {
        let (snapshot, ..) = written();
        let mut archive: Archive = decode(&snapshot).unwrap();
        (0..3).for_each(|at| archive.durations[0].hours.keep_one_more(at));
        let Recovery { archive, left_out, .. } = Archive::recover(Some(&encode(&archive)), &[]);
        assert_eq!(*archive.durations, []);
        assert_eq!(left_out, ["1 months of durations in the snapshot are of no shape of ours"]);
    }

    /// Changes a memory, which is then left out of what is recovered.
    #[track_caller]
    fn is_left_out(change: impl FnOnce(&mut Memory)) {
        let mut archive: Archive = decode(&written().0).unwrap();
        change(&mut archive.objectives[0].memory);
        let Recovery { archive, left_out, .. } = Archive::recover(Some(&encode(&archive)), &[]);
        assert_eq!(*archive.objectives, []);
        assert_eq!(left_out, ["1 memories in the snapshot are of no shape of ours"]);
    }

    #[test]
    fn memories_with_longer_lists_than_anybody_writes_are_left_out() {
        let id = |number| EntryId::new(number, 0);
        let exclusions = |count: u64, span| {
            let exclusions = (0..count).map(|number| (id(number), span)).collect();
            Some(KeptAccount { exclusions, ..KeptAccount::default() })
        };
        is_left_out(|memory| memory.account = exclusions(4_301, (1, 2)));
        is_left_out(|memory| memory.account = exclusions(1, (2, 2)));
        is_left_out(|memory| {
            let reset = |number| KeptReset {
                id: id(number),
                at_ns: 1,
                judged: EventCounts::ZERO.into(),
                aside: EventCounts::ZERO.into(),
            };
            memory.account =
                Some(KeptAccount { resets: (0..4_301).map(reset).collect(), ..KeptAccount::default() });
        });
        is_left_out(|memory| memory.tiers = vec![memory.tiers[0].clone(); 256]);
        is_left_out(|memory| memory.sights = vec![memory.sights[0]; 4]);
        is_left_out(|memory| {
            let recent = vec![EventCounts::ZERO.into(); 256];
            memory.past.slices = Some(KeptSlices { recent, ..KeptSlices::default() });
        });
    }

    fn booking(number: u64, entry: Entry) -> Booking {
        let entry = entry.by("ann").because("it is agreed");
        entry.booked(SLO, number, EntryId::new(number, 7)).unwrap()
    }

    #[test]
    fn entries_beyond_what_two_ledgers_have_are_left_out_and_told() {
        let (.., entries, _) = written();
        let mut ledger = Ledger::default();
        (1..=4_303).for_each(|number| ledger.book(booking(number, Entry::reset(SLO))));
        // What is withdrawn matters least.
        ledger.book(booking(4_304, Entry::withdrawal(EntryId::new(4_300, 7))));
        let snapshot = encode(&Archive { ledger, ..Archive::default() });
        let Recovery { archive, left_out, .. } = Archive::recover(Some(&snapshot), &entries);
        let kept: Vec<_> = archive.ledger.entries().iter().map(Booking::booked_unix_ns).collect();
        assert_eq!(kept, (3..4_300).chain(4_301..=4_303).collect::<Vec<_>>());
        assert_eq!(left_out, ["4 entries of the ledger are more than the 4300 that it can have"]);
    }

    #[test]
    fn an_entry_stands_once_whatever_its_copy_says_of_its_time() {
        let reset = booking(5, Entry::reset(SLO));
        let copy = Entry::reset(SLO).by("ann").because("it is agreed").booked(SLO, 9, reset.id()).unwrap();
        let other = booking(7, Entry::reset(SLO));
        let ledger = vec![reset.clone(), other.clone(), copy];
        let page = encode(&Page { ledger, ..Page::default() });
        let snapshot = encode(&Archive::default());
        let Recovery { archive, left_out, .. } = Archive::recover(Some(&snapshot), &[page]);
        assert_eq!(archive.ledger.entries(), [reset, other]);
        assert_eq!(left_out, [""; 0]);
    }

    #[test]
    fn keys_never_change() {
        assert_eq!(owner(SLO).key(), Key(0xbe69_dfa8_71de_7de4), "{:x?}", owner(SLO).key());
        assert_ne!(owner("other").key(), owner(SLO).key());
        assert!(owner("other").is_kin(&owner(SLO)));
    }

    #[test]
    fn crashes_are_starts_that_follow_no_end() {
        let mut starts = Starts::default();
        assert!(!starts.begin(100), "the first one follows nothing");
        assert!(starts.begin(200) && starts.begin(300) && starts.begin(1_000));
        starts.ended = true;
        assert!(!starts.begin(1_001));
        assert_eq!((starts.count, starts.after_crash, starts.crashes_lately(1_001)), (5, 3, 1));
        (0..100).for_each(|second| {
            starts.begin(2_000 + second);
        });
        assert_eq!(starts.crashes.len(), STARTS_MAX);
    }

    #[test]
    fn a_memory_that_asks_for_endless_slots_is_left_out() {
        let (snapshot, ..) = written();
        let mut archive: Archive = decode(&snapshot).unwrap();
        archive.objectives[0].memory.past.units.ask_for_endless_slots();
        let Recovery { archive, left_out, .. } = Archive::recover(Some(&encode(&archive)), &[]);
        assert_eq!(archive.objectives.len(), 0);
        assert_eq!(left_out, ["1 memories in the snapshot are of no shape of ours"]);
    }

    #[test]
    fn a_payload_of_another_version_is_refused_with_both_numbers() {
        let (mut snapshot, ..) = written();
        snapshot[0] = 9;
        let Recovery { archive, unreadable, .. } = Archive::recover(Some(&snapshot), &[]);
        assert_eq!(archive, Archive::default());
        assert_eq!(unreadable.unwrap(), "in its snapshot has version 9, and this release reads 1");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let versioned: Vec<u8> = [VERSION].into_iter().chain(bytes).collect();
            let _ = Archive::recover(Some(&versioned), std::slice::from_ref(&versioned));
        }

        #[test]
        fn damaged_memories_are_refused_or_borne(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let (mut snapshot, mut entries, _) = written();
            *place.get_mut(&mut snapshot) ^= byte;
            *place.get_mut(&mut entries[1]) ^= byte;
            let Recovery { archive, .. } = Archive::recover(Some(&snapshot), &entries);
            for kept in archive.objectives {
                let mut evaluator = evaluator();
                evaluator.resume(kept.memory, at(90), Downtime::Bad);
                evaluator.tick(at(91), Input::default());
            }
        }
    }

    #[test]
    fn durations_that_find_no_room_take_none() {
        let hours = |calls: u64| {
            let mut hours = Hours::default();
            let durations = (0..calls).map(|call| Duration::from_millis(call * call));
            hours.add(472_200, &Snapshot::from_durations(Layout::default(), durations), 3_600);
            hours
        };
        let of = |(number, calls): (usize, u64)| KeptHours { sli: number.to_string(), hours: hours(calls) };
        let mut archive = Archive {
            durations: [(0, 50), (1, 900), (2, 50)].map(of).into_iter().collect(),
            ..Archive::default()
        };
        assert_eq!(archive.leave_out_durations(2 * hours(50).bytes()), 1);
        let left: Vec<_> = archive.durations.iter().map(|kept| &*kept.sli).collect();
        assert_eq!(left, ["0", "2"]);
    }
}
