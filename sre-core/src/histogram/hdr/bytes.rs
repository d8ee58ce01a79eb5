//! Pure. Snapshots as the V2 bytes that all ports of HdrHistogram read.

use std::io::Read;

use flate2::read::ZlibDecoder;
use hdrhistogram::serialization::{
    DeserializeError, Deserializer, Serializer, V2DeflateSerializer, V2Serializer,
};

use super::HdrError;
use crate::histogram::Snapshot;

/// Bytes of counts that are read at most; the ports refuse more, too.
const COUNTS_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Cookie, length, offset, figures, lowest and highest value, ratio.
const HEADER_BYTES: usize = 40;
/// One byte more than is allowed, so that the length check refuses the rest.
const READ_BYTES_MAX: usize = HEADER_BYTES + COUNTS_BYTES_MAX + 1;
/// Says that a length and a zlib stream follow.
const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
/// Other ports keep values in an `i64`.
pub(super) const SHARED_MAX_NS: u64 = i64::MAX as u64;

impl Snapshot {
    /// The counts in the V2 format; values above `i64::MAX` ns, 292 years, count as 292 years.
    ///
    /// # Errors
    ///
    /// [`HdrError::Encode`] when a count is above `i64::MAX`.
    pub fn to_hdr_bytes(&self) -> Result<Vec<u8>, HdrError> {
        let histogram = self.to_hdr_up_to(SHARED_MAX_NS)?;
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&histogram, &mut bytes).map_err(HdrError::Encode)?;
        Ok(bytes)
    }

    /// The counts in the compressed V2 format, the one inside interval logs once it is base64.
    ///
    /// # Errors
    ///
    /// [`HdrError::EncodeCompressed`] when a count is above `i64::MAX`.
    pub fn to_hdr_bytes_compressed(&self) -> Result<Vec<u8>, HdrError> {
        let histogram = self.to_hdr_up_to(SHARED_MAX_NS)?;
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&histogram, &mut bytes).map_err(HdrError::EncodeCompressed)?;
        Ok(bytes)
    }

    /// The snapshot in V2 bytes, compressed or not, that any port of HdrHistogram wrote.
    ///
    /// Any bytes may be given. Lengths are checked first: at most 4 MiB of counts are read. A histogram of
    /// three figures takes at most half a MiB on the way, one of five takes 50.
    ///
    /// # Errors
    ///
    /// [`HdrError::Length`], [`HdrError::Io`] or [`HdrError::Decode`] when the bytes are not such a histogram.
    pub fn from_hdr_bytes(bytes: &[u8]) -> Result<Self, HdrError> {
        let mut plain = match bytes.split_at_checked(8) {
            Some((head, stream)) if head.starts_with(&COMPRESSED_COOKIE.to_be_bytes()) => inflate(stream)?,
            _ => bytes.get(..READ_BYTES_MAX).unwrap_or(bytes).to_vec(),
        };
        check_length(&plain)?;
        check_counts(plain.get(HEADER_BYTES..).unwrap_or_default())?;
        repair_javascript(&mut plain);
        let histogram =
            Deserializer::new().deserialize::<u64, _>(&mut plain.as_slice()).map_err(HdrError::Decode)?;
        Ok(Self::from_hdr(&histogram))
    }
}

fn inflate(stream: &[u8]) -> Result<Vec<u8>, HdrError> {
    let mut plain = Vec::new();
    ZlibDecoder::new(stream).take(READ_BYTES_MAX as u64).read_to_end(&mut plain)?;
    Ok(plain)
}

/// The crate allocates what the header claims, so the claim is checked before.
fn check_length(plain: &[u8]) -> Result<(), HdrError> {
    let Some(claimed) = plain.get(4..8).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
    else {
        return Ok(());
    };
    let (actual, limit) = (plain.len().saturating_sub(HEADER_BYTES) as u64, COUNTS_BYTES_MAX as u64);
    let claimed = u64::from(claimed);
    if claimed == actual && actual <= limit {
        Ok(())
    } else {
        Err(HdrError::Length { claimed, actual, limit })
    }
}

/// A count below zero skips so many cells. The crate negates it, which overflows for the least one there is: nine bytes
/// that are all ones.
fn check_counts(mut counts: &[u8]) -> Result<(), HdrError> {
    const LENGTH_MAX: usize = 9;
    while !counts.is_empty() {
        let goes_on = counts.iter().take(LENGTH_MAX - 1).take_while(|byte| **byte >= 0x80).count();
        let (count, rest) = counts.split_at_checked(goes_on.saturating_add(1)).unwrap_or((counts, &[]));
        if count == [0xff; LENGTH_MAX] {
            return Err(HdrError::Decode(DeserializeError::EncodedArrayTooLong));
        }
        counts = rest;
    }
    Ok(())
}

