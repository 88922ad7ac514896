//! Reading header blocks.

use alloc::{vec, vec::Vec};

use segue_http::{Arena, Field, Full, Known, Line, LineWriter};

use super::{
    BlockError, BlockErrorKind,
    huffman::{self, Broken},
    integer,
    static_table::{self, Static},
    table::{OVERHEAD, Table},
};

/// The reading end of HPACK: it decodes header blocks, and remembers what they tell it to (RFC
/// 7541).
///
/// Blocks are decoded in the order in which they came, each once and whole, even one that nobody
/// wants: a block changes what the next ones mean.
///
/// Fields go into an [`Arena`], pseudo-fields first as they came, so that decoding allocates
/// nothing once arena and table have grown. A field that the arena has no room for, by its limits,
/// is not copied, and neither are those behind it; the block is still decoded to its end.
///
/// ```
/// use segue_http::{Arena, Known};
/// use segue_http2::hpack::Decoder;
///
/// let (mut decoder, mut arena) = (Decoder::new(4096), Arena::new());
/// // RFC 7541 C.4.1: GET http://www.example.com/
/// let block = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
/// let decoded = decoder.decode(block, &mut arena)?;
/// assert_eq!((decoded.refused, decoded.size), (None, 180));
///
/// let (pseudo, fields) = arena.fields().split_pseudo();
/// assert_eq!(pseudo.get(Known::PseudoAuthority), Some(&b"www.example.com"[..]));
/// assert!(fields.is_empty());
/// # Ok::<(), segue_http2::hpack::BlockError>(())
/// ```
pub struct Decoder {
    table: Table,
    /// The largest table that the other end may ask for.
    max: u32,
    /// The other end must begin its next block with a size of the table.
    owes_size: bool,
}

/// The outcome of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded {
    /// The limit of the arena that the block passed, if it did. The arena then has the fields in
    /// front of the first one that did not fit.
    pub refused: Option<Full>,
    /// The size of all fields, copied or not: the bytes of names and values, and 32 more a field
    /// (RFC 9113 §6.5.2). If the block was [refused](Self::refused), it may be less than that,
    /// since strings that are in Huffman code are then not decoded.
    pub size: usize,
}

impl Decoder {
    /// The largest table that a decoder can have, in bytes. It is well above the 4,096 that are
    /// customary, and lets a place in the table be two bytes.
    pub const MAX_TABLE: u32 = Table::MAX;

    /// Makes a decoder with a table of at most `max` bytes, up to [`MAX_TABLE`](Self::MAX_TABLE):
    /// the value of SETTINGS_HEADER_TABLE_SIZE, which is 4,096 for an end that announces none.
    ///
    /// Until the other end has acknowledged that setting it uses 4,096, so begin with that, and
    /// [set](Self::set_max_table) the other value then.
    #[must_use]
    pub const fn new(max: u32) -> Self {
        let table = Table::new(max);
        Self { max: if max < Table::MAX { max } else { Table::MAX }, table, owes_size: false }
    }

    /// Changes the bound on the table: the other end has acknowledged SETTINGS_HEADER_TABLE_SIZE
    /// (RFC 7541 §4.2). If its table is larger, its next block must begin by making it smaller.
    pub fn set_max_table(&mut self, max: u32) {
        self.max = max.min(Table::MAX);
        self.owes_size |= self.table.max() > self.max;
    }

    /// Returns the bound on the table, in bytes.
    #[must_use]
    pub const fn max_table(&self) -> u32 {
        self.max
    }

    /// Returns the size of the fields in the table, in bytes, as RFC 7541 §4.1 counts them.
    #[must_use]
    pub fn table_size(&self) -> usize {
        self.table.size()
    }

    /// Returns the bytes of memory that the table holds.
    #[must_use]
    pub fn held(&self) -> usize {
        self.table.held()
    }

