//! Hot. From labels to the member that counts them, without a lock or an allocation once it is known.

use std::hash::{BuildHasher, RandomState};

use crate::primitive::{Arc, AtomicUsize, OnceLock, Ordering};
use crate::sli::family::{Family, Member};
use crate::sli::labels::{Identity, Labels};

/// Ways from labels to members: the cheapest that the labels allow, see [`Labels`].
///
/// Places are taken for good, by the first member that comes, so readers need no lock: a place is empty or right.
#[derive(Debug)]
pub(crate) struct Lookup {
    family: Arc<Family>,
    dense: Box<[OnceLock<Arc<Member>>]>,
    /// None where places in `dense` answer.
    memo: Option<Box<Memo>>,
    hashed: Box<[OnceLock<Arc<Member>>]>,
    /// Members in `hashed`.
    found: AtomicUsize,
    /// Random, so that nobody outside can choose labels that crowd one part of `hashed`.
    seed: u64,
}

/// Where the places for some labels lead.
enum Probe<'a> {
    /// To their member.
    Found(&'a Arc<Member>),
    /// To the place where it belongs.
    Empty(&'a OnceLock<Arc<Member>>),
    /// Nowhere within reach.
    Full,
}

/// Members by the identity of their labels.
type Memo = [OnceLock<Remembered>; MEMO_PLACES];

/// Labels with the same identity words are the same labels.
#[derive(Debug)]
struct Remembered {
    identity: Identity,
    member: Arc<Member>,
}

impl Remembered {
    /// Word by word: as one block the words of a question would go through memory first.
    #[inline]
    fn is(&self, identity: &Identity) -> bool {
        let pairs = self.identity.iter().zip(identity);
        pairs.fold(0, |difference, (own, asked)| difference | (own ^ asked)) == 0
    }
}

/// Combinations up to which closed label sets get a table with a place for each.
const DENSE_MAX: usize = 4_096;

/// A power of two, so large that dozens of members seldom meet at a place.
const MEMO_PLACES: usize = 512;

/// Places of the memo that may remember the same labels.
const MEMO_PROBES: usize = 4;

/// Places that are tried before the overflow member takes an event, in a table that is at most half full.
const PROBES: usize = 64;

impl Lookup {
    pub(crate) fn new<L: Labels>(family: Arc<Family>) -> Self {
        let places = |count| (0..count).map(|_| OnceLock::new()).collect();
        let dense = L::DENSE.filter(|&size| size <= DENSE_MAX.min(family.members_max()));
        let hashed = if dense.is_some() { 0 } else { (family.members_max() * 2).next_power_of_two() };
        Self {
            dense: places(dense.unwrap_or(0)),
            memo: dense.is_none().then(|| Box::new([const { OnceLock::new() }; MEMO_PLACES])),
            hashed: places(hashed),
            found: AtomicUsize::new(0),
            seed: RandomState::new().hash_one(()),
            family,
        }
    }

    /// The family whose members it finds.
    #[inline]
    pub(crate) fn family(&self) -> &Family {
        &self.family
    }

    /// The member for these labels.
    #[inline]
    pub(crate) fn find<L: Labels>(&self, labels: &L) -> &Arc<Member> {
        if L::DENSE.is_some() {
            let place = self.dense.get(labels.dense_index());
            return place.and_then(OnceLock::get).unwrap_or_else(|| self.find_place(labels));
        }
        match labels.identity() {
            Some(identity) => match self.memo_place(&identity, 0).and_then(OnceLock::get) {
                Some(remembered) if remembered.is(&identity) => &remembered.member,
                _ => self.find_remembered(labels),
            },
            None => self.find_hashed(labels),
        }
    }

    /// The member for labels that are closed sets, which may be too many for a place each.
    #[inline(never)]
    fn find_place<L: Labels>(&self, labels: &L) -> &Arc<Member> {
        match self.dense.get(labels.dense_index()) {
            Some(place) => self.fill(place, labels),
            None => self.find_remembered(labels),
        }
    }

    /// Makes the member of labels that have a place of their own.
    #[cold]
    #[inline(never)]
    fn fill<'a, L: Labels>(&self, place: &'a OnceLock<Arc<Member>>, labels: &L) -> &'a Arc<Member> {
        let values = values(labels);
        place.get_or_init(|| self.family.member(values))
    }

    /// The member for labels that are perhaps in the memo, and else will be if there is room.
    #[inline(never)]
    fn find_remembered<L: Labels>(&self, labels: &L) -> &Arc<Member> {
        let Some(identity) = labels.identity() else { return self.find_hashed(labels) };
        for place in (0..MEMO_PROBES).filter_map(|probe| self.memo_place(&identity, probe)) {
            match place.get() {
                Some(remembered) if remembered.is(&identity) => return &remembered.member,
                Some(_) => {}
                None => {
                    let member = self.find_hashed(labels);
                    remember(place, identity, member);
                    return member;
                }
            }
        }
        self.find_hashed(labels)
    }

    /// The place in the memo that is asked first, or later.
    #[inline]
    fn memo_place(&self, identity: &Identity, probe: usize) -> Option<&OnceLock<Remembered>> {
        self.memo.as_deref()?.get((mixed(identity) + probe) % MEMO_PLACES)
    }

    /// The member by the contents of its labels.
    #[inline(never)]
    fn find_hashed<L: Labels>(&self, labels: &L) -> &Arc<Member> {
        match self.probe(labels) {
            Probe::Found(member) => member,
            Probe::Empty(place) => self.add(place, labels),
            Probe::Full => self.family.refuse(),
        }
    }

    #[inline(always)]
    fn probe<L: Labels>(&self, labels: &L) -> Probe<'_> {
        let mask = self.hashed.len().wrapping_sub(1);
        #[expect(clippy::cast_possible_truncation, reason = "the low bits choose the place")]
        let first = labels.content_hash(self.seed) as usize;
        for probe in 0..PROBES {
            let Some(place) = self.hashed.get(first.wrapping_add(probe) & mask) else { break };
            match place.get() {
                Some(member) if labels.matches(member.values()) => return Probe::Found(member),
                Some(_) => {}
                None => return Probe::Empty(place),
            }
        }
        Probe::Full
    }

    /// Puts a new member into an empty place, if the family has room for one.
    #[cold]
    #[inline(never)]
    fn add<'a, L: Labels>(&'a self, place: &'a OnceLock<Arc<Member>>, labels: &L) -> &'a Arc<Member> {
        // Acquire: pairs with the Release below. Who sees the last member counted sees it in its place too, which
        // another thread may have taken for these labels since they were looked for.
        if self.found.load(Ordering::Acquire) >= self.family.members_max() {
            return match self.probe(labels) {
                Probe::Found(member) => member,
                Probe::Empty(_) | Probe::Full => self.family.refuse(),
            };
        }
        let values = values(labels);
        let mut is_mine = false;
        let member = place.get_or_init(|| {
            is_mine = true;
            self.family.member(values)
        });
        if is_mine && !self.is_overflow(member) {
            // Release: pairs with the Acquire above; the place is taken before its member counts.
            self.found.fetch_add(1, Ordering::Release);
        }
        // Another thread may have taken the place for other labels: the next lookup goes on from there.
        if labels.matches(member.values()) || self.is_overflow(member) {
            member
        } else {
            self.find_hashed(labels)
        }
    }

    #[cfg(test)]
    pub(super) fn hashed_bytes(&self) -> usize {
        size_of_val(&*self.hashed)
    }

    fn is_overflow(&self, member: &Arc<Member>) -> bool {
        self.family.overflowed().is_some_and(|overflow| Arc::ptr_eq(overflow, member))
    }
}

