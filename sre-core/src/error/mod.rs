//! Pure. What can be refused by this crate, with the value, the range and the next step.

mod ledger;

use core::panic::Location;
use core::time::Duration;
use std::path::PathBuf;

use crate::duration::duration_text;

pub use ledger::LedgerError;

/// An error of this crate.
///
/// Recording never returns one: errors come from building objectives, starting engines and reading files.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A target outside the open interval from 0 to 1.
    #[error("target {value} must lie between 0 and 1, both excluded: write 0.999 for 99.9 percent")]
    Target {
        /// The value refused.
        value: f64,
    },
    /// A name of an SLI that labels would not take.
    #[error(
        "SLI name `{value}` must have 1 to 120 letters and digits, inside also `.`, `_` and `-`: write something like checkout"
    )]
    SliName {
        /// The name refused, at most its first 160 characters.
        value: String,
    },
    /// Two different SLIs with one name.
    #[error("SLI {name} is defined at {first} and differently at {second}: rename one, or make them equal")]
    Conflict {
        /// The name that both have.
        name: &'static str,
        /// Where the first one stands in the source.
        first: &'static Location<'static>,
        /// Where the other one stands.
        second: &'static Location<'static>,
    },
    /// An objective that would wake nobody, under a strict start.
    #[error("objective {slo} would wake nobody: {advice}")]
    WakesNobody {
        /// The name of the objective.
        slo: Box<str>,
        /// What is wrong with its tiers, and what to do.
        advice: Box<str>,
    },
    /// A state directory that this process cannot write to, under a strict start.
    #[error("the state directory cannot be used: {reason}")]
    State {
        /// What is wrong with which file, and what to do.
        reason: Box<str>,
    },
    /// A state directory without a name, which would be the current directory.
    #[error(
        "state_dir `{}` must name a directory: give a path such as /var/lib/shop, or `.` for the current one; is an \
         environment variable unset?",
        value.display()
    )]
    StateDir {
        /// The path refused.
        value: PathBuf,
    },
    /// An interval between two flushes that is too short or too long.
    #[error(
        "flush interval {value:?} must lie between 1s and 1h: 10s is usual, and what a kill loses at most"
    )]
    FlushInterval {
        /// The value refused.
        value: Duration,
    },
    /// A thread of ours that the system did not start.
    #[error("thread {name} could not be started ({reason}): raise the limit of threads of the process")]
    Thread {
        /// Its name.
        name: &'static str,
        /// What the system said.
        reason: std::io::ErrorKind,
    },
    /// A latency threshold of zero or of more than a day.
    #[error("threshold {value:?} must lie between 1ns and 24h: it is the longest duration of a good event")]
    Threshold {
        /// The value refused.
        value: Duration,
    },
    /// A histogram precision outside 1 to 10 bits.
    #[error("{value} bits per octave must lie between 1 and 10: write 6 for errors below 0.8 percent")]
    HistogramBits {
        /// The value refused.
        value: u32,
    },
    /// Bytes that are not a histogram snapshot.
    #[error(transparent)]
    HistogramBytes(#[from] DecodeError),
    /// Something that cannot be booked in the ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A text that is not a duration.
    #[error("`{text}` is not a duration: write whole numbers with units, such as 300ms, 90s, 1h30m or 30d")]
    DurationText {
        /// The text refused.
        text: Box<str>,
    },
    /// A rolling period that is too short or too long.
    #[error(
        "period {} must lie between 1m and 92d: choose a shorter span, or a quarter or year of the calendar",
        duration_text(*value)
    )]
    Period {
        /// The value refused.
        value: Duration,
    },
    /// A text that is not a period.
    #[error(
        "`{text}` is not a period: write a duration such as 30d, or day, week, month, quarter or year with a zone, such as month Europe/Berlin"
    )]
    PeriodText {
        /// The text refused.
        text: Box<str>,
    },
    /// A time zone that the database of the system does not have.
    #[error("time zone `{zone}` is unknown: write an IANA name such as Europe/Berlin, and install tzdata")]
    TimeZone {
        /// The name refused.
        zone: Box<str>,
    },
    /// A name of an SLO that labels and rules would not take.
    #[error(
        "slo name `{value}` must have 2 to 160 characters, start and end with a letter or digit and have only letters, digits, `.`, `_` and `-` inside"
    )]
    SloName {
        /// The name refused, at most its first 120 characters; what does not print is escaped.
        value: Box<str>,
    },
    /// More objectives than an SLI can have.
    #[error("sli {sli} must have at most {max} objectives: split it into several")]
    TooManyObjectives {
        /// The SLI.
        sli: Box<str>,
        /// How many it can have.
        max: usize,
    },
    /// Two objectives of one SLI with the same name.
    #[error("sli {sli} has two objectives called {slo}: give one of them a name with `named`")]
    DuplicateSlo {
        /// The SLI.
        sli: Box<str>,
        /// The name that occurs twice.
        slo: Box<str>,
    },
    /// Objectives of two SLIs with one name.
    #[error(
        "slis {first} and {second} both have an objective called {slo}: give one of them a name with `named`"
    )]
    SloTaken {
        /// The name that occurs twice.
        slo: Box<str>,
        /// The SLI that had it first.
        first: Box<str>,
        /// The SLI that would have it, too.
        second: Box<str>,
    },
    /// A period below a day, for which no alert tiers can be derived.
    #[error(
        "objective {slo} has a period of {}, below a day, and no tiers of its own: add them with `tiers(&[Tier::page(long, short, factor)])`",
        duration_text(*period)
    )]
    PeriodNeedsTiers {
        /// The objective.
        slo: Box<str>,
        /// Its period.
        period: Duration,
    },
    /// More alert tiers than an objective can have.
    #[error("{count} tiers are too many: an objective has at most {max}, and two to four are usual")]
    TooManyTiers {
        /// How many were given.
        count: usize,
        /// How many there can be.
        max: usize,
    },
    /// The windows of an alert tier are out of order or range.
    #[error(
        "tier windows long {} and short {} must satisfy 1s <= short < long <= 92d: the long one comes first",
        duration_text(*long),
        duration_text(*short)
    )]
    TierWindows {
        /// The long window refused.
        long: Duration,
        /// The short window refused.
        short: Duration,
    },
    /// The factor of an alert tier lets it fire on what the budget bears, or never.
    #[error(
        "tier factor {factor} must be at least 1 and below {max}, the burn rate of a total outage: choose a factor between"
    )]
    TierFactor {
        /// The factor refused.
        factor: f64,
        /// The burn rate of a total outage, `1 / (1 - target)`.
        max: f64,
    },
    /// An alert tier that looks back further than the budget reaches.
    #[error(
        "objective {slo} has a tier with a long window of {}, which must not exceed its period of {}: shorten the window or lengthen the period",
        duration_text(*long),
        duration_text(*period)
    )]
    TierAbovePeriod {
        /// The objective.
        slo: Box<str>,
        /// The long window refused.
        long: Duration,
        /// The period of the objective.
        period: Duration,
    },
    /// A time slice that is too short or too long.
    #[error(
        "time slice {} must lie between 1s and {}: one minute is usual",
        duration_text(*value),
        duration_text(*max)
    )]
    SliceLength {
        /// The value refused.
        value: Duration,
        /// The longest slice accepted: a day, or the period if that is shorter.
        max: Duration,
    },
}

/// Why bytes are not a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end in the middle.
    #[error("histogram bytes end after {length} bytes, in the middle of a field: the record was cut off")]
    Truncated {
        /// How many bytes there were.
        length: usize,
    },
    /// The version is not known here.
    #[error("histogram version {version} is not version 1: a newer release wrote it")]
    Version {
        /// The version found.
        version: u8,
    },
    /// The precision is not one there is.
    #[error("histogram bytes claim {bits} bits per octave where 1 to 10 are possible: they are damaged")]
    Bits {
        /// The precision found.
        bits: u8,
    },
    /// A number is padded or does not fit its field.
    #[error("histogram number at byte {offset} is padded or too large: the bytes are damaged")]
    Number {
        /// Where the number starts.
        offset: usize,
    },
    /// A count lies past the last bucket.
    #[error("histogram token at byte {offset} lies past the last bucket: the bytes are damaged")]
    PastLastBucket {
        /// Where the token starts.
        offset: usize,
    },
    /// A zero count, or an empty bucket at an end or beside a run of empty ones.
    #[error("histogram token at byte {offset} is not in shortest form: the bytes are damaged")]
    NotShortest {
        /// Where the token starts.
        offset: usize,
    },
}
