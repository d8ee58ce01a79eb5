//! Cold. One rendering for all who ask at the same time, in buffers that are used again.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

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
    /// The document as it is now: appended, or lent by the source from buffers of its own.
    fn render(&self, document: Document, out: &mut Vec<u8>) -> Option<Bytes>;

    /// What is wrong with the engine; `None` when it is well.
    fn illness(&self) -> Option<String>;
}

/// The documents of one source, each rendered once for all who wait for it.
///
/// A rendering is only given to those who asked before it began, so nobody reads counts from before the question;
/// those who say how old it may be are content with less. One is made at a time.
pub(crate) struct Renderings {
    source: Box<dyn Source>,
    /// Renderings begun so far; a reader notes it when it asks.
    begun: AtomicU64,
    /// The documents that are being made or waited for, each with the number of its readers.
    wanted: Mutex<Vec<(Document, usize)>>,
    /// Held by whoever renders.
    turn: Mutex<()>,
    kept: Mutex<Vec<Rendering>>,
    spare: Arc<Spare>,
    telemetry: Arc<Telemetry>,
}

#[derive(Clone, Debug)]
struct Rendering {
    document: Document,
    number: u64,
    at: Instant,
    plain: Bytes,
    /// Compressed by the first reader who wants it so.
    gzip: Arc<OnceLock<Bytes>>,
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
    /// As many other documents as may be are being made or waited for.
    Crowded,
    /// The time of the reader was over before a rendering began.
    Late,
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
            wanted: Mutex::default(),
            turn: Mutex::default(),
            kept: Mutex::default(),
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
        // Relaxed: whoever has learnt of a rendering reads its number or a later one; for others none was before.
        Ticket { begun: self.begun.load(Ordering::Relaxed), oldest: None }
    }

    /// Like [`Renderings::ticket`], for a reader who must be content with what was rendered since `oldest`.
    pub(crate) fn ticket_since(&self, oldest: Instant) -> Ticket {
        Ticket { oldest: Some(oldest), ..self.ticket() }
    }

    /// The document as it was at the moment of the ticket, or later.
    ///
    /// Waits on the calling thread while somebody else renders, but begins nothing from the moment `until` on.
    ///
    /// # Errors
    ///
    /// [`Refusal::Crowded`] when [`SCRAPES_MAX`] other documents are wanted, [`Refusal::Late`], [`Refusal::Failed`].
    pub(crate) fn get(
        &self,
        document: Document,
        ticket: Ticket,
        gzip: bool,
        until: Instant,
    ) -> Result<Rendered, Refusal> {
        let rendering = match self.find(document, ticket) {
            Some(rendering) => rendering,
            None => self.wait(document, ticket, until)?,
        };
        if gzip && rendering.plain.len() >= GZIP_BYTES_MIN {
            let compressed = rendering.gzip.get_or_init(|| self.compress(&rendering.plain));
            return Ok(Rendered { bytes: compressed.clone(), gzip: true });
        }
        Ok(Rendered { bytes: rendering.plain, gzip: false })
    }

    /// Counts an answer with metrics, or without; other documents are not counted.
    pub(crate) fn count(&self, document: Document, answer: &Result<Rendered, Refusal>) {
        match (document, answer) {
            (Document::Metrics(_), Ok(rendered)) => {
                self.telemetry.add(Count::Scrapes, 1);
                self.telemetry.add(Count::ScrapedBytes, rendered.bytes.len() as u64);
            }
            (Document::Metrics(_), Err(_)) => self.telemetry.add(Count::ScrapesRefused, 1),
            _ => {}
        }
    }

    /// Readers of all documents that are being made or waited for.
    #[cfg(test)]
    pub(crate) fn readers(&self) -> usize {
        self.wanted.lock().iter().map(|(_, readers)| readers).sum()
    }

    fn find(&self, document: Document, ticket: Ticket) -> Option<Rendering> {
        let kept = self.kept.lock();
        kept.iter().find(|old| old.document == document && ticket.is_met_by(old)).cloned()
    }

    /// Waits for its turn, and renders unless somebody has done so meanwhile.
    fn wait(&self, document: Document, ticket: Ticket, until: Instant) -> Result<Rendering, Refusal> {
        let _wanting = Wanting::enter(&self.wanted, document)?;
        let _turn = self.turn.try_lock_until(until.into_std()).ok_or(Refusal::Late)?;
        match self.find(document, ticket) {
            Some(rendering) => Ok(rendering),
            None if Instant::now() >= until => Err(Refusal::Late),
            None => self.render(document),
        }
    }

    /// Renders now, in place of the last rendering of the document or else of the oldest one.
    fn render(&self, document: Document) -> Result<Rendering, Refusal> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let at = Instant::now();
        self.make_room(document);
        let mut buffer = self.spare.take();
        // A panic while rendering must not reach a router of the user; the buffer is dropped with what is in it.
        let rendered = catch_unwind(AssertUnwindSafe(|| {
            let lent = self.source.render(document, &mut buffer);
            (lent, self.share(buffer))
        }));
        let (lent, written) = rendered.map_err(|_| {
            self.telemetry.add(Count::RenderPanics, 1);
            Refusal::Failed
        })?;
        let plain = lent.unwrap_or(written);
        let rendering = Rendering { document, number, at, plain, gzip: Arc::default() };
        self.kept.lock().push(rendering.clone());
        Ok(rendering)
    }

    fn make_room(&self, document: Document) {
        let mut kept = self.kept.lock();
        kept.retain(|old| old.document != document);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
    }

    fn compress(&self, plain: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(self.spare.take(), Compression::fast());
        // Writing to memory cannot fail.
        let _ = encoder.write_all(plain);
        self.share(encoder.finish().unwrap_or_default())
    }

    fn share(&self, buffer: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent { buffer, origin: Arc::clone(&self.spare) })
    }
}

