//! Pure. One hour of durations as bytes: how much of it was seen, in which buckets, and the counts.

use crate::error::DecodeError;
use crate::histogram::codec::{Reader, write_number};
use crate::histogram::steps::{read_steps, write_steps};
use crate::histogram::{Layout, Snapshot};

/// Seconds of an hour.
pub(super) const HOUR_S: u32 = 3_600;

/// What an hour may take; above it, it is kept in coarser buckets. A full count in every bucket of the coarsest layout
/// takes 1,303 bytes, so this can always be met.
pub(super) const HOUR_BYTES_MAX: usize = 1_408;

/// The coarsest layout; also what an hour without calls is written in, as it has nothing to lose.
const COARSEST: u32 = Layout::BITS_MIN;

/// What was recorded in an hour, and for how long somebody was there to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    /// Seconds without a process; those of several processes together are never fewer than none.
    pub(super) missed_s: u32,
    pub(super) durations: Snapshot,
}

impl Hour {
    /// An hour that nobody has seen anything of.
    pub(super) const fn unseen() -> Self {
        Self { missed_s: HOUR_S, durations: Snapshot::empty(Layout::BITS_6) }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.missed_s = self.missed_s.saturating_add(other.missed_s).saturating_sub(HOUR_S);
        self.durations.merge(&other.durations);
    }

    /// As bytes, in the finest buckets that fit.
    pub(super) fn encode(&self) -> Vec<u8> {
        self.encode_within(self.durations.layout().bits())
    }

    /// The same in buckets of at most so many bits.
    pub(super) fn encode_within(&self, bits_max: u32) -> Vec<u8> {
        let mut bits = bits_max;
        let mut bytes = self.encode_at(bits);
        while bytes.len() > HOUR_BYTES_MAX && bits > COARSEST {
            bits = bits.saturating_sub(1);
            bytes = self.encode_at(bits);
        }
        bytes
    }

    fn encode_at(&self, bits: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        let bits = if self.durations.is_empty() { COARSEST } else { bits };
        write_number(&mut bytes, u128::from(self.missed_s.min(HOUR_S) << 4 | bits));
        match Layout::try_new(bits) {
            Ok(layout) if layout < self.durations.layout() => {
                write_steps(&self.durations.coarsened(layout), &mut bytes);
            }
            _ => write_steps(&self.durations, &mut bytes),
        }
        bytes
    }

    /// # Errors
    ///
    /// [`DecodeError`] for bytes of which not all were written here.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let (missed_s, layout) = read_head(&mut reader)?;
        Ok(Self { missed_s, durations: read_steps(layout, &mut reader)? })
    }
}

/// What was missed of an hour, and the layout of the rest.
pub(super) fn read_head(reader: &mut Reader<'_>) -> Result<(u32, Layout), DecodeError> {
    let head = reader.number()?;
    let bits = (head & 0xf) as u8;
    let layout = Layout::try_new(u32::from(bits)).map_err(|_| DecodeError::Bits { bits })?;
    let missed_s = u32::try_from(head >> 4).ok().filter(|missed_s| *missed_s <= HOUR_S);
    Ok((missed_s.ok_or(DecodeError::Number { offset: 0 })?, layout))
}

/// How fine the buckets of an hour are; the rest is not read.
pub(super) fn bits_of(bytes: &[u8]) -> u32 {
    bytes.first().map_or(COARSEST, |head| u32::from(head & 0xf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_form_always_fits() {
        let layout = Layout::try_new(1).unwrap();
        let zigzag = (0..layout.buckets()).map(|bucket| if bucket % 2 == 0 { u64::MAX } else { 1 });
        let worst = Snapshot::from_counts(layout, 0, zigzag.collect(), u128::MAX);
        let bytes = Hour { missed_s: 3_600, durations: worst }.encode();
        assert_eq!((bytes.len(), bits_of(&bytes)), (1_303, 1));

        let finest = vec![u64::MAX; Layout::BITS_10.buckets()];
        let flood = Snapshot::from_counts(Layout::BITS_10, 0, finest, u128::MAX);
        let bytes = Hour { missed_s: 0, durations: flood.clone() }.encode();
        assert!(bytes.len() <= HOUR_BYTES_MAX);
        let read = Hour::decode(&bytes).unwrap();
        assert_eq!(read.durations, flood.coarsened(read.durations.layout()), "no count is lost");
    }

    #[test]
    fn an_hour_that_was_seen_in_full_without_calls_takes_two_bytes() {
        let idle = Hour { missed_s: 0, ..Hour::unseen() };
        assert_eq!(idle.encode(), [1, 0]);
        assert_eq!(Hour::decode(&[1, 0]).unwrap().missed_s, 0);
    }

    #[test]
    fn processes_see_an_hour_together() {
        let seen = |seconds: u32| Hour { missed_s: HOUR_S - seconds, ..Hour::unseen() };
        for (one, other, missed_s) in [(1_200, 1_800, 600), (3_600, 3_600, 0), (0, 0, 3_600)] {
            let mut both = seen(one);
            both.add(&seen(other));
            assert_eq!(both.missed_s, missed_s, "{one} s and {other} s");
        }
    }

    #[test]
    fn heads_that_nobody_writes_are_refused() {
        assert_eq!(Hour::decode(&[]), Err(DecodeError::Truncated { length: 0 }));
        assert_eq!(Hour::decode(&[0, 0]), Err(DecodeError::Bits { bits: 0 }));
        assert_eq!(Hour::decode(&[11, 0]), Err(DecodeError::Bits { bits: 11 }));
        let mut late = Vec::new();
        write_number(&mut late, 3_601 << 4 | 6);
        late.push(0);
        assert_eq!(Hour::decode(&late), Err(DecodeError::Number { offset: 0 }));
    }
}
