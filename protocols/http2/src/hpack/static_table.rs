//! The static table (RFC 7541 Appendix A).

use segue_http::Known;

use super::indexed::is_same_text;

/// An entry: the name with the value behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Static {
    pub(super) text: &'static str,
    pub(super) name: usize,
    pub(super) known: Option<Known>,
}

impl Static {
    #[inline]
    pub(super) fn name(&self) -> &'static [u8] {
        &self.text.as_bytes()[..self.name]
    }

    #[inline]
    pub(super) fn value(&self) -> &'static [u8] {
        &self.text.as_bytes()[self.name..]
    }
}

/// Returns the index of the first entry with this name, and the number of entries that have it.
#[inline]
pub(super) fn find_name(name: &[u8]) -> Option<(u32, u32)> {
    let last = name.last()?;
    let mut slot = hash(name.len(), name[0], *last);
    loop {
        let index = HASHED[slot];
        if index == 0 {
            return None;
        }
        if is_same_text(TABLE[usize::from(index) - 1].name(), name) {
            let count = match index {
                STATUS => 7,
                METHOD | PATH | SCHEME => 2,
                _ => 1,
            };
            return Some((u32::from(index), count));
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// Returns the index of the entry with this value, of those with a name that was found.
#[inline]
pub(super) fn find_value(name: Option<(u32, u32)>, value: &[u8]) -> Option<u32> {
    let (first, count) = name?;
    (first..first + count).find(|index| TABLE[*index as usize - 1].value() == value)
}

const METHOD: u8 = 2;
const PATH: u8 = 4;
const SCHEME: u8 = 6;
const STATUS: u8 = 8;

/// The number of entries.
pub(super) const LENGTH: u32 = 61;

const SLOTS: usize = 256;

const fn hash(length: usize, first: u8, last: u8) -> usize {
    (length * 7 + first as usize * 29 + last as usize * 3) % SLOTS
}

/// The first index of each name by its hash, with linear probing; 0 where there is none.
static HASHED: [u8; SLOTS] = hashed();

const fn hashed() -> [u8; SLOTS] {
    let mut slots = [0; SLOTS];
    let mut index: u8 = 1;
    while index as u32 <= LENGTH {
        let entry = TABLE[index as usize - 1];
        let text = entry.text.as_bytes();
        // Entries of one name stand together.
        let again = index > 1 && {
            let before = TABLE[index as usize - 2];
            before.name == entry.name && same(before.text.as_bytes(), text, entry.name)
        };
        if !again {
            let mut slot = hash(entry.name, text[0], text[entry.name - 1]);
            while slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = index;
        }
        index += 1;
    }
    slots
}

const fn same(one: &[u8], other: &[u8], length: usize) -> bool {
    let mut at = 0;
    while at < length {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

macro_rules! table {
    ($($name:literal $value:literal,)*) => {
        /// The entries; the first has the index 1.
        pub(super) static TABLE: [Static; LENGTH as usize] =
            [$(Static { text: concat!($name, $value), name: $name.len(), known: Known::of_text($name) },)*];
    };
}

table! {
    ":authority" "",
    ":method" "GET",
    ":method" "POST",
    ":path" "/",
    ":path" "/index.html",
    ":scheme" "http",
    ":scheme" "https",
    ":status" "200",
    ":status" "204",
    ":status" "206",
    ":status" "304",
    ":status" "400",
    ":status" "404",
    ":status" "500",
    "accept-charset" "",
    "accept-encoding" "gzip, deflate",
    "accept-language" "",
    "accept-ranges" "",
    "accept" "",
    "access-control-allow-origin" "",
    "age" "",
    "allow" "",
    "authorization" "",
    "cache-control" "",
    "content-disposition" "",
    "content-encoding" "",
    "content-language" "",
    "content-length" "",
    "content-location" "",
    "content-range" "",
    "content-type" "",
    "cookie" "",
    "date" "",
    "etag" "",
    "expect" "",
    "expires" "",
    "from" "",
    "host" "",
    "if-match" "",
    "if-modified-since" "",
    "if-none-match" "",
    "if-range" "",
    "if-unmodified-since" "",
    "last-modified" "",
    "link" "",
    "location" "",
    "max-forwards" "",
    "proxy-authenticate" "",
    "proxy-authorization" "",
    "range" "",
    "referer" "",
    "refresh" "",
    "retry-after" "",
    "server" "",
    "set-cookie" "",
    "strict-transport-security" "",
    "transfer-encoding" "",
    "user-agent" "",
    "vary" "",
    "via" "",
    "www-authenticate" "",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_with_all_of_its_entries() {
        for (index, entry) in (1..).zip(&TABLE) {
            let (first, count) = find_name(entry.name()).expect("it is in the table");
            assert!((first..first + count).contains(&index), "{}", entry.text);
            assert_eq!(entry.known, Known::of(entry.name()));
            assert!(entry.known.is_some());
            for other in first..first + count {
                assert_eq!(TABLE[other as usize - 1].name(), entry.name());
            }
        }
        for name in ["", "x", "content-typf", "Accept", "acceptx", ":statu", "www-authenticatf"] {
            assert_eq!(find_name(name.as_bytes()), None, "{name}");
        }
    }

    /// RFC 7541 Appendix A, at its corners.
    #[test]
    fn entries_have_their_numbers() {
        for (index, name, value) in [
            (1, ":authority", ""),
            (8, ":status", "200"),
            (16, "accept-encoding", "gzip, deflate"),
            (32, "cookie", ""),
            (58, "user-agent", ""),
            (61, "www-authenticate", ""),
        ] {
            let entry: &Static = &TABLE[index - 1];
            assert_eq!((entry.name(), entry.value()), (name.as_bytes(), value.as_bytes()));
        }
    }
}
