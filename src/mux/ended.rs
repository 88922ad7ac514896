//! A session that the peer has ended under its streams.

use core::fmt;

/// The end of a session by the peer that is no clean one: streams were open, or the code says that
/// something is wrong.
///
/// A carrier [says so](super::Carrier::ended). Streams of an
/// [endpoint](crate::driver::streams::Endpoint) fail with it inside an `io::Error`:
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
    /// The code that the peer gave, one of the carrier's protocol: that of a GoAway frame of yamux.
    pub code: u64,
    /// How many streams were cut off: held, and their peer's side not ended.
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
