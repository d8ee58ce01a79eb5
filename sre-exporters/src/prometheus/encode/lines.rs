//! Pure. Samples that are written again and again: text that stays, with numbers that are overwritten in place.

use std::ops::Range;

use super::{Distribution, Edges, Family, close, number, push_edge, push_name_and_open};

/// Ready lines of one series in one family, each of which ends with a number.
///
/// Between two expositions few numbers change, and those that do mostly keep their length. Writing is one copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    text: Vec<u8>,
    numbers: Vec<Number>,
}

/// Where a number stands.
#[derive(Clone, Debug)]
struct Number {
    place: Range<usize>,
    value: u64,
}

impl Lines {
    /// One line with a zero for each list of labels.
    pub(crate) fn of(family: &Family, labels: &[&[&[u8]]]) -> Self {
        let mut lines = Self::default();
        for labels in labels {
            lines.push(family, family.kind.suffix(), labels, None);
        }
        lines
    }

    /// The lines of a histogram: one for each bucket, the sum and the count.
    pub(crate) fn of_histogram(family: &Family, labels: &[&[u8]], edges: &Edges) -> Self {
        let mut lines = Self::default();
        for edge in &edges.labels {
            lines.push(family, "_bucket", labels, Some(edge));
        }
        lines.push(family, "_sum", labels, None);
        lines.push(family, "_count", labels, None);
        lines
    }

    /// Whether nothing was made yet.
    pub(crate) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends a line; `edge` closes the labels itself.
    fn push(&mut self, family: &Family, suffix: &str, labels: &[&[u8]], edge: Option<&[u8]>) {
        push_name_and_open(&mut self.text, family, suffix, labels);
        match edge {
            Some(edge) => push_edge(&mut self.text, edge),
            None => close(&mut self.text),
        }
        let at = self.text.len();
        self.text.extend_from_slice(b"0\n");
        self.numbers.push(Number { place: at..at + 1, value: 0 });
    }

    /// Overwrites the number of a line.
    pub(crate) fn set(&mut self, line: usize, value: u64) {
        let Some(number) = self.numbers.get_mut(line) else { return };
        if number.value != value {
            number.value = value;
            self.replace(line, itoa::Buffer::new().format(value).as_bytes());
        }
    }

    /// Overwrites all numbers of a histogram.
    pub(crate) fn set_histogram(&mut self, distribution: &Distribution<'_>) {
        let buckets = self.numbers.len().saturating_sub(2);
        for (line, count) in distribution.ascending().take(buckets).enumerate() {
            self.set(line, count);
        }
        number::with_seconds(distribution.sum_ns, |digits| self.replace(buckets, digits));
        self.set(buckets + 1, distribution.count);
    }

    /// The text as it is now.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    fn replace(&mut self, line: usize, digits: &[u8]) {
        let Some(place) = self.numbers.get(line).map(|number| number.place.clone()) else { return };
        if place.len() == digits.len() {
            if let Some(old) = self.text.get_mut(place) {
                old.copy_from_slice(digits);
            }
            return;
        }
        let (length, before) = (digits.len(), place.len());
        self.text.splice(place, digits.iter().copied());
        for (after, number) in self.numbers.iter_mut().skip(line).enumerate() {
            if after > 0 {
                number.place.start = number.place.start + length - before;
            }
            number.place.end = number.place.end + length - before;
        }
    }
}
