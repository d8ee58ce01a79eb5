//! Cold. The endpoint as a `tower` service, for routers of the user.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tokio::time::Instant;

use super::body::Body;
use super::limits::deadline;
use super::renderings::Renderings;
use super::routes::{self, Wanted};

/// The endpoint as a `tower` service: `/metrics`, `/`, `/api/v1/status` and `/healthz`, below any prefix.
///
/// A request is answered on the calling thread, at the price of one rendering at most; all who ask for the same
/// document while one is made share the next. Nobody waits longer than three seconds, nor than a scraper says in
/// `X-Prometheus-Scrape-Timeout-Seconds`: then, and when four other documents are wanted already, the answer is 503.
/// With fifty objectives a rendering takes less than a millisecond; with thousands, which a runtime should not wait
/// for, let the listener answer, which has a thread of its own.
///
/// Request bodies are neither read nor wanted. Limits on connections are those of the router's server.
///
/// The links of the page work wherever it is mounted, with and without a slash at the end of its address.
///
/// # Examples
///
/// In a router of axum, next to the routes of the application:
///
/// ```
/// use axum::{Router, routing::get};
/// use sre_core::Engine;
/// use sre_exporters::Exporters;
///
/// let engine = Engine::builder().service("shop").start()?;
/// let exporters = Exporters::builder(&engine).start()?;
/// let router: Router = Router::new()
///     .route("/", get(|| async { "welcome" }))
///     .nest_service("/internal", exporters.handler()) // /internal, /internal/metrics, ...
///     .route_service("/metrics", exporters.handler());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In a server of one's own with `hyper`:
///
/// ```
/// use std::convert::Infallible;
///
/// use http::Request;
/// use hyper::{body::Incoming, service::service_fn};
/// use sre_core::Engine;
/// use sre_exporters::Exporters;
///
/// let engine = Engine::builder().service("shop").start()?;
/// let handler = Exporters::builder(&engine).start()?.handler();
/// let service = service_fn(move |request: Request<Incoming>| {
///     let answer = handler.answer(&request);
///     async { Ok::<_, Infallible>(answer) }
/// });
/// // For each connection: http1::Builder::new().serve_connection(io, &service).await
/// # let _ = service;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As a `tower` service:
///
/// ```
/// use http::Request;
/// use sre_core::Engine;
/// use sre_exporters::Exporters;
/// use tower_service::Service as _;
///
/// let engine = Engine::builder().service("shop").start()?;
/// let mut handler = Exporters::builder(&engine).start()?.handler();
/// let answer = handler.call(Request::get("/metrics").body(())?).into_inner()?;
/// assert_eq!(answer.status(), 200);
/// assert!(answer.body().as_bytes().starts_with(b"# HELP target_info"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Handler {
    pub(super) renderings: Arc<Renderings>,
}

impl Handler {
    pub(crate) fn over(renderings: Arc<Renderings>) -> Self {
        Self { renderings }
    }

    /// The answer to a request, of which the body is not read.
    #[must_use]
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let uri = request.uri();
        match routes::wanted(request.method(), uri.path(), uri.query(), request.headers()) {
            Wanted::Document { document, gzip } => {
                let until = deadline(Instant::now(), routes::patience(request.headers()));
                let rendered = self.renderings.get(document, self.renderings.ticket(), gzip, until);
                self.renderings.count(document, &rendered);
                rendered.map_or_else(routes::refused, |rendered| routes::answer(document, rendered))
            }
            Wanted::Health => routes::health(self.renderings.illness()),
            Wanted::Nothing(status) => routes::nothing(status),
        }
    }
}

impl<B> tower_service::Service<Request<B>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}
