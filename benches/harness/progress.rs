//! Cold. One line on the terminal that says what runs, and nothing anywhere else.

use std::fmt::Arguments;
use std::io::{IsTerminal, Write, stderr};

/// The progress line.
#[derive(Debug)]
pub struct Progress {
    visible: bool,
}

impl Progress {
    /// Shows on standard error, if that is a terminal.
    #[must_use]
    pub fn new() -> Self {
        Self { visible: stderr().is_terminal() }
    }

    /// Shows nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self { visible: false }
    }

    /// Replaces the line.
    pub fn show(&self, line: Arguments<'_>) {
        if self.visible {
            // A terminal that is gone stops nothing.
            let _ = write!(stderr(), "\r\x1b[K{line}");
        }
    }

    /// Removes the line.
    pub fn clear(&self) {
        self.show(format_args!(""));
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