impl std::fmt::Debug for Renderings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderings").field("begun", &self.begun).finish_non_exhaustive()
    }
}

/// Notes that somebody wants a document, until it is dropped.
struct Wanting<'a> {
    wanted: &'a Mutex<Vec<(Document, usize)>>,
    document: Document,
}

impl<'a> Wanting<'a> {
    fn enter(wanted: &'a Mutex<Vec<(Document, usize)>>, document: Document) -> Result<Self, Refusal> {
        let mut list = wanted.lock();
        let is_full = list.len() >= SCRAPES_MAX;
        match list.iter_mut().find(|(of, _)| *of == document) {
            Some((_, readers)) => *readers = readers.saturating_add(1),
            None if is_full => return Err(Refusal::Crowded),
            None => list.push((document, 1)),
        }
        Ok(Self { wanted, document })
    }
}

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        let mut list = self.wanted.lock();
        if let Some((_, readers)) = list.iter_mut().find(|(of, _)| *of == self.document) {
            *readers = readers.saturating_sub(1);
        }
        list.retain(|(_, readers)| *readers > 0);
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

/// A buffer that returns to where it came from when its last reader is done.
struct Lent {
    buffer: Vec<u8>,
    origin: Arc<Spare>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.origin.give(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Renders the number of its renderings, padded to 2 KiB.
    #[derive(Debug, Default)]
    struct Counting(AtomicU64);

    impl Source for Counting {
        fn render(&self, _: Document, out: &mut Vec<u8>) -> Option<Bytes> {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            out.extend_from_slice(format!("{number:02048}").as_bytes());
            None
        }

        fn illness(&self) -> Option<String> {
            None
        }
    }

    /// A time that no test reaches.
    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    fn number(rendered: &Rendered) -> u64 {
        std::str::from_utf8(&rendered.bytes).unwrap().parse().unwrap()
    }

    #[test]
    fn all_who_ask_before_a_rendering_begins_share_it_and_later_ones_do_not() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let together = [renderings.ticket(), renderings.ticket(), renderings.ticket()];
        for ticket in together {
            assert_eq!(number(&renderings.get(Document::Page, ticket, false, later()).unwrap()), 0);
        }
        let after = renderings.ticket();
        assert_eq!(number(&renderings.get(Document::Page, after, false, later()).unwrap()), 1);
        assert_eq!(number(&renderings.get(Document::Page, together[0], false, later()).unwrap()), 1);
    }

