//! Pure. What an engine remembers, as the bytes that a state directory keeps.

use core::hash::Hasher;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::memory::{Added, Memory, Subject};
use crate::report::Label;

/// The first byte of each payload; what a later release writes differently has another one.
const VERSION: u8 = 1;

/// Starts of the process that are kept one by one.
const STARTS_MAX: usize = 32;

/// Everything that an engine remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Archive {
    pub(super) starts: Starts,
    pub(super) objectives: Vec<KeptObjective>,
}

/// What one objective remembers, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptObjective {
    pub(super) owner: Owner,
    pub(super) memory: Memory,
}

/// Whose memory it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Owner {
    sli: String,
    labels: Vec<(String, String)>,
    subject: Subject,
    slo: String,
}

/// A short name of an owner, by which entries refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key(u64);

impl Owner {
    pub(super) fn new(sli: &str, labels: &[Label], subject: Subject, slo: &str) -> Self {
        let labels = labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect();
        Self { sli: sli.to_owned(), labels, subject, slo: slo.to_owned() }
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Page {
    /// Whether it is the last one of a process that ended in order.
    pub(super) ended: bool,
    pub(super) objectives: Vec<(Key, Added)>,
}

/// How often the process started, and how it ended before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Starts {
    /// Starts so far.
    pub(super) count: u64,
    /// Those that followed an end that was none in order.
    pub(super) after_crash: u64,
    /// The last ones that followed a crash, in seconds since 1970.
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

impl Archive {
    /// Puts together what was kept; also what could not be read of it, in words.
    pub(super) fn recover(snapshot: Option<&[u8]>, entries: &[Vec<u8>]) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut archive = match snapshot.map(decode::<Self>) {
            Some(Ok(archive)) => archive,
            Some(Err(problem)) => {
                problems.push(format!("the snapshot {problem}"));
                return (Self::default(), problems);
            }
            None => Self::default(),
        };
        let keys: std::collections::HashMap<Key, usize> =
            archive.objectives.iter().enumerate().map(|(at, kept)| (kept.owner.key(), at)).collect();
        for (number, entry) in entries.iter().enumerate() {
            match decode::<Page>(entry) {
                Ok(page) => archive.add(page, &keys),
                Err(problem) => {
                    problems.push(format!("entry {number} {problem}"));
                    break;
                }
            }
        }
        (archive, problems)
    }

    /// Up to where the process that wrote it observed, in nanoseconds since 1970; `None` if nothing was kept.
    pub(super) fn left_off_ns(&self) -> Option<u64> {
        self.objectives.iter().map(|kept| kept.memory.now_ns()).max()
    }

    fn add(&mut self, page: Page, places: &std::collections::HashMap<Key, usize>) {
        self.starts.ended = page.ended;
        for (key, added) in page.objectives {
            if let Some(kept) = places.get(&key).and_then(|place| self.objectives.get_mut(*place)) {
                kept.memory.add(added);
            }
        }
    }
}

/// The bytes of a payload.
pub(super) fn encode<T: Serialize>(payload: &T) -> Vec<u8> {
    // The only error of growing buffers is one of a `Serialize` of ours, and none of them has one.
    postcard::to_extend(payload, vec![VERSION]).unwrap_or_default()
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => match postcard::take_from_bytes(rest) {
            Ok((payload, [])) => Ok(payload),
            Ok(_) => Err("has more bytes than it should".to_owned()),
            Err(error) => Err(format!("cannot be read: {error}")),
        },
        Some((version, _)) => Err(format!("has version {version}, and this release reads {VERSION}")),
        None => Err("is empty".to_owned()),
    }
}
