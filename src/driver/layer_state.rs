//! Layers with what they have received and sealed: the part of a layered transport without I/O.

use std::{error, fmt, io, mem::replace};

use super::{Options, pool};
use crate::{Buffer, Cause, Fault, Layer, Need, Output, Step};

/// A layer, the wire bytes that it has not opened yet, and the sealed bytes that were not taken
/// yet.
#[derive(Debug)]
pub(super) struct LayerState<L> {
    pub(super) layer: L,
    pub(super) wire: Buffer,
    pub(super) sealed: Output,
    incoming: Incoming,
    /// The layer has sent its own end, or an alert in place of it: nothing is sealed any more.
    is_closed: bool,
    /// Something was dropped after the layer failed, and that must be reported first.
    has_dropped: bool,
    /// The number of sealed bytes that are answers of the layer. Bytes sealed for callers, who had
    /// room, do not stop opening: otherwise two ends that each have queued much would stop for
    /// good.
    answered: usize,
    /// A failure to report once everything opened before was taken.
    failure: Option<io::Error>,
    read_size: usize,
    /// The longest record on the wire, in bytes.
    limit: usize,
}

/// The state of the peer's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Incoming {
    Open,
    /// The wire has ended, and the layer was not asked since.
    WireEnded,
    /// The peer has sent its end.
    Ended,
    /// The wire has ended between two records of a layer that has no end of its own.
    Bare,
    /// The layer has failed.
    Failed,
}

/// The result of an attempt to open.
#[derive(Debug)]
pub enum Outcome {
    /// This many plain bytes were appended.
    Some(usize),
    /// The layer needs more of the wire.
    Need(Need),
    /// Answers must leave before more is opened.
    Full,
    /// Many empty records were opened: enough for one call.
    Enough,
    /// The peer's side has ended.
    End,
}

/// The number of empty records that a layer may open in a row: key updates, padding, which a peer
/// may send in a batch. After that a reader looks at what else there is to do.
const EMPTY: usize = 64;

impl<L> LayerState<L> {
    /// Makes the state of a layer that goes on where a connection is: with what was received and
    /// not consumed, and with what is queued, which goes before the first sealed byte.
    pub(super) fn new(
        layer: L,
        wire: Buffer,
        sealed: Output,
        has_ended: bool,
        options: &Options,
    ) -> Self {
        let incoming = if has_ended { Incoming::WireEnded } else { Incoming::Open };
        Self {
            layer,
            wire,
            sealed,
            incoming,
            is_closed: false,
            has_dropped: false,
            answered: 0,
            failure: None,
            read_size: options.read_size.max(1),
            limit: options.max_record,
        }
    }

    /// Returns the parts that are left when the layer is taken off: bytes not opened, sealed bytes,
    /// and whether the wire has ended.
    pub(super) fn into_parts(self) -> (L, Buffer, Output, bool) {
        let has_ended = matches!(self.incoming, Incoming::WireEnded | Incoming::Bare);
        (self.layer, self.wire, self.sealed, has_ended)
    }

    /// Returns true if the wire has ended without an end of the peer's own.
    pub(super) fn is_bare(&self) -> bool {
        self.incoming == Incoming::Bare
    }

    /// Notes that nothing follows what was received.
    pub(super) fn wire_has_ended(&mut self) {
        if self.incoming == Incoming::Open {
            self.incoming = Incoming::WireEnded;
        }
    }

    /// Keeps a failure, to be reported once nothing more can be opened.
    pub(super) fn keep(&mut self, error: io::Error) {
        self.failure.get_or_insert(error);
    }

    /// Returns true if some answers must leave before more is opened: a peer that causes answers
    /// and does not read them must not fill the memory.
    pub(super) fn is_full(&self) -> bool {
        let answered = self.answered.min(self.sealed.len());
        answered >= self.sealed.high_water().saturating_mul(2)
    }

    /// Makes room to receive into.
    pub(super) fn make_room(&mut self, need: Need, lease: usize) {
        let size = self.read_size.max(lease);
        let room = need.at_least.get().min(size).max(size / 4);
        pool::lease(&mut self.wire, size, room, size, usize::MAX);
        self.wire.reserve(room);
    }

    /// Drops what was received and not opened, behind the end of the layer.
    pub(super) fn drop_wire(&mut self) {
        let rest = self.wire.len();
        self.wire.consume(rest);
    }

    /// Gives back as much memory as possible while nothing can be received.
    pub(super) fn release(&mut self) {
        pool::give_back(&mut self.wire, self.read_size, 0);
        self.release_sealed();
    }

    /// Gives the memory of sealed bytes back, once all of them have left.
    pub(super) fn release_sealed(&mut self) {
        if self.sealed.is_empty() {
            pool::give_output_back(&mut self.sealed);
        }
    }

    /// Returns the bytes of memory that it holds.
    pub(super) fn held(&self) -> usize {
        self.wire.capacity() + self.sealed.capacity()
    }
}

