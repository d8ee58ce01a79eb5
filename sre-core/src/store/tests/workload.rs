//! An engine in small: its state is a digest of all entries, so that a missing, doubled or strange one shows.

use crate::primitive::{Arc, Mutex};
use crate::store::model::{ModelDisk, World};
use crate::store::{Appended, Disk, Options, Recovered, Standing, Store, StoreError};

/// A generation after each few entries.
pub(super) const SMALL: Options = Options { journal_bytes: 2_000 };

/// Numbers that look random.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        digest(self.0, 0)
    }

    pub(crate) fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % below.max(1)
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

fn digest(before: u64, added: u64) -> u64 {
    let mut mixed = before.wrapping_mul(31).wrapping_add(added).wrapping_add(0x9e37_79b9_7f4a_7c15);
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)] {
        mixed = (mixed ^ (mixed >> shift)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 31)
}

/// The number of an entry, the digest up to it, and some filling so that frames cross the blocks of a disk.
fn payload(number: u64, digest: u64) -> Vec<u8> {
    let mut bytes = [number.to_le_bytes(), digest.to_le_bytes()].concat();
    bytes.resize(bytes.len() + usize::try_from(digest >> 54).unwrap(), bytes[8]);
    bytes
}

/// Everything that was ever appended, as far as it is remembered: the digest after each entry, from 0 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct History(Vec<u64>);

impl History {
    pub(super) fn new() -> Self {
        Self(vec![0])
    }

    /// The history of lives that are all called 0, further than any test goes.
    pub(super) fn endless() -> Self {
        let mut history = Self::new();
        for _ in 0..100_000 {
            history.0.push(digest(history.0[history.len()], 0));
        }
        history
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// One more entry, unlike any that another life would append in its place.
    fn push(&mut self, life: u64) -> Vec<u8> {
        self.0.push(digest(self.0[self.len()], life));
        self.last()
    }

    /// The payload of the last entry, and that of a snapshot after it.
    pub(super) fn last(&self) -> Vec<u8> {
        payload(self.len() as u64, self.0[self.len()])
    }

    /// How many entries were recovered. Fails unless they are the first ones of this history, each exactly once.
    #[track_caller]
    pub(super) fn count(&self, recovered: &Recovered) -> usize {
        let mut count = 0;
        if let Some(snapshot) = &recovered.snapshot {
            count = usize::try_from(u64::from_le_bytes(snapshot[..8].try_into().unwrap())).unwrap();
            assert!(count <= self.len(), "snapshot of {count} entries where {} were appended", self.len());
            assert_eq!(*snapshot, payload(count as u64, self.0[count]), "snapshot of {count}");
        }
        for entry in &recovered.entries {
            count += 1;
            assert!(count <= self.len(), "more entries than the {} appended", self.len());
            assert_eq!(*entry, payload(count as u64, self.0[count]), "entry {count}");
        }
        count
    }
}

/// Someone who keeps a store by the rules.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) store: Store,
    /// Everything recovered and appended.
    pub(super) history: History,
    /// How many entries nothing can take away any more.
    pub(super) durable: usize,
    /// Whether the directory has been read; before that, `waiting` entries were appended.
    pub(super) is_read: bool,
    waiting: usize,
    life: u64,
}

impl Owner {
    /// Opens the directory, which must remember a beginning of the history.
    pub(super) fn open(disk: impl Disk + 'static, options: Options, history: History, life: u64) -> Self {
        let (store, recovered) = Store::open(Box::new(disk), options, 1_700_000_000);
        let is_read = matches!(store.standing(), Standing::Writable | Standing::ReadOnly(_));
        let mut owner = Self { store, history, durable: 0, is_read, waiting: 0, life };
        if is_read {
            owner.restore(&recovered);
        }
        owner
    }

    pub(super) fn on(world: &Arc<Mutex<World>>, history: History, life: u64) -> Self {
        Self::open(ModelDisk::new(world), SMALL, history, life)
    }

    fn restore(&mut self, recovered: &Recovered) {
        let count = self.history.count(recovered);
        self.history.0.truncate(count + 1);
        for _ in 0..std::mem::take(&mut self.waiting) {
            self.history.push(self.life);
        }
        self.is_read = true;
    }

    /// What an engine does right after the start.
    pub(super) fn start(&mut self) -> Result<(), StoreError> {
        if self.store.is_due() { self.begin() } else { Ok(()) }
    }

    /// What an engine does at each interval.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if let Some(recovered) = self.store.take_over(1_700_000_010) {
            self.restore(&recovered);
        }
        let entry = if self.is_read {
            self.history.push(self.life)
        } else {
            self.waiting += 1;
            b"nobody reads it".to_vec()
        };
        let appended = self.store.append(&entry);
        if appended == Ok(Appended::Durable) {
            self.durable = self.history.len();
        }
        let begun = if self.store.is_due() { self.begin() } else { Ok(()) };
        appended.map(drop).and(begun)
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        self.store.begin_generation(&self.history.last())?;
        self.durable = self.history.len();
        Ok(())
    }
}
