//! Every truncation and every damaged bit of a file of 64 KiB is found.

use super::kept;
use crate::store::finding::Damage;
use crate::store::frame::{self, HEADER_BYTES, Kind};
use crate::store::recovery::{check_snapshot, journal};

const FILE_BYTES: usize = 64 << 10;
const ENTRIES: usize = 16;

fn filling(bytes: usize) -> Vec<u8> {
    (0_u32..).flat_map(|number| number.wrapping_mul(0x9e37_79b9).to_le_bytes()).take(bytes).collect()
}

fn a_snapshot() -> Vec<u8> {
    let (bytes, _) = frame::encode(Kind::Snapshot, 3, 7, &filling(FILE_BYTES - HEADER_BYTES), 0);
    assert_eq!(bytes.len(), FILE_BYTES);
    bytes
}

/// A journal, and where each of its frames ends.
fn a_journal() -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut seal) = frame::encode(Kind::Journal, 3, 7, &[], 0);
    let mut ends = vec![bytes.len()];
    for number in 0..ENTRIES {
        let room = if number + 1 == ENTRIES { FILE_BYTES - bytes.len() } else { FILE_BYTES / ENTRIES };
        let sequence = 8 + number as u64;
        let (entry, next) = frame::encode(Kind::Entry, 3, sequence, &filling(room - HEADER_BYTES), seal);
        bytes.extend(entry);
        ends.push(bytes.len());
        seal = next;
    }
    assert_eq!(bytes.len(), FILE_BYTES);
    (bytes, ends)
}

fn flip_each_bit(bytes: &mut [u8], mut check: impl FnMut(&[u8], usize)) {
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            check(bytes, at);
            bytes[at] ^= 1 << bit;
        }
    }
}

/// The frames of a journal before the damage, and nothing else.
#[track_caller]
fn check_journal(damaged: &[u8], sound: &[u8], ends: &[usize], at: usize) {
    let frames = ends.iter().take_while(|&&end| end <= at).count();
    match journal(damaged, 3) {
        Err(_) => assert_eq!(frames, 0, "byte {at}"),
        Ok(read) => {
            assert_eq!(read.entries.len(), frames - 1, "byte {at}");
            for (entry, frame) in read.entries.iter().zip(ends.windows(2)) {
                assert_eq!(entry.len(), frame[1] - frame[0] - HEADER_BYTES);
                // Before the damage the bytes are the same, so their place is enough.
                assert!(std::ptr::eq(entry.as_ptr(), damaged[frame[0] + HEADER_BYTES..].as_ptr()));
            }
            let end = ends[frames - 1];
            let is_cut_between = damaged.len() == end;
            assert_eq!(read.end.map(|(offset, _)| offset), (!is_cut_between).then_some(end), "byte {at}");
            assert!(damaged.len() < sound.len() || read.end.is_some());
        }
    }
}

#[test]
fn every_damaged_bit_of_a_snapshot_is_found() {
    let mut bytes = a_snapshot();
    assert_eq!(check_snapshot(&bytes, 3), Ok(7));
    flip_each_bit(&mut bytes, |damaged, at| {
        let expected = if at < 4 {
            Damage::Magic
        } else if at < HEADER_BYTES {
            Damage::HeaderChecksum
        } else {
            Damage::PayloadChecksum
        };
        assert_eq!(check_snapshot(damaged, 3), Err((0, expected)), "byte {at}");
    });
    kept("P4", format_args!("each of {} bits of a snapshot of 64 KiB damaged, all found", 8 * FILE_BYTES));
}

#[test]
fn every_truncation_of_a_snapshot_is_found() {
    let bytes = a_snapshot();
    for length in 0..bytes.len() {
        assert_eq!(check_snapshot(&bytes[..length], 3), Err((0, Damage::Truncated)), "{length} bytes");
    }
}

#[test]
fn a_byte_more_is_found() {
    let mut bytes = a_snapshot();
    bytes.push(0);
    assert_eq!(check_snapshot(&bytes, 3), Err((FILE_BYTES, Damage::Trailing)));
    let (mut bytes, _) = a_journal();
    bytes.push(0);
    let read = journal(&bytes, 3).unwrap();
    assert_eq!((read.entries.len(), read.end), (ENTRIES, Some((FILE_BYTES, Damage::Truncated))));
}

#[test]
fn every_damaged_bit_of_a_journal_ends_it_there() {
    let (mut bytes, ends) = a_journal();
    let sound = bytes.clone();
    let whole = journal(&sound, 3).unwrap();
    assert_eq!((whole.follows, whole.entries.len(), whole.end), (7, ENTRIES, None));
    flip_each_bit(&mut bytes, |damaged, at| check_journal(damaged, &sound, &ends, at));
    kept("P4", format_args!("each of {} bits of a journal of 64 KiB damaged, all found", 8 * FILE_BYTES));
}

#[test]
fn every_truncation_of_a_journal_leaves_the_entries_before_it() {
    let (bytes, ends) = a_journal();
    for length in 0..bytes.len() {
        check_journal(&bytes[..length], &bytes, &ends, length);
    }
    kept("P4", format_args!("a journal of 64 KiB cut off at each of {FILE_BYTES} places, each found"));
}
