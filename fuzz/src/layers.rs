//! Layers for connections: a toy with all that a real one has, and chunks.

use segue::combine::Paired;
use segue::length::{self, Prefixed, U8};
use segue::{Buffer, Fault, Layer, Need, Output, Step};
use std::fmt;

/// Records of a length in one byte, a kind, a number, and that many bytes, masked by the number.
/// Questions are answered, a wrong record by an alert, and there is an end.
#[derive(Debug)]
pub struct Toy {
    received: u8,
    sent: u8,
    /// Questions that go before the next record.
    asks: u8,
    /// The most bytes of a record.
    most: u8,
    /// The peer has said its end, which stays so for who takes the layer off and puts it back.
    has_ended: bool,
}

const DATA: u8 = 0;
const ALERT: u8 = 1;
const END: u8 = 2;
const QUESTION: u8 = 3;
const ANSWER: u8 = 4;
const HEAD: usize = 3;

/// Either layer.
pub enum AnyLayer {
    Toy(Toy),
    Chunks(Paired<Prefixed<U8>, Prefixed<U8>>),
}

/// All that a layer finds wrong.
#[derive(Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl AnyLayer {
    /// The layer of this number, whose records hold so many bytes.
    pub fn new(kind: u8, most: u8) -> Self {
        let most = most.max(1);
        if kind & 1 == 0 {
            Self::Toy(Toy { received: 0, sent: 0, asks: 0, most, has_ended: false })
        } else {
            Self::Chunks(Paired::new(length::u8(), length::u8(), most.into()))
        }
    }

    /// Returns whether it has an end of its own.
    pub const fn ends(&self) -> bool {
        matches!(self, Self::Toy(_))
    }

    /// Has it ask something before the next record.
    pub fn ask(&mut self) {
        if let Self::Toy(toy) = self {
            toy.asks = toy.asks.saturating_add(1);
        }
    }
}

impl Toy {
    fn put(&mut self, kind: u8, body: &[u8], wire: &mut Output) {
        wire.put(&[u8::try_from(body.len()).expect("it is short"), kind, self.sent]);
        wire.put_mut(body).iter_mut().for_each(|byte| *byte ^= self.sent);
        self.sent = self.sent.wrapping_add(1);
    }

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<Broken>> {
        if self.has_ended {
            return Ok(Step::Done);
        }
        let (at, held) = (wire.position(), wire.len());
        let whole = wire.as_slice().first().map_or(HEAD, |length| HEAD + usize::from(*length));
        if held < whole {
            if eof {
                return Err(Fault::truncated(at + held as u64));
            }
            return Ok(Step::Need(Need::exactly(whole - held)));
        }
        let [_, kind, number, ..] = *wire.as_slice() else { unreachable!("the head is there") };
        if number != self.received || kind > ANSWER || kind == ALERT {
            if kind != ALERT {
                self.put(ALERT, b"", answers);
            }
            return Err(Fault::new(Broken).at(at));
        }
        self.received = self.received.wrapping_add(1);
        if kind == QUESTION {
            self.put(ANSWER, b"", answers);
        }
        let body = &mut wire.take(whole).into_mut()[HEAD..];
        body.iter_mut().for_each(|byte| *byte ^= number);
        self.has_ended = kind == END;
        Ok(match kind {
            END => Step::Done,
            DATA => Step::Item(body),
            _ => Step::Item(&[]),
        })
    }
}

/// The bytes that either layer opens.
pub enum Plain<'a> {
    Toy(&'a [u8]),
    Chunk(<Paired<Prefixed<U8>, Prefixed<U8>> as Layer>::Plain<'a>),
}

impl AsRef<[u8]> for Plain<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Toy(plain) => plain,
            Self::Chunk(plain) => plain.as_ref(),
        }
    }
}

impl Layer for AnyLayer {
    type Plain<'a> = Plain<'a>;
    type Error = Broken;

    const ENDS: bool = false;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<Plain<'a>>, Fault<Broken>> {
        match self {
            Self::Toy(toy) => Ok(match toy.open(wire, eof, answers)? {
                Step::Item(plain) => Step::Item(Plain::Toy(plain)),
                Step::Need(need) => Step::Need(need),
                Step::Done => Step::Done,
            }),
            Self::Chunks(chunks) => match chunks.open(wire, eof, answers) {
                Ok(Step::Item(plain)) => Ok(Step::Item(Plain::Chunk(plain))),
                Ok(Step::Need(need)) => Ok(Step::Need(need)),
                Ok(Step::Done) => Ok(Step::Done),
                Err(fault) => Err(fault.map(|_| Broken)),
            },
        }
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Broken> {
        match self {
            Self::Toy(toy) => {
                while toy.asks > 0 {
                    toy.asks -= 1;
                    toy.put(QUESTION, b"", wire);
                }
                let mut body = Output::new();
                plain.move_to(&mut body, toy.most.into());
                toy.put(DATA, &body.to_vec(), wire);
                Ok(())
            }
            Self::Chunks(chunks) => chunks.seal(plain, wire).map_err(|_| Broken),
        }
    }

    fn close(&mut self, wire: &mut Output) {
        match self {
            Self::Toy(toy) => toy.put(END, b"", wire),
            Self::Chunks(chunks) => chunks.close(wire),
        }
    }

    fn lease(&self) -> usize {
        match self {
            Self::Toy(toy) => HEAD + usize::from(toy.most),
            Self::Chunks(chunks) => chunks.lease(),
        }
    }
}
