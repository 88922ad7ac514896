//! Heads that were checked, without the fields that they lend from.

use crate::{Fields, Known, Length, Malformed, RequestHead, ResponseHead};

/// The head of a request that was read, without the borrow of its fields: it is kept while those are
/// needed otherwise, and then lends the head from them without checking it again.
///
/// ```
/// use segue_http::{Arena, Known, RequestHead, RequestShape};
///
/// let mut arena = Arena::new();
/// arena.push_known(Known::PseudoMethod, b"GET", 0)?;
/// arena.push_known(Known::PseudoScheme, b"https", 0)?;
/// arena.push_known(Known::PseudoPath, b"/a", 0)?;
/// arena.push_known(Known::Host, b"example.org", 0)?;
/// let shape = RequestShape::read(arena.fields(), true).unwrap();
/// assert_eq!(shape.head(arena.fields()), RequestHead::read(arena.fields(), true).unwrap());
/// # Ok::<(), segue_http::Full>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestShape {
    /// The places of method, scheme, authority, path and protocol, or [`NONE`].
    places: [u8; 5],
    /// The number of pseudo-fields: at most five.
    pseudo: u8,
    expects: bool,
    early_data: bool,
    length: Length,
}

impl RequestShape {
    /// Reads a head as [`RequestHead::read`] does.
    ///
    /// # Errors
    /// [`Malformed`] (RFC 9113 §8.3.1, RFC 9114 §4.3.1).
    pub fn read(all: Fields<'_>, ended: bool) -> Result<Self, Malformed> {
        let (head, places) = RequestHead::read_places(all, ended)?;
        let short = |place: usize| u8::try_from(place).unwrap_or(NONE);
        Ok(Self {
            places: places.map(|place| place.map_or(NONE, short)),
            pseudo: short(all.len() - head.fields.len()),
            expects: head.expects,
            early_data: head.early_data,
            length: head.length,
        })
    }

    /// Lends the head from the fields that it was read from. Of other fields it lends whatever is in
    /// these places.
    #[must_use]
    pub fn head<'a>(&self, all: Fields<'a>) -> RequestHead<'a> {
        let (pseudo, fields) = all.split_at(self.pseudo.into());
        let [method, scheme, authority, path, protocol] =
            self.places.map(|place| pseudo.places().get(usize::from(place)));
        let value = |place: Option<&crate::Line>| place.map(|line| line.value(all.bytes()));
        let authority = match authority {
            None => fields.get(Known::Host),
            place => value(place),
        };
        RequestHead {
            method: value(method).unwrap_or_default(),
            scheme: value(scheme).unwrap_or_default(),
            authority: authority.unwrap_or_default(),
            path: value(path).unwrap_or_default(),
            protocol: value(protocol),
            fields,
            length: self.length,
            expects: self.expects,
            early_data: self.early_data,
        }
    }

    /// Returns the length of the content.
    #[must_use]
    pub const fn length(&self) -> Length {
        self.length
    }
}

/// The head of a response that was read, without the borrow of its fields: see [`RequestShape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseShape {
    status: u16,
    length: Length,
}

impl ResponseShape {
    /// Reads a head as [`ResponseHead::read`] does.
    ///
    /// # Errors
    /// [`Malformed`] (RFC 9113 §8.3.2, RFC 9114 §4.3.2).
    pub fn read(all: Fields<'_>, method: &[u8], ended: bool) -> Result<Self, Malformed> {
        let ResponseHead { status, length, .. } = ResponseHead::read(all, method, ended)?;
        Ok(Self { status, length })
    }

    /// Lends the head from the fields that it was read from.
    #[must_use]
    pub fn head<'a>(&self, all: Fields<'a>) -> ResponseHead<'a> {
        // `:status` is the only pseudo-field.
        let (_, fields) = all.split_at(1);
        ResponseHead { status: self.status, fields, length: self.length }
    }

    /// Returns true for responses in front of the final one (RFC 9110 §15.2).
    #[must_use]
    pub const fn is_informational(&self) -> bool {
        matches!(self.status, 100..=199)
    }

    /// Returns the length of the content.
    #[must_use]
    pub const fn length(&self) -> Length {
        self.length
    }
}

/// The place of a pseudo-field that is not there.
const NONE: u8 = u8::MAX;
