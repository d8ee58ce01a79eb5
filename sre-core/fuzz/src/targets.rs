//! Cold. The table of all targets, and a planted bug which shows that the machinery finds bugs.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a fuzz target tells what it found"
)]

use std::sync::OnceLock;

static RUN: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: choose(), |data: &[u8]| {
    if let Some(run) = RUN.get() {
        run(data);
    }
});

/// Finds the target that was asked for.
fn choose() {
    let name = std::env::var("SRE_FUZZ_TARGET").unwrap_or_default();
    let core = sre_core::fuzzing::TARGETS.iter().map(|target| (target.name, target.run));
    let exporters = sre_exporters::fuzzing::TARGETS.iter().map(|target| (target.name, target.run));
    let mut all = core.chain(exporters).chain([("canary", canary as fn(&[u8]))]);
    let Some((_, run)) = all.find(|(known, _)| *known == name) else {
        panic!("SRE_FUZZ_TARGET is {name:?}, and no target is called so");
    };
    let _ = RUN.set(run);
}

/// A decoder that believes a length. It must be found within the time that every other target gets.
fn canary(data: &[u8]) {
    let Some((magic, rest)) = data.split_first_chunk() else { return };
    if u32::from_le_bytes(*magic) == 0x4552_5393
        && let Some((length, payload)) = rest.split_first()
    {
        std::hint::black_box(&payload[..usize::from(*length)]);
    }
}
