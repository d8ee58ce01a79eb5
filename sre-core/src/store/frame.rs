//! Pure. Frames: what every file of a state directory consists of.
//!
//! A frame is a header of 40 bytes and a payload. Numbers are little-endian.
//!
//! | Byte | Length | Field |
//! |---|---|---|
//! | 0 | 4 | magic, `93 53 52 45` |
//! | 4 | 1 | major version, 1 |
//! | 5 | 1 | minor version, 0 |
//! | 6 | 1 | kind: 1 snapshot, 2 start of a journal, 3 entry |
//! | 7 | 1 | reserved, 0 |
//! | 8 | 8 | generation |
//! | 16 | 8 | sequence: of the entry; of the last entry contained or preceding for the other kinds |
//! | 24 | 4 | length of the payload |
//! | 28 | 4 | CRC-32C of the payload |
//! | 32 | 4 | seal of the frame before, 0 in the first of a file |
//! | 36 | 4 | seal: CRC-32C of bytes 0 to 35 |
//!
//! The seal has its own place because a damaged length must be found with certainty, not with the probability that
//! a checksum of some other stretch of bytes fails. It goes into the next frame, so that blocks of an older file that
//! the disk left behind a torn end are never taken for its continuation.

use super::FILE_BYTES_MAX;
use super::finding::Damage;

/// The version written, and the newest that is read.
pub(super) const MAJOR: u8 = 1;

const MINOR: u8 = 0;
const MAGIC: [u8; 4] = *b"\x93SRE";
pub(super) const HEADER_BYTES: usize = 40;
const SEALED_BYTES: usize = HEADER_BYTES - 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Snapshot = 1,
    Journal = 2,
    Entry = 3,
}

/// A frame that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) generation: u64,
    pub(super) sequence: u64,
    pub(super) payload: &'a [u8],
    pub(super) seal: u32,
}

/// The bytes of a frame, and its seal. The payload is at most as long as a file may be.
pub(super) fn encode(
    kind: Kind,
    generation: u64,
    sequence: u64,
    payload: &[u8],
    previous: u32,
) -> (Vec<u8>, u32) {
    debug_assert!(payload.len() as u64 <= FILE_BYTES_MAX);
    // A length that is wrong makes a frame that is refused.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER_BYTES.saturating_add(payload.len()));
    bytes.extend(MAGIC);
    bytes.extend([MAJOR, MINOR, kind as u8, 0]);
    bytes.extend(generation.to_le_bytes());
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(crc32c::crc32c(payload).to_le_bytes());
    bytes.extend(previous.to_le_bytes());
    let seal = crc32c::crc32c(&bytes);
    bytes.extend(seal.to_le_bytes());
    bytes.extend(payload);
    (bytes, seal)
}

/// The frame at the start of the bytes, if it is of this kind and follows the frame with the seal `previous`.
pub(super) fn decode(bytes: &[u8], kind: Kind, previous: u32) -> Result<Frame<'_>, Damage> {
    let header = header(bytes)?;
    if header.kind != kind as u8 || header.previous != previous {
        return Err(Damage::Misplaced);
    }
    let length = usize::try_from(header.length).map_err(|_| Damage::Truncated)?;
    let payload = bytes.get(HEADER_BYTES..).and_then(|rest| rest.get(..length)).ok_or(Damage::Truncated)?;
    if crc32c::crc32c(payload) != header.payload_crc {
        return Err(Damage::PayloadChecksum);
    }
    Ok(Frame { generation: header.generation, sequence: header.sequence, payload, seal: header.seal })
}

/// Whether a sound header of this generation stands anywhere in the bytes.
pub(super) fn occurs_in(bytes: &[u8], generation: u64) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.windows(MAGIC.len()).position(|window| window == MAGIC) {
        rest = rest.get(at..).unwrap_or_default();
        if header(rest).is_ok_and(|header| header.generation == generation) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

struct Header {
    kind: u8,
    generation: u64,
    sequence: u64,
    length: u32,
    payload_crc: u32,
    previous: u32,
    seal: u32,
}

/// The header, its seal checked first and its version next: a damaged version is damage, not a newer release.
fn header(bytes: &[u8]) -> Result<Header, Damage> {
    let mut fields = Fields(bytes.get(..HEADER_BYTES).ok_or(Damage::Truncated)?);
    if fields.take()? != MAGIC {
        return Err(Damage::Magic);
    }
    let [major, _minor, kind, _reserved] = fields.take()?;
    let header = Header {
        kind,
        generation: u64::from_le_bytes(fields.take()?),
        sequence: u64::from_le_bytes(fields.take()?),
        length: u32::from_le_bytes(fields.take()?),
        payload_crc: u32::from_le_bytes(fields.take()?),
        previous: u32::from_le_bytes(fields.take()?),
        seal: u32::from_le_bytes(fields.take()?),
    };
    if bytes.get(..SEALED_BYTES).map(crc32c::crc32c) != Some(header.seal) {
        return Err(Damage::HeaderChecksum);
    }
    match major {
        MAJOR => Ok(header),
        0 => Err(Damage::Misplaced),
        major => Err(Damage::Version { major }),
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (field, rest) = self.0.split_first_chunk().ok_or(Damage::Truncated)?;
        self.0 = rest;
        Ok(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(payload: &[u8], previous: u32) -> Vec<u8> {
        encode(Kind::Entry, 5, 9, payload, previous).0
    }

    #[test]
    fn a_frame_comes_back() {
        for payload in [&b""[..], b"x", &[7; 70_000]] {
            let mut bytes = entry(payload, 11);
            bytes.extend(b"more");
            let frame = decode(&bytes, Kind::Entry, 11).unwrap();
            assert_eq!((frame.generation, frame.sequence, frame.payload), (5, 9, payload));
        }
    }

    /// Computed with the table of another implementation: RFC 3720, section B.4.
    #[test]
    fn the_checksum_is_the_one_of_castagnoli() {
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn a_frame_of_another_place_is_refused() {
        let bytes = entry(b"payload", 11);
        assert_eq!(decode(&bytes, Kind::Journal, 11), Err(Damage::Misplaced));
        assert_eq!(decode(&bytes, Kind::Entry, 12), Err(Damage::Misplaced));
    }

    #[test]
    fn a_version_is_believed_only_under_its_seal() {
        let mut bytes = entry(b"payload", 0);
        bytes[4] = 2;
        assert_eq!(decode(&bytes, Kind::Entry, 0), Err(Damage::HeaderChecksum));
        let seal = crc32c::crc32c(&bytes[..36]).to_le_bytes();
        bytes[36..40].copy_from_slice(&seal);
        assert_eq!(decode(&bytes, Kind::Entry, 0), Err(Damage::Version { major: 2 }));
    }

    #[test]
    fn a_newer_minor_version_is_read() {
        let mut bytes = entry(b"payload", 0);
        (bytes[5], bytes[7]) = (9, 9);
        let seal = crc32c::crc32c(&bytes[..36]).to_le_bytes();
        bytes[36..40].copy_from_slice(&seal);
        assert_eq!(decode(&bytes, Kind::Entry, 0).unwrap().payload, b"payload");
    }

    #[test]
    fn a_header_is_found_behind_rubbish() {
        let mut bytes = b"\x93SRE\x93SR".to_vec();
        bytes.extend(entry(b"payload", 11));
        assert!(occurs_in(&bytes, 5));
        assert!(!occurs_in(&bytes, 6));
        assert!(!occurs_in(&bytes[..46], 5));
        assert!(!occurs_in(b"", 5));
    }
}
