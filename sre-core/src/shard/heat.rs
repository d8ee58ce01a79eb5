//! Hot. How busy this thread is with each series of which it has no shard.

use crate::primitive::{AtomicU32, Cell, Ordering};

/// Events of one series on one thread, within one epoch, that make the thread hot for it.
const HOT: u16 = 64;

/// Places in the table of a thread; recorders that collide forget each other's events.
const PLACES: usize = 1_024;

/// Counts up with the ticker of whatever engine; events of epochs long past do not make a thread hot.
static EPOCH: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static HEAT: [Cell<u16>; PLACES] = const { [const { Cell::new(0) }; PLACES] };
}

/// Starts another epoch, some seconds after the last one.
pub(crate) fn cool_down() {
    // Relaxed: whoever sees it late is a little less exact about what is hot.
    EPOCH.fetch_add(1, Ordering::Relaxed);
}

/// Counts an event of this recorder on this thread; whether that makes the thread hot for it.
///
/// Then the count starts over, so that a thread which gets no shard asks for one from time to time.
#[inline]
pub(crate) fn is_hot(recorder: u32) -> bool {
    HEAT.with(|heat| {
        let Some(place) = heat.get(recorder as usize % PLACES) else { return false };
        let after = warmer(place.get(), recorder, EPOCH.load(Ordering::Relaxed));
        place.set(after);
        after & EVENTS == 0
    })
}

/// The bits of a place that count events up to [`HOT`], which is zero again; the rest says of whom and when.
const EVENTS: u16 = HOT - 1;

/// What a place holds after one more event.
#[inline]
fn warmer(before: u16, recorder: u32, epoch: u32) -> u16 {
    let label = label(recorder, epoch);
    let events = if before & !EVENTS == label { before & EVENTS } else { 0 };
    label | ((events + 1) & EVENTS)
}

/// Six bits of who and four of when. Recorders that share them count together, which does little harm.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "ten bits")]
fn label(recorder: u32, epoch: u32) -> u16 {
    let who = recorder / PLACES as u32 % 64;
    (((who << 4) | (epoch % 16)) << 6) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: u32 = 5_000;

    /// The events that made hot, of events of these recorders in these epochs.
    fn hot(events: impl IntoIterator<Item = (u32, u32)>) -> Vec<usize> {
        let mut place = 0;
        let becomes_hot = |(recorder, epoch)| {
            place = warmer(place, recorder, epoch);
            place & EVENTS == 0
        };
        (1..).zip(events.into_iter().map(becomes_hot)).filter_map(|(n, hot)| hot.then_some(n)).collect()
    }

    #[test]
    fn every_64th_event_makes_hot() {
        assert_eq!(hot((0..200).map(|_| (MINE, 3))), [64, 128, 192]);
    }

    #[test]
    fn series_that_take_turns_in_one_place_start_over() {
        let other = MINE + 1_024;
        assert_eq!(hot((0..1_000).flat_map(|_| [(MINE, 3), (other, 3)])), [0; 0]);
    }

    #[test]
    fn a_trickle_never_makes_hot() {
        assert_eq!(hot((0..10_000).map(|n| (MINE, n / 60))), [0; 0]);
    }
}
