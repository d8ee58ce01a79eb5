//! Hot. A trace to look at for each octave of durations; nobody pays who keeps none.

use core::fmt;

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

/// The last exemplar of each octave, for successful and for failed calls.
#[derive(Debug)]
pub(crate) struct ExemplarStore {
    ok: [Mutex<Option<Place>>; OCTAVES],
    error: [Mutex<Option<Place>>; OCTAVES],
}

/// One for each bit of a duration.
const OCTAVES: usize = 64;

impl Default for ExemplarStore {
    fn default() -> Self {
        let empty = || core::array::from_fn(|_| Mutex::default());
        Self { ok: empty(), error: empty() }
    }
}

impl ExemplarStore {
    /// Keeps an exemplar in place of the last one; skips it when somebody is at the same octave.
    ///
    /// Calls without an answer have no histogram for an exemplar to belong to, and keep none.
    pub(crate) fn keep(&self, outcome: Outcome, duration_ns: u64, exemplar: Exemplar, monotonic_ns: u64) {
        let octaves = match outcome {
            Outcome::Ok => &self.ok,
            Outcome::Error => &self.error,
            Outcome::Ignored | Outcome::Abandoned(_) => return,
        };
        let octave = (duration_ns | 1).ilog2() as usize;
        if let Some(mut place) = octaves.get(octave).and_then(Mutex::try_lock) {
            let kept = KeptExemplar { exemplar, outcome, duration_ns, at_unix_ns: None };
            *place = Some(Place { kept, monotonic_ns });
        }
    }

    /// All exemplars kept: successful calls before failed ones, each from the shortest on.
    ///
    /// `unix_ns` makes a time of day of a monotonic one. That of each exemplar is fixed at the first look, so that
    /// later ones see the same.
    pub(crate) fn all(&self, unix_ns: impl Fn(u64) -> u64) -> Vec<KeptExemplar> {
        let dated = |place: &Mutex<Option<Place>>| {
            place.lock().as_mut().map(|Place { kept, monotonic_ns }| {
                kept.at_unix_ns.get_or_insert_with(|| unix_ns(*monotonic_ns));
                *kept
            })
        };
        self.ok.iter().chain(&self.error).filter_map(dated).collect()
    }
}
