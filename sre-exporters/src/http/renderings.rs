//! Cold. One rendering for all who ask at the same time, in buffers that are used again.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::limits::SCRAPES_MAX;
use crate::prometheus::Negotiated;
use crate::telemetry::{Count, Telemetry};

/// Renderings kept for those who asked before they began.
const KEPT_MAX: usize = 4;

/// Buffers kept for use again.
const SPARE_MAX: usize = 4;

/// Bodies below this size travel as they are.
const GZIP_BYTES_MIN: usize = 1_024;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Document {
    /// The metrics in a format.
    Metrics(Negotiated),
    /// The status page.
    Page,
    /// The status as JSON.
    Status,
}

/// Where documents come from.
pub(crate) trait Source: Send + Sync + 'static {
    /// Appends the document as it is now.
    fn render(&self, document: Document, out: &mut Vec<u8>);

    /// What is wrong with the engine; `None` when it is well.
    fn illness(&self) -> Option<String>;
}

/// The documents of one source, each rendered once for all who wait for it.
///
/// A rendering is only given to those who asked before it began, so nobody reads counts from before the question;
/// those who say how old it may be are content with less.
pub(crate) struct Renderings {
    source: Box<dyn Source>,
    /// Renderings begun so far; a reader notes it when it asks.
    begun: AtomicU64,
    /// Readers that ask right now.
    asking: AtomicUsize,
    kept: Mutex<Vec<Rendering>>,
    spare: Arc<Spare>,
    telemetry: Arc<Telemetry>,
}

#[derive(Debug)]
struct Rendering {
    document: Document,
    number: u64,
    at: Instant,
    plain: Bytes,
    gzip: Option<Bytes>,
}

/// The moment at which a reader asked, and how much older than that a rendering may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    begun: u64,
    oldest: Option<Instant>,
}

impl Ticket {
    fn is_met_by(&self, rendering: &Rendering) -> bool {
        rendering.number > self.begun || self.oldest.is_some_and(|oldest| rendering.at >= oldest)
    }
}

/// Why there is no rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There are enough readers waiting.
    Crowded,
    /// The source panicked.
    Failed,
}

/// A body, and whether it is compressed.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub(crate) bytes: Bytes,
    pub(crate) gzip: bool,
}

impl Renderings {
    pub(crate) fn new(source: Box<dyn Source>, telemetry: Arc<Telemetry>) -> Self {
        Self {
            source,
            begun: AtomicU64::new(0),
            asking: AtomicUsize::new(0),
            kept: Mutex::new(Vec::new()),
            spare: Arc::default(),
            telemetry,
        }
    }

    /// What is wrong with the engine; `None` when it is well.
    pub(crate) fn illness(&self) -> Option<String> {
        self.source.illness()
    }

    /// Notes the moment of a question, for [`Renderings::get`].
    pub(crate) fn ticket(&self) -> Ticket {
        // Relaxed: only the value matters, and a value too old costs one rendering more.
        Ticket { begun: self.begun.load(Ordering::Relaxed), oldest: None }
    }

    /// Like [`Renderings::ticket`], for a reader who must be content with what was rendered since `oldest`.
    pub(crate) fn ticket_since(&self, oldest: Instant) -> Ticket {
        Ticket { oldest: Some(oldest), ..self.ticket() }
    }

    /// The document as it was at the moment of the ticket, or later.
    ///
    /// # Errors
    ///
    /// [`Refusal::Crowded`], when as many readers as there may be wait already, and [`Refusal::Failed`].
    pub(crate) fn get(&self, document: Document, ticket: Ticket, gzip: bool) -> Result<Rendered, Refusal> {
        let _asking = Asking::enter(&self.asking)?;
        let mut kept = self.kept.lock();
        let fresh = |old: &Rendering| old.document == document && ticket.is_met_by(old);
        if !kept.iter().any(fresh) {
            self.render(&mut kept, document)?;
        }
        let rendering = kept.iter_mut().find(|old| fresh(old)).ok_or(Refusal::Failed)?;
        if gzip && rendering.plain.len() >= GZIP_BYTES_MIN {
            let compressed = match &rendering.gzip {
                Some(compressed) => compressed.clone(),
                None => self.compress(&rendering.plain),
            };
            rendering.gzip = Some(compressed.clone());
            return Ok(Rendered { bytes: compressed, gzip: true });
        }
        Ok(Rendered { bytes: rendering.plain.clone(), gzip: false })
    }

    /// Renders now, in place of the last rendering of the document or else of the oldest one.
    fn render(&self, kept: &mut Vec<Rendering>, document: Document) -> Result<(), Refusal> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let at = Instant::now();
        kept.retain(|old| old.document != document);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        let mut buffer = self.spare.take();
        // A panic while rendering must not reach a router of the user; the buffer is dropped with what is in it.
        let rendered = catch_unwind(AssertUnwindSafe(|| {
            self.source.render(document, &mut buffer);
            buffer
        }));
        let plain = self.share(rendered.map_err(|_| {
            self.telemetry.add(Count::RenderPanics, 1);
            Refusal::Failed
        })?);
        kept.push(Rendering { document, number, at, plain, gzip: None });
        Ok(())
    }

    fn compress(&self, plain: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(self.spare.take(), Compression::fast());
        // Writing to memory cannot fail.
        let _ = encoder.write_all(plain);
        self.share(encoder.finish().unwrap_or_default())
    }

    fn share(&self, buffer: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent { buffer, home: Arc::clone(&self.spare) })
    }
}

