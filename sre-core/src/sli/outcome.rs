//! Pure. What happened to one event, before any objective judges it.

use serde::{Deserialize, Serialize};

/// What happened to one unit of work.
///
/// An outcome is a fact; each objective turns it into a verdict of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature: done well, done badly, not ours, not done")]
pub enum Outcome {
    /// It did what the caller asked for.
    Ok,
    /// It failed, and the service is to blame.
    Error,
    /// It ended in a way that says nothing about the service, such as a mistake of the caller.
    Ignored,
    /// It ended without an answer.
    Abandoned(Abandoned),
}

/// Why a unit of work ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Abandoned {
    /// The caller went away: the future or the guard was dropped.
    Cancelled,
    /// A deadline passed.
    TimedOut,
    /// The code panicked.
    Panicked,
    /// The process, the runtime or the connection was shut down.
    ShutDown,
}

impl Abandoned {
    /// Every reason, in a fixed order.
    pub const ALL: [Self; 4] = [Self::Cancelled, Self::TimedOut, Self::Panicked, Self::ShutDown];

    /// Position in [`Abandoned::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Cancelled => 0,
            Self::TimedOut => 1,
            Self::Panicked => 2,
            Self::ShutDown => 3,
        }
    }

    /// The word used in labels and logs: `cancelled`, `timed_out`, `panicked`, `shut_down`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::Panicked => "panicked",
            Self::ShutDown => "shut_down",
        }
    }
}

impl Outcome {
    /// The value of the `outcome` label: `ok`, `error`, `ignored` or `abandoned`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Ignored => "ignored",
            Self::Abandoned(_) => "abandoned",
        }
    }
}

/// How one objective judges one event, see [`Definition::verdicts`](super::Definition::verdicts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "complete by nature")]
pub enum Verdict {
    /// The event met the objective.
    Good,
    /// It did not.
    Bad,
    /// It is not valid for this objective and counts in neither side.
    Ignored,
}
