use alloc::vec::Vec;
use core::{fmt, ops::Range};

use crate::{Arena, Full, Length, Limits, RequestHead};

/// The head of a request with its memory: kept until a backend is open, and for another try.
///
/// ```
/// use segue_http::{Fields, Length, RequestBuf, RequestHead};
///
/// let head = RequestHead {
///     method: b"GET",
///     scheme: b"http",
///     authority: b"a",
///     path: b"/",
///     protocol: None,
///     fields: Fields::EMPTY,
///     length: Length::None,
///     expects: false,
///     early_data: false,
/// };
/// let kept = RequestBuf::copy(&head)?;
/// assert_eq!(kept.head(), head);
/// # Ok::<(), segue_http::Full>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RequestBuf {
    /// Method, scheme, authority, path and protocol, one behind the other.
    text: Vec<u8>,
    /// Where the first four of them end.
    ends: [usize; 4],
    has_protocol: bool,
    fields: Arena,
    length: Length,
    expects: bool,
    early_data: bool,
}

impl RequestBuf {
    /// Copies `head`. Fields that are marked as meant for one connection are left out.
    ///
    /// # Errors
    /// [`Full`] if the fields are more than the [default limits](Limits::DEFAULT) let through.
    pub fn copy(head: &RequestHead<'_>) -> Result<Self, Full> {
        Self::copy_within(head, Limits::DEFAULT)
    }

    /// Copies `head`, with limits on its fields.
    ///
    /// # Errors
    /// [`Full`] if the fields are more than `limits` let through.
    pub fn copy_within(head: &RequestHead<'_>, limits: Limits) -> Result<Self, Full> {
        let mut fields = Arena::with_limits(limits);
        fields.extend(head.fields)?;
        let mut text = Vec::new();
        let mut ends = [0; 4];
        let parts = [head.method, head.scheme, head.authority, head.path];
        for (end, part) in ends.iter_mut().zip(parts) {
            text.extend_from_slice(part);
            *end = text.len();
        }
        text.extend_from_slice(head.protocol.unwrap_or_default());
        Ok(Self {
            text,
            ends,
            has_protocol: head.protocol.is_some(),
            fields,
            length: head.length,
            expects: head.expects,
            early_data: head.early_data,
        })
    }

    /// Returns the head.
    #[must_use]
    pub fn head(&self) -> RequestHead<'_> {
        let [method, scheme, authority, path] = self.ends;
        let text = |range: Range<usize>| &self.text[range];
        RequestHead {
            method: text(0..method),
            scheme: text(method..scheme),
            authority: text(scheme..authority),
            path: text(authority..path),
            protocol: self.has_protocol.then(|| text(path..self.text.len())),
            fields: self.fields.fields(),
            length: self.length,
            expects: self.expects,
            early_data: self.early_data,
        }
    }

    /// Returns the number of bytes of memory that are held beside its own size.
    #[must_use]
    pub fn held(&self) -> usize {
        self.text.capacity() + self.fields.held()
    }
}

impl fmt::Debug for RequestBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head().fmt(f)
    }
}
