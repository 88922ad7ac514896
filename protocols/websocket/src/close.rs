//! The payload of a close frame: code and reason (RFC 6455 §5.5.1, §7.4).

use alloc::string::String;
use core::fmt;

use crate::{Error, utf8};

/// The content of a close frame that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close<'a> {
    /// The reason for programs.
    pub code: CloseCode,
    /// The reason for people who debug; at most 123 bytes.
    pub reason: &'a str,
}

impl<'a> Close<'a> {
    /// The longest reason in bytes: the payload of a control frame (RFC 6455 §5.5) without the
    /// code.
    pub const MAX_REASON: usize = 123;

    /// Reads the unmasked payload of a close frame.
    ///
    /// # Errors
    /// The broken rule, and the offset of the wrong byte.
    pub(crate) fn read(payload: &'a [u8]) -> Result<Option<Self>, (Error, usize)> {
        let (code, reason) = match payload {
            [] => return Ok(None),
            [_] => return Err((Error::CloseLength, 0)),
            [high, low, reason @ ..] => (CloseCode(u16::from_be_bytes([*high, *low])), reason),
        };
        if !code.is_sendable() {
            return Err((Error::CloseCode(code.0), 0));
        }
        let reason = utf8::whole(reason).map_err(|at| (Error::Utf8, 2 + at))?;
        Ok(Some(Self { code, reason }))
    }
}

/// A close frame to be sent: nothing in it, a code, or a code and a reason.
///
/// It is made of the argument of `close`:
///
/// ```
/// use segue_websocket::{Close, CloseCode, CloseFrame};
///
/// let frames: [CloseFrame<'_>; 3] =
///     [None.into(), CloseCode::NORMAL.into(), (CloseCode(4001), "log in again").into()];
/// assert_eq!(frames[0].content(), None);
/// assert_eq!(frames[1].content(), Some(Close { code: CloseCode(1000), reason: "" }));
/// assert_eq!(frames[2].content().unwrap().reason, "log in again");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseFrame<'a>(Option<Close<'a>>);

impl<'a> CloseFrame<'a> {
    /// Returns the code and the reason, if the frame has a code.
    #[must_use]
    pub const fn content(self) -> Option<Close<'a>> {
        self.0
    }
}

impl<'a> From<Option<Close<'a>>> for CloseFrame<'a> {
    fn from(close: Option<Close<'a>>) -> Self {
        Self(close)
    }
}

impl<'a> From<Close<'a>> for CloseFrame<'a> {
    fn from(close: Close<'a>) -> Self {
        Self(Some(close))
    }
}

impl From<CloseCode> for CloseFrame<'_> {
    fn from(code: CloseCode) -> Self {
        Self(Some(Close { code, reason: "" }))
    }
}

impl<'a> From<(CloseCode, &'a str)> for CloseFrame<'a> {
    fn from((code, reason): (CloseCode, &'a str)) -> Self {
        Self(Some(Close { code, reason }))
    }
}

impl<'a> From<(CloseCode, &'a String)> for CloseFrame<'a> {
    fn from((code, reason): (CloseCode, &'a String)) -> Self {
        Self(Some(Close { code, reason }))
    }
}

/// The code of the reason why a connection is closed (RFC 6455 §7.4). Codes without a name here can
/// be represented, too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Returns true if the code may stand in a close frame: RFC 6455 §7.4 and its registry define
    /// it for the wire, or it belongs to libraries (3000 to 3999) or applications (4000 to 4999).
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        impl CloseCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*
        }

        impl fmt::Debug for CloseCode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($code => f.write_str(concat!(stringify!($name), "(", $code, ")")),)*
                    other => write!(f, "CloseCode({other})"),
                }
            }
        }
    };
}

close_codes! {
    /// The purpose of the connection is fulfilled.
    NORMAL = 1000,
    /// The sender goes away: a server shuts down, a user leaves a page.
    GOING_AWAY = 1001,
    /// The peer broke the protocol.
    PROTOCOL_ERROR = 1002,
    /// The peer sent a kind of data that the sender does not take.
    UNSUPPORTED = 1003,
    /// The close frame held no code. Never on the wire.
    NO_STATUS = 1005,
    /// The connection ended without a close frame. Never on the wire.
    ABNORMAL = 1006,
    /// The peer sent data that contradicts its kind: text that is not UTF-8.
    INVALID_DATA = 1007,
    /// The peer violated a policy, where no other code fits.
    POLICY = 1008,
    /// The peer sent a message too big to process.
    TOO_BIG = 1009,
    /// The server did not agree to an extension that the client needs.
    MANDATORY_EXTENSION = 1010,
    /// The sender met an error and cannot go on.
    INTERNAL_ERROR = 1011,
    /// The server restarts; reconnect after a random delay.
    SERVICE_RESTART = 1012,
    /// The server is overloaded; reconnect later, elsewhere if possible.
    TRY_AGAIN_LATER = 1013,
    /// A gateway got an invalid answer from the server behind it.
    BAD_GATEWAY = 1014,
    /// The TLS handshake failed. Never on the wire.
    TLS_HANDSHAKE = 1015,
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn only_codes_for_the_wire_are_sendable() {
        let not = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
        assert!(not.into_iter().all(|code| !CloseCode(code).is_sendable()));
        let so = [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
        assert!(so.into_iter().all(|code| CloseCode(code).is_sendable()));
    }

    #[test]
    fn codes_show_their_name() {
        assert_eq!(format!("{:?}", CloseCode(1009)), "TOO_BIG(1009)");
        assert_eq!(format!("{:?}", CloseCode(4001)), "CloseCode(4001)");
    }
}
