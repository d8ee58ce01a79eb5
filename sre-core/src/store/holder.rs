//! Pure. Who holds the lock of a state directory, as text in the lock file.

use core::fmt;

/// A process, as its lock file names it. Nothing is decided by it; it is shown to people.
///
/// Text that is cut off or foreign gives what can be read of it: 0 and the empty text mean unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Number of the process.
    pub(crate) pid: u32,
    /// Name of the machine or container.
    pub(crate) host: Box<str>,
    /// When it took the lock, in seconds since 1970.
    pub(crate) since_unix_s: u64,
}

impl Holder {
    /// This process on this machine.
    pub(crate) fn this_process(since_unix_s: u64) -> Self {
        Self { pid: std::process::id(), host: host_name(), since_unix_s }
    }

    /// The text of the lock file, at most 300 bytes.
    pub(crate) fn to_text(&self) -> String {
        format!("pid {}\nhost {}\nsince {}\n", self.pid, self.host, self.since_unix_s)
    }

    /// What the text of a lock file tells.
    pub(crate) fn from_text(text: &str) -> Self {
        let mut holder = Self::default();
        // A line without its end was cut off.
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match line.split_once(' ') {
                Some(("pid", pid)) => holder.pid = pid.parse().unwrap_or_default(),
                Some(("host", host)) => holder.host = printable(host),
                Some(("since", since)) => holder.since_unix_s = since.parse().unwrap_or_default(),
                _ => {}
            }
        }
        holder
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            0 => f.write_str("another process")?,
            pid => write!(f, "pid {pid}")?,
        }
        if !self.host.is_empty() {
            write!(f, " on {}", self.host)?;
        }
        let since = i64::try_from(self.since_unix_s).ok().filter(|&since| since > 0);
        match since.and_then(|since| jiff::Timestamp::from_second(since).ok()) {
            Some(since) => write!(f, " since {since}"),
            None => Ok(()),
        }
    }
}

/// At most 255 characters that cannot spoil a line of a log.
fn printable(text: &str) -> Box<str> {
    text.chars().filter(|c| !c.is_control()).take(255).collect::<String>().into()
}

fn host_name() -> Box<str> {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named =
        named.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    printable(named.as_deref().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        let holder = Holder { pid: 123, host: "shop-1".into(), since_unix_s: 1_763_683_200 };
        assert_eq!(holder.to_text(), "pid 123\nhost shop-1\nsince 1763683200\n");
        assert_eq!(Holder::from_text(&holder.to_text()), holder);
        assert_eq!(holder.to_string(), "pid 123 on shop-1 since 2025-11-21T00:00:00Z");
    }

    #[test]
    fn this_process_knows_itself() {
        let holder = Holder::this_process(7);
        assert_eq!((holder.pid, holder.since_unix_s), (std::process::id(), 7));
        assert_eq!(Holder::from_text(&holder.to_text()), holder);
        assert!(holder.to_text().len() <= 300);
    }

    #[test]
    fn any_text_is_read_as_far_as_it_goes() {
        for (text, expected) in [
            ("", "another process"),
            ("pid 12", "another process"),
            ("pid 12\nho", "pid 12"),
            ("pid x\nhost a\u{1b}b\nsince 99999999999999999999\n", "another process on ab"),
            ("since 18446744073709551615\nelse\n", "another process"),
        ] {
            assert_eq!(Holder::from_text(text).to_string(), expected, "{text:?}");
        }
    }
}
