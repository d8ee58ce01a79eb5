//! Pure. What an engine says of its state directory.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::objective::{Spoken, seconds, seconds_or_none};

/// How the state directory is doing, from which windows and budgets go on after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateReport {
    /// The directory.
    pub directory: PathBuf,
    /// Whether this process writes to it.
    pub standing: StateStanding,
    /// Why not, and what to do; in plain words.
    pub reason: Option<Arc<str>>,
    /// How often it is written at least: what a kill loses at most, or 3 s if that is longer. In seconds when serialised.
    #[serde(rename = "flush_seconds", serialize_with = "seconds")]
    pub flush_each: Duration,
    /// When it was last written, in nanoseconds since 1970; `None` before the first time.
    pub flushed_unix_ns: Option<u64>,
    /// The generation that is being written.
    pub generation: Option<u64>,
    /// Bytes of its journal.
    pub journal_bytes: u64,
    /// Writes that failed.
    pub failures: u64,
    /// Objectives that went on from what was kept.
    pub resumed: u64,
    /// Starts of the service so far, this one included.
    pub starts: u64,
    /// Those that followed an end that was none in order: a kill, a crash, a power loss.
    pub starts_after_crash: u64,
    /// How long there was no process before this one, by the wall clocks of both as they were then, right or wrong; `None`
    /// if nothing was kept. In seconds when serialised.
    #[serde(rename = "downtime_seconds", serialize_with = "seconds_or_none")]
    pub downtime: Option<Duration>,
    /// SLIs whose durations found no room in the last snapshot: their percentiles of a day and longer begin anew after a
    /// restart.
    pub durations_left_out: u64,
    /// What was not as it should be in the directory at the start, in plain words.
    pub found: Vec<String>,
}

/// Whether a process writes to its state directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StateStanding {
    /// It does, and the last write went well.
    Writable,
    /// Another process does; this one takes over when it is gone.
    #[default]
    Waiting,
    /// Nothing can be written; what could be read was.
    ReadOnly,
    /// A write failed; the next one is tried at the next flush.
    Degraded,
}

impl StateStanding {
    /// The word used in status and logs: `writable`, `waiting`, `read_only`, `degraded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Writable => "writable",
            Self::Waiting => "waiting",
            Self::ReadOnly => "read_only",
            Self::Degraded => "degraded",
        }
    }
}

impl StateReport {
    /// How it is doing, in a plain sentence.
    ///
    /// # Examples
    ///
    /// `a kill loses at most 10 s; 2 objectives go on from 4 s ago; kept in /var/lib/shop`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let past = match (self.downtime, self.resumed) {
            (None, _) => "nothing was kept before".to_owned(),
            (Some(downtime), 1) => format!("1 objective goes on from {} ago", Spoken(downtime)),
            (Some(downtime), resumed) => format!("{resumed} objectives go on from {} ago", Spoken(downtime)),
        };
        match &self.reason {
            Some(reason) => format!("{reason}; {past}"),
            None => {
                let (directory, loss) = (self.directory.display(), Spoken(self.loss_max()));
                format!("a kill loses at most {loss}; {past}; kept in {directory}")
            }
        }
    }

    /// What a kill loses at most, as long as a flush takes less than half a second: events are judged once a second, and
    /// written no more often.
    fn loss_max(&self) -> Duration {
        self.flush_each.max(Duration::from_secs(3))
    }

    /// A directory of which nothing is known yet.
    pub(crate) fn new(directory: PathBuf, flush_each: Duration) -> Self {
        Self {
            directory,
            standing: StateStanding::default(),
            reason: None,
            flush_each,
            flushed_unix_ns: None,
            generation: None,
            journal_bytes: 0,
            failures: 0,
            resumed: 0,
            starts: 0,
            starts_after_crash: 0,
            downtime: None,
            durations_left_out: 0,
            found: Vec::new(),
        }
    }
}
