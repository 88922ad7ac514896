//! Layers made of a stage and an encoder.

use core::fmt;

use super::Either;
use super::either::left;
use crate::{Buffer, Decode, Encode, Fault, Framing, Layer, Need, Output, Step};

/// A layer that reads by `decoder` and writes by `encoder`: any stage whose items are bytes, and
/// any encoder of bytes.
///
/// When the stage is done, the peer has ended its side. This side ends with the bytes of
/// [`ending`](Self::ending). Without it nothing is sent at the end, and the wire may end between
/// two records if the stage is done by that alone: a bare end ([`ENDS`](Layer::ENDS)).
///
/// ```
/// use segue::{Buffer, Layer, Output, Step, combine::Paired, length};
///
/// // Length-prefixed chunks of at most 1024 bytes.
/// let chunks = || Paired::new(length::u16_be().max(1024), length::u16_be(), 1024);
/// let (mut plain, mut wire) = (Output::new(), Output::new());
/// plain.put(&[7; 1500]);
/// while !plain.is_empty() {
///     chunks().seal(&mut plain, &mut wire)?;
/// }
/// assert_eq!(wire.len(), 2 + 1024 + 2 + 476);
///
/// let mut buffer = Buffer::from(&wire.to_vec()[..]);
/// let (mut layer, mut answers) = (chunks(), Output::new());
/// let Ok(Step::Item(first)) = layer.open(&mut buffer, false, &mut answers) else { panic!() };
/// assert_eq!(first.len(), 1024);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Paired<D, E, F = fn(&mut Output)> {
    decoder: D,
    encoder: E,
    /// The longest payload of a record, in bytes.
    max: usize,
    end: Option<F>,
}

impl<D, E> Paired<D, E> {
    /// Makes a layer of `decoder` and `encoder`. The encoder is given at most `max` bytes at a
    /// time; 0 counts as 1.
    pub fn new(decoder: D, encoder: E, max: usize) -> Self {
        Self { decoder, encoder, max: max.max(1), end: None }
    }

    /// Ends this side with what `end` appends: an empty record, a last block. The peer must do the
    /// same: a wire that ends without it is [`truncated`](Fault::truncated), even between two
    /// records.
    #[must_use]
    pub fn ending<F: FnMut(&mut Output)>(self, end: F) -> Paired<D, E, F> {
        let Self { decoder, encoder, max, .. } = self;
        Paired { decoder, encoder, max, end: Some(end) }
    }
}

impl<D, E, F> Paired<D, E, F> {
    /// Returns the stage that opens.
    pub const fn decoder(&self) -> &D {
        &self.decoder
    }

    /// Returns the encoder that seals.
    pub const fn encoder(&self) -> &E {
        &self.encoder
    }

    /// Returns the stage and the encoder.
    pub fn into_parts(self) -> (D, E) {
        (self.decoder, self.encoder)
    }
}

impl<D, E, F, X> Layer for Paired<D, E, F>
where
    D: Decode,
    for<'a> D::Item<'a>: AsRef<[u8]>,
    E: for<'a> Encode<&'a [u8], Error = X>,
    F: FnMut(&mut Output),
{
    type Plain<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = Either<D::Error, X>;

    /// With an end of its own, [`open`](Self::open) itself never mistakes a cut for it.
    const ENDS: bool = false;

    #[inline]
    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<D::Item<'a>>, Fault<Self::Error>> {
        if eof && is_bare_end(&mut self.decoder, wire, answers).map_err(left)? {
            return match self.end {
                Some(_) => Err(Fault::truncated(wire.position())),
                None => Ok(Step::Need(Need::ONE)),
            };
        }
        wire.step(&mut self.decoder, eof, answers).map_err(left)
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Self::Error> {
        let Some(bytes) = plain.chunks().next() else { return Ok(()) };
        let bytes = &bytes[..bytes.len().min(self.max)];
        wire.try_encode(&mut self.encoder, bytes).map_err(Either::Right)?;
        let count = bytes.len();
        plain.advance(count);
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        if let Some(end) = &mut self.end {
            end(wire);
        }
    }
}

/// Returns true if the stage is done only because the wire has ended.
#[cold]
fn is_bare_end<D: Decode>(
    decoder: &mut D,
    wire: &mut Buffer,
    answers: &mut Output,
) -> Result<bool, Fault<D::Error>> {
    loop {
        match decoder.frame(wire.as_slice(), false) {
            // Absorb what comes in front of the end.
            Ok(Framing::Absorb(length)) if (1..=wire.len()).contains(&length) => {
                let position = wire.position();
                let absorbed = decoder.absorb(wire.take(length), answers);
                absorbed.map_err(|fault| fault.moved(position))?;
            }
            Ok(Framing::Need(_)) if wire.is_empty() => {
                return Ok(matches!(decoder.frame(&[], true), Ok(Framing::Done)));
            }
            _ => return Ok(false),
        }
    }
}

impl<D: fmt::Debug, E: fmt::Debug, F> fmt::Debug for Paired<D, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paired")
            .field("decoder", &self.decoder)
            .field("encoder", &self.encoder)
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}
