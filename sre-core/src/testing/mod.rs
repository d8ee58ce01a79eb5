//! Outages in a test: does anybody wake up, how soon, and what is left of the budget?
//!
//! A scenario is traffic, things that go wrong, and what is expected. It is played on a clock of its own: a month of one
//! objective takes a tenth of a second with calm traffic or an outage, up to two seconds where a tier hovers at its factor,
//! as with a steady burn of 1 or 3, so that alerts change every few seconds, and three where calls hang all month. Where
//! tests are built without optimisation that is half a second, up to six, and forty; what a scenario needs is mostly a day or
//! two, and `[profile.dev.package.sre-core] opt-level = 3` in `Cargo.toml` makes up for the rest.
//!
//! ```
//! use sre_core::testing::{budget_left, errors, page, replay, rps};
//! use sre_core::{Objective, Sli};
//!
//! static CHECKOUT: Sli = Sli::new("checkout").objective(Objective::availability(0.999));
//!
//! // With `#[test]` above it.
//! fn errors_of_a_tenth_wake_somebody_within_ten_minutes() {
//!     replay(&CHECKOUT)
//!         .traffic(rps(200.0).diurnal(0.6))
//!         .history("30d")
//!         .fault(errors(0.1).at("13h").lasting("12m"))
//!         .expect(page().tier(1).within("10m"))
//!         .expect(page().clears_within("1h"))
//!         .expect(budget_left().above(0.95))
//!         .run();
//! }
//! # errors_of_a_tenth_wake_somebody_within_ten_minutes();
//! ```
//!
//! When something does not come as expected, [`Replay::run`] panics at its line with a sentence for each expectation and
//! a chart of the burn rate, the alerts and the faults: of the time around what was expected and what came, with a note
//! of how much is cut away before and after.
//!
//! # What is played
//!
//! The objectives of an [`Sli`](crate::Sli) or [`SliFamily`](crate::SliFamily), or an [`Objective`](crate::Objective) of
//! its own, by the code that judges them in production: verdicts come from
//! [`Definition::verdicts`](crate::sli::Definition::verdicts), and each second is a tick of an
//! [`Evaluator`](crate::engine::Evaluator). What is left out is what has no part in the answer: counters, threads and
//! the disk. Seconds are taken together where it is certain that no alert can change in between, so times are exact to
//! the second; the only thing to come less often is the forecast, which is made for the reports that are kept.
//!
//! # Traffic, faults, expectations
//!
//! | | |
//! |---|---|
//! | traffic | [`rps`], with [`diurnal`](Traffic::diurnal), [`bursts`](Traffic::bursts), [`ramp`](Traffic::ramp), [`silence`](Traffic::silence), [`latency`](Traffic::latency); even, or [`random`](Traffic::random) by a seed |
//! | faults of calls | [`errors`], [`outage`], [`slow`], [`hanging`], [`mistakes`]; each may be [`growing`](Fault::growing) |
//! | faults of the process | [`restart`], [`kill`], [`suspend`], [`clock_forward`], [`clock_back`] |
//! | expectations | [`page`], [`ticket`], [`alert`], [`blindness`]; [`budget_left`], [`burn`], [`coverage`], [`notices`] |
//!
//! Times are counted from the begin of the scenario; those of an alert from the begin of the first fault that hurts calls.
//! Without [`Replay::history`] the process is a new one: its budget is that of the few events so far.
//!
//! # Assertions of your own
//!
//! [`Replay::try_run`] does not panic, and [`Replayed`] is plain data: every change of an alert, and the report at each
//! [`look`](Replay::look).
//!
//! ```
//! use sre_core::Objective;
//! use sre_core::testing::{kill, outage, replay, rps};
//! use std::time::Duration;
//!
//! // A call a second takes 64 s to be sure of an outage; a kill in the middle of it makes that a little longer.
//! let played = replay(&Objective::availability(0.999))
//!     .traffic(rps(1.0))
//!     .history("6h")
//!     .fault(outage().at("1h").lasting("20m"))
//!     .fault(kill().at("1h30s").lasting("3s"))
//!     .look("1h5m")
//!     .try_run()?;
//! let objective = played.objectives.first().ok_or("there is one")?;
//! let fired = objective.changes.iter().find(|change| change.has_fired()).ok_or("nobody woke up")?;
//! assert!((3_664..3_680).contains(&fired.at.as_secs()), "{fired:?}");
//! let report = objective.look(Duration::from_secs(3_900)).ok_or("it was asked for")?;
//! assert!(report.firing().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alerted;
mod chart;
mod ease;
mod expect;
mod fault;
mod figured;
mod finding;
mod hanging;
mod latency;
mod load;
mod normal;
mod player;
mod random;
mod replay;
mod replayed;
mod script;
mod span;
mod subject;
#[cfg(test)]
mod tests;
mod track;
mod traffic;
mod unmet;

pub use expect::{
    Alert, Expectation, Figure, alert, blindness, budget_left, burn, coverage, notices, page, ticket,
};
pub use fault::{
    Fault, clock_back, clock_forward, errors, hanging, kill, mistakes, outage, restart, slow, suspend,
};
pub use latency::Latency;
pub use replay::{Replay, replay};
pub use replayed::{Change, Look, ObjectiveReplayed, Replayed};
pub use span::Span;
pub use subject::Subject;
pub use traffic::{Traffic, rps};
pub use unmet::{ReplayError, Unmet};
