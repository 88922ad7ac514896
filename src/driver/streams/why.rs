//! Why a session gives no more streams, or those that there are go no further, as an `io::Error`.

use std::{error, fmt, io};

use crate::mux::Ended;

/// The end of the session by the peer, if an error of a stream or of an
/// [`Endpoint`](super::Endpoint) says that it was no clean one: with its code, and the number of
/// streams that it cut off. Such an error is of kind
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted).
///
/// A transport that ends without a word of the peer is another thing: a truncation, of kind
/// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof).
#[must_use]
pub fn session_end(error: &io::Error) -> Option<Ended> {
    error.get_ref()?.downcast_ref().copied()
}

/// The code with which the peer has said that it takes no new streams, if that is why
/// [`open`](super::Endpoint::open) has failed. Such an error is of kind
/// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused).
#[must_use]
pub fn away_code(error: &io::Error) -> Option<u64> {
    error.get_ref()?.downcast_ref().map(|Away(code)| *code)
}

/// The peer has ended the session.
pub(super) fn ended(ended: Ended) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, ended)
}

/// The peer takes no new streams.
pub(super) fn away(code: u64) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, Away(code))
}

/// The carrier opens no more streams.
pub(super) fn used_up() -> io::Error {
    let why = "the session opens no more streams: its limit is 0, or all ids are used";
    io::Error::new(io::ErrorKind::QuotaExceeded, why)
}

#[derive(Debug)]
struct Away(u64);

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the peer takes no new streams (code {})", self.0)
    }
}

impl error::Error for Away {}
