//! A small protocol that has everything a stage may do.

use std::num::NonZeroUsize;

use segue::{Decode, Encode, Fault, Framing, Need, Output, Record};

/// Records of a kind in one byte, a length in one byte, and that much payload.
///
/// | kind | |
/// |---|---|
/// | `m` | a message: an item |
/// | `p` | a ping: absorbed, and answered by an `o` with the same payload |
/// | `-` | padding: absorbed |
/// | `z` | an item, and as many empty ones as the length says; there is no payload |
/// | `?` | breaks the rules; the next record is fine |
/// | `!` | breaks the rules for good |
/// | `a` | as `?`, found where nothing is yielded |
/// | `e` | absorbed, and the end of the stage |
///
/// Any other kind is a fault of `frame`. The stage is over at the end of the stream, too.
///
/// It holds its driver to the contract: it refuses to be shown less than before, and to be asked
/// again after its death.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    owed: u8,
    over: bool,
    dead: bool,
    shown: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    Unknown,
    Odd,
    Fatal,
    Unwelcome,
}

/// A record of a kind.
pub(crate) fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind, u8::try_from(payload.len()).unwrap()], payload].concat()
}

/// Messages with these payloads.
pub(crate) fn messages<const N: usize>(payloads: [&str; N]) -> Vec<u8> {
    payloads.iter().flat_map(|payload| record(b'm', payload.as_bytes())).collect()
}

impl Decode for Talk {
    type Item<'a> = &'a [u8];
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
        assert!(!self.dead, "asked after its death");
        // The end may take back what a look has found, in a script if not in a kernel.
        let grows = input.len() >= self.shown || eof;
        assert!(grows, "shown {} and then {}", self.shown, input.len());
        self.shown = input.len();
        if self.over {
            return Ok(Framing::Done);
        }
        if self.owed > 0 {
            return Ok(Framing::Record(0));
        }
        let frame = match input {
            [] if eof => Framing::Done,
            [] => Framing::need(2),
            [kind, ..] if !b"mp-z?!ae".contains(kind) => {
                self.dead = true;
                return Err(Mistake::Unknown.into());
            }
            [_] => Framing::need(1),
            [b'z', ..] => Framing::Record(2),
            [kind, length, rest @ ..] => match usize::from(*length).checked_sub(rest.len()) {
                Some(missing @ 1..) => Framing::need(missing),
                _ if b"p-ae".contains(kind) => Framing::Absorb(2 + usize::from(*length)),
                _ => Framing::Record(2 + usize::from(*length)),
            },
        };
        // A driver that looks into the kernel takes out no more than one record.
        match frame {
            Framing::Record(length) => self.shown = length,
            Framing::Absorb(length) => self.shown = length,
            Framing::Need(_) | Framing::Done => {}
        }
        Ok(frame)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Mistake>> {
        self.shown = 0;
        match record[0] {
            b'p' => answers.put(&[&b"o"[..], &record[1..]].concat()),
            b'e' => self.over = true,
            b'a' => return Err(Fault::new(Mistake::Unwelcome).at(2).recoverable()),
            _ => {}
        }
        Ok(())
    }

    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<&'a [u8], Fault<Mistake>> {
        self.shown = 0;
        if self.owed > 0 {
            self.owed -= 1;
            return Ok(b"");
        }
        match record[0] {
            b'z' => self.owed = record[1],
            b'?' => return Err(Fault::new(Mistake::Odd).at(1).recoverable()),
            b'!' => {
                self.dead = true;
                return Err(Fault::new(Mistake::Fatal));
            }
            _ => {}
        }
        record.advance(2);
        Ok(record.into_slice())
    }
}

/// Messages can be sent that are not longer than their length can say.
impl Encode<&[u8]> for Talk {
    type Error = Mistake;

    fn encode(&mut self, payload: &[u8], output: &mut Output) -> Result<(), Mistake> {
        output.put(b"m");
        let length = u8::try_from(payload.len()).map_err(|_| Mistake::Unwelcome)?;
        output.put(&[length]);
        output.put(payload);
        Ok(())
    }
}

/// Looks at the first bytes and leaves them to the next stage.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) bytes: usize,
}

impl Decode for Look {
    type Item<'a> = ();
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Mistake>> {
        Ok(match self.bytes.checked_sub(input.len()).and_then(NonZeroUsize::new) {
            Some(at_least) => Framing::Need(Need::look(at_least)),
            None => Framing::Done,
        })
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<(), Fault<Mistake>> {
        unreachable!("it never announces a record")
    }
}

/// Announces one byte more than it was shown.
#[derive(Debug)]
pub(crate) struct Overreaches;

impl Decode for Overreaches {
    type Item<'a> = ();
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Mistake>> {
        Ok(if input.is_empty() { Framing::need(1) } else { Framing::Record(input.len() + 1) })
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<(), Fault<Mistake>> {
        unreachable!("there is no such record")
    }
}
