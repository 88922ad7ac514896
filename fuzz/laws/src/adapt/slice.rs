//! Functions over a slice, in the style of nom, winnow and httparse.

use std::fmt::{self, Debug};

use crate::{Answer, Parser};

/// A function that looks at the front of what has come, again and again until it is enough.
///
/// It returns the item and how many bytes it is, `None` where it needs more, or an error. At the
/// end of the stream it is asked as long as something is left; if it still needs more then, the
/// stream is cut off, and its caller knows.
///
/// ```
/// use segue_laws::{adapt, parser};
///
/// parser("pairs", || adapt::slice(|input: &[u8]| {
///         let pair = input.first_chunk().map(|pair| (u16::from_be_bytes(*pair), 2));
///         Ok::<_, ()>(pair)
///     }))
///     .accepts([b"abcd"])
///     .check();
/// ```
///
/// Such a function is shown all that there is of an item each time more comes. If it looks at all
/// of it again, its work is not linear, and L8 says so: where items can be long, that is for its
/// callers to know.
pub fn slice<T, E, F>(mut parse: F) -> Slice<impl FnMut(&[u8], bool) -> (usize, Answer)>
where
    T: Debug + 'static,
    E: Debug,
    F: FnMut(&[u8]) -> Result<Option<(T, usize)>, E>,
{
    consuming(move |input, eof| {
        if eof && input.is_empty() {
            return (0, Answer::End);
        }
        match parse(input) {
            Ok(Some((item, length))) => (length, Answer::item(item)),
            Ok(None) => (0, Answer::Need(None)),
            Err(error) => (0, Answer::error(error)),
        }
    })
}

/// A function over a slice that says how much it consumes, whatever its answer, and is told
/// whether the slice is the last. For parsers that keep state, skip, end, or tell what they need.
pub fn consuming<F: FnMut(&[u8], bool) -> (usize, Answer)>(parse: F) -> Slice<F> {
    Slice { parse, input: Vec::new(), consumed: 0 }
}

/// A function over a slice, made by [`slice()`] and [`consuming`].
pub struct Slice<F> {
    parse: F,
    input: Vec<u8>,
    consumed: usize,
}

impl<F> fmt::Debug for Slice<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice")
            .field("len", &self.input.len())
            .field("consumed", &self.consumed)
            .finish_non_exhaustive()
    }
}

impl<F: FnMut(&[u8], bool) -> (usize, Answer)> Slice<F> {
    fn ask(&mut self, eof: bool) -> Answer {
        loop {
            let (length, answer) = (self.parse)(&self.input[self.consumed..], eof);
            let left = self.input.len() - self.consumed;
            if length > left {
                return Answer::Error(format!("it consumes {length} of {left} bytes"));
            }
            self.consumed += length;
            // Skipped bytes are not shown again, so the next question is another.
            if length == 0 || !matches!(answer, Answer::Need(_)) {
                return answer;
            }
        }
    }
}

impl<F: FnMut(&[u8], bool) -> (usize, Answer)> Parser for Slice<F> {
    fn push(&mut self, bytes: &[u8]) {
        // As a buffer does that is read into.
        self.input.drain(..self.consumed);
        self.consumed = 0;
        self.input.extend_from_slice(bytes);
    }

    fn step(&mut self) -> Answer {
        self.ask(false)
    }

    fn end(&mut self) -> Answer {
        self.ask(true)
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        Some(self.input[self.consumed..].to_vec())
    }
}
