//! Pure. The syntax of the two text formats: families, samples, buckets. What they mean is said elsewhere.

mod escape;
mod number;
mod openmetrics;
mod sheet;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use escape::push_label_value;
pub(crate) use number::canonical;
use sheet::Mark;
pub(crate) use sheet::Sheet;

/// One of the two text formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Syntax {
    /// Text format 0.0.4, and 1.0.0, which differs in nothing but quoted names.
    #[default]
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

/// Writes one exposition on a sheet.
///
/// A sheet that was written before must get the same calls with the same families and labels.
#[derive(Debug)]
pub(crate) struct Encoder<'s> {
    sheet: &'s mut Sheet,
    syntax: Syntax,
    open: Option<Open>,
}

/// The family whose samples are being written.
#[derive(Clone, Copy, Debug)]
struct Open {
    family: &'static Family,
    /// Where its head belongs, if it has a sample.
    head: Mark,
    has_samples: bool,
}

impl<'s> Encoder<'s> {
    /// An exposition from the beginning of a sheet.
    pub(crate) fn new(sheet: &'s mut Sheet, syntax: Syntax) -> Self {
        sheet.begin();
        Self { sheet, syntax, open: None }
    }

    /// Begins a family. A family without samples is absent.
    pub(crate) fn family(&mut self, family: &'static Family) -> Samples<'_> {
        self.close_family();
        let head = self.sheet.mark();
        let open = self.open.insert(Open { family, head, has_samples: false });
        Samples { sheet: self.sheet, syntax: self.syntax, family, has_samples: &mut open.has_samples }
    }

    /// Ends the exposition; `false` if the sheet was written before by other calls, and is empty now.
    #[must_use]
    pub(crate) fn finish(mut self) -> bool {
        self.close_family();
        if self.syntax == Syntax::OpenMetrics {
            self.sheet.constant(openmetrics::push_end);
        }
        self.sheet.finish()
    }

    /// Writes the head of the last family, now that it is known whether it has samples.
    fn close_family(&mut self) {
        let Some(Open { family, head, has_samples }) = self.open.take() else { return };
        self.sheet.amend(head, u64::from(has_samples), |out| match self.syntax {
            _ if !has_samples => {}
            Syntax::Text => text::push_head(out, family),
            Syntax::OpenMetrics => openmetrics::push_head(out, family),
        });
    }
}

/// Writes the samples of one family.
///
/// Labels come as parts such as `sli="checkout"`, escaped already and without braces; empty parts are skipped.
#[derive(Debug)]
pub(crate) struct Samples<'e> {
    sheet: &'e mut Sheet,
    syntax: Syntax,
    family: &'static Family,
    has_samples: &'e mut bool,
}

impl Samples<'_> {
    /// A sample with an integer value.
    pub(crate) fn integer(&mut self, labels: &[&[u8]], value: u64) {
        self.begin(self.family.kind.suffix(), labels);
        self.sheet.integer(value);
        self.end();
    }

    /// A sample with a float value.
    pub(crate) fn float(&mut self, labels: &[&[u8]], value: f64) {
        self.begin(self.family.kind.suffix(), labels);
        self.sheet.written(value.to_bits(), |out| number::push_float(out, value));
        self.end();
    }

    /// A sample with a float value, as long as there is one.
    pub(crate) fn float_if_any(&mut self, labels: &[&[u8]], value: Option<f64>) {
        *self.has_samples |= value.is_some();
        // No calculation gives this NaN.
        self.sheet.written(value.map_or(u64::MAX, f64::to_bits), |out| {
            if let Some(value) = value {
                push_name_and_labels(out, self.family, self.family.kind.suffix(), labels);
                number::push_float(out, value);
                out.push(b'\n');
            }
        });
    }

    /// A sample in seconds, exact to the nanosecond.
    pub(crate) fn seconds(&mut self, labels: &[&[u8]], nanos: u128) {
        self.begin(self.family.kind.suffix(), labels);
        self.sheet.seconds(nanos);
        self.end();
    }

    /// What the samples that follow depend on. It seldom changes: then everything is written anew.
    pub(crate) fn depends_on(&mut self, choice: bool) {
        self.sheet.branch(u64::from(choice));
    }

    /// A classic histogram: its buckets, its sum, its count.
    pub(crate) fn histogram(&mut self, labels: &[&[u8]], distribution: &Distribution<'_>) {
        let has_exemplars = self.syntax == Syntax::OpenMetrics && !distribution.exemplars.is_empty();
        self.depends_on(has_exemplars);
        let buckets = distribution.edges.labels.iter().zip(distribution.ascending());
        for (index, (edge, count)) in buckets.enumerate() {
            *self.has_samples = true;
            self.sheet.constant(|out| {
                push_name_and_open(out, self.family, "_bucket", labels);
                push_edge(out, edge);
            });
            self.sheet.integer(count);
            if has_exemplars {
                self.sheet.any(|out| push_exemplar_of(out, index, distribution));
            }
            self.end();
        }
        self.begin("_sum", labels);
        self.sheet.seconds(distribution.sum_ns);
        self.end();
        self.begin("_count", labels);
        self.sheet.integer(distribution.count);
        self.end();
    }

    fn begin(&mut self, suffix: &str, labels: &[&[u8]]) {
        *self.has_samples = true;
        self.sheet.constant(|out| push_name_and_labels(out, self.family, suffix, labels));
    }

    fn end(&mut self) {
        self.sheet.constant(|out| out.push(b'\n'));
    }
}

/// Appends the last exemplar that lies in a bucket.
fn push_exemplar_of(out: &mut Vec<u8>, index: usize, distribution: &Distribution<'_>) {
    let bounds = distribution.edges.bounds_ns();
    let inside = |exemplar: &&Exemplar| bounds.partition_point(|bound| *bound < exemplar.value_ns) == index;
    if let Some(exemplar) = distribution.exemplars.iter().rev().find(inside) {
        openmetrics::push_exemplar(out, exemplar);
    }
}

/// Appends `name{labels} `, or `name ` without labels.
fn push_name_and_labels(out: &mut Vec<u8>, family: &Family, suffix: &str, labels: &[&[u8]]) {
    push_name_and_open(out, family, suffix, labels);
    close(out);
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
