//! What real readers make of an exposition: Prometheus, promtool, and the Python OpenMetrics parser.
//!
//! They are programs that must be installed, so this target needs the feature `real-backends`. A missing one fails
//! with the command that installs it.

#![cfg(feature = "real-backends")]
#![expect(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on says why, and counts are exact"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sre_core::{Engine, Labels, Objective, Outcome, SliFamily};
use sre_exporters::Exporters;

mod sample;

/// Longer than a counterpart may take to start and to answer.
const FOREVER: Duration = Duration::from_secs(60);

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";

struct Service {
    _engine: Engine,
    exporters: Exporters,
}

/// A service with traffic, and with a name that tries to leave its label.
fn service() -> Service {
    let engine = sample::engine(HOSTILE);
    let checkout = sample::checkout(&engine);
    checkout.record_n(Outcome::Ok, Duration::from_millis(12), 990);
    checkout.record_n(Outcome::Error, Duration::from_secs(1), 10);
    checkout.record_with_exemplar(Outcome::Ok, Duration::from_millis(67), sample::TRACE);
    engine.advance(Duration::from_secs(1));
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    Service { _engine: engine, exporters }
}

const HOSTILE: &str = "a\"b\\c\nd\0e} 1 # EOF \u{1F980}";

impl Service {
    fn address(&self) -> SocketAddr {
        self.exporters.local_addr().expect("bound")
    }
}

fn get(address: SocketAddr, path: &str, accept: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(FOREVER))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// Starts a program, or says how to install it.
fn spawn(command: &mut Command, install: &str) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}; run: {install}"))
}

/// Gives a program its input and answers whether it was content, and what it said.
fn feed(command: &mut Command, input: &str, install: &str) -> (bool, String) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(command, install);
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("read by the program");
    let output = child.wait_with_output().expect("ends");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

const INSTALL_PROMETHEUS: &str = "apt-get install -y --no-install-recommends prometheus";
const INSTALL_PARSER: &str =
    "python3 -m venv venv && venv/bin/pip install prometheus-client, and set SRE_PYTHON=venv/bin/python";

fn python() -> Command {
    let python = std::env::var_os("SRE_PYTHON").unwrap_or_else(|| "python3".into());
    Command::new(python)
}

#[derive(Labels)]
struct Route {
    route: String,
}

/// Values that try to leave their quotes or their line, and one that tries a reader's patience.
fn hostile_values() -> Vec<String> {
    sample::hostile_values().into_iter().chain(["x".repeat(1 << 20)]).collect()
}

/// A service with a member for each hostile value.
fn hostile_service() -> Service {
    let engine = sample::engine("shop");
    let family = SliFamily::<Route>::new("http").objective(Objective::availability(0.99)).judge_members();
    let family = engine.family(&family).expect("well defined");
    for route in hostile_values() {
        family.get(&Route { route }).record(Outcome::Ok, Duration::from_millis(12));
    }
    engine.advance(Duration::from_secs(1));
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().expect("a free port");
    Service { _engine: engine, exporters }
}

#[test]
fn hostile_label_values_pass_promtool_and_reach_python_as_they_were() {
    let service = hostile_service();
    let body = get(service.address(), "/metrics", "text/plain").expect("served");
    let (content, said) =
        feed(Command::new("promtool").args(["check", "metrics"]), &body, INSTALL_PROMETHEUS);
    assert!(content && said.is_empty(), "{said}");

    let script = r"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(json.dumps([s.labels['route'] for family in parse(sys.stdin.read()) for s in family.samples
                  if s.name == 'sre_sli_events_total' and s.labels['outcome'] == 'ok']))
";
    let body = get(service.address(), "/metrics", OPENMETRICS).expect("served");
    let (content, said) = feed(python().args(["-c", script]), &body, INSTALL_PARSER);
    assert!(content, "{said}; if the module is missing, run: {INSTALL_PARSER}");
    let mut routes: Vec<String> = serde_json::from_str(&said).expect("JSON");
    // The whole comes first; the member without a value is named, the megabyte is cut.
    assert_eq!(routes.remove(0), "");
    let mut expected = hostile_values();
    expected[0] = "__empty__".to_owned();
    let cut = expected.pop().expect("the long one");
    let last = routes.pop().expect("the long one");
    assert!(last.len() <= 1_024 && cut.starts_with(&last[..1_000]), "{} bytes", last.len());
    assert_eq!(routes, expected);
}

