//! Pure. Counts as bytes by the steps from one bucket to the next: how the hours of a month are kept.
//!
//! Where many values fall into each bucket, neighbours hold nearly the same, and a step takes fewer bytes than a count:
//! a fifth less than [`Snapshot::encode`] needs for an hour of a million calls. What that is for, single snapshots that
//! travel, has few values to each bucket, and steps gain nothing there.
//!
//! | Field | Form |
//! |---|---|
//! | sum of the values in nanoseconds | number |
//! | bucket of the first count | number, absent without counts |
//! | the first count, minus one | number |
//! | one token after the other, to the end | |
//!
//! Numbers are those of the [codec](super::codec). The token 0 is a run of empty buckets; the length of the run and the
//! count behind it, minus one, follow it. Any other token is one more than a step to the next count: `2 * n` up by `n`,
//! `2 * n - 1` down by `n`. A step never leads to an empty bucket, runs are not split, and none is at the end: equal
//! counts have equal bytes, and other bytes are refused.

use super::blocks::{BLOCK, Blocks};
use super::codec::{Reader, write_number};
use super::layout::Layout;
use super::snapshot::Snapshot;
use crate::error::DecodeError;

/// Appends the counts and the sum; the layout is for the caller to write.
pub(super) fn write_steps(snapshot: &Snapshot, bytes: &mut Vec<u8>) {
    write_number(bytes, snapshot.sum_ns());
    let (first, counts) = snapshot.run();
    if counts.is_empty() {
        return;
    }
    write_number(bytes, first as u128);
    let (mut before, mut empty) = (None, 0_u128);
    for &count in counts {
        if count == 0 {
            empty += 1;
            continue;
        }
        if empty > 0 {
            write_number(bytes, 0);
            write_number(bytes, empty);
            (before, empty) = (None, 0);
        }
        let more = u128::from(count);
        write_number(bytes, before.map_or(more - 1, |before| 1 + step(before, more)));
        before = Some(more);
    }
}

/// Ups are even, downs odd.
const fn step(before: u128, count: u128) -> u128 {
    if count >= before { 2 * (count - before) } else { 2 * (before - count) - 1 }
}

/// The snapshot of which the rest of the bytes is.
///
/// Allocates at most the buckets of the layout, whatever the bytes claim.
pub(super) fn read_steps(layout: Layout, reader: &mut Reader<'_>) -> Result<Snapshot, DecodeError> {
    let mut counts = Vec::new();
    let (block, sum_ns) = read_counts(layout, reader, &mut counts)?;
    Ok(Snapshot::from_blocks(layout, Blocks::from_counts(block, counts), sum_ns))
}

/// The same into counts that may have been others before; returns the block that they begin with, and the sum.
pub(super) fn read_counts(
    layout: Layout,
    reader: &mut Reader<'_>,
    counts: &mut Vec<u64>,
) -> Result<(usize, u128), DecodeError> {
    counts.clear();
    let sum_ns = reader.number()?;
    if reader.at_end() {
        return Ok((0, sum_ns));
    }
    let first = reader.bucket(layout)?;
    let leading = first % BLOCK;
    counts.resize(leading, 0);
    let room = leading + layout.buckets() - first;
    counts.push(behind_nothing(reader)?);
    while !reader.at_end() {
        let offset = reader.offset();
        let token = reader.number()?;
        let count = if token == 0 {
            let length = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
            if length == 0 {
                return Err(DecodeError::NotShortest { offset });
            }
            if length >= room - counts.len() {
                return Err(DecodeError::PastLastBucket { offset });
            }
            counts.resize(counts.len() + length, 0);
            behind_nothing(reader)?
        } else {
            let before = counts.last().copied().unwrap_or(0);
            step_from(before, token - 1).ok_or(DecodeError::Number { offset })?
        };
        if counts.len() >= room {
            return Err(DecodeError::PastLastBucket { offset });
        }
        counts.push(count);
    }
    Ok((first / BLOCK, sum_ns))
}

/// The first count, or one behind a run.
fn behind_nothing(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let offset = reader.offset();
    let count = reader.number()?.checked_add(1).and_then(|count| u64::try_from(count).ok());
    count.ok_or(DecodeError::Number { offset })
}

