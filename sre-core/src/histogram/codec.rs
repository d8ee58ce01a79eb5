//! Pure. Snapshots as bytes, for the journal and for compact interval histograms.
//!
//! | Field | Form |
//! |---|---|
//! | version | one byte, 1 |
//! | bits of the layout | one byte, 1 to 10 |
//! | sum of the values in nanoseconds | number |
//! | bucket of the first count | number, absent without counts |
//! | counts in bucket order | tokens to the end of the bytes, absent without counts |
//!
//! A number has seven bits per byte, least significant first, and the high bit of each byte but the last set
//! (LEB128). A token is a number: `2 * count` for one bucket, or `2 * n - 1` for a run of `n` empty ones. The
//! first and the last token are counts, runs are never split, numbers are never padded: equal snapshots have
//! equal bytes, and other bytes are refused.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use super::blocks::{BLOCK, Blocks};
use super::layout::Layout;
use super::snapshot::Snapshot;
use crate::error::DecodeError;

/// The form written here, and the only one read.
const VERSION: u8 = 1;

impl Snapshot {
    /// The snapshot as bytes: one or two for a bucket of a few thousand values, one or two for a gap.
    ///
    /// Equal snapshots give equal bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use sre_core::histogram::{Layout, Snapshot};
    ///
    /// let interval = Snapshot::from_durations(Layout::default(), (1..=1_000).map(Duration::from_millis));
    /// let bytes = interval.encode();
    /// assert!(bytes.len() < 600);
    /// assert_eq!(Snapshot::decode(&bytes)?, interval);
    /// # Ok::<(), sre_core::histogram::DecodeError>(())
    /// ```
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "twice a `u64`, and twice a number of buckets, are far below 2^128"
    )]
    pub fn encode(&self) -> Vec<u8> {
        let (first, counts) = self.run();
        let mut bytes = Vec::with_capacity(counts.len().saturating_add(16));
        bytes.push(VERSION);
        bytes.extend(u8::try_from(self.layout().bits()));
        write_number(&mut bytes, self.sum_ns());
        if counts.is_empty() {
            return bytes;
        }
        write_number(&mut bytes, first as u128);
        let mut empty = 0;
        for &count in counts {
            if count == 0 {
                empty += 1;
                continue;
            }
            if empty > 0 {
                write_number(&mut bytes, 2 * empty - 1);
                empty = 0;
            }
            write_number(&mut bytes, 2 * u128::from(count));
        }
        bytes
    }

    /// The snapshot that [`encode`](Self::encode) turned into these bytes.
    ///
    /// Any bytes may be given. What is allocated follows the buckets of the layout that the bytes name, never
    /// a length they claim: at most 30,680 bytes at 6 bits and 457,600 at 10, twice that while growing.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are cut off, damaged, written by a newer release, or followed by more.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(DecodeError::Version { version });
        }
        let bits = reader.byte()?;
        let layout = Layout::try_new(u32::from(bits)).map_err(|_| DecodeError::Bits { bits })?;
        let sum_ns = reader.number()?;
        if reader.at_end() {
            return Ok(Self::empty(layout).with_sum_ns(sum_ns));
        }
        let first = reader.bucket(layout)?;
        let counts = reader.counts(first % BLOCK, layout.buckets().saturating_sub(first))?;
        Ok(Self::from_blocks(layout, Blocks::from_counts(first / BLOCK, counts), sum_ns))
    }
}

