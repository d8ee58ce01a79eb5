//! Hot. A hash of words and text under a random seed, a multiplication for each sixteen bytes.

/// Folds `word` into `hash`.
#[inline]
pub(super) fn mix(hash: u64, word: u64) -> u64 {
    fold(hash ^ word, hash.rotate_left(32) ^ FACTOR)
}

/// Folds text and its length into `hash`, sixteen bytes at a time; short text takes one multiplication.
///
/// Both factors depend on the hash so far. With a random seed nobody outside can choose a label that makes one
/// of them zero, which would make the rest of the label set count for nothing.
#[inline]
pub(super) fn mix_bytes(hash: u64, bytes: &[u8]) -> u64 {
    let (mut hash, length) = (hash, bytes.len() as u64);
    if bytes.len() > 16 {
        for chunk in bytes.as_chunks::<16>().0 {
            hash = mix_pair(hash, halves(chunk));
        }
    }
    let last = match (bytes.last_chunk::<16>(), bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(last), ..) => halves(last),
        (None, Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (up_to_seven(bytes), 0),
    };
    mix_pair(hash.wrapping_add(length.wrapping_mul(FACTOR)), last)
}

#[inline]
fn mix_pair(hash: u64, (one, other): (u64, u64)) -> u64 {
    fold(hash ^ one, hash.rotate_left(32) ^ FACTOR ^ other)
}

/// The high and the low half of a product, each bit of which depends on many bits of both factors.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves of the product are used")]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
fn halves(bytes: &[u8; 16]) -> (u64, u64) {
    let whole = u128::from_le_bytes(*bytes);
    #[expect(clippy::cast_possible_truncation, reason = "one half each")]
    (whole as u64, (whole >> 64) as u64)
}

/// Up to seven bytes as one word: two overlapping halves, or one byte after the other.
#[inline]
fn up_to_seven(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Odd, and with about as many ones as zeros: the fractional part of the golden ratio.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_every_byte_counts() {
        let mut seen = std::collections::HashSet::new();
        for length in 0..70 {
            let mut text = vec![b'a'; length];
            assert!(seen.insert(mix_bytes(1, &text)), "{length}");
            for index in 0..length {
                text[index] = b'b';
                assert!(seen.insert(mix_bytes(1, &text)), "{length} {index}");
                text[index] = b'a';
            }
        }
    }
}
