//! The laws for parsers that were written elsewhere.
//!
//! Any incremental parser can be checked that can be given bytes and asked what it makes of them.
//! An adapter says how, in a few lines:
//!
//! ```
//! use segue::laws::{self, Law, Stranger, stranger};
//!
//! /// A length in one byte, and that much text: as a parser over a slice, the way nom and
//! /// httparse have it.
//! fn text(input: &[u8]) -> Result<Option<(String, usize)>, std::str::Utf8Error> {
//!     let Some((&length, rest)) = input.split_first() else { return Ok(None) };
//!     // What a reader takes for granted who has only ever seen whole packets.
//!     let text = &rest[..rest.len().min(length.into())];
//!     Ok(Some((std::str::from_utf8(text)?.to_owned(), 1 + text.len())))
//! }
//!
//! let verdicts = laws::stranger("text", || stranger::slice(text))
//!     .accepts([&b"\x03one\x05three"[..]])
//!     .verdicts();
//! let defect = verdicts.violation(Law::L1).expect("it takes a part for the whole");
//! assert_eq!((defect.input(), defect.cuts()), (&b"\x03a"[..], &[1][..]));
//! ```
//!
//! | the parser | the adapter |
//! |---|---|
//! | a stage or an exchange of ours | [`stage`], [`exchange`] |
//! | a tokio-util `Decoder` | `decoder` (feature `codec`) |
//! | another `Decoder`, or a function over `&mut BytesMut` | [`bytes_mut`], [`codec`], [`buffered`] |
//! | a function over a slice: nom, winnow, httparse | [`slice()`], [`consuming`] |
//! | a machine that is pushed bytes | [`machine()`], [`calling`] |
//! | a reader over a [`Read`](std::io::Read) or [`BufRead`](std::io::BufRead) | [`blocking`], [`non_blocking`] |
//! | anything else | [`Stranger`] |
//!
//! Items are compared by their `Debug`. An item that is an [`Answer`] is taken as it is: that is
//! how an adapter tells pieces of a payload, which are joined, and the end of the stream.

mod bench;
mod buffered;
mod differ;
mod examine;
mod machine;
mod memory;
mod own;
mod run;
mod shrink;
mod slice;
mod source;
mod stretch;
mod subject;
mod tokens;
mod verdict;
mod work;

#[cfg(feature = "codec")]
pub use buffered::decoder;
pub use buffered::{Buffered, buffered, bytes_mut, codec};
pub use differ::Symptom;
pub use machine::{Calling, Machine, calling, machine};
pub use own::{Exchanged, Staged, exchange, stage};
pub use run::{Ending, Said, Seen};
pub use slice::{Slice, consuming, slice};
pub use source::{Reading, Source, blocking, non_blocking};
pub use subject::{Subject, stranger};
pub use verdict::{Defect, Origin, Verdict, Verdicts};

use std::{any::Any, fmt::Debug};

/// A parser that somebody else wrote, as the harness sees it.
pub trait Stranger {
    /// Bytes as the network brought them. They are only taken note of: what the parser makes of
    /// them is for [`step`](Self::step) to say.
    fn push(&mut self, bytes: &[u8]);

    /// The next thing it says about what it has been given. It is called until it needs more,
    /// ends or fails.
    fn step(&mut self) -> Answer;

    /// The same when no more bytes will follow. It is called until it answers neither an item nor
    /// a piece. [`Answer::Need`] means that the stream is cut off, and that a caller sees that.
    fn end(&mut self) -> Answer;

    /// What it has been given and not consumed, where that can be seen.
    fn left_over(&self) -> Option<Vec<u8>> {
        None
    }
}

impl<S: Stranger + ?Sized> Stranger for Box<S> {
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
}

/// What a parser says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A whole item, in words that can be compared.
    Item(String),
    /// A part of a payload. Into how many parts it falls may depend on the cuts, so parts are
    /// joined before they are compared.
    Piece(Vec<u8>),
    /// It needs more than it has: this many bytes more, where it says so.
    Need(Option<usize>),
    /// It waits, although there is more for it to read, and nothing will wake it: a future that is
    /// pending and has not arranged to be woken (L5).
    Stuck,
    /// It is over; what follows is not for it.
    End,
    /// It refuses the stream.
    Error(String),
}

impl Answer {
    /// An item as its `Debug` has it; an `Answer` as it is.
    pub fn item<T: Debug + 'static>(item: T) -> Self {
        let answer = (&item as &dyn Any).downcast_ref::<Self>();
        answer.cloned().unwrap_or_else(|| Self::Item(format!("{item:?}")))
    }

    /// An error as its `Debug` has it.
    pub fn error(error: impl Debug) -> Self {
        Self::Error(format!("{error:?}"))
    }

    /// What most parsers answer: an item, that more is needed, or an error.
    pub fn from_result<T: Debug + 'static, E: Debug>(result: Result<Option<T>, E>) -> Self {
        match result {
            Ok(Some(item)) => Self::item(item),
            Ok(None) => Self::Need(None),
            Err(error) => Self::error(error),
        }
    }

    /// Whether it goes on after this without more bytes.
    pub(super) fn goes_on(&self) -> bool {
        matches!(self, Self::Item(_) | Self::Piece(_))
    }
}
