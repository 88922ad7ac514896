//! The writer of records that end at a separator.

use core::fmt;

use super::{Separator, Until};
use crate::{Content, Encode, Output};

/// The reason that a record cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// A reader would mistake the content from byte `at` on for the end of the record, or refuse
    /// it.
    Separator {
        /// Offset in the content, in bytes.
        at: usize,
    },
    /// The content is longer than the stage's own limit.
    TooLong {
        /// The length in bytes of the record.
        length: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The content is empty, and readers skip empty records.
    Empty,
    /// The content does not end in CRLF, and must consist of lines.
    Unterminated,
    /// The line does not announce the payload given with it.
    Payload,
}

/// A separator that can be written behind a record. Only this module can implement it.
pub trait Written: Separator {
    /// Returns the bytes to write.
    fn written(&self) -> &[u8];

    /// Returns the offset in `content` at which a reader would see the record end, or find fault.
    fn clash(&self, content: &[u8]) -> Option<usize>;
}

impl<S: Written> Until<S> {
    fn check(&self, content: &[u8]) -> Result<(), EncodeError> {
        if content.len() > self.max {
            return Err(EncodeError::TooLong { length: content.len(), max: self.max });
        }
        if content.is_empty() && self.skip_empty {
            return Err(EncodeError::Empty);
        }
        match self.separator.clash(content) {
            Some(at) => Err(EncodeError::Separator { at }),
            None => Ok(()),
        }
    }
}

/// Writes the content and the separator; content that has the separator in it is refused.
///
/// [`line()`](super::line()) writes LF, or CRLF if only that ends its lines.
///
/// ```
/// use segue::separator::{self, EncodeError};
/// use segue::{Encode, Output};
///
/// let mut output = Output::new();
/// separator::line().crlf().encode("QUIT", &mut output)?;
/// let refused = separator::line().crlf().encode("QUIT\r\nDATA", &mut output);
/// assert_eq!(refused, Err(EncodeError::Separator { at: 4 }));
/// separator::bytes(b"\n%\n").encode(b"content", &mut output)?;
/// assert_eq!(output.to_vec(), b"QUIT\r\ncontent\n%\n");
/// # Ok::<_, EncodeError>(())
/// ```
impl<S: Written, C: Content> Encode<C> for Until<S> {
    type Error = EncodeError;

    #[inline]
    fn encode(&mut self, content: C, output: &mut Output) -> Result<(), EncodeError> {
        self.check(content.as_bytes())?;
        content.put(output);
        output.put(self.separator.written());
        Ok(())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Separator { at } => write!(f, "a reader would see the record end at byte {at}"),
            Self::TooLong { length, max } => {
                write!(f, "a record of {length} bytes is over the limit of {max}")
            }
            Self::Empty => f.write_str("an empty record would be skipped"),
            Self::Payload => f.write_str("the line announces another payload than is given"),
            Self::Unterminated => f.write_str("the last line does not end in CRLF"),
        }
    }
}

impl core::error::Error for EncodeError {}
