//! Pure. Counts of buckets in blocks of 64, each with its total at hand.
//!
//! Of a histogram only few blocks change between two looks, and a question is mostly answered by totals: so whoever
//! compares, sums or searches goes by blocks and opens those few that matter.

pub(super) use crate::shard::BLOCK;

/// Counts from the first to the last block that is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Blocks {
    /// Number of the first block; zero without counts.
    first: usize,
    /// Total of each block, which saturates; the first and the last are never zero.
    totals: Vec<u64>,
    /// 64 counts for each total.
    counts: Vec<u64>,
}

impl Blocks {
    /// No counts.
    pub(super) const fn empty() -> Self {
        Self { first: 0, totals: Vec::new(), counts: Vec::new() }
    }

    /// Counts from the first bucket of block `first` on.
    pub(super) fn from_counts(first: usize, mut counts: Vec<u64>) -> Self {
        counts.resize(counts.len().next_multiple_of(BLOCK), 0);
        let totals = counts.chunks(BLOCK).map(total).collect();
        let mut blocks = Self { first, totals, counts };
        blocks.trim();
        blocks
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.totals.is_empty()
    }

    /// All counts, saturating.
    pub(super) fn total(&self) -> u64 {
        total(&self.totals)
    }

    /// The number of the first block and the totals from there on.
    pub(super) fn totals(&self) -> (usize, &[u64]) {
        (self.first, &self.totals)
    }

    /// The total of a block.
    pub(super) fn total_of(&self, block: usize) -> u64 {
        self.place(block).and_then(|place| self.totals.get(place)).copied().unwrap_or(0)
    }

    /// The counts of a block; none if it is empty.
    pub(super) fn counts_of(&self, block: usize) -> &[u64] {
        let start = self.place(block).map(|place| place * BLOCK);
        start.and_then(|start| self.counts.get(start..start + BLOCK)).unwrap_or_default()
    }

    /// The first bucket that is not empty, and all counts from there to the last such, zeros between included.
    pub(super) fn run(&self) -> (usize, &[u64]) {
        let Some(leading) = self.counts.iter().position(|count| *count > 0) else { return (0, &[]) };
        let end = self.counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        (self.first * BLOCK + leading, self.counts.get(leading..end).unwrap_or_default())
    }

