//! The frames of yamux, for an observer: headers are read, data is skipped.

use segue::{Decode, Fault, Framing, Output, Record};
use std::fmt;

/// The header of a frame, which is all of it except the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub stream: u32,
    /// Bytes of data, or of credit.
    pub length: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Data,
    /// More may be sent on a stream.
    Grant,
    Ping,
    GoAway,
}

/// A stage of frames; each is an item as soon as its header is there.
#[derive(Debug, Default)]
pub struct Frames {
    /// Data of the last frame that is still to come.
    left: usize,
}

/// The error of a header that is not of yamux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotYamux;

impl fmt::Display for NotYamux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a header of yamux")
    }
}

impl std::error::Error for NotYamux {}

/// The length of a header: version, type, flags in two bytes, stream and length in four each.
pub const HEADER: usize = 12;

impl Decode for Frames {
    type Item<'a> = Frame;
    type Error = NotYamux;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<NotYamux>> {
        Ok(match (self.left, input.len()) {
            (0, HEADER..) => Framing::Record(HEADER),
            (0, 0) if eof => Framing::Done,
            (0, length) => Framing::need(HEADER - length),
            (_, 0) => Framing::need(1),
            (left, length) => Framing::Absorb(left.min(length)),
        })
    }

    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<NotYamux>> {
        self.left -= record.len();
        Ok(())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Frame, Fault<NotYamux>> {
        let &[0, kind, _, _, s0, s1, s2, s3, l0, l1, l2, l3] = &*record else {
            return Err(Fault::new(NotYamux).fatal());
        };
        let kind = match kind {
            0 => Kind::Data,
            1 => Kind::Grant,
            2 => Kind::Ping,
            3 => Kind::GoAway,
            _ => return Err(Fault::new(NotYamux).at(1).fatal()),
        };
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if kind == Kind::Data {
            self.left = usize::try_from(length).unwrap_or(usize::MAX);
        }
        Ok(Frame { kind, stream: u32::from_be_bytes([s0, s1, s2, s3]), length })
    }
}