    #[test]
    fn whoever_is_content_with_less_gets_what_there_is() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let before = Instant::now();
        assert_eq!(number(&renderings.get(Document::Page, renderings.ticket(), false, later()).unwrap()), 0);
        assert_eq!(
            number(&renderings.get(Document::Page, renderings.ticket_since(before), false, later()).unwrap()),
            0
        );
        let after = later();
        assert_eq!(
            number(&renderings.get(Document::Page, renderings.ticket_since(after), false, later()).unwrap()),
            1
        );
    }

    #[test]
    fn documents_are_rendered_apart_and_compressed_from_the_same_rendering() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let ticket = renderings.ticket();
        let page = renderings.get(Document::Page, ticket, false, later()).unwrap();
        assert_eq!(number(&renderings.get(Document::Status, ticket, false, later()).unwrap()), 1);
        let compressed = renderings.get(Document::Page, ticket, true, later()).unwrap();
        assert!(compressed.gzip && compressed.bytes.len() < 100);
        let mut plain = Vec::new();
        flate2::write::GzDecoder::new(&mut plain).write_all(&compressed.bytes).unwrap();
        assert_eq!(plain, page.bytes);
    }

    #[test]
    fn a_source_that_panics_is_an_answer_and_a_count() {
        struct Panicking;
        impl Source for Panicking {
            fn render(&self, _: Document, _: &mut Vec<u8>) -> Option<Bytes> {
                panic!("a bug that this test planted");
            }

            fn illness(&self) -> Option<String> {
                None
            }
        }
        let telemetry = Arc::<Telemetry>::default();
        let renderings = Renderings::new(Box::new(Panicking), Arc::clone(&telemetry));
        for _ in 0..2 {
            let refusal = renderings.get(Document::Page, renderings.ticket(), false, later()).unwrap_err();
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
            places.insert(renderings.get(Document::Page, ticket, false, later()).unwrap().bytes.as_ptr());
        }
        assert!(places.len() <= 2, "one is rendered while the other is kept: {places:?}");
    }

    #[test]
    fn a_fifth_document_at_a_time_is_refused_and_readers_of_the_four_are_not() {
        let wanted = Mutex::default();
        let metrics = |accept| Document::Metrics(crate::prometheus::negotiate(accept));
        let documents = [
            Document::Page,
            Document::Status,
            metrics("text/plain;version=0.0.4"),
            metrics("application/openmetrics-text;version=1.0.0"),
        ];
        let mut wanting: Vec<_> =
            (0..12).map(|at| Wanting::enter(&wanted, documents[at % 4]).ok().unwrap()).collect();
        let fifth = metrics("text/plain;version=1.0.0");
        assert_eq!(Wanting::enter(&wanted, fifth).err(), Some(Refusal::Crowded));
        wanting.truncate(4);
        assert_eq!(Wanting::enter(&wanted, fifth).err(), Some(Refusal::Crowded));
        wanting.pop();
        assert!(Wanting::enter(&wanted, fifth).is_ok());
        drop(wanting);
        assert!(wanted.into_inner().is_empty());
    }

    #[test]
    fn nothing_is_begun_for_whoever_is_late_and_what_is_there_is_given() {
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::default());
        let (ticket, over) = (renderings.ticket(), Instant::now());
        assert_eq!(renderings.get(Document::Page, ticket, false, over).unwrap_err(), Refusal::Late);
        assert_eq!(number(&renderings.get(Document::Page, ticket, false, later()).unwrap()), 0);
        assert_eq!(number(&renderings.get(Document::Page, ticket, false, over).unwrap()), 0);
        let held = renderings.turn.lock();
        let soon = Instant::now() + Duration::from_millis(5);
        let waiting = renderings.get(Document::Page, renderings.ticket(), false, soon);
        assert_eq!(waiting.unwrap_err(), Refusal::Late);
        drop(held);
        assert!(renderings.wanted.lock().is_empty());
    }

    #[test]
    fn only_metrics_count_as_scrapes() {
        let telemetry = Arc::<Telemetry>::default();
        let renderings = Renderings::new(Box::new(Counting::default()), Arc::clone(&telemetry));
        let metrics = Document::Metrics(crate::prometheus::negotiate(""));
        for document in [Document::Page, Document::Status, metrics] {
            renderings.count(document, &renderings.get(document, renderings.ticket(), false, later()));
            renderings.count(document, &Err(Refusal::Crowded));
        }
        let counts =
            [Count::Scrapes, Count::ScrapedBytes, Count::ScrapesRefused].map(|count| telemetry.get(count));
        assert_eq!(counts, [1, 2_048, 1]);
    }
}
