//! An SLO engine that lives inside a Rust service: it records calls, judges objectives and knows at any moment how
//! fast the error budget burns. There is no server to ask and no query to write, and a handler that wants to know
//! reads one number.
//!
//! ```standalone_crate
//! use sre_core::{Engine, Objective, Sli, sli};
//! use std::time::Duration;
//!
//! static CHECKOUT: Sli = Sli::new("checkout")
//!     .objective(Objective::availability(0.999))
//!     .objective(Objective::latency(0.99, Duration::from_millis(300)));
//!
//! #[sli(CHECKOUT)]
//! fn checkout(items: u32) -> Result<u32, String> {
//!     if items > 0 { Ok(items * 5) } else { Err("the cart is empty".to_owned()) }
//! }
//!
//! let engine = Engine::builder().service("shop").start()?; // one thread, one tick a second
//! assert_eq!(checkout(2), Ok(10));
//! # engine.tick();
//! for objective in engine.status().objectives {
//!     println!("{}: {} of {} good, {}", objective.slo, objective.good, objective.total, objective.sentence);
//!     # assert_eq!((objective.good, objective.total), (1, 1));
//! }
//! # Ok::<(), sre_core::Error>(())
//! ```
//!
//! `sre-exporters` serves what the engine finds: to Prometheus, and as a page for people.
//!
//! # Concepts
//!
//! | Word | Meaning | Here |
//! |---|---|---|
//! | event | one unit of work, such as a request | [`Call`](sli::Call) while it lasts |
//! | outcome | what happened to it: ok, error, ignored (a mistake of the caller, say) or abandoned (cancelled, timed out, panicked, shut down) | [`enum@Outcome`] |
//! | SLI | service level indicator: what is measured, the share of good events among good and bad ones | [`Sli`] |
//! | objective | the promise that this share reaches a target over a period | [`Objective`] |
//! | target | the number promised, between 0 and 1: `0.999` | [`Target`](units::Target) |
//! | period | the time that the promise is about: the last 30 days, or a calendar month | [`Period`](slo::Period) |
//! | error budget | what may go wrong: `1 - target` of the period's events | [`Budget`](slo::Budget) |
//! | window | any look back that is shorter than the period: the last hour, say | |
//! | burn rate | how fast the budget is spent: at 1 it lasts exactly as long as the period | [`BurnRate`](units::BurnRate) |
//! | tier | when somebody is told: a burn rate that a long and a short window must both exceed | [`Tier`](slo::Tier) |
//! | coverage | the share of a window in which the process was there to see | |
//!
//! An example: of a million calls in 30 days 99.9 % must succeed, so 1,000 may fail. That is the error budget. After
//! 250 failures three quarters of it are left. While everything fails the burn rate is 1,000, and the budget of 30 days
//! is gone in 43 minutes; while 1.44 % fail it is 14.4, and an hour of that takes 2 %, which is worth waking somebody.
//!
//! ```
//! use sre_core::{slo::burn_rate, units::{EventCounts, Target}};
//!
//! let target = Target::new(0.999);
//! assert_eq!(burn_rate(EventCounts::new(9_856, 144), target).map(|burn| burn.to_string()), Some("14.4".to_owned()));
//!
//! // No events are no data, not a healthy service.
//! assert_eq!(burn_rate(EventCounts::new(0, 0), target), None);
//! # let minutes = 30.0 * 24.0 * 60.0 / burn_rate(EventCounts::new(0, 9), target).ok_or("idle")?.get();
//! # assert!((minutes - 43.2).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Three ways to record
//!
//! - [`#[sli]`](macro@sli) on a function, a method, an `impl` block or a trait.
//! - [`Sli::measure`] around a future, [`Sli::time`] around a closure.
//! - [`Sli::start`] and the end of the guard; or [`Sli::record`] when the duration is known already.
//!
//! Whatever happens to a call, it is recorded once: a guard that is dropped without a word was abandoned. What a result
//! means is decided by a predicate, by [`Classify`](sli::Classify), or by `Ok` and `Err`. [`SliFamily`] splits an SLI
//! by labels, with a bound on how many there can be.
//!
//! # Asking
//!
//! [`Sli::burn_rate`], [`Sli::budget_remaining`] and [`Sli::firing`] answer in a handler, without a lock;
//! [`Engine::status`] gives everything as plain data; [`Engine::report`] is what exporters read. Tests take an engine
//! with a [manual clock](engine::Builder::manual_clock), and a replay of an old log is such a test; `testing` (feature
//! `test-util`) replays outages.
//!
//! # Remembering
//!
//! With a [state directory](engine::Builder::state_dir) a budget of 30 days outlives deployments and crashes: a kill at any
//! instant loses at most the last ten seconds, and the time without a process counts as [you say](engine::Downtime).
//! [`Engine::book`] takes what people decide afterwards, resets, exclusions and adjustments, each with who and why.
//! `sre-core/docs/reliability.md` lists what is promised, what was reached, and the command that shows it.
//!
//! # What recording costs
//!
//! Instructions, counted by `bash .ci/run instructions`, above the same work without this crate:
//!
//! | Operation | Instructions |
//! |---|---|
//! | an event into an SLI that the thread is hot for: `Sli::record` | 31 |
//! | a function with `#[sli]`, two reads of the counter included | 89; async 81 |
//! | an event through labels that are enums | 23 more |
//! | the same through labels that are `&'static str` | 51 more |
//! | the same through labels that are text | 198 more |
//! | the burn rate of the last tick | 17 more than a load |
//!
//! Times depend on the machine, so `benches` measures them beside a floor and other libraries in one run: a function
//! with `#[sli]` took 1.40 times two bare reads of the counter, 34 ns on a Xeon of 2 cores on 2026-11-21
//! (`cargo bench -p sre-benches --features rivals --bench ratios`).
//!
//! There is no lock, no allocation and no system call after [`Sli::prewarm`]; tests watch ten million records with a
//! counting allocator and with `strace`. Memory: 4 KiB for each thread and SLI it is hot for, at most 1,024 of those
//! a thread and 8,192 in the process.
//!
//! # Features
//!
//! | Feature | Adds | Default |
//! |---|---|---|
//! | `macros` | `#[sli]`, `#[derive(Outcome)]`, `#[derive(Labels)]`; brings `sre-macros` | yes |
//! | `hdrhistogram` | conversion to and from `hdrhistogram::Histogram`, its V2 bytes and interval logs | no |
//! | `http` | `Classify` for `http::StatusCode` and `http::Response` | no |
//! | `test-util` | `testing`: outages replayed in your tests, on a clock that only the test moves | no |
//! | `real-backends` | tests against other people's programs; no API | no |
//!
//! # Limits
//!
//! - Windows, budgets, alerts and incidents end with the process unless it has a
//!   [state directory](engine::Builder::state_dir); exported counters always do.
//! - One process sees its own calls. For a fleet, sum the exported counters of all instances.
//! - Durations up to 104 days are kept apart, to better than 0.8 %; thresholds are counted exactly.
//! - A call that is lost with the process (`exit`, `panic = "abort"`, kill) is not counted.
//! - Tested on Linux x86-64; `docs/platforms.md` says what is missing where.
//!
//! The minimum supported Rust version is 1.95. It is raised only in a minor release.
//!
//! How it works inside is told in `sre-core/docs`, which `cargo doc` shows under `_docs`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

// Macro output names `::sre_core`, also in the documentation and the tests of this crate.
extern crate self as sre_core;

#[cfg(doc)]
pub mod _docs;
pub mod alert;
pub mod clock;
mod duration;
pub mod engine;
mod error;
#[cfg_attr(not(sre_fuzz), cfg(test))]
mod feed;
#[cfg_attr(not(sre_fuzz), cfg(test))]
#[doc(hidden)]
pub mod fuzzing;
pub mod histogram;
mod lists;
mod primitive;
#[doc(hidden)]
pub mod private;
pub mod registry;
pub mod report;
mod shard;
pub mod sli;
pub mod slo;
pub mod stats;
mod store;
#[cfg(feature = "test-util")]
pub mod testing;
pub mod units;
pub mod window;

pub use engine::Engine;
pub use error::{Error, LedgerError};
pub use sli::{Labels, Outcome, Sli, SliFamily};
pub use slo::Objective;
#[cfg(feature = "macros")]
pub use sre_macros::{Labels, Outcome, sli};
