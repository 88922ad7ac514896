//! What is said inside the tunnel, and what has to come back.

use segue::{
    DecodeExt, Encode, Fault, Output,
    combine::{Either, Take},
    length::{self, Prefixed, U32Be},
    separator::{self, Line},
};
use std::io;

/// What a stream carries. Its first line says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Lines,
    Records,
}

segue::stages! {
    /// What reads a stream: its first line, and from then on lines or length-prefixed records.
    pub enum Inside {
        Opening(Take<Line>),
        Lines(Line),
        Records(Prefixed<U32Be>),
    }
    /// What a stream said.
    pub enum Said<'a>;
    /// What was wrong with it.
    pub enum Wrong;
}

/// The longest line, in bytes. Nobody is to make an end hold more by leaving out the line feed.
const LONGEST_LINE: usize = 1024;
/// The longest record, in bytes: twice what a window of yamux holds, so one may be longer.
const LONGEST_RECORD: usize = 512 * 1024;

impl Inside {
    /// The first line of a stream.
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

    /// What the first line of a stream announces.
    ///
    /// # Errors
    /// When it names nothing that this server knows.
    pub fn announced(line: &[u8]) -> io::Result<Self> {
        let mut kinds = [Self::Lines, Self::Records].into_iter();
        kinds.find(|kind| kind.name().as_bytes() == line).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a stream of nothing that is known here")
        })
    }

    /// The stage that reads such a stream behind its first line.
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

/// Writes what the stage of the same kind reads.
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

/// What a client says on one stream. The server says it all again.
#[derive(Debug)]
pub struct Talk {
    pub kind: Kind,
    /// How many lines or records.
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
    /// The item that is said at place `at`: as good as random, from letters, of any length up to the
    /// longest, and each other one of a single letter.
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

    /// How many bytes the items are on the wire of their stream.
    pub fn bytes(&self) -> u64 {
        let around = match self.kind {
            Kind::Lines => 1,
            Kind::Records => 4,
        };
        (0..self.count).map(|at| self.item(at).len() as u64 + around).sum()
    }

    /// Whether the item that came back at place `at` is the one that was sent.
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

/// The error for a stream that ended before all came back.
pub fn cut_short(talk: &Talk, at: usize) -> io::Error {
    let what = format!("{} of {} {} came back", at, talk.count, talk.kind.name());
    io::Error::new(io::ErrorKind::UnexpectedEof, what)
}

/// A fault of a stream as an error.
pub fn wrong(fault: Fault<Wrong>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}
