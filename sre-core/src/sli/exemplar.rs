//! Hot. A trace to look at for each classic bucket of durations; nobody pays who keeps none.

use core::fmt;
use std::collections::BTreeMap;

use crate::histogram::{classic_bounds_ns, classic_bucket};
use crate::primitive::Mutex;
use crate::sli::Outcome;

/// A trace and the span in it to which a recorded value belongs.
///
/// Both are the 16 and 8 bytes of W3C Trace Context.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exemplar {
    trace_id: [u8; 16],
    span_id: [u8; 8],
}

impl Exemplar {
    /// An exemplar from the bytes of a trace and a span id.
    #[must_use]
    pub const fn new(trace_id: [u8; 16], span_id: [u8; 8]) -> Self {
        Self { trace_id, span_id }
    }

    /// The 16 bytes of the trace id.
    #[must_use]
    pub const fn trace_id_bytes(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The 8 bytes of the span id.
    #[must_use]
    pub const fn span_id_bytes(&self) -> [u8; 8] {
        self.span_id
    }

    /// The trace id as 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hexadecimal(&self.trace_id)
    }

    /// The span id as 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        hexadecimal(&self.span_id)
    }
}

impl fmt::Debug for Exemplar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exemplar({}/{})", self.trace_id(), self.span_id())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An exemplar as it was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptExemplar {
    /// The trace and span.
    pub exemplar: Exemplar,
    /// Whether the call failed.
    pub outcome: Outcome,
    /// Its duration in nanoseconds.
    pub duration_ns: u64,
    /// When the call ended, in nanoseconds since 1970, to the nearest microsecond or so; `None` where no engine
    /// has looked at it.
    pub at_unix_ns: Option<u64>,
}

/// An exemplar, and when it was kept on the clock of its series.
#[derive(Clone, Copy, Debug)]
struct Place {
    kept: KeptExemplar,
    monotonic_ns: u64,
}

/// A place for the newest exemplar of one bucket.
type Bucket = Mutex<Option<Place>>;

/// The newest exemplar of each classic bucket, for successful and for failed calls.
///
/// It has a place for each bucket and outcome: 30 for an SLI without thresholds, 50 with the ten that one can have,
/// and never more. That is at most 4,608 bytes, whatever is recorded.
#[derive(Debug)]
pub(crate) struct ExemplarStore {
    bounds_ns: Box<[u64]>,
    ok: Box<[Bucket]>,
    error: Box<[Bucket]>,
}

impl ExemplarStore {
    /// Places for the buckets between the default bounds and these thresholds.
    pub(crate) fn new(thresholds_ns: impl Iterator<Item = u64>) -> Self {
        let bounds_ns = classic_bounds_ns(thresholds_ns).into_boxed_slice();
        let empty = || (0..=bounds_ns.len()).map(|_| Mutex::default()).collect();
        Self { ok: empty(), error: empty(), bounds_ns }
    }

    /// Keeps an exemplar in place of an older one; skips it when somebody is at the same bucket just then.
    ///
    /// Calls without an answer have no histogram for an exemplar to belong to, and keep none.
    pub(crate) fn keep(&self, outcome: Outcome, duration_ns: u64, exemplar: Exemplar, monotonic_ns: u64) {
        let buckets = match outcome {
            Outcome::Ok => &self.ok,
            Outcome::Error => &self.error,
            Outcome::Ignored | Outcome::Abandoned(_) => return,
        };
        let bucket = classic_bucket(&self.bounds_ns, duration_ns);
        if let Some(mut place) = buckets.get(bucket).and_then(Mutex::try_lock)
            && place.is_none_or(|older| older.monotonic_ns <= monotonic_ns)
        {
            let kept = KeptExemplar { exemplar, outcome, duration_ns, at_unix_ns: None };
            *place = Some(Place { kept, monotonic_ns });
        }
    }

    /// All exemplars kept: successful calls before failed ones, each from the shortest on.
    ///
    /// `unix_ns` makes a time of day of a monotonic one. That of each exemplar is fixed at the first look, so that
    /// later ones see the same.
    pub(crate) fn all(&self, unix_ns: impl Fn(u64) -> u64) -> Vec<KeptExemplar> {
        let dated = |place: &Bucket| {
            place.lock().as_mut().map(|Place { kept, monotonic_ns }| {
                kept.at_unix_ns.get_or_insert_with(|| unix_ns(*monotonic_ns));
                *kept
            })
        };
        self.ok.iter().chain(&self.error).filter_map(dated).collect()
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        let places = self.ok.len() + self.error.len();
        size_of::<Self>() + size_of_val(&*self.bounds_ns) + places * size_of::<Bucket>()
    }
}

