//! Exporters that come and go leave no thread and no file behind, whatever runs around them; children inherit nothing.

#![cfg(all(feature = "prometheus", target_os = "linux"))]
#![expect(unsafe_code, reason = "fork")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sre_exporters::Exporters;

mod sample;

const PATIENCE: Duration = Duration::from_secs(60);

/// Files and children are those of the process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many to run: a multiple of the `figure`, or else just a `few`; as in the proofs of `sre-core`.
fn scaled(figure: u64, few: u64) -> u64 {
    std::env::var("SRE_PROOF_SCALE").map_or(few, |scale| scale.parse::<u64>().unwrap() * figure)
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Waits for what threads that were told to end still have to do; whether it happened.
fn comes_true(condition: impl Fn() -> bool) -> bool {
    (0..2_000_000).any(|_| {
        let is_true = condition();
        if !is_true {
            std::thread::yield_now();
        }
        is_true
    })
}

/// Open files, sockets and the like; sockets by their kind, since each has a number of its own.
fn files() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let name = |entry: fs::DirEntry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned());
    let mut files: Vec<String> = entries
        .filter_map(name)
        .filter(|file| !file.ends_with("/fd"))
        .map(|file| file.split('[').next().unwrap_or_default().to_owned())
        .collect();
    files.sort();
    files
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

fn start_at(address: SocketAddr, engine: &sre_core::Engine) -> Exporters {
    Exporters::builder(engine).http(&address.to_string()).strict().start().unwrap()
}

fn start(engine: &sre_core::Engine) -> Exporters {
    start_at(SocketAddr::from(([127, 0, 0, 1], 0)), engine)
}

/// A port of an address that no other process asks for: in between, nobody else gets the port.
fn own_address() -> SocketAddr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    SocketAddr::from(([127, high, middle, low.max(2)], 0))
}

/// Runs a test in a process of its own, in which no other thread of the harness comes or goes.
#[expect(clippy::print_stdout, reason = "what it kept is collected from here")]
fn alone(test: &str) -> bool {
    const ALONE: &str = "SRE_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let [told, errors] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success() && told.contains("1 passed"), "{told}{errors}");
    told.lines().filter(|line| line.starts_with("promise ")).for_each(|line| println!("\n{line}"));
    false
}

/// Exporters of one life, in the surroundings of a service of this kind.
fn live(round: u64) {
    let engine = sample::engine("shop");
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let current = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match round % 7 {
        0 => start(&engine).shutdown(PATIENCE).unwrap(),
        1 => drop(start(&engine)),
        // Started and dropped within a runtime that has one thread.
        2 => current().block_on(async { drop(start(&engine)) }),
        3 => current().block_on(async { start(&engine).shutdown(PATIENCE).unwrap() }),
        4 => {
            // A runtime that ends before what was started in it.
            let runtime = runtime();
            let exporters = runtime.block_on(async { start(&engine) });
            drop(runtime);
            let address = exporters.local_addr().unwrap();
            assert!(scrape(address).starts_with("HTTP/1.1 200"));
            drop(exporters);
        }
        5 => {
            let panics = AssertUnwindSafe(|| {
                let _exporters = start(&engine);
                panic!("planned");
            });
            assert!(catch_unwind(panics).is_err());
        }
        _ => {
            // The engine ends first, and is dropped within the runtime.
            let exporters = start(&engine);
            runtime().block_on(async move { assert!(engine.shutdown(PATIENCE)) });
            assert!(scrape(exporters.local_addr().unwrap()).starts_with("HTTP/1.1 200"));
        }
    }
}

#[test]
fn whatever_runs_around_them_and_however_they_end() {
    if !alone("whatever_runs_around_them_and_however_they_end") {
        return;
    }
    let cycles = scaled(1_000, 42);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    // The first runtime of a process leaves two sockets behind, for signals.
    drop(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    let (running, open) = (threads(), files());
    (0..cycles).for_each(live);
    let is_over = comes_true(|| threads() <= running && files() == open);
    std::panic::set_hook(hook);
    assert!(is_over, "{} threads, not {running}; {:?}, not {open:?}", threads(), files());
    println!(
        "\npromise E6: {cycles} exporters in and outside of runtimes that come and go: 0 threads and 0 files left"
    );
    println!(
        "\npromise E7: no runtime, a runtime of one thread, one that ends first: exporters start, answer and end"
    );
}

/// What `ls` finds open when it is run from here.
fn inherited() -> usize {
    let output = Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| line.contains(" -> ")).count()
}

#[test]
fn an_executed_program_gets_no_socket() {
    let _turn = turn();
    let before = inherited();
    let exporters = start(&sample::engine("shop"));
    let address = exporters.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap();
    assert!(scrape(address).starts_with("HTTP/1.1 200"));
    assert_eq!(inherited(), before);
    drop(client);
    exporters.shutdown(PATIENCE).unwrap();
    println!("\npromise E8: a program executed beside exporters that listen inherits 0 files");
}

/// A forked child that has all sockets and waits, for ever if need be; it ends when this is dropped.
struct Child(libc::pid_t);

impl Child {
    fn fork() -> Self {
        // SAFETY: the child asks the kernel to wait, and nothing else.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: no handler is set, so the signal ends the child, should the parent be gone by then.
            let _ = unsafe { libc::alarm(60) };
            loop {
                // SAFETY: waits for a signal.
                let _ = unsafe { libc::pause() };
            }
        }
        assert!(child > 0, "fork failed");
        Self(child)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the child is ours and was not waited for.
        let _ = unsafe { libc::kill(self.0, libc::SIGKILL) };
        // SAFETY: as above; nobody wants to know how it ended.
        let _ = unsafe { libc::waitpid(self.0, std::ptr::null_mut(), 0) };
    }
}

#[test]
fn a_forked_child_does_not_keep_the_address() {
    let _turn = turn();
    let taken = TcpListener::bind(own_address()).unwrap();
    let exporters = start_at(own_address(), &sample::engine("shop"));
    let child = Child::fork();
    let address = taken.local_addr().unwrap();
    drop(taken);
    assert!(TcpListener::bind(address).is_err(), "the twin: what a socket does that is only closed");
    let address = exporters.local_addr().unwrap();
    assert!(scrape(address).starts_with("HTTP/1.1 200"), "the parent goes on to answer");
    exporters.shutdown(PATIENCE).unwrap();
    let again = start_at(address, &sample::engine("shop"));
    assert!(scrape(address).starts_with("HTTP/1.1 200"));
    again.shutdown(PATIENCE).unwrap();
    drop(child);
    println!(
        "\npromise E8: exporters that end free their address, whatever a forked child of theirs still has open"
    );
}

#[test]
fn the_address_is_free_as_soon_as_the_exporters_ended() {
    let _turn = turn();
    let exporters = start_at(own_address(), &sample::engine("shop"));
    let address = exporters.local_addr().unwrap();
    exporters.shutdown(PATIENCE).unwrap();
    drop(TcpListener::bind(address).expect("nobody else listens there"));
}
