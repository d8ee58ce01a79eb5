//! Pure. Which request gets which answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, TRANSFER_ENCODING, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use super::body::Body;
use super::limits::{DELIVERY, TURN};
use super::renderings::{Document, Refusal, Rendered};
use crate::prometheus::{Negotiated, accepts_gzip, negotiate};

/// Text that is not one of our documents.
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The time after which a scraper gives up, in seconds.
const SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A document, compressed or not.
    Document { document: Document, gzip: bool },
    /// Whether the engine is well.
    Health,
    /// Nothing we have, and the status that says so.
    Nothing(StatusCode),
}

/// Reads a request.
///
/// The path must be one of `/metrics`, `/`, `/api/v1/status` and `/healthz`, the method GET or HEAD, and there must be
/// no body. A query is ignored, except by `/`, which has the documents that the page links to: a link that is a query
/// leads there whether the address of the page ends in a slash or not, whatever the prefix.
pub(crate) fn wanted(method: &Method, path: &str, query: Option<&str>, headers: &HeaderMap) -> Wanted {
    if let Some(refused) = refused_body(headers) {
        return Wanted::Nothing(refused);
    }
    let document = match (path, query) {
        ("/metrics", _) | ("/" | "", Some("document=metrics")) => {
            Some(Document::Metrics(negotiate(&joined(headers, &ACCEPT))))
        }
        ("/api/v1/status", _) | ("/" | "", Some("document=status")) => Some(Document::Status),
        ("/" | "", _) => Some(Document::Page),
        ("/healthz", _) => None,
        _ => return Wanted::Nothing(StatusCode::NOT_FOUND),
    };
    if method != Method::GET && method != Method::HEAD {
        return Wanted::Nothing(StatusCode::METHOD_NOT_ALLOWED);
    }
    document.map_or(Wanted::Health, |document| Wanted::Document {
        document,
        gzip: accepts_gzip(&joined(headers, &ACCEPT_ENCODING)),
    })
}

/// How long a request that came now may wait before its answer is begun.
///
/// A scraper tells when it gives up, and what comes later than that is made for nobody.
pub(crate) fn patience(headers: &HeaderMap) -> Duration {
    let told = headers.get(SCRAPE_TIMEOUT).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let timeout =
        told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).filter(|told| !told.is_zero());
    timeout.map_or(TURN, |timeout| {
        TURN.min(timeout.saturating_sub(DELIVERY.min(timeout.checked_div(2).unwrap_or_default())))
    })
}

/// The status that refuses a body, if the request announces one.
fn refused_body(headers: &HeaderMap) -> Option<StatusCode> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Some(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    match (lengths.next(), lengths.next()) {
        (Some(_), Some(_)) => Some(StatusCode::BAD_REQUEST),
        (Some(length), None) if !is_zero(length) => Some(StatusCode::PAYLOAD_TOO_LARGE),
        _ => None,
    }
}

fn is_zero(length: &HeaderValue) -> bool {
    !length.is_empty() && length.as_bytes().iter().all(|digit| *digit == b'0')
}

/// All values of a header, as one list; what is not ASCII is shown as a replacement, which makes its element none.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join(",")
}

