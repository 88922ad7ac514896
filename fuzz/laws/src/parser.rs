//! A parser as the harness sees it, and what it says.

use std::{any::Any, cell::Cell, fmt::Debug};

/// A parser under test: bytes go in, answers come out.
///
/// The functions of [`adapt`](crate::adapt) make one of most parsers in a line. Implement it
/// yourself for a parser of another shape.
pub trait Parser {
    /// Takes bytes as the network brought them. [`step`](Self::step) says what the parser makes of
    /// them.
    fn push(&mut self, bytes: &[u8]);

    /// Returns the next thing that the parser says about what it was given. It is called until the
    /// parser needs more, ends or fails.
    fn step(&mut self) -> Answer;

    /// Does the same when no more bytes will follow. It is called until it returns neither an item
    /// nor a piece. [`Answer::Need`] means that the stream is cut off and that a caller sees that.
    fn end(&mut self) -> Answer;

    /// Returns the bytes that the parser was given and has not consumed, where they can be seen.
    fn left_over(&self) -> Option<Vec<u8>> {
        None
    }

    /// Returns how many bytes the adapter itself holds because the parser has not read them yet.
    /// They do not count as memory of the parser (L4).
    fn waiting(&self) -> usize {
        0
    }
}

impl<P: Parser + ?Sized> Parser for Box<P> {
    fn push(&mut self, bytes: &[u8]) {
        (**self).push(bytes);
    }

    fn step(&mut self) -> Answer {
        (**self).step()
    }

    fn end(&mut self) -> Answer {
        (**self).end()
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        (**self).left_over()
    }

    fn waiting(&self) -> usize {
        (**self).waiting()
    }
}

/// An answer of a parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A whole item, in words that can be compared.
    Item(String),
    /// A part of a payload. The number of parts may depend on the cuts, so parts are joined before
    /// they are compared.
    Piece(Vec<u8>),
    /// The parser needs more than it has: this many bytes more, where it says so.
    Need(Option<usize>),
    /// The parser waits although there is more to read, and nothing will wake it: a future that is
    /// pending and has not arranged to be woken (L5).
    Stuck,
    /// The parser is over. What follows is not for it.
    End,
    /// The parser refuses the stream.
    Error(String),
}

impl Answer {
    /// Returns an item, in the words of its `Debug`. An `Answer` is returned as it is.
    pub fn item<T: Debug + 'static>(item: T) -> Self {
        if let Some(answer) = (&item as &dyn Any).downcast_ref::<Self>() {
            return answer.clone();
        }
        Self::Item(if WORDLESS.get() { String::new() } else { format!("{item:?}") })
    }

    /// Returns an error, in the words of its `Debug`.
    pub fn error(error: impl Debug) -> Self {
        Self::Error(format!("{error:?}"))
    }

    /// Returns what most parsers answer: an item, that more is needed, or an error.
    pub fn from_result<T: Debug + 'static, E: Debug>(result: Result<Option<T>, E>) -> Self {
        match result {
            Ok(Some(item)) => Self::item(item),
            Ok(None) => Self::Need(None),
            Err(error) => Self::error(error),
        }
    }

    /// Returns whether the parser goes on after this without more bytes.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self, Self::Item(_) | Self::Piece(_))
    }
}

thread_local!(static WORDLESS: Cell<bool> = const { Cell::new(false) });

/// Runs `measured` without putting items into words: that is work and memory of the harness, and
/// must not count as the parser's.
pub(crate) fn wordless<T>(measured: impl FnOnce() -> T) -> T {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            WORDLESS.set(self.0);
        }
    }
    let _before = Before(WORDLESS.replace(true));
    measured()
}
