//! Pure. What people book, and what is in the ledger then.

use core::fmt;
use core::ops::Range;
use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::LedgerError;
use crate::slo::name::excerpt;
use crate::units::saturating_nanos;

/// The longest name and the longest reason, in bytes.
const WHO_MAX: usize = 200;
const WHY_MAX: usize = 1_000;

/// The most events of a kind that an adjustment changes.
const ADJUSTED_MAX: u64 = 1 << 48;

/// How far ahead an exclusion may begin.
const AHEAD_NS_MAX: u64 = 366 * 86_400_000_000_000;

/// Something to be booked in the ledger of the error budgets: a reset, an exclusion, an adjustment, or the withdrawal
/// of one of these. Who books it and why belong to it.
///
/// # Examples
///
/// ```
/// use sre_core::slo::{Adjustment, Entry};
/// use std::time::{Duration, SystemTime};
///
/// let reset = Entry::reset("checkout-availability").by("ann").because("the target was agreed anew");
/// let monday = SystemTime::UNIX_EPOCH + Duration::from_secs(1_782_705_600); // 2026-06-29, 04:00 UTC
/// let maintenance = Entry::exclusion("checkout-availability", monday..monday + Duration::from_secs(3_600))
///     .by("ann")
///     .because("the database moves, announced on Monday");
/// let credit = Entry::adjustment("checkout-availability", Adjustment::new(0, -500))
///     .by("ben")
///     .because("the provider was down");
/// # let _ = (reset, maintenance, credit);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is booked by `Engine::book`"]
pub struct Entry {
    /// None for a withdrawal, which is about what it withdraws.
    slo: Option<Box<str>>,
    kind: EntryKind,
    who: String,
    why: String,
}

impl Entry {
    /// Lets the budget of an objective begin anew: what was counted in the period so far is forgiven.
    ///
    /// Windows, burn rates and tiers go on as they are.
    pub fn reset(slo: impl Into<Box<str>>) -> Self {
        Self::of(Some(slo.into()), EntryKind::Reset)
    }

    /// Takes a time out of the budget, the windows and the tiers of an objective: a maintenance that is planned or goes
    /// on, or an outage that is not to count, also one that is long over.
    ///
    /// The time counts as observed without events, and nobody is woken for what happens in it. What has happened
    /// already is known by slot: the ones that the time touches are taken out as a whole, which are at most 10 s long
    /// within the last hour, 1 min within 6 h, 5 min within 3 d and 1 h beyond. [`Receipt`] has the time that is really
    /// covered. What is to come is excluded to the tick.
    pub fn exclusion(slo: impl Into<Box<str>>, time: Range<SystemTime>) -> Self {
        let (from_unix_ns, until_unix_ns) = (unix_ns(time.start), unix_ns(time.end));
        Self::of(Some(slo.into()), EntryKind::Exclusion { from_unix_ns, until_unix_ns })
    }

    /// Adds events to the budget of an objective, or takes some away.
    ///
    /// Windows, burn rates and tiers go on as they are. Of a family it concerns the whole alone.
    pub fn adjustment(slo: impl Into<Box<str>>, adjustment: Adjustment) -> Self {
        let Adjustment { good, bad, at } = adjustment;
        // A time before 1970 is too old, and not none.
        let at_unix_ns = at.map(|at| unix_ns(at).max(1)).unwrap_or_default();
        Self::of(Some(slo.into()), EntryKind::Adjustment { good, bad, at_unix_ns })
    }

    /// Takes an entry back. Both stay in the ledger.
    ///
    /// Slots that another exclusion touches as well stay excluded.
    pub fn withdrawal(of: EntryId) -> Self {
        Self::of(None, EntryKind::Withdrawal { of })
    }

