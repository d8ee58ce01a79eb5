//! Hot. What a labelled family asks of its labels: a place in a table, or a hash and a comparison.
//!
//! Nothing here allocates. A family answers a lookup by the cheapest way its labels allow:
//!
//! 1. [`Labels::DENSE`] is some size: all fields are closed sets, [`Labels::dense_index`] is the answer.
//! 2. [`Labels::identity`] is some words: equal words mean equal labels, so a small memo answers without
//!    reading the text.
//! 3. Otherwise [`Labels::content_hash`] finds the candidates and [`Labels::matches`] decides.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use crate::sli::decimal::{Decimal, reads_as};
use crate::sli::mixing::{mix, mix_bytes};

/// Words that are equal only for equal labels, without reading any text; see [`Labels::identity`].
pub type Identity = [u64; 4];

/// The labels of one member of a family; written by `#[derive(Labels)]` on a struct.
///
/// The field names are the label names, in the order of the fields; `#[label(rename = "...")]` changes one.
/// Fields are closed enums (`#[derive(Labels)]` on an enum without data), `bool`, integers, and text: `&str`,
/// `String`, `Box<str>`, `Cow<str>`, `Arc<str>`. A field of the type `&'static str` is the fastest kind of
/// text, because it can be told by its address.
///
/// # Examples
///
/// ```
/// use sre_core::Labels;
///
/// # #[cfg(feature = "macros")] {
/// #[derive(Labels)]
/// enum Method {
///     Get,
///     Post,
/// }
///
/// #[derive(Labels)]
/// struct Route {
///     method: Method,
///     #[label(rename = "tls")]
///     is_encrypted: bool,
/// }
///
/// let route = Route { method: Method::Post, is_encrypted: true };
/// assert_eq!(Route::NAMES, ["method", "tls"]);
/// assert_eq!(Route::DENSE, Some(4));
/// assert_eq!(route.dense_index(), 3);
/// assert_eq!(route.to_values(), ["post".into(), "true".into()]);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of labels",
    note = "write `#[derive(sre_core::Labels)]` on a struct with one field per label"
)]
pub trait Labels {
    /// The names of the labels, each a letter or underscore followed by letters, digits and underscores.
    const NAMES: &'static [&'static str];

    /// The number of combinations when every field is a closed set; `None` otherwise, or past `usize::MAX`.
    const DENSE: Option<usize>;

    /// The place of this combination, below [`Labels::DENSE`]; `0` when that is `None`.
    #[must_use]
    fn dense_index(&self) -> usize;

    /// Words that are equal only for equal labels of this type, found without reading text.
    ///
    /// Text that is not a `&'static str` has none, and more than three open fields do not fit. Equal labels may
    /// have different identities, such as the same text at two addresses.
    #[must_use]
    fn identity(&self) -> Option<Identity>;

    /// A hash of the contents: equal labels have equal hashes under the same `seed`.
    #[must_use]
    fn content_hash(&self, seed: u64) -> u64;

    /// Whether `values`, in the order of [`Labels::NAMES`], are the ones that [`Labels::visit`] gives.
    #[must_use]
    fn matches<S: AsRef<str>>(&self, values: &[S]) -> bool;

    /// Gives the values as text, in the order of [`Labels::NAMES`].
    fn visit(&self, visitor: impl FnMut(&str));

    /// The values as owned text, in the order of [`Labels::NAMES`]; allocates.
    #[must_use]
    fn to_values(&self) -> Vec<Box<str>> {
        let mut values = Vec::with_capacity(Self::NAMES.len());
        self.visit(|value| values.push(value.into()));
        values
    }
}

/// One label value; `#[derive(Labels)]` writes it for an enum without data.
///
/// Two values with the same text are one label value, so they must have the same place in a closed set.
///
/// # Examples
///
/// By hand for a type that has a text of its own:
///
/// ```
/// use sre_core::sli::LabelValue;
///
/// struct Status(u16);
///
/// impl LabelValue for Status {
///     fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
///         reader(match self.0 {
///             ..400 => "fine",
///             400..500 => "client",
///             _ => "server",
///         })
///     }
/// }
///
/// assert!(Status(503).is("server"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a label value",
    note = "labels are enums with `#[derive(sre_core::Labels)]`, `bool`, integers and text; anything else can implement `sre_core::sli::LabelValue`"
)]
pub trait LabelValue {
    /// How many values there are, when they form a closed set.
    const CLOSED: Option<usize> = None;