#[test]
fn promtool_finds_nothing_to_complain_about() {
    let service = service();
    let body = get(service.address(), "/metrics", "text/plain").expect("served");
    let (content, said) =
        feed(Command::new("promtool").args(["check", "metrics"]), &body, INSTALL_PROMETHEUS);
    assert!(content && said.is_empty(), "{said}");

    let (content, said) =
        feed(Command::new("promtool").args(["check", "metrics"]), "x_total{a=\"} 1\n", INSTALL_PROMETHEUS);
    assert!(!content, "the detector itself works: {said}");
}

#[test]
fn the_python_parsers_read_the_same_values() {
    let service = service();
    let script = r"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text
parse = openmetrics if sys.argv[1] == 'openmetrics' else text
samples = [[s.name, s.labels, str(s.value), s.exemplar.labels if s.exemplar else None]
           for family in parse(sys.stdin.read()) for s in family.samples]
print(json.dumps(samples))
";
    for (format, accept) in [("openmetrics", OPENMETRICS), ("text", "text/plain")] {
        let body = get(service.address(), "/metrics", accept).expect("served");
        let (content, said) = feed(python().args(["-c", script, format]), &body, INSTALL_PARSER);
        assert!(content, "{format}: {said}; if the module is missing, run: {INSTALL_PARSER}");
        let samples: Vec<(String, serde_json::Value, String, Option<serde_json::Value>)> =
            serde_json::from_str(&said).expect("JSON");
        let value = |name: &str, labels: serde_json::Value| {
            let found = samples.iter().find(|(of, has, ..)| of == name && *has == labels);
            found.map(|(_, _, value, _)| value.parse::<f64>().expect("a number"))
        };
        assert_eq!(
            value("target_info", serde_json::json!({ "service_name": HOSTILE })),
            Some(1.0),
            "{format}"
        );
        let labels = serde_json::json!({ "sli": "checkout", "outcome": "ok" });
        assert_eq!(value("sre_sli_events_total", labels.clone()), Some(991.0), "{format}");
        assert_eq!(value("sre_sli_duration_seconds_count", labels), Some(991.0), "{format}");
        let exemplars = samples.iter().filter(|(.., exemplar)| exemplar.is_some()).count();
        assert_eq!(exemplars, usize::from(format == "openmetrics"));
    }
    let (content, _) =
        feed(python().args(["-c", script, "openmetrics"]), "# TYPE a gauge\na 1\n", INSTALL_PARSER);
    assert!(!content, "the detector itself works: a missing end is refused");
}

