//! Cold. Entries that only a snapshot contains so far, kept until a journal has them, too.
//!
//! Should that snapshot turn out to be damaged, the one before it and the journals are enough then.

use super::frame::HEADER_BYTES;

/// The most that is kept, headers included: some minutes of entries.
const BYTES_MAX: usize = 1 << 20;

/// Entries in the order of their numbers, up to the newest one there is.
#[derive(Debug, Default)]
pub(super) struct Bridge {
    entries: Vec<Vec<u8>>,
    bytes: usize,
    /// There were more than are kept: a bridge with a hole is none.
    is_broken: bool,
}

impl Bridge {
    /// Adds the newest entry.
    pub(super) fn push(&mut self, entry: &[u8]) {
        self.bytes = self.bytes.saturating_add(HEADER_BYTES).saturating_add(entry.len());
        self.is_broken |= self.bytes > BYTES_MAX;
        if self.is_broken {
            self.entries = Vec::new();
        } else {
            self.entries.push(entry.to_vec());
        }
    }

    /// A journal has them.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The entries, oldest first; none if there were more than are kept.
    pub(super) fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_is_whole_or_empty() {
        let mut bridge = Bridge::default();
        bridge.push(b"one");
        bridge.push(b"");
        assert_eq!(bridge.entries(), [b"one".to_vec(), Vec::new()]);
        bridge.push(&vec![0; BYTES_MAX]);
        bridge.push(b"four");
        assert!(bridge.entries().is_empty());
        bridge.clear();
        bridge.push(b"five");
        assert_eq!(bridge.entries(), [b"five"]);
    }

    #[test]
    fn entries_of_no_bytes_are_bounded_as_well() {
        let mut bridge = Bridge::default();
        let most = (0..BYTES_MAX).map_while(|_| {
            bridge.push(&[]);
            (!bridge.entries().is_empty()).then_some(bridge.entries().len())
        });
        assert_eq!(most.last(), Some(BYTES_MAX / HEADER_BYTES));
    }
}