    /// Decodes a whole block, and adds its fields to `arena`.
    ///
    /// # Errors
    /// When the block breaks a rule of RFC 7541. Nothing can be decoded after that.
    pub fn decode(&mut self, block: &[u8], arena: &mut Arena) -> Result<Decoded, BlockError> {
        let mut at = self.read_sizes(block)?;
        let mut decoded = Decoded { refused: None, size: 0 };
        while let Some(&first) = block.get(at) {
            let field_at = at;
            if first & 0x80 != 0 {
                let index;
                (index, at) = integer::read(block, at, 7)?;
                let indexed = self.entry(index).ok_or(BlockErrorKind::Index(index).at(field_at))?;
                indexed.push(arena, &mut decoded);
                continue;
            }
            let literal;
            (literal, at) = Literal::read(block, at, first)?;
            let named = match literal.index {
                0 => None,
                index => Some(self.entry(index).ok_or(BlockErrorKind::Index(index).at(field_at))?),
            };
            if decoded.refused.is_none() {
                let known = named.map(|entry| entry.known);
                match literal.copy(named, arena) {
                    Ok(Field { name, value, .. }) => {
                        decoded.size += name.len() + value.len() + OVERHEAD;
                        if literal.is_remembered {
                            self.table.insert(
                                name,
                                value,
                                known.unwrap_or_else(|| Known::of(name)),
                            );
                        }
                        continue;
                    }
                    Err(Stop::Full(full)) => decoded.refused = Some(full),
                    Err(Stop::Broken(error)) => return Err(error),
                }
            }
            decoded.size += self.skip(&literal)?;
        }
        Ok(decoded)
    }

    /// Reads the sizes of the table in front of the fields (RFC 7541 §4.2, §6.3).
    fn read_sizes(&mut self, block: &[u8]) -> Result<usize, BlockError> {
        let mut at = 0;
        while block.get(at).is_some_and(|first| first & 0xe0 == 0x20) {
            let (size, end) = integer::read(block, at, 5)?;
            if size > self.max {
                return Err(BlockErrorKind::TableSize { size, max: self.max }.at(at));
            }
            self.table.resize(size);
            self.owes_size = false;
            at = end;
        }
        if self.owes_size && !block.is_empty() {
            return Err(BlockErrorKind::MissingTableSize.at(0));
        }
        Ok(at)
    }

    /// Returns a field of either table (RFC 7541 §2.3.3).
    #[inline(always)]
    fn entry(&self, index: u32) -> Option<Entry<'_>> {
        if index <= static_table::LENGTH {
            let Static { text, name, known } =
                *static_table::TABLE.get(index.wrapping_sub(1) as usize)?;
            return Some(Entry { text: text.as_bytes(), name, known });
        }
        let found = self.table.get((index - static_table::LENGTH - 1) as usize)?;
        Some(Entry { text: found.text, name: found.name, known: found.known })
    }

    /// Reads a field that nobody is given, for the sake of the table. Returns its size, or less.
    #[cold]
    fn skip(&mut self, literal: &Literal<'_>) -> Result<usize, BlockError> {
        let named = self.entry(literal.index).filter(|_| literal.index > 0);
        let least =
            named.map_or(literal.name.min_len(), |entry| entry.name) + literal.value.min_len();
        if !literal.is_remembered {
            return Ok(least + OVERHEAD);
        }
        if !self.table.fits(least) {
            self.table.clear();
            return Ok(least + OVERHEAD);
        }
        // It may fit, so it is at most six times as long as the table as it is encoded.
        let (name, known) = match named {
            Some(entry) => (entry.name().to_vec(), entry.known),
            None => {
                let name = literal.name.to_vec()?;
                let known = Known::of(&name);
                (name, known)
            }
        };
        let value = literal.value.to_vec()?;
        self.table.insert(&name, &value, known);
        Ok(name.len() + value.len() + OVERHEAD)
    }
}

/// A field of a table.
#[derive(Clone, Copy)]
struct Entry<'a> {
    text: &'a [u8],
    name: usize,
    known: Option<Known>,
}

impl<'a> Entry<'a> {
    fn name(&self) -> &'a [u8] {
        &self.text[..self.name]
    }

    #[inline(always)]
    fn push(&self, arena: &mut Arena, decoded: &mut Decoded) {
        decoded.size += self.text.len() + OVERHEAD;
        if decoded.refused.is_none() {
            let (name, value) = self.text.split_at(self.name);
            decoded.refused = arena.push_as(self.known, name, value, 0).err();
        }
    }
}

/// A field that is not in a table, or not with its value (RFC 7541 §6.2).
struct Literal<'a> {
    /// The field that has the name; 0 if the name stands here.
    index: u32,
    name: Text<'a>,
    value: Text<'a>,
    is_remembered: bool,
    flags: u8,
}

