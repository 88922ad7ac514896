//! Violations of the protocol by a peer, and the codes that it is told (RFC 9000 §20).

use core::fmt;

use crate::VarInt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $value:literal;)*) => {
        impl ErrorCode {
            $($(#[doc = $doc])* pub const $name: Self = Self(VarInt::from_u32($value));)*

            /// Returns the name in the standard, if the code is in the table. Codes of TLS alerts
            /// are all named `CRYPTO_ERROR`.
            ///
            /// ```
            /// use segue_quic::ErrorCode;
            ///
            /// assert_eq!(ErrorCode::FRAME_ENCODING_ERROR.name(), Some("FRAME_ENCODING_ERROR"));
            /// assert_eq!(ErrorCode::crypto(40).name(), Some("CRYPTO_ERROR"));
            /// assert_eq!(ErrorCode::from(0x4000_u16).name(), None);
            /// ```
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0.value() {
                    $($value => Some(stringify!($name)),)*
                    0x100..0x200 => Some("CRYPTO_ERROR"),
                    _ => None,
                }
            }
        }
    };
}

/// A transport error code, with which a connection is closed (RFC 9000 §20.1).
///
/// Unknown codes are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(VarInt);

codes! {
    /// The connection is closed without an error.
    NO_ERROR = 0x00;
    /// The endpoint had an internal error.
    INTERNAL_ERROR = 0x01;
    /// A server refuses a new connection.
    CONNECTION_REFUSED = 0x02;
    /// More data came than was allowed for.
    FLOW_CONTROL_ERROR = 0x03;
    /// A frame came for a stream beyond the limit on streams.
    STREAM_LIMIT_ERROR = 0x04;
    /// A frame came for a stream that is in no state for it.
    STREAM_STATE_ERROR = 0x05;
    /// The final size of a stream changed, or is less than what came.
    FINAL_SIZE_ERROR = 0x06;
    /// A frame is badly formatted, or of an unknown type.
    FRAME_ENCODING_ERROR = 0x07;
    /// The transport parameters are badly formatted, or break a rule.
    TRANSPORT_PARAMETER_ERROR = 0x08;
    /// More connection ids came than the limit allows.
    CONNECTION_ID_LIMIT_ERROR = 0x09;
    /// The peer broke a rule that has no code of its own.
    PROTOCOL_VIOLATION = 0x0a;
    /// The token in an Initial packet is not valid.
    INVALID_TOKEN = 0x0b;
    /// The application closed the connection before its own code may be sent (§10.2.3).
    APPLICATION_ERROR = 0x0c;
    /// More data came in CRYPTO frames than is buffered.
    CRYPTO_BUFFER_EXCEEDED = 0x0d;
    /// A key update came against the rules (RFC 9001 §6).
    KEY_UPDATE_ERROR = 0x0e;
    /// The limit of the AEAD on packets has been reached (RFC 9001 §6.6).
    AEAD_LIMIT_REACHED = 0x0f;
    /// No path can carry datagrams of the size that is needed.
    NO_VIABLE_PATH = 0x10;
    /// Version negotiation was tampered with, or its information is wrong (RFC 9368 §4).
    VERSION_NEGOTIATION_ERROR = 0x11;
}

impl ErrorCode {
    /// Returns the `CRYPTO_ERROR` for a TLS alert with this description (RFC 9001 §4.8).
    #[must_use]
    pub const fn crypto(alert: u8) -> Self {
        Self(VarInt::from_u32(0x100 | alert as u32))
    }

    /// Returns the description of the TLS alert that it stands for, if any.
    ///
    /// ```
    /// use segue_quic::ErrorCode;
    ///
    /// assert_eq!(ErrorCode::crypto(120).alert(), Some(120)); // no_application_protocol
    /// assert_eq!(ErrorCode::NO_ERROR.alert(), None);
    /// ```
    #[must_use]
    pub const fn alert(self) -> Option<u8> {
        match self.0.value() {
            code @ 0x100..0x200 => Some(code.to_le_bytes()[0]),
            _ => None,
        }
    }

    /// Returns the code as it is sent.
    #[must_use]
    pub const fn value(self) -> VarInt {
        self.0
    }
}

impl From<VarInt> for ErrorCode {
    fn from(code: VarInt) -> Self {
        Self(code)
    }
}

impl From<u16> for ErrorCode {
    fn from(code: u16) -> Self {
        Self(code.into())
    }
}

/// `FRAME_ENCODING_ERROR`, `CRYPTO_ERROR of alert 40`, `0x4000`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.alert(), self.name()) {
            (Some(alert), _) => write!(f, "CRYPTO_ERROR of alert {alert}"),
            (None, Some(name)) => f.write_str(name),
            (None, None) => write!(f, "{:#x}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A violation of the protocol by a peer, with the code for the CONNECTION_CLOSE frame.
///
/// The place in the input is reported around it, by the [`Fault`](segue::Fault) of a stage.
///
/// ```
/// use segue_quic::{ErrorCode, TransportError};
///
/// let error = TransportError::new(ErrorCode::FRAME_ENCODING_ERROR, "the frame is cut off", "RFC 9000 §12.4");
/// assert_eq!(error.to_string(), "the frame is cut off (RFC 9000 §12.4; FRAME_ENCODING_ERROR)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportError {
    /// The code for closing the connection.
    pub code: ErrorCode,
    /// The type of the frame that broke the rule; 0 if none did or it is unknown (RFC 9000 §19.19).
    pub frame_type: VarInt,
    /// The violation, in words.
    pub reason: &'static str,
    /// The section of the standard with the rule: `RFC 9000 §12.4`.
    pub section: &'static str,
}

impl TransportError {
    /// Creates an error with this code that belongs to no frame.
    #[must_use]
    pub const fn new(code: ErrorCode, reason: &'static str, section: &'static str) -> Self {
        Self { code, frame_type: VarInt::ZERO, reason, section }
    }

    /// Returns the error with the type of the frame that caused it.
    #[must_use]
    pub const fn in_frame(mut self, frame_type: VarInt) -> Self {
        self.frame_type = frame_type;
        self
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}; {}", self.reason, self.section, self.code)?;
        if self.frame_type > VarInt::ZERO {
            write!(f, " in frame {:#04x}", self.frame_type)?;
        }
        f.write_str(")")
    }
}

impl core::error::Error for TransportError {}
