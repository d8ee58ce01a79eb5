//! Pure. The syntax of the two text formats: families, samples, buckets. What they mean is said elsewhere.

mod escape;
mod lines;
mod number;
mod openmetrics;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use escape::push_label_value;
pub(crate) use lines::Lines;
pub(crate) use number::canonical;

/// One of the two text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Syntax {
    /// Text format 0.0.4, and 1.0.0, which differs in nothing but quoted names.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// A metric family: what stands before its samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// Without the suffix that [`Kind::suffix`] adds.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Must end the name, after an underscore: OpenMetrics scrapers refuse anything else.
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
}

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

impl Kind {
    /// What a sample's name has after the name of its family.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

/// A trace that shows what a value was made of. Only OpenMetrics carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exemplar {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: Option<[u8; 8]>,
    pub(crate) value_ns: u64,
    pub(crate) unix_time_ns: Option<u64>,
}

/// Upper bounds of classic buckets, ascending, each with its label `le` in the one canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edges {
    bounds_ns: Box<[u64]>,
    /// One more than bounds: the last is `+Inf`.
    labels: Box<[Box<[u8]>]>,
}

impl Edges {
    /// Bounds in nanoseconds; they are sorted, and each is kept once.
    pub(crate) fn new(mut bounds_ns: Vec<u64>) -> Self {
        bounds_ns.sort_unstable();
        bounds_ns.dedup();
        let label = |seconds| format!("le=\"{}\"}} ", canonical(seconds)).into_bytes().into_boxed_slice();
        #[expect(clippy::cast_precision_loss, reason = "bounds are below 2^53 ns, 104 days")]
        let finite = bounds_ns.iter().map(|bound| label(*bound as f64 / 1e9));
        let labels = finite.chain([label(f64::INFINITY)]).collect();
        Self { bounds_ns: bounds_ns.into_boxed_slice(), labels }
    }

    /// The finite bounds.
    pub(crate) fn bounds_ns(&self) -> &[u64] {
        &self.bounds_ns
    }
}

/// One histogram as classic buckets need it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distribution<'a> {
    pub(crate) edges: &'a Edges,
    /// Cumulative counts, one per finite bound. They are clamped to ascend and to stay within `count`.
    pub(crate) cumulative: &'a [u64],
    /// All events, the count of the bucket `+Inf`.
    pub(crate) count: u64,
    pub(crate) sum_ns: u128,
    /// Any number, in any order; the last one of a bucket is shown.
    pub(crate) exemplars: &'a [Exemplar],
}

impl Distribution<'_> {
    /// The count of each bucket, that of `+Inf` last.
    fn ascending(&self) -> impl Iterator<Item = u64> + '_ {
        let mut floor = 0;
        let within = self.cumulative.iter().take(self.edges.bounds_ns.len());
        within.copied().chain(core::iter::repeat(self.count)).take(self.edges.labels.len()).map(
            move |bucket| {
                floor = bucket.clamp(floor, self.count.max(floor));
                floor
            },
        )
    }
}

/// Writes one exposition at the end of a buffer, without heap of its own.
#[derive(Debug)]
pub(crate) struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    syntax: Syntax,
}

impl<'o> Encoder<'o> {
    /// An exposition that begins where `out` ends.
    pub(crate) fn new(out: &'o mut Vec<u8>, syntax: Syntax) -> Self {
        Self { out, syntax }
    }

    /// Begins a family. Its head is written with its first sample, so a family without samples is absent.
    pub(crate) fn family<'e>(&'e mut self, family: &'static Family) -> Samples<'e> {
        Samples { out: self.out, syntax: self.syntax, family, headed: false }
    }

    /// Ends the exposition.
    pub(crate) fn finish(self) {
        if self.syntax == Syntax::OpenMetrics {
            openmetrics::push_end(self.out);
        }
    }
}

/// Writes the samples of one family.
///
/// Labels come as parts such as `sli="checkout"`, escaped already and without braces; empty parts are skipped.
#[derive(Debug)]
pub(crate) struct Samples<'e> {
    out: &'e mut Vec<u8>,
    syntax: Syntax,
    family: &'static Family,
    headed: bool,
}

