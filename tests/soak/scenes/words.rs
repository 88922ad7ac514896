//! The protocol of the soak, and the book that is kept of what was said and heard.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use segue::{Decode, Encode, Fault, Framing, Output, Record};

/// Bytes in front of each payload: the kind, who says it and when, a number, and a length.
///
/// | kind | |
/// |---|---|
/// | `m` | a message: an item |
/// | `p` | a ping: absorbed, and answered by an `o` with the same number and payload |
/// | `o` | a pong: absorbed |
/// | `-` | padding: absorbed |
/// | `e` | absorbed, and the end of the stage |
///
/// The next stage has capitals for its letters, and the one after that small ones again.
pub(crate) const HEAD: usize = 6;

/// A violation of this protocol by a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Odd;

/// Something to be said, with the length of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    Item(usize),
    Ping(usize),
    Padding(usize),
    /// On to the next stage.
    End,
    /// The encoder appends a part, and then refuses it.
    Refused(usize),
}

impl Say {
    /// Bytes on the wire.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Item(length) | Self::Ping(length) | Self::Padding(length) => HEAD + length,
            Self::End => HEAD,
            Self::Refused(_) => 0,
        }
    }
}

/// A half of a connection. The reading half is the whole one, too, while there is only that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Whole,
    Writer,
}

/// All that goes in one direction.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// The records still to be sent.
    pub(crate) says: VecDeque<Say>,
    /// The lengths of the items of each lane that an encoder has accepted.
    pub(crate) accepted: [Vec<usize>; 2],
    /// The number of them that have left, by a flush.
    pub(crate) flushed: [usize; 2],
    /// The number of them that the other side has received.
    pub(crate) received: [usize; 2],
    /// Lengths of pings, and how many of them were answered.
    pings: [Vec<usize>; 2],
    pongs: [usize; 2],
    /// Rises with each split and unsplit: nothing of an earlier one comes later.
    epoch: u8,
    heard_epoch: u8,
    /// The stage that the sender writes for.
    capitals: bool,
    /// Both halves speak, so the stage stays.
    pub(crate) is_split: bool,
}

/// A [`Book`] that both sides look into.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books(Arc<Mutex<Book>>);

impl Books {
    pub(crate) fn new(says: VecDeque<Say>) -> Self {
        Self(Arc::new(Mutex::new(Book { says, ..Book::default() })))
    }

    pub(crate) fn open(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn next_length(&self) -> usize {
        self.open().says.front().map_or(0, |say| say.length())
    }

    /// Returns true if this many splits are enough.
    pub(crate) fn is_worn(&self) -> bool {
        self.open().epoch > 100
    }

    pub(crate) fn is_all_said(&self) -> bool {
        self.open().says.is_empty()
    }

    /// The sender's connection is split, or made whole.
    pub(crate) fn turns(&self, is_split: bool) {
        let mut book = self.open();
        book.epoch += 1;
        book.is_split = is_split;
    }

    /// A flush of a lane has said that everything has left.
    pub(crate) fn has_left(&self, lane: Lane) {
        let mut book = self.open();
        book.flushed[lane as usize] = book.accepted[lane as usize].len();
    }

    /// An item has arrived.
    pub(crate) fn hears(&self, heard: &Heard<'_>) {
        let mut book = self.open();
        let lane = usize::from(heard.from & 1);
        let number = book.received[lane];
        assert_eq!(usize::from(heard.number), number, "an item of lane {lane} out of order");
        assert_eq!(Some(&heard.payload.len()), book.accepted[lane].get(number), "its length");
        check(heard.number, heard.payload);
        assert!(heard.from >> 1 >= book.heard_epoch, "an item of before a split or unsplit");
        book.heard_epoch = heard.from >> 1;
        book.received[lane] += 1;
    }

    fn pong(&self, from: u8, number: u16, payload: &[u8]) {
        let mut book = self.open();
        let lane = usize::from(from & 1);
        let expected = book.pongs[lane];
        assert_eq!(usize::from(number), expected, "an answer out of order");
        assert_eq!(Some(&payload.len()), book.pings[lane].get(expected), "the length of an answer");
        check(number, payload);
        book.pongs[lane] += 1;
    }
}

fn fill(number: u16, length: usize) -> Vec<u8> {
    (0..length).map(|at| filler(number, at)).collect()
}

#[allow(clippy::cast_possible_truncation, reason = "any bits do")]
fn filler(number: u16, at: usize) -> u8 {
    (usize::from(number) * 31 + at * 7) as u8
}

fn check(number: u16, payload: &[u8]) {
    let at = payload.iter().enumerate().position(|(at, byte)| *byte != filler(number, at));
    assert_eq!(at, None, "the payload of number {number} is torn here");
}

fn head(kind: u8, from: u8, number: u16, length: usize) -> [u8; HEAD] {
    let ([a, b], [c, d]) = (number.to_be_bytes(), u16::try_from(length).unwrap().to_be_bytes());
    [kind, from, a, b, c, d]
}

/// Returns the content of a head: kind, sender, number, and the length of the whole record.
pub(crate) fn parsed(head: &[u8]) -> Option<(u8, u8, u16, usize)> {
    let &[kind, from, a, b, c, d, ..] = head else { return None };
    let length = HEAD + usize::from(u16::from_be_bytes([c, d]));
    Some((kind, from, u16::from_be_bytes([a, b]), length))
}

/// The receiving stage. It holds its driver to the contract.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// The records of its own side: answers to its pings come here.
    own: Books,
    capitals: bool,
    pub(crate) is_over: bool,
    /// It is over since the stream is.
    pub(crate) is_at_end: bool,
    shown: usize,
}

