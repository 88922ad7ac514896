use alloc::vec::Vec;
use core::fmt;

use crate::{Field, Fields, Known, Limits, Line, Tokens};

/// Fields with the memory that they are in: the decoders of HPACK and QPACK write into it, and it is
/// the owned form of [`Fields`].
///
/// It is cleared and filled again without an allocation, once it has grown to the size of the heads
/// that it sees. Its limits are told before anything is written: a field that does not fit leaves
/// the arena as it was.
///
/// Fields come whole by [`push`](Self::push), or piece by piece and in place by
/// [`line`](Self::line), so that Huffman codes are decoded right into the arena:
///
/// ```
/// use segue_http::{Arena, Field, Known};
///
/// let mut arena = Arena::new();
/// arena.push_known(Known::PseudoPath, b"/", 0)?;
/// let mut line = arena.line(0)?;
/// line.put(b"x-")?;
/// line.spare(64)[..4].copy_from_slice(b"name"); // up to 64 bytes may be written
/// line.wrote(4); // four were
/// line.end_name()?;
/// line.put(b"value")?;
/// assert_eq!(line.end(), Field { name: b"x-name", value: b"value", flags: 0 });
///
/// let (pseudo, fields) = arena.fields().split_pseudo();
/// assert_eq!(pseudo.get(Known::PseudoPath), Some(&b"/"[..]));
/// assert_eq!(fields.find("x-name"), Some(&b"value"[..]));
/// arena.clear(); // keeps its memory
/// # Ok::<(), segue_http::Full>(())
/// ```
#[derive(Clone, Default)]
pub struct Arena {
    /// Its length is the extent that was ever written, so that it is zeroed once at most.
    bytes: Vec<u8>,
    /// The bytes that belong to lines, or were put between them.
    used: usize,
    lines: Vec<Line>,
    /// The set of known names in `lines`.
    present: u64,
    /// The size of the fields as [`Limits::max_size`] counts it.
    size: usize,
    limits: Limits,
}

/// The reason why a field does not fit into an [`Arena`]. A server answers 431 (RFC 6585 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Full {
    /// [`Limits::max_lines`] fields are there already.
    Lines,
    /// Names and values would take more than [`Limits::max_size`].
    Size,
    /// The name is longer than [`Line::MAX_NAME`].
    Name,
}

