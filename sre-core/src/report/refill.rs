//! Pure. Reports that are filled again instead of being made anew, so that a tick need not allocate.

use std::sync::Arc;

/// Something that takes the value of another of its kind, in the room that it has.
pub(crate) trait Refill: Clone {
    /// Makes `self` equal to `from`.
    fn refill(&mut self, from: &Self);
}

/// Tells field by field how a record is filled again: each verb with the fields it is for.
///
/// A field that no verb names does not compile, so that none can stay behind.
macro_rules! refilled {
    ($record:ty { $($verb:ident: $($field:ident),+;)+ }) => {
        impl Refill for $record {
            fn refill(&mut self, from: &Self) {
                let Self { $($($field),+),+ } = from;
                $($($verb(&mut self.$field, $field);)+)+
            }
        }
    };
}
pub(super) use refilled;

/// Takes a plain value.
pub(super) fn copy<T: Copy>(place: &mut T, from: &T) {
    *place = *from;
}

/// Makes a list equal to another one.
pub(crate) fn refill_all<T: Refill>(list: &mut Vec<T>, from: &[T]) {
    list.truncate(from.len());
    list.iter_mut().zip(from).for_each(|(place, from)| place.refill(from));
    list.extend_from_slice(from.get(list.len()..).unwrap_or_default());
}

/// Fills what may not be there, in the room that it has.
pub(super) fn refill_any<T: Refill>(place: &mut Option<Box<T>>, from: &Option<Box<T>>) {
    match (place, from) {
        (Some(place), Some(from)) => place.refill(from),
        (place, from) => place.clone_from(from),
    }
}

/// Shares what `from` does, without a word to other threads when it does so already.
pub(crate) fn share<T: ?Sized>(place: &mut Arc<T>, from: &Arc<T>) {
    if !Arc::ptr_eq(place, from) {
        *place = Arc::clone(from);
    }
}

/// [`share`] where there may be nothing.
pub(crate) fn share_if_any<T: ?Sized>(place: &mut Option<Arc<T>>, from: Option<&Arc<T>>) {
    match (place, from) {
        (Some(place), Some(from)) => share(place, from),
        (place, from) => *place = from.cloned(),
    }
}

/// The same by reference, as [`refilled`] wants it.
pub(super) fn share_any<T: ?Sized>(place: &mut Option<Arc<T>>, from: &Option<Arc<T>>) {
    share_if_any(place, from.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Text(String);

    impl Refill for Text {
        fn refill(&mut self, from: &Self) {
            self.0.clone_from(&from.0);
        }
    }

    #[test]
    fn lists_become_equal_whatever_their_lengths() {
        let of =
            |texts: &[&str]| -> Vec<Text> { texts.iter().map(|text| Text((*text).to_owned())).collect() };
        for from in [of(&[]), of(&["a"]), of(&["a", "b", "c"])] {
            for mut list in [of(&[]), of(&["x", "y"]), of(&["x", "y", "z", "w"])] {
                refill_all(&mut list, &from);
                assert_eq!(list, from);
            }
        }
    }
}
