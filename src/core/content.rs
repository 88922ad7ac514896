//! Bytes that encoders take.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use bytes::{Bytes, BytesMut};

use super::{Output, Record};

/// Bytes that an encoder of records takes, in any form.
///
/// Anything that is `AsRef<[u8]>` is given by reference, and the common types by value as well.
/// Long owned bytes are not copied: [`Bytes`], and what becomes `Bytes` at no cost.
///
/// ```
/// use segue::{Encode, Output, length};
///
/// let (mut output, mut encoder) = (Output::new(), length::u8());
/// encoder.encode("text", &mut output)?;
/// encoder.encode(b"array", &mut output)?;
/// encoder.encode(vec![1, 2, 3], &mut output)?;
/// encoder.encode(&String::from("lent"), &mut output)?;
/// encoder.encode(bytes::Bytes::from_static(b"shared"), &mut output)?;
/// assert_eq!(output.to_vec(), b"\x04text\x05array\x03\x01\x02\x03\x04lent\x06shared");
/// # Ok::<(), segue::length::EncodeError>(())
/// ```
pub trait Content {
    /// Returns the bytes.
    fn as_bytes(&self) -> &[u8];

    /// Appends the bytes to `output`, without a copy if possible.
    fn put(self, output: &mut Output)
    where
        Self: Sized,
    {
        output.put(self.as_bytes());
    }
}

impl<T: AsRef<[u8]> + ?Sized> Content for &T {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        (**self).as_ref()
    }
}

impl<T: AsRef<[u8]> + ?Sized> Content for &mut T {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        (**self).as_ref()
    }
}

impl<const N: usize> Content for [u8; N] {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self
    }
}

impl Content for Record<'_> {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Content for Cow<'_, [u8]> {
    fn as_bytes(&self) -> &[u8] {
        self
    }

    fn put(self, output: &mut Output) {
        match self {
            Self::Borrowed(bytes) => output.put(bytes),
            Self::Owned(bytes) => bytes.put(output),
        }
    }
}

impl Content for Cow<'_, str> {
    fn as_bytes(&self) -> &[u8] {
        (**self).as_bytes()
    }

    fn put(self, output: &mut Output) {
        match self {
            Self::Borrowed(text) => output.put(text.as_bytes()),
            Self::Owned(text) => text.put(output),
        }
    }
}

impl Content for Bytes {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self
    }

    #[inline]
    fn put(self, output: &mut Output) {
        output.put_bytes(self);
    }
}

macro_rules! becomes_bytes {
    ($($Owned:ty),*) => {$(
        impl Content for $Owned {
            fn as_bytes(&self) -> &[u8] {
                self.as_ref()
            }

            fn put(self, output: &mut Output) {
                if self.len() < Output::WHOLE {
                    output.put(Content::as_bytes(&self));
                } else {
                    output.put_bytes(self.into());
                }
            }
        }
    )*};
}

becomes_bytes!(BytesMut, Vec<u8>, Box<[u8]>, String);
