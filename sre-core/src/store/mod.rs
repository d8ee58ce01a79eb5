//! Cold. The state directory: what is written survives a kill, a power loss and a full disk, or is refused.
//!
//! Payloads are bytes here; what they mean is the business of the engine. An **entry** is what one flush adds, a
//! **snapshot** is everything so far, and a **generation** is a snapshot with the journal of the entries after it. The
//! format of the files, the rules of recovery and the bound of disk use stand in `docs/state-format.md`, the reasons in
//! decision 0050.
//!
//! Whoever owns a [`Store`] does the same at every flush:
//!
//! ```text
//! if let Some(recovered) = store.take_over(now) { restore(recovered) }   // nothing to do while writable
//! store.append(&entry)                                                   // numbered even when it fails
//! if store.is_due() { store.begin_generation(&snapshot) }                // contains every entry appended
//! ```
//!
//! Right after [`Store::open`] a generation is due: what was recovered is made durable anew.
//!
//! Nothing here starts a thread or reads a clock. Kept between two calls are at most 1 MiB of entries that no journal has
//! yet.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod bridge;
mod disk;
mod drive;
mod error;
mod finding;
mod frame;
#[cfg_attr(not(sre_fuzz), cfg(test))]
pub(crate) mod fuzzing;
mod handle;
mod holder;
#[cfg_attr(not(sre_fuzz), cfg(test))]
#[cfg_attr(sre_fuzz, allow(dead_code))]
pub(crate) mod model;
mod names;
mod real;
mod recovery;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use disk::Disk;
#[cfg_attr(not(sre_fuzz), cfg(test))]
pub(crate) use disk::{DiskFile, LockAttempt};
#[cfg(test)]
pub(crate) use error::{Cause, Operation, StoreError};
#[cfg(test)]
pub(crate) use finding::{Damage, Finding};
pub(crate) use handle::{Appended, Options, Standing, Store};
#[cfg_attr(not(sre_fuzz), cfg(test))]
pub(crate) use holder::Holder;
pub(crate) use real::RealDisk;
pub(crate) use recovery::Recovered;
#[cfg(test)]
pub(crate) use tests::{Random, kept};

/// The largest file that is read or written.
///
/// The largest state there is a use for, a thousand SLIs with 30 days of hourly histograms, takes 200 MiB.
pub(crate) const FILE_BYTES_MAX: u64 = 256 << 20;