    /// Buckets that are not empty, and their counts, in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let blocks = (self.first..).zip(self.totals.iter().zip(self.counts.chunks_exact(BLOCK)));
        let used = blocks.filter(|(_, (total, _))| **total > 0);
        used.flat_map(|(block, (_, counts))| (block * BLOCK..).zip(counts.iter().copied()))
            .filter(|(_, count)| *count > 0)
    }

    /// The bucket and count at which the counts up to there reach `rank`.
    pub(super) fn at_rank(&self, rank: u64) -> Option<(usize, u64)> {
        let mut seen = 0_u64;
        let reaches = |seen: &mut u64, count: u64| {
            let sum = seen.saturating_add(count);
            let reached = sum >= rank && count > 0;
            *seen = if reached { *seen } else { sum };
            reached
        };
        let place = self.totals.iter().position(|total| reaches(&mut seen, *total))?;
        let block = self.first + place;
        let counts = self.counts_of(block);
        let at = counts.iter().position(|count| reaches(&mut seen, *count))?;
        Some((block * BLOCK + at, counts.get(at).copied()?))
    }

    /// The counts from bucket `start` to the one before `end`, saturating.
    pub(super) fn total_between(&self, start: usize, end: usize) -> u64 {
        if start >= end {
            return 0;
        }
        let part = |block: usize, from: usize, to: usize| {
            total(self.counts_of(block).get(from..to).unwrap_or_default())
        };
        let (first, last) = (start / BLOCK, end / BLOCK);
        if first == last {
            return part(first, start % BLOCK, end % BLOCK);
        }
        let between = (first + 1..last).map(|block| self.total_of(block));
        let ends = [part(first, start % BLOCK, BLOCK), part(last, 0, end % BLOCK)];
        between.chain(ends).fold(0, u64::saturating_add)
    }

    /// Adds to one bucket.
    pub(super) fn add(&mut self, bucket: usize, count: u64) {
        if count == 0 {
            return;
        }
        let (counts, total) = self.open(bucket / BLOCK);
        if let Some(sum) = counts.get_mut(bucket % BLOCK) {
            *sum = sum.saturating_add(count);
        }
        *total = total.saturating_add(count);
    }

    /// Adds to consecutive buckets.
    pub(super) fn add_run(&mut self, first: usize, counts: &[u64]) {
        let (head, tail) = counts.split_at((first.next_multiple_of(BLOCK) - first).min(counts.len()));
        let aligned = (first + head.len()..).step_by(BLOCK).zip(tail.chunks(BLOCK));
        for (bucket, more) in [(first, head)].into_iter().chain(aligned) {
            self.add_within(bucket, more);
        }
    }

    /// Adds to consecutive buckets of one block.
    fn add_within(&mut self, bucket: usize, more: &[u64]) {
        if more.iter().all(|count| *count == 0) {
            return;
        }
        let (counts, sum) = self.open(bucket / BLOCK);
        for (count, more) in counts.iter_mut().skip(bucket % BLOCK).zip(more) {
            *count = count.saturating_add(*more);
        }
        *sum = total(counts);
    }

    /// Adds all counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        let blocks = (other.first..).zip(other.totals.iter().zip(other.counts.chunks_exact(BLOCK)));
        for (block, (_, more)) in blocks.filter(|(_, (total, _))| **total > 0) {
            self.add_within(block * BLOCK, more);
        }
    }

    /// Takes the counts of `earlier`, at most what there is.
    ///
    /// Of one growing histogram, blocks with equal totals are equal.
    pub(super) fn subtract(&mut self, earlier: &Self) {
        for (place, (total_left, left)) in
            self.totals.iter_mut().zip(self.counts.chunks_exact_mut(BLOCK)).enumerate()
        {
            for (count, taken) in left.iter_mut().zip(earlier.counts_of(self.first + place)) {
                *count = count.saturating_sub(*taken);
            }
            *total_left = total(left);
        }
        self.trim();
    }

    /// Takes from one bucket, at most what it has.
    pub(super) fn take(&mut self, bucket: usize, count: u64) {
        let Some(place) = self.place(bucket / BLOCK) else { return };
        let counts = self.counts.get_mut(place * BLOCK..(place + 1) * BLOCK).unwrap_or_default();
        if let Some(left) = counts.get_mut(bucket % BLOCK) {
            *left = left.saturating_sub(count);
        }
        let left = total(counts);
        if let Some(total) = self.totals.get_mut(place) {
            *total = left;
        }
        self.trim();
    }

    /// Replaces the counts of a block; returns their total.
    pub(super) fn replace(&mut self, block: usize, fresh: &[u64; BLOCK]) -> u64 {
        let sum = total(fresh);
        if sum == 0 && self.total_of(block) == 0 {
            return 0;
        }
        let (counts, total) = self.open(block);
        counts.copy_from_slice(fresh);
        *total = sum;
        if sum == 0 {
            self.trim();
        }
        sum
    }

    /// Removes all counts and keeps the room for others.
    pub(super) fn clear(&mut self) {
        self.first = 0;
        self.totals.clear();
        self.counts.clear();
    }

    /// The counts and the total of a block, with room made for it. Whoever asks leaves something there.
    fn open(&mut self, block: usize) -> (&mut [u64], &mut u64) {
        if self.totals.is_empty() {
            self.first = block;
        }
        if block < self.first {
            let missing = self.first - block;
            self.totals.splice(..0, core::iter::repeat_n(0, missing));
            self.counts.splice(..0, core::iter::repeat_n(0, missing * BLOCK));
            self.first = block;
        }
        let place = block - self.first;
        if place >= self.totals.len() {
            self.totals.resize(place + 1, 0);
            self.counts.resize((place + 1) * BLOCK, 0);
        }
        #[expect(clippy::indexing_slicing, reason = "room was made in the lines above")]
        (&mut self.counts[place * BLOCK..(place + 1) * BLOCK], &mut self.totals[place])
    }

    fn place(&self, block: usize) -> Option<usize> {
        block.checked_sub(self.first).filter(|place| *place < self.totals.len())
    }

    /// Cuts empty blocks off both ends.
    fn trim(&mut self) {
        let length = self.totals.iter().rposition(|total| *total > 0).map_or(0, |last| last + 1);
        self.totals.truncate(length);
        self.counts.truncate(length * BLOCK);
        let leading = self.totals.iter().take_while(|total| **total == 0).count();
        self.totals.drain(..leading);
        self.counts.drain(..leading * BLOCK);
        self.first = if self.totals.is_empty() { 0 } else { self.first + leading };
    }
}

