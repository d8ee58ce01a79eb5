//! Pure. Why something cannot be booked in the ledger.

use core::time::Duration;

use jiff::Timestamp;

use crate::duration::duration_text;

/// Why an entry was not booked; nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// An objective that the engine does not judge.
    #[error("no objective is called `{slo}`: take one of those that the status names, such as {known}")]
    UnknownSlo {
        /// The name refused, at most its first 120 characters; what does not print is escaped.
        slo: Box<str>,
        /// Some that there are.
        known: Box<str>,
    },
    /// A text that is missing or too long.
    #[error("`{field}` of a ledger entry has {length} bytes and must have 1 to {max}: `{value}`")]
    Text {
        /// `who` or `why`.
        field: &'static str,
        /// How long it is.
        length: usize,
        /// How long it may be.
        max: usize,
        /// How it begins, at most 120 characters; what does not print is escaped.
        value: Box<str>,
    },
    /// An exclusion that ends before it begins, or as it begins.
    #[error("exclusion from {} until {} must end after it begins: swap the two", time(*from_unix_ns), time(*until_unix_ns))]
    Order {
        /// Its beginning, in nanoseconds since 1970.
        from_unix_ns: u64,
        /// Its end.
        until_unix_ns: u64,
    },
    /// An exclusion longer than the period of the objective.
    #[error(
        "exclusion of {} is longer than {}, the period of the objective: book a shorter one, or a reset",
        duration_text(*length),
        duration_text(*period)
    )]
    TooLong {
        /// Its length.
        length: Duration,
        /// The period.
        period: Duration,
    },
    /// An exclusion that begins more than a year from now.
    #[error("exclusion from {} begins more than 366d from now: book it when it is nearer", time(*from_unix_ns))]
    TooFar {
        /// Its beginning, in nanoseconds since 1970.
        from_unix_ns: u64,
    },
    /// An exclusion, or an adjustment, of a time of which nothing is kept any more, slot by slot.
    #[error(
        "what happened until {} is not kept by time any more, only what came since {} is: book an adjustment if it still counts",
        time(*until_unix_ns),
        time(*kept_unix_ns)
    )]
    TooOld {
        /// The end of what it is about, in nanoseconds since 1970.
        until_unix_ns: u64,
        /// From when on something is kept.
        kept_unix_ns: u64,
    },
    /// An adjustment dated after now.
    #[error("adjustment at {} must not lie in the future: leave its time out", time(*at_unix_ns))]
    Future {
        /// Its time, in nanoseconds since 1970.
        at_unix_ns: u64,
    },
    /// An adjustment by nothing, or by more than 2^48 events.
    #[error(
        "adjustment by {good} good and {bad} bad events must change something, and by at most 2^48 of a kind"
    )]
    Size {
        /// Good events.
        good: i64,
        /// Bad events.
        bad: i64,
    },
    /// A withdrawal of an entry that there is not, or that is withdrawn.
    #[error(
        "entry {id:016x} cannot be withdrawn: it is not in the ledger, withdrawn already, or a withdrawal itself"
    )]
    NothingToWithdraw {
        /// Its number.
        id: u64,
    },
    /// A text that is not the number of an entry.
    #[error(
        "`{value}` is not the number of an entry: give its 16 hexadecimal digits, such as 00c0ffee00c0ffee"
    )]
    Id {
        /// The text, at most its first 120 characters; what does not print is escaped.
        value: Box<str>,
    },
    /// More entries than a ledger has.
    #[error(
        "the ledger has {has} entries and takes no more from {max} on: take those out with `hand_over_entries` that are older \
         than what is judged, and book the events of a day in one adjustment"
    )]
    Full {
        /// How many it has.
        has: usize,
        /// From how many on it takes no more.
        max: usize,
    },
    /// An engine that was shut down.
    #[error("the engine was shut down: book before that, or with the next one")]
    Stopped,
}

/// A time as people write it.
fn time(unix_ns: u64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(unix_ns)).unwrap_or(Timestamp::MAX)
}
