//! Writing header blocks.

use alloc::vec::Vec;
use core::fmt;

use segue_http::{Field, Line, is_name, is_value};

use super::{
    huffman,
    indexed::{Indexed, hash_name, hash_value},
    integer, static_table,
    table::OVERHEAD,
};

/// The writing end of HPACK: it encodes header blocks, and remembers what it told the other end to
/// (RFC 7541).
///
/// Fields that may come again are remembered, others are not, and some are never to be: those that
/// are [marked](Line::NEVER_INDEXED), `authorization` and `proxy-authorization`, and cookies of less
/// than 20 bytes. With those in the table, an attacker who can add fields could guess them byte by
/// byte (RFC 7541 §7.1). Strings are in Huffman code where that is shorter.
///
/// A head is checked as a whole before anything is written. One that is refused leaves the encoder
/// as it was.
///
/// ```
/// use segue_http::{Arena, Known};
/// use segue_http2::hpack::{Decoder, Encoder};
///
/// let mut head = Arena::new();
/// head.push_known(Known::PseudoStatus, b"200", 0)?;
/// head.push_known(Known::ContentType, b"text/html", 0)?;
///
/// let (mut encoder, mut first, mut second) = (Encoder::new(4096), vec![], vec![]);
/// encoder.encode(head.fields().lines(), &mut first)?;
/// encoder.encode(head.fields().lines(), &mut second)?;
/// assert_eq!((first.len(), &second[..]), (10, &b"\x88\xbe"[..]));
///
/// let (mut decoder, mut decoded) = (Decoder::new(4096), Arena::new());
/// decoder.decode(&first, &mut decoded)?;
/// decoded.clear();
/// decoder.decode(&second, &mut decoded)?;
/// assert_eq!(decoded, head);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Encoder {
    table: Indexed,
    /// The largest table of our own choice.
    max: u32,
    /// The sizes of the table that the next block begins with: the smallest since the last block,
    /// and the present one.
    resized: Option<(u32, u32)>,
    max_list: usize,
}

/// The reason why a head is not encoded. Nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The name of this field, counted from 0, is not one: it is empty, has upper case, or a byte
    /// that no name has (RFC 9113 §8.2.1).
    Name(usize),
    /// The value of this field, counted from 0, has a control character, or a blank at an end (RFC
    /// 9113 §8.2.1).
    Value(usize),
    /// The fields are larger than the other end takes, by SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113
    /// §10.5.1).
    Size {
        /// Their size, in bytes, with 32 more a field.
        size: usize,
        /// The largest that is taken.
        max: usize,
    },
}

impl Encoder {
    /// The largest table that an encoder can have, in bytes: finding a field takes time in
    /// proportion to the number of fields, of which these are 512 at most.
    pub const MAX_TABLE: u32 = 16 * 1024;

    /// Makes an encoder with a table of at most `max` bytes, up to [`MAX_TABLE`](Self::MAX_TABLE).
    /// With 0 it remembers nothing. It uses no more than 4,096 before the other end has
    /// [allowed](Self::set_max_table) more.
    #[must_use]
    pub fn new(max: u32) -> Self {
        let max = max.min(Self::MAX_TABLE);
        let size = max.min(DEFAULT);
        Self {
            table: Indexed::new(size),
            max,
            resized: (size < DEFAULT).then_some((size, size)),
            max_list: usize::MAX,
        }
    }

    /// Sets the largest table that the other end allows: its SETTINGS_HEADER_TABLE_SIZE. The next
    /// block begins with the new size (RFC 7541 §4.2).
    pub fn set_max_table(&mut self, max: u32) {
        let size = max.min(self.max);
        let present = self.resized.map_or(self.table.max(), |(_, present)| present);
        if size != present {
            let least = self.resized.map_or(size, |(least, _)| least.min(size));
            self.resized = Some((least, size));
        }
    }

    /// Sets the size of the largest head that the other end takes: its
    /// SETTINGS_MAX_HEADER_LIST_SIZE.
    pub fn set_max_list(&mut self, max: usize) {
        self.max_list = max;
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

    /// Appends a block of these fields, in their order, to `block`. Pseudo-fields must be the first
    /// (RFC 9113 §8.3), which is up to the caller.
    ///
    /// Blocks must be sent in the order in which they were encoded, each whole.
    ///
    /// # Errors
    /// When the other end would have to refuse the head. The encoder and `block` are as they were.
    pub fn encode<'a, I>(&mut self, fields: I, block: &mut Vec<u8>) -> Result<(), EncodeError>
    where
        I: IntoIterator<Item = Field<'a>>,
        I::IntoIter: Clone,
    {
        let fields = fields.into_iter();
        self.check(fields.clone())?;
        self.write_sizes(block);
        fields.for_each(|field| self.write(field, block));
        Ok(())
    }

    /// Checks what [`encode`](Self::encode) does.
    pub(crate) fn check<'a>(
        &self,
        fields: impl Iterator<Item = Field<'a>>,
    ) -> Result<(), EncodeError> {
        let mut size = 0_usize;
        for (line, Field { name, value, .. }) in fields.enumerate() {
            let is_known = static_table::find_name(name).is_some();
            if !is_known
                && (!is_name(name.strip_prefix(b":").unwrap_or(name)) || name.len() > LONGEST)
            {
                return Err(EncodeError::Name(line));
            }
            if !is_value(value) || value.len() > LONGEST {
                return Err(EncodeError::Value(line));
            }
            size = size.saturating_add(name.len() + value.len() + OVERHEAD);
        }
        let max = self.max_list;
        if size > max { Err(EncodeError::Size { size, max }) } else { Ok(()) }
    }

