//! Cold. The socket as hyper sees it: it refuses what smells of smuggling and notes how fast the client reads.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::connection::Seat;

/// Bytes read at a time: a request of a scraper fits.
const CHUNK_BYTES: usize = 2_048;

/// What hyper reads instead of a line feed without a carriage return: nothing that a head may contain, and its end.
const NO_REQUEST: &[u8] = b"\0\r\n\r\n";

/// Header of the answers that hyper gives by itself.
const NOSNIFF: &[u8] = b"x-content-type-options: nosniff\r\n";

/// A socket and the seat of its connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    seat: Seat,
    last_byte: u8,
    /// Whether the client sent what has two readings, so that nothing more is read.
    is_refused: bool,
    /// An answer that hyper gave by itself, as far as it is not sent.
    refusal: VecDeque<u8>,
    /// Whether bytes were written since the last flush.
    wrote: bool,
    /// Whether the kernel had no room for the last bytes.
    full: bool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, seat: Seat) -> Self {
        Self {
            stream,
            seat,
            last_byte: 0,
            is_refused: false,
            refusal: VecDeque::new(),
            wrote: false,
            full: false,
        }
    }

    fn note_write<T>(&mut self, written: &Poll<io::Result<T>>) {
        if written.is_pending() {
            self.full = true;
        } else if std::mem::take(&mut self.full) {
            self.seat.resume(Instant::now());
        } else {
            self.seat.progress(Instant::now());
        }
        self.wrote |= written.is_ready();
    }

    /// Where the first line feed without a carriage return is, which two readers of one stream may understand
    /// differently.
    fn bare_line_feed(&mut self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(|byte| {
            let before = std::mem::replace(&mut self.last_byte, *byte);
            *byte == b'\n' && before != b'\r'
        })
    }

    /// Keeps an answer that hyper gives by itself, to a head that is none or too long; `false` if this is not one.
    fn keep_refusal(&mut self, bytes: &[u8]) -> bool {
        if !self.refusal.is_empty() {
            self.refusal.extend(bytes);
            return true;
        }
        if self.seat.is_answering() || !bytes.starts_with(b"HTTP/1.1 4") {
            return false;
        }
        let end_of_line = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end.saturating_add(1));
        let (status_line, rest) = bytes.split_at(end_of_line);
        self.refusal.extend(status_line.iter().chain(NOSNIFF).chain(rest));
        true
    }

    fn poll_send_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let (bytes, _) = self.refusal.as_slices();
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.refusal.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if wire.is_refused {
            return Poll::Ready(Ok(()));
        }
        let mut space = [0; CHUNK_BYTES];
        let room = into.remaining().min(CHUNK_BYTES);
        let mut chunk = ReadBuf::new(space.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut wire.stream).poll_read(cx, &mut chunk))?;
        let end = wire.bare_line_feed(chunk.filled());
        into.put_slice(chunk.filled().get(..end.unwrap_or(usize::MAX)).unwrap_or(chunk.filled()));
        if end.is_some() {
            wire.is_refused = true;
            into.put_slice(NO_REQUEST.get(..into.remaining()).unwrap_or(NO_REQUEST));
        }
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if wire.keep_refusal(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut wire.stream).poll_write(cx, bytes);
        wire.note_write(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if let Some(first) = parts.iter().find(|part| !part.is_empty())
            && wire.keep_refusal(first)
        {
            return Poll::Ready(Ok(first.len()));
        }
        let written = Pin::new(&mut wire.stream).poll_write_vectored(cx, parts);
        wire.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Hyper flushes when it has written all it has, and so an answer ends here.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_send_refusal(cx))?;
        ready!(Pin::new(&mut wire.stream).poll_flush(cx))?;
        if std::mem::take(&mut wire.wrote) {
            wire.seat.end_answer(Instant::now());
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_send_refusal(cx))?;
        Pin::new(&mut wire.stream).poll_shutdown(cx)
    }
}
