//! What is booked for a family, as its whole and its members keep to it and tell it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod scratch;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use scratch::Scratch;
use sre_core::clock::ManualClock;
use sre_core::report::Status;
use sre_core::slo::{Adjustment, Entry, Period};
use sre_core::{Engine, Labels, Objective, Outcome, SliFamily};

const SLO: &str = "pages-availability";
const START: u64 = 1_699_999_200;

#[derive(Labels, Clone, PartialEq, Eq, Hash)]
struct Route {
    route: &'static str,
}

/// A service with a family whose members are judged, by a manual clock.
struct Service {
    engine: Engine,
    clock: ManualClock,
    pages: SliFamily<Route>,
}

impl Service {
    fn start(second: u64, directory: Option<&Path>) -> Self {
        let clock = ManualClock::at_unix_seconds(START + second);
        let builder = Engine::builder().manual_clock(clock.clone());
        let builder = directory.into_iter().fold(builder, |builder, directory| builder.state_dir(directory));
        let engine = builder.start().unwrap();
        let promise = Objective::availability(0.999).period(Period::days(1));
        let pages = SliFamily::<Route>::new("pages").objective(promise).judge_members();
        let pages = engine.family(&pages).unwrap();
        Self { engine, clock, pages }
    }

    fn live(&self, seconds: u64, routes: &[&'static str], outcome: Outcome) {
        for _ in 0..seconds {
            for route in routes {
                self.pages.get(&Route { route }).record_n(outcome, Duration::ZERO, 1);
            }
            self.engine.advance(Duration::from_secs(1));
        }
    }

    fn wait(&self, hours: u64) {
        for _ in 0..hours * 15 {
            self.clock.advance(Duration::from_secs(240));
            self.engine.tick();
        }
    }

    fn book(&self, entry: Entry) {
        self.engine.book(entry.by("ann").because("it is agreed")).unwrap();
    }

    /// Good and bad events of the period, of the whole and of each member.
    fn counts(&self) -> Vec<(u64, u64)> {
        let status = self.engine.status();
        status.objectives.iter().map(|objective| (objective.good, objective.bad)).collect()
    }
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + second)
}

#[test]
fn a_member_without_values_is_not_taken_for_the_whole() {
    let scratch = Scratch::new("families");
    let one = Service::start(0, Some(scratch.path()));
    one.live(60, &["", "a"], Outcome::Ok);
    one.book(Entry::adjustment(SLO, Adjustment::new(9, 0)));
    assert_eq!(one.counts(), [(120 + 9, 0), (60, 0), (60, 0)]);
    one.engine.flush();
    one.live(40, &["a"], Outcome::Ok);
    assert!(one.engine.shutdown(Duration::from_secs(5)));

    // Each goes on from what is its own, also where the journal has added to that.
    let two = Service::start(100, Some(scratch.path()));
    let _ = (two.pages.get(&Route { route: "" }), two.pages.get(&Route { route: "a" }));
    let _ = two.engine.collect();
    assert_eq!(two.counts(), [(160 + 9, 0), (60, 0), (100, 0)]);
}

#[test]
fn a_status_tells_all_of_the_whole_and_little_of_each_member() {
    let service = Service::start(0, None);
    for number in 0..20 {
        let from = 90_000 + number * 60;
        service.book(Entry::exclusion(SLO, at(from)..at(from + 30)));
    }
    for _ in 0..6 {
        service.live(600, &["a", ""], Outcome::Ok);
        service.live(300, &["a", ""], Outcome::Error);
        service.wait(2);
    }
    let status: Status = service.engine.status();
    let told: Vec<_> = status
        .objectives
        .iter()
        .map(|slo| (slo.ledger.len(), slo.ledger_entries, slo.incidents.len(), slo.incidents_kept))
        .collect();
    assert_eq!(told, [(20, 20, 6, 6), (0, 20, 4, 6), (0, 20, 4, 6)]);
    let known = &service.engine.report().slis[1].objectives[0].incidents;
    let known: Vec<_> = known.iter().map(|incident| incident.onset_unix_ns / 1_000_000_000).collect();
    let incidents = status.objectives[1].incidents.iter();
    let told: Vec<_> =
        incidents.map(|incident| Duration::from_secs_f64(incident.onset_unix_seconds).as_secs()).collect();
    assert_eq!(told, known[2..], "the last ones");
}

#[test]
fn the_status_tells_how_many_entries_there_are_and_were_handed_over() {
    let service = Service::start(0, None);
    service.live(1, &["a"], Outcome::Ok);
    (0..3).for_each(|_| service.book(Entry::reset(SLO)));
    let told = |service: &Service| {
        let engine = service.engine.status().engine;
        (engine.ledger_entries, engine.ledger_entries_handed_over)
    };
    assert_eq!(told(&service), (3, 0));
    service.wait(26);
    assert_eq!(service.engine.hand_over_entries(at(2)).len(), 3);
    service.book(Entry::reset(SLO));
    assert_eq!(told(&service), (1, 3));
}