impl Arena {
    /// Creates an arena with the [default limits](Limits::DEFAULT). It allocates with the first
    /// field.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(Limits::DEFAULT)
    }

    /// Creates an arena with these limits.
    #[must_use]
    pub const fn with_limits(limits: Limits) -> Self {
        Self { bytes: Vec::new(), used: 0, lines: Vec::new(), present: 0, size: 0, limits }
    }

    /// Returns the limits.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the limits for what is added from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Returns the fields.
    #[inline]
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields::indexed(&self.bytes[..self.used], &self.lines, self.present)
    }

    /// Returns the number of fields.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns true if there are no fields.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the size of all fields: the bytes of names and values, and 32 more a field (RFC 9113
    /// §6.5.2).
    #[inline]
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Returns the number of bytes of memory that are held, used or not.
    #[must_use]
    pub fn held(&self) -> usize {
        self.bytes.capacity() + self.lines.capacity() * size_of::<Line>()
    }

    /// Checks that a field of that many bytes fits.
    ///
    /// # Errors
    /// Names the limit that it would pass.
    #[inline]
    pub fn fits(&self, name: usize, value: usize) -> Result<(), Full> {
        if self.lines.len() >= usize::from(self.limits.max_lines) {
            return Err(Full::Lines);
        }
        if name > Line::MAX_NAME {
            return Err(Full::Name);
        }
        let left = self.size_left();
        if name > left || value > left - name { Err(Full::Size) } else { Ok(()) }
    }

    /// Adds a field. The name is compared with those that are known; use
    /// [`push_known`](Self::push_known) if its number is known already.
    ///
    /// # Errors
    /// As [`fits`](Self::fits).
    #[inline]
    pub fn push(&mut self, name: &[u8], value: &[u8], flags: u8) -> Result<(), Full> {
        self.push_as(Known::of(name), name, value, flags)
    }

    /// Adds a field with a known name, in lower case.
    ///
    /// # Errors
    /// As [`fits`](Self::fits).
    #[inline]
    pub fn push_known(&mut self, name: Known, value: &[u8], flags: u8) -> Result<(), Full> {
        self.push_as(Some(name), name.as_str().as_bytes(), value, flags)
    }

    /// Adds a field whose name was looked up before: `known` must be [`Known::of`] of `name`.
    ///
    /// # Errors
    /// As [`fits`](Self::fits).
    pub fn push_as(
        &mut self,
        known: Option<Known>,
        name: &[u8],
        value: &[u8],
        flags: u8,
    ) -> Result<(), Full> {
        self.fits(name.len(), value.len())?;
        let at = self.used;
        self.append(at, name);
        self.append(at + name.len(), value);
        self.add(at, name.len(), value.len(), known, flags);
        Ok(())
    }

    /// Adds all of `fields` with their flags; those that are marked as meant for one connection are
    /// left out.
    ///
    /// # Errors
    /// As [`fits`](Self::fits); the arena has the fields up to the one that does not fit.
    pub fn extend(&mut self, fields: Fields<'_>) -> Result<(), Full> {
        fields.iter().try_for_each(|field| self.push(field.name, field.value, field.flags))
    }

    /// Begins a field whose name and value are written in place. Nothing is added before
    /// [`LineWriter::end`], so a field that breaks off is dropped.
    ///
    /// # Errors
    /// As [`fits`](Self::fits) of an empty field.
    #[inline]
    pub fn line(&mut self, flags: u8) -> Result<LineWriter<'_>, Full> {
        self.fits(0, 0)?;
        Ok(LineWriter { written: 0, name: None, known: None, flags, arena: self })
    }

    /// Marks the fields that are meant for one connection, by [`Line::HOP`]: those that `Connection`
    /// names, and those that are so by their name (RFC 9110 §7.6.1,
    /// [`Known::is_hop_by_hop`]).
    ///
    /// A `Connection` that names `Host`, `Content-Length`, `Authorization` or `Cookie` does not hide
    /// them, since that would let a client remove what others rely on.
    pub fn mark_hop_by_hop(&mut self) {
        let bytes = &self.bytes[..self.used];
        mark_hop_by_hop(bytes, &mut self.lines, self.present);
    }

    /// Removes all fields and keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.used = 0;
        self.lines.clear();
        self.present = 0;
        self.size = 0;
    }

    /// Removes all fields and gives the memory back.
    pub fn release(&mut self) {
        *self = Self::with_limits(self.limits);
    }

    /// The bytes that the next field may have.
    #[inline]
    fn size_left(&self) -> usize {
        (self.limits.max_size as usize).saturating_sub(self.size).saturating_sub(OVERHEAD)
    }

    /// Writes `bytes` behind what is used, without using it.
    #[inline]
    fn append(&mut self, at: usize, bytes: &[u8]) {
        self.extent(at, bytes.len()).copy_from_slice(bytes);
    }

    /// The `length` bytes at `at`.
    #[inline]
    fn extent(&mut self, at: usize, length: usize) -> &mut [u8] {
        let end = at + length;
        if self.bytes.len() < end {
            self.bytes.resize(end.next_power_of_two().max(LEAST), 0);
        }
        &mut self.bytes[at..end]
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "limits and `fits` bound all of them")]
    fn add(&mut self, at: usize, name: usize, value: usize, known: Option<Known>, flags: u8) {
        let line = Line::new(at as u32, name as u16, (at + name) as u32, value as u32);
        self.lines.push(line.known(known).flagged(flags));
        self.present |= known.map_or(0, Known::bit);
        self.used = at + name + value;
        self.size += name + value + OVERHEAD;
    }
}

/// A field that is written in place: see [`Arena::line`].
pub struct LineWriter<'a> {
    arena: &'a mut Arena,
    /// The bytes that were written behind those in use.
    written: usize,
    /// The length of the name, once it has ended.
    name: Option<usize>,
    known: Option<Known>,
    flags: u8,
}

