//! Pure. What goes wrong.

use core::fmt;
use core::time::Duration;

use super::span::{Span, seconds, share_of_calls};
use super::traffic::float;
use crate::sli::{Abandoned, Outcome};
use crate::units::{duration_text, saturating_nanos};

const MINUTE: u64 = 60;

/// How long a call takes that fails, unless said otherwise.
const FAILS_AFTER: Duration = Duration::from_millis(5);

/// Something that goes wrong in a scenario, from some time on and for so long.
///
/// Faults that overlap add up: each hits its share of the calls that those before it left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a fault is given to a replay"]
pub struct Fault {
    pub(super) kind: Kind,
    pub(super) at: u64,
    lasting: Option<u64>,
    growing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// A share of the calls ends like this.
    Calls {
        outcome: Outcome,
        duration_ns: u64,
        share: f64,
    },
    /// A share of the calls does not end before the fault does.
    Hanging {
        share: f64,
    },
    Restart {
        in_order: bool,
        forgets: bool,
    },
    ClockStep {
        seconds: i64,
    },
    Suspend,
}

/// A share of the calls, between 0 and 1, fails.
///
/// # Panics
///
/// When the share does not lie between 0 and 1.
#[track_caller]
pub fn errors(share: f64) -> Fault {
    Fault::new(Kind::Calls {
        outcome: Outcome::Error,
        duration_ns: saturating_nanos(FAILS_AFTER),
        share: share_of_calls(share),
    })
}

/// Every call fails.
pub fn outage() -> Fault {
    errors(1.0)
}

/// A share of the calls succeeds, but takes so long.
///
/// # Panics
///
/// As [`Span`] says, and when the share does not lie between 0 and 1.
#[track_caller]
pub fn slow(share: f64, duration: impl Span) -> Fault {
    let duration_ns = saturating_nanos(duration.into_duration());
    Fault::new(Kind::Calls { outcome: Outcome::Ok, duration_ns, share: share_of_calls(share) })
}

/// A share of the calls ends in a way that says nothing about the service: mistakes of its callers.
///
/// # Panics
///
/// When the share does not lie between 0 and 1.
#[track_caller]
pub fn mistakes(share: f64) -> Fault {
    Fault::new(Kind::Calls {
        outcome: Outcome::Ignored,
        duration_ns: saturating_nanos(FAILS_AFTER),
        share: share_of_calls(share),
    })
}

/// A share of the calls hangs until the fault is over, and then times out. Those that hang for longer than an hour are
/// taken for lost, and count again when they end.
///
/// # Panics
///
/// When the share does not lie between 0 and 1.
#[track_caller]
pub fn hanging(share: f64) -> Fault {
    Fault::new(Kind::Hanging { share: share_of_calls(share) })
}

/// The process is shut down in order and starts again; it [lasts](Fault::lasting) as long as nobody is there.
pub fn restart() -> Fault {
    Fault::new(Kind::Restart { in_order: true, forgets: false })
}

/// The process is killed, so that what came since the last flush (ten seconds) is lost, and starts again.
pub fn kill() -> Fault {
    Fault::new(Kind::Restart { in_order: false, forgets: false })
}

/// The wall clock steps forward, for good.
///
/// # Panics
///
/// As [`Span`] says.
#[track_caller]
pub fn clock_forward(by: impl Span) -> Fault {
    Fault::new(Kind::ClockStep { seconds: signed(seconds(by)) })
}

/// The wall clock steps back, for good.
///
/// # Panics
///
/// As [`Span`] says.
#[track_caller]
pub fn clock_back(by: impl Span) -> Fault {
    Fault::new(Kind::ClockStep { seconds: -signed(seconds(by)) })
}

/// The machine sleeps: no call, no tick, and a monotonic clock that stands still.
pub fn suspend() -> Fault {
    Fault::new(Kind::Suspend)
}

impl Fault {
    const fn new(kind: Kind) -> Self {
        Self { kind, at: 0, lasting: None, growing: false }
    }

    /// When it begins, counted from the begin of the scenario; at once unless said otherwise.
    ///
    /// # Panics
    ///
    /// As [`Span`] says.
    #[track_caller]
    pub fn at(mut self, at: impl Span) -> Self {
        self.at = seconds(at);
        self
    }

    /// How long it lasts; to the end of the scenario unless said otherwise. Restarts and suspends take no time then.
    ///
    /// # Panics
    ///
    /// As [`Span`] says, and for a clock that steps: it does so for good.
    #[track_caller]
    pub fn lasting(mut self, lasting: impl Span) -> Self {
        assert!(!self.is_step(), "a clock steps for good; let it step back by another fault");
        self.lasting = Some(seconds(lasting));
        self
    }

    /// It leaks in: nothing at first, and from minute to minute more, up to the whole share in the end.
    ///
    /// # Panics
    ///
    /// For a fault that hits no share of the calls.
    #[track_caller]
    pub const fn growing(mut self) -> Self {
        let has_share = matches!(self.kind, Kind::Calls { .. } | Kind::Hanging { .. });
        assert!(has_share, "only a fault that hits a share of the calls can grow");
        self.growing = true;
        self
    }

    /// How long the calls take that it hits: 5 ms for errors and mistakes, unless said otherwise.
    ///
    /// # Panics
    ///
    /// As [`Span`] says, and for a fault after which no call ends in a time of its own.
    #[track_caller]
    #[expect(clippy::panic, reason = "an option that does nothing is a fault of the test")]
    pub fn taking(mut self, duration: impl Span) -> Self {
        let taking_ns = saturating_nanos(duration.into_duration());
        match &mut self.kind {
            Kind::Calls { duration_ns, .. } => *duration_ns = taking_ns,
            Kind::Hanging { .. } => panic!("calls that hang take as long as the fault lasts"),
            _ => panic!("only a fault that ends calls can say how long they take"),
        }
        self
    }

