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

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or_else(|_| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}
