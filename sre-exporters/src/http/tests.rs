//! The listener over real sockets on loopback: limits, slow clients, garbage.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::limits::{CONNECTIONS_MAX, PATIENCE, TURN};
use super::{Document, Source};
use crate::telemetry::{Count, Telemetry};
use crate::{Credential, Exporters, ExportersBuilder};

mod refusals;
mod sharing;

/// The figure to reach for a scrape beside any number of slow clients.
const SCRAPE_MAX: Duration = Duration::from_millis(250);

/// What a busy machine may add to a time that we promise.
const BUSY: Duration = Duration::from_secs(2);

/// Longer than any wait that these tests mean to see end.
const FOREVER: Duration = Duration::from_secs(60);

/// How often a time may be longer than it should, since the machine is busy with other things; ours would be each time.
const ATTEMPTS: usize = 4;

/// Serves bodies of a given size.
struct Fixed {
    metrics: Vec<u8>,
}

impl Source for Fixed {
    fn render(&self, document: Document, out: &mut Vec<u8>) -> Option<bytes::Bytes> {
        if let Document::Metrics(_) = document {
            out.extend_from_slice(&self.metrics);
        } else {
            out.extend_from_slice(b"small");
        }
        None
    }

    fn illness(&self) -> Option<String> {
        None
    }
}

struct Server {
    exporters: Exporters,
    telemetry: Arc<Telemetry>,
    body_bytes: usize,
}

impl Server {
    fn with_body_of(bytes: usize) -> Self {
        let telemetry = Arc::<Telemetry>::default();
        let source = Fixed { metrics: vec![b'#'; bytes] };
        let builder = ExportersBuilder::over(Box::new(source), Arc::clone(&telemetry));
        let exporters = builder.http("127.0.0.1:0").strict().start().expect("a free port");
        Self { exporters, telemetry, body_bytes: bytes }
    }

    /// One whose telemetry nobody asks for.
    fn over(exporters: Exporters) -> Self {
        Self { exporters, telemetry: Arc::default(), body_bytes: 0 }
    }

    fn address(&self) -> SocketAddr {
        self.exporters.local_addr().expect("bound")
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("accepted by the kernel");
        stream.set_read_timeout(Some(FOREVER)).unwrap();
        stream.set_write_timeout(Some(FOREVER)).unwrap();
        stream
    }

    /// What comes back until the server closes.
    fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // A server that refuses early may have closed already.
        let _ = stream.write_all(request);
        read_to_end(&mut stream)
    }

    /// Scrapes once and answers how long that took.
    fn scrape(&self) -> (String, Duration) {
        let begin = now();
        let response =
            self.exchange(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        (response, begin.elapsed())
    }

    /// Scrapes five times, and answers the median of what that took; every one must succeed.
    #[track_caller]
    fn scrape_time(&self) -> Duration {
        let mut times = [(); 5].map(|()| {
            let (response, took) = self.scrape();
            assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response:.200}");
            took
        });
        times.sort_unstable();
        times[2]
    }

    /// A scrape takes no longer than it may beside that of a server which nobody else asks, at the same time.
    #[track_caller]
    fn check_scrape(&self) {
        let quiet = Self::with_body_of(self.body_bytes);
        let mut times = Vec::new();
        let is_quick = (0..ATTEMPTS).any(|_| {
            let (busy, quiet) = (self.scrape_time(), quiet.scrape_time());
            times.push((busy, quiet));
            busy <= quiet + SCRAPE_MAX
        });
        assert!(is_quick, "scrapes, and those of the quiet server, took {times:?}");
    }
}

/// Whether something ends in time, as told by the answer of one of a few attempts.
#[track_caller]
fn check_time(what: &str, bound: Duration, mut attempt: impl FnMut() -> Duration) {
    let mut times = Vec::new();
    let is_quick = (0..ATTEMPTS).any(|_| {
        times.push(attempt());
        times.last().is_some_and(|took| *took < bound)
    });
    assert!(is_quick, "{what} took {times:?} and not {bound:?}");
}

/// Real sockets need the real time.
#[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
fn now() -> Instant {
    Instant::now()
}

fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            panic!("the server keeps a connection open for ever")
        }
        // A reset is an end too.
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn header_of<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    let head = response.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[test]
fn each_path_answers_with_its_type_and_no_banner() {
    let server = Server::with_body_of(10);
    for (path, status, content_type) in [
        ("/metrics", "200 OK", "text/plain; version=0.0.4; charset=utf-8"),
        ("/metrics?name[]=up", "200 OK", "text/plain; version=0.0.4; charset=utf-8"),
        ("/", "200 OK", "text/html; charset=utf-8"),
        ("/api/v1/status", "200 OK", "application/json"),
        ("/healthz", "200 OK", "text/plain; charset=utf-8"),
        ("/etc/passwd", "404 Not Found", "text/plain; charset=utf-8"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let response = server.exchange(request.as_bytes());
        assert!(response.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{path}: {response}");
        assert_eq!(header_of(&response, "content-type"), Some(content_type), "{path}");
        assert_eq!(header_of(&response, "x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header_of(&response, "server"), None, "{path}");
    }
}

#[test]
fn whoever_hangs_up_one_side_after_the_request_gets_the_answer() {
    let server = Server::with_body_of(100_000);
    for round in 0..20 {
        for (path, bytes) in [("/metrics", 100_000), ("/", 5), ("/api/v1/status", 5), ("/healthz", 3)] {
            let mut stream = server.connect();
            stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let response = read_to_end(&mut stream);
            let body = response.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
            assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{path}, round {round}: {response:?}");
            assert_eq!(body, bytes, "{path}, round {round}");
        }
    }
}

#[test]
fn a_rendering_that_fails_is_told_and_the_connection_goes_on() {
    struct Failing;
    impl Source for Failing {
        fn render(&self, _: Document, out: &mut Vec<u8>) -> Option<bytes::Bytes> {
            out.extend_from_slice(b"half a family");
            panic!("a bug that this test planted");
        }

        fn illness(&self) -> Option<String> {
            None
        }
    }
    let builder = ExportersBuilder::over(Box::new(Failing), Arc::default());
    let exporters = builder.http("127.0.0.1:0").strict().start().expect("a free port");
    let server = Server::over(exporters);
    let responses = server.exchange(
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(responses.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{responses}");
    assert_eq!(header_of(&responses, "content-type"), Some("text/plain; charset=utf-8"));
    assert!(responses.contains("rendering failed") && !responses.contains("half a family"), "{responses}");
    assert!(responses.contains("HTTP/1.1 200 OK\r\n"), "{responses}");
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let server = Server::with_body_of(3_000);
    let response = server.exchange(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(header_of(&response, "content-length"), Some("3000"));
    assert!(response.ends_with("\r\n\r\n"));
}

#[test]
fn gzip_comes_only_when_asked() {
    let server = Server::with_body_of(100_000);
    let ask = |encoding: &str| {
        let request = format!(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
        );
        server.exchange(request.as_bytes())
    };
    let compressed = ask("gzip");
    assert_eq!(header_of(&compressed, "content-encoding"), Some("gzip"));
    assert!(compressed.len() < 2_000);
    let plain = ask("gzip;q=0, br");
    assert_eq!(header_of(&plain, "content-encoding"), None);
    assert_eq!(header_of(&plain, "content-length"), Some("100000"));
}

#[test]
fn a_listener_on_loopback_is_called_by_its_names_only() {
    let source = || Box::new(Fixed { metrics: b"secret".to_vec() });
    let start = |builder: ExportersBuilder| Server::over(builder.strict().start().expect("a free port"));
    let builder = || ExportersBuilder::over(source(), Arc::default());
    let local = start(builder().http("127.0.0.1:0").http_host("metrics.shop.example"));
    let public = start(builder().http_public("0.0.0.0:0"));
    let ask = |server: &Server, path: &str, host: &str| {
        server.exchange(format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n").as_bytes())
    };
    for path in ["/metrics", "/", "/api/v1/status", "/healthz"] {
        for (host, at_local, at_public) in [
            ("Host: localhost:9464\r\n", "200", "200"),
            (&format!("Host: {}\r\n", local.address()), "200", "200"),
            ("Host: [::1]\r\n", "200", "200"),
            ("Host: Metrics.Shop.Example\r\n", "200", "200"),
            ("Host: rebound.example:9464\r\n", "421", "200"),
            ("", "400", "400"),
            ("Host: localhost\r\nHost: localhost\r\n", "400", "400"),
            ("Host: local host\r\n", "400", "400"),
        ] {
            for (server, status) in [(&local, at_local), (&public, at_public)] {
                let answer = ask(server, path, host);
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {host:?}: {answer}");
                assert!(status == "200" || !answer.contains("secret"));
            }
        }
    }
    let old = local.exchange(b"GET /metrics HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 200 OK\r\n"), "{old}");
}

#[test]
fn a_credential_is_asked_for_everywhere_but_for_health() {
    let source = Fixed { metrics: b"secret".to_vec() };
    let builder = ExportersBuilder::over(Box::new(source), Arc::default());
    let credential = Credential::basic("prometheus", "open sesame").expect("well formed");
    let exporters =
        builder.http("127.0.0.1:0").http_credential(credential).strict().start().expect("a free port");
    let server = Server::over(exporters);
    let ask = |path: &str, header: &str| {
        server.exchange(
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n").as_bytes(),
        )
    };
    let right = "Authorization: Basic cHJvbWV0aGV1czpvcGVuIHNlc2FtZQ==\r\n";
    let wrong = "Authorization: Basic cHJvbWV0aGV1czpvcGVuIHNlc2FtZh==\r\n";
    for path in ["/metrics", "/", "/api/v1/status", "/nowhere"] {
        for header in ["", wrong] {
            let refused = ask(path, header);
            assert!(refused.starts_with("HTTP/1.1 401 ") && !refused.contains("secret"), "{path}: {refused}");
            let challenge = header_of(&refused, "www-authenticate");
            assert_eq!(challenge, Some("Basic realm=\"metrics\", charset=\"UTF-8\""));
        }
    }
    assert!(ask("/metrics", right).ends_with("secret"));
    assert!(ask("/nowhere", right).starts_with("HTTP/1.1 404 "));
    assert!(ask("/healthz", "").starts_with("HTTP/1.1 200 "));
}

#[test]
fn one_connection_serves_many_requests() {
    let server = Server::with_body_of(10);
    let mut stream = server.connect();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let responses = read_to_end(&mut stream);
    let statuses: Vec<_> = responses.lines().filter(|line| line.starts_with("HTTP/1.1 ")).collect();
    assert_eq!(statuses, ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK"]);
}

#[test]
fn a_hundred_slow_clients_delay_nobody() {
    let server = Server::with_body_of(4 << 20);
    let mut slow = Vec::new();
    for at in 0..100 {
        let mut stream = server.connect();
        // A third is silent, a third stops in the head, a third asks for megabytes and does not read them.
        let beginning: &[u8] = match at % 3 {
            0 => b"",
            1 => b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-A: b",
            _ => b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
        };
        let _ = stream.write_all(beginning);
        slow.push(stream);
        if at % 10 == 9 {
            server.check_scrape();
        }
    }
    // Where all of this takes longer than our patience, it ends before a newcomer needs the place.
    let sent_away =
        [Count::ConnectionsEvicted, Count::ConnectionsSlow].map(|count| server.telemetry.get(count));
    assert!(sent_away.iter().sum::<u64>() >= (100 - CONNECTIONS_MAX) as u64 / 3, "{sent_away:?}");
}

#[test]
fn whoever_is_slow_is_disconnected_within_five_seconds() {
    check_time("to be rid of slow clients", PATIENCE + BUSY, || {
        let server = Server::with_body_of(64 << 20);
        let begin = now();
        let mut silent = server.connect();
        let mut idle = server.connect();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut stalled = server.connect();
        stalled.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut trickling = server.connect();
        let trickle = std::thread::spawn(move || {
            // One byte now and then keeps nobody connected.
            trickling.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            let mut byte = [0];
            while begin.elapsed() < FOREVER {
                if trickling.write_all(b"G").is_err() || matches!(trickling.read(&mut byte), Ok(0)) {
                    break;
                }
            }
        });
        assert_eq!(read_to_end(&mut silent), "");
        assert!(read_to_end(&mut idle).starts_with("HTTP/1.1 200 OK"));
        trickle.join().unwrap();
        let took = begin.elapsed();
        assert!(took >= PATIENCE, "{took:?}");
        // The stalled reader gets what the kernel held for it, and not the rest.
        assert!(read_to_end(&mut stalled).len() < 64 << 20);
        assert_eq!(server.telemetry.get(Count::ConnectionsSlow), 4);
        took
    });
}

/// A port of an address that no other process asks for: in between, nobody else gets the port.
fn own_loopback() -> String {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // Only Linux has all of these addresses.
    if cfg!(target_os = "linux") {
        format!("127.{high}.{middle}.{}:0", low.max(2))
    } else {
        "127.0.0.1:0".into()
    }
}

#[test]
fn an_address_that_becomes_free_is_taken() {
    let builder = || ExportersBuilder::over(Box::new(Fixed { metrics: vec![b'#'] }), Arc::default());
    let first = builder().http(&own_loopback()).strict().start().expect("a free port");
    let address = first.local_addr().expect("bound");
    let second = builder().http(&address.to_string()).start().expect("degraded");
    assert!(second.status().is_degraded());
    first.shutdown(FOREVER).expect("nothing in flight");
    let begin = now();
    while second.local_addr() != Some(address) {
        assert!(begin.elapsed() < FOREVER, "never bound again: {second:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_running_answer_is_finished_at_shutdown_and_a_hung_one_is_not_waited_for() {
    let reader_of = |server: &Server| {
        let mut reader = server.connect();
        reader.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        reader.read_exact(&mut [0]).unwrap();
        reader
    };
    let server = Server::with_body_of(32 << 20);
    let mut reader = reader_of(&server);
    let reading = std::thread::spawn(move || read_to_end(&mut reader).len());
    server.exporters.shutdown(FOREVER).expect("the reader reads");
    assert!(reading.join().unwrap() > 32 << 20);

    let timeout = Duration::from_millis(100);
    check_time("a shutdown beside a hung reader", timeout + BUSY, || {
        let server = Server::with_body_of(32 << 20);
        let _hung = reader_of(&server);
        let begin = now();
        // Either answer is honest: it ends at the deadline or just after.
        let _ = server.exporters.shutdown(timeout);
        let first = begin.elapsed();
        let begin = now();
        let _ = server.exporters.shutdown(Duration::ZERO);
        first.max(begin.elapsed())
    });
}