impl<L: Layer> LayerState<L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    /// Opens records into `into`, until `most` bytes are there or nothing more can be opened.
    ///
    /// # Errors
    /// Those of the layer, after everything opened before was returned. Alerts for the peer are
    /// sealed.
    pub(super) fn open(&mut self, into: &mut Buffer, most: usize) -> io::Result<Outcome> {
        let (mut count, mut empty) = (0, 0);
        loop {
            match self.incoming {
                Incoming::Ended | Incoming::Bare if count == 0 => return Ok(Outcome::End),
                Incoming::Failed if count == 0 => {
                    return Err(self.failure.take().unwrap_or_else(failed));
                }
                Incoming::Open | Incoming::WireEnded if count < most => {}
                _ => return Ok(Outcome::Some(count)),
            }
            if self.is_full() || empty >= EMPTY {
                return Ok(match count {
                    0 if self.is_full() => Outcome::Full,
                    0 => Outcome::Enough,
                    _ => Outcome::Some(count),
                });
            }
            if self.sealed.capacity() == 0 {
                pool::lease_output(&mut self.sealed, 0);
            }
            let has_ended = self.incoming == Incoming::WireEnded;
            let before = self.wire.position();
            let waiting = self.sealed.len();
            self.answered = self.answered.min(waiting);
            // Behind the layer's end nothing is sealed, not even answers.
            let end = self.is_closed.then(|| self.sealed.mark());
            let opened = match self.layer.open(&mut self.wire, has_ended, &mut self.sealed) {
                Ok(Step::Item(plain)) => {
                    let plain = plain.as_ref();
                    into.extend(plain);
                    Ok(Step::Item(plain.len()))
                }
                Ok(Step::Need(need)) => Ok(Step::Need(need)),
                Ok(Step::Done) => Ok(Step::Done),
                Err(fault) => Err(fault),
            };
            if let Some(end) = end {
                self.sealed.rollback(end);
            }
            self.answered += self.sealed.len().saturating_sub(waiting);
            let fault = match opened {
                Ok(Step::Item(0)) if self.wire.position() == before => {
                    Fault::from_cause(Cause::NoProgress).at(before)
                }
                Ok(Step::Item(length)) => {
                    count += length;
                    empty = if length == 0 { empty + 1 } else { 0 };
                    continue;
                }
                Ok(Step::Need(_)) if has_ended && !L::ENDS && self.wire.is_empty() => {
                    self.incoming = Incoming::Bare;
                    continue;
                }
                Ok(Step::Need(_)) if has_ended => {
                    Fault::truncated(before.saturating_add(self.wire.len() as u64))
                }
                Ok(Step::Need(_)) if count > 0 => return Ok(Outcome::Some(count)),
                Ok(Step::Need(_)) if self.failure.is_some() => {
                    return Err(self.failure.take().unwrap_or_else(failed));
                }
                Ok(Step::Need(need)) => {
                    let whole = self.wire.len().saturating_add(need.at_least.get() - 1);
                    if whole < self.limit {
                        return Ok(Outcome::Need(need));
                    }
                    Fault::too_long(before.saturating_add(self.limit as u64))
                }
                Ok(Step::Done) => {
                    self.incoming = Incoming::Ended;
                    continue;
                }
                Err(fault) => {
                    // Its alert was the last message to the peer.
                    self.is_closed = true;
                    fault
                }
            };
            self.incoming = Incoming::Failed;
            self.failure = Some(told(fault.fatal()));
        }
    }

    /// Seals what waits in `plain`, until it is empty or much is sealed.
    ///
    /// # Errors
    /// Those of the layer.
    pub(super) fn seal(&mut self, plain: &mut Output) -> io::Result<()> {
        while !plain.is_empty() && self.sealed.has_room() {
            self.seal_one(plain)?;
        }
        Ok(())
    }

    /// Seals everything that waits in `plain`.
    ///
    /// # Errors
    /// Those of the layer.
    pub(super) fn seal_all(&mut self, plain: &mut Output) -> io::Result<()> {
        while !plain.is_empty() {
            self.seal_one(plain)?;
        }
        Ok(())
    }

    fn seal_one(&mut self, plain: &mut Output) -> io::Result<()> {
        if self.is_closed {
            plain.clear();
            if self.failure.is_some() && !replace(&mut self.has_dropped, true) {
                // The fault is reported behind what was opened before it, and says more.
                return Ok(());
            }
            let why = match self.incoming {
                Incoming::Failed => "the layer has failed, and nothing is sealed any more",
                _ => "nothing is sealed after the end of a layer, or after a failure to send",
            };
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, why));
        }
        if self.sealed.capacity() == 0 {
            pool::lease_output(&mut self.sealed, 0);
        }
        let waiting = plain.len();
        let fault = match self.layer.seal(plain, &mut self.sealed) {
            Ok(()) if plain.len() < waiting => return Ok(()),
            Ok(()) => Fault::from_cause(Cause::Contract),
            Err(error) => Fault::new(error),
        };
        // The rest of it is lost with the connection, and no end may follow.
        self.is_closed = true;
        Err(told(fault.at(plain.position())))
    }

    /// Notes that output is lost: nothing may follow it, and no end above all, which would tell the
    /// peer that it has everything.
    pub(super) fn cannot_send(&mut self) {
        self.sealed.clear();
        self.is_closed = true;
    }

    /// Seals the layer's own end, once, and not after a fault of the layer: the peer must not take
    /// what it has for everything.
    pub(super) fn close(&mut self) {
        if !self.is_closed {
            self.is_closed = true;
            self.layer.close(&mut self.sealed);
        }
    }
}

/// Wraps a fault of a layer in an error of the transport that it is part of.
#[cold]
fn told<E: error::Error + Send + Sync + 'static>(fault: Fault<E>) -> io::Error {
    let kind = match fault.cause {
        Cause::Truncated => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, fault)
}

/// The error after a failure of a layer, or a cut of its wire, that was reported before.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the layer has failed")
    }
}

impl error::Error for Failed {}

#[cold]
fn failed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, Failed)
}

/// Returns true if an error says that a layer has failed and that this was reported before.
pub(super) fn is_failed(error: &io::Error) -> bool {
    error.get_ref().and_then(|reason| reason.downcast_ref::<Failed>()).is_some()
}
