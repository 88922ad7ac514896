//! One end of a layer, and what is held against it at each call.

use super::{Asks, Verdict, plan::Act};
use crate::{Buffer, Cause, Layer, Output, Step};

/// A layer with what waits to be sealed and what has come.
#[derive(Debug)]
pub(super) struct End<L> {
    pub(super) layer: L,
    plain: Output,
    /// All that was ever queued.
    pub(super) said: Vec<u8>,
    /// What it has sealed and answered, and nobody has taken.
    pub(super) sealed: Output,
    pub(super) wire: Buffer,
    /// All that was opened.
    pub(super) heard: Vec<u8>,
    pub(super) incoming: Incoming,
    answered: u64,
}

/// How far the other end's side has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Incoming {
    Open,
    /// It has said its end.
    Done,
    /// The wire has ended where a layer without an end of its own may end.
    Bare,
    Fault,
}

impl<L: Layer> End<L> {
    pub(super) fn new(layer: L) -> Self {
        Self {
            layer,
            plain: Output::new(),
            said: Vec::new(),
            sealed: Output::new(),
            wire: Buffer::new(),
            heard: Vec::new(),
            incoming: Incoming::Open,
            answered: 0,
        }
    }

    pub(super) fn act(&mut self, act: &Act, ask: Option<&mut Asks<'_, L>>) -> Verdict {
        match act {
            Act::Put(bytes) => {
                self.plain.put(bytes);
                self.said.extend_from_slice(bytes);
            }
            Act::PutWhole(bytes) => {
                self.said.extend_from_slice(bytes);
                self.plain.put_bytes(bytes.clone());
            }
            Act::Seal => {
                while !self.plain.is_empty() {
                    self.seal()?;
                }
            }
            Act::Ask => {
                if let Some(ask) = ask {
                    ask(&mut self.layer, &mut self.sealed);
                }
            }
        }
        Ok(())
    }

    /// Whether nothing waits to be sealed.
    pub(super) fn is_sealed(&self) -> bool {
        self.plain.is_empty()
    }

    /// Has the layer seal once.
    pub(super) fn seal(&mut self) -> Verdict {
        let (waiting, position) = (self.plain.len(), self.plain.position());
        let before = self.sealed.len();
        if self.layer.seal(&mut self.plain, &mut self.sealed).is_err() {
            return Err(format!("`seal` fails at byte {position} of the plain bytes"));
        }
        let taken = self.plain.position() - position;
        if self.plain.len() >= waiting {
            return Err(format!("`seal` takes nothing of {waiting} bytes"));
        }
        if taken + self.plain.len() as u64 != waiting as u64 {
            return Err("`seal` drops plain bytes, or adds some".into());
        }
        if self.sealed.len() < before {
            return Err("`seal` takes back what was sealed before".into());
        }
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.layer.close(&mut self.sealed);
    }

    /// Takes out what it has to send.
    pub(super) fn take_sealed(&mut self) -> Vec<u8> {
        let sealed = self.sealed.to_vec();
        self.sealed.advance(sealed.len());
        sealed
    }

    /// Receives a piece of the wire, and opens all that can be opened.
    pub(super) fn receive(&mut self, piece: &[u8]) -> Verdict {
        self.wire.extend(piece);
        self.open(false)
    }

    /// Opens all that can be opened; nothing follows if `eof`.
    pub(super) fn open(&mut self, eof: bool) -> Verdict {
        while self.incoming == Incoming::Open {
            let Some(missing) = self.open_one(eof)? else { continue };
            if eof {
                let is_bare = !L::ENDS && self.wire.is_empty();
                self.incoming = if is_bare { Incoming::Bare } else { Incoming::Fault };
                return Ok(());
            }
            // Drivers ask again, with nothing new.
            let state = (self.wire.position(), self.wire.len(), self.sealed.len(), Some(missing));
            for _ in 0..2 {
                let again = self.open_one(false)?;
                if state != (self.wire.position(), self.wire.len(), self.sealed.len(), again) {
                    let what = "asked again with nothing new, `open` consumes or answers something, \
                                or needs something else";
                    return Err(what.into());
                }
            }
            return Ok(());
        }
        Ok(())
    }

    /// Has the layer open once; gives what it needs, if anything.
    fn open_one(&mut self, eof: bool) -> Result<Option<usize>, String> {
        let (position, held) = (self.wire.position(), self.wire.len());
        let before = self.sealed.len();
        let mut missing = None;
        let mut is_empty = false;
        match self.layer.open(&mut self.wire, eof, &mut self.sealed) {
            Ok(Step::Item(plain)) => {
                self.heard.extend_from_slice(plain.as_ref());
                is_empty = plain.as_ref().is_empty();
            }
            Ok(Step::Need(need)) => missing = Some(need.at_least.get()),
            Ok(Step::Done) => self.incoming = Incoming::Done,
            Err(fault) => {
                let own = matches!(fault.cause, Cause::Contract | Cause::Unsent);
                if own {
                    return Err("`open` blames itself for a fault, not the wire".into());
                }
                self.incoming = Incoming::Fault;
            }
        }
        let consumed = self.wire.position().checked_sub(position);
        if consumed.is_none_or(|consumed| consumed + self.wire.len() as u64 != held as u64) {
            return Err("`open` changes how much there is on the wire".into());
        }
        if is_empty && consumed == Some(0) && self.incoming == Incoming::Open {
            return Err("`open` gives nothing and consumes nothing: that has no end".into());
        }
        let Some(answer) = self.sealed.len().checked_sub(before) else {
            return Err("`open` takes back what was sealed before".into());
        };
        self.answered += answer as u64;
        let (answered, read) = (self.answered, self.wire.position());
        if answered > ALERT + PER_BYTE * read {
            return Err(format!("{answered} bytes are answered to {read} bytes that were read"));
        }
        Ok(missing)
    }
}

/// The most that is answered to a byte, in bytes: an empty ping of two, masked, makes six.
const PER_BYTE: u64 = 4;

/// The most that is answered besides: an alert, with its reason.
const ALERT: u64 = 256;