    /// Who books it: 1 to 200 bytes.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.who = who.into();
        self
    }

    /// Why: 1 to 1,000 bytes.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// The name of the objective; `None` for a withdrawal.
    #[must_use]
    pub fn slo(&self) -> Option<&str> {
        self.slo.as_deref()
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    const fn of(slo: Option<Box<str>>, kind: EntryKind) -> Self {
        Self { slo, kind, who: String::new(), why: String::new() }
    }

    /// It as it stands in the ledger, if nothing about it is wrong in itself.
    pub(crate) fn booked(self, slo: &str, booked_unix_ns: u64, id: EntryId) -> Result<Booking, LedgerError> {
        check_text("who", &self.who, WHO_MAX)?;
        check_text("why", &self.why, WHY_MAX)?;
        let kind = match self.kind {
            EntryKind::Adjustment { good, bad, at_unix_ns: 0 } => {
                EntryKind::Adjustment { good, bad, at_unix_ns: booked_unix_ns }
            }
            kind => kind,
        };
        kind.check(booked_unix_ns)?;
        Ok(Booking { id, slo: slo.into(), kind, booked_unix_ns, who: self.who.into(), why: self.why.into() })
    }
}

/// Events that a budget is adjusted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Adjustment {
    good: i64,
    bad: i64,
    at: Option<SystemTime>,
}

impl Adjustment {
    /// So many good and so many bad events more, or fewer when below zero; slices where those are counted.
    ///
    /// A budget never has fewer than no events.
    #[must_use]
    pub const fn new(good: i64, bad: i64) -> Self {
        Self { good, bad, at: None }
    }

    /// Dates it: it leaves a rolling period with what happened then, and a reset after that forgives it as well. It is
    /// dated when it is booked otherwise.
    #[must_use]
    pub const fn at(self, time: SystemTime) -> Self {
        Self { at: Some(time), ..self }
    }
}

/// The number of an entry, which no other one has; 16 hexadecimal digits as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(u64);

impl EntryId {
    /// The number of an entry that is booked at this time, by one of several processes.
    pub(crate) const fn new(booked_unix_ns: u64, process: u64) -> Self {
        // SplitMix64, so that neither part shows in the other.
        let mut mixed = booked_unix_ns ^ process.rotate_left(32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The number that its text means: 16 hexadecimal digits, and [`LedgerError::Id`] for another text.
impl core::str::FromStr for EntryId {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        // Numbers may have a sign, and digits none.
        let is_of_digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_of_digits);
        number.map(Self).ok_or_else(|| LedgerError::Id { value: excerpt(text) })
    }
}

impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            // More digits than JavaScript has.
            true => serializer.collect_str(self),
            false => serializer.serialize_u64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.is_human_readable() {
            true => String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom),
            false => u64::deserialize(deserializer).map(Self),
        }
    }
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// The budget begins anew when it is booked.
    Reset,
    /// A time does not count.
    Exclusion {
        /// Its first instant, in nanoseconds since 1970.
        from_unix_ns: u64,
        /// The first instant after it.
        until_unix_ns: u64,
    },
    /// The budget has more events, or fewer.
    Adjustment {
        /// Good ones.
        good: i64,
        /// Bad ones.
        bad: i64,
        /// When they count as having happened, in nanoseconds since 1970.
        at_unix_ns: u64,
    },
    /// Another entry is taken back.
    Withdrawal {
        /// That one.
        of: EntryId,
    },
}

impl EntryKind {
    /// The word in texts: `reset`, `exclusion`, `adjustment`, `withdrawal`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Exclusion { .. } => "exclusion",
            Self::Adjustment { .. } => "adjustment",
            Self::Withdrawal { .. } => "withdrawal",
        }
    }

    /// Whether anybody could mean it, whatever the objective is.
    fn check(self, now_ns: u64) -> Result<(), LedgerError> {
        match self {
            Self::Exclusion { from_unix_ns, until_unix_ns } if from_unix_ns >= until_unix_ns => {
                Err(LedgerError::Order { from_unix_ns, until_unix_ns })
            }
            Self::Exclusion { from_unix_ns, .. } if from_unix_ns > now_ns.saturating_add(AHEAD_NS_MAX) => {
                Err(LedgerError::TooFar { from_unix_ns })
            }
            Self::Adjustment { good, bad, .. }
                if (good, bad) == (0, 0) || good.unsigned_abs().max(bad.unsigned_abs()) > ADJUSTED_MAX =>
            {
                Err(LedgerError::Size { good, bad })
            }
            Self::Adjustment { at_unix_ns, .. } if at_unix_ns > now_ns => {
                Err(LedgerError::Future { at_unix_ns })
            }
            _ => Ok(()),
        }
    }
}

