//! Cold. What the kernel says of this process; nothing where there is no `/proc`.

/// When the machine started, which takes the kernel long to tell on many processors.
#[cfg(target_os = "linux")]
static BOOT_UNIX_SECONDS: std::sync::OnceLock<Option<u64>> = std::sync::OnceLock::new();

/// One look at the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Process {
    pub(crate) cpu_ns: Option<u64>,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) virtual_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    pub(crate) open_fds: Option<u64>,
    /// Infinite when there is no limit.
    pub(crate) max_fds: Option<f64>,
    pub(crate) start_unix_ns: Option<u64>,
}

impl Process {
    /// Looks now. What cannot be read is absent.
    #[cfg(target_os = "linux")]
    pub(crate) fn look() -> Self {
        const NANOS: u64 = 1_000_000_000;
        let Ok(process) = procfs::process::Process::myself() else {
            return Self::default();
        };
        let ticks_ns = |ticks: u64| {
            // Exact for every tick length there is; the product fits into 128 bits.
            let nanos = u128::from(ticks) * u128::from(NANOS) / u128::from(procfs::ticks_per_second().max(1));
            u64::try_from(nanos).unwrap_or(u64::MAX)
        };
        let mut look = Self::default();
        if let Ok(stat) = process.stat() {
            look.cpu_ns = Some(ticks_ns(stat.utime.saturating_add(stat.stime)));
            look.resident_bytes = Some(stat.rss.saturating_mul(procfs::page_size()));
            look.virtual_bytes = Some(stat.vsize);
            look.threads = u64::try_from(stat.num_threads).ok();
            let boot = BOOT_UNIX_SECONDS.get_or_init(|| procfs::boot_time_secs().ok());
            look.start_unix_ns =
                boot.map(|boot| boot.saturating_mul(NANOS).saturating_add(ticks_ns(stat.starttime)));
        }
        look.open_fds = process.fd_count().ok().and_then(|count| u64::try_from(count).ok());
        look.max_fds = process.limits().ok().map(|limits| match limits.max_open_files.soft_limit {
            procfs::process::LimitValue::Unlimited => f64::INFINITY,
            #[expect(clippy::cast_precision_loss, reason = "such limits are far below 2^53")]
            procfs::process::LimitValue::Value(limit) => limit as f64,
        });
        look
    }

    /// Nothing can be read here.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const fn look() -> Self {
        Self {
            cpu_ns: None,
            resident_bytes: None,
            virtual_bytes: None,
            threads: None,
            open_fds: None,
            max_fds: None,
            start_unix_ns: None,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_knows_this_process() {
        let process = Process::look();
        assert!(process.resident_bytes.is_some_and(|bytes| bytes > 100_000));
        assert!(process.virtual_bytes >= process.resident_bytes);
        assert!(process.threads.is_some_and(|threads| threads >= 1));
        assert!(process.open_fds.is_some_and(|fds| fds >= 3));
        assert!(process.max_fds.is_some_and(|max| max >= 64.0));
        assert!(process.cpu_ns.is_some());
        let year_2020_ns = 1_577_836_800_000_000_000;
        assert!(process.start_unix_ns.is_some_and(|start| start > year_2020_ns));
    }
}
