//! A stage that writes.

use core::fmt;

use super::Output;

/// A stage of a protocol that writes items of type `T`.
///
/// An encoder appends the whole of an item to the [`Output`] or, if it refuses the item, leaves
/// nothing of it; [`Output::try_encode`] does that for encoders that fail half-way. It never
/// refuses for lack of room: ask [`Output::has_room`] before sending.
///
/// ```
/// use segue::{Encode, Output};
///
/// /// A length in one byte, then the text.
/// struct Text;
///
/// #[derive(Debug, PartialEq)]
/// struct TooLong;
///
/// impl Encode<&str> for Text {
///     type Error = TooLong;
///
///     fn encode(&mut self, text: &str, output: &mut Output) -> Result<(), TooLong> {
///         let length = u8::try_from(text.len()).map_err(|_| TooLong)?;
///         output.put(&[length]);
///         output.put(text.as_bytes());
///         Ok(())
///     }
/// }
///
/// let mut output = Output::new();
/// Text.encode("hello", &mut output).unwrap();
/// assert_eq!(Text.encode(&"x".repeat(256), &mut output), Err(TooLong));
/// assert_eq!(output.to_vec(), b"\x05hello");
/// ```
pub trait Encode<T> {
    /// The reason that an item cannot be sent: a mistake of the caller, not of the peer.
    type Error;

    /// Appends `item` to `output`.
    ///
    /// # Errors
    /// When the item cannot be represented on the wire.
    fn encode(&mut self, item: T, output: &mut Output) -> Result<(), Self::Error>;
}

impl<T, E: Encode<T> + ?Sized> Encode<T> for &mut E {
    type Error = E::Error;

    fn encode(&mut self, item: T, output: &mut Output) -> Result<(), Self::Error> {
        (**self).encode(item, output)
    }
}

/// An encoder made of a function, by [`encode_with`].
#[derive(Clone, Copy)]
pub struct EncodeWith<F> {
    encode: F,
}

/// Makes an encoder of a function that is given an item and the output.
///
/// Name the types of both arguments of a closure: the item may borrow anything then.
///
/// ```
/// use segue::{Encode, Output, encode_with};
/// use std::convert::Infallible;
///
/// let mut words = encode_with(|word: &str, output: &mut Output| {
///     output.put(word.as_bytes());
///     output.put(b"\r\n");
///     Ok::<(), Infallible>(())
/// });
/// let mut output = Output::new();
/// words.encode("DELETED", &mut output)?;
/// assert_eq!(output.to_vec(), b"DELETED\r\n");
/// # Ok::<(), Infallible>(())
/// ```
pub const fn encode_with<F>(encode: F) -> EncodeWith<F> {
    EncodeWith { encode }
}

impl<T, E, F: FnMut(T, &mut Output) -> Result<(), E>> Encode<T> for EncodeWith<F> {
    type Error = E;

    fn encode(&mut self, item: T, output: &mut Output) -> Result<(), E> {
        (self.encode)(item, output)
    }
}

impl<F> fmt::Debug for EncodeWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodeWith").finish_non_exhaustive()
    }
}
