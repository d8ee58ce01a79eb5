//! Each scrape agrees with itself and never goes back, whatever is recorded and whoever else scrapes meanwhile.

#![cfg(feature = "prometheus")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Request;
use sre_core::{Objective, Outcome, Sli};
use sre_exporters::Exporters;

mod grammar;
mod sample;

static CHECKOUT: Sli = Sli::new("checkout").objective(Objective::latency(0.99, Duration::from_millis(300)));

const SCRAPES: usize = 200;

#[test]
fn buckets_and_counts_agree_and_counters_never_go_back() {
    let engine = sample::engine("shop");
    let checkout = engine.sli(CHECKOUT.definition()).expect("well defined");
    let handler = Exporters::builder(&engine).start().expect("no listener to fail").handler();
    let done = AtomicBool::new(false);

    let recorded: u64 = std::thread::scope(|scope| {
        let recorders: Vec<_> = (0..2_u64)
            .map(|seed| {
                let (checkout, done) = (checkout.clone(), &done);
                scope.spawn(move || {
                    let mut count = 0;
                    while !done.load(Ordering::Relaxed) {
                        let micros = (count * 7_919 + seed * 104_729) % 2_000_000;
                        checkout.record(Outcome::Ok, Duration::from_micros(micros));
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let scrapers: Vec<_> = (0..3)
            .map(|_| {
                let handler = handler.clone();
                scope.spawn(move || {
                    let mut last = 0.0;
                    for _ in 0..SCRAPES {
                        let request = Request::get("/metrics").body(()).expect("a request");
                        let response = handler.answer(&request);
                        let body = std::str::from_utf8(response.body().as_bytes()).expect("text");
                        // The reader checks that buckets ascend and that the last one is the count.
                        let read = grammar::read_text(body);
                        let count = read.value("sre_sli_duration_seconds_count", &[("outcome", "ok")]);
                        let count = count.expect("there from the start");
                        assert!(count >= last, "{count} after {last}");
                        last = count;
                    }
                })
            })
            .collect();
        for scraper in scrapers {
            scraper.join().expect("content");
        }
        done.store(true, Ordering::Relaxed);
        recorders.into_iter().map(|recorder| recorder.join().expect("recorded")).sum()
    });

    // At rest everything is exact.
    let request = Request::get("/metrics").body(()).expect("a request");
    let response = handler.answer(&request);
    let read = grammar::read_text(std::str::from_utf8(response.body().as_bytes()).expect("text"));
    let value = |name: &str, labels: &[(&str, &str)]| {
        read.value(name, labels).map(|value| value.to_string()).and_then(|digits| digits.parse::<u64>().ok())
    };
    assert_eq!(value("sre_sli_events_total", &[("outcome", "ok")]), Some(recorded));
    assert_eq!(value("sre_sli_duration_seconds_count", &[("outcome", "ok")]), Some(recorded));
    let good = value("sre_slo_events_total", &[("verdict", "good")]);
    assert_eq!(value("sre_sli_duration_seconds_bucket", &[("outcome", "ok"), ("le", "0.3")]), good);
}