    fn write_sizes(&mut self, block: &mut Vec<u8>) {
        let Some((least, present)) = self.resized.take() else { return };
        if least < present {
            integer::write(block, SIZE, 5, least);
        }
        integer::write(block, SIZE, 5, present);
        self.table.resize(least);
        self.table.resize(present);
    }

    fn write(&mut self, field: Field<'_>, block: &mut Vec<u8>) {
        let Field { name, value, flags } = field;
        let name_hash = hash_name(name);
        let is_pseudo = name.first() == Some(&b':');
        // Most fields of most heads were remembered before.
        if !is_pseudo
            && flags & Line::NEVER_INDEXED == 0
            && let Some(index) = self.table.find(hash_value(name_hash, value), name, value)
        {
            return integer::write(block, INDEXED, 7, index);
        }
        let found = static_table::find_name(name);
        if let Some((first, count)) = found
            && flags & Line::NEVER_INDEXED == 0
        {
            for index in first..first + count {
                if static_table::TABLE[index as usize - 1].value() == value {
                    return integer::write(block, INDEXED, 7, index);
                }
            }
        }
        let static_name = found.map(|(first, _)| first);
        let manner = self.manner(&field, static_name.unwrap_or(0));
        if manner != Manner::Remembered {
            let first = if manner == Manner::Never { NEVER } else { PLAIN };
            let index = static_name.or_else(|| self.table.find_name(name_hash, name));
            return write_literal(block, first, 4, index, name, value);
        }
        let field_hash = hash_value(name_hash, value);
        if is_pseudo && let Some(index) = self.table.find(field_hash, name, value) {
            return integer::write(block, INDEXED, 7, index);
        }
        let index = static_name.or_else(|| self.table.find_name(name_hash, name));
        write_literal(block, REMEMBERED, 6, index, name, value);
        self.table.insert(name, value, field_hash, name_hash);
    }

    /// Decides if a field is remembered. `index` is that of its name in the static table, or 0.
    fn manner(&self, field: &Field<'_>, index: u32) -> Manner {
        if field.flags & Line::NEVER_INDEXED != 0 {
            return Manner::Never;
        }
        let length = field.name.len() + field.value.len();
        match index {
            AUTHORIZATION | PROXY_AUTHORIZATION => Manner::Never,
            COOKIE | SET_COOKIE if field.value.len() < GUESSED => Manner::Never,
            // Most have a value of their own each time.
            PATH | AGE | CONTENT_LENGTH | CONTENT_RANGE | ETAG | IF_MODIFIED_SINCE
            | IF_NONE_MATCH | LAST_MODIFIED | LOCATION | SET_COOKIE => Manner::Plain,
            // It would drive out nearly all others.
            _ if (length + OVERHEAD) * 2 > self.table.max() as usize => Manner::Plain,
            _ => Manner::Remembered,
        }
    }
}

/// The ways to write a field that is not in a table (RFC 7541 §6.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Remembered,
    Plain,
    /// No intermediary may remember it, either.
    Never,
}

fn write_literal(
    block: &mut Vec<u8>,
    first: u8,
    prefix: u32,
    index: Option<u32>,
    name: &[u8],
    value: &[u8],
) {
    match index {
        Some(index) => integer::write(block, first, prefix, index),
        None => {
            block.push(first);
            write_text(block, name);
        }
    }
    write_text(block, value);
}

/// Writes a string, in Huffman code if that is shorter (RFC 7541 §5.2).
fn write_text(block: &mut Vec<u8>, text: &[u8]) {
    // Its length was checked.
    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let encoded = huffman::encoded_len(text);
    if encoded < text.len() {
        integer::write(block, HUFFMAN, 7, length(encoded));
        huffman::encode(text, block);
    } else {
        integer::write(block, 0, 7, length(text.len()));
        block.extend_from_slice(text);
    }
}

/// The size of the table before any setting (RFC 9113 §6.5.2).
const DEFAULT: u32 = 4096;

/// Cookies from this many bytes on cannot be guessed.
const GUESSED: usize = 20;

/// The longest string: what the other end's integers can say, with a large margin.
const LONGEST: usize = 1 << 24;

// The first byte of each representation (RFC 7541 §6), and the mark of Huffman code (§5.2).
const INDEXED: u8 = 0x80;
const REMEMBERED: u8 = 0x40;
const SIZE: u8 = 0x20;
const NEVER: u8 = 0x10;
const PLAIN: u8 = 0x00;
const HUFFMAN: u8 = 0x80;

// Names of the static table (RFC 7541 Appendix A).
const PATH: u32 = 4;
const AGE: u32 = 21;
const AUTHORIZATION: u32 = 23;
const CONTENT_LENGTH: u32 = 28;
const CONTENT_RANGE: u32 = 30;
const COOKIE: u32 = 32;
const ETAG: u32 = 34;
const IF_MODIFIED_SINCE: u32 = 40;
const IF_NONE_MATCH: u32 = 41;
const LAST_MODIFIED: u32 = 44;
const LOCATION: u32 = 46;
const PROXY_AUTHORIZATION: u32 = 49;
const SET_COOKIE: u32 = 55;

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(line) => {
                write!(f, "the name of field {line} is not a token in lower case (RFC 9113 §8.2.1)")
            }
            Self::Value(line) => write!(
                f,
                "the value of field {line} has a control character, or a blank at an end (RFC 9113 \
                 §8.2.1)"
            ),
            Self::Size { size, max } => {
                write!(f, "fields of {size} bytes where the peer takes {max} (RFC 9113 §10.5.1)")
            }
        }
    }
}

impl core::error::Error for EncodeError {}

/// Shows sizes but no fields.
impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("fields", &self.table.len())
            .field("size", &self.table.size())
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}
