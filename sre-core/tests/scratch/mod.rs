//! Directories for tests.
#![allow(dead_code, reason = "not each of the tests asks for the same")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own, which is not there at first and removed in the end.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = path.join(format!("{name}-{}-{number}", std::process::id()));
        // A process that was killed leaves its own, and another one gets its number.
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    /// That of the process which started this one, and which removes it.
    pub(crate) fn inherited(path: impl Into<PathBuf>) -> std::mem::ManuallyDrop<Self> {
        std::mem::ManuallyDrop::new(Self(path.into()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
