//! Cold. What readers may hold for as long as they like while the next one is made: histograms and reports.

use crate::primitive::Arc;

/// The latest one, and earlier ones from which the next is made once nobody reads them any more.
///
/// Of histograms, one is usually in the last report and one marks the end of the last interval.
#[derive(Debug)]
pub(super) struct Rotation<T> {
    latest: Arc<T>,
    /// From the oldest on.
    earlier: [Option<Arc<T>>; 2],
}

impl<T: Clone> Rotation<T> {
    pub(super) fn new(first: T) -> Self {
        Self { latest: Arc::new(first), earlier: [None, None] }
    }

    pub(super) fn latest(&self) -> &Arc<T> {
        &self.latest
    }

    /// Makes the next one: `refresh` gets an earlier or the latest one, and brings it up to date.
    ///
    /// Allocates only when readers hold all of them.
    pub(super) fn turn(&mut self, refresh: impl FnOnce(&mut T)) {
        let free = self.earlier.iter_mut().find_map(|place| place.take_if(is_free));
        let mut next = match free {
            Some(earlier) => earlier,
            // Asked last, since the last report nearly always holds it.
            None if is_free(&mut self.latest) => {
                if let Some(latest) = Arc::get_mut(&mut self.latest) {
                    refresh(latest);
                }
                return;
            }
            None => Arc::new(T::clone(&self.latest)),
        };
        if let Some(next) = Arc::get_mut(&mut next) {
            refresh(next);
        }
        let replaced = core::mem::replace(&mut self.latest, next);
        let [oldest, newest] = &mut self.earlier;
        if newest.is_some() {
            *oldest = newest.take();
        }
        *newest = Some(replaced);
    }
}

/// Whether nobody else holds it.
fn is_free<T>(held: &mut Arc<T>) -> bool {
    Arc::get_mut(held).is_some()
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
        for _ in 0..5 {
            rotation.turn(|snapshot| *snapshot = of(1));
            assert!(!places.insert(Arc::as_ptr(rotation.latest())), "nobody read any");
        }
    }
}
