//! Valid bytes with a few things wrong with them.

use proptest::collection::vec;
use proptest::prelude::*;

/// A change at a place, which is taken modulo the length.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    Overwrite(usize, u8),
    Insert(usize, u8),
    Remove(usize),
    Truncate(usize),
}

/// Up to eight changes; cutting off the rest is as likely as anything else.
pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Edit::Overwrite(at, byte)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        any::<usize>().prop_map(Edit::Remove),
        any::<usize>().prop_map(Edit::Truncate),
    ];
    vec(edit, 0..8)
}

/// The bytes after all changes, one after the other.
pub(crate) fn mutated(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let room = bytes.len() + 1;
        match *edit {
            Edit::Insert(at, byte) => bytes.insert(at % room, byte),
            Edit::Truncate(at) => bytes.truncate(at % room),
            Edit::Overwrite(..) | Edit::Remove(_) if bytes.is_empty() => {}
            Edit::Overwrite(at, byte) => {
                let at = at % bytes.len();
                bytes.splice(at..=at, [byte]);
            }
            Edit::Remove(at) => {
                bytes.remove(at % bytes.len());
            }
        }
    }
    bytes
}
