//! Scrapes at the same time, with renderings that last as long as a test wants.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use http::{HeaderName, Request};
use parking_lot::{Condvar, Mutex};

use super::*;
use crate::http::Handler;
use crate::http::limits::deadline;
use crate::http::renderings::{Refusal, Rendered};
use crate::http::routes::{self, Wanted};

const TEXT: &str = "text/plain;version=0.0.4";
const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Renderings do not end while it is closed.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    /// Renderings begun so far.
    begun: AtomicU64,
}

impl Gate {
    fn set_open(&self, open: bool) {
        *self.open.lock() = open;
        self.opened.notify_all();
    }

    fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }
}

struct Gated(Arc<Gate>);

impl Source for Gated {
    fn render(&self, _: Document, out: &mut Vec<u8>) -> Option<bytes::Bytes> {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        self.0.opened.wait_while(&mut self.0.open.lock(), |open| !*open);
        out.extend_from_slice(&[b'#'; 2_000]);
        None
    }

    fn illness(&self) -> Option<String> {
        None
    }
}

/// A listener and its handler before a closed gate.
fn gated() -> (Server, Handler, Arc<Gate>) {
    let (telemetry, gate) = (Arc::<Telemetry>::default(), Arc::<Gate>::default());
    let builder = ExportersBuilder::over(Box::new(Gated(Arc::clone(&gate))), Arc::clone(&telemetry));
    let exporters = builder.http("127.0.0.1:0").strict().start().expect("a free port");
    let handler = exporters.handler();
    (Server { exporters, telemetry, body_bytes: 2_000 }, handler, gate)
}

/// Asks a handler on a thread of its own, as a router does; with the patience that a busy machine needs.
fn ask(handler: &Handler, path: &str, accept: &str) -> JoinHandle<Result<Rendered, Refusal>> {
    let renderings = Arc::clone(&handler.renderings);
    let request = Request::get(path).header("accept", accept).body(()).unwrap();
    let wanted = routes::wanted(request.method(), path, None, request.headers());
    let Wanted::Document { document, gzip } = wanted else { panic!("{path} is no document") };
    let until = deadline(tokio::time::Instant::now(), FOREVER);
    thread::spawn(move || renderings.get(document, renderings.ticket(), gzip, until))
}

#[track_caller]
fn wait_until(reached: impl Fn() -> bool) {
    let begin = now();
    while !reached() {
        assert!(begin.elapsed() < FOREVER, "it never comes to that");
        thread::yield_now();
    }
}

#[test]
fn any_number_of_readers_share_the_next_rendering() {
    let (_server, handler, gate) = gated();
    let first = ask(&handler, "/metrics", TEXT);
    wait_until(|| gate.begun() == 1);
    let others: Vec<_> = (0..30).map(|_| ask(&handler, "/metrics", TEXT)).collect();
    wait_until(|| handler.renderings.readers() == 31);
    gate.set_open(true);
    for answer in others.into_iter().chain([first]) {
        assert!(answer.join().unwrap().is_ok());
    }
    assert_eq!(gate.begun(), 2, "one for the first, one for all who asked while it was made");
}

#[test]
fn a_fifth_document_at_a_time_gets_503_and_the_time_to_come_again() {
    let (server, handler, gate) = gated();
    let asked = [("/metrics", TEXT), ("/metrics", OPENMETRICS), ("/", ""), ("/api/v1/status", "")];
    let four: Vec<_> = asked.iter().map(|(path, accept)| ask(&handler, path, accept)).collect();
    wait_until(|| handler.renderings.readers() == 4);
    let fifth = "Host: localhost\r\nAccept: text/plain;version=1.0.0\r\nConnection: close\r\n\r\n";
    let refused = server.exchange(format!("GET /metrics HTTP/1.1\r\n{fifth}").as_bytes());
    assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
    assert_eq!(header_of(&refused, "retry-after"), Some("1"));
    assert_eq!(server.telemetry.get(Count::ScrapesRefused), 1);
    let health = server.exchange(format!("GET /healthz HTTP/1.1\r\n{fifth}").as_bytes());
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    gate.set_open(true);
    for answer in four {
        assert!(answer.join().unwrap().is_ok());
    }
    let served = server.exchange(format!("GET /metrics HTTP/1.1\r\n{fifth}").as_bytes());
    assert!(served.starts_with("HTTP/1.1 200 OK\r\n"), "{served}");
    assert_eq!(gate.begun(), 5, "nothing was rendered for the one that was refused");
}

#[test]
fn a_scraper_is_not_kept_waiting_beyond_its_own_timeout() {
    let (server, handler, gate) = gated();
    let held = ask(&handler, "/metrics", TEXT);
    wait_until(|| gate.begun() == 1);
    let hurried = "Host: localhost\r\nX-Prometheus-Scrape-Timeout-Seconds: 0.1\r\nConnection: close\r\n\r\n";
    for path in ["/metrics", "/api/v1/status"] {
        // Not when others are refused, but when it said.
        check_time(path, TURN, || {
            let begin = now();
            let refused = server.exchange(format!("GET {path} HTTP/1.1\r\n{hurried}").as_bytes());
            assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
            assert_eq!(header_of(&refused, "retry-after"), Some("1"));
            begin.elapsed()
        });
    }
    let timeout = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");
    let request = Request::get("/metrics").header(timeout, "0.1").body(()).unwrap();
    check_time("a refusal by the handler", TURN, || {
        let begin = now();
        assert_eq!(handler.answer(&request).status(), 503);
        begin.elapsed()
    });
    gate.set_open(true);
    assert!(held.join().unwrap().is_ok());
    // In no hurry: how long a rendering takes on a busy machine is not what this is about.
    let (served, _) = server.scrape();
    assert!(served.starts_with("HTTP/1.1 200 OK\r\n"), "{served}");
}

/// Connections of a server that have bytes which it has not read yet.
#[cfg(target_os = "linux")]
fn unread(server: &Server) -> usize {
    let SocketAddr::V4(address) = server.address() else { panic!("bound to IPv4") };
    let own = format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let unread = |line: &&str| {
        let fields: Vec<_> = line.split_whitespace().take(5).collect();
        let [_, local, _, "01", queues] = fields[..] else { return false };
        local == own && !queues.ends_with(":00000000")
    };
    table.lines().filter(unread).count()
}

#[cfg(target_os = "linux")]
#[test]
fn scrapes_at_the_same_time_share_a_rendering() {
    let (server, _handler, gate) = gated();
    for round in 0..20 {
        let mut streams: Vec<_> = (0..5).map(|_| seated(&server)).collect();
        // While the thread is held by a status, four ask for metrics.
        gate.set_open(false);
        let before = gate.begun();
        streams[0]
            .write_all(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        wait_until(|| gate.begun() == before + 1);
        for stream in &mut streams[1..] {
            stream
                .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .unwrap();
        }
        wait_until(|| unread(&server) == 4);
        gate.set_open(true);
        for stream in &mut streams {
            assert!(read_to_end(stream).starts_with("HTTP/1.1 200 OK\r\n"));
        }
        assert_eq!(gate.begun() - before, 2, "a status, and one exposition for four: round {round}");
    }
}

/// A connection that has been served once.
fn seated(server: &Server) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    stream
}
