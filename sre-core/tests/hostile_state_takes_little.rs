//! Reading a state directory takes what its bytes can hold, not what they claim to.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(unsafe_code, reason = "a global allocator that counts")]

use std::path::Path;
use std::time::Duration;

use sre_core::clock::ManualClock;
use sre_core::report::StateStanding;
use sre_core::{Engine, Objective, Sli};

mod counting;
mod promise;
mod scratch;

use counting::peak_bytes;
use promise::kept;
use scratch::Scratch;

const MIB: usize = 1 << 20;

/// A snapshot of generation 1 with sound checksums, as `docs/state-format.md` has it.
fn snapshot(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x93, 0x53, 0x52, 0x45, 1, 0, 1, 0];
    frame.extend(1_u64.to_le_bytes());
    frame.extend(0_u64.to_le_bytes());
    frame.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
    frame.extend(crc32c::crc32c(payload).to_le_bytes());
    frame.extend([0; 4]);
    let seal = crc32c::crc32c(&frame);
    frame.extend(seal.to_le_bytes());
    frame.extend(payload);
    frame
}

/// Payloads of version 1 that begin with this, and with a list that is as long as a varint of 64 bits can tell.
fn claims(before: &[u8], after: u8) -> Vec<u8> {
    let mut payload = vec![1];
    payload.extend(before);
    payload.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    payload.resize(MIB, after);
    payload
}

fn start(directory: &Path) -> Engine {
    let clock = ManualClock::at_unix_seconds(1_700_000_000);
    let engine = Engine::builder().manual_clock(clock).state_dir(directory).start().unwrap();
    let sli = Sli::new("checkout").objective(Objective::availability(0.999));
    engine.sli(sli.definition()).unwrap();
    engine
}

/// What reading this snapshot takes at most.
fn peak(payload: &[u8]) -> i64 {
    let scratch = Scratch::new("hostile-state");
    std::fs::create_dir_all(scratch.path()).unwrap();
    std::fs::write(scratch.path().join("snapshot-1"), snapshot(payload)).unwrap();
    let (engine, peak) = peak_bytes(|| start(scratch.path()));
    let standing = engine.report().engine.state.as_ref().map(|state| state.standing);
    assert_eq!(standing, Some(StateStanding::ReadOnly), "it was refused");
    engine.shutdown(Duration::from_secs(5));
    peak
}

/// Numbers of a byte become words, and lists of nothing become empty lists.
const TIMES_MAX: i64 = 64;

#[test]
fn lists_of_any_claimed_length_take_no_more_than_their_bytes_can_hold() {
    let payloads = (0..40).flat_map(|zeros| [0, 1, 0x7f, 0xff].map(|rest| claims(&vec![0; zeros], rest)));
    let most = payloads.map(|payload| peak(&payload)).max().unwrap();
    // The file itself is held as well.
    assert!(most > MIB as i64 && most <= (TIMES_MAX + 1) * MIB as i64, "{most} bytes");
    let times = most / MIB as i64;
    kept(
        "P5",
        format_args!(
            "a list that claims 2^64 members, in 1 MiB under sound checksums, takes {times} MiB at most to refuse"
        ),
    );
}
