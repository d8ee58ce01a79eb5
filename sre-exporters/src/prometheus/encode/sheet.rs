//! Pure. A text that is written again and again: what is constant stays, values are overwritten where they stand.

use std::ops::Range;

use super::number;

/// A text and the places of its values.
///
/// It is written by the same calls each time. The first time they append; from then on they pass over what is
/// constant and over values that have not changed, and overwrite in place what has kept its length. Texts of other
/// lengths wait until [`Sheet::finish`] makes room for them all at once. A text ends below four gigabytes.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    text: Vec<u8>,
    slots: Vec<Slot>,
    /// The slot of the next call.
    next: usize,
    is_kept: bool,
    is_torn: bool,
    moves: Vec<Move>,
    /// The texts of all moves.
    waiting: Vec<u8>,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
struct Slot {
    value: u64,
    start: u32,
    length: u32,
}

impl Slot {
    fn place(self) -> Range<usize> {
        // At least as wide as 32 bits on every system that has threads and sockets.
        self.start as usize..self.start as usize + self.length as usize
    }
}

/// A text that does not fit its slot.
#[derive(Clone, Debug)]
struct Move {
    slot: usize,
    /// Where it waits.
    text: Range<usize>,
}

/// A slot to come back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark(usize);

impl Sheet {
    /// Goes back to the beginning, to be written once more.
    pub(crate) fn begin(&mut self) {
        self.next = 0;
        self.is_torn = false;
        self.is_kept = !self.slots.is_empty();
        self.moves.clear();
        self.waiting.clear();
    }

