//! The header that each frame begins with ([yamux, "Framing"][spec]).
//!
//! ```text
//!  0        1        2                 4                       8                      12
//! +--------+--------+-----------------+-----------------------+-----------------------+
//! | version| kind   | flags           | stream                | length                |
//! +--------+--------+-----------------+-----------------------+-----------------------+
//! ```
//!
//! [spec]: https://github.com/hashicorp/yamux/blob/master/spec.md#framing

use segue::{Fault, Output};

use crate::Error;

/// The size of a header in bytes.
pub(crate) const HEADER: usize = 12;

/// The kinds of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bytes of a stream, as many as the length says.
    Data,
    /// The length is how much more may be sent on the stream.
    WindowUpdate,
    /// The length is a value to be sent back.
    Ping,
    /// The length is a [`GoAway`](crate::GoAway) code.
    GoAway,
}

/// The flags of a frame. Bits that nobody knows are ignored, as other implementations do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags(u16);

impl Flags {
    pub(crate) const NONE: Self = Self(0);
    /// Opens a stream; a ping that asks.
    pub(crate) const SYN: Self = Self(1);
    /// Accepts a stream; a ping that answers.
    pub(crate) const ACK: Self = Self(2);
    /// Ends this side of a stream.
    pub(crate) const FIN: Self = Self(4);
    /// Breaks a stream off.
    pub(crate) const RST: Self = Self(8);

    pub(crate) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) flags: Flags,
    /// 0 for the session itself.
    pub(crate) stream: u32,
    pub(crate) length: u32,
}

impl Header {
    /// Reads a header, and checks what can be checked without knowing the session.
    pub(crate) fn read(bytes: [u8; HEADER]) -> Result<Self, Fault<Error>> {
        let [version, kind, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3] = bytes;
        if version != 0 {
            return Err(Fault::new(Error::Version(version)));
        }
        let kind = match kind {
            0 => Kind::Data,
            1 => Kind::WindowUpdate,
            2 => Kind::Ping,
            3 => Kind::GoAway,
            kind => return Err(Fault::new(Error::UnknownKind(kind)).at(KIND)),
        };
        let stream = u32::from_be_bytes([s0, s1, s2, s3]);
        match kind {
            Kind::Data | Kind::WindowUpdate if stream == 0 => {
                return Err(Fault::new(Error::NoStream).at(STREAM));
            }
            Kind::Ping | Kind::GoAway if stream != 0 => {
                return Err(Fault::new(Error::SessionFrameOnStream(stream)).at(STREAM));
            }
            _ => {}
        }
        let flags = Flags(u16::from_be_bytes([f0, f1]));
        Ok(Self { kind, flags, stream, length: u32::from_be_bytes([l0, l1, l2, l3]) })
    }

    /// Appends the header.
    pub(crate) fn write(self, output: &mut Output) {
        let kind = match self.kind {
            Kind::Data => 0,
            Kind::WindowUpdate => 1,
            Kind::Ping => 2,
            Kind::GoAway => 3,
        };
        let ([f0, f1], [s0, s1, s2, s3]) = (self.flags.0.to_be_bytes(), self.stream.to_be_bytes());
        let [l0, l1, l2, l3] = self.length.to_be_bytes();
        output.put(&[0, kind, f0, f1, s0, s1, s2, s3, l0, l1, l2, l3]);
    }
}

/// The offset of a field in the header, for faults.
pub(crate) const KIND: u64 = 1;
pub(crate) const STREAM: u64 = 4;
pub(crate) const LENGTH: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_were_written() {
        for kind in [Kind::Data, Kind::WindowUpdate, Kind::Ping, Kind::GoAway] {
            let stream = if matches!(kind, Kind::Ping | Kind::GoAway) { 0 } else { 0x0102_0304 };
            let flags = Flags::SYN.and(Flags::RST);
            let header = Header { kind, flags, stream, length: 0xA0B0_C0D0 };
            let mut output = Output::new();
            header.write(&mut output);
            let bytes = output.to_vec();
            assert_eq!(bytes[2..4], [0, 9]);
            assert_eq!(bytes[8..], [0xA0, 0xB0, 0xC0, 0xD0]);
            assert_eq!(Header::read(bytes.try_into().expect("12 bytes")), Ok(header));
        }
    }
}
