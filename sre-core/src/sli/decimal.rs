//! Hot. The digits of an integer that is a label, written and read without the heap.

/// Whether `text` is what [`Decimal`] writes for this number; reading is faster than writing.
#[inline]
pub(super) fn reads_as(text: &[u8], is_negative: bool, magnitude: u64) -> bool {
    let digits = match text {
        [b'-', digits @ ..] if is_negative => digits,
        _ if is_negative => return false,
        digits => digits,
    };
    let is_canonical = !matches!(digits, [] | [b'0', _, ..]);
    is_canonical && value_of(digits) == Some(magnitude)
}

#[inline]
fn value_of(digits: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// The decimal digits of a 64-bit integer on the stack, right-aligned.
pub(super) struct Decimal {
    digits: [u8; 20],
    used: usize,
}

impl Decimal {
    pub(super) fn new(is_negative: bool, magnitude: u64) -> Self {
        let mut decimal = Self { digits: [0; 20], used: 0 };
        let mut rest = magnitude;
        let mut free = decimal.digits.iter_mut().rev();
        for slot in free.by_ref() {
            *slot = DIGITS.get((rest % 10) as usize).copied().unwrap_or(b'0');
            decimal.used += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        // The longest negative number has 19 digits, so there is room for its sign.
        if is_negative && let Some(slot) = free.next() {
            *slot = b'-';
            decimal.used += 1;
        }
        decimal
    }

    pub(super) fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        let bytes = self.digits.get(self.digits.len() - self.used..).unwrap_or_default();
        reader(core::str::from_utf8(bytes).unwrap_or_default())
    }
}

const DIGITS: [u8; 10] = *b"0123456789";