    /// The place in the closed set, below [`LabelValue::CLOSED`]; `0` when that is `None`.
    #[must_use]
    #[inline]
    fn index(&self) -> usize {
        0
    }

    /// A word that is equal only for equal values of this type; `None` where only the text can tell.
    ///
    /// The place in the closed set, unless said otherwise.
    #[must_use]
    #[inline]
    fn identity(&self) -> Option<u64> {
        Self::CLOSED.map(|_| self.index() as u64)
    }

    /// Gives the text to `reader`, without allocating.
    fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R;

    /// Mixes the value into `hash`; values with equal text give equal results.
    #[must_use]
    #[inline]
    fn mix_into(&self, hash: u64) -> u64 {
        match Self::CLOSED {
            Some(_) => mix(hash, self.index() as u64),
            None => self.with_text(|text| mix_bytes(hash, text.as_bytes())),
        }
    }

    /// Whether the text of this value is `text`.
    #[must_use]
    #[inline]
    fn is(&self, text: &str) -> bool {
        self.with_text(|own| own == text)
    }
}

impl LabelValue for str {
    #[inline]
    fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        reader(self)
    }
}

impl LabelValue for String {
    #[inline]
    fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        reader(self)
    }
}

impl LabelValue for bool {
    const CLOSED: Option<usize> = Some(2);

    #[inline]
    fn index(&self) -> usize {
        usize::from(*self)
    }

    #[inline]
    fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        reader(if *self { "true" } else { "false" })
    }
}

macro_rules! through_pointers {
    ($($pointer:ty: $($bound:path)?),+) => {$(
        impl<T: LabelValue $(+ $bound)? + ?Sized> LabelValue for $pointer {
            const CLOSED: Option<usize> = T::CLOSED;

            #[inline]
            fn index(&self) -> usize {
                (**self).index()
            }

            #[inline]
            fn identity(&self) -> Option<u64> {
                (**self).identity()
            }

            #[inline]
            fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
                (**self).with_text(reader)
            }

            #[inline]
            fn mix_into(&self, hash: u64) -> u64 {
                (**self).mix_into(hash)
            }

            #[inline]
            fn is(&self, text: &str) -> bool {
                (**self).is(text)
            }
        }
    )+};
}

through_pointers!(&T:, Box<T>:, Rc<T>:, Arc<T>:, Cow<'_, T>: ToOwned);

macro_rules! integers {
    ($($integer:ty => $sign_and_magnitude:expr;)+) => {$(
        /// Its decimal digits.
        impl LabelValue for $integer {
            #[inline]
            fn identity(&self) -> Option<u64> {
                let (is_negative, magnitude) = $sign_and_magnitude(*self);
                Some(if is_negative { magnitude.wrapping_neg() } else { magnitude })
            }

            #[inline]
            fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
                let (is_negative, magnitude) = $sign_and_magnitude(*self);
                Decimal::new(is_negative, magnitude).with_text(reader)
            }

            #[inline]
            fn is(&self, text: &str) -> bool {
                let (is_negative, magnitude) = $sign_and_magnitude(*self);
                reads_as(text.as_bytes(), is_negative, magnitude)
            }

            #[inline]
            fn mix_into(&self, hash: u64) -> u64 {
                let (is_negative, magnitude) = $sign_and_magnitude(*self);
                mix(hash, if is_negative { magnitude.wrapping_neg() } else { magnitude })
            }
        }
    )+};
}

integers! {
    u8 => |value| (false, u64::from(value));
    u16 => |value| (false, u64::from(value));
    u32 => |value| (false, u64::from(value));
    u64 => |value| (false, value);
    usize => |value| (false, value as u64);
    i8 => |value: i8| (value < 0, u64::from(value.unsigned_abs()));
    i16 => |value: i16| (value < 0, u64::from(value.unsigned_abs()));
    i32 => |value: i32| (value < 0, u64::from(value.unsigned_abs()));
    i64 => |value: i64| (value < 0, value.unsigned_abs());
    isize => |value: isize| (value < 0, value.unsigned_abs() as u64);
}

