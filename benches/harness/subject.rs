//! Cold. One thing to measure.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

/// Runs the measured work a given number of times; lives on the thread that made it.
pub type Batch = Box<dyn FnMut(u64)>;

/// One thing to measure, on any number of threads.
pub struct Subject {
    name: &'static str,
    make: Box<dyn Fn() -> Batch + Send + Sync>,
    between: Option<Box<dyn Fn() + Send + Sync>>,
    threads_max: usize,
    waits: bool,
}

impl Subject {
    /// Work that all threads share; it is called with the running number of the iteration.
    ///
    /// The result is passed through [`black_box`], for ours and for rivals alike.
    pub fn shared<R>(name: &'static str, work: impl Fn(usize) -> R + Send + Sync + 'static) -> Self {
        let work = Arc::new(work);
        Self::per_thread(name, move || {
            let work = Arc::clone(&work);
            move |i| work(i)
        })
    }

    /// Work that each thread makes for itself, for recorders that are not shared.
    pub fn per_thread<R, W>(name: &'static str, make: impl Fn() -> W + Send + Sync + 'static) -> Self
    where
        W: FnMut(usize) -> R + 'static,
    {
        let make = move || {
            let mut work = make();
            let batch: Batch = Box::new(move |n| {
                for i in 0..usize::try_from(n).unwrap_or(usize::MAX) {
                    black_box(work(i));
                }
            });
            batch
        };
        Self { name, make: Box::new(make), between: None, threads_max: usize::MAX, waits: false }
    }

    /// Housekeeping after each batch, outside the measured time: what the library does on a timer in production.
    #[must_use]
    pub fn between(mut self, housekeeping: impl Fn() + Send + Sync + 'static) -> Self {
        self.between = Some(Box::new(housekeeping));
        self
    }

    /// Leaves the subject out of runs with more threads.
    #[must_use]
    pub fn threads_max(mut self, threads: usize) -> Self {
        self.threads_max = threads;
        self
    }

    /// Says that the work waits for something, so that only the clock on the wall knows how long it takes.
    #[must_use]
    pub fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Whether the work waits for something.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// The name in tables and goals.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the subject takes part in a run with so many threads.
    #[must_use]
    pub fn runs_on(&self, threads: usize) -> bool {
        threads <= self.threads_max
    }

    /// The batch of the calling thread.
    #[must_use]
    pub fn batch(&self) -> Batch {
        (self.make)()
    }

    /// Does the housekeeping, if there is any.
    pub fn tidy(&self) {
        if let Some(between) = &self.between {
            between();
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("name", &self.name).finish_non_exhaustive()
    }
}
