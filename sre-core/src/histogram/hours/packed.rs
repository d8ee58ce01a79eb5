//! Pure. Many hours in one run of bytes.
//!
//! For each hour, oldest first: its distance from the one before, the length of its bytes, the bytes. Numbers are those
//! of the codec; the first distance is from 1970.

use std::borrow::Cow;

use super::Bytes;
use super::hour::HOUR_BYTES_MAX;
use crate::histogram::codec::{Reader, write_number};

/// The most that an hour takes beside its bytes, but for the first one, which takes three bytes more at most.
pub(super) const FRAME: usize = 4;

/// What an hour takes, at most.
pub(super) const fn framed(bytes: &[u8]) -> usize {
    bytes.len().saturating_add(FRAME)
}

/// An hour by its number.
pub(super) type Entry<'a> = (u32, Cow<'a, [u8]>);

/// Packs hours that come in order.
pub(super) fn pack(hours: &[Entry<'_>]) -> Bytes {
    let mut packed = Vec::with_capacity(hours.iter().map(|(_, bytes)| framed(bytes)).sum());
    let mut before = 0;
    for (number, bytes) in hours {
        write_number(&mut packed, u128::from(number.saturating_sub(before)));
        write_number(&mut packed, bytes.len() as u128);
        packed.extend_from_slice(bytes);
        before = *number;
    }
    packed.into()
}

/// The hours, up to the first that is damaged.
pub(super) fn entries(packed: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut reader = Reader::new(packed);
    let mut before = None;
    core::iter::from_fn(move || {
        let entry = next(&mut reader, before)?;
        before = Some(entry.0);
        Some(entry)
    })
}

/// Whether all of it is hours.
pub(super) fn is_sound(packed: &[u8]) -> bool {
    let mut reader = Reader::new(packed);
    let mut before = None;
    while !reader.at_end() {
        let entry = next(&mut reader, before).filter(|(_, bytes)| bytes.len() <= HOUR_BYTES_MAX);
        let Some((number, _)) = entry else { return false };
        before = Some(number);
    }
    true
}

fn next<'a>(reader: &mut Reader<'a>, before: Option<u32>) -> Option<(u32, &'a [u8])> {
    let distance = u32::try_from(reader.number().ok()?).ok()?;
    let number = match before {
        None => distance,
        Some(before) => before.checked_add(distance).filter(|number| *number > before)?,
    };
    let length = usize::try_from(reader.number().ok()?).ok()?;
    Some((number, reader.bytes(length).ok()?))
}
