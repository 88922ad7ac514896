//! Sessions that the peer has ended under their streams.

use core::fmt;

/// An end of a session by the peer that was not clean: streams were open, or the code reports an
/// error.
///
/// [`Carrier::ended`](super::Carrier::ended) returns it. Streams of an
/// [endpoint](crate::driver::streams::Endpoint) fail with it inside an `io::Error`;
/// [`session_end`](crate::driver::streams::session_end) takes it out.
///
/// ```
/// use segue::mux::Ended;
///
/// let ended = Ended { code: 0, streams: 3 };
/// assert_eq!(ended.to_string(), "the peer ended the session (code 0) with 3 streams open");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ended {
    /// The code that the peer sent, of the carrier's protocol: that of a GoAway frame of yamux.
    pub code: u64,
    /// The number of streams that were cut off: held here, and not ended by the peer.
    pub streams: usize,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, streams } = self;
        write!(f, "the peer ended the session (code {code}) with ")?;
        match streams {
            0 => f.write_str("no stream open"),
            1 => f.write_str("1 stream open"),
            _ => write!(f, "{streams} streams open"),
        }
    }
}

impl core::error::Error for Ended {}