/// Where a step leads; `None` if to no count.
fn step_from(before: u64, step: u128) -> Option<u64> {
    let by = u64::try_from(step.div_ceil(2)).ok()?;
    let count = if step.is_multiple_of(2) { before.checked_add(by) } else { before.checked_sub(by) };
    count.filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(snapshot: &Snapshot) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_steps(snapshot, &mut bytes);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Snapshot, DecodeError> {
        read_steps(Layout::BITS_6, &mut Reader::new(bytes))
    }

    fn six(first: usize, counts: &[u64], sum_ns: u128) -> Snapshot {
        Snapshot::from_counts(Layout::BITS_6, first, counts.to_vec(), sum_ns)
    }

    #[track_caller]
    fn check_form(snapshot: &Snapshot, bytes: &[u8]) {
        assert_eq!(encode(snapshot), bytes);
        assert_eq!(decode(bytes).as_ref(), Ok(snapshot));
    }

    #[track_caller]
    fn check_refused(bytes: &[u8], error: DecodeError) {
        assert_eq!(decode(bytes), Err(error), "{bytes:?}");
    }

    #[test]
    fn the_form_is_the_documented_one() {
        check_form(&six(0, &[], 0), &[0]);
        check_form(&six(5, &[1], 5), &[5, 5, 0]);
        check_form(&six(200, &[3, 5, 5, 4], 0), &[0, 0xc8, 1, 2, 1 + 4, 1, 1 + 1]);
        check_form(&six(7, &[9, 0, 0, 0, 2, 1], 0), &[0, 7, 8, 0, 3, 1, 1 + 1]);
    }

    #[test]
    fn the_largest_steps_survive() {
        let extremes: Vec<u64> = [1, u64::MAX, 0, u64::MAX, 1].to_vec();
        let full = six(Layout::BITS_6.buckets() - 5, &extremes, u128::MAX);
        assert_eq!(decode(&encode(&full)), Ok(full));
    }

    #[test]
    fn damage_is_named() {
        check_refused(&[], DecodeError::Truncated { length: 0 });
        check_refused(&[0, 5], DecodeError::Truncated { length: 2 });
        check_refused(&[0, 5, 0, 0], DecodeError::Truncated { length: 4 });
        check_refused(&[0, 5, 0, 0, 1], DecodeError::Truncated { length: 5 });
        check_refused(&[0, 0xc0, 0x1d, 2], DecodeError::PastLastBucket { offset: 1 });
        check_refused(&[0, 0xbf, 0x1d, 2, 1], DecodeError::PastLastBucket { offset: 4 });
        check_refused(&[0, 0xbe, 0x1d, 2, 0, 1, 0], DecodeError::PastLastBucket { offset: 4 });
        check_refused(&[0, 5, 0, 0, 0, 1], DecodeError::NotShortest { offset: 3 });
        // Down by one from one, and by two.
        check_refused(&[0, 5, 0, 2], DecodeError::Number { offset: 3 });
        check_refused(&[0, 5, 0, 4], DecodeError::Number { offset: 3 });
    }

    #[test]
    fn a_claimed_run_allocates_nothing() {
        let mut bytes = vec![0, 0, 2, 0];
        write_number(&mut bytes, u128::MAX);
        bytes.push(2);
        check_refused(&bytes, DecodeError::PastLastBucket { offset: 3 });
    }

    fn count() -> impl Strategy<Value = u64> {
        prop_oneof![3 => Just(0), 3 => 1_u64..5, 3 => 100_u64..40_000, 1 => any::<u64>()]
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(first in 0_usize..3_900, counts in prop::collection::vec(count(), 0..200)) {
            let snapshot = six(first, &counts, 77);
            prop_assert_eq!(decode(&encode(&snapshot)), Ok(snapshot));
        }

        #[test]
        fn any_bytes_are_refused_or_the_only_form(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(snapshot) = decode(&bytes) {
                prop_assert_eq!(encode(&snapshot), bytes);
            }
        }
    }
}