/// An item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) from: u8,
    pub(crate) number: u16,
    pub(crate) payload: &'a [u8],
}

impl Words {
    pub(crate) fn new(own: Books) -> Self {
        Self { own, ..Self::default() }
    }

    /// The stage that follows.
    pub(crate) fn next(self) -> Self {
        Self { own: self.own, capitals: !self.capitals, ..Self::default() }
    }

    /// The same stage, for a connection that goes on where another left off.
    pub(crate) fn moved(&mut self) -> Self {
        self.shown = 0;
        std::mem::take(self)
    }
}

impl Decode for Words {
    type Item<'a> = Heard<'a>;
    type Error = Odd;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Odd>> {
        assert!(input.len() >= self.shown || eof, "shown less than before");
        self.shown = input.len();
        if self.is_over {
            return Ok(Framing::Done);
        }
        if input.is_empty() && eof {
            (self.is_over, self.is_at_end) = (true, true);
            return Ok(Framing::Done);
        }
        let Some((kind, _, _, length)) = parsed(input) else {
            return Ok(Framing::need(HEAD - input.len()));
        };
        assert_eq!(kind.is_ascii_uppercase(), self.capitals && kind != b'-', "the wrong stage");
        let frame = match (length.checked_sub(input.len()), kind.to_ascii_lowercase()) {
            (Some(missing @ 1..), _) => return Ok(Framing::need(missing)),
            (_, b'm') => Framing::Record(length),
            (_, b'p' | b'o' | b'-' | b'e') => Framing::Absorb(length),
            _ => return Err(Odd.into()),
        };
        self.shown = length;
        Ok(frame)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Odd>> {
        self.shown = 0;
        let (kind, from, number, _) = parsed(&record).unwrap();
        match kind.to_ascii_lowercase() {
            b'p' => {
                // It goes with the stage of this side, which may be another.
                let kind = if self.own.open().capitals { b'O' } else { b'o' };
                let payload = &record[HEAD..];
                answers.put(&head(kind, from, number, payload.len()));
                answers.put(payload);
            }
            b'o' => self.own.pong(from, number, &record[HEAD..]),
            b'e' => self.is_over = true,
            _ => {}
        }
        Ok(())
    }

    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Heard<'a>, Fault<Odd>> {
        self.shown = 0;
        let (_, from, number, _) = parsed(&record).unwrap();
        record.advance(HEAD);
        Ok(Heard { from, number, payload: record.into_slice() })
    }
}

/// Encodes what is to be said next. That it has done so is in the book at once, so it does not
/// matter whether its caller learns of it.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) books: Books,
    pub(crate) lane: Lane,
}

impl Encode<()> for Writer {
    type Error = Odd;

    fn encode(&mut self, (): (), output: &mut Output) -> Result<(), Odd> {
        let mut book = self.books.open();
        let lane = self.lane as usize;
        let from = book.epoch << 1 | u8::try_from(lane).unwrap();
        let say = book.says.pop_front().ok_or(Odd)?;
        let kind =
            |kind: u8, book: &Book| if book.capitals { kind.to_ascii_uppercase() } else { kind };
        match say {
            Say::Item(length) => {
                let number = u16::try_from(book.accepted[lane].len()).unwrap();
                book.accepted[lane].push(length);
                output.put(&head(kind(b'm', &book), from, number, length));
                output.put_bytes(Bytes::from(fill(number, length)));
            }
            Say::Ping(length) => {
                let number = u16::try_from(book.pings[lane].len()).unwrap();
                book.pings[lane].push(length);
                output.put(&head(kind(b'p', &book), from, number, length));
                output.put(&fill(number, length));
            }
            Say::Padding(length) => {
                output.put(&head(b'-', from, 0, length));
                output.put_zeroed(length);
            }
            Say::End if book.is_split => output.put(&head(b'-', from, 0, 0)),
            Say::End => {
                output.put(&head(kind(b'e', &book), from, 0, 0));
                book.capitals = !book.capitals;
            }
            Say::Refused(length) => {
                output.put(b"m");
                output.put_bytes(Bytes::from(vec![0xff; length]));
                return Err(Odd);
            }
        }
        Ok(())
    }
}

/// Looks at what is written, and knows a torn record at once.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    head: Vec<u8>,
    /// The bytes of a payload that are still to come.
    payload: usize,
    items: [usize; 2],
}

impl Tap {
    pub(crate) fn sees(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() || self.is_whole_head() {
            if let Some((kind, from, number, length)) = parsed(&self.head) {
                if self.payload == 0 {
                    assert!(b"mpoe-MPOE".contains(&kind), "a torn record is written: {kind}");
                    self.payload = length - HEAD + 1;
                }
                let count = bytes.len().min(self.payload - 1);
                (self.payload, bytes) = (self.payload - count, &bytes[count..]);
                if self.payload > 1 {
                    return;
                }
                if kind.eq_ignore_ascii_case(&b'm') {
                    let items = &mut self.items[usize::from(from & 1)];
                    assert_eq!(usize::from(number), *items, "an item is written out of order");
                    *items += 1;
                }
                self.payload = 0;
                self.head.clear();
                continue;
            }
            let count = bytes.len().min(HEAD - self.head.len());
            self.head.extend_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
        }
    }

    fn is_whole_head(&self) -> bool {
        self.head.len() == HEAD
    }

    /// Whole items of a lane that were written.
    pub(crate) fn items(&self, lane: Lane) -> usize {
        self.items[lane as usize]
    }

    /// Returns true if a record was written in part.
    pub(crate) fn is_inside(&self) -> bool {
        !self.head.is_empty()
    }
}
