//! Pure. Interval logs: one line of text per interval, the files that HdrHistogram tools plot and compare.

use core::time::Duration;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, LogIteratorError, Tag,
};

use super::HdrError;
use super::bytes::SHARED_MAX_NS;
use crate::histogram::Snapshot;

/// The largest value of a line is shown in milliseconds, as other writers do.
const NANOS_PER_MILLI: f64 = 1e6;
/// Times this much before the start of their log are offsets from it.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// One interval of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogInterval {
    tag: Option<String>,
    start: SystemTime,
    length: Duration,
    snapshot: Snapshot,
}

impl LogInterval {
    /// What was recorded from `start` on, for `length`; the format keeps milliseconds of both.
    #[must_use]
    pub const fn new(start: SystemTime, length: Duration, snapshot: Snapshot) -> Self {
        Self { tag: None, start, length, snapshot }
    }

    /// Tells series of one log apart: the name of an SLI, say.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Which series this belongs to.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// When the interval began.
    #[must_use]
    pub const fn start(&self) -> SystemTime {
        self.start
    }

    /// How long it lasted.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// What was recorded in it.
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}

/// Writes an interval log.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use std::time::UNIX_EPOCH;
/// use sre_core::histogram::hdr::{LogInterval, LogReader, LogWriter};
/// use sre_core::histogram::{Layout, Snapshot};
///
/// let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
/// let snapshot = Snapshot::from_durations(Layout::default(), [Duration::from_millis(12)]);
/// let interval = LogInterval::new(start, Duration::from_secs(10), snapshot).with_tag("checkout");
///
/// let mut log = LogWriter::new(Vec::new(), start)?;
/// log.write(&interval)?;
/// let file = log.into_inner();
///
/// let read = LogReader::new(&file).next().ok_or("empty")??;
/// assert_eq!((read.tag(), read.snapshot().count()), (Some("checkout"), 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LogWriter<W> {
    writer: W,
    serializer: V2DeflateSerializer,
}

impl<W: Write> LogWriter<W> {
    /// Starts a log with its header; `start` is what plots show as zero.
    ///
    /// # Errors
    ///
    /// [`HdrError::Io`] when `writer` fails.
    pub fn new(mut writer: W, start: SystemTime) -> Result<Self, HdrError> {
        let mut serializer = V2DeflateSerializer::new();
        IntervalLogWriterBuilder::new()
            .add_comment("[Histogram log format version 1.3]")
            .with_start_time(start)
            .begin_log_with(&mut writer, &mut serializer)?;
        let legend = r#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#;
        writeln!(writer, "{legend}")?;
        Ok(Self { writer, serializer })
    }

    /// Continues a log that has its header already, such as a file opened for appending.
    pub fn append(writer: W) -> Self {
        Self { writer, serializer: V2DeflateSerializer::new() }
    }

    /// Writes one line. Times are seconds since the Unix epoch, so logs may be joined.
    ///
    /// # Errors
    ///
    /// [`HdrError::Tag`] when the tag cannot be written, [`HdrError::EncodeCompressed`] when a count is above
    /// `i64::MAX`, [`HdrError::Io`] when the writer fails; with the first two nothing was written.
    pub fn write(&mut self, interval: &LogInterval) -> Result<(), HdrError> {
        let tag = interval.tag().map(checked_tag).transpose()?;
        let start = interval.start.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let histogram = interval.snapshot.to_hdr_up_to(SHARED_MAX_NS)?;
        // Through a buffer: the crate begins a line before it finds that a count does not fit.
        let mut line = Vec::new();
        IntervalLogWriterBuilder::new()
            .with_max_value_divisor(NANOS_PER_MILLI)
            .begin_log_with(&mut line, &mut self.serializer)?
            .write_histogram(&histogram, start, interval.length, tag)?;
        Ok(self.writer.write_all(without_comments(&line))?)
    }

    /// Hands on to the writer to flush.
    ///
    /// # Errors
    ///
    /// [`HdrError::Io`] when the writer fails.
    pub fn flush(&mut self) -> Result<(), HdrError> {
        Ok(self.writer.flush()?)
    }

    /// Gives the writer back, not flushed.
    pub fn into_inner(self) -> W {
        self.writer
    }
}

impl<W> core::fmt::Debug for LogWriter<W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LogWriter").finish_non_exhaustive()
    }
}

/// Reads an interval log, of this crate or of any port of HdrHistogram.
///
/// Lines come in the order of the file; comments and blank lines are passed over. A line that is damaged, such
/// as the last one of a writer that was killed, is an error of its own and reading goes on after it. Offsets
/// from the start or base time of the log are resolved.
///
/// # Examples
///
/// See [`LogWriter`].
pub struct LogReader<'a> {
    rest: &'a [u8],
    offset: usize,
    start: Option<Duration>,
    base: Option<Duration>,
}

