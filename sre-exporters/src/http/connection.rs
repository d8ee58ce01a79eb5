//! Cold. One connection from its first byte to its last, with an end in every case.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::body::Body;
use super::credential::Credential;
use super::hosts::Hosts;
use super::limits::{HEAD_BYTES_MAX, HEADERS_MAX, QUEUE, STALE_UNDER_PRESSURE, deadline};
use super::renderings::{Document, Refusal, Rendered, Renderings, Ticket};
use super::routes::{self, Wanted};
use super::slots::{Place, Slots};
use super::wire::Wire;
use crate::telemetry::{Count, Telemetry};

/// Time between two looks at whether a scrape has its turn.
const QUEUE_STEP: Duration = Duration::from_millis(2);

/// Time that the thread waits for a rendering that a router of the user has begun, before it looks after the others.
const TURN_STEP: Duration = Duration::from_millis(5);

/// What all connections of a listener share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) renderings: Arc<Renderings>,
    pub(crate) slots: Mutex<Slots>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) credential: Option<Credential>,
    pub(crate) hosts: Hosts,
    /// Rings when the listener ends.
    pub(crate) stop: Notify,
}

/// The place of a connection; it is free again when the seat is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    occupant: Arc<Occupant>,
}

#[derive(Debug)]
struct Occupant {
    site: Arc<Site>,
    place: Place,
}

impl Seat {
    pub(crate) fn new(site: Arc<Site>, place: Place) -> Self {
        Self { occupant: Arc::new(Occupant { site, place }) }
    }

    pub(crate) fn progress(&self, now: Instant) {
        self.slots(|slots, id| slots.progress(id, now));
    }

    pub(crate) fn resume(&self, now: Instant) {
        self.slots(|slots, id| slots.resume(id, now));
    }

    pub(crate) fn end_answer(&self, now: Instant) {
        self.slots(|slots, id| slots.end_answer(id, now));
    }

    fn begin_waiting(&self, now: Instant) {
        self.slots(|slots, id| slots.begin_waiting(id, now));
    }

    fn begin_answer(&self, now: Instant) {
        self.slots(|slots, id| slots.begin_answer(id, now));
    }

    /// Waits for its turn among the scrapes, though not longer than `until`; `false` if it does not come.
    async fn begin_scrape(&self, until: Instant) -> bool {
        let begun = Instant::now();
        let last = until.min(deadline(begun, QUEUE));
        if self.slots(|slots, id| slots.begin_scrape(id, begun)) {
            return true;
        }
        self.slots(|slots, _| slots.note_queued(begun));
        loop {
            let now = Instant::now();
            if self.slots(|slots, id| slots.begin_scrape(id, now)) {
                return true;
            }
            if now >= last {
                return false;
            }
            sleep(QUEUE_STEP).await;
        }
    }

    fn begin_sending(&self, now: Instant) {
        self.slots(|slots, id| slots.begin_sending(id, now));
    }

    /// Whether a request of this connection has come, and its answer is not out.
    pub(crate) fn is_answering(&self) -> bool {
        self.slots(|slots, id| slots.is_answering_to(id))
    }

    fn expires(&self) -> Option<Instant> {
        self.slots(|slots, id| slots.expires(id))
    }

    fn slots<T>(&self, ask: impl FnOnce(&mut Slots, u64) -> T) -> T {
        ask(&mut self.occupant.site.slots.lock(), self.occupant.place.id)
    }
}

impl Drop for Occupant {
    fn drop(&mut self) {
        self.site.slots.lock().leave(self.place.id);
    }
}

/// Serves a connection until the client leaves, is too slow, loses its place, or the listener ends.
pub(crate) async fn serve(stream: TcpStream, seat: Seat) {
    let occupant = Arc::clone(&seat.occupant);
    let telemetry = &occupant.site.telemetry;
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX);
    // Who hangs up one side after the request still reads; who is gone is noticed when we write, or by our patience.
    builder.half_close(true);
    let wire = Wire::new(stream, seat.clone());
    let mut connection = pin!(builder.serve_connection(wire, Answering { seat: seat.clone() }));
    let mut evicted = pin!(occupant.place.evict.notified());
    let mut stopped = pin!(occupant.site.stop.notified());
    let mut stopping = false;
    let Some(expires) = seat.expires() else { return };
    let mut patience = pin!(sleep_until(expires));

    let end = poll_fn(|cx| {
        if evicted.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Count::ConnectionsEvicted));
        }
        if !stopping && stopped.as_mut().poll(cx).is_ready() {
            stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            return Poll::Ready(result.err().map(|_| Count::ConnectionsFailed));
        }
        while patience.as_mut().poll(cx).is_ready() {
            match seat.expires() {
                Some(later) if later > patience.deadline() => patience.as_mut().reset(later),
                _ => return Poll::Ready(Some(Count::ConnectionsSlow)),
            }
        }
        Poll::Pending
    });
    if let Some(count) = end.await {
        telemetry.add(count, 1);
    }
}