/// Collects the identities of the fields of a struct; closed fields share the first word.
#[derive(Debug)]
pub struct IdentityBuilder {
    words: Identity,
    used: usize,
    /// Not zero as soon as something did not fit; collected without branches.
    lost: u64,
}

impl IdentityBuilder {
    /// Starts without fields.
    #[must_use]
    #[inline]
    #[expect(clippy::new_without_default, reason = "only macro output starts one")]
    pub const fn new() -> Self {
        Self { words: [0; 4], used: 1, lost: 0 }
    }

    /// Adds a field by its own identity.
    #[must_use]
    #[inline]
    pub fn field<V: LabelValue + ?Sized>(self, value: &V) -> Self {
        match V::CLOSED {
            Some(size) => self.closed(size as u64, value.index() as u64),
            None => self.open(value.identity()),
        }
    }

    /// Adds a field of the type `&'static str`, which is told by its address.
    #[must_use]
    #[inline]
    pub fn static_text(mut self, text: &'static str) -> Self {
        let (word, lost) = address_and_length(text);
        self.lost |= lost;
        self.open(Some(word))
    }

    /// Places in a mixed radix differ as long as nothing overflows.
    #[inline]
    fn closed(mut self, size: u64, index: u64) -> Self {
        let [first, ..] = &mut self.words;
        match first.checked_mul(size).and_then(|places| places.checked_add(index)) {
            Some(place) => *first = place,
            None => self.lost |= 1,
        }
        self
    }

    #[inline]
    fn open(mut self, word: Option<u64>) -> Self {
        match (word, self.words.get_mut(self.used)) {
            (Some(word), Some(slot)) => *slot = word,
            _ => self.lost |= 1,
        }
        self.used += 1;
        self
    }

    /// The words, when every field had one and they fit.
    #[must_use]
    #[inline]
    pub fn finish(self) -> Option<Identity> {
        if self.lost == 0 { Some(self.words) } else { None }
    }
}

/// What tells a text that never changes: its address and length in one word, and the bits that did not fit.
///
/// All of them fit for text up to 64 KiB in the lower 48 bits of the address space.
#[inline]
fn address_and_length(text: &'static str) -> (u64, u64) {
    let (address, length) = (text.as_ptr().addr() as u64, text.len() as u64);
    (address << 16 | length, address >> 48 | length >> 16)
}

/// The number of combinations of closed sets; `None` when one is open or the product overflows.
#[must_use]
pub const fn combinations(mut sizes: &[Option<usize>]) -> Option<usize> {
    let mut product = 1_usize;
    while let [size, rest @ ..] = sizes {
        product = match size {
            Some(size) => match product.checked_mul(*size) {
                Some(product) => product,
                None => return None,
            },
            None => return None,
        };
        sizes = rest;
    }
    Some(product)
}

