//! A toy of a layer, with all that a real one has: records that are numbered and masked, alerts,
//! questions that are answered, and an end of its own.

use segue::{Buffer, Fault, Layer, Need, Output, Step};
use std::fmt;

/// A record is its length in two bytes, its number in four, its kind in one, and that many bytes,
/// each masked by the number.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    received: u32,
    sent: u32,
    /// The number of questions it has answered.
    pub(crate) answered: usize,
    /// The kinds of the records that it has opened.
    pub(crate) opened: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Number,
    Kind,
    /// The peer has said that we broke the rules.
    Alerted,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Broken {}

const HEAD: usize = 7;
const MOST: usize = 1000;

pub(crate) const DATA: u8 = 0;
pub(crate) const ALERT: u8 = 1;
pub(crate) const END: u8 = 2;
pub(crate) const QUESTION: u8 = 3;
const ANSWER: u8 = 4;

impl Numbered {
    /// The length of an alert on the wire, in bytes.
    pub(crate) const ALERTED: usize = HEAD;

    /// Appends a record.
    pub(crate) fn put(&mut self, kind: u8, body: &[u8], wire: &mut Output) {
        wire.put(&u16::try_from(body.len()).unwrap().to_be_bytes());
        wire.put(&self.sent.to_be_bytes());
        wire.put(&[kind]);
        mask(wire.put_mut(body), self.sent);
        self.sent += 1;
    }
}

fn mask(bytes: &mut [u8], number: u32) {
    let mask = number.wrapping_mul(0x9e37_79b9).to_be_bytes()[0] | 1;
    bytes.iter_mut().for_each(|byte| *byte ^= mask);
}

impl Layer for Numbered {
    type Plain<'a> = &'a [u8];
    type Error = Broken;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<Broken>> {
        let at = wire.position();
        let held = wire.len();
        let missing = match wire.as_slice().first_chunk::<HEAD>() {
            None => HEAD - held,
            Some(head) => {
                let whole = HEAD + usize::from(u16::from_be_bytes([head[0], head[1]]));
                if held >= whole {
                    let number = u32::from_be_bytes([head[2], head[3], head[4], head[5]]);
                    let kind = head[6];
                    if number != self.received || kind > ANSWER {
                        self.put(ALERT, b"", answers);
                        let why = if kind > ANSWER { Broken::Kind } else { Broken::Number };
                        return Err(Fault::new(why).at(at));
                    }
                    self.received += 1;
                    self.opened.push(kind);
                    let body = &mut wire.take(whole).into_mut()[HEAD..];
                    mask(body, number);
                    return match kind {
                        DATA => Ok(Step::Item(body)),
                        END => Ok(Step::Done),
                        ALERT => Err(Fault::new(Broken::Alerted).at(at)),
                        QUESTION => {
                            self.answered += 1;
                            self.put(ANSWER, b"", answers);
                            Ok(Step::Item(&[]))
                        }
                        _ => Ok(Step::Item(&[])),
                    };
                }
                whole - held
            }
        };
        if eof {
            return Err(Fault::truncated(at + held as u64));
        }
        Ok(Step::Need(Need::exactly(missing)))
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Broken> {
        let mut body = Output::new();
        plain.move_to(&mut body, MOST);
        self.put(DATA, &body.to_vec(), wire);
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        self.put(END, b"", wire);
    }

    fn lease(&self) -> usize {
        HEAD + MOST
    }
}
