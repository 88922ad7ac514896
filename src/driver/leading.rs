//! Transports that serve the rest of a hand-off first.

use bytes::{Buf, BytesMut};
use std::{
    fmt,
    io::{self, BufRead, Read, Write},
    task::Poll,
};

use super::calls::{polled, send};
use crate::{Handoff, Output};

/// A transport that serves what a connection left over before it reads on, and sends what the
/// connection left unsent before anything else.
///
/// It makes a hand-off with bytes in it a plain [`Read`], [`BufRead`] and [`Write`], or an
/// `AsyncRead` and `AsyncWrite` of tokio or futures-io, for code that does not know segue. Unsent
/// bytes leave with the first write or flush.
///
/// ```
/// use segue::{Handoff, driver::Leading};
/// use std::io::Read;
///
/// let socket: &[u8] = b" and the rest";
/// let handoff = Handoff::new(socket, &b"read too far"[..]);
/// let mut text = String::new();
/// Leading::from(handoff).read_to_string(&mut text).unwrap();
/// assert_eq!(text, "read too far and the rest");
/// ```
pub struct Leading<T> {
    io: T,
    lead: BytesMut,
    unsent: Output,
    eof: bool,
    position: u64,
}

impl<T> Leading<T> {
    /// Returns the bytes to be served before the transport is read.
    pub fn lead(&self) -> &[u8] {
        &self.lead
    }

    /// Returns the bytes to be sent before anything else.
    pub fn unsent(&self) -> &Output {
        &self.unsent
    }

    /// Returns the offset in the stream of the next byte served: [`Handoff::position`] and what was
    /// read since.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the rest of the hand-off: the transport, and what was not served and sent yet.
    pub fn into_handoff(self) -> Handoff<T> {
        Handoff::from_parts(self.io, self.lead, self.unsent, self.eof).at_position(self.position)
    }

    /// Counts bytes that the transport gave.
    fn passed(&mut self, count: usize) {
        self.position = self.position.saturating_add(count as u64);
    }

    /// Counts bytes of the lead that were taken other than by [`serve`](Self::serve).
    fn advance(&mut self, count: usize) {
        self.lead.advance(count);
        self.passed(count);
    }

    /// Serves from the lead. `None` if the transport is to be asked.
    fn serve(&mut self, into: &mut [u8]) -> Option<usize> {
        if self.lead.is_empty() {
            return self.eof.then_some(0);
        }
        let count = self.lead.len().min(into.len());
        self.lead.copy_to_slice(&mut into[..count]);
        self.passed(count);
        if self.lead.is_empty() {
            // It holds the allocation of the connection's buffer.
            self.lead = BytesMut::new();
        }
        Some(count)
    }
}

impl<T> From<Handoff<T>> for Leading<T> {
    fn from(handoff: Handoff<T>) -> Self {
        let position = handoff.position();
        let (io, lead, unsent, eof) = handoff.into_parts();
        Self { io, lead, unsent, eof, position }
    }
}

impl<T: Read> Read for Leading<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.serve(into) {
            Some(count) => Ok(count),
            None => self.io.read(into).inspect(|&count| self.passed(count)),
        }
    }
}

impl<T: BufRead> BufRead for Leading<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.lead.is_empty() && !self.eof { self.io.fill_buf() } else { Ok(&self.lead) }
    }

    fn consume(&mut self, count: usize) {
        if self.lead.is_empty() && !self.eof {
            self.io.consume(count);
            self.passed(count);
        } else {
            self.advance(count);
        }
    }
}

impl<T: Write> Leading<T> {
    fn send_unsent(&mut self) -> io::Result<()> {
        let Self { io, unsent, .. } = self;
        match send(unsent, |chunks| polled(|| io.write_vectored(chunks))) {
            Poll::Ready(sent) => sent,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<T: Write> Write for Leading<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send_unsent()?;
        self.io.write(bytes)
    }

    fn write_vectored(&mut self, chunks: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.send_unsent()?;
        self.io.write_vectored(chunks)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send_unsent()?;
        self.io.flush()
    }
}

/// Writes the parts that the asynchronous traits of tokio and futures-io share: everything except
/// how they read.
#[cfg(any(feature = "tokio", feature = "futures"))]
macro_rules! polled_io {
    ($poll_close:ident $(, $only_here:item)?) => {
        impl<T: AsyncBufRead + Unpin> AsyncBufRead for Leading<T> {
            fn poll_fill_buf(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<&[u8]>> {
                let this = self.get_mut();
                if this.lead.is_empty() && !this.eof {
                    Pin::new(&mut this.io).poll_fill_buf(cx)
                } else {
                    Poll::Ready(Ok(&this.lead))
                }
            }

            fn consume(mut self: Pin<&mut Self>, count: usize) {
                if self.lead.is_empty() && !self.eof {
                    Pin::new(&mut self.io).consume(count);
                    self.passed(count);
                } else {
                    self.advance(count);
                }
            }
        }

        fn poll_unsent<T: AsyncWrite + Unpin>(
            leading: &mut Leading<T>,
            cx: &mut Context<'_>,
        ) -> Poll<io::Result<()>> {
            let Leading { io, unsent, .. } = leading;
            send(unsent, |chunks| Pin::new(&mut *io).poll_write_vectored(cx, chunks))
        }

        impl<T: AsyncWrite + Unpin> AsyncWrite for Leading<T> {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                ready!(poll_unsent(&mut self, cx))?;
                Pin::new(&mut self.io).poll_write(cx, bytes)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                chunks: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                ready!(poll_unsent(&mut self, cx))?;
                Pin::new(&mut self.io).poll_write_vectored(cx, chunks)
            }

            $($only_here)?

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                ready!(poll_unsent(&mut self, cx))?;
                Pin::new(&mut self.io).poll_flush(cx)
            }

            fn $poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                ready!(poll_unsent(&mut self, cx))?;
                Pin::new(&mut self.io).$poll_close(cx)
            }
        }
    };
}

#[cfg(feature = "tokio")]
mod tokio {
    use super::{Leading, send};
    use ::tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
    use std::{
        io::{self, IoSlice},
        pin::Pin,
        task::{Context, Poll, ready},
    };

    impl<T: AsyncRead + Unpin> AsyncRead for Leading<T> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.lead.is_empty() && !self.eof {
                let before = into.filled().len();
                let read = Pin::new(&mut self.io).poll_read(cx, into);
                self.passed(into.filled().len().saturating_sub(before));
                return read;
            }
            if let Some(count) = self.serve(into.initialize_unfilled()) {
                into.advance(count);
            }
            Poll::Ready(Ok(()))
        }
    }

    polled_io!(
        poll_shutdown,
        fn is_write_vectored(&self) -> bool {
            self.io.is_write_vectored()
        }
    );
}

#[cfg(feature = "futures")]
mod futures {
    use super::{Leading, send};
    use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
    use std::{
        io::{self, IoSlice},
        pin::Pin,
        task::{Context, Poll, ready},
    };

    impl<T: AsyncRead + Unpin> AsyncRead for Leading<T> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            match self.serve(into) {
                Some(count) => Poll::Ready(Ok(count)),
                None => {
                    let read = Pin::new(&mut self.io).poll_read(cx, into);
                    read.map_ok(|count| {
                        self.passed(count);
                        count
                    })
                }
            }
        }
    }

    polled_io!(poll_close);
}

/// Shows lengths and not payload.
impl<T> fmt::Debug for Leading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leading")
            .field("lead", &self.lead.len())
            .field("unsent", &self.unsent.len())
            .field("eof", &self.eof)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
