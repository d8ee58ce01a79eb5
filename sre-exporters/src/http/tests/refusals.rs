//! What is no request is refused, once, and its connection closed.

use super::*;

#[test]
fn heads_beyond_the_limits_are_refused() {
    let server = Server::with_body_of(10);
    let with = |headers: String| {
        format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
    };
    let long = |bytes: usize| with(format!("X: {}\r\n", "x".repeat(bytes)));
    let many = |count: usize| with("X: x\r\n".repeat(count));
    for (request, status) in [
        (long(7_000), "200"),
        (long(9_000), "431"),
        (long(1 << 20), "431"),
        (many(62), "200"),
        (many(63), "431"),
        (format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(9_000)), "431"),
    ] {
        let response = server.exchange(request.as_bytes());
        // The rest of a very long head may turn the end of the connection into a reset before it is read.
        let reset = response.is_empty() && request.len() > 100_000;
        assert!(
            reset || response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{} bytes: {response:.100}",
            request.len()
        );
        assert!(reset || header_of(&response, "x-content-type-options") == Some("nosniff"), "{response}");
    }
    server.check_scrape();
}

#[test]
fn bodies_and_contradictions_close_the_connection() {
    let server = Server::with_body_of(10);
    for request in [
        "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    ] {
        let response = server.exchange(request.as_bytes());
        let answers = response.matches("HTTP/1.1 ").count();
        assert!(answers <= 1 && !response.contains(" 200 "), "{request:?}: {response}");
    }
    server.check_scrape();
}

#[test]
fn a_line_feed_alone_is_refused_wherever_it_stands() {
    let server = Server::with_body_of(10);
    for (request, statuses) in [
        ("GET /metrics HTTP/1.1\nHost: localhost\n\n", &["400"][..]),
        ("GET /metrics\n HTTP/1.1\r\nHost: localhost\r\n\r\n", &["400"]),
        ("\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", &["400"]),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", &["400"]),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\n", &["400"]),
        (
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
            &["200", "400"],
        ),
    ] {
        // At once, and in two packets, of which the first is no head yet.
        for at in [request.len(), 8] {
            let mut stream = server.connect();
            stream.set_nodelay(true).unwrap();
            let (first, second) = request.split_at(at);
            stream.write_all(first.as_bytes()).unwrap();
            let _ = stream.write_all(second.as_bytes());
            let response = read_to_end(&mut stream);
            let told: Vec<_> =
                response.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect();
            assert_eq!(told, statuses, "{request:?}: {response}");
        }
    }
    let refused = server.exchange(b"GET /metrics HTTP/1.1\nHost: localhost\n\n");
    assert_eq!(header_of(&refused, "x-content-type-options"), Some("nosniff"), "{refused}");
    server.check_scrape();
}

#[test]
fn garbage_gets_at_most_one_refusal() {
    let server = Server::with_body_of(10);
    let random: Vec<u8> = (0..4_096_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for garbage in [
        &b"GET /metrics HTTP/1.1\nHost: localhost\n\n"[..],
        b"GET /metrics HTTP/1.1\r\nHost: localhost\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello, tls\r\n\r\n",
        b"\r\n\r\n\r\n\r\nGET\r\n\r\n",
        b"GET  /metrics  HTTP/1.1\r\n\r\n",
        b"G\0T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA\0: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA : x\r\n\r\n",
        &random,
    ] {
        let mut stream = server.connect();
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let response = read_to_end(&mut stream);
        assert!(
            response.matches("HTTP/1.1 ").count() <= 1 && !response.contains(" 200 "),
            "{garbage:?}: {response}"
        );
    }
    server.check_scrape();
}

/// A repeatable source of numbers: a test that fails once fails again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64).try_into().expect("below the sides")
    }
}

#[test]
fn a_spoilt_request_gets_no_more_answers_than_it_has_heads() {
    const WELL: &[u8] =
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;q=0.5\r\nContent-Length: 0\r\n\r\n";
    const SPOILERS: &[&[u8]] = &[
        b"\r",
        b"\n",
        b"\0",
        b":",
        b" ",
        b"\r\n",
        b"\r\n\r\n",
        b"\xff",
        b"Content-Length: 5\r\n",
        b"HTTP/1.1",
        b"GET ",
    ];
    let server = Server::with_body_of(10);
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..500 {
        let mut request = WELL.to_vec();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(request.len());
            let spoiler = SPOILERS[dice.roll(SPOILERS.len())];
            match dice.roll(3) {
                0 => request.truncate(at.max(1)),
                1 => drop(request.splice(at..at, spoiler.iter().copied())),
                _ => drop(request.splice(at..=at, spoiler.iter().copied())),
            }
        }
        let mut stream = server.connect();
        let _ = stream.write_all(&request);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let response = read_to_end(&mut stream);
        let heads = request.windows(4).filter(|bytes| bytes == b"\r\n\r\n").count();
        let answers = response.matches("HTTP/1.1 ").count();
        let successes = response.matches(" 200 OK").count();
        // What is no request at all may be refused, once and before its head ends.
        assert!(
            successes <= heads && answers <= heads + 1,
            "round {round}: {:?}: {response}",
            String::from_utf8_lossy(&request)
        );
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 "), "round {round}: {response}");
    }
    server.check_scrape();
}