impl<'a> LogReader<'a> {
    /// A reader of the whole text of a log.
    #[must_use]
    pub const fn new(log: &'a [u8]) -> Self {
        Self { rest: log, offset: 0, start: None, base: None }
    }

    /// The next line without its break and where it starts.
    fn line(&mut self) -> Option<(usize, &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let end = end_of_line(self.rest);
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let offset = self.offset;
        self.offset = offset.saturating_add(end);
        Some((offset, line.trim_ascii()))
    }

    /// What a line says, if anything.
    fn entry(&mut self, offset: usize, line: &[u8]) -> Result<Option<LogInterval>, HdrError> {
        // One line at a time, always ended: the crate stops for good at a blank or an unended line.
        let text = [line, b"\n"].concat();
        match IntervalLogIterator::new(&text).next() {
            Some(Ok(LogEntry::Interval(line))) => self.interval(&line).map(Some),
            Some(Ok(LogEntry::StartTime(time))) => {
                self.start = Some(time);
                Ok(None)
            }
            Some(Ok(LogEntry::BaseTime(time))) => {
                self.base = Some(time);
                Ok(None)
            }
            Some(Err(LogIteratorError::ParseError { .. })) => Err(HdrError::Line { offset }),
            None => Ok(None),
        }
    }

    /// Seconds since the epoch, or since the base time, or since the start when they are far before it.
    fn resolve(&self, time: Duration) -> Result<SystemTime, HdrError> {
        let origin = match (self.base, self.start) {
            (Some(base), _) => base,
            (None, Some(start)) if time < start.saturating_sub(YEAR) => start,
            (None, _) => Duration::ZERO,
        };
        let since_epoch = origin.saturating_add(time);
        UNIX_EPOCH.checked_add(since_epoch).ok_or(HdrError::Time { seconds: since_epoch.as_secs() })
    }

    fn interval(&self, line: &IntervalLogHistogram<'_>) -> Result<LogInterval, HdrError> {
        let bytes = STANDARD.decode(line.encoded_histogram()).map_err(HdrError::Base64)?;
        Ok(LogInterval {
            tag: line.tag().map(|tag| tag.as_str().to_owned()),
            start: self.resolve(line.start_timestamp())?,
            length: line.duration(),
            snapshot: Snapshot::from_hdr_bytes(&bytes)?,
        })
    }
}

impl Iterator for LogReader<'_> {
    type Item = Result<LogInterval, HdrError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (offset, line) = self.line()?;
            if line.is_empty() {
                continue;
            }
            if let Some(entry) = self.entry(offset, line).transpose() {
                return Some(entry);
            }
        }
    }
}

impl core::fmt::Debug for LogReader<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LogReader").finish_non_exhaustive()
    }
}

fn checked_tag(tag: &str) -> Result<Tag<'_>, HdrError> {
    let checked = if tag.is_empty() { None } else { Tag::new(tag) };
    checked.ok_or_else(|| HdrError::Tag { tag: tag.to_owned() })
}

/// The crate notes its divisor at the start of what it takes for a log.
fn without_comments(mut lines: &[u8]) -> &[u8] {
    while let Some((b'#', _)) = lines.split_first() {
        lines = lines.get(end_of_line(lines)..).unwrap_or_default();
    }
    lines
}