impl Samples<'_> {
    /// A sample with an integer value.
    pub(crate) fn integer(&mut self, labels: &[&[u8]], value: u64) {
        self.push_name_and_labels(self.family.kind.suffix(), labels);
        number::push_integer(self.out, value);
        self.out.push(b'\n');
    }

    /// A sample with a float value.
    pub(crate) fn float(&mut self, labels: &[&[u8]], value: f64) {
        self.push_name_and_labels(self.family.kind.suffix(), labels);
        number::push_float(self.out, value);
        self.out.push(b'\n');
    }

    /// A sample in seconds, exact to the nanosecond.
    pub(crate) fn seconds(&mut self, labels: &[&[u8]], nanos: u128) {
        self.push_name_and_labels(self.family.kind.suffix(), labels);
        number::push_seconds(self.out, nanos);
        self.out.push(b'\n');
    }

    /// Lines that were made before.
    pub(crate) fn lines(&mut self, lines: &Lines) {
        self.push_head();
        self.out.extend_from_slice(lines.text());
    }

    /// A classic histogram: its buckets, its sum, its count. `lines` are those of the same series.
    pub(crate) fn histogram(&mut self, labels: &[&[u8]], distribution: &Distribution<'_>, lines: &mut Lines) {
        if self.syntax == Syntax::OpenMetrics && !distribution.exemplars.is_empty() {
            self.histogram_with_exemplars(labels, distribution);
        } else {
            lines.set_histogram(distribution);
            self.lines(lines);
        }
    }

    fn histogram_with_exemplars(&mut self, labels: &[&[u8]], distribution: &Distribution<'_>) {
        self.push_head();
        for (index, (edge, count)) in
            distribution.edges.labels.iter().zip(distribution.ascending()).enumerate()
        {
            push_name_and_open(self.out, self.family, "_bucket", labels);
            push_edge(self.out, edge);
            number::push_integer(self.out, count);
            self.push_exemplar_of(index, distribution);
            self.out.push(b'\n');
        }
        self.push_name_and_labels("_sum", labels);
        number::push_seconds(self.out, distribution.sum_ns);
        self.out.push(b'\n');
        self.push_name_and_labels("_count", labels);
        number::push_integer(self.out, distribution.count);
        self.out.push(b'\n');
    }

    fn push_exemplar_of(&mut self, index: usize, distribution: &Distribution<'_>) {
        let bounds = distribution.edges.bounds_ns();
        let inside =
            |exemplar: &&Exemplar| bounds.partition_point(|bound| *bound < exemplar.value_ns) == index;
        if let Some(exemplar) = distribution.exemplars.iter().rev().find(inside) {
            openmetrics::push_exemplar(self.out, exemplar);
        }
    }

    /// Appends `name{labels} `, or `name ` without labels.
    fn push_name_and_labels(&mut self, suffix: &str, labels: &[&[u8]]) {
        self.push_head();
        push_name_and_open(self.out, self.family, suffix, labels);
        close(self.out);
    }

    /// The head of the family goes before its first sample.
    fn push_head(&mut self) {
        if self.headed {
            return;
        }
        self.headed = true;
        match self.syntax {
            Syntax::Text => text::push_head(self.out, self.family),
            Syntax::OpenMetrics => openmetrics::push_head(self.out, self.family),
        }
    }
}

/// Appends `name{labels`.
fn push_name_and_open(out: &mut Vec<u8>, family: &Family, suffix: &str, labels: &[&[u8]]) {
    out.extend_from_slice(family.name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    out.push(b'{');
    let mut first = true;
    for part in labels.iter().filter(|part| !part.is_empty()) {
        if !first {
            out.push(b',');
        }
        first = false;
        out.extend_from_slice(part);
    }
}

/// Closes the labels, or takes their opening back if there are none.
fn close(out: &mut Vec<u8>) {
    match out.last() {
        Some(b'{') => {
            out.pop();
        }
        _ => out.push(b'}'),
    }
    out.push(b' ');
}

/// Appends the label of a bucket, which closes the labels.
fn push_edge(out: &mut Vec<u8>, edge: &[u8]) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(edge);
}