/// An entry of the ledger: what was booked, when, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    id: EntryId,
    slo: Arc<str>,
    kind: EntryKind,
    booked_unix_ns: u64,
    who: Arc<str>,
    why: Arc<str>,
}

impl Booking {
    /// Its number.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// The objective that it concerns.
    #[must_use]
    pub const fn slo(&self) -> &Arc<str> {
        &self.slo
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// When it was booked, in nanoseconds since 1970. Up to an hour ahead of a clock that was set back, as windows are then,
    /// and by all of it in the minute in which that is not believed.
    #[must_use]
    pub const fn booked_unix_ns(&self) -> u64 {
        self.booked_unix_ns
    }

    /// Who booked it.
    #[must_use]
    pub const fn who(&self) -> &Arc<str> {
        &self.who
    }

    /// Why.
    #[must_use]
    pub const fn why(&self) -> &Arc<str> {
        &self.why
    }

    /// Up to when it changes what is counted: what lies before this is as if it had not been booked. In nanoseconds
    /// since 1970.
    #[must_use]
    pub const fn ends_unix_ns(&self) -> u64 {
        match self.kind {
            EntryKind::Exclusion { until_unix_ns, .. } => until_unix_ns,
            EntryKind::Adjustment { at_unix_ns, .. } => at_unix_ns.saturating_add(1),
            EntryKind::Reset | EntryKind::Withdrawal { .. } => self.booked_unix_ns,
        }
    }

    /// What an exclusion takes out; `None` for other entries.
    pub(crate) const fn time(&self) -> Option<(u64, u64)> {
        match self.kind {
            EntryKind::Exclusion { from_unix_ns, until_unix_ns } => Some((from_unix_ns, until_unix_ns)),
            _ => None,
        }
    }

    /// The entry that a withdrawal takes back; `None` for other entries.
    pub(crate) const fn withdraws(&self) -> Option<EntryId> {
        match self.kind {
            EntryKind::Withdrawal { of } => Some(of),
            _ => None,
        }
    }

    /// Whether it can be one of ours, whoever wrote it.
    pub(crate) fn is_sound(&self) -> bool {
        let texts = check_text("who", &self.who, WHO_MAX).and(check_text("why", &self.why, WHY_MAX));
        texts.is_ok() && crate::slo::name::is_valid(&self.slo) && self.kind.check(self.booked_unix_ns).is_ok()
    }
}

/// What booking an entry gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The entry as it stands in the ledger.
    pub booking: Booking,
    /// The time that an exclusion really covers, by whole slots where it has passed; `None` for other entries.
    pub covered: Option<Range<SystemTime>>,
    /// Whether it outlives the process.
    pub durability: Durability,
}

/// Whether an entry outlives the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// It is in the state directory, synced to the disk.
    Durable,
    /// It is not there yet, because it cannot be written now, or another process writes it; it will be as soon as that
    /// changes. [`EngineReport::state`](crate::report::EngineReport::state) says why.
    Pending,
    /// There is no state directory: it ends with the process.
    Process,
    /// It ends with the process, though there is a state directory: this is a forked child, another process wrote there
    /// since this one read it, or what it has is not understood. Book it in the process that writes there, or after a
    /// restart.
    Never,
}

fn check_text(field: &'static str, text: &str, max: usize) -> Result<(), LedgerError> {
    let is_empty = text.trim().is_empty();
    if !is_empty && text.len() <= max {
        return Ok(());
    }
    let length = if is_empty { 0 } else { text.len() };
    Err(LedgerError::Text { field, length, max, value: excerpt(text) })
}

/// Nanoseconds since 1970; earlier times count as 1970.
fn unix_ns(time: SystemTime) -> u64 {
    saturating_nanos(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The time so many nanoseconds after 1970.
pub(crate) fn system_time(unix_ns: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_nanos(unix_ns)).unwrap_or(UNIX_EPOCH)
}
