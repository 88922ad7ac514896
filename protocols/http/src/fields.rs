use core::fmt;

use crate::{Elements, Known, Line, Tokens};

/// The fields of a head or of trailers, lent, in the order in which they came (RFC 9110 §5).
///
/// It is a list of [`Line`]s over the bytes that they are places in: those of a buffer that a head
/// was received into, or of an [`Arena`](crate::Arena). It is `Copy` and holds no memory.
///
/// Names are compared without regard to case. `iter` leaves out the fields that were marked as
/// meant for the connection they came over; `lines` and the lookups do not.
///
/// ```
/// use segue_http::{Arena, Known, Line};
///
/// let mut arena = Arena::new();
/// arena.push(b"host", b"example.org", 0)?;
/// arena.push(b"connection", b"keep-alive", Line::HOP)?;
/// arena.push(b"accept", b"text/html, text/plain", 0)?;
///
/// let fields = arena.fields();
/// assert_eq!(fields.find("Host"), Some(&b"example.org"[..]));
/// assert_eq!(fields.get(Known::Connection), Some(&b"keep-alive"[..]));
/// assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), [&b"host"[..], b"accept"]);
/// assert!(fields.contains_token("accept", "text/plain"));
/// # Ok::<(), segue_http::Full>(())
/// ```
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    lines: &'a [Line],
    /// A set of the known names that may be there, by [`Known::bit`]. All bits are set if nobody
    /// has looked.
    present: u64,
}

/// One field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as it was written.
    pub name: &'a [u8],
    /// The value without the whitespace around it.
    pub value: &'a [u8],
    /// The flags of its [`Line`].
    pub flags: u8,
}

impl<'a> Fields<'a> {
    /// No fields.
    pub const EMPTY: Self = Self { bytes: &[], lines: &[], present: 0 };

    /// Creates the fields whose places in `bytes` are `lines`, some of which may have a known name
    /// and no number of it.
    ///
    /// The methods panic if a line reaches beyond `bytes`.
    #[inline]
    #[must_use]
    pub const fn new(bytes: &'a [u8], lines: &'a [Line]) -> Self {
        Self { bytes, lines, present: u64::MAX }
    }

    /// The same where every known name has its number, and `present` is the set of these names.
    #[inline]
    pub(crate) const fn indexed(bytes: &'a [u8], lines: &'a [Line], present: u64) -> Self {
        Self { bytes, lines, present }
    }