/// The JavaScript port writes the ratio of values to integers, a float, as the integer one. That gives it away,
/// and its index offset of one, by which it does not shift its counts, is then no offset.
fn repair_javascript(plain: &mut [u8]) {
    let Some((fields, _)) = plain.split_first_chunk_mut::<HEADER_BYTES>() else { return };
    let (_, offset_to_ratio) = fields.split_at_mut(8);
    let (offset, figures_to_ratio) = offset_to_ratio.split_at_mut(4);
    let (_, ratio) = figures_to_ratio.split_at_mut(20);
    if *ratio == 1_u64.to_be_bytes() {
        ratio.copy_from_slice(&1_f64.to_be_bytes());
        offset.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Layout;
    use core::time::Duration;

    fn some() -> Snapshot {
        Snapshot::from_durations(Layout::BITS_7, (1..300).map(Duration::from_millis))
    }

    #[track_caller]
    fn check_same_counts(bytes: &[u8], expected: &Snapshot) {
        let back = Snapshot::from_hdr_bytes(bytes).unwrap();
        assert_eq!(back.with_sum_ns(expected.sum_ns()), *expected);
    }

    #[test]
    fn both_forms_come_back() {
        check_same_counts(&some().to_hdr_bytes().unwrap(), &some());
        check_same_counts(&some().to_hdr_bytes_compressed().unwrap(), &some());
        check_same_counts(
            &Snapshot::empty(Layout::BITS_10).to_hdr_bytes().unwrap(),
            &Snapshot::empty(Layout::BITS_10),
        );
    }

    #[test]
    fn a_count_that_skips_all_cells_there_could_be_is_refused() {
        let with = |counts: &[u8]| {
            let mut bytes = some().to_hdr_bytes().unwrap();
            bytes.truncate(HEADER_BYTES);
            bytes.extend(counts);
            bytes[4..8].copy_from_slice(&u32::try_from(counts.len()).unwrap().to_be_bytes());
            Snapshot::from_hdr_bytes(&bytes)
        };
        assert!(with(&[2, 4]).is_ok());
        for counts in
            [[0xff; 9].as_slice(), &[2, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4]]
        {
            assert!(matches!(with(counts), Err(HdrError::Decode(DeserializeError::EncodedArrayTooLong))));
        }
        // Across two counts such bytes are as good as others.
        assert!(with(&[0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).is_ok());
    }

    #[test]
    fn values_past_292_years_are_clamped_so_that_all_ports_can_read_them() {
        let ends = Snapshot::from_durations(Layout::BITS_7, [Duration::from_nanos(u64::MAX)]);
        let bytes = ends.to_hdr_bytes().unwrap();
        assert_eq!(bytes[24..32], i64::MAX.to_be_bytes());
        let back = Snapshot::from_hdr_bytes(&bytes).unwrap();
        assert_eq!(back.quantile_bucket(1.0).unwrap().upper_ns(), SHARED_MAX_NS);
    }

    #[test]
    fn counts_past_the_format_are_an_error() {
        let full = Snapshot::from_counts(Layout::BITS_7, 5, vec![u64::MAX], 0);
        assert!(matches!(full.to_hdr_bytes(), Err(HdrError::Encode(_))));
        assert!(matches!(full.to_hdr_bytes_compressed(), Err(HdrError::EncodeCompressed(_))));
    }

    #[test]
    fn a_claimed_length_is_refused_before_it_is_allocated() {
        let mut bytes = some().to_hdr_bytes().unwrap();
        bytes[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(
            matches!(Snapshot::from_hdr_bytes(&bytes), Err(HdrError::Length { claimed, .. }) if claimed == u64::from(u32::MAX))
        );
    }

    #[test]
    fn the_header_of_the_javascript_port_is_read_and_no_other_odd_one() {
        let ours = some().to_hdr_bytes().unwrap();
        let with = |offset: u32, ratio: [u8; 8]| {
            let mut bytes = ours.clone();
            bytes[8..12].copy_from_slice(&offset.to_be_bytes());
            bytes[32..40].copy_from_slice(&ratio);
            bytes
        };
        assert_eq!(with(0, 1_f64.to_be_bytes()), ours);
        check_same_counts(&with(1, 1_u64.to_be_bytes()), &some());
        for odd in [with(1, 1_f64.to_be_bytes()), with(0, 2_f64.to_be_bytes()), with(0, 2_u64.to_be_bytes())]
        {
            assert!(matches!(Snapshot::from_hdr_bytes(&odd), Err(HdrError::Decode(_))));
        }
    }

    #[test]
    fn a_zlib_bomb_is_refused() {
        use std::io::Write as _;
        let mut bytes = COMPRESSED_COOKIE.to_be_bytes().to_vec();
        bytes.extend([0; 4]);
        let mut encoder = flate2::write::ZlibEncoder::new(bytes, flate2::Compression::fast());
        for _ in 0..64 {
            encoder.write_all(&vec![0; 1_024 * 1_024]).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 1_024 * 1_024);
        let error = Snapshot::from_hdr_bytes(&bomb).unwrap_err();
        assert!(
            matches!(error, HdrError::Length { actual, .. } if actual == COUNTS_BYTES_MAX as u64 + 1),
            "{error}"
        );
    }

    #[test]
    fn other_bytes_are_an_error() {
        assert!(matches!(Snapshot::from_hdr_bytes(&[]), Err(HdrError::Decode(_))));
        assert!(matches!(Snapshot::from_hdr_bytes(b"HISTFAAAA"), Err(HdrError::Length { .. })));
    }
}
