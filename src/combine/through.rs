//! Records up to a last one.

use core::fmt;

use super::forward::{accessors, forward};
use crate::{Decode, Fault, Framing, Output, Record};

/// A stage that is done after the first record that a function calls the last: commands until one
/// of them changes the protocol, so that a connection can go on to the next stage.
///
/// The function sees a whole record as it is on the wire, header or separator included. The last
/// record is an item like the others; the function is not asked about what is absorbed. On partial
/// input it acts as the wrapped stage does, and it is done if that is. Made by
/// [`DecodeExt::through`](crate::DecodeExt::through).
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, separator};
///
/// let mut commands = separator::line().through(|line| line.trim_ascii_end() == b"DATA");
/// let mut buffer = Buffer::from(&b"HELO\r\nDATA\r\nhello\r\n.\r\n"[..]);
/// let mut output = Output::new();
/// for expected in ["HELO", "DATA"] {
///     let Step::Item(line) = buffer.step(&mut commands, false, &mut output)? else { panic!() };
///     assert_eq!(line, expected);
/// }
/// assert!(matches!(buffer.step(&mut commands, false, &mut output)?, Step::Done));
/// assert_eq!(buffer.as_slice(), b"hello\r\n.\r\n");
/// # Ok::<_, segue::Fault<std::convert::Infallible>>(())
/// ```
#[derive(Clone)]
pub struct Through<D, P> {
    stage: D,
    is_last: P,
    over: bool,
}

impl<D: Decode, P> Through<D, P> {
    /// Reads `stage` up to and including the first record for which `is_last` returns true.
    pub const fn new(stage: D, is_last: P) -> Self {
        const { assert!(D::WIRE, "the records of this stage are not bytes of its stream") };
        Self { stage, is_last, over: false }
    }
}

impl<D, P> Through<D, P> {
    /// Returns true after the last record, and not merely at the end of the wrapped stage.
    pub const fn is_done(&self) -> bool {
        self.over
    }
}

accessors!(Through<D, P>);

impl<D: Decode, P: Fn(&[u8]) -> bool> Decode for Through<D, P> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        if self.over {
            return Ok(Framing::Done);
        }
        self.stage.frame(input, eof).map_err(Fault::fatal)
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.over = (self.is_last)(&record);
        self.stage.parse(record)
    }

    forward!(D, stage);
}

impl<D: fmt::Debug, P> fmt::Debug for Through<D, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Through")
            .field("stage", &self.stage)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