/// Answers the requests of one connection.
struct Answering {
    seat: Seat,
}

impl hyper::service::Service<Request<Incoming>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let wanted = wanted(&self.seat.occupant.site, &request);
        let seat = self.seat.clone();
        let now = Instant::now();
        let until = deadline(now, routes::patience(request.headers()));
        seat.begin_waiting(now);
        Box::pin(async move { Ok(answer(&seat, wanted, until).await) })
    }
}

/// What a request wants, if its sender may have it.
fn wanted(site: &Site, request: &Request<Incoming>) -> Wanted {
    let (uri, headers) = (request.uri(), request.headers());
    let wanted = routes::wanted(request.method(), uri.path(), uri.query(), headers);
    // What could be a body ends the connection, whoever sends it.
    if let Wanted::Nothing(StatusCode::PAYLOAD_TOO_LARGE | StatusCode::BAD_REQUEST) = wanted {
        return wanted;
    }
    if let Some(status) = site.hosts.refuse(request.version(), uri, headers) {
        return Wanted::Nothing(status);
    }
    let is_known = site.credential.as_ref().is_none_or(|credential| credential.is_shown_by(headers));
    if is_known || wanted == Wanted::Health { wanted } else { Wanted::Nothing(StatusCode::UNAUTHORIZED) }
}

async fn answer(seat: &Seat, wanted: Wanted, until: Instant) -> Response<Body> {
    let site = &seat.occupant.site;
    match wanted {
        Wanted::Document { document, gzip } => {
            let rendered = match document {
                Document::Metrics(_) => scrape(seat, document, gzip, until).await,
                _ => rendered(site, document, site.renderings.ticket(), gzip, until).await,
            };
            site.renderings.count(document, &rendered);
            match (document, &rendered) {
                (Document::Metrics(_), Ok(_)) => seat.begin_sending(Instant::now()),
                _ => seat.begin_answer(Instant::now()),
            }
            rendered.map_or_else(routes::refused, |rendered| routes::answer(document, rendered))
        }
        Wanted::Health => {
            seat.begin_answer(Instant::now());
            routes::health(site.renderings.illness())
        }
        Wanted::Nothing(status) => {
            site.telemetry.add(Count::RequestsRefused, 1);
            seat.begin_answer(Instant::now());
            let mut response = routes::nothing(status);
            if let (StatusCode::UNAUTHORIZED, Some(credential)) = (status, &site.credential) {
                let challenge = HeaderValue::from_static(credential.challenge());
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

async fn scrape(seat: &Seat, document: Document, gzip: bool, until: Instant) -> Result<Rendered, Refusal> {
    let site = &seat.occupant.site;
    if !seat.begin_scrape(until).await {
        return Err(Refusal::Crowded);
    }
    let now = Instant::now();
    let pressed = site.slots.lock().is_under_pressure(now);
    let oldest = now.checked_sub(STALE_UNDER_PRESSURE).filter(|_| pressed);
    let ticket =
        oldest.map_or_else(|| site.renderings.ticket(), |oldest| site.renderings.ticket_since(oldest));
    rendered(site, document, ticket, gzip, until).await
}

/// The document, when nobody else renders one; others are served meanwhile.
async fn rendered(
    site: &Site,
    document: Document,
    ticket: Ticket,
    gzip: bool,
    until: Instant,
) -> Result<Rendered, Refusal> {
    // Whoever has asked by now gets the same rendering.
    tokio::task::yield_now().await;
    loop {
        let soon = until.min(deadline(Instant::now(), TURN_STEP));
        match site.renderings.get(document, ticket, gzip, soon) {
            Err(Refusal::Late) if Instant::now() < until => sleep(QUEUE_STEP).await,
            answer => return answer,
        }
    }
}
