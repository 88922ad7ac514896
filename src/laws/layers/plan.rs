//! What is said in a run, and where the wire is cut.

use std::fmt;

use bytes::Bytes;

/// Something that an end does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Queues a copy.
    Put(Vec<u8>),
    /// Queues without a copy.
    PutWhole(Bytes),
    /// Seals all that is queued.
    Seal,
    /// Asks what the other end answers, if it is known how.
    Ask,
}

/// What an end says in a run, before it says its end.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) acts: Vec<Act>,
}

/// Sizes and shapes of what is sealed.
pub(super) fn plans() -> Vec<Plan> {
    let put = |length| Act::Put(text(length));
    let plan = |name, acts| Plan { name, acts };
    let writes = (0..200).map(|at| put(at % 7));
    let records = (0..24).flat_map(|at| [put(at % 5), Act::Seal]);
    let whole = |length| Act::PutWhole(Bytes::from(text(length)));
    let zeros = Act::Put(vec![0; 40_000]);
    vec![
        plan("nothing", vec![]),
        plan("one byte", vec![put(1), Act::Seal]),
        plan("a line", vec![put(30), Act::Seal]),
        plan("one byte a record", (0..6).flat_map(|_| [put(1), Act::Seal]).collect()),
        plan("many small writes", writes.chain([Act::Seal]).collect()),
        plan("many small records", records.collect()),
        plan("much at once", vec![put(LARGE), Act::Seal]),
        plan("many zeros", vec![zeros, Act::Seal]),
        plan(
            "bytes sent whole",
            vec![put(3), whole(9000), put(2), Act::Seal, whole(5000), whole(4000), Act::Seal],
        ),
        plan(
            "questions",
            vec![Act::Ask, put(5), Act::Seal, Act::Ask, Act::Ask, put(2), Act::Seal, Act::Ask],
        ),
    ]
}

/// More than a record of any layer holds.
const LARGE: usize = 70_000;

/// Bytes that are not all the same, and that no compression makes nothing of.
pub(super) fn text(length: usize) -> Vec<u8> {
    let mut random = Random(length as u64 | 1);
    (0..length).map(|_| random.next().to_le_bytes()[0]).collect()
}

/// How a wire is cut.
#[derive(Debug, Clone)]
pub(super) enum Cuts {
    Whole,
    /// At one place.
    At(usize),
    /// Into pieces of a random length below this.
    Pieces(u64, usize),
    Bytes,
}

impl Cuts {
    /// The cuts that a wire of this length is read under: all that there are if it is short.
    pub(super) fn all(length: usize) -> Vec<Self> {
        let mut cuts = vec![Self::Whole, Self::Bytes];
        cuts.extend((1..length.min(EVERYWHERE)).map(Self::At));
        let mut random = Random(length as u64);
        if length > EVERYWHERE {
            cuts.extend((0..8).map(|_| Self::At(random.below(length))));
        }
        cuts.extend([2, 9, 200, 3000].map(|most| Self::Pieces(most as u64, most)));
        cuts
    }

    /// The pieces of a wire.
    pub(super) fn pieces<'w>(&self, wire: &'w [u8]) -> Vec<&'w [u8]> {
        match *self {
            Self::Whole => vec![wire],
            Self::Bytes => wire.chunks(1).collect(),
            Self::At(at) => {
                let (front, back) = wire.split_at(at.min(wire.len()));
                vec![front, back]
            }
            Self::Pieces(seed, most) => {
                let (mut random, mut rest, mut pieces) = (Random(seed), wire, Vec::new());
                while !rest.is_empty() {
                    let (piece, behind) = rest.split_at((1 + random.below(most)).min(rest.len()));
                    pieces.push(piece);
                    rest = behind;
                }
                pieces
            }
        }
    }
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("none"),
            Self::At(at) => write!(f, "at {at}"),
            Self::Pieces(_, most) => write!(f, "into pieces of at most {most} bytes"),
            Self::Bytes => f.write_str("at every byte"),
        }
    }
}

/// Up to this length, in bytes, a wire is cut and changed everywhere.
pub(super) const EVERYWHERE: usize = 300;

/// A generator that says the same each time.
#[derive(Debug, Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x9e37_79b9);
        self.0 >> 33
    }

    pub(super) fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(usize::MAX) % most.max(1)
    }
}