/// A directory that is gone when the test is.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("writable");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running Prometheus that ends with the test.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    _scratch: Scratch,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    /// One that is ready; with another port where somebody took the first before it did.
    fn scraping(target: SocketAddr, name: &str, features: &str) -> Self {
        let ready = (0..5).find_map(|_| {
            let mut prometheus = Self::start(target, name, features);
            prometheus.is_ready().then_some(prometheus)
        });
        ready.expect("a Prometheus that runs")
    }

    /// Waits until it answers; not when it has ended.
    #[expect(clippy::disallowed_methods, reason = "a real server needs real time")]
    fn is_ready(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < FOREVER && self.child.try_wait().expect("our child").is_none() {
            if get(self.address, "/-/ready", "*/*").is_ok_and(|body| body.contains("Ready")) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn start(target: SocketAddr, name: &str, features: &str) -> Self {
        let scratch = Scratch::new(name);
        let config = scratch.0.join("prometheus.yml");
        let yaml = format!(
            "scrape_configs:\n- job_name: shop\n  scrape_interval: 2s\n  scrape_timeout: 2s\n  \
             static_configs:\n  - targets: ['{target}']\n"
        );
        std::fs::write(&config, yaml).expect("writable");
        // Parallel tests take ports of the usual address.
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        let own = SocketAddr::from(([127, high, middle, low.max(2)], 0));
        let free = TcpListener::bind(own).and_then(|listener| listener.local_addr()).expect("a free port");
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", scratch.0.join("data").display()))
            .arg(format!("--web.listen-address={free}"))
            .arg(format!("--enable-feature={features}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = spawn(&mut command, INSTALL_PROMETHEUS);
        Self { child, address: free, _scratch: scratch }
    }

    fn ask(&self, path: &str) -> Option<serde_json::Value> {
        let body = get(self.address, path, "application/json").ok()?;
        serde_json::from_str(&dechunked(&body)).ok()
    }

    /// Asks until the answer is the wanted one.
    #[expect(clippy::disallowed_methods, reason = "a real server needs real time")]
    fn wait_for<T>(&self, path: &str, find: impl Fn(&serde_json::Value) -> Option<T>) -> T {
        let begin = Instant::now();
        let mut last = None;
        while begin.elapsed() < FOREVER {
            last = self.ask(path);
            if let Some(found) = last.as_ref().and_then(&find) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{path} never had what was wanted: {last:?}; targets: {:?}", self.ask("/api/v1/targets"))
    }

    /// A busy machine may let one scrape or another time out; what it never reads is told in the end.
    #[track_caller]
    fn wait_until_scraped(&self) {
        self.wait_for("/api/v1/targets", |answer| {
            (answer["data"]["activeTargets"][0]["health"] == "up").then_some(())
        });
    }

    fn query(&self, expression: &str) -> f64 {
        let path = format!("/api/v1/query?query={}", percent_encoded(expression));
        self.wait_for(&path, |answer| {
            answer["data"]["result"][0]["value"][1].as_str().and_then(|value| value.parse().ok())
        })
    }
}

/// A body without the chunk sizes of HTTP/1.1, if it has any.
fn dechunked(body: &str) -> String {
    if body.starts_with('{') {
        return body.to_owned();
    }
    let mut rest = body;
    let mut out = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size @ 1..) = usize::from_str_radix(size, 16) else { break };
        out.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    out
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn prometheus_scrapes_and_answers_with_our_values() {
    let service = service();
    let prometheus = Prometheus::scraping(service.address(), "scrape", "exemplar-storage");
    prometheus.wait_until_scraped();
    assert_eq!(prometheus.query("sre_sli_events_total{sli=\"checkout\",outcome=\"ok\"}"), 991.0);
    assert_eq!(prometheus.query("sre_sli_events_total{sli=\"checkout\",outcome=\"error\"}"), 10.0);
    assert_eq!(prometheus.query("sre_slo_events_total{slo=\"checkout-availability\",verdict=\"bad\"}"), 10.0);
    assert_eq!(prometheus.query("sre_sli_duration_seconds_bucket{outcome=\"ok\",le=\"0.3\"}"), 991.0);
    assert_eq!(prometheus.query("sre_slo_objective_ratio{slo=\"checkout-latency\"}"), 0.99);
    assert!(prometheus.query("process_resident_memory_bytes{job=\"shop\"}") > 0.0);
    let burn = prometheus.query("sre_slo_burn_rate{slo=\"checkout-availability\",window=\"5m\"}");
    assert!((burn - 10.0 / 1_001.0 / 0.001).abs() < 1e-9, "{burn}");

    // The hostile service name arrived as it was.
    let found = prometheus.wait_for("/api/v1/query?query=target_info", |answer| {
        answer["data"]["result"][0]["metric"]["service_name"].as_str().map(str::to_owned)
    });
    assert_eq!(found, HOSTILE);

    let path = format!(
        "/api/v1/query_exemplars?query={}&start=0&end=9999999999",
        percent_encoded("sre_sli_duration_seconds_bucket")
    );
    let trace = prometheus.wait_for(&path, |answer| {
        answer["data"][0]["exemplars"][0]["labels"]["trace_id"].as_str().map(str::to_owned)
    });
    assert_eq!(trace, "0a".repeat(16));
}

#[test]
fn a_prometheus_that_would_rather_have_protobuf_gets_what_it_asks_for_next() {
    let service = service();
    let prometheus = Prometheus::scraping(service.address(), "protobuf", "native-histograms");
    prometheus.wait_until_scraped();
    assert_eq!(prometheus.query("sre_sli_duration_seconds_count{outcome=\"ok\"}"), 991.0);
}
