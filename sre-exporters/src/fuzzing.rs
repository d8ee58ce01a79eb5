//! Cold. What fuzzers feed with bytes, as in `sre-core`: texts that are written and requests that are read.
//!
//! Compiled for the tests of this crate, which replay the corpus below `tests/corpus`, and under `--cfg sre_fuzz` for
//! the fuzzers themselves, see `bash .ci/run fuzz`. It is not part of the API.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use crate::Exporters;
use crate::prometheus::fuzzing::{accept, accept_seeds, exposition, exposition_seeds};
use crate::sample;

/// A reader or writer, and what is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Also the name of the folder of its corpus.
    pub name: &'static str,
    /// Panics when something does not hold of these bytes.
    pub run: fn(&[u8]),
    /// Bytes to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target of this crate.
pub const TARGETS: &[Target] = &[
    Target { name: "exposition", run: exposition, seeds: exposition_seeds },
    Target { name: "accept", run: accept, seeds: accept_seeds },
    Target { name: "request", run: request, seeds: request_seeds },
];

/// Longer than any answer may take; the listener itself closes sooner.
const FOREVER: Duration = Duration::from_secs(30);

/// More than all answers that one input can ask for.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

static LISTENER: LazyLock<(Exporters, SocketAddr)> = LazyLock::new(|| {
    let engine = sample::engine("shop");
    let exporters = Exporters::builder(&engine).http("127.0.0.1:0").strict().start().unwrap();
    let address = exporters.local_addr().unwrap();
    (exporters, address)
});

/// Bytes of a client: each head gets one answer at most, nothing is answered behind a line feed that stands alone, and
/// the connection ends.
fn request(data: &[u8]) {
    let mut stream = TcpStream::connect(LISTENER.1).unwrap();
    stream.set_read_timeout(Some(FOREVER)).unwrap();
    // A server that refuses early may have closed already, and then so has the reading side.
    let _ = stream.write_all(data).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    match stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            panic!("nobody answers or closes");
        }
        _ => {}
    }
    let all = |answers: &[u8], what: &[u8]| answers.windows(what.len()).filter(|at| *at == what).count();
    let status_lines = all(&answer, b"HTTP/1.1 ") + all(&answer, b"HTTP/1.0 ");
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{:?}", String::from_utf8_lossy(&answer));
    let bare =
        data.iter().zip([0].iter().chain(data)).position(|(byte, before)| *byte == b'\n' && *before != b'\r');
    let sound = &data[..bare.unwrap_or(data.len())];
    // What is no head is refused once.
    assert!(status_lines <= all(sound, b"\r\n\r\n") + 1, "{}", String::from_utf8_lossy(&answer));
    assert!(all(&answer, b" 200 OK\r\n") <= all(sound, b"\r\n\r\n"));
}

fn request_seeds() -> Vec<Vec<u8>> {
    let requests = [
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n",
        "HEAD /api/v1/status HTTP/1.0\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /metrics HTTP/1.1\nHost: localhost\n\n",
    ];
    requests.map(|request| request.as_bytes().to_vec()).into()
}

/// Below `tests/corpus`, each target has a folder of inputs: seeds, and what fuzzers found to go new ways or to fail.
/// `SRE_BLESS=1` writes the seeds.
#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::TARGETS;

    #[test]
    fn the_corpus_holds() {
        for target in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target.name);
            for (number, seed) in (target.seeds)().iter().enumerate() {
                (target.run)(seed);
                if std::env::var_os("SRE_BLESS").is_some() {
                    std::fs::create_dir_all(&folder).unwrap();
                    std::fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
                }
            }
            let inputs = std::fs::read_dir(&folder).expect("run once with SRE_BLESS=1");
            let mut replayed = 0;
            for input in inputs {
                let path = input.unwrap().path();
                // Shown when the next line panics.
                println!("{}", path.display());
                (target.run)(&std::fs::read(path).unwrap());
                replayed += 1;
            }
            assert!(replayed > 0, "no corpus of {}", target.name);
        }
    }
}
