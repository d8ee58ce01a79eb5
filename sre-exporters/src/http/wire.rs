//! Cold. The socket as hyper sees it: it refuses what smells of smuggling and notes how fast the client reads.

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

/// A socket and the seat of its connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    seat: Seat,
    last_byte: u8,
    /// Whether bytes were written since the last flush.
    wrote: bool,
    /// Whether the kernel had no room for the last bytes.
    full: bool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, seat: Seat) -> Self {
        Self { stream, seat, last_byte: 0, wrote: false, full: false }
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

    /// Refuses a line feed without a carriage return, which two readers of one stream may understand differently.
    fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if *byte == b'\n' && self.last_byte != b'\r' {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.last_byte = *byte;
        }
        Ok(())
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let mut space = [0; CHUNK_BYTES];
        let room = into.remaining().min(CHUNK_BYTES);
        let mut chunk = ReadBuf::new(space.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut wire.stream).poll_read(cx, &mut chunk))?;
        wire.check(chunk.filled())?;
        into.put_slice(chunk.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
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
        ready!(Pin::new(&mut wire.stream).poll_flush(cx))?;
        if std::mem::take(&mut wire.wrote) {
            wire.seat.end_answer(Instant::now());
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
