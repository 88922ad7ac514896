use core::fmt;

/// The reason why a stream or a connection ends, as told to the peer (RFC 9113 §7).
///
/// Any number may be received; those without a name are treated as [`INTERNAL_ERROR`] by most.
///
/// [`INTERNAL_ERROR`]: Self::INTERNAL_ERROR
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(pub u32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// Returns the name of the code in RFC 9113 §7, if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// No error: the end of a connection, or of the body of a request that nobody needs any more.
    NO_ERROR = 0x00;
    /// A rule was broken that has no code of its own.
    PROTOCOL_ERROR = 0x01;
    /// The sender had an error that is not the peer's.
    INTERNAL_ERROR = 0x02;
    /// The peer sent more than it was allowed.
    FLOW_CONTROL_ERROR = 0x03;
    /// Settings were not acknowledged in time.
    SETTINGS_TIMEOUT = 0x04;
    /// A frame came on a stream whose sender had ended it.
    STREAM_CLOSED = 0x05;
    /// The length of a frame is wrong.
    FRAME_SIZE_ERROR = 0x06;
    /// The stream was refused before anything was done about it: it can be tried again.
    REFUSED_STREAM = 0x07;
    /// The stream is not needed any more.
    CANCEL = 0x08;
    /// A header block cannot be decoded.
    COMPRESSION_ERROR = 0x09;
    /// The connection of a CONNECT request failed.
    CONNECT_ERROR = 0x0a;
    /// The peer makes too much work.
    ENHANCE_YOUR_CALM = 0x0b;
    /// The transport is not secure enough.
    INADEQUATE_SECURITY = 0x0c;
    /// The request must be made by HTTP/1.1.
    HTTP_1_1_REQUIRED = 0x0d;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

/// Shows the name.
impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
