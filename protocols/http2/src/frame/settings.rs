use core::fmt;

use segue::Output;

use super::{Flags, FrameErrorKind, Header, Kind, StreamId};

/// A setting with its value (RFC 9113 §6.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The number.
    pub id: u16,
    /// The value.
    pub value: u32,
}

impl Setting {
    /// The largest table of HPACK that the sender keeps, in bytes: 4,096 unless set.
    pub const HEADER_TABLE_SIZE: u16 = 0x01;
    /// 1 unless set: the sender takes promised responses. 0 if it does not.
    pub const ENABLE_PUSH: u16 = 0x02;
    /// The most streams of the other end at a time: without a limit unless set.
    pub const MAX_CONCURRENT_STREAMS: u16 = 0x03;
    /// The window of each stream at its beginning, in bytes: 65,535 unless set.
    pub const INITIAL_WINDOW_SIZE: u16 = 0x04;
    /// The longest payload that the sender reads: 16,384 unless set, up to 2^24 - 1.
    pub const MAX_FRAME_SIZE: u16 = 0x05;
    /// The largest head that the sender takes, in bytes, with 32 more a field: advice, and without a
    /// limit unless set.
    pub const MAX_HEADER_LIST_SIZE: u16 = 0x06;
    /// 1 if extended CONNECT can be used (RFC 8441 §3).
    pub const ENABLE_CONNECT_PROTOCOL: u16 = 0x08;
    /// 1 if priorities of RFC 7540 are not sent (RFC 9218 §2.1).
    pub const NO_RFC7540_PRIORITIES: u16 = 0x09;

    pub(super) const LENGTH: usize = 6;

    const fn decode(bytes: &[u8; Self::LENGTH]) -> Self {
        let [i0, i1, v0, v1, v2, v3] = *bytes;
        Self { id: u16::from_be_bytes([i0, i1]), value: u32::from_be_bytes([v0, v1, v2, v3]) }
    }

    /// Checks the value of a setting that this crate knows. Any other is ignored (RFC 9113 §6.5.2).
    pub(super) const fn check(self) -> Result<(), FrameErrorKind> {
        let Self { id, value } = self;
        let is_allowed = match id {
            Self::ENABLE_PUSH | Self::ENABLE_CONNECT_PROTOCOL | Self::NO_RFC7540_PRIORITIES => {
                value <= 1
            }
            Self::INITIAL_WINDOW_SIZE => value <= 0x7fff_ffff,
            Self::MAX_FRAME_SIZE => 0x4000 <= value && value <= Header::MAX_LENGTH,
            _ => true,
        };
        if is_allowed { Ok(()) } else { Err(FrameErrorKind::Setting { id, value }) }
    }
}

/// SETTINGS: what the sender takes, or the acknowledgement of what the other end does (RFC 9113
/// §6.5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settings<'a> {
    /// Settings, six bytes each.
    Set(&'a [[u8; 6]]),
    /// The acknowledgement.
    Ack,
}

impl<'a> Settings<'a> {
    /// Returns the settings in their order. The last of a number counts.
    pub fn iter(&self) -> impl Iterator<Item = Setting> + Clone + use<'a> {
        let Self::Set(settings) = *self else { return [].iter().map(Setting::decode) };
        settings.iter().map(Setting::decode)
    }

    /// Appends a frame with `settings` to `output`.
    ///
    /// # Panics
    /// If there are more than fit in a frame that everybody reads: 2,730.
    pub fn encode(settings: &[Setting], output: &mut Output) {
        assert!(settings.len() <= 2730, "more settings than a frame holds");
        let length = u32::try_from(settings.len() * Setting::LENGTH).unwrap_or(0);
        let (flags, stream) = (Flags::NONE, StreamId::CONNECTION);
        Header { length, kind: Kind::SETTINGS, flags, stream }.encode(output);
        for Setting { id, value } in settings {
            output.put(&id.to_be_bytes());
            output.put(&value.to_be_bytes());
        }
    }

    /// Appends an acknowledgement to `output`.
    pub fn encode_ack(output: &mut Output) {
        let (flags, stream) = (Flags::ACK, StreamId::CONNECTION);
        Header { length: 0, kind: Kind::SETTINGS, flags, stream }.encode(output);
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(_) => f.debug_list().entries(self.iter()).finish(),
            Self::Ack => f.write_str("Ack"),
        }
    }
}
