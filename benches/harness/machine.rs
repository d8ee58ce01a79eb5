//! Cold. Where and when numbers were measured; numbers without it mean nothing.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

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
pub fn spread(thread: usize) {
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
pub fn spread(_thread: usize) {}

/// Processor time that this process has used.
#[must_use]
pub fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program may contain spaces, so fields are counted from its closing parenthesis.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    // Linux counts in hundredths of a second.
    Duration::from_millis(10 * ticks)
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(|_| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn work_shows_in_the_processor_time() {
        let before = processor_time();
        let mut x = 0_u64;
        while processor_time() < before + Duration::from_millis(30) {
            x = std::hint::black_box(x) + 1;
        }
        assert!(x > 0);
    }
}