/// Somebody else may have taken the place meanwhile; then the hash goes on to answer.
#[cold]
#[inline(never)]
fn remember(place: &OnceLock<Remembered>, identity: Identity, member: &Arc<Member>) {
    let _ = place.set(Remembered { identity, member: Arc::clone(member) });
}

/// To be asked for before a place is taken: labels of the user's may block, panic or look for themselves.
fn values(labels: &impl Labels) -> Box<[Box<str>]> {
    labels.to_values().into_boxed_slice()
}

/// The highest bits of a product for each word, so that words which are always zero cost nothing; most of the others
/// are addresses that differ in their middle bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the highest bits choose the place")]
fn mixed(identity: &Identity) -> usize {
    let products = identity.iter().zip(MEMO_FACTORS).map(|(word, factor)| word.wrapping_mul(factor));
    (products.fold(0, u64::wrapping_add) >> (u64::BITS - MEMO_PLACES.ilog2())) as usize
}

/// Odd, with about as many ones as zeros: the fractional parts of square roots.
const MEMO_FACTORS: Identity =
    [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1];

#[cfg(all(test, not(sre_loom), feature = "macros"))]
mod tests {
    use super::*;
    use crate as sre_core;
    use crate::clock::Source;
    use crate::sli::SliFamily;

    #[derive(sre_core::Labels)]
    enum Closed {
        One,
        Two,
    }

    #[derive(sre_core::Labels)]
    struct Dense {
        closed: Closed,
    }

    #[derive(sre_core::Labels)]
    struct Fixed {
        text: &'static str,
    }

    #[derive(sre_core::Labels)]
    struct Open {
        text: String,
    }

    /// Finds the members of these labels, and again while the lock of the family is taken. A lookup that asks for the
    /// lock then waits for ever.
    fn check<L: Labels>(members_max: usize, labels: &[L]) {
        let family = SliFamily::<L>::new("unlocked").members_max(members_max).family(Source::System);
        let lookup = Lookup::new::<L>(Arc::new(family));
        let find_all =
            || -> Vec<_> { labels.iter().map(|labels| Arc::as_ptr(lookup.find(labels))).collect() };
        let cold = find_all();
        let locked = lookup.family().hold_members();
        assert!(lookup.family().is_locked(), "the detector works");
        assert_eq!(find_all(), cold);
        drop(locked);
    }

    #[test]
    fn warm_lookups_take_no_lock() {
        check(10, &[Dense { closed: Closed::One }, Dense { closed: Closed::Two }]);
        check(10, &["a", "b", "c"].map(|text| Fixed { text }));
        check(10, &["a", "b", "c"].map(|text| Open { text: text.to_owned() }));
        // Those that found no room, by address and by content.
        check(1, &["a", "b", "c"].map(|text| Fixed { text }));
        check(1, &["a", "b", "c"].map(|text| Open { text: text.to_owned() }));
    }
}
