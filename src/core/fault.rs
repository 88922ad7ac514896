//! Violations found in the input of a stage.

use core::{convert::Infallible, fmt};

/// A violation in the input: its cause, its place in the stream, and whether the stage can go on.
///
/// A stage counts [`at`](Fault::at) from the front of the input or record that it was shown. The
/// owner of the [`Buffer`](crate::Buffer) adds the [`position`](crate::Buffer::position) of that
/// front, so that a caller sees an offset in the stream. Inside `nested` stages the offset is in
/// the inner stream and [`layer`](Fault::layer) is the depth: an offset in the outer stream would
/// depend on the cuts.
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
    /// The cause.
    pub cause: Cause<E>,
    /// Offset in bytes of the violation, in the stream of its layer.
    pub at: u64,
    /// 0 for the stage that is driven, 1 for a stage nested in its records, and so on.
    pub layer: u8,
    /// True if the stage is dead. After a fault that is not fatal the bad record is consumed and
    /// the next one can be asked for.
    pub fatal: bool,
}

/// The cause of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The stage's own error: the bytes break the rules of its protocol.
    Stage(E),
    /// The stream ended inside a record.
    Truncated,
    /// A record is longer than its limit allows.
    TooLong,
    /// The stage yields without consuming, again and again, and would never end.
    NoProgress,
    /// An inner stage has answered, or spoken, and nothing sends that: see
    /// [`Nested::answering`](crate::combine::Nested::answering). A mistake in how the stages were
    /// put together, not in the input.
    Unsent,
    /// The stage was asked again after a fatal fault, or announced more bytes than it was shown: a
    /// mistake of the caller or of the stage, not in the input.
    ///
    /// The fault before, which was reported once, has the reason for the end: after a truncation,
    /// which is [`Truncated`](Self::Truncated) the first time, this says only that the stage was
    /// asked again.
    Contract,
}

impl<E> Fault<E> {
    /// Makes a fatal fault at the front of the input.
    pub const fn new(error: E) -> Self {
        Self::from_cause(Cause::Stage(error))
    }

    /// Makes a fatal fault of this cause at the front of the input.
    pub const fn from_cause(cause: Cause<E>) -> Self {
        Self { cause, at: 0, layer: 0, fatal: true }
    }

    /// Makes the fault of a stream that ends inside a record; `at` is the offset of its end.
    pub const fn truncated(at: u64) -> Self {
        Self { cause: Cause::Truncated, at, layer: 0, fatal: true }
    }

    /// Makes the fault of a record that passes its limit; `at` is the first byte too many.
    pub const fn too_long(at: u64) -> Self {
        Self { cause: Cause::TooLong, at, layer: 0, fatal: true }
    }

    /// Sets the offset, in bytes from the front.
    #[must_use]
    pub fn at(mut self, at: u64) -> Self {
        self.at = at;
        self
    }

    /// Adds `by` bytes to the offset: an offset in a record becomes one in the stream. Faults of
    /// deeper layers keep their own offset.
    #[must_use]
    pub fn moved(mut self, by: u64) -> Self {
        if self.layer == 0 {
            self.at = self.at.saturating_add(by);
        }
        self
    }

    /// Moves the fault one layer further in. A stage does this with the faults of a stage that it
    /// feeds from a buffer of its own.
    #[must_use]
    pub fn nested(mut self) -> Self {
        self.layer = self.layer.saturating_add(1);
        self
    }

    /// Marks the fault as one after which the stage goes on with the next record.
    ///
    /// Only for [`parse`](crate::Decode::parse) and [`absorb`](crate::Decode::absorb). A fault of
    /// [`frame`](crate::Decode::frame) is fatal whatever the stage says, since the start of the
    /// next record is not known: the caller of `frame` makes it so.
    #[must_use]
    pub fn recoverable(mut self) -> Self {
        self.fatal = false;
        self
    }

    /// Marks the fault as one after which the stage is dead, as every fault of
    /// [`frame`](crate::Decode::frame) is.
    #[inline]
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }

    /// Converts the stage's own error.
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

    /// Returns the stage's own error, if that is the cause.
    pub fn error(&self) -> Option<&E> {
        match &self.cause {
            Cause::Stage(error) => Some(error),
            _ => None,
        }
    }
}

impl Fault<Infallible> {
    /// Converts the fault of a stage without errors of its own to one of any stage: it may still be
    /// truncated or too long.
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
            Self::NoProgress => {
                f.write_str("the stage yields again and again without consuming anything")
            }
            Self::Unsent => f.write_str(
                "an answer of an inner stage is not sent: carry it by `Nested::answering`, or take \
                 it out of `Nested::answers`",
            ),
            Self::Contract => f.write_str(
                "the stage was asked again after the fault that ended it, or it announced more \
                 bytes than it was shown",
            ),
        }
    }
}

/// Prints the stage's own error as well, so the source is that error's source. [`Fault::error`]
/// returns the error itself.
impl<E: core::error::Error> core::error::Error for Fault<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.error().and_then(E::source)
    }
}
