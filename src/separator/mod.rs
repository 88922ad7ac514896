//! Stages whose records end at a separator.
//!
//! | function | a record ends at |
//! |---|---|
//! | [`line()`] | LF or CRLF, or one of them |
//! | [`byte()`] | a byte |
//! | [`bytes()`] | a byte string |
//! | [`any_of()`], [`any_of_strings()`] | any of several bytes or byte strings |
//! | [`head()`] | an empty line |
//! | [`quoted()`] | a byte outside quotes |
//! | [`slip()`], [`cobs()`] | a byte that is escaped or left out in content |
//! | [`Until::with_payload`] | a separator, and the payload that the line in front announces |
//! | [`dot_stuffed()`], [`dot_stuffed_lines()`] | a line with a dot alone |
//!
//! Of the bytes still to come these stages can claim only the rest of a separator
//! ([`Need::claim`](crate::Need::claim)), unlike the stages of [`length`](crate::length). Under
//! [`Exact`](crate::driver) they read a byte at a time.

mod any_of;
mod byte;
mod byte_string;
mod cobs;
mod dot_stuffed;
mod dot_stuffed_lines;
mod encode;
mod head;
mod line;
mod marks;
mod near;
mod quoted;
mod slip;
mod until;
mod with_payload;

pub use any_of::{AnyByte, AnyString, Terminated, any_of, any_of_strings};
pub use byte::{Byte, byte};
pub use byte_string::{ByteString, bytes};
pub use cobs::{Cobs, CobsError, cobs};
pub use dot_stuffed::{DotStuffed, dot_stuffed};
pub use dot_stuffed_lines::{DotStuffedLines, EndOfText, dot_stuffed_lines};
pub use encode::{EncodeError, Written};
pub use head::{EmptyLine, Head, head};
pub use line::{Line, LineEnd, LineError, StrictLine, StrictLineEnd, line};
pub use quoted::{Quoted, quoted};
pub use slip::{Slip, SlipError, slip};
pub use until::Until;
pub use with_payload::{Announced, PayloadError, WithPayload};

use crate::{Fault, Record};
use core::ops::Range;

/// The end of a record of [`Until`]. Only this module can implement it.
pub trait Separator: sealed::Sealed {
    /// The item of a record.
    type Item<'a>
    where
        Self: 'a;
    /// A violation of rules by content.
    type Error;

    /// True if content can break rules, for which a single byte may be enough.
    #[doc(hidden)]
    const STRICT: bool = false;

    /// Returns the first separator in `input`, given that none ends within the first `searched`
    /// bytes. `whole` says that the end of `input` ends the record in any case.
    ///
    /// # Errors
    /// When content in front of the first separator breaks a rule.
    #[doc(hidden)]
    fn find(
        &mut self,
        input: &[u8],
        searched: usize,
        whole: bool,
    ) -> Result<Option<Range<usize>>, Fault<Self::Error>>;

    /// True if each separator ends with the same byte, and can be recognised by that and the bytes
    /// in front of it: see [`last_byte`](Self::last_byte) and [`ended`](Self::ended).
    #[doc(hidden)]
    const AHEAD: bool = false;

    /// Returns the byte that each separator ends with.
    #[doc(hidden)]
    #[inline(always)]
    fn last_byte(&self) -> u8 {
        0
    }

    /// Returns the separator in `input` whose last byte is that at `last`, if one ends there.
    #[doc(hidden)]
    #[inline(always)]
    fn ended(&self, input: &[u8], last: usize) -> Option<Range<usize>> {
        let _ = (input, last);
        None
    }

    /// Returns how many bytes at the end of `input`, which has no separator in it, may be the
    /// beginning of one.
    #[doc(hidden)]
    fn begun(&self, input: &[u8]) -> usize;

    /// Returns a number of bytes: fewer behind `input`, which has no separator in it, complete
    /// none.
    #[doc(hidden)]
    fn missing(&self, input: &[u8]) -> usize;

    /// Makes a record an item. Behind `content` bytes of content it has its separator, if any.
    #[doc(hidden)]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Self::Item<'a>;

    /// Notes that the next input begins with another record.
    #[doc(hidden)]
    #[inline]
    fn begin(&mut self) {}

    /// Notes that the next input lacks the first `count` bytes of the last one.
    #[doc(hidden)]
    #[inline]
    fn pass(&mut self, count: usize) {
        let _ = count;
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Drops the separator behind `content` bytes, unless it is to be kept.
#[inline]
fn without(mut record: Record<'_>, content: usize, keep: bool) -> Record<'_> {
    if !keep {
        record.truncate(content);
    }
    record
}
