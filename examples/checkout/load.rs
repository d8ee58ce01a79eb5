//! Cold. The customers: so many requests a second over real HTTP, whatever becomes of the answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, interval, timeout};

use crate::phases::draw;

/// How long a customer waits before giving up. So at most one second's requests are under way.
const PATIENCE: Duration = Duration::from_secs(1);

/// All customers of the shop.
#[derive(Clone, Debug)]
pub(crate) struct Customers {
    shop: SocketAddr,
    client: Client<HttpConnector, Empty<Bytes>>,
    seen: Arc<Seen>,
}

/// What the customers saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) answers: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) gave_up: AtomicU64,
}

/// How a request ended.
enum End {
    Answered,
    Failed,
    GaveUp,
}

impl Customers {
    pub(crate) fn of(shop: SocketAddr) -> Self {
        Self { shop, client: Client::builder(TokioExecutor::new()).build_http(), seen: Arc::default() }
    }

    pub(crate) fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.seen)
    }

    /// Sends `rps` requests a second for ever; slow answers do not slow it down.
    pub(crate) async fn come(self, rps: u32) {
        let started = Instant::now();
        let mut beat = interval(Duration::from_millis(10));
        let mut sent = 0;
        loop {
            beat.tick().await;
            let due = started.elapsed().as_millis() * u128::from(rps) / 1_000;
            while u128::from(sent) < due {
                self.send(sent);
                sent += 1;
            }
        }
    }

    fn send(&self, number: u64) {
        let customers = self.clone();
        tokio::spawn(async move {
            let end = timeout(PATIENCE, customers.request(number)).await.unwrap_or(End::GaveUp);
            customers.seen.count(&end);
        });
    }

    async fn request(&self, number: u64) -> End {
        let (method, path) = wish(number);
        let uri = format!("http://{}{path}", self.shop);
        let Ok(request) = Request::builder().method(method).uri(uri).body(Empty::new()) else {
            return End::Failed;
        };
        let Ok(response) = self.client.request(request).await else { return End::Failed };
        let failed = response.status().is_server_error();
        match response.into_body().collect().await {
            Ok(_) if !failed => End::Answered,
            _ => End::Failed,
        }
    }
}

/// What a customer wants: of ten, five pay (one of fifty with an empty cart), two fill a cart, two search, one
/// exports.
fn wish(number: u64) -> (Method, &'static str) {
    match draw(number, 100) {
        0 => (Method::POST, "/checkout/0"),
        1..50 => (Method::POST, "/checkout/3"),
        50..70 => (Method::POST, "/cart/teaspoon"),
        70..90 => (Method::GET, "/search/knife"),
        _ => (Method::GET, "/export"),
    }
}

impl Seen {
    fn count(&self, end: &End) {
        let counter = match end {
            End::Answered => &self.answers,
            End::Failed => &self.failures,
            End::GaveUp => &self.gave_up,
        };
        // Relaxed: sums that are read at the end.
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_have_their_shares() {
        let share = |path: &str| (0..10_000).filter(|number| wish(*number).1.starts_with(path)).count();
        for (path, expected) in
            [("/checkout/0", 100), ("/checkout", 5_000), ("/cart", 2_000), ("/export", 1_000)]
        {
            assert!(share(path).abs_diff(expected) <= 10, "{} of 10,000 to {path}", share(path));
        }
    }
}
