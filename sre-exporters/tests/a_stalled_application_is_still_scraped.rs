//! The exporter thread is not the application's runtime: when that one stalls, the witness goes on talking.

#![cfg(feature = "prometheus")]
#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use sre_core::Outcome;
use sre_exporters::Exporters;

mod grammar;
mod sample;

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("listening");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("open");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("text");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

#[test]
fn a_runtime_whose_only_worker_hangs_does_not_silence_the_endpoint() {
    let application =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
    // Started where applications start it: inside their runtime.
    let engine = sample::engine("shop");
    let checkout = sample::checkout(&engine);
    let exporters = application
        .block_on(async { Exporters::builder(&engine).http("127.0.0.1:0").strict().start() })
        .expect("a free port");
    let address = exporters.local_addr().expect("bound");

    let (release, released) = mpsc::channel::<()>();
    let (stalled, stall) = mpsc::channel();
    application.spawn(async move {
        stalled.send(()).expect("the test waits");
        // What one must not do on a worker, and what happens.
        let _ = released.recv();
    });
    stall.recv().expect("the worker hangs");
    let probe = Arc::new(AtomicBool::new(false));
    let task = application.spawn({
        let probe = Arc::clone(&probe);
        async move { probe.store(true, Ordering::SeqCst) }
    });

    for calls in 1..=3 {
        checkout.record(Outcome::Ok, Duration::from_millis(12));
        let (head, body) = get(address, "/metrics");
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        let counted = grammar::read_text(&body)
            .value("sre_sli_events_total", &[("sli", "checkout"), ("outcome", "ok")]);
        assert_eq!(counted, Some(f64::from(calls)));
        for path in ["/", "/api/v1/status", "/healthz"] {
            assert!(get(address, path).0.starts_with("HTTP/1.1 200 OK"), "{path}");
        }
    }
    assert!(!probe.load(Ordering::SeqCst), "the runtime really hangs");
    release.send(()).expect("the worker waits");
    application.block_on(task).expect("the worker goes on");
    assert!(probe.load(Ordering::SeqCst));
}
