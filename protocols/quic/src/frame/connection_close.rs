//! CONNECTION_CLOSE (RFC 9000 §19.19).

use super::{
    FrameType,
    input::{self, Broken, Input},
};
use crate::{ErrorCode, Sink, TransportError, VarInt};

/// CONNECTION_CLOSE: the connection is over (RFC 9000 §10.2, §19.19).
///
/// A [`TransportError`] converts to the frame that reports it:
///
/// ```
/// use segue_quic::{ErrorCode, frame::{ConnectionClose, Frame}};
///
/// let error = Frame::decode(b"\x21").unwrap_err();
/// let close = ConnectionClose::from(&error);
/// let mut payload = Vec::new();
/// Frame::from(close).encode(&mut payload).unwrap();
/// assert_eq!(payload, b"\x1c\x07\x21\x1da frame is of an unknown type");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionClose<'a> {
    /// The layer that closed the connection, with its code.
    pub error: CloseReason,
    /// The reason in words for people; UTF-8 if the sender keeps to the standard.
    pub reason: &'a [u8],
}

/// The layer that closed a connection, with its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// QUIC closed it (type 0x1c).
    Transport {
        /// The code.
        code: ErrorCode,
        /// The type of the frame that was wrong; 0 if none was, or it is not known.
        frame_type: FrameType,
    },
    /// The application closed it (type 0x1d), with a code of its own.
    Application(VarInt),
}

impl<'a> ConnectionClose<'a> {
    pub(super) fn read(input: &mut Input<'a>, kind: u8) -> Result<Self, Broken> {
        let code = input.varint()?;
        let error = if kind == APPLICATION {
            CloseReason::Application(code)
        } else {
            CloseReason::Transport { code: code.into(), frame_type: input.varint()?.into() }
        };
        Ok(Self { error, reason: input.prefixed()? })
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        match self.error {
            CloseReason::Transport { .. } => FrameType::CONNECTION_CLOSE,
            CloseReason::Application(_) => FrameType::of(APPLICATION),
        }
    }

    /// Returns the encoded size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let error = match self.error {
            CloseReason::Transport { code, frame_type } => {
                code.value().size() + frame_type.value().size()
            }
            CloseReason::Application(code) => code.size(),
        };
        1 + error + input::length(self.reason).size() + self.reason.len()
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        self.frame_type().value().put(sink);
        match self.error {
            CloseReason::Transport { code, frame_type } => {
                code.value().put(sink);
                frame_type.value().put(sink);
            }
            CloseReason::Application(code) => code.put(sink),
        }
        input::length(self.reason).put(sink);
        sink.put(self.reason);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        Ok(())
    }

    /// Returns the reason that an Initial or Handshake packet carries instead, where an
    /// application's words must not be seen: `APPLICATION_ERROR` without a reason (RFC 9000
    /// §10.2.3). A reason of the transport is returned as it is.
    #[must_use]
    pub const fn before_keys(self) -> Self {
        match self.error {
            CloseReason::Transport { .. } => self,
            CloseReason::Application(_) => Self {
                error: CloseReason::Transport {
                    code: ErrorCode::APPLICATION_ERROR,
                    frame_type: FrameType::PADDING,
                },
                reason: b"",
            },
        }
    }
}

impl From<&TransportError> for ConnectionClose<'static> {
    fn from(error: &TransportError) -> Self {
        let frame_type = FrameType::from(error.frame_type);
        Self {
            error: CloseReason::Transport { code: error.code, frame_type },
            reason: error.reason.as_bytes(),
        }
    }
}

const APPLICATION: u8 = 0x1d;
