//! Pure. The name of an SLI that nobody named: the path of its function, in letters that names may have.

/// The longest name of an SLI.
const NAME_MAX: usize = 120;

/// Length of [`dotted`] for this path.
#[must_use]
pub const fn dotted_len(path: &str) -> usize {
    let (_, start) = from_behind(path);
    NAME_MAX - start
}

/// `shop::cart::add` as `shop.cart.add`; what a name may not have becomes `_`, and of a path that is too long
/// the end is kept.
///
/// `N` must be [`dotted_len`] of the same path.
#[must_use]
pub const fn dotted<const N: usize>(path: &str) -> [u8; N] {
    let (letters, start) = from_behind(path);
    let mut name = [b'_'; N];
    let mut index = 0;
    while index < N && start + index < NAME_MAX {
        #[expect(clippy::indexing_slicing, reason = "bounded by the loop; runs in the compiler")]
        {
            name[index] = letters[start + index];
        }
        index += 1;
    }
    name
}

/// The letters of [`dotted`] as text.
#[must_use]
pub const fn text(letters: &'static [u8]) -> &'static str {
    match core::str::from_utf8(letters) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// The letters at the end of a buffer, and where they start.
#[expect(clippy::indexing_slicing, reason = "bounded by the loops; runs in the compiler")]
const fn from_behind(path: &str) -> ([u8; NAME_MAX], usize) {
    let path = path.as_bytes();
    let (mut letters, mut start) = ([0; NAME_MAX], NAME_MAX);
    let mut end = path.len();
    while end > 0 && !path[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    while end > 0 && start > 0 {
        end -= 1;
        start -= 1;
        letters[start] = match path[end] {
            b':' if end > 0 && path[end - 1] == b':' => {
                end -= 1;
                b'.'
            }
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') => byte,
            _ => b'_',
        };
    }
    while start < NAME_MAX && !letters[start].is_ascii_alphanumeric() {
        start += 1;
    }
    (letters, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let (letters, start) = from_behind(path);
        assert_eq!(core::str::from_utf8(&letters[start..]), Ok(expected), "{path}");
        assert_eq!(dotted_len(path), expected.len(), "{path}");
    }

    #[test]
    fn paths_read_as_dotted_names() {
        const PATH: &str = "shop::cart::Cart::add";
        const LETTERS: [u8; dotted_len(PATH)] = dotted(PATH);
        assert_eq!(text(&LETTERS), "shop.cart.Cart.add");
        check(PATH, "shop.cart.Cart.add");
        check("a", "a");
        check("", "");
    }

    #[test]
    fn letters_that_names_may_not_have_are_replaced_or_left_out_at_the_ends() {
        check("shop::r#type::add", "shop.r_type.add");
        check("_shop::add_", "shop.add");
        check("shop::größe::add", "shop.gr____e.add");
        check("shop::a:b", "shop.a_b");
    }

    #[test]
    fn of_long_paths_the_end_is_kept() {
        let path = format!("{}::{}", "m".repeat(200), "f".repeat(119));
        check(&path, &"f".repeat(119));
        let path = format!("{}::{}", "m".repeat(200), "f".repeat(110));
        check(&path, &format!("{}.{}", "m".repeat(9), "f".repeat(110)));
    }
}