impl<'a> LineWriter<'a> {
    /// Appends `bytes` to the name, or to the value behind [`end_name`](Self::end_name).
    ///
    /// # Errors
    /// [`Full::Size`], with nothing appended.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if bytes.len() > self.room() {
            return Err(Full::Size);
        }
        self.arena.append(self.arena.used + self.written, bytes);
        self.written += bytes.len();
        Ok(())
    }

    /// Returns the number of bytes that may still be written.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        self.arena.size_left() - self.written
    }

    /// Lends the place of the next bytes: `most` of them, or fewer where the limit is nearer. Its
    /// content is unspecified. [`wrote`](Self::wrote) says how many of them count.
    #[inline]
    pub fn spare(&mut self, most: usize) -> &mut [u8] {
        let length = most.min(self.room());
        self.arena.extent(self.arena.used + self.written, length)
    }

    /// Appends the first `length` bytes of the last [`spare`](Self::spare).
    ///
    /// # Panics
    /// If there are not as many.
    #[inline]
    pub fn wrote(&mut self, length: usize) {
        assert!(length <= self.room(), "more was written than there is room for");
        assert!(self.arena.used + self.written + length <= self.arena.bytes.len());
        self.written += length;
    }

    /// Ends the name; the value follows.
    ///
    /// # Errors
    /// [`Full::Name`].
    #[inline]
    pub fn end_name(&mut self) -> Result<(), Full> {
        let at = self.arena.used;
        self.known = Known::of(&self.arena.bytes[at..at + self.written]);
        self.end_name_as(self.known)
    }

    /// Ends the name, which was looked up before: `known` must be [`Known::of`] of it.
    ///
    /// # Errors
    /// [`Full::Name`].
    #[inline]
    pub fn end_name_as(&mut self, known: Option<Known>) -> Result<(), Full> {
        if self.written > Line::MAX_NAME {
            return Err(Full::Name);
        }
        self.known = known;
        self.name = Some(self.written);
        Ok(())
    }

    /// Adds the field, and lends it. Without an [`end_name`](Self::end_name) before, all of it is
    /// the value, and the name is empty.
    #[inline]
    pub fn end(self) -> Field<'a> {
        let Self { arena, written, name, known, flags } = self;
        let name = name.unwrap_or(0);
        arena.add(arena.used, name, written - name, known, flags);
        let line = arena.lines.last().copied().unwrap_or_default();
        Field::of(line, &arena.bytes[..arena.used])
    }
}

/// Marks the lines of fields that are meant for one connection (RFC 9110 §7.6.1).
fn mark_hop_by_hop(bytes: &[u8], lines: &mut [Line], present: u64) {
    let by_name = |line: Line| Known::from_id(line.id()).is_some_and(Known::is_hop_by_hop);
    for line in lines.iter_mut().filter(|line| by_name(**line)) {
        *line = line.flagged(Line::HOP);
    }
    if present & Known::Connection.bit() == 0 {
        return;
    }
    for at in 0..lines.len() {
        if lines[at].id() != Known::Connection.id() {
            continue;
        }
        for token in Tokens::of(lines[at].value(bytes)) {
            // These say what becomes of the connection, and are on nearly all of them.
            if [&b"close"[..], b"keep-alive"].iter().any(|it| it.eq_ignore_ascii_case(token)) {
                continue;
            }
            for line in lines.iter_mut() {
                let stays = Known::from_id(line.id()).is_some_and(stays);
                if !stays && line.name(bytes).eq_ignore_ascii_case(token) {
                    *line = line.flagged(Line::HOP);
                }
            }
        }
    }
}

/// Fields that `Connection` cannot remove.
fn stays(name: Known) -> bool {
    matches!(name, Known::Host | Known::ContentLength | Known::Authorization | Known::Cookie)
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lines => "there are more fields than the limit",
            Self::Size => "the fields are larger than the limit",
            Self::Name => "the name of a field is longer than 65,535 bytes",
        })
    }
}

impl core::error::Error for Full {}

/// Shows names but no values.
impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Arena").field(&self.fields()).finish()
    }
}

/// Shows lengths but no content.
impl fmt::Debug for LineWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineWriter")
            .field("written", &self.written)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Arenas with equal fields are equal.
impl PartialEq for Arena {
    fn eq(&self, other: &Self) -> bool {
        self.fields() == other.fields()
    }
}

impl Eq for Arena {}

/// The bytes that a field counts beside its own (RFC 9113 §6.5.2).
const OVERHEAD: usize = 32;

/// The least memory for bytes: heads without cookies fit.
const LEAST: usize = 512;
