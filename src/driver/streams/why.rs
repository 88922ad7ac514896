//! Errors of sessions and streams as `io::Error`.

use std::{error, fmt, io};

use crate::mux::Ended;

/// Returns the end of the session by the peer, if an error of a stream or of an
/// [`Endpoint`](super::Endpoint) comes from one that was not clean: its code, and the number of
/// streams that it cut off. Such an error is of kind
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted).
///
/// A transport that ends without a message of the peer is a truncation instead, of kind
/// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof).
#[must_use]
pub fn session_end(error: &io::Error) -> Option<Ended> {
    error.get_ref()?.downcast_ref().copied()
}

/// Returns the code with which the peer refuses new streams, if [`open`](super::Endpoint::open) has
/// failed for that reason. Such an error is of kind
/// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused).
#[must_use]
pub fn away_code(error: &io::Error) -> Option<u64> {
    error.get_ref()?.downcast_ref().map(|Away(code)| *code)
}

/// Makes the error of a session that the peer has ended.
pub(super) fn ended(ended: Ended) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, ended)
}

/// Makes the error of a peer that takes no new streams.
pub(super) fn away(code: u64) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, Away(code))
}

/// Makes the error of a carrier that opens no more streams.
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
