//! All that came of a stream, so that it can be held against what came of it otherwise.

use segue::Fault;
use segue::laws::{Entry, Log, Observe};

/// One thing that came of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// All that an item said.
    Said(Entry),
    /// A fault, its cause by its `Debug`.
    Fault(Fault<String>),
}

/// All that came of a stream, in its order. Pieces of one payload are joined.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    words: Vec<Word>,
}

/// Returns all that an item says.
pub fn said(item: &(impl Observe + ?Sized)) -> Vec<Entry> {
    let mut log = Log::default();
    item.observe(&mut log);
    log.entries().to_vec()
}

/// A piece of a payload that falls into pieces as it is received.
pub fn piece(bytes: &[u8]) -> Vec<Entry> {
    let mut log = Log::default();
    log.piece(bytes);
    log.entries().to_vec()
}

/// The payload in what an item says: the same bytes into however many pieces it falls.
pub fn payload(said: &[Entry]) -> Vec<u8> {
    let payload = said.iter().map(|entry| match entry {
        Entry::Bytes(bytes) | Entry::Pieces(bytes) => &bytes[..],
        _ => &[],
    });
    payload.collect::<Vec<_>>().concat()
}

impl Heard {
    pub fn item(&mut self, said: Vec<Entry>) {
        for entry in said {
            match (self.words.last_mut(), entry) {
                (Some(Word::Said(Entry::Pieces(payload))), Entry::Pieces(piece)) => {
                    payload.extend(piece);
                }
                (_, entry) => self.words.push(Word::Said(entry)),
            }
        }
    }

    pub fn fault(&mut self, fault: Fault<String>) {
        self.words.push(Word::Fault(fault));
    }

    /// Returns whether a fatal fault has come.
    pub fn is_over(&self) -> bool {
        matches!(self.words.last(), Some(Word::Fault(fault)) if fault.fatal)
    }

    /// Returns whether the fatal fault at the end is of an inner stream, or came in a payload that
    /// falls into pieces, or in a record of which `consumed` bytes from the front of the stream had
    /// been absorbed: then it depends on the cuts how much was delivered and consumed before it.
    pub fn breaks_off(&self, consumed: u64) -> bool {
        match &self.words[..] {
            [.., Word::Fault(Fault { fatal: true, layer: 1.., .. })] => true,
            [.., Word::Said(Entry::Pieces(_)), Word::Fault(Fault { fatal: true, .. })] => true,
            [.., Word::Fault(Fault { fatal: true, at, .. })] => *at < consumed,
            _ => false,
        }
    }

    /// Returns whether two runs over one stream came to the same.
    pub fn agrees(&self, other: &Self) -> bool {
        let (ours, our_pieces) = self.without_broken_off();
        let (theirs, their_pieces) = other.without_broken_off();
        ours == theirs
            && (our_pieces.starts_with(their_pieces) || their_pieces.starts_with(our_pieces))
    }

    /// All words, but for the pieces in front of a fatal fault at the end.
    fn without_broken_off(&self) -> (Vec<&Word>, &[u8]) {
        let mut words = self.words.iter().collect::<Vec<_>>();
        let mut broken_off = &[][..];
        if let [.., Word::Said(Entry::Pieces(pieces)), Word::Fault(fault)] = &self.words[..]
            && fault.fatal
        {
            words.remove(words.len() - 2);
            broken_off = pieces;
        }
        (words, broken_off)
    }
}
