//! Bytes that are no request, or nearly one, are answered or the connection is closed; the next scrape is served.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use sre_exporters::Exporters;

mod sample;

/// Longer than any answer may take; the listener itself closes sooner.
const FOREVER: Duration = Duration::from_secs(30);

/// More than all documents of an engine without SLIs.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

const REQUESTS: [&str; 3] = [
    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n",
    "HEAD /api/v1/status HTTP/1.0\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
];

const SCRAPE: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// What comes back until the server closes. With `hangs_up` we close our side after the request.
fn exchange(address: SocketAddr, request: &[u8], hangs_up: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("accepted by the kernel");
    stream.set_read_timeout(Some(FOREVER)).expect("a socket");
    // A server that refuses early may have closed already, and then so has the reading side.
    let _ = stream.write_all(request);
    if hangs_up {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    match stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer) {
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            panic!("nobody answers or closes after {request:?}");
        }
        _ => {}
    }
    answer
}

#[derive(Clone, Copy, Debug)]
struct Damage {
    at: usize,
    kind: u8,
    byte: u8,
}

fn damage() -> impl Strategy<Value = Damage> {
    (any::<usize>(), any::<u8>(), any::<u8>()).prop_map(|(at, kind, byte)| Damage { at, kind, byte })
}

fn damaged(request: &str, damages: &[Damage]) -> Vec<u8> {
    let mut bytes = request.as_bytes().to_vec();
    for damage in damages {
        let at = damage.at % (bytes.len() + 1);
        match damage.kind % 4 {
            0 => bytes.insert(at, damage.byte),
            1 => bytes.truncate(at),
            _ if at == bytes.len() => {}
            2 => drop(bytes.splice(at..=at, [damage.byte])),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

#[test]
fn any_bytes_are_answered_or_the_connection_is_closed() {
    let engine = sample::engine("shop");
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    let address = exporters.local_addr().expect("bound");
    let check = |bytes: &[u8]| {
        // Cut off there, it may be no request; followed by what ends any head, it is one, or wrong.
        let whole = [bytes, b"\r\n\r\n", SCRAPE].concat();
        let begun = exchange(address, bytes, true);
        prop_assert!(begun.is_empty() || begun.starts_with(b"HTTP/1."), "{:?} to {:?}", begun, bytes);
        for hangs_up in [false, true] {
            let answer = exchange(address, &whole, hangs_up);
            prop_assert!(answer.starts_with(b"HTTP/1."), "{:?} to {:?}, {}", answer, bytes, hangs_up);
            prop_assert!((answer.len() as u64) < ANSWER_BYTES_MAX, "{} bytes to {:?}", answer.len(), bytes);
            let scrape = exchange(address, SCRAPE, hangs_up);
            prop_assert!(scrape.starts_with(b"HTTP/1.1 200 OK\r\n"), "after {:?}, {}", bytes, hangs_up);
        }
        Ok(())
    };
    let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let inputs = (vec(any::<u8>(), 0..200), 0..REQUESTS.len(), vec(damage(), 0..6));
    let outcome = runner.run(&inputs, |(bytes, request, damages)| {
        check(&bytes)?;
        check(&damaged(REQUESTS[request], &damages))
    });
    outcome.expect("every input");
}