/// The newest exemplar of each bucket among those of several series: successful calls before failed ones, each
/// from the shortest on.
pub(crate) fn newest_of_each<'a>(
    thresholds_ns: &[u64],
    kept: impl Iterator<Item = &'a KeptExemplar>,
) -> Vec<KeptExemplar> {
    let mut kept = kept.peekable();
    if kept.peek().is_none() {
        return Vec::new();
    }
    let bounds_ns = classic_bounds_ns(thresholds_ns.iter().copied());
    let mut newest = BTreeMap::new();
    for kept in kept {
        let bucket = (kept.outcome != Outcome::Ok, classic_bucket(&bounds_ns, kept.duration_ns));
        let place = newest.entry(bucket).or_insert(kept);
        if place.at_unix_ns < kept.at_unix_ns {
            *place = kept;
        }
    }
    newest.into_values().copied().collect()
}

#[cfg(test)]
mod tests {
    use crate::shard::THRESHOLDS_MAX;

    use super::*;

    const MS: u64 = 1_000_000;

    fn exemplar(byte: u8) -> Exemplar {
        Exemplar::new([byte; 16], [byte; 8])
    }

    fn traces(kept: &[KeptExemplar]) -> Vec<(Outcome, u8)> {
        kept.iter().map(|kept| (kept.outcome, kept.exemplar.trace_id_bytes()[0])).collect()
    }

    #[test]
    fn each_bucket_has_the_newest_of_its_own() {
        let store = ExemplarStore::new([300 * MS].into_iter());
        for (trace, outcome, duration_ns, at) in [
            (1, Outcome::Ok, 260 * MS, 10),
            (2, Outcome::Ok, 300 * MS, 20),
            (3, Outcome::Ok, 300 * MS + 1, 30),
            (4, Outcome::Ok, 499 * MS, 25),
            (5, Outcome::Error, 300 * MS, 40),
            (6, Outcome::Ok, u64::MAX, 50),
            (7, Outcome::Ok, 0, 60),
        ] {
            store.keep(outcome, duration_ns, exemplar(trace), at);
        }
        // The fourth one ended before the third, which is in the same bucket; all share an octave but the last two.
        let expected =
            [(Outcome::Ok, 7), (Outcome::Ok, 2), (Outcome::Ok, 3), (Outcome::Ok, 6), (Outcome::Error, 5)];
        assert_eq!(traces(&store.all(|at| at)), expected);
    }

    #[test]
    fn of_several_series_the_newest_of_each_bucket_counts() {
        let stores = [(); 3].map(|()| ExemplarStore::new([300 * MS].into_iter()));
        stores[0].keep(Outcome::Ok, 260 * MS, exemplar(1), 20);
        stores[1].keep(Outcome::Ok, 270 * MS, exemplar(2), 30);
        stores[2].keep(Outcome::Ok, 290 * MS, exemplar(3), 10);
        stores[2].keep(Outcome::Ok, 301 * MS, exemplar(4), 10);
        stores[0].keep(Outcome::Error, 290 * MS, exemplar(5), 10);
        let kept: Vec<_> = stores.iter().flat_map(|store| store.all(|at| at)).collect();
        let newest = newest_of_each(&[300 * MS], kept.iter());
        assert_eq!(traces(&newest), [(Outcome::Ok, 2), (Outcome::Ok, 4), (Outcome::Error, 5)]);
    }

    #[test]
    fn a_store_takes_what_its_doc_says_whatever_is_recorded() {
        let few = ExemplarStore::new(core::iter::empty());
        assert_eq!(few.ok.len() + few.error.len(), 30);
        let most = ExemplarStore::new((1..=THRESHOLDS_MAX as u64).map(|odd| odd * 7 * MS));
        assert_eq!(most.ok.len() + most.error.len(), 50);
        let empty_bytes = most.bytes();
        assert!(empty_bytes <= 4_608, "{empty_bytes} bytes");
        for octave in 0..64 {
            (0..100).for_each(|at| most.keep(Outcome::Error, 1 << octave, exemplar(1), at));
        }
        assert_eq!(most.bytes(), empty_bytes);
    }
}