    /// A restart that finds nothing of what was kept: no state directory, or a lost disk.
    ///
    /// # Panics
    ///
    /// For a fault that is no restart and no kill.
    #[track_caller]
    #[expect(clippy::panic, reason = "an option that does nothing is a fault of the test")]
    pub const fn forgetting(mut self) -> Self {
        match &mut self.kind {
            Kind::Restart { forgets, .. } => *forgets = true,
            _ => panic!("only a restart or a kill can forget"),
        }
        self
    }

    /// Whether it is a step of the clock, which takes no time.
    pub(super) const fn is_step(&self) -> bool {
        matches!(self.kind, Kind::ClockStep { .. })
    }

    /// When it is over; without an end it is over with the scenario.
    pub(super) fn end(&self) -> Option<u64> {
        match (self.kind, self.lasting) {
            (Kind::ClockStep { .. }, _) | (Kind::Restart { .. } | Kind::Suspend, None) => Some(self.at),
            (_, lasting) => lasting.map(|lasting| self.at.saturating_add(lasting)),
        }
    }

    /// Whether it does something to calls, which somebody should be told of.
    pub(super) const fn hurts(&self) -> bool {
        match self.kind {
            Kind::Calls { outcome, .. } => !matches!(outcome, Outcome::Ignored),
            Kind::Hanging { .. } => true,
            Kind::Restart { .. } | Kind::ClockStep { .. } | Kind::Suspend => false,
        }
    }

    /// Whether the calls that it hits wait for its end.
    pub(super) const fn hangs(&self) -> bool {
        matches!(self.kind, Kind::Hanging { .. })
    }

    /// How a call ends that it hits.
    pub(super) const fn call(&self) -> Option<(Outcome, u64)> {
        match self.kind {
            Kind::Calls { outcome, duration_ns, .. } => Some((outcome, duration_ns)),
            Kind::Hanging { .. } => Some((Outcome::Abandoned(Abandoned::TimedOut), 0)),
            _ => None,
        }
    }

    /// The share of calls that it hits in a part of the scenario that begins at `from`.
    pub(super) fn share(&self, from: u64, length: u64) -> f64 {
        let share = match self.kind {
            Kind::Calls { share, .. } | Kind::Hanging { share } => share,
            _ => return 0.0,
        };
        let end = self.end().unwrap_or(length);
        if !(self.at..end).contains(&from) {
            return 0.0;
        }
        let middle = float(from - self.at) + float(MINUTE) / 2.0;
        let grown = (middle / float(end - self.at)).min(1.0);
        if self.growing { share * grown } else { share }
    }

    /// Where the part of the scenario ends that begins at `from` and of which it hits one share.
    pub(super) fn steady_until(&self, from: u64, length: u64) -> u64 {
        let end = self.end().unwrap_or(length);
        if from < self.at {
            self.at
        } else if from >= end {
            u64::MAX
        } else if self.growing {
            ((from - self.at) / MINUTE + 1).saturating_mul(MINUTE).saturating_add(self.at).min(end)
        } else {
            end
        }
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = |ns: u64| duration_text(Duration::from_nanos(ns));
        let percent = |share: f64| format!("{} %", (share * 1e6).round() / 1e4);
        match self.kind {
            Kind::Calls { outcome: Outcome::Error, share, .. } => write!(f, "{} errors", percent(share))?,
            Kind::Calls { outcome: Outcome::Ok, share, duration_ns } => {
                write!(f, "{} take {}", percent(share), ns(duration_ns))?;
            }
            Kind::Calls { share, .. } => write!(f, "{} ignored", percent(share))?,
            Kind::Hanging { share } => write!(f, "{} hang", percent(share))?,
            Kind::Restart { in_order: true, .. } => f.write_str("restart")?,
            Kind::Restart { in_order: false, .. } => f.write_str("kill")?,
            Kind::ClockStep { seconds } => {
                let by = duration_text(Duration::from_secs(seconds.unsigned_abs()));
                write!(f, "clock {} by {by}", if seconds < 0 { "back" } else { "forward" })?;
            }
            Kind::Suspend => f.write_str("suspend")?,
        }
        write!(f, " at {}", duration_text(Duration::from_secs(self.at)))?;
        match self.lasting {
            Some(lasting) => write!(f, " for {}", duration_text(Duration::from_secs(lasting))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a test is told that asks for this.
    fn refusal(fault: impl FnOnce() -> Fault + std::panic::UnwindSafe) -> String {
        let panic = std::panic::catch_unwind(fault).unwrap_err();
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap()
    }

    #[test]
    fn a_share_lies_between_none_and_all() {
        for share in [5.0, -1.0, f64::NAN, 1.000_1] {
            for fault in [errors, mistakes, hanging, |share| slow(share, "1s")] {
                let text = refusal(move || fault(share));
                assert!(text.contains("a share lies between 0 and 1"), "{text}");
            }
        }
        let _ = (errors(0.0), errors(1.0), hanging(1.0));
    }

    #[test]
    fn options_that_would_do_nothing_are_refused() {
        assert!(refusal(|| hanging(0.1).taking("1s")).contains("as long as the fault lasts"));
        assert!(refusal(|| kill().taking("1s")).contains("ends calls"));
        assert!(refusal(|| clock_back("1h").lasting("1m")).contains("for good"));
        assert!(refusal(|| restart().growing()).contains("share of the calls"));
        assert!(refusal(|| errors(0.1).forgetting()).contains("can forget"));
    }
}
