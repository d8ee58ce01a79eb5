//! Cold. A thousand histograms of fourteen bounds as text, each recorded into once since the scrape before.

use super::judge::engine;
use super::thousand::slis;
use super::warm;
use crate::harness::Subject;
use crate::values::{SERIES, duration};
use http::Request;
use sre_core::{Objective, Outcome, Sli};
use sre_exporters::Exporters;
use std::thread;

/// The group whose histograms one thread filled.
pub const BY_ONE: &str = "scrape, recorded by 1";
/// The group whose histograms eight threads filled.
pub const BY_EIGHT: &str = "scrape, recorded by 8";
/// Histograms, counters and gauges of SLIs without objectives.
pub const OURS: &str = "sre-exporters";

/// Values in each histogram, per thread.
const VALUES: usize = 1000;

/// Ours: SLIs alone, as rivals have histograms alone, and SLIs with an objective each.
#[must_use]
pub fn subjects(threads: usize) -> Vec<Subject> {
    let objective = [Objective::availability(0.999)];
    vec![scrape(OURS, threads, &[]), scrape("sre-exporters, with an objective each", threads, &objective)]
}

#[expect(clippy::expect_used, reason = "the definitions are ours, and there is no listener to fail")]
fn scrape(name: &'static str, threads: usize, objectives: &[Objective]) -> Subject {
    let engine = engine();
    let own = |sli: Sli| engine.sli(sli.definition()).expect("valid objectives");
    let prefix = format!("bench.scrape.{threads}.{}", objectives.len());
    let slis: Vec<Sli> = slis(&prefix, objectives).into_iter().map(own).collect();
    fill(threads, |series, i| {
        if let Some(sli) = slis.get(series) {
            if i == 0 {
                warm(sli);
            }
            sli.record(Outcome::Ok, duration(i + series));
        }
    });
    engine.tick();
    let exporters = Exporters::builder(&engine).start().expect("no listener to fail");
    let handler = exporters.handler();
    let request = Request::get("/metrics").body(()).expect("a valid request");
    let length = handler.answer(&request).body().as_bytes().len();
    assert!(length > SERIES * 14, "a scrape of {length} bytes");
    Subject::shared(name, move |i| {
        slis.iter().for_each(|sli| sli.record(Outcome::Ok, duration(i)));
        handler.answer(&request).body().as_bytes().len()
    })
}

/// Runs `record(series, i)` for every value of every series on every thread.
pub fn fill(threads: usize, record: impl Fn(usize, usize) + Sync) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for series in 0..SERIES {
                    (0..VALUES).for_each(|i| record(series, i));
                }
            });
        }
    });
}
