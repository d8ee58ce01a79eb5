//! An engine in small: what it knows is how many entries there were.

use crate::store::{Appended, Disk, Options, Recovered, Store, StoreError};

/// The number, and some filling so that frames cross the blocks of a disk.
pub(super) fn payload(number: u64) -> Vec<u8> {
    let filling = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    (number..=number + filling)
        .flat_map(|number| number.to_le_bytes())
        .take(8 + usize::try_from(filling).unwrap())
        .collect()
}

#[track_caller]
fn number(bytes: &[u8]) -> u64 {
    let number = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(bytes, payload(number), "the payload of {number} is not what was written");
    number
}

/// How many entries were recovered; it fails unless each of them is there exactly once.
#[track_caller]
pub(super) fn count(recovered: &Recovered) -> u64 {
    let mut count = recovered.snapshot.as_deref().map_or(0, number);
    for entry in &recovered.entries {
        count += 1;
        assert_eq!(number(entry), count, "an entry is missing or stands twice");
    }
    count
}

/// An owner of a store who keeps to the rules.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) store: Store,
    /// Entries recovered and appended.
    pub(super) appended: u64,
    /// How many of them nothing can take away any more.
    pub(super) durable: u64,
}

impl Owner {
    pub(super) fn open(disk: impl Disk + 'static, options: Options) -> Self {
        let (store, recovered) = Store::open(Box::new(disk), options, 1_700_000_000);
        let appended = count(&recovered);
        Self { store, appended, durable: 0 }
    }

    /// What an engine does right after the start.
    pub(super) fn start(&mut self) -> Result<(), StoreError> {
        if self.store.is_due() { self.begin() } else { Ok(()) }
    }

    /// What an engine does at each interval.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if let Some(recovered) = self.store.take_over(1_700_000_010) {
            // Entries of before are numbered again, behind those recovered.
            assert_eq!(self.appended, 0, "not a case of these tests");
            self.appended += count(&recovered);
        }
        self.appended += 1;
        let appended = self.store.append(&payload(self.appended));
        if appended == Ok(Appended::Durable) {
            self.durable = self.appended;
        }
        let begun = if self.store.is_due() { self.begin() } else { Ok(()) };
        appended.map(drop).and(begun)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.store.begin_generation(&payload(self.appended))?;
        self.durable = self.appended;
        Ok(())
    }
}
