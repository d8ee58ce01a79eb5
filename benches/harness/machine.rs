//! Cold. Where and when numbers were measured; numbers without it mean nothing.

use std::fs;
use std::process::Command;
use std::thread;

/// Processor, cores, load, date and compiler, in one line.
#[must_use]
pub fn describe() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{} (family {}, model {}), {} cores, load {} at the start, {}, {}",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        thread::available_parallelism().map_or(1, usize::from),
        load.split(' ').next().unwrap_or("unknown"),
        output("date", &["-u", "+%Y-%m-%d"]),
        output("rustc", &["--version"]),
    )
}

/// Binds the calling thread to a core, the first thread to the first one and so on around.
///
/// Left alone, a busy machine often runs two threads of one program on the same core, where they cannot contend.
#[cfg(target_os = "linux")]
pub(super) fn spread(thread: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
    if let Some(core) = cores.get(thread % cores.len().max(1)) {
        let mut own = CpuSet::new();
        own.set(*core);
        // A system that refuses runs the thread where it likes.
        let _ = sched_setaffinity(None, &own);
    }
}

/// Other systems choose by themselves.
#[cfg(not(target_os = "linux"))]
pub(super) fn spread(_thread: usize) {}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(|_| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}
