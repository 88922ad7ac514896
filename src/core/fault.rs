//! What went wrong, where in the stream, and whether the stage can go on past it.

use core::{convert::Infallible, fmt};

/// A violation found in the input of a stage.
///
/// A stage counts [`at`](Fault::at) from the front of the input or record that it was shown; who
/// owns the [`Buffer`](crate::Buffer) adds that front's [`position`](crate::Buffer::position), so
/// that what a caller sees is an offset in the stream. Inside `nested` stages the offset is in the
/// inner stream and [`layer`](Fault::layer) tells how deep: an offset in the outer stream would
/// depend on how the bytes were cut.
///
/// ```
/// use segue::{Cause, Fault};
///
/// let fault = Fault::new("no such opcode").at(2).moved(1000);
/// assert_eq!((fault.at, fault.layer, fault.fatal), (1002, 0, true));
/// assert_eq!(fault.to_string(), "at byte 1002: no such opcode");
/// assert!(matches!(fault.cause, Cause::Stage("no such opcode")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault<E> {
    /// What was wrong.
    pub cause: Cause<E>,
    /// Offset in bytes of what was wrong, in the stream of its layer.
    pub at: u64,
    /// 0 for the stage that is driven, 1 for a stage nested in its records, and so on.
    pub layer: u8,
    /// Whether the stage is dead. After a fault that is not fatal the bad record is consumed and
    /// the next one can be asked for.
    pub fatal: bool,
}

/// What was wrong with the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The stage's own error: the bytes break the rules of its protocol.
    Stage(E),
    /// The stream ended inside a record.
    Truncated,
    /// A record is longer than its limit allows.
    TooLong,
    /// The stage yields without consuming, over and over: it would never end.
    NoProgress,
    /// A stage inside of another has answered, or said something by itself, and nobody sends it:
    /// see [`Nested::answering`](crate::combine::Nested::answering). A mistake in how the stages were
    /// put together, not in the input.
    Unsent,
    /// The stage was asked again behind a fatal fault, or announced more bytes than it was shown: a
    /// mistake of the caller's or of the stage, not in the input.
    ///
    /// What ended the stream was told by the fault before, and only once: after a truncation, which
    /// is [`Truncated`](Self::Truncated) the first time, this says no more than that somebody asked
    /// again.
    Contract,
}

impl<E> Fault<E> {
    /// A fatal fault at the front of the input.
    pub const fn new(error: E) -> Self {
        Self::from_cause(Cause::Stage(error))
    }

    /// A fatal fault of this cause at the front of the input.
    pub const fn from_cause(cause: Cause<E>) -> Self {
        Self { cause, at: 0, layer: 0, fatal: true }
    }

    /// The stream ended inside a record; `at` is where it ended.
    pub const fn truncated(at: u64) -> Self {
        Self { cause: Cause::Truncated, at, layer: 0, fatal: true }
    }

    /// A record passes its limit; `at` is the first byte too many.
    pub const fn too_long(at: u64) -> Self {
        Self { cause: Cause::TooLong, at, layer: 0, fatal: true }
    }

    /// The same fault, `at` bytes from the front.
    #[must_use]
    pub fn at(mut self, at: u64) -> Self {
        self.at = at;
        self
    }

    /// The same fault, seen from `by` bytes further back: how a position in a record becomes one
    /// in the stream. Faults of deeper layers keep their own offset.
    #[must_use]
    pub fn moved(mut self, by: u64) -> Self {
        if self.layer == 0 {
            self.at = self.at.saturating_add(by);
        }
        self
    }

    /// The same fault, one layer further in: what a stage does with the fault of a stage that it
    /// feeds from a buffer of its own.
    #[must_use]
    pub fn nested(mut self) -> Self {
        self.layer = self.layer.saturating_add(1);
        self
    }

    /// The same fault, after which the stage goes on with the next record.
    ///
    /// Only for [`parse`](crate::Decode::parse) and [`absorb`](crate::Decode::absorb). A fault of
    /// [`frame`](crate::Decode::frame) is fatal whatever the stage says, since nobody knows where
    /// the next record starts: whoever asks `frame` makes it so.
    #[must_use]
    pub fn recoverable(mut self) -> Self {
        self.fatal = false;
        self
    }

    /// The same fault, after which the stage is dead: what becomes of each fault of
    /// [`frame`](crate::Decode::frame).
    #[inline]
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }

    /// The same fault with another error type.
    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> Fault<F> {
        let cause = match self.cause {
            Cause::Stage(error) => Cause::Stage(f(error)),
            Cause::Truncated => Cause::Truncated,
            Cause::TooLong => Cause::TooLong,
            Cause::NoProgress => Cause::NoProgress,
            Cause::Unsent => Cause::Unsent,
            Cause::Contract => Cause::Contract,
        };
        Fault { cause, at: self.at, layer: self.layer, fatal: self.fatal }
    }

    /// The stage's own error, if that is the cause.
    pub fn error(&self) -> Option<&E> {
        match &self.cause {
            Cause::Stage(error) => Some(error),
            _ => None,
        }
    }
}

impl Fault<Infallible> {
    /// The same fault as one of any stage: a stage without errors of its own faults all the same
    /// where a record is too long or truncated.
    ///
    /// ```
    /// use segue::{Decode, Fault, Framing, Record, separator::{self, Line}};
    ///
    /// struct Number(Line);
    ///
    /// impl Decode for Number {
    ///     type Item<'a> = u32;
    ///     type Error = &'static str;
    ///
    ///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
    ///         self.0.frame(input, eof).map_err(Fault::widen)
    ///     }
    ///
    ///     fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<u32, Fault<Self::Error>> {
    ///         let line = self.0.parse(record).map_err(Fault::widen)?;
    ///         let number = str::from_utf8(&line).ok().and_then(|line| line.parse().ok());
    ///         number.ok_or(Fault::new("not a number").recoverable())
    ///     }
    /// }
    /// # let mut buffer = segue::Buffer::from(&b"17\n"[..]);
    /// # let item = buffer.step(&mut Number(separator::line()), false, &mut Default::default());
    /// # assert_eq!(item, Ok(segue::Step::Item(17)));
    /// ```
    #[must_use]
    pub fn widen<E>(self) -> Fault<E> {
        self.map(|never| match never {})
    }
}

impl<E> From<E> for Fault<E> {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl<E: fmt::Display> fmt::Display for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}", self.at)?;
        if self.layer > 0 {
            write!(f, " of layer {}", self.layer)?;
        }
        write!(f, ": {}", self.cause)
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(error) => error.fmt(f),
            Self::Truncated => f.write_str("the stream ends inside a record"),
            Self::TooLong => f.write_str("a record is longer than its limit"),
            Self::NoProgress => f.write_str("the stage yields on without consuming anything"),
            Self::Unsent => f.write_str(
                "what an inner stage answers is not sent: carry it by `Nested::answering`, or take \
                 it out of `Nested::answers`",
            ),
            Self::Contract => f.write_str(
                "the stage was asked again behind the fault that ended it, or it announced more \
                 bytes than it was shown",
            ),
        }
    }
}

/// The stage's own error is printed in here, so the source is what that one has for its source. To
/// have the error itself see [`Fault::error`].
impl<E: core::error::Error> core::error::Error for Fault<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.error().and_then(E::source)
    }
}