/// How long the first line is, with its break.
fn end_of_line(text: &[u8]) -> usize {
    text.split_inclusive(|&byte| byte == b'\n').next().map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Layout;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn interval(seconds: u64) -> LogInterval {
        let values = (1..=seconds % 100 + 1).map(Duration::from_millis);
        LogInterval::new(
            at(seconds),
            Duration::from_secs(10),
            Snapshot::from_durations(Layout::BITS_7, values),
        )
    }

    fn log(intervals: &[LogInterval]) -> String {
        let mut writer = LogWriter::new(Vec::new(), at(1_700_000_000)).unwrap();
        for interval in intervals {
            writer.write(interval).unwrap();
        }
        String::from_utf8(writer.into_inner()).unwrap()
    }

    fn read(log: &str) -> Vec<LogInterval> {
        LogReader::new(log.as_bytes()).map(Result::unwrap).collect()
    }

    #[test]
    fn a_log_has_the_lines_that_tools_expect() {
        let text = log(&[interval(1_700_000_010).with_tag("checkout")]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "#[Histogram log format version 1.3]");
        assert_eq!(lines[1], "#[StartTime: 1700000000.000 (seconds since epoch)]");
        assert!(lines[2].starts_with("\"StartTimestamp\",\"Interval_Length\""), "{}", lines[2]);
        assert!(lines[3].starts_with("Tag=checkout,1700000010.000,10.000,11.010,HIST"), "{}", lines[3]);
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn what_is_written_is_read() {
        let written = [interval(1_700_000_010), interval(1_700_000_020).with_tag("search")];
        let read = read(&log(&written));
        assert_eq!(read.len(), 2);
        for (read, written) in read.iter().zip(&written) {
            assert_eq!(
                (read.tag(), read.start(), read.length()),
                (written.tag(), written.start(), written.length())
            );
            let counts = read.snapshot().clone().with_sum_ns(written.snapshot().sum_ns());
            assert_eq!(counts, *written.snapshot());
        }
    }

    #[test]
    fn logs_continue() {
        let first = log(&[interval(1_700_000_010)]);
        let mut writer = LogWriter::append(first.into_bytes());
        writer.write(&interval(1_700_000_020)).unwrap();
        writer.flush().unwrap();
        assert_eq!(read(&String::from_utf8(writer.into_inner()).unwrap()).len(), 2);
    }

    #[track_caller]
    fn check_start(header: &str, time: &str, expected: u64) {
        let line = log(&[interval(1_700_000_010)]).lines().last().unwrap().replace("1700000010.000", time);
        assert_eq!(read(&format!("{header}{line}\n"))[0].start(), at(expected), "{header}{time}");
    }

    #[test]
    fn offsets_are_resolved_as_the_java_reader_does() {
        let (start, base) = ("#[StartTime: 1500000000.0 (s)]\n", "#[BaseTime: 1600000000.0 (s)]\n");
        check_start("", "60.000", 60);
        check_start(start, "60.000", 1_500_000_060);
        check_start(start, "1500000060.000", 1_500_000_060);
        check_start(base, "60.000", 1_600_000_060);
        check_start(&format!("{start}{base}"), "60.000", 1_600_000_060);
    }

    #[test]
    fn tags_the_format_cannot_hold_are_refused_and_nothing_is_written() {
        for tag in ["", "a,b", "a b", "a\nb", "a\r"] {
            let mut writer = LogWriter::append(Vec::new());
            let error = writer.write(&interval(10).with_tag(tag)).unwrap_err();
            assert!(matches!(error, HdrError::Tag { .. }), "{tag:?}: {error}");
            assert!(writer.into_inner().is_empty());
        }
    }

    #[test]
    fn a_count_the_format_cannot_hold_is_refused_and_nothing_is_written() {
        let full = Snapshot::from_counts(Layout::BITS_7, 5, vec![u64::MAX], 0);
        let mut writer = LogWriter::append(Vec::new());
        let error = writer.write(&LogInterval::new(at(1), Duration::ZERO, full)).unwrap_err();
        assert!(matches!(error, HdrError::EncodeCompressed(_)), "{error}");
        assert!(writer.into_inner().is_empty());
    }

    #[test]
    fn a_damaged_histogram_does_not_end_the_log() {
        let text = log(&[interval(1_700_000_010), interval(1_700_000_020)]);
        let text = text.replacen(",HISTFA", ",HIST!!", 1);
        let results: Vec<_> = LogReader::new(text.as_bytes()).collect();
        assert!(matches!(results[0], Err(HdrError::Base64(_))));
        assert!(results[1].is_ok());
    }

    #[test]
    fn a_torn_last_line_is_an_error_wherever_it_was_cut() {
        let text = log(&[interval(1_700_000_010), interval(1_700_000_020)]);
        let last = text.trim_end().rfind('\n').unwrap() + 1;
        for length in last + 1..text.len() - 1 {
            let results: Vec<_> = LogReader::new(&text.as_bytes()[..length]).collect();
            assert_eq!(results.len(), 2, "cut at {length}");
            assert!(results[0].is_ok() && results[1].is_err(), "cut at {length}: {results:?}");
        }
        assert_eq!(read(text.trim_end()).len(), 2);
    }

    #[test]
    fn an_unknown_line_is_named_by_its_place_and_passed() {
        let text = log(&[interval(1_700_000_010)]);
        let text = format!("{text}what is this\n\n  \r\n{}", text.lines().last().unwrap());
        let results: Vec<_> = LogReader::new(text.as_bytes()).collect();
        let offset = text.find("what").unwrap();
        assert!(results[0].is_ok() && results[2].is_ok() && results.len() == 3);
        assert!(matches!(results[1], Err(HdrError::Line { offset: at }) if at == offset), "{results:?}");
    }

    #[test]
    fn a_time_beyond_any_clock_is_an_error() {
        let text = log(&[interval(1_700_000_010)]).replace("1700000010.000", "18446744073709551615.9");
        let error = LogReader::new(text.as_bytes()).next().unwrap().unwrap_err();
        assert!(matches!(error, HdrError::Time { seconds: u64::MAX }), "{error}");
    }
}
