//! Cold. What the shop depends on, and what breaks: a database and a payment provider.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::phases::{Fate, Script, draw};

/// The world outside the shop.
#[derive(Debug)]
pub(crate) struct World {
    script: Script,
    started: Instant,
    calls: AtomicU64,
}

/// Somebody else is down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Down;

impl World {
    pub(crate) fn new(script: Script) -> Self {
        Self { script, started: Instant::now(), calls: AtomicU64::new(0) }
    }

    /// How long the run has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// One query: milliseconds on a good day, and up to half a second while the index is missing.
    pub(crate) async fn query(&self) {
        let (fate, number) = self.next();
        let slowness_ms = if fate == Fate::Slow { 300 + draw(number, 200) } else { 0 };
        sleep(Duration::from_millis(5 + draw(number, 20) + slowness_ms)).await;
    }

    /// One payment; the provider answers, refuses or says nothing at all.
    pub(crate) async fn pay(&self) -> Result<(), Down> {
        let (fate, number) = self.next();
        match fate {
            Fate::Fails => {
                sleep(Duration::from_millis(2)).await;
                Err(Down)
            }
            Fate::Hangs => std::future::pending().await,
            Fate::Well | Fate::Slow => {
                sleep(Duration::from_millis(10 + draw(number, 20))).await;
                Ok(())
            }
        }
    }

    fn next(&self) -> (Fate, u64) {
        // Relaxed: a number that nobody else has is all that is asked for.
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        (self.script.fate(self.elapsed(), number), number)
    }
}
