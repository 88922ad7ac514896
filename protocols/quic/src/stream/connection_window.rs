use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

use segue::mux::{Exceeded, Window};

/// The window of all streams of a connection together: what this endpoint allows its peer by
/// MAX_DATA (RFC 9000 §4.1).
///
/// Each [`ReceiveStream`](super::ReceiveStream) belongs to one, and counts there what came on it. A
/// stream that is reset, stopped or dropped gives back by itself what nobody will read.
///
/// ```
/// use segue_quic::stream::{ConnectionWindow, ReceiveStream};
///
/// let mut connection = ConnectionWindow::new(100);
/// let mut stream = ReceiveStream::new(80, &connection);
/// stream.receive(0, &[7; 60], false, &mut connection)?;
/// assert_eq!((connection.reached(), connection.announce()), (60, None));
/// drop(stream); // nobody reads it
/// assert_eq!(connection.announce(), Some(160)); // goes into a MAX_DATA frame
/// # Ok::<(), segue_quic::stream::StreamError>(())
/// ```
#[derive(Debug)]
pub struct ConnectionWindow {
    window: Window,
    returned: Returned,
}

/// The bytes that streams have given back since their connection last looked.
///
/// No stream gives back more than it has in memory, so they fit a `usize`.
#[derive(Debug, Clone, Default)]
pub(super) struct Returned(Arc<AtomicUsize>);

impl Returned {
    pub(super) fn add(&self, count: u64) {
        if count > 0 {
            // Numbers alone: they order nothing else.
            self.0.fetch_add(usize::try_from(count).unwrap_or(usize::MAX), Ordering::Relaxed);
        }
    }

    fn look(&self) -> u64 {
        self.0.load(Ordering::Relaxed) as u64
    }

    fn take(&self) -> u64 {
        match self.look() {
            0 => 0,
            _ => self.0.swap(0, Ordering::Relaxed) as u64,
        }
    }
}

impl ConnectionWindow {
    /// Creates a window of `size` bytes: the `initial_max_data` that the peer was sent.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Self { window: Window::new(size), returned: Returned::default() }
    }

    /// Returns the limit for a MAX_DATA frame if one is due: see [`Window::announce`].
    pub fn announce(&mut self) -> Option<u64> {
        self.collect();
        self.window.announce()
    }

    /// Returns the limit for a MAX_DATA frame if there is anything new, however little: see
    /// [`Window::announce_all`].
    pub fn announce_all(&mut self) -> Option<u64> {
        self.collect();
        self.window.announce_all()
    }

    /// Raises the limit to `to` once, whatever was consumed. Returns how much more the peer may
    /// send: see [`Window::allow`].
    pub fn allow(&mut self, to: u64) -> u64 {
        self.collect();
        self.window.allow(to)
    }

    /// Changes the size: see [`Window::resize`].
    pub fn resize(&mut self, size: u64) {
        self.window.resize(size);
    }

    /// Returns the limit that the peer knows, or will know once it is told.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.window.limit()
    }

    /// Returns the number of bytes that the peer has sent on all streams together.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.window.reached()
    }

    /// Returns how many of them were read, or will be by nobody.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.window.consumed().saturating_add(self.returned.look()).min(self.window.reached())
    }

    pub(super) fn returned(&self) -> Returned {
        self.returned.clone()
    }

    pub(super) fn advance(&mut self, by: u64) -> Result<(), Exceeded> {
        self.window.advance(by)
    }

    pub(super) fn consume(&mut self, count: u64) {
        self.window.consume(count);
    }

    fn collect(&mut self) {
        let returned = self.returned.take();
        self.window.consume(returned);
    }
}
