//! A hundred slow clients of `slowhttptest`, of three kinds, and a scrape beside them.
//!
//! It must be installed, so this target needs the feature `real-backends`.

#![cfg(feature = "real-backends")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on says why"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sre_core::{Engine, Labels, Objective, Outcome, SliFamily};
use sre_exporters::Exporters;

mod grammar;
mod sample;

/// The figure to reach for a scrape beside any number of slow clients.
const SCRAPE_MAX: Duration = Duration::from_millis(250);

#[derive(Labels)]
struct Route {
    route: String,
}

/// An engine whose exposition does not fit into what the kernel keeps for a reader.
fn busy_engine() -> Engine {
    let engine = sample::engine("shop");
    let family = SliFamily::<Route>::new("http").objective(Objective::availability(0.99));
    let family = engine.family(&family).expect("well defined");
    for route in 0..200 {
        family.get(&Route { route: route.to_string() }).record(Outcome::Ok, Duration::from_millis(route));
    }
    engine
}

/// Scrapes as Prometheus does, compressed, and answers the body and how long it took; `None` if the connection was
/// lost. A refusal fails the test.
#[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
fn scrape(address: SocketAddr) -> Option<(String, Duration)> {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(address).expect("accepted by the kernel");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let request =
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    stream.write_all(request).ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    let took = begin.elapsed();
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    assert!(response.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&response[..end]));
    let mut body = String::new();
    flate2::read::GzDecoder::new(&response[end + 4..]).read_to_string(&mut body).ok()?;
    Some((body, took))
}

/// Connections that we closed for these reasons.
fn closed(body: &str, reasons: &[&str]) -> f64 {
    let read = grammar::read_text(body);
    let count = |reason: &&str| read.value("sre_export_connections_closed_total", &[("reason", reason)]);
    reasons.iter().map(|reason| count(reason).expect("there")).sum()
}

/// Scrapes as long as a hundred slow clients of a kind are there.
#[track_caller]
fn check(kind: &[&str], expected: impl Fn(&str) -> bool) {
    let engine = busy_engine();
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    let address = exporters.local_addr().expect("bound");
    let mut slow = Command::new("slowhttptest")
        .args(["-c", "100", "-r", "100", "-l", "4", "-u", &format!("http://{address}/metrics")])
        .args(kind)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}; run: apt-get install -y slowhttptest"));
    let mut times = Vec::new();
    let mut body = String::new();
    while slow.try_wait().expect("our child").is_none() {
        let (exposition, took) = scrape(address).unwrap_or_else(|| (body.clone(), Duration::MAX));
        body = exposition;
        times.push(took);
    }
    times.sort_unstable();
    // A machine busy with other things may delay some, or make them look slow themselves.
    let most = times[times.len() * 9 / 10];
    assert!(most <= SCRAPE_MAX, "{kind:?}: nine of ten took up to {most:?}, the slowest {:?}", times.last());
    assert!(expected(&body), "{kind:?}: the slow clients were there: {body}");
}

/// One after the other: together they would measure the machine.
#[test]
fn a_hundred_slow_clients_of_any_kind_delay_no_scrape() {
    let heads = |body: &str| closed(body, &["evicted", "slow"]) >= 80.0;
    check(&["-H", "-i", "1"], heads);
    let bodies = |body: &str| {
        let refused = [("reason", "request")];
        grammar::read_text(body).value("sre_export_requests_refused_total", &refused) >= Some(80.0)
    };
    check(&["-B", "-i", "1", "-s", "8192"], bodies);
    let readers = |body: &str| closed(body, &["evicted", "slow", "failed"]) >= 50.0;
    check(&["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32"], readers);
}
