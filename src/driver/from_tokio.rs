//! tokio-util decoders as stages.

use bytes::BytesMut;
use std::fmt;
use tokio_util::codec::Decoder;

use crate::{Cause, Decode, Fault, Framing, Need, Output, Record};

/// A tokio-util [`Decoder`] as a stage.
///
/// Such a decoder consumes what it wants and never reports an end, so the stage is done only at the
/// end of the stream. It works on a copy of what is buffered, and bytes that it consumes there are
/// consumed from the buffer. So bytes that it has not consumed go along with a
/// [hand-off](crate::Handoff), and an [`Edge::MustBeEmpty`](crate::Edge::MustBeEmpty) sees them.
///
/// - Complete input: each item of the decoder is an item; bytes that it consumes without an item
///   are absorbed.
/// - Partial input: it needs one more byte, and claims everything that follows.
/// - At the end of the stream the decoder's `decode_eof` decides whether something is missing.
///
/// ```
/// use segue::{Buffer, Output, Step, driver::codec::FromTokio};
/// use tokio_util::codec::LinesCodec;
///
/// let mut buffer = Buffer::from(&b"one\ntwo\nth"[..]);
/// let mut stage = FromTokio::new(LinesCodec::new());
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(l)) if l == "one"));
/// assert_eq!(buffer.as_slice(), b"two\nth");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(l)) if l == "two"));
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// assert_eq!(buffer.as_slice(), b"th");
/// ```
pub struct FromTokio<D: Decoder> {
    decoder: D,
    /// The input that the decoder was shown and has not consumed.
    shown: BytesMut,
    /// The decoder's result, until it is taken.
    found: Option<Found<D>>,
    /// The decoder wants more than it was shown.
    wants_more: bool,
    ended: bool,
}

/// An item, an error or neither, and the number of bytes consumed for it.
struct Found<D: Decoder> {
    item: Option<Result<D::Item, D::Error>>,
    length: usize,
}

impl<D: Decoder> FromTokio<D> {
    /// Makes a stage of `decoder`.
    pub fn new(decoder: D) -> Self {
        Self { decoder, shown: BytesMut::new(), found: None, wants_more: true, ended: false }
    }

    /// Returns the decoder. Bytes that it has not consumed are still in the connection's buffer.
    pub fn into_inner(self) -> D {
        self.decoder
    }

    /// Gives the memory of the copy back if all of it was consumed: once for everything that has
    /// arrived together, and not for each item.
    fn release(&mut self) {
        if self.shown.is_empty() {
            // A buffer without capacity may still keep what items were split off from.
            self.shown = BytesMut::new();
        }
    }

    /// Lets the decoder go on with `input`.
    fn look(&mut self, input: &[u8], eof: bool) -> Result<(), Fault<D::Error>> {
        // A look into the kernel's queue shows more than is taken out.
        self.shown.truncate(input.len());
        let new = &input[self.shown.len()..];
        if !new.is_empty() {
            self.shown.extend_from_slice(new);
            self.wants_more = false;
        }
        if !self.wants_more {
            self.ask(D::decode)?;
            self.wants_more = self.found.as_ref().is_none_or(|found| found.item.is_none());
        }
        if self.found.is_none() && eof {
            // At the end a decoder is asked until it has nothing more.
            self.ask(D::decode_eof)?;
            self.ended = self.found.as_ref().is_none_or(|found| found.item.is_none());
        }
        Ok(())
    }

    /// Asks one of the decoder's two methods.
    fn ask(
        &mut self,
        decode: impl FnOnce(&mut D, &mut BytesMut) -> Result<Option<D::Item>, D::Error>,
    ) -> Result<(), Fault<D::Error>> {
        let before = self.shown.len();
        let item = decode(&mut self.decoder, &mut self.shown).transpose();
        let Some(length) = before.checked_sub(self.shown.len()) else {
            // It has put something into the buffer that is not in the stream.
            return Err(Fault::from_cause(Cause::Contract));
        };
        if item.is_some() || length > 0 {
            self.found = Some(Found { item, length });
        }
        Ok(())
    }
}

impl<D: Decoder> Decode for FromTokio<D> {
    type Item<'a>
        = D::Item
    where
        D: 'a;
    type Error = D::Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        if self.found.is_none() && !self.ended {
            self.look(input, eof)?;
        }
        Ok(match &self.found {
            Some(Found { item: Some(_), length }) => Framing::Record(*length),
            Some(Found { item: None, length }) => Framing::Absorb(*length),
            None if self.ended => {
                self.release();
                Framing::Done
            }
            None => {
                self.release();
                Framing::Need(Need::to_the_end(1))
            }
        })
    }

    fn absorb(&mut self, _: Record<'_>, _: &mut Output) -> Result<(), Fault<D::Error>> {
        self.found = None;
        Ok(())
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<D::Item, Fault<D::Error>> {
        match self.found.take().and_then(|found| found.item) {
            Some(item) => item.map_err(Fault::new),
            None => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

/// Shows lengths and not payload.
impl<D: Decoder + fmt::Debug> fmt::Debug for FromTokio<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromTokio")
            .field("decoder", &self.decoder)
            .field("shown", &self.shown.len())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
