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
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sre_core::{Engine, Labels, Objective, Outcome, SliFamily};
use sre_exporters::Exporters;

mod grammar;
mod sample;

/// The figure to reach for a scrape beside any number of slow clients.
const SCRAPE_MAX: Duration = Duration::from_millis(250);

/// A client that takes this long to go on looks slow itself, and may be sent away.
const SLOW: Duration = Duration::from_millis(1);

/// Places of the listener: so many of the slow clients may be there to the end.
const PLACES: f64 = 16.0;

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

/// How long threads of this process had to wait for a processor so far; on a busy machine that is not our doing.
fn kept_waiting() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").expect("the kernel tells").flatten();
    let told = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    let waited = told.filter_map(|told| told.split(' ').nth(1)?.parse::<u64>().ok());
    Duration::from_nanos(waited.sum())
}

/// One scrape: what came, how long it took, and how much of that the machine had other things to do.
struct Scrape {
    body: Option<String>,
    took: Duration,
    kept_waiting: Duration,
}

impl Scrape {
    #[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
    fn of(address: SocketAddr) -> Self {
        let (begin, waited) = (Instant::now(), kept_waiting());
        let body = scrape(address);
        Self { body, took: begin.elapsed(), kept_waiting: kept_waiting().saturating_sub(waited) }
    }

    /// Whether it was late or lost, and not because the machine did other things meanwhile.
    fn is_delayed(&self) -> bool {
        match self.body {
            Some(_) => self.took > SCRAPE_MAX + self.kept_waiting,
            None => self.kept_waiting < SLOW,
        }
    }
}

/// Scrapes as Prometheus does, compressed, and answers the body; `None` if the connection was lost. A refusal fails the
/// test.
fn scrape(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect(address).expect("accepted by the kernel");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let request =
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    stream.write_all(request).ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    assert!(response.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&response[..end]));
    let mut body = String::new();
    flate2::read::GzDecoder::new(&response[end + 4..]).read_to_string(&mut body).ok()?;
    Some(body)
}

/// Connections that we closed for these reasons.
fn closed(body: &str, reasons: &[&str]) -> f64 {
    let read = grammar::read_text(body);
    let count = |reason: &&str| read.value("sre_export_connections_closed_total", &[("reason", reason)]);
    reasons.iter().map(|reason| count(reason).expect("there")).sum()
}

/// The most connections that `slowhttptest` had at a time or had had, by its table of each second.
fn made(table: &Path) -> f64 {
    let table = std::fs::read_to_string(table).expect("a table");
    let rows = table.lines().skip(1).map(|row| row.split(',').map(|cell| cell.trim().parse::<f64>()));
    let made = rows.filter_map(|mut row| {
        let (closed, connected) = (row.nth(1)?.ok()?, row.nth(1)?.ok()?);
        Some(closed + connected)
    });
    made.fold(0.0, f64::max)
}

/// Scrapes as long as a hundred slow clients of a kind are there, of which we notice a share at least.
#[track_caller]
fn check(kind: &[&str], noticed: impl Fn(&str) -> f64, share: f64) {
    let engine = busy_engine();
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    let address = exporters.local_addr().expect("bound");
    let prefix =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("slow{}-{}", kind[0], std::process::id()));
    let mut slow = Command::new("slowhttptest")
        .args(["-c", "100", "-r", "100", "-l", "4", "-u", &format!("http://{address}/metrics"), "-g", "-o"])
        .arg(&prefix)
        .args(kind)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}; run: apt-get install -y slowhttptest"));
    let mut scrapes = Vec::new();
    while slow.try_wait().expect("our child").is_none() {
        scrapes.push(Scrape::of(address));
    }
    let made = made(&prefix.with_extension("csv"));
    for written in ["csv", "html"] {
        let _ = std::fs::remove_file(prefix.with_extension(written));
    }
    let delayed: Vec<_> =
        scrapes.iter().filter(|scrape| scrape.is_delayed()).map(|scrape| scrape.took).collect();
    assert!(delayed.len() <= scrapes.len() / 10, "{kind:?}: of {} scrapes {delayed:?}", scrapes.len());
    assert!(scrapes.iter().any(|scrape| scrape.body.is_some()), "{kind:?}: none was answered");
    let body = (0..100).find_map(|_| scrape(address)).expect("they have gone");
    let (noticed, least) = (noticed(&body), (made - PLACES) * share);
    assert!(made > PLACES && noticed >= least, "{kind:?}: {noticed} of {made}, not {least}: {body}");
}

/// One after the other: together they would measure the machine.
#[test]
fn a_hundred_slow_clients_of_any_kind_delay_no_scrape() {
    check(&["-H", "-i", "1"], |body| closed(body, &["evicted", "slow"]), 0.95);
    let bodies = |body: &str| {
        let refused = [("reason", "request")];
        grammar::read_text(body).value("sre_export_requests_refused_total", &refused).expect("there")
    };
    check(&["-B", "-i", "1", "-s", "8192"], bodies, 0.95);
    let readers = |body: &str| closed(body, &["evicted", "slow", "failed"]);
    check(&["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32"], readers, 0.6);
}
