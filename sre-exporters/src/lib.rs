//! What [`sre_core`] finds, shown to scrapers and people: metrics, a status page, a status as JSON.
//!
//! Everything runs on one thread with a runtime of its own, so an application that stalls does not silence the
//! witness of the stall. Nothing listens beyond loopback unless told, and what cannot start degrades and says so.
//!
//! ```
//! use sre_core::Engine;
//! use sre_exporters::Exporters;
//!
//! let engine = Engine::builder().service("shop").start()?;
//! let exporters = Exporters::builder(&engine)
//!     .http("127.0.0.1:0") // 9464 is the usual port
//!     .start()?;
//! println!("http://{}/metrics", exporters.local_addr().ok_or("busy")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The endpoint
//!
//! | Path | Answer |
//! |---|---|
//! | `/metrics` | text 0.0.4 or OpenMetrics 1.0 with exemplars, as the scraper prefers; gzip when asked |
//! | `/` | a page for people, without scripts; with `?document=metrics` and `?document=status` what it links to |
//! | `/api/v1/status` | [`Status`](sre_core::report::Status) as JSON, and the exporters' own beside it |
//! | `/healthz` | 200 while the engine ticks, else 503 with the reason |
//!
//! The listener serves GET and HEAD only, and spends little on anybody:
//!
//! | Limit | Value | Beyond it |
//! |---|---|---|
//! | request line and headers | 8 KiB, 64 headers | 431 |
//! | request body | none | 413, and the connection ends |
//! | connections | 16 | the one that has kept us waiting longest makes room |
//! | scrapes at a time | 4 | waits up to 150 ms, then 503 with `Retry-After` |
//! | documents at a time: formats, page, status | 4, each for any number of readers | 503 with `Retry-After` |
//! | wait for a rendering to begin | 3 s, and what `X-Prometheus-Scrape-Timeout-Seconds` says less 0.5 s, or half of it | 503 with `Retry-After` |
//! | `Host` in HTTP/1.1 | exactly one | 400, and the connection ends |
//! | names of a listener on loopback | `localhost`, `127.0.0.0/8`, `[::1]`, and [those added](ExportersBuilder::http_host) | 421 |
//! | a line feed alone | none | 400, and the connection ends |
//! | time for a request, between two, and for an answer | 5 s each | the connection ends |
//!
//! Scrapes that come at the same time share one rendering. In a flood of clients they share one that is up to 250 ms
//! old, and the connections alone bound their number. With 2.9 MB of metrics and a thousand slow clients attached by
//! `slowhttptest -c 1000 -r 1000` (`-H`, `-B`, and `-X -w 512 -y 1024 -n 5 -z 32`), 330 scrapes took 7 ms in the median
//! and 22 ms at most, as long as without them; right behind a thousand that connect at once, ask and read nothing, five
//! took 177 to 206 ms (2 cores, November 2026).
//!
//! [`ExportersBuilder::http_credential`] asks for a token or a password, on all paths but `/healthz`. There is no
//! encryption: where the network is not yours, put a proxy in front or mount [`Exporters::handler`] in a router that
//! has it.
//!
//! # Features
//!
//! | Feature | Adds | Default |
//! |---|---|---|
//! | `prometheus` | the endpoint, by `hyper` and `tokio` | yes |
//! | `real-backends` | tests against servers that must be installed; no API | no |
//!
//! # Limits
//!
//! - Prometheus and people are served. Sinks that push (OTLP and the vendors' own) and notifiers are not in this
//!   release: alerts are told by the page, by `/api/v1/status`, and by `sre_alert_state` for rules of your own.
//! - One process shows its own calls: sum `sre_slo_events_total` over a fleet, and page from that.
//! - `process_*` metrics need `/proc`, so only Linux has them.
//!
//! The minimum supported Rust version is 1.95. It is raised only in a minor release.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod error;
#[cfg(feature = "prometheus")]
mod exporters;
#[cfg(feature = "prometheus")]
#[cfg_attr(not(sre_fuzz), cfg(test))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "prometheus")]
mod http;
#[cfg(feature = "prometheus")]
mod naming;
#[cfg(feature = "prometheus")]
mod page;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "prometheus")]
mod site;
#[cfg(feature = "prometheus")]
mod telemetry;

pub use error::Error;
#[cfg(feature = "prometheus")]
pub use exporters::{Exporters, ExportersBuilder, ExportersStatus, HttpStatus};
#[cfg(feature = "prometheus")]
pub use http::{Body, Credential, Handler};

/// The strict reader that the tests of the crate share with those outside it.
#[cfg(feature = "prometheus")]
#[cfg_attr(not(sre_fuzz), cfg(test))]
#[path = "../tests/grammar/mod.rs"]
mod grammar;

/// What the tests of the crate and those outside it report on.
#[cfg(feature = "prometheus")]
#[cfg_attr(not(sre_fuzz), cfg(test))]
#[path = "../tests/sample/mod.rs"]
mod sample;
