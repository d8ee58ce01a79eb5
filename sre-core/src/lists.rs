//! Pure. Lists as they are read from bytes that anybody may have written: what nobody of ours writes is dropped as it comes,
//! so that a list takes no more than what it has of use.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What can be told from what nobody of ours writes.
pub(crate) trait Sound {
    /// The most of them that are read.
    const MAX: usize;

    /// Whether it can be ours.
    fn is_sound(&self) -> bool;
}

/// Members that can be ours, and how many others there were, or too many.
#[derive(Clone, Debug)]
pub(crate) struct SoundList<T> {
    members: Vec<T>,
    unsound: usize,
}

impl<T: Sound> SoundList<T> {
    /// Leaves out what has become unsound since it was read; returns how many there were at all, once.
    pub(crate) fn leave_out_unsound(&mut self) -> usize {
        let before = self.members.len();
        self.members.retain(T::is_sound);
        let fresh = before.saturating_sub(self.members.len());
        core::mem::take(&mut self.unsound).saturating_add(fresh)
    }
}

impl<T> Default for SoundList<T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<T> From<Vec<T>> for SoundList<T> {
    fn from(members: Vec<T>) -> Self {
        Self { members, unsound: 0 }
    }
}

impl<T> FromIterator<T> for SoundList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        Self::from(Vec::from_iter(members))
    }
}

impl<T> IntoIterator for SoundList<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<T> Deref for SoundList<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.members
    }
}

impl<T> DerefMut for SoundList<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.members
    }
}

impl<T: PartialEq> PartialEq for SoundList<T> {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl<T: Serialize> Serialize for SoundList<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

impl<'de, T: Sound + Deserialize<'de>> Deserialize<'de> for SoundList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Sound + Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = SoundList<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SoundList<T>, A::Error> {
                let mut list = SoundList::default();
                while let Some(member) = seq.next_element::<T>()? {
                    if list.members.len() < T::MAX && member.is_sound() {
                        list.members.push(member);
                    } else {
                        list.unsound = list.unsound.saturating_add(1);
                    }
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(Members(PhantomData))
    }
}

/// Reads a list that has at most `MAX` members if it is one of ours. Of a longer one there is one more, so that it can be
/// told from those.
pub(crate) fn at_most<'de, const MAX: usize, D, T, C>(deserializer: D) -> Result<C, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
    C: Default + Extend<T> + IntoIterator<Item = T>,
{
    struct Members<const MAX: usize, C>(PhantomData<C>);

    impl<'de, const MAX: usize, T, C> Visitor<'de> for Members<MAX, C>
    where
        T: Deserialize<'de>,
        C: Default + Extend<T> + IntoIterator<Item = T>,
    {
        type Value = C;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX} members")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<C, A::Error> {
            let (mut list, mut length) = (C::default(), 0_usize);
            while let Some(member) = seq.next_element::<T>()? {
                if length <= MAX {
                    list.extend([member]);
                }
                length = length.saturating_add(1);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(Members::<MAX, C>(PhantomData))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    impl Sound for u8 {
        const MAX: usize = 5;

        fn is_sound(&self) -> bool {
            *self < 10
        }
    }

    #[derive(Debug, Deserialize)]
    struct Short {
        #[serde(deserialize_with = "at_most::<3, _, _, _>")]
        list: VecDeque<u16>,
        after: u8,
    }

    #[test]
    fn what_is_unsound_is_counted_and_dropped() {
        let bytes = postcard::to_allocvec(&vec![1_u8, 200, 3, 10, 5]).unwrap();
        let mut list: SoundList<u8> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(*list, [1, 3, 5]);
        list.push(77);
        assert_eq!((list.leave_out_unsound(), list.leave_out_unsound()), (3, 0));
        assert_eq!(postcard::to_allocvec(&list).unwrap(), [3, 1, 3, 5]);
        assert_eq!(list.into_iter().collect::<SoundList<u8>>(), SoundList::from(vec![1, 3, 5]));
        assert!(postcard::from_bytes::<SoundList<u8>>(&bytes[..3]).is_err());
        let bytes = postcard::to_allocvec(&vec![7_u8; 9]).unwrap();
        let mut list: SoundList<u8> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!((list.len(), list.leave_out_unsound()), (5, 4), "too many");
    }

    #[test]
    fn lists_that_are_too_long_keep_one_more_and_are_read_to_their_end() {
        for length in [0, 3, 4, 5, 100] {
            let bytes = postcard::to_allocvec(&((0..length).collect::<Vec<u16>>(), 7_u8)).unwrap();
            let short: Short = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(short.list, (0..length.min(4)).collect::<Vec<_>>());
            assert_eq!(short.after, 7);
        }
    }
}
