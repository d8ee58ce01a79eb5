//! Cold. What readers may hold for as long as they like while the next one is made: histograms and reports.

use crate::primitive::Arc;

/// The latest one, and earlier ones from which the next is made once nobody reads them any more.
///
/// Of histograms, one is usually in the last report and one marks the end of the last interval.
#[derive(Debug)]
pub(super) struct Rotation<T> {
    latest: Arc<T>,
    earlier: Vec<Arc<T>>,
}

impl<T: Clone> Rotation<T> {
    const EARLIER_MAX: usize = 2;

    pub(super) fn new(first: T) -> Self {
        Self { latest: Arc::new(first), earlier: Vec::new() }
    }

    pub(super) fn latest(&self) -> &Arc<T> {
        &self.latest
    }

    /// Makes the next one: `refresh` gets the latest or an earlier one, and brings it up to date.
    ///
    /// Allocates only when readers hold all of them.
    pub(super) fn turn(&mut self, refresh: impl FnOnce(&mut T)) {
        if let Some(latest) = Arc::get_mut(&mut self.latest) {
            refresh(latest);
            return;
        }
        let mut next = self.free().unwrap_or_else(|| Arc::new(T::clone(&self.latest)));
        if let Some(next) = Arc::get_mut(&mut next) {
            refresh(next);
        }
        let replaced = core::mem::replace(&mut self.latest, next);
        if self.earlier.len() == Self::EARLIER_MAX {
            self.earlier.remove(0);
        }
        self.earlier.push(replaced);
    }

    /// An earlier one that nobody reads.
    fn free(&mut self) -> Option<Arc<T>> {
        let at = self.earlier.iter_mut().position(|earlier| Arc::get_mut(earlier).is_some())?;
        Some(self.earlier.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::histogram::{Layout, Snapshot};

    fn of(values: u64) -> Snapshot {
        Snapshot::from_durations(Layout::BITS_6, (0..values).map(Duration::from_millis))
    }

    #[test]
    fn what_a_reader_holds_never_changes_and_what_nobody_holds_is_used_again() {
        let mut rotation = Rotation::new(Snapshot::empty(Layout::BITS_6));
        let (mut held, mut places) = (Vec::new(), std::collections::HashSet::new());
        for turn in 1..=20 {
            rotation.turn(|snapshot| *snapshot = of(turn));
            places.insert(Arc::as_ptr(rotation.latest()));
            held.push(Arc::clone(rotation.latest()));
            if held.len() > 2 {
                held.remove(0);
            }
            let counts: Vec<u64> = held.iter().map(|snapshot| snapshot.count()).collect();
            assert!(counts.iter().rev().zip((1..=turn).rev()).all(|(count, turn)| *count == turn));
        }
        assert_eq!(places.len(), 3, "two are held while the third is made");
        held.clear();
        let place = Arc::as_ptr(rotation.latest());
        rotation.turn(|snapshot| *snapshot = of(1));
        assert_eq!(Arc::as_ptr(rotation.latest()), place, "nobody read it");
    }
}
