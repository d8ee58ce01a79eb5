//! Cold. The service: threads that record, and the scraper that asks it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use sre_core::{Engine, Labels, Objective, Outcome, Sli, SliFamily};

const OBJECTIVES: [Objective; 2] =
    [Objective::availability(0.999), Objective::latency(0.99, Duration::from_millis(300))];
static CHECKOUT: Sli = Sli::new("checkout").objective(OBJECTIVES[0]).objective(OBJECTIVES[1]);
static SEARCH: SliFamily<Tenant> = SliFamily::new("search").objective(Objective::availability(0.99));

#[derive(Labels)]
struct Tenant {
    name: &'static str,
}

const TENANTS: [&str; 4] = ["north", "east", "south", "west"];
const THREADS: usize = 2;
const BURST: u64 = 500;
const PAUSE: Duration = Duration::from_millis(2);
/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Threads that record until they are told to end.
#[derive(Debug)]
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Load {
    pub(crate) fn begin() -> Self {
        let stop = Arc::<AtomicBool>::default();
        let record = |_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || record_until(&stop))
        };
        let threads = (0..THREADS).map(record).collect();
        Self { stop, threads }
    }

    /// Ends them, and gives the events that they count themselves.
    pub(crate) fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    }
}

fn record_until(stop: &AtomicBool) -> u64 {
    let mut events = 0;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..BURST {
            record(events);
            events += 1;
        }
        std::thread::sleep(PAUSE);
    }
    events
}

/// One in a thousand fails, durations are of all lengths, and every second call has a label.
fn record(number: u64) {
    let outcome = if number.is_multiple_of(1_000) { Outcome::Error } else { Outcome::Ok };
    let duration = Duration::from_micros(100 << (number % 13));
    match TENANTS.get((number % 8) as usize) {
        Some(name) => SEARCH.get(&Tenant { name }).record(outcome, duration),
        None => CHECKOUT.record(outcome, duration),
    }
}

/// All events that the engine has.
pub(crate) fn found(engine: &Engine) -> u64 {
    let report = engine.collect();
    let slis = ["checkout", "search"].into_iter().filter_map(|name| report.sli(name));
    slis.map(|sli| sli.events.ok + sli.events.error).sum()
}

/// Asks for `/metrics`, and notes what came of it.
#[derive(Debug)]
pub(crate) struct Scraper {
    address: SocketAddr,
    pub(crate) answered: u64,
    pub(crate) unexplained: u64,
    /// For how many more scrapes a refusal explains itself.
    crowded: u64,
}

impl Scraper {
    pub(crate) const fn of(address: SocketAddr) -> Self {
        Self { address, answered: 0, unexplained: 0, crowded: 0 }
    }

    /// While the listener is crowded, a refusal explains itself.
    pub(crate) fn scrape(&mut self, is_crowded: bool) {
        let is_answered = self
            .answer()
            .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.contains("checkout"));
        self.answered += u64::from(is_answered);
        // Connections of those who crowded it may be open for five more seconds.
        self.crowded = if is_crowded { 6 } else { self.crowded.saturating_sub(1) };
        self.unexplained += u64::from(!is_answered && self.crowded == 0);
    }

    fn answer(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}
