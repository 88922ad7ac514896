//! Writing header blocks.

use alloc::vec::Vec;
use core::fmt;

use segue_http::{Field, Line, is_name, is_value};

use super::{
    EncodeError, huffman,
    indexed::{Hashes, Indexed, Number},
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
    /// What was found out about the fields of the present head.
    plans: Vec<Plan>,
}

/// What is found out about a field while its head is checked.
#[derive(Debug, Clone, Copy)]
enum Plan {
    /// It is in the dynamic table.
    Dynamic(Number),
    /// It is in the static table.
    Static(u32),
    /// It is in none. Its name may be in the static table.
    New(Hashes, Option<u32>),
}

const _: () = assert!(size_of::<Plan>() <= 24);

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
            plans: Vec::new(),
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

    /// Returns the bytes of memory that are held, used or not: by the table, and while heads are
    /// encoded by 24 for each field of the longest.
    #[must_use]
    pub fn held(&self) -> usize {
        self.table.held() + self.plans.capacity() * size_of::<Plan>()
    }

    /// Releases the memory that only the encoding of heads needs.
    pub(crate) fn rest(&mut self) {
        self.plans = Vec::new();
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
        self.encode_checked(fields.into_iter(), block, |_, _| Ok(()))
    }

    /// Does the same with a rule of the caller's own besides, which is given the place of each field.
    ///
    /// Fields that are in the dynamic table are not checked again: they came there by a head that was.
    /// So all heads of an encoder need the same rule.
    pub(crate) fn encode_checked<'a, E: From<EncodeError>>(
        &mut self,
        fields: impl Iterator<Item = Field<'a>> + Clone,
        block: &mut Vec<u8>,
        rule: impl Fn(usize, &Field<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut plans = core::mem::take(&mut self.plans);
        plans.clear();
        let checked = self.check(fields.clone(), rule, |plan| plans.push(plan));
        if checked.is_ok() {
            let since = self.table.last();
            self.write_sizes(block);
            fields.zip(&plans).for_each(|(field, plan)| self.write(field, *plan, since, block));
        }
        self.plans = plans;
        checked
    }

    /// Checks what [`encode_checked`](Self::encode_checked) does, for a head that is encoded later.
    pub(crate) fn check_only<'a, E: From<EncodeError>>(
        &self,
        fields: impl Iterator<Item = Field<'a>>,
        rule: impl Fn(usize, &Field<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check(fields, rule, |_| {})
    }

    #[inline]
    fn check<'a, E: From<EncodeError>>(
        &self,
        fields: impl Iterator<Item = Field<'a>>,
        rule: impl Fn(usize, &Field<'a>) -> Result<(), E>,
        mut found: impl FnMut(Plan),
    ) -> Result<(), E> {
        let mut size = 0_usize;
        for (line, field) in fields.enumerate() {
            let plan = self.find(&field);
            match plan {
                Plan::Dynamic(_) => {}
                Plan::Static(_) => rule(line, &field)?,
                Plan::New(_, name) => {
                    check(line, &field, name.is_some())?;
                    rule(line, &field)?;
                }
            }
            found(plan);
            size = size.saturating_add(field.name.len() + field.value.len() + OVERHEAD);
        }
        let max = self.max_list;
        if size > max { Err(EncodeError::Size { size, max }.into()) } else { Ok(()) }
    }

    /// Finds a field in the tables, unless it is never to be in one.
    #[inline]
    fn find(&self, field: &Field<'_>) -> Plan {
        let Field { name, value, flags } = *field;
        let may_be_indexed = flags & Line::NEVER_INDEXED == 0;
        let is_pseudo = name.first() == Some(&b':');
        let mut static_name = None;
        if is_pseudo {
            static_name = static_table::find_name(name);
            if may_be_indexed && let Some(index) = static_table::find_value(static_name, value) {
                return Plan::Static(index);
            }
        }
        let hashes = Hashes::of(name, value);
        // Most other fields of most heads were remembered before.
        if may_be_indexed && let Some(number) = self.table.find(hashes, name, value) {
            return Plan::Dynamic(number);
        }
        if !is_pseudo {
            static_name = static_table::find_name(name);
            if may_be_indexed && let Some(index) = static_table::find_value(static_name, value) {
                return Plan::Static(index);
            }
        }
        Plan::New(hashes, static_name.map(|(first, _)| first))
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

    /// Writes a field by its plan, which was made when the last field of the table was `since`.
    fn write(&mut self, field: Field<'_>, plan: Plan, since: Number, block: &mut Vec<u8>) {
        let mut plan = plan;
        // Fields in front may have driven it out, or be the same.
        let is_outdated = match plan {
            Plan::Dynamic(number) => self.table.index_of(number).is_none(),
            Plan::Static(_) => false,
            Plan::New(..) => self.table.last() != since,
        };
        if is_outdated {
            plan = self.find(&field);
        }
        let (hashes, static_name) = match plan {
            Plan::Dynamic(number) => {
                // It was found in the table just now.
                let index = self.table.index_of(number).unwrap_or_default();
                return integer::write(block, INDEXED, 7, index);
            }
            Plan::Static(index) => return integer::write(block, INDEXED, 7, index),
            Plan::New(hashes, name) => (hashes, name),
        };
        let Field { name, value, .. } = field;
        let index = static_name.or_else(|| self.table.find_name(hashes, name));
        match self.manner(&field, static_name.unwrap_or(0)) {
            Manner::Never => write_literal(block, NEVER, 4, index, name, value),
            Manner::Plain => write_literal(block, PLAIN, 4, index, name, value),
            Manner::Remembered => {
                write_literal(block, REMEMBERED, 6, index, name, value);
                self.table.insert(name, value, hashes);
            }
        }
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

/// Checks a field that is in no table.
fn check(line: usize, field: &Field<'_>, is_name_known: bool) -> Result<(), EncodeError> {
    let Field { name, value, .. } = *field;
    let is_right = || is_name(name.strip_prefix(b":").unwrap_or(name)) && name.len() <= LONGEST;
    if !is_name_known && !is_right() {
        return Err(EncodeError::Name(line));
    }
    if !is_value(value) || value.len() > LONGEST {
        return Err(EncodeError::Value(line));
    }
    Ok(())
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