/// The place of a combination, given the place of the fields before `value`.
#[must_use]
#[inline]
pub fn place<V: LabelValue + ?Sized>(before: usize, value: &V) -> usize {
    before.wrapping_mul(V::CLOSED.unwrap_or(1)).wrapping_add(value.index())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text<V: LabelValue>(value: V, expected: &str) {
        value.with_text(|text| assert_eq!(text, expected));
        assert!(value.is(expected));
        assert!(!value.is("no such value"));
    }

    #[test]
    fn integers_read_as_their_digits() {
        check_text(0_u8, "0");
        check_text(7_i8, "7");
        check_text(503_u16, "503");
        check_text(u64::MAX, &u64::MAX.to_string());
        check_text(usize::MAX, &usize::MAX.to_string());
        for value in [i64::MIN, i64::MIN + 1, -10, -1, 0, 1, 10, i64::MAX] {
            check_text(value, &value.to_string());
        }
        check_text(i8::MIN, "-128");
        check_text(isize::MIN, &isize::MIN.to_string());
    }

    #[test]
    fn integers_are_only_what_they_write() {
        for text in ["", "-", "07", "+7", "7 ", "-7", "7.0", "seven", "99999999999999999999"] {
            assert!(!7_i64.is(text), "{text:?}");
        }
        assert!(0_i8.is("0") && !0_i8.is("-0") && !0_i8.is("00"));
        assert!((-7_i8).is("-7") && !(-7_i8).is("7") && !(-7_i8).is("--7"));
        assert!(u64::MAX.is("18446744073709551615") && !u64::MAX.is("18446744073709551616"));
        assert!(!0_u64.is("18446744073709551616"));
    }

    #[test]
    fn text_reads_the_same_in_every_wrapping() {
        check_text("a", "a");
        check_text(String::from("a"), "a");
        check_text(Box::<str>::from("a"), "a");
        check_text(Arc::<str>::from("a"), "a");
        check_text(Cow::Borrowed("a"), "a");
        check_text(true, "true");
        let hashes = ["quite a long text".mix_into(3), String::from("quite a long text").mix_into(3)];
        assert_eq!(hashes[0], hashes[1]);
    }

    #[test]
    fn different_integers_of_one_type_have_different_identities() {
        assert_ne!((-1_i64).identity(), 1_i64.identity());
        assert_ne!(i64::MIN.identity(), 0_i64.identity());
        assert_eq!((-1_i8).identity(), (-1_i8).identity());
    }

    #[test]
    fn changeable_text_has_no_identity_and_static_text_has_its_address() {
        let text = String::from("a");
        assert_eq!(text.identity(), None);
        assert_eq!(text.as_str().identity(), None);
        let whole = "abcdef";
        let identity = |text| IdentityBuilder::new().static_text(text).finish();
        assert!(identity(whole).is_some());
        assert_eq!(identity(whole), identity(whole));
        assert_ne!(identity(&whole[..3]), identity(whole));
        assert_ne!(identity(&whole[1..]), identity(whole));
        let long: &'static str = "x".repeat(1 << 16).leak();
        assert_eq!(identity(long), None);
        assert!(identity(&long[1..]).is_some());
    }

    #[test]
    fn identities_hold_three_open_fields_and_any_closed_ones() {
        let three = IdentityBuilder::new().field(&1_u8).field(&true).field(&2_u8).field(&false).field(&3_u8);
        assert_eq!(three.finish(), Some([2, 1, 2, 3]));
        let four = IdentityBuilder::new().field(&1_u8).field(&2_u8).field(&3_u8).field(&4_u8);
        assert_eq!(four.finish(), None);
        assert_eq!(IdentityBuilder::new().field("text").finish(), None);
    }

    #[test]
    fn identities_give_up_before_closed_places_overflow() {
        struct Huge;
        impl LabelValue for Huge {
            const CLOSED: Option<usize> = Some(usize::MAX);
            fn index(&self) -> usize {
                usize::MAX - 1
            }
            fn with_text<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
                reader("huge")
            }
        }
        assert_eq!(IdentityBuilder::new().field(&Huge).finish().map(|words| words[0]), Some(u64::MAX - 1));
        assert_eq!(IdentityBuilder::new().field(&Huge).field(&Huge).finish(), None);
    }

    #[test]
    fn combinations_are_counted_unless_open_or_too_many() {
        assert_eq!(combinations(&[]), Some(1));
        assert_eq!(combinations(&[Some(3), Some(4)]), Some(12));
        assert_eq!(combinations(&[Some(3), None]), None);
        assert_eq!(combinations(&[Some(usize::MAX), Some(2)]), None);
    }

    #[test]
    fn hashes_depend_on_seed_order_and_borders() {
        let hash = |seed, parts: [&str; 2]| parts[1].mix_into(parts[0].mix_into(seed));
        assert_eq!(hash(1, ["ab", "c"]), hash(1, ["ab", "c"]));
        assert_ne!(hash(1, ["ab", "c"]), hash(2, ["ab", "c"]));
        assert_ne!(hash(1, ["ab", "c"]), hash(1, ["a", "bc"]));
        assert_ne!(hash(1, ["ab", "c"]), hash(1, ["c", "ab"]));
        assert_ne!(hash(1, ["", "a"]), hash(1, ["a", ""]));
        assert_ne!(hash(1, ["a\0", ""]), hash(1, ["a", ""]));
    }

    #[test]
    fn ten_thousand_routes_spread_over_a_small_table() {
        let mut slots = vec![0_u32; 4_096];
        for route in 0..10_000_u32 {
            let hash = format!("/users/{route}/orders").mix_into(0x5EED);
            slots[usize::try_from(hash % 4_096).unwrap()] += 1;
        }
        let fullest = slots.iter().max().copied().unwrap();
        assert!(fullest < 16, "{fullest} of 10,000 routes share one of 4,096 slots; about 10 are expected");
    }
}