    /// Forgets everything but the room that it takes.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.slots.clear();
        self.begin();
    }

    /// Brings every text to its place. `false` if the calls were not those of the time before: the text is worthless
    /// then, and has to be written from the beginning.
    #[must_use]
    pub(crate) fn finish(&mut self) -> bool {
        self.is_torn |= self.next != self.slots.len();
        if self.is_torn {
            self.clear();
            return false;
        }
        self.make_moves();
        if !self.is_kept {
            // Growth by doubling would take as much again.
            self.text.shrink_to(self.text.len() + spare(self.text.len()));
            self.slots.shrink_to_fit();
        }
        true
    }

    /// The text as it was when it was finished.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Text that is the same each time; `write` is asked for it once.
    #[inline]
    pub(super) fn constant(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.is_kept {
            write(&mut self.text);
        }
    }

    /// A choice between ways to go on. Another choice than the time before tears the sheet.
    pub(super) fn branch(&mut self, choice: u64) {
        let known = self.at_next(choice, |_| {});
        self.is_torn |= known.is_some_and(|slot| slot.value != choice);
    }

    /// An integer.
    #[inline]
    pub(super) fn integer(&mut self, value: u64) {
        let Some(known) = self.at_next(value, |out| number::push_integer(out, value)) else { return };
        if known.value != value {
            let place = self.text.get_mut(known.place()).unwrap_or_default();
            let fits = number::overwrite_integer(place, known.value, value);
            self.settle(value, fits, |out| number::push_integer(out, value));
        }
    }

    /// Nanoseconds as seconds with nine decimals.
    pub(super) fn seconds(&mut self, nanos: u128) {
        // Nobody lives long enough to see two such values after each other.
        let value = u64::try_from(nanos).unwrap_or(u64::MAX);
        let Some(known) = self.at_next(value, |out| number::push_seconds(out, nanos)) else { return };
        if known.value != value || value == u64::MAX {
            let place = self.text.get_mut(known.place()).unwrap_or_default();
            let fits = value < u64::MAX && number::overwrite_seconds(place, value);
            self.settle(value, fits, |out| number::push_seconds(out, nanos));
        }
    }

    /// Any text that `write` makes of a value.
    pub(super) fn written(&mut self, value: u64, write: impl Fn(&mut Vec<u8>)) {
        if let Some(known) = self.at_next(value, &write)
            && known.value != value
        {
            self.settle(value, false, write);
        }
    }

    /// Any text, which `write` makes each time.
    pub(super) fn any(&mut self, write: impl Fn(&mut Vec<u8>)) {
        if let Some(known) = self.at_next(0, &write) {
            self.replace(self.next - 1, known, write);
        }
    }

    /// A slot whose text comes later, by [`Sheet::amend`].
    pub(super) fn mark(&mut self) -> Mark {
        let mark = Mark(self.next);
        let _ = self.at_next(0, |_| {});
        mark
    }

    /// Gives a marked slot the text that `write` makes of a value.
    pub(super) fn amend(&mut self, mark: Mark, value: u64, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(slot) = self.slots.get_mut(mark.0).filter(|slot| slot.value != value) else { return };
        slot.value = value;
        let known = *slot;
        self.replace(mark.0, known, write);
    }

    /// The slot of this call if it is known; else it is made, and `write` appends its text.
    fn at_next(&mut self, value: u64, write: impl FnOnce(&mut Vec<u8>)) -> Option<Slot> {
        if !self.is_kept {
            self.push(value, write);
            return None;
        }
        let known = self.slots.get(self.next).copied();
        self.next += 1;
        known
    }

    fn push(&mut self, value: u64, write: impl FnOnce(&mut Vec<u8>)) {
        let from = self.text.len();
        write(&mut self.text);
        match (u32::try_from(from), u32::try_from(self.text.len() - from)) {
            (Ok(start), Ok(length)) => self.slots.push(Slot { value, start, length }),
            _ => self.is_torn = true,
        }
        self.next += 1;
    }

    /// Notes the value of the slot that was just passed; its text waits if it did not fit.
    fn settle(&mut self, value: u64, fits: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let number = self.next - 1;
        let Some(slot) = self.slots.get_mut(number) else { return };
        slot.value = value;
        if !fits {
            let known = *slot;
            self.replace(number, known, write);
        }
    }

    /// Overwrites the text of a slot, or lets it wait if it has another length.
    fn replace(&mut self, number: usize, slot: Slot, write: impl FnOnce(&mut Vec<u8>)) {
        let from = self.waiting.len();
        write(&mut self.waiting);
        let text = from..self.waiting.len();
        match (self.text.get_mut(slot.place()), self.waiting.get(text.clone())) {
            (Some(old), Some(fresh)) if old.len() == fresh.len() => {
                old.copy_from_slice(fresh);
                self.waiting.truncate(from);
            }
            _ => self.moves.push(Move { slot: number, text }),
        }
    }

    /// Moves what stands between the texts that have other lengths now, and puts these in.
    ///
    /// First everything goes as far back as all growth together takes, then each piece forward to its place: so no
    /// piece is overwritten before it is read.
    fn make_moves(&mut self) {
        self.moves.sort_unstable_by_key(|one| one.slot);
        let Some(first) = self.moves.first().map(|one| one.slot) else { return };
        let slots = self.slots.get_mut(first..).unwrap_or_default();
        let length_of = |at: usize| slots.get(at - first).map_or(0, |slot| slot.length as usize);
        let growth: usize =
            self.moves.iter().map(|one| one.text.len().saturating_sub(length_of(one.slot))).sum();
        let mut to = slots.first().map_or(0, |slot| slot.start as usize);
        let (mut from, end) = (to + growth, self.text.len() + growth);
        if end > self.text.capacity() {
            self.text.reserve_exact(growth + spare(end));
        }
        self.text.resize(end, 0);
        self.text.copy_within(to..end - growth, from);
        let mut moves = self.moves.drain(..).peekable();
        let (mut taken, mut given) = (0_u32, 0_u32);
        for (number, slot) in (first..).zip(slots) {
            let Some(one) = moves.next_if(|one| one.slot == number) else {
                slot.start = slot.start.wrapping_add(given).wrapping_sub(taken);
                continue;
            };
            let between = from..slot.start as usize + growth;
            self.text.copy_within(between.clone(), to);
            to += between.len();
            from = between.end + slot.length as usize;
            let fresh = self.waiting.get(one.text).unwrap_or_default();
            if let Some(place) = self.text.get_mut(to..to + fresh.len()) {
                place.copy_from_slice(fresh);
            }
            to += fresh.len();
            slot.start = slot.start.wrapping_add(given).wrapping_sub(taken);
            taken = taken.wrapping_add(slot.length);
            slot.length = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
            given = given.wrapping_add(slot.length);
        }
        drop(moves);
        self.text.copy_within(from..end, to);
        self.text.truncate(to + (end - from));
        self.waiting.clear();
    }
}

/// Room for digits to come.
const fn spare(length: usize) -> usize {
    length / 32
}
