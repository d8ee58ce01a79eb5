//! Cold. The endpoint as a `tower` service, for routers of the user.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};

use super::body::Body;
use super::renderings::Renderings;
use super::routes::{self, Wanted};

/// The endpoint as a `tower` service: `/metrics`, `/`, `/api/v1/status` and `/healthz`, below any prefix.
///
/// A request is answered at once, on the calling thread, at the price of one rendering; requests that come while one
/// is made share it. Request bodies are neither read nor wanted. Limits on connections are those of the router's
/// server.
#[derive(Clone, Debug)]
pub struct Handler {
    renderings: Arc<Renderings>,
}

impl Handler {
    pub(crate) fn over(renderings: Arc<Renderings>) -> Self {
        Self { renderings }
    }

    /// The answer to a request, of which the body is not read.
    #[must_use]
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        match routes::wanted(request.method(), request.uri().path(), request.headers()) {
            Wanted::Document { document, gzip } => {
                match self.renderings.get(document, self.renderings.ticket(), gzip) {
                    Ok(rendered) => routes::answer(document, rendered),
                    Err(refusal) => routes::refused(refusal),
                }
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