impl<'a> Literal<'a> {
    #[inline]
    fn read(block: &'a [u8], at: usize, first: u8) -> Result<(Self, usize), BlockError> {
        let (prefix, is_remembered) = match first >> 4 {
            0 | 1 => (4, false),
            2 | 3 => return Err(BlockErrorKind::LateTableSize.at(at)),
            _ => (6, true),
        };
        let is_never = !is_remembered && first & 0x10 != 0;
        let flags = if is_never { Line::NEVER_INDEXED } else { 0 };
        let (index, mut at) = integer::read(block, at, prefix)?;
        let mut name = Text::EMPTY;
        if index == 0 {
            (name, at) = Text::read(block, at)?;
        }
        let (value, at) = Text::read(block, at)?;
        Ok((Self { index, name, value, is_remembered, flags }, at))
    }

    /// Copies it into the arena.
    #[inline(always)]
    fn copy<'b>(&self, named: Option<Entry<'_>>, arena: &'b mut Arena) -> Result<Field<'b>, Stop> {
        let mut line = arena.line(self.flags)?;
        match named {
            Some(entry) => {
                line.put(entry.name())?;
                line.end_name_as(entry.known)?;
            }
            None => {
                self.name.put(&mut line)?;
                line.end_name()?;
            }
        }
        self.value.put(&mut line)?;
        Ok(line.end())
    }
}

/// A string (RFC 7541 §5.2).
#[derive(Clone, Copy)]
struct Text<'a> {
    bytes: &'a [u8],
    is_huffman: bool,
    /// The offset of its content in the block.
    at: usize,
}

impl<'a> Text<'a> {
    const EMPTY: Self = Self { bytes: &[], is_huffman: false, at: 0 };

    #[inline]
    fn read(block: &'a [u8], at: usize) -> Result<(Self, usize), BlockError> {
        let is_huffman = block.get(at).is_some_and(|first| first & 0x80 != 0);
        let (length, at) = integer::read(block, at, 7)?;
        let end = at.saturating_add(length as usize);
        match block.get(at..end) {
            Some(bytes) => Ok((Self { bytes, is_huffman, at }, end)),
            None => Err(BlockErrorKind::Truncated.at(block.len())),
        }
    }

    /// Returns the fewest bytes that it can have when it is decoded.
    fn min_len(&self) -> usize {
        if self.is_huffman { huffman::min_decoded(self.bytes.len()) } else { self.bytes.len() }
    }

    fn to_vec(self) -> Result<Vec<u8>, BlockError> {
        if !self.is_huffman {
            return Ok(self.bytes.to_vec());
        }
        let mut decoded = vec![0; huffman::room(self.bytes.len())];
        let length = huffman::decode(self.bytes, &mut decoded).map_err(|it| self.broken(it))?;
        decoded.truncate(length);
        Ok(decoded)
    }

    fn broken(&self, broken: Broken) -> BlockError {
        match broken {
            Broken::End => BlockErrorKind::HuffmanEnd.at(self.at),
            Broken::Padding => BlockErrorKind::HuffmanPadding.at(self.at),
        }
    }

    /// Appends it to the field that is being written.
    #[inline(always)]
    fn put(&self, line: &mut LineWriter<'_>) -> Result<(), Stop> {
        if !self.is_huffman {
            return line.put(self.bytes).map_err(Stop::Full);
        }
        let room = huffman::room(self.bytes.len());
        let place = line.spare(room);
        if place.len() < room {
            return self.put_last(line);
        }
        let length =
            huffman::decode(self.bytes, place).map_err(|it| Stop::Broken(self.broken(it)))?;
        line.wrote(length);
        Ok(())
    }

    /// The same where the arena is nearly full.
    #[cold]
    fn put_last(&self, line: &mut LineWriter<'_>) -> Result<(), Stop> {
        if self.min_len() > line.room() {
            return Err(Stop::Full(Full::Size));
        }
        let decoded = self.to_vec().map_err(Stop::Broken)?;
        line.put(&decoded).map_err(Stop::Full)
    }
}

/// The reason why a field is not copied.
enum Stop {
    Full(Full),
    Broken(BlockError),
}

impl From<Full> for Stop {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

/// Shows sizes but no fields.
impl core::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Decoder")
            .field("fields", &self.table.len())
            .field("size", &self.table.size())
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}
