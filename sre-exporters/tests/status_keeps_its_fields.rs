//! `/api/v1/status` has the fields that dashboards read, of the types they have always had; others may be added.

#![cfg(feature = "prometheus")]
#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sre_core::Outcome;
use sre_core::slo::{Adjustment, Entry};
use sre_exporters::Exporters;

mod sample;

/// The status of a shop that has been failing for five minutes, as a client gets it.
fn status() -> Value {
    let engine = sample::engine("shop");
    let checkout = sample::checkout(&engine);
    for _ in 0..300 {
        checkout.record_n(Outcome::Ok, Duration::from_millis(12), 50);
        checkout.record_n(Outcome::Error, Duration::from_millis(3), 50);
        engine.advance(Duration::from_secs(1));
    }
    let time = |second: u64| std::time::UNIX_EPOCH + Duration::from_secs(1_766_000_000 + second);
    for entry in [
        Entry::reset("checkout-latency"),
        Entry::adjustment("checkout-latency", Adjustment::new(1_000, 1)),
        Entry::exclusion("checkout-latency", time(240)..time(270)),
    ] {
        engine.book(entry.by("ann").because("it is agreed")).expect("fits");
    }
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    let mut stream = TcpStream::connect(exporters.local_addr().expect("bound")).expect("listening");
    let request = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).expect("open");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("text");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("content-type: application/json"), "{head}");
    serde_json::from_str(body).expect("JSON")
}

/// The types that each field has somewhere, by path, with `[]` for any element of a list.
type Fields = BTreeMap<String, BTreeSet<String>>;

fn collect(value: &Value, path: &str, found: &mut Fields) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(elements) => {
            elements.iter().for_each(|element| collect(element, &format!("{path}[]"), found));
            "list"
        }
        Value::Object(members) => {
            let dot = if path.is_empty() { "" } else { "." };
            members.iter().for_each(|(name, member)| collect(member, &format!("{path}{dot}{name}"), found));
            "object"
        }
    };
    found.entry(path.to_owned()).or_default().insert(kind.to_owned());
}

/// Fields that are gone, or have a type that they did not have; where there was only ever `null`, any will do.
fn broken(golden: &str, found: &Fields) -> Vec<String> {
    let is_kept = |line: &&str| {
        let (path, types) = line.split_once(": ").unwrap_or((line, "null"));
        let known: BTreeSet<&str> = types.split(" or ").chain(["null"]).collect();
        let has = found.get(path);
        has.is_some_and(|has| known.len() == 1 || has.iter().all(|kind| known.contains(kind.as_str())))
    };
    golden.lines().filter(|line| !is_kept(line)).map(str::to_owned).collect()
}

#[test]
fn no_field_of_the_status_goes_away_or_changes_its_type() {
    let mut found = Fields::new();
    collect(&status(), "", &mut found);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/status/fields.txt");
    if std::env::var_os("SRE_BLESS").is_some() {
        let line = |(path, types): (&String, &BTreeSet<String>)| {
            format!("{path}: {}\n", types.iter().map(String::as_str).collect::<Vec<_>>().join(" or "))
        };
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
        std::fs::write(&file, found.iter().map(line).collect::<String>()).expect("writable");
    }
    let golden = std::fs::read_to_string(&file).expect("run once with SRE_BLESS=1");
    assert!(golden.lines().count() > 80, "{golden}");
    assert_eq!(broken(&golden, &found), Vec::<String>::new(), "among {found:#?}");

    // The detector itself works.
    found.remove("objectives[].good");
    found.insert("service".to_owned(), BTreeSet::from(["number".to_owned()]));
    found.insert("added".to_owned(), BTreeSet::from(["number".to_owned()]));
    found.insert("objectives[].pace".to_owned(), BTreeSet::from(["number".to_owned()]));
    assert_eq!(broken(&golden, &found), ["objectives[].good: number", "service: string"]);
}

#[test]
fn an_objective_has_what_the_design_promises_and_agrees_with_itself() {
    let status = status();
    assert_eq!((&status["schema"], &status["service"]), (&1.into(), &"shop".into()));
    let objective = &status["objectives"][0];
    for (field, value) in [
        ("slo", "checkout-availability".into()),
        ("sli", "checkout".into()),
        ("good", 15_000.into()),
        ("bad", 15_000.into()),
        ("total", 30_000.into()),
        ("target", 0.999.into()),
        ("exhaustion_seconds", 0.0.into()),
    ] {
        let value: Value = value;
        assert_eq!(objective[field], value, "{field}");
    }
    // Half of all calls failed, of which one in a thousand may.
    let burn = objective["burn"]["5m"].as_f64().expect("a number");
    let left = objective["budget_remaining"].as_f64().expect("a number");
    assert!((burn - 500.0).abs() < 1e-9 && (left + 499.0).abs() < 1e-9, "{burn} {left}");
    assert!(objective["coverage"]["5m"].is_number());
    assert_eq!(objective["tiers"][0]["state"], "firing");
    assert_eq!((&objective["bad_raw"], &objective["ledger"]), (&15_000.into(), &Value::Array(Vec::new())));

    // What was booked stands beside what was counted.
    let latency = &status["objectives"][1];
    assert_eq!((&latency["good"], &latency["bad"]), (&1_000.into(), &1.into()));
    assert_eq!((&latency["good_raw"], &latency["bad_raw"]), (&15_000.into(), &0.into()));
    assert_eq!(latency["ledger"][2]["kind"], "exclusion");
    assert_eq!(latency["ledger"][2]["until_unix_seconds"], 1_766_000_270.0);
    assert_eq!(latency["burn_raw"]["5m"], 0.0);
}
