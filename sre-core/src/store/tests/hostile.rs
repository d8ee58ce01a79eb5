//! Whatever the files of a directory hold, reading them ends, takes no more memory than they have bytes, and leaves a
//! directory that can be written to.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::store::frame::{self, HEADER_BYTES, Kind};
use crate::store::fuzzing::{check_directory, held_bytes, read};
use crate::store::model::World;

/// A frame that is sound but says strange things, or one that was changed after it was sealed.
fn hostile_frame() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![Just(Kind::Snapshot), Just(Kind::Journal), Just(Kind::Entry)];
    let number = prop_oneof![0_u64..4, any::<u64>(), Just(u64::MAX), Just(u64::MAX - 1)];
    let patch = (0..HEADER_BYTES, any::<u8>(), any::<bool>());
    let payload = vec(any::<u8>(), 0..40);
    (kind, 0_u64..4, number, payload, any::<u32>(), vec(patch, 0..3)).prop_map(
        |(kind, generation, sequence, payload, previous, patches)| {
            let previous = if kind == Kind::Entry { previous } else { 0 };
            let (mut bytes, _) = frame::encode(kind, generation, sequence, &payload, previous);
            for (at, byte, is_sealed_again) in patches {
                bytes[at] = byte;
                if is_sealed_again {
                    let seal = crc32c::crc32c(&bytes[..36]).to_le_bytes();
                    bytes[36..40].copy_from_slice(&seal);
                }
            }
            bytes
        },
    )
}

/// A journal whose frames follow each other, with any numbers.
fn hostile_journal() -> impl Strategy<Value = Vec<u8>> {
    let entries = vec((vec(any::<u8>(), 0..30), any::<bool>()), 0..6);
    (0_u64..4, prop_oneof![0_u64..8, Just(u64::MAX - 2)], entries).prop_map(
        |(generation, follows, entries)| {
            let (mut bytes, mut seal) = frame::encode(Kind::Journal, generation, follows, &[], 0);
            let mut sequence = follows;
            for (payload, is_next) in entries {
                sequence = sequence.wrapping_add(u64::from(is_next));
                let (entry, next) = frame::encode(Kind::Entry, generation, sequence, &payload, seal);
                bytes.extend(entry);
                seal = next;
            }
            bytes
        },
    )
}

fn hostile_file() -> impl Strategy<Value = Vec<u8>> {
    let frames = || vec(hostile_frame(), 0..4).prop_map(|frames| frames.concat());
    let any_bytes = vec(any::<u8>(), 0..200);
    let cut = |(mut bytes, length): (Vec<u8>, usize)| {
        bytes.truncate(length);
        bytes
    };
    prop_oneof![
        any_bytes,
        frames(),
        (frames(), 0_usize..300).prop_map(cut),
        hostile_journal(),
        (hostile_journal(), 0_usize..300).prop_map(cut),
    ]
}

fn hostile_directory() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let name = prop::sample::select(vec![
        "snapshot-0",
        "snapshot-1",
        "snapshot-2",
        "snapshot-3",
        "journal-0",
        "journal-1",
        "journal-2",
        "journal-3",
        "snapshot.tmp",
        "lock",
        "snapshot-2.corrupt-18446744073709551615",
        "journal-18446744073709551615",
        "elsewhere",
    ]);
    vec((name, hostile_file()), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn any_directory_is_read_and_written(files in hostile_directory()) {
        check_directory(&files);
    }

    #[test]
    fn a_length_is_not_believed(length in any::<u32>(), payload in vec(any::<u8>(), 0..64)) {
        let (mut bytes, _) = frame::encode(Kind::Snapshot, 1, 0, &payload, 0);
        bytes[24..28].copy_from_slice(&length.to_le_bytes());
        let seal = crc32c::crc32c(&bytes[..36]).to_le_bytes();
        bytes[36..40].copy_from_slice(&seal);
        let world = World::with_files([("snapshot-1", &bytes[..])]);
        let (_, recovered) = read(&world);
        prop_assert_eq!(recovered.snapshot.is_some(), length as usize == payload.len());
        prop_assert!(held_bytes(&recovered) <= bytes.len());
    }
}