/// The sum of counts, which saturates.
pub(super) fn total(counts: &[u64]) -> u64 {
    // Adding without a look at overflows is several times faster, and a look at all bits tells whether there can
    // have been any: fewer than 2^16 counts below 2^48 add up to less than 2^64.
    let (sum, bits) =
        counts.iter().fold((0_u64, 0), |(sum, bits), count| (sum.wrapping_add(*count), bits | count));
    if bits < 1 << 48 && counts.len() < 1 << 16 {
        return sum;
    }
    counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same counts in the plainest form.
    fn pairs(blocks: &Blocks) -> Vec<(usize, u64)> {
        blocks.iter().collect()
    }

    #[track_caller]
    fn check_canonical(blocks: &Blocks) {
        assert_eq!(blocks.counts.len(), blocks.totals.len() * BLOCK);
        for (total, counts) in blocks.totals.iter().zip(blocks.counts.chunks(BLOCK)) {
            assert_eq!(*total, counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count)));
        }
        assert!(blocks.totals.first() != Some(&0) && blocks.totals.last() != Some(&0), "{blocks:?}");
        assert!(blocks.first == 0 || !blocks.is_empty());
    }

    #[test]
    fn runs_may_begin_and_end_anywhere() {
        for first in [0, 1, 63, 64, 65, 1_000] {
            for length in [0, 1, 2, 63, 64, 65, 128, 200] {
                let mut blocks = Blocks::empty();
                let run: Vec<u64> = (1..=length).collect();
                blocks.add_run(first, &run);
                check_canonical(&blocks);
                assert_eq!(pairs(&blocks), (first..).zip(run.iter().copied()).collect::<Vec<_>>());
                assert_eq!(blocks.total(), run.iter().sum::<u64>());
                assert_eq!(blocks.run(), (if length == 0 { 0 } else { first }, run.as_slice()));
            }
        }
    }

    #[test]
    fn what_is_added_in_any_order_is_the_same() {
        let added = [(700, 2), (3, 1), (64, 5), (3, 9), (u16::MAX as usize, 1)];
        let (mut one, mut other) = (Blocks::empty(), Blocks::empty());
        added.iter().for_each(|(bucket, count)| one.add(*bucket, *count));
        added.iter().rev().for_each(|(bucket, count)| other.add(*bucket, *count));
        check_canonical(&one);
        assert_eq!(one, other);
        let mut twice = one.clone();
        twice.merge(&other);
        assert_eq!(pairs(&twice), [(3, 20), (64, 10), (700, 4), (65_535, 2)]);
        twice.subtract(&one);
        assert_eq!(twice, one);
        twice.subtract(&one);
        assert_eq!(twice, Blocks::empty());
    }

    #[test]
    fn taking_and_replacing_keep_the_ends_full() {
        let mut blocks = Blocks::empty();
        blocks.add_run(60, &[1; 200]);
        blocks.replace(0, &[0; BLOCK]);
        check_canonical(&blocks);
        assert_eq!(blocks.run().0, 64);
        blocks.replace(9, &[0; BLOCK]);
        blocks.replace(7, &[3; BLOCK]);
        check_canonical(&blocks);
        assert_eq!((blocks.total_of(7), blocks.total_of(6), blocks.counts_of(7)), (192, 0, &[3; BLOCK][..]));
        (0..BLOCK).for_each(|at| blocks.take(7 * BLOCK + at, 9));
        check_canonical(&blocks);
        assert_eq!(blocks.total(), 196);
    }

    #[test]
    fn ranks_are_found_where_counting_one_by_one_finds_them() {
        let mut blocks = Blocks::empty();
        [(5, 2), (64, 1), (300, 3)].into_iter().for_each(|(bucket, count)| blocks.add(bucket, count));
        let found: Vec<_> = (0..=7).map(|rank| blocks.at_rank(rank).map(|(bucket, _)| bucket)).collect();
        let expected = [Some(5), Some(5), Some(5), Some(64), Some(300), Some(300), Some(300), None];
        assert_eq!(found, expected);
    }
}
