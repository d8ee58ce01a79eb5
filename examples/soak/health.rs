//! Cold. What the kernel says about this process, and whether it grows.

use std::fmt;
use std::fs;
use std::io;
use std::time::Duration;

const PAGE_BYTES: f64 = 4_096.0;
const HOUR_S: f64 = 3_600.0;
const MIB: f64 = 1_048_576.0;
/// What memory goes up and down by within a minute, so that a short run does not fail by it.
const NOISE_BYTES: f64 = 512.0 * 1_024.0;

/// One look at the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Health {
    resident_bytes: f64,
    files: usize,
    threads: usize,
}

impl Health {
    pub(crate) fn now() -> io::Result<Self> {
        let memory = fs::read_to_string("/proc/self/statm")?;
        let pages = memory.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
        Ok(Self {
            resident_bytes: pages.unwrap_or_default() * PAGE_BYTES,
            files: fs::read_dir("/proc/self/fd")?.flatten().filter(is_counted).count(),
            threads: fs::read_dir("/proc/self/task")?.count(),
        })
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} MiB, {} files, {} threads", self.resident_bytes / MIB, self.files, self.threads)
    }
}

/// All looks, in seconds since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    looks: Vec<(f64, Health)>,
}

/// The journal of the state is open once it has an entry, which is a matter of the moment; one that is gone and still open
/// is not.
fn is_counted(file: &fs::DirEntry) -> bool {
    let path = fs::read_link(file.path()).unwrap_or_default();
    let path = path.to_string_lossy();
    !path.contains("/journal-") || path.ends_with("(deleted)")
}

impl Course {
    pub(crate) fn add(&mut self, at: Duration, health: Health) {
        self.looks.push((at.as_secs_f64(), health));
    }

    pub(crate) fn last(&self) -> Health {
        self.looks.last().map_or_else(Health::default, |(_, health)| *health)
    }

    /// Those after the first third, in which buffers and windows get their size.
    fn warm(&self) -> &[(f64, Health)] {
        self.looks.get(self.looks.len() / 3..).unwrap_or_default()
    }

    fn span_hours(&self) -> f64 {
        match self.warm() {
            [first, .., last] => (last.0 - first.0) / HOUR_S,
            _ => 0.0,
        }
    }

    /// Memory by which it grows in an hour: the median of the slopes between any two looks (Theil-Sen), which single
    /// peaks do not move.
    fn bytes_per_hour(&self) -> f64 {
        let warm = self.warm();
        let mut slopes: Vec<f64> = Vec::new();
        for (place, (at, health)) in warm.iter().enumerate() {
            for (later, after) in warm.iter().skip(place + 1) {
                slopes.push((after.resident_bytes - health.resident_bytes) / (later - at) * HOUR_S);
            }
        }
        slopes.sort_by(f64::total_cmp);
        slopes.get(slopes.len() / 2).copied().unwrap_or_default()
    }

    /// What is more at the end: in both of the last two looks than in one of the first two. A connection that is just
    /// being closed is no growth.
    fn grown(&self, count: impl Fn(&Health) -> usize) -> usize {
        let fewest =
            |looks: &[(f64, Health)]| looks.iter().map(|(_, health)| count(health)).min().unwrap_or(0);
        let warm = self.warm();
        let (first, _) = warm.split_at(warm.len().min(2));
        let (_, last) = warm.split_at(warm.len().saturating_sub(2));
        fewest(last).saturating_sub(fewest(first))
    }

    /// Growth of memory that would have been seen: what noise may hide is much in a short time, and little in an hour.
    fn excluded_bytes_per_hour(&self) -> f64 {
        self.bytes_per_hour().max(0.0) + NOISE_BYTES / self.span_hours()
    }

    /// Whether nothing grows: memory by 1 MiB an hour at most, beside what is noise in so short a time.
    pub(crate) fn is_level(&self) -> bool {
        let grown_bytes = self.bytes_per_hour() * self.span_hours();
        let is_level = grown_bytes <= MIB * self.span_hours() + NOISE_BYTES;
        is_level && self.grown(|health| health.files) == 0 && self.grown(|health| health.threads) == 0
    }

    /// The figures that [`is_level`](Self::is_level) judges.
    pub(crate) fn figures(&self) -> String {
        format!(
            "memory of {} grew by {:.0} KiB at {:.2} MiB/h in the last {:.0} s, a time that excludes a leak of more than \
             {:.1} MiB/h, {} files and {} threads more",
            self.last(),
            self.bytes_per_hour() * self.span_hours() / 1_024.0,
            self.bytes_per_hour() / MIB,
            self.span_hours() * HOUR_S,
            self.excluded_bytes_per_hour() / MIB,
            self.grown(|health| health.files),
            self.grown(|health| health.threads),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour with a look each minute.
    fn course(health: impl Fn(f64) -> Health) -> Course {
        Course { looks: (0..60).map(|minute| f64::from(minute) * 60.0).map(|at| (at, health(at))).collect() }
    }

    fn level() -> Health {
        Health { resident_bytes: 10.0 * MIB, files: 12, threads: 5 }
    }

    #[test]
    fn growth_in_the_warm_up_and_single_peaks_are_no_slope() {
        let bytes = |at: f64| if at < 1_000.0 { at * 1e3 } else { 10.0 * MIB };
        assert!(course(|at| Health { resident_bytes: bytes(at), ..level() }).is_level());
        let peak = |at: f64| if (2_400.0..2_500.0).contains(&at) { 90.0 * MIB } else { 10.0 * MIB };
        assert!(course(|at| Health { resident_bytes: peak(at), ..level() }).is_level());
    }

    #[test]
    fn a_leak_of_memory_files_or_threads_is_found() {
        let leak = |at: f64| 10.0 * MIB + at * 3.0 * MIB / HOUR_S;
        assert!(!course(|at| Health { resident_bytes: leak(at), ..level() }).is_level());
        assert!(!course(|at| Health { files: 12 + usize::from(at > 3_000.0), ..level() }).is_level());
        assert!(!course(|at| Health { threads: 5 + usize::from(at > 3_000.0), ..level() }).is_level());
    }

    #[test]
    fn a_file_that_is_open_in_one_look_is_no_leak() {
        assert!(course(|at| Health { files: 12 + usize::from(at > 3_500.0), ..level() }).is_level());
    }

    #[test]
    fn a_short_time_excludes_less_than_an_hour() {
        let minutes = |count| Course { looks: course(|_| level()).looks.into_iter().take(count).collect() };
        let told = |count| minutes(count).excluded_bytes_per_hour() / MIB;
        assert!((told(60) - 0.5 * 60.0 / 39.0).abs() < 1e-9, "{}", told(60));
        assert!((told(3) - 0.5 * 60.0).abs() < 1e-9, "{}", told(3));
        assert!(
            minutes(60).figures().contains("excludes a leak of more than 0.8 MiB/h"),
            "{}",
            minutes(60).figures()
        );
    }
}
