//! The traffic inside the tunnel, which must come back.

use segue::{
    DecodeExt, Encode, Fault, Output,
    combine::{Either, Take},
    length::{self, Prefixed, U32Be},
    separator::{self, Line},
};
use std::io;

/// The kind of a stream, announced by its first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Lines,
    Records,
}

segue::stages! {
    /// The stage of a stream: its first line, and from then on lines or length-prefixed records.
    pub enum Inside {
        Opening(Take<Line>),
        Lines(Line),
        Records(Prefixed<U32Be>),
    }
    /// The items of a stream.
    pub enum Said<'a>;
    /// The errors of a stream.
    pub enum Wrong;
}

/// The longest line, in bytes, so that a peer cannot make an end hold more by leaving out the line
/// feed.
const LONGEST_LINE: usize = 1024;
/// The longest record, in bytes: twice a yamux window, so a record may be longer than that.
const LONGEST_RECORD: usize = 512 * 1024;

impl Inside {
    /// Returns the stage of the first line.
    pub fn opening() -> Self {
        Self::Opening(separator::line().max(16).take(1))
    }
}

impl AsRef<[u8]> for Said<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Opening(item) | Self::Lines(item) | Self::Records(item) => item,
        }
    }
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Records => "records",
        }
    }

    /// Returns the kind that the first line of a stream announces.
    ///
    /// # Errors
    /// When the kind is unknown.
    pub fn announced(line: &[u8]) -> io::Result<Self> {
        let mut kinds = [Self::Lines, Self::Records].into_iter();
        kinds.find(|kind| kind.name().as_bytes() == line).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a stream of nothing that is known here")
        })
    }

    /// Returns the stage that reads such a stream behind its first line.
    pub fn stage(self) -> Inside {
        match self {
            Self::Lines => Inside::Lines(separator::line().max(LONGEST_LINE)),
            Self::Records => Inside::Records(length::u32_be().max(LONGEST_RECORD)),
        }
    }

    /// Queues the first line of such a stream.
    pub fn announce(self, output: &mut Output) {
        output.put(self.name().as_bytes());
        output.put(b"\n");
    }
}

/// Writes the records that the stage of the same kind reads.
impl Encode<&[u8]> for Kind {
    type Error = Either<separator::EncodeError, length::EncodeError>;

    fn encode(&mut self, item: &[u8], output: &mut Output) -> Result<(), Self::Error> {
        match self {
            Self::Lines => {
                separator::line().max(LONGEST_LINE).encode(item, output).map_err(Either::Left)
            }
            Self::Records => {
                length::u32_be().max(LONGEST_RECORD).encode(item, output).map_err(Either::Right)
            }
        }
    }
}

/// The traffic of a client on one stream. The server sends it all back.
#[derive(Debug)]
pub struct Talk {
    pub kind: Kind,
    /// The number of lines or records.
    pub count: usize,
    /// The longest of them, in bytes.
    pub longest: usize,
}

/// One stream of lines, and others of records from a few bytes up to more than a window.
pub const TALKS: [Talk; 4] = [
    Talk { kind: Kind::Lines, count: 400, longest: 200 },
    Talk { kind: Kind::Records, count: 2000, longest: 64 },
    Talk { kind: Kind::Records, count: 200, longest: 8_000 },
    Talk { kind: Kind::Records, count: 5, longest: 300_000 },
];

impl Talk {
    /// Returns the item at place `at`: pseudo-random letters of any length up to the longest, and
    /// every other one of a single letter.
    pub fn item(&self, at: usize) -> Vec<u8> {
        let mut seed = (at * 31 + self.longest) as u64 | 1;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        // The last is the longest.
        let most = self.longest as u64 + 1;
        let length = if at + 1 == self.count { most - 1 } else { next() % most };
        let is_plain = at % 2 == 1;
        (0..length)
            .map(|_| if is_plain { b'x' } else { b'a' + u8::try_from(next() % 26).unwrap_or(0) })
            .collect()
    }

    /// Returns the number of bytes of all items on the wire of their stream.
    pub fn bytes(&self) -> u64 {
        let around = match self.kind {
            Kind::Lines => 1,
            Kind::Records => 4,
        };
        (0..self.count).map(|at| self.item(at).len() as u64 + around).sum()
    }

    /// Checks that the item that came back at place `at` is the one that was sent.
    ///
    /// # Errors
    /// When it is another: something was lost, or has overtaken something.
    pub fn check(&self, at: usize, item: &[u8]) -> io::Result<()> {
        if at < self.count && item == self.item(at) {
            return Ok(());
        }
        let what = format!("number {at} of {} came back as another", self.kind.name());
        Err(io::Error::new(io::ErrorKind::InvalidData, what))
    }
}

/// Makes the error for a stream that ended before everything came back.
pub fn cut_short(talk: &Talk, at: usize) -> io::Error {
    let what = format!("{} of {} {} came back", at, talk.count, talk.kind.name());
    io::Error::new(io::ErrorKind::UnexpectedEof, what)
}

/// Converts a fault of a stream to an error.
pub fn wrong(fault: Fault<Wrong>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}
