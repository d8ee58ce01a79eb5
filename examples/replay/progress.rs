//! Cold. How far a long replay is, on the standard error.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::Instant;

/// Speaks up when something takes longer than two seconds, and then once a second.
#[derive(Debug)]
pub(crate) struct Progress {
    /// When it speaks next; `None`: never.
    due: Option<Instant>,
    asked: u32,
}

/// The clock is read only each so many questions.
const QUESTIONS: u32 = 1_024;

impl Progress {
    pub(crate) fn starting() -> Self {
        Self { due: Some(Instant::now() + Duration::from_secs(2)), asked: 0 }
    }

    #[cfg(test)]
    pub(crate) const fn silent() -> Self {
        Self { due: None, asked: 0 }
    }

    /// Says `text`, if it is time to.
    pub(crate) fn show(&mut self, text: impl FnOnce() -> String) {
        self.asked = self.asked.wrapping_add(1);
        if !self.asked.is_multiple_of(QUESTIONS) {
            return;
        }
        let now = Instant::now();
        if self.due.is_some_and(|due| now >= due) {
            self.due = Some(now + Duration::from_secs(1));
            // Where nobody listens, the result alone has to do.
            let _ = writeln!(io::stderr(), "{}", text());
        }
    }
}