    /// Returns the number of fields, marked ones included.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns true if there are no fields.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the bytes that the lines are places in: the whole head.
    #[inline]
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the places of all fields, marked ones included.
    #[inline]
    #[must_use]
    pub const fn places(&self) -> &'a [Line] {
        self.lines
    }

    /// Returns the fields that can be sent on over another connection: all but those marked by
    /// [`Line::HOP`].
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        self.lines().filter(|field| field.flags & Line::HOP == 0)
    }

    /// Returns all fields.
    #[inline]
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Field<'a>> + Clone + use<'a> {
        let bytes = self.bytes;
        self.lines.iter().map(move |line| Field::of(*line, bytes))
    }

    /// Returns the value of the first field with that name.
    ///
    /// Use [`all`](Self::all) where a second one would be an attack.
    #[inline]
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Returns the value of the first field with that name, found by its number.
    #[inline]
    #[must_use]
    pub fn get(&self, name: Known) -> Option<&'a [u8]> {
        self.every(name).next()
    }

    /// Returns the values of all fields with that name in their order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        let bytes = self.bytes;
        self.places_of(name.as_bytes(), Known::of(name.as_bytes()))
            .map(move |line| line.value(bytes))
    }

    /// Returns the values of all fields with that name in their order, found by its number.
    #[inline]
    pub fn every(&self, name: Known) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let bytes = self.bytes;
        self.places_of(name.as_str().as_bytes(), Some(name)).map(move |line| line.value(bytes))
    }

    /// Returns the elements of the list of tokens that all fields with that name make up: split at
    /// every comma, since tokens have no quotes (RFC 9110 §5.6.1). `Connection`, `Upgrade`,
    /// `Trailer` and `Sec-WebSocket-Protocol` are such lists.
    pub fn tokens<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        self.all(name).flat_map(Tokens::of)
    }

    /// Returns the elements of the list that all fields with that name make up, where elements may
    /// hold quoted strings, as those with parameters do (RFC 9110 §5.6.6):
    /// `Sec-WebSocket-Extensions`, `TE`, `Accept`.
    pub fn elements<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        self.all(name).flat_map(Elements::of)
    }

    /// Returns true if the list of [`tokens`](Self::tokens) contains `token`, compared without
    /// regard to case.
    #[must_use]
    pub fn contains_token(&self, name: &str, token: &str) -> bool {
        self.tokens(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Splits the pseudo-fields of HTTP/2 and HTTP/3 from the fields behind them, in front of which
    /// they stand (RFC 9113 §8.3). One that stands further back remains a field, whose name is no
    /// token.
    #[must_use]
    pub fn split_pseudo(self) -> (Self, Self) {
        let is_pseudo = |line: &Line| line.name(self.bytes).first() == Some(&b':');
        let end = self.lines.iter().position(|line| !is_pseudo(line)).unwrap_or(self.lines.len());
        let (pseudo, fields) = self.lines.split_at(end);
        (Self { lines: pseudo, ..self }, Self { lines: fields, ..self })
    }

    /// Returns the fields in front of the one at `place`, and those from there on.
    pub(crate) fn split_at(self, place: usize) -> (Self, Self) {
        let (front, behind) = self.lines.split_at(place.min(self.lines.len()));
        (Self { lines: front, ..self }, Self { lines: behind, ..self })
    }

    /// Returns all fields with their known names. A name that is not in lower case has one as well.
    pub(crate) fn known(
        &self,
    ) -> impl ExactSizeIterator<Item = (Option<Known>, Field<'a>)> + Clone + use<'a> {
        let bytes = self.bytes;
        let is_indexed = self.present != u64::MAX;
        self.lines.iter().map(move |line| {
            let field = Field::of(*line, bytes);
            match Known::from_id(line.id()) {
                None if !is_indexed => (Known::of(field.name), field),
                known => (known, field),
            }
        })
    }

    /// Returns the places of all fields with a name, which is `known`.
    #[inline]
    pub(crate) fn places_of<'n>(
        &self,
        name: &'n [u8],
        known: Option<Known>,
    ) -> impl Iterator<Item = Line> + Clone + use<'a, 'n> {
        let bytes = self.bytes;
        let absent = known.is_some_and(|known| self.present & known.bit() == 0);
        let lines = if absent { &[] } else { self.lines };
        let id = known.map_or(0, Known::id);
        lines.iter().copied().filter(move |line| match line.id() {
            0 => line.name_len() == name.len() && line.name(bytes).eq_ignore_ascii_case(name),
            other => other == id,
        })
    }
}

impl<'a> Field<'a> {
    #[inline]
    pub(crate) fn of(line: Line, bytes: &'a [u8]) -> Self {
        Self { name: line.name(bytes), value: line.value(bytes), flags: line.flags() }
    }

    /// Returns the name as text; empty if it is not UTF-8, which a valid name is.
    #[must_use]
    pub fn name_text(&self) -> &'a str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Fields with the same names, values and marks in the same order are equal.
impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.lines().eq(other.lines())
    }
}

impl Eq for Fields<'_> {}

/// Shows names but no values: tokens and cookies do not belong in logs.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines().map(|field| Text(field.name))).finish()
    }
}

/// Shows the name but not the value.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &Text(self.name)).finish_non_exhaustive()
    }
}

/// Bytes, shown as text.
struct Text<'a>(&'a [u8]);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