/// The answer with a document.
pub(crate) fn answer(document: Document, rendered: Rendered) -> Response<Body> {
    let content_type = match document {
        Document::Metrics(negotiated) => content_type(negotiated),
        Document::Page => HeaderValue::from_static("text/html; charset=utf-8"),
        Document::Status => HeaderValue::from_static("application/json"),
    };
    let mut response = respond(StatusCode::OK, content_type, rendered.bytes.into());
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if rendered.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if document == Document::Page {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    response
}

/// The answer to `/healthz`: 200 when the engine is well, else 503 with the reason.
pub(crate) fn health(illness: Option<String>) -> Response<Body> {
    match illness {
        None => respond(StatusCode::OK, PLAIN, "ok\n".into()),
        Some(reason) => respond(StatusCode::SERVICE_UNAVAILABLE, PLAIN, Bytes::from(reason + "\n").into()),
    }
}

/// The answer when there is no rendering.
pub(crate) fn refused(refusal: Refusal) -> Response<Body> {
    nothing(match refusal {
        Refusal::Crowded | Refusal::Late => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    })
}

/// An answer without a document.
pub(crate) fn nothing(status: StatusCode) -> Response<Body> {
    let text = match status {
        StatusCode::NOT_FOUND => "not found: try /metrics, /, /api/v1/status or /healthz\n",
        StatusCode::METHOD_NOT_ALLOWED => "only GET and HEAD are allowed here\n",
        StatusCode::PAYLOAD_TOO_LARGE => "requests have no body here\n",
        StatusCode::UNAUTHORIZED => "show the credential of this endpoint\n",
        StatusCode::BAD_REQUEST => "the request contradicts itself, or lacks its host\n",
        StatusCode::MISDIRECTED_REQUEST => {
            "call this endpoint by localhost or 127.0.0.1; the application can add names with http_host\n"
        }
        StatusCode::INTERNAL_SERVER_ERROR => "rendering failed: this is a bug of the exporter\n",
        StatusCode::SERVICE_UNAVAILABLE => "enough scrapes are in flight: try again in a second\n",
        _ => "",
    };
    let mut response = respond(status, PLAIN, text.into());
    let headers = response.headers_mut();
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // Whatever follows on the connection could be the body.
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::BAD_REQUEST => {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

fn content_type(negotiated: Negotiated) -> HeaderValue {
    HeaderValue::try_from(negotiated.content_type()).unwrap_or(PLAIN)
}

fn respond(status: StatusCode, content_type: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &str, path: &str, headers: &[(&'static str, &str)]) -> Wanted {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        wanted(&method.parse().unwrap(), path, query, &map)
    }

    #[track_caller]
    fn check_refused(method: &str, path: &str, headers: &[(&'static str, &str)], status: u16) {
        let expected = Wanted::Nothing(StatusCode::from_u16(status).unwrap());
        assert_eq!(ask(method, path, headers), expected, "{method} {path} {headers:?}");
    }

    #[test]
    fn four_paths_are_served_and_no_other() {
        for method in ["GET", "HEAD"] {
            assert!(matches!(
                ask(method, "/metrics", &[]),
                Wanted::Document { document: Document::Metrics(_), gzip: false }
            ));
            assert_eq!(ask(method, "/", &[]), Wanted::Document { document: Document::Page, gzip: false });
            assert_eq!(
                ask(method, "/api/v1/status", &[("accept-encoding", "br"), ("accept-encoding", "gzip")]),
                Wanted::Document { document: Document::Status, gzip: true }
            );
            assert_eq!(ask(method, "/healthz", &[]), Wanted::Health);
        }
        assert!(matches!(
            ask("GET", "/?document=metrics", &[]),
            Wanted::Document { document: Document::Metrics(_), .. }
        ));
        let status = Wanted::Document { document: Document::Status, gzip: false };
        assert_eq!(ask("GET", "/?document=status", &[]), status);
        assert_eq!(ask("GET", "/api/v1/status?document=metrics", &[]), status);
        let page = Wanted::Document { document: Document::Page, gzip: false };
        assert_eq!(ask("GET", "/?document=passwd", &[]), page);
        for path in [
            "/metrics/",
            "//metrics",
            "/../metrics",
            "/METRICS",
            "/metrics%2f",
            "*",
            "/api/v1",
            "/favicon.ico",
        ] {
            check_refused("GET", path, &[], 404);
        }
    }

    #[test]
    fn an_element_that_is_no_text_is_ignored_alone() {
        let accept =
            b"text/plain;q=\xff,application/openmetrics-text;version=1.0.0,\xe2\x82\xac/*;escaping=dots";
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_bytes(accept).unwrap());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_bytes(b"\xff, gzip").unwrap());
        let negotiated = negotiate("application/openmetrics-text;version=1.0.0");
        let expected = Wanted::Document { document: Document::Metrics(negotiated), gzip: true };
        assert_eq!(wanted(&Method::GET, "/metrics", None, &headers), expected);
    }

    #[test]
    fn other_methods_are_refused_on_paths_that_exist() {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "BREW"] {
            check_refused(method, "/metrics", &[], 405);
            check_refused(method, "/nowhere", &[], 404);
        }
        let response = nothing(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[ALLOW], "GET, HEAD");
    }

    #[test]
    fn bodies_are_refused_before_anything_else() {
        check_refused("GET", "/metrics", &[("content-length", "1")], 413);
        check_refused("GET", "/metrics", &[("transfer-encoding", "chunked")], 413);
        check_refused("GET", "/metrics", &[("content-length", "0"), ("content-length", "0")], 400);
        check_refused("POST", "/nowhere", &[("content-length", "5")], 413);
        for zero in ["0", "00", "000000000000000000000"] {
            assert_eq!(ask("GET", "/healthz", &[("content-length", zero)]), Wanted::Health);
        }
        for other in ["", "01", "0x0", "+0", "0 0"] {
            check_refused("GET", "/healthz", &[("content-length", other)], 413);
        }
        assert_eq!(nothing(StatusCode::PAYLOAD_TOO_LARGE).headers()[CONNECTION], "close");
    }

    #[test]
    fn a_scraper_waits_as_long_as_it_says_and_no_longer_than_others() {
        for (told, millis) in [
            (None, 3_000),
            (Some("10"), 3_000),
            (Some("10.000000"), 3_000),
            (Some("3.5"), 3_000),
            (Some("3.25"), 2_750),
            (Some("1"), 500),
            (Some(" 0.5 "), 250),
            (Some("0.002"), 1),
            (Some("0"), 3_000),
            (Some("-1"), 3_000),
            (Some("NaN"), 3_000),
            (Some("inf"), 3_000),
            (Some("1e99"), 3_000),
            (Some("soon"), 3_000),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(told.map(|told| (SCRAPE_TIMEOUT, HeaderValue::from_str(told).unwrap())));
            assert_eq!(patience(&headers), Duration::from_millis(millis), "{told:?}");
        }
    }

    #[test]
    fn every_answer_forbids_guessing_and_names_no_software() {
        let rendered = || Rendered { bytes: Bytes::new(), gzip: true };
        let metrics = Document::Metrics(negotiate(""));
        for response in [
            answer(Document::Page, rendered()),
            answer(Document::Status, rendered()),
            answer(metrics, rendered()),
            health(None),
            health(Some("late".to_owned())),
            nothing(StatusCode::NOT_FOUND),
        ] {
            assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert!(response.headers().contains_key(CONTENT_TYPE));
            assert!(!response.headers().contains_key("server"));
        }
        assert_eq!(answer(metrics, rendered()).headers()[CONTENT_ENCODING], "gzip");
        assert_eq!(nothing(StatusCode::SERVICE_UNAVAILABLE).headers()[RETRY_AFTER], "1");
        assert_eq!(health(Some("late".to_owned())).status(), 503);
    }
}