/// Seven bits per byte, least significant first.
pub(super) fn write_number(bytes: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        bytes.push(low_seven(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low_seven(number));
}

const fn low_seven(number: u128) -> u8 {
    (number & 0x7f) as u8
}

/// Fields of bytes that may be anything, one after the other.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Where it is.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// So many of the bytes that follow.
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.offset.checked_add(length);
        let bytes = end.and_then(|end| self.bytes.get(self.offset..end));
        self.offset = end.unwrap_or(usize::MAX);
        bytes.ok_or(DecodeError::Truncated { length: self.bytes.len() })
    }

    pub(super) fn at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = self.bytes.get(self.offset).copied();
        self.offset = self.offset.saturating_add(1);
        byte.ok_or(DecodeError::Truncated { length: self.bytes.len() })
    }

    /// A number of at most 128 bits in its shortest form.
    pub(super) fn number(&mut self) -> Result<u128, DecodeError> {
        let offset = self.offset;
        // Most numbers are short, and 128-bit shifts are slow.
        match self.bytes.get(offset..) {
            Some(&[low, ..]) if low < 0x80 => {
                self.offset = offset.saturating_add(1);
                return Ok(u128::from(low));
            }
            Some(&[low, high @ 1..0x80, ..]) => {
                self.offset = offset.saturating_add(2);
                return Ok(u128::from(low & 0x7f) | u128::from(high) << 7);
            }
            _ => {}
        }
        let mut number = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if bits.leading_zeros() < shift || (byte == 0 && shift > 0) {
                return Err(DecodeError::Number { offset });
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(DecodeError::Number { offset })
    }

    /// The number of a bucket that exists in `layout`.
    pub(super) fn bucket(&mut self, layout: Layout) -> Result<usize, DecodeError> {
        let offset = self.offset;
        let index = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if index < layout.buckets() { Ok(index) } else { Err(DecodeError::PastLastBucket { offset }) }
    }

    /// Tokens to the end of the bytes: at least one, for at most `room` buckets, after `leading` empty ones.
    fn counts(&mut self, leading: usize, room: usize) -> Result<Vec<u64>, DecodeError> {
        let room = leading.saturating_add(room);
        let rest = self.bytes.len().saturating_sub(self.offset);
        let likely = leading.saturating_add(rest).min(room);
        let mut counts = Vec::with_capacity(likely.next_multiple_of(BLOCK));
        counts.resize(leading, 0);
        loop {
            self.short_counts(&mut counts, room);
            if self.at_end() && counts.last().is_some_and(|&count| count > 0) {
                return Ok(counts);
            }
            let offset = self.offset;
            let token = self.number()?;
            let after_run = counts.last().is_none_or(|&count| count == 0);
            if token == 0 || (token % 2 == 1 && (after_run || self.at_end())) {
                return Err(DecodeError::NotShortest { offset });
            }
            let (length, count) = match token % 2 {
                0 => (1, u64::try_from(token / 2).map_err(|_| DecodeError::Number { offset })?),
                _ => (usize::try_from(token.div_ceil(2)).unwrap_or(usize::MAX), 0),
            };
            if length > room.saturating_sub(counts.len()) {
                return Err(DecodeError::PastLastBucket { offset });
            }
            let longer = counts.len().saturating_add(length);
            if longer > counts.capacity() {
                // Doubling like any vector, but never past the last bucket.
                let doubled = longer.max(counts.len().saturating_mul(2)).min(room);
                counts.reserve_exact(doubled.next_multiple_of(BLOCK).saturating_sub(counts.len()));
            }
            counts.resize(longer, count);
        }
    }

    /// As many counts below 8,192, of one byte or two, as there are room and capacity for: nearly all.
    fn short_counts(&mut self, counts: &mut Vec<u64>, room: usize) {
        let mut rest = self.bytes.get(self.offset..).unwrap_or_default();
        while counts.len() < counts.capacity().min(room) {
            let (token, tail) = match *rest {
                [low @ 1..0x80, ref tail @ ..] => (u64::from(low), tail),
                [low @ 0x80..=0xff, high @ 1..0x80, ref tail @ ..] => {
                    (u64::from(low & 0x7f) | u64::from(high) << 7, tail)
                }
                _ => break,
            };
            if token % 2 == 1 {
                break;
            }
            counts.push(token / 2);
            rest = tail;
        }
        self.offset = self.bytes.len().saturating_sub(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_form(snapshot: &Snapshot, bytes: &[u8]) {
        assert_eq!(snapshot.encode(), bytes);
        assert_eq!(Snapshot::decode(bytes).as_ref(), Ok(snapshot));
    }

    #[track_caller]
    fn check_refused(bytes: &[u8], error: DecodeError) {
        assert_eq!(Snapshot::decode(bytes), Err(error), "{bytes:?}");
    }

    #[test]
    fn the_form_is_the_documented_one() {
        let six = |first, counts, sum| Snapshot::from_counts(Layout::BITS_6, first, counts, sum);
        check_form(&Snapshot::empty(Layout::BITS_10), &[1, 10, 0]);
        check_form(&Snapshot::empty(Layout::BITS_6).with_sum_ns(300), &[1, 6, 0xac, 2]);
        check_form(&six(5, vec![1], 5), &[1, 6, 5, 5, 2]);
        check_form(&six(200, vec![3, 0, 0, 0, 64], 0), &[1, 6, 0, 0xc8, 1, 6, 5, 0x80, 1]);
    }

    #[test]
    fn the_largest_numbers_survive() {
        let layout = Layout::BITS_10;
        let last = layout.buckets() - 1;
        let mut counts = vec![0; layout.buckets()];
        counts[0] = u64::MAX;
        counts[last] = u64::MAX;
        let full = Snapshot::from_counts(layout, 0, counts, u128::MAX);
        assert_eq!(Snapshot::decode(&full.encode()), Ok(full));
    }

    #[test]
    fn damage_is_named() {
        check_refused(&[], DecodeError::Truncated { length: 0 });
        check_refused(&[1, 6], DecodeError::Truncated { length: 2 });
        check_refused(&[1, 6, 0x80], DecodeError::Truncated { length: 3 });
        check_refused(&[1, 6, 0, 0], DecodeError::Truncated { length: 4 });
        check_refused(&[2, 6, 0], DecodeError::Version { version: 2 });
        check_refused(&[1, 0, 0], DecodeError::Bits { bits: 0 });
        check_refused(&[1, 11, 0], DecodeError::Bits { bits: 11 });
        check_refused(&[1, 6, 0x80, 0], DecodeError::Number { offset: 2 });
        check_refused(&[1, 6, 0, 0xc0, 0x1d, 2], DecodeError::PastLastBucket { offset: 3 });
        check_refused(&[1, 6, 0, 0xbf, 0x1d, 2, 2], DecodeError::PastLastBucket { offset: 6 });
        check_refused(&[1, 6, 0, 5, 0], DecodeError::NotShortest { offset: 4 });
        check_refused(&[1, 6, 0, 5, 2, 0, 2], DecodeError::NotShortest { offset: 5 });
        check_refused(&[1, 6, 0, 5, 1, 2], DecodeError::NotShortest { offset: 4 });
        check_refused(&[1, 6, 0, 5, 2, 1], DecodeError::NotShortest { offset: 5 });
        check_refused(&[1, 6, 0, 5, 2, 1, 1, 2], DecodeError::NotShortest { offset: 6 });
    }

    #[test]
    fn numbers_past_their_field_are_refused() {
        let mut sum = vec![1, 6];
        sum.extend([0xff; 18]);
        sum.push(0x03);
        assert_eq!(Snapshot::decode(&sum).map(|snapshot| snapshot.sum_ns()), Ok(u128::MAX));
        sum[20] = 0x07;
        check_refused(&sum, DecodeError::Number { offset: 2 });

        let mut count = vec![1, 6, 0, 5];
        write_number(&mut count, 2 << 64);
        check_refused(&count, DecodeError::Number { offset: 4 });
    }

    #[test]
    fn a_claimed_run_allocates_nothing() {
        // A run of 2^127 empty buckets in 19 bytes.
        let mut bytes = vec![1, 6, 0, 0, 2];
        write_number(&mut bytes, u128::MAX);
        bytes.push(2);
        check_refused(&bytes, DecodeError::PastLastBucket { offset: 5 });
    }

    #[test]
    fn the_stated_most_that_decoding_holds() {
        assert_eq!(Layout::BITS_6.buckets() * size_of::<u64>(), 30_208);
        assert_eq!(Layout::BITS_10.buckets() * size_of::<u64>(), 450_560);
    }
}
