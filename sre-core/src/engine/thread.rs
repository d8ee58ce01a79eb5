//! Cold. Threads of ours, by name; in tests the system may refuse one.

use crate::error::Error;

/// Starts a thread of this name.
pub(super) fn spawn(name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    #[cfg(test)]
    if refusal::REFUSED.get() == Some(name) {
        return Err(Error::Thread { name, reason: std::io::ErrorKind::WouldBlock });
    }
    // Nobody joins it: whoever waits for its end does so with a bound.
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map(drop).map_err(|refused| Error::Thread { name, reason: refused.kind() })
}

#[cfg(test)]
pub(super) mod refusal {
    use core::cell::Cell;

    std::thread_local! {
        /// The name of the thread that this one cannot start.
        pub(in crate::engine) static REFUSED: Cell<Option<&'static str>> = const { Cell::new(None) };
    }
}