impl std::fmt::Debug for Renderings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderings").field("begun", &self.begun).finish_non_exhaustive()
    }
}

/// Counts a reader while it asks.
struct Asking<'a>(&'a AtomicUsize);

impl<'a> Asking<'a> {
    fn enter(asking: &'a AtomicUsize) -> Result<Self, Refusal> {
        // Relaxed: a count that guards nothing but itself.
        let entered = Self(asking);
        if asking.fetch_add(1, Ordering::Relaxed) < SCRAPES_MAX { Ok(entered) } else { Err(Refusal::Crowded) }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Buffers that nobody reads any more.
#[derive(Debug, Default)]
struct Spare {
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Spare {
    /// The largest buffer, empty.
    fn take(&self) -> Vec<u8> {
        let mut buffers = self.buffers.lock();
        let largest = (0..buffers.len()).max_by_key(|at| buffers.get(*at).map_or(0, Vec::capacity));
        largest.map(|at| buffers.swap_remove(at)).unwrap_or_default()
    }

    fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut buffers = self.buffers.lock();
        if buffers.len() < SPARE_MAX {
            buffers.push(buffer);
        }
    }
}

/// A buffer that goes home when its last reader is done.
struct Lent {
    buffer: Vec<u8>,
    home: Arc<Spare>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.give(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders the number of its renderings, padded to 2 KiB.
    #[derive(Debug, Default)]
    struct Counting(AtomicU64);

    impl Source for Counting {
        fn render(&self, _: Document, out: &mut Vec<u8>) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            out.extend_from_slice(format!("{number:02048}").as_bytes());
        }

        fn illness(&self) -> Option<String> {
            None
        }
    }

    fn number(rendered: &Rendered) -> u64 {
        std::str::from_utf8(&rendered.bytes).unwrap().parse().unwrap()
    }

    #[test]
    fn all_who_ask_before_a_rendering_begins_share_it_and_later_ones_do_not() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let together = [renderings.ticket(), renderings.ticket(), renderings.ticket()];
        for ticket in together {
            assert_eq!(number(&renderings.get(Document::Page, ticket, false).unwrap()), 0);
        }
        let later = renderings.ticket();
        assert_eq!(number(&renderings.get(Document::Page, later, false).unwrap()), 1);
        assert_eq!(number(&renderings.get(Document::Page, together[0], false).unwrap()), 1);
    }

    #[test]
    fn whoever_is_content_with_less_gets_what_there_is() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let before = Instant::now();
        assert_eq!(number(&renderings.get(Document::Page, renderings.ticket(), false).unwrap()), 0);
        assert_eq!(
            number(&renderings.get(Document::Page, renderings.ticket_since(before), false).unwrap()),
            0
        );
        let after = Instant::now() + std::time::Duration::from_secs(1);
        assert_eq!(
            number(&renderings.get(Document::Page, renderings.ticket_since(after), false).unwrap()),
            1
        );
    }

    #[test]
    fn documents_are_rendered_apart_and_compressed_from_the_same_rendering() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let ticket = renderings.ticket();
        let page = renderings.get(Document::Page, ticket, false).unwrap();
        assert_eq!(number(&renderings.get(Document::Status, ticket, false).unwrap()), 1);
        let compressed = renderings.get(Document::Page, ticket, true).unwrap();
        assert!(compressed.gzip && compressed.bytes.len() < 100);
        let mut plain = Vec::new();
        flate2::write::GzDecoder::new(&mut plain).write_all(&compressed.bytes).unwrap();
        assert_eq!(plain, page.bytes);
    }

    #[test]
    fn a_source_that_panics_is_an_answer_and_a_count() {
        struct Panicking;
        impl Source for Panicking {
            fn render(&self, _: Document, _: &mut Vec<u8>) {
                panic!("a bug that this test planted");
            }

            fn illness(&self) -> Option<String> {
                None
            }
        }
        let telemetry = Arc::<Telemetry>::default();
        let renderings = Renderings::new(Box::new(Panicking), Arc::clone(&telemetry));
        for _ in 0..2 {
            let refusal = renderings.get(Document::Page, renderings.ticket(), false).unwrap_err();
            assert_eq!(refusal, Refusal::Failed);
        }
        assert_eq!(telemetry.get(Count::RenderPanics), 2);
    }

    #[test]
    fn buffers_are_used_again() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let mut places = std::collections::HashSet::new();
        for _ in 0..10 {
            let ticket = renderings.ticket();
            places.insert(renderings.get(Document::Page, ticket, false).unwrap().bytes.as_ptr());
        }
        assert!(places.len() <= 2, "one is rendered while the other is kept: {places:?}");
    }

    #[test]
    fn a_fifth_reader_at_a_time_is_turned_away() {
        let asking = AtomicUsize::new(0);
        let four: Vec<_> = (0..4).map(|_| Asking::enter(&asking).ok().unwrap()).collect();
        assert!(Asking::enter(&asking).is_err());
        drop(four);
        assert!(Asking::enter(&asking).is_ok());
        assert_eq!(asking.into_inner(), 0);
    }
}
