//! The endpoint as a service in the user's own router.

#![cfg(feature = "prometheus")]
#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
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

/// A router with the endpoint below `/internal` and at `/metrics`, on a runtime with as many threads.
fn serve(exporters: &Exporters, threads: usize) -> (tokio::runtime::Runtime, SocketAddr) {
    let handler = exporters.handler();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(threads).enable_io().build().expect("runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("bound");
    let router = Router::new().nest_service("/internal", handler.clone()).route_service("/metrics", handler);
    runtime.spawn(async move { axum::serve(listener, router).await });
    (runtime, address)
}

#[test]
fn a_dozen_clients_at_a_time_all_get_their_metrics() {
    let engine = sample::engine("shop");
    let checkout = sample::checkout(&engine);
    let exporters = Exporters::builder(&engine).start().expect("no listener to fail");
    let (_runtime, address) = serve(&exporters, 8);
    let clients: Vec<_> = (0..12)
        .map(|client| {
            let path = ["/metrics", "/internal/metrics", "/internal/"][client % 3];
            let checkout = checkout.clone();
            std::thread::spawn(move || {
                for round in 0..20 {
                    checkout.record(Outcome::Ok, Duration::from_millis(round));
                    let (head, _) = get(address, path);
                    assert!(head.starts_with("HTTP/1.1 200 OK"), "client {client}, round {round}: {head}");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("served each time");
    }
}

#[test]
fn the_handler_compresses_when_asked() {
    let engine = sample::engine("shop");
    sample::checkout(&engine);
    let exporters = Exporters::builder(&engine).start().expect("no listener to fail");
    let handler = exporters.handler();
    let ask = |encoding: &str| {
        let request =
            http::Request::get("/metrics").header("accept-encoding", encoding).body(()).expect("well formed");
        handler.answer(&request)
    };
    let compressed = ask("br, gzip;q=0.5");
    assert_eq!(compressed.headers()["content-encoding"], "gzip");
    assert_eq!(compressed.headers()["vary"], "accept, accept-encoding");
    let mut body = String::new();
    flate2::read::GzDecoder::new(compressed.body().as_bytes())
        .read_to_string(&mut body)
        .expect("gzip of text");
    assert_eq!(grammar::read_text(&body).value("target_info", &[("service_name", "shop")]), Some(1.0));
    assert!(compressed.body().as_bytes().len() < body.len() / 3);
    let plain = ask("gzip;q=0");
    assert!(!plain.headers().contains_key("content-encoding"));
    grammar::read_text(std::str::from_utf8(plain.body().as_bytes()).expect("text"));
}

/// Where a link leads from a page at `base`, as RFC 3986 has it for a path or a query.
fn resolved(base: &str, link: &str) -> String {
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    match link.chars().next() {
        Some('?') => format!("{base}{link}"),
        Some('/') => link.to_owned(),
        _ => format!("{folder}/{link}"),
    }
}

#[track_caller]
fn check_links(address: SocketAddr, base: &str) {
    let (_, page) = get(address, base);
    let links: Vec<_> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links.len(), 2, "{base}: {links:?}");
    for (link, content_type) in links.iter().zip(["text/plain; version=0.0.4", "application/json"]) {
        let target = resolved(base, link);
        let (head, body) = get(address, &target);
        assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains(content_type), "{target}: {head}");
        assert!(body.contains("shop"), "{target}: {body}");
    }
}

#[test]
fn links_of_the_page_lead_to_the_documents_wherever_it_is_mounted() {
    assert_eq!(resolved("/internal", "metrics"), "/metrics", "the reader of links itself works");
    let engine = sample::engine("shop");
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    let (_runtime, address) = serve(&exporters, 1);
    check_links(address, "/internal");
    check_links(address, "/internal/");
    check_links(exporters.local_addr().expect("bound"), "/");
}

#[test]
fn the_handler_serves_below_a_prefix_and_at_a_single_route() {
    let engine = sample::engine("shop");
    let exporters = Exporters::builder(&engine).start().expect("no listener to fail");
    let (_runtime, address) = serve(&exporters, 1);

    for path in ["/metrics", "/internal/metrics"] {
        let (head, body) = get(address, path);
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{path}: {head}");
        let read = grammar::read_text(&body);
        assert_eq!(read.value("target_info", &[("service_name", "shop")]), Some(1.0), "{path}");
    }
    let (head, body) = get(address, "/internal");
    assert!(head.contains("text/html") && body.contains("<h1>shop</h1>"), "{head}");
    let (_, status) = get(address, "/internal/api/v1/status");
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    assert_eq!((&status["schema"], &status["service"]), (&1.into(), &"shop".into()));
    assert!(get(address, "/internal/elsewhere").0.starts_with("HTTP/1.1 404"));
}
