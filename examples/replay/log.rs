//! Cold. A whole access log: its requests in the order of time, and what could not be read.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::line::{Request, TimeUnit};
use crate::progress::Progress;

/// Bytes of a line that are looked at; what goes on for longer is no access log.
const LINE_MAX: u64 = 1 << 20;

/// Unparsable lines that are shown.
const SHOWN_MAX: usize = 3;

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// In the order of time, and as logged within a second.
    pub(crate) requests: Vec<Request>,
    /// Lines that are earlier than the one before.
    pub(crate) out_of_order: u64,
    pub(crate) unparsable: u64,
    /// The first unparsable lines with their numbers.
    pub(crate) shown: Vec<(u64, String)>,
}

/// A file without a single request.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Io { path: PathBuf, source: io::Error },
    Empty { path: PathBuf },
    Foreign { path: PathBuf, lines: u64, first: String },
}

impl Log {
    /// Reads a file.
    pub(crate) fn open(path: &Path, unit: TimeUnit, progress: &mut Progress) -> Result<Self, Unreadable> {
        let failed = |source| Unreadable::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let log = Self::read(BufReader::new(file), unit, progress).map_err(failed)?;
        match log.shown.first() {
            _ if !log.requests.is_empty() => Ok(log),
            None => Err(Unreadable::Empty { path: path.to_owned() }),
            Some((_, first)) => Err(Unreadable::Foreign {
                path: path.to_owned(),
                lines: log.unparsable,
                first: first.clone(),
            }),
        }
    }

    fn read(mut lines: impl BufRead, unit: TimeUnit, progress: &mut Progress) -> io::Result<Self> {
        let mut log = Self::default();
        let mut line = Vec::new();
        let mut number = 0;
        while lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? > 0 {
            number += 1;
            log.add(number, &String::from_utf8_lossy(&line), unit);
            line.clear();
            progress.show(|| format!("read {number} lines"));
        }
        log.requests.sort_by_key(|request| request.at);
        Ok(log)
    }

    fn add(&mut self, number: u64, line: &str, unit: TimeUnit) {
        if line.trim().is_empty() {
            return;
        }
        let Some(request) = Request::parse(line, unit) else {
            self.unparsable += 1;
            if self.shown.len() < SHOWN_MAX {
                self.shown.push((number, excerpt(line)));
            }
            return;
        };
        self.out_of_order += u64::from(self.requests.last().is_some_and(|earlier| request.at < earlier.at));
        self.requests.push(request);
    }
}

/// The beginning of a line, without anything that would upset a terminal.
fn excerpt(line: &str) -> String {
    const LETTERS_MAX: usize = 80;
    let line = line.trim();
    let start: String = line.chars().take(LETTERS_MAX).collect();
    let dots = if start.len() < line.len() { "..." } else { "" };
    format!("{}{dots}", start.escape_debug())
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => {
                write!(f, "{} cannot be read ({source}): give the path of an access log", path.display())
            }
            Self::Empty { path } => write!(f, "{} is empty: give a log with requests in it", path.display()),
            Self::Foreign { path, lines, first } => write!(
                f,
                "none of the {lines} lines of {} is a request in the combined format or in JSON; the first is `{first}`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Empty { .. } | Self::Foreign { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: u64, status: u16) -> String {
        format!("- - - [17/May/2015:10:05:{second:02} +0000] \"GET / HTTP/1.1\" {status} 1\n")
    }

    fn read(text: &str) -> Log {
        Log::read(text.as_bytes(), TimeUnit::Seconds, &mut Progress::silent()).unwrap()
    }

    #[test]
    fn lines_out_of_order_are_sorted_and_those_of_one_second_keep_theirs() {
        let log = read(&[line(5, 200), line(3, 201), line(3, 202), line(4, 203), line(1, 204)].concat());
        let statuses: Vec<_> = log.requests.iter().map(|request| request.status).collect();
        assert_eq!((statuses.as_slice(), log.out_of_order), (&[204, 201, 202, 203, 200][..], 2));
    }

    #[test]
    fn unparsable_lines_are_counted_and_the_first_are_shown() {
        let noise = "\u{1b}[2J noise\n".repeat(5);
        let log = read(&format!("\n{}{noise}\n{}", line(1, 200), line(2, 200)));
        assert_eq!((log.requests.len(), log.unparsable, log.shown.len()), (2, 5, 3));
        assert_eq!(log.shown[0], (3, "\\u{1b}[2J noise".to_owned()));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_it() {
        let bytes = [b"\xff\xfe\n".as_slice(), line(1, 200).as_bytes()].concat();
        let log = Log::read(bytes.as_slice(), TimeUnit::Seconds, &mut Progress::silent()).unwrap();
        assert_eq!((log.requests.len(), log.unparsable), (1, 1));
    }

    #[test]
    fn long_lines_are_shown_by_their_beginning() {
        assert_eq!(excerpt(&"é".repeat(200)), format!("{}...", "é".repeat(80)));
        assert_eq!(excerpt(" short "), "short");
    }
}
