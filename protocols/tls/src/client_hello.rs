//! The first message of a client.

use core::{fmt, ops::Range, str};

use segue::Fault;

use crate::{
    Error,
    reader::{Malformed, Reader},
};

/// A ClientHello, lent from the bytes of its message (RFC 8446 §4.1.2).
///
/// It says which server the client wants to reach and which protocols it speaks, before anything is
/// encrypted: enough to choose a certificate, or a backend to pass the connection on to. Nothing in
/// it is proven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientHello<'a> {
    version: u16,
    random: &'a [u8],
    session_id: &'a [u8],
    cipher_suites: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> ClientHello<'a> {
    /// The type of its handshake message (RFC 8446 §4).
    pub const KIND: u8 = 1;

    /// Reads the body of the message, without its header of four bytes. The offset of a fault
    /// counts from the front of the body.
    ///
    /// # Errors
    /// [`Error::ClientHello`] for fields that are cut off, of an odd length or followed by other
    /// bytes, for an extension that is there twice, and for a malformed server name, protocol or
    /// list of versions.
    pub fn read(body: &'a [u8]) -> Result<Self, Fault<Error>> {
        Ok(Self::of(body, &Places::read(body)?))
    }

    /// Returns the fields of a message that was read before.
    pub(crate) fn of(body: &'a [u8], places: &Places) -> Self {
        let at = |range: &Range<usize>| body.get(range.clone()).unwrap_or_default();
        Self {
            version: places.version,
            random: at(&(2..2 + RANDOM)),
            session_id: at(&places.session_id),
            cipher_suites: at(&places.cipher_suites),
            extensions: at(&places.extensions),
        }
    }

    /// Returns the version field, which clients of TLS 1.3 set to 0x0303: see
    /// [`versions`](Self::versions).
    #[must_use]
    pub fn legacy_version(&self) -> u16 {
        self.version
    }

    /// Returns the 32 random bytes. A key log finds the secrets of a connection by them.
    #[must_use]
    pub fn random(&self) -> &'a [u8] {
        self.random
    }

    /// Returns the session id, of up to 32 bytes.
    #[must_use]
    pub fn session_id(&self) -> &'a [u8] {
        self.session_id
    }

    /// Returns the cipher suites in the client's order.
    pub fn cipher_suites(&self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        pairs(self.cipher_suites)
    }

    /// Returns the type and content of each extension in the client's order.
    pub fn extensions(&self) -> impl Iterator<Item = (u16, &'a [u8])> + Clone + use<'a> {
        Extensions(Reader::new(self.extensions)).flatten()
    }

    /// Returns the content of the extension of this type.
    #[must_use]
    pub fn extension(&self, kind: u16) -> Option<&'a [u8]> {
        self.extensions().find(|(other, _)| *other == kind).map(|(_, content)| content)
    }

    /// Returns the name of the server that the client wants to reach (RFC 6066 §3): ASCII without
    /// control characters and spaces, in the case in which it came.
    #[must_use]
    pub fn server_name(&self) -> Option<&'a str> {
        read_server_name(Reader::new(self.extension(SERVER_NAME)?)).ok()?
    }

    /// Returns the protocols that the client would speak behind TLS, its favourite first (RFC
    /// 7301): `h2`, `http/1.1`.
    pub fn alpn(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let list = self.extension(ALPN).and_then(|content| Reader::new(content).long().ok());
        Protocols(list.unwrap_or(Reader::new(&[])))
    }

    /// Returns the versions that the client offers (RFC 8446 §4.2.1), its favourite first: 0x0304
    /// is TLS 1.3. A client without the extension offers the version field.
    pub fn versions(&self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        let list = self.extension(SUPPORTED_VERSIONS).and_then(|list| list.get(1..));
        let legacy = list.is_none().then_some(self.version);
        pairs(list.unwrap_or_default()).chain(legacy)
    }

    /// Returns the groups for the key exchange (RFC 8446 §4.2.7).
    pub fn groups(&self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        self.list_of(SUPPORTED_GROUPS)
    }

    /// Returns the signature schemes (RFC 8446 §4.2.3).
    pub fn signature_schemes(&self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        self.list_of(SIGNATURE_ALGORITHMS)
    }

    /// Returns true if data comes before the handshake is done (RFC 8446 §4.2.10).
    #[must_use]
    pub fn has_early_data(&self) -> bool {
        self.extension(EARLY_DATA).is_some()
    }

    fn list_of(&self, kind: u16) -> impl Iterator<Item = u16> + Clone + use<'a> {
        pairs(self.extension(kind).and_then(|list| list.get(2..)).unwrap_or_default())
    }
}

/// Shows neither the random bytes nor the session id, which find the connection in a key log.
impl fmt::Debug for ClientHello<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientHello")
            .field("server_name", &self.server_name())
            .field("extensions", &self.extensions().count())
            .finish_non_exhaustive()
    }
}

/// The places of the fields in a message that was read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Places {
    version: u16,
    session_id: Range<usize>,
    cipher_suites: Range<usize>,
    extensions: Range<usize>,
}

impl Places {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let version = reader.u16()?;
        reader.take(RANDOM)?;
        let session_id = reader.short()?;
        if session_id.all().len() > 32 {
            return Err(Malformed { at: session_id.at() + 32 });
        }
        let cipher_suites = reader.long()?;
        numbers(cipher_suites)?;
        reader.short()?; // compression methods, of which there is one left
        // A client of old may have none (RFC 5246 §7.4.1.2).
        let extensions = if reader.is_empty() { Reader::new(&[]) } else { reader.long()? };
        reader.end()?;
        check_extensions(extensions)?;
        Ok(Self {
            version,
            session_id: session_id.range(),
            cipher_suites: cipher_suites.range(),
            extensions: extensions.range(),
        })
    }
}

struct Extensions<'a>(Reader<'a>);

impl Clone for Extensions<'_> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Result<(u16, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let one = self.0.u16().and_then(|kind| Ok((kind, self.0.long()?.all())));
        if one.is_err() {
            self.0 = Reader::new(&[]);
        }
        Some(one)
    }
}

#[derive(Clone)]
struct Protocols<'a>(Reader<'a>);

impl<'a> Iterator for Protocols<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        Some(self.0.short().ok()?.all())
    }
}

/// Checks each extension that is read later, and that none is there twice (RFC 8446 §4.2).
fn check_extensions(mut extensions: Reader<'_>) -> Result<(), Malformed> {
    let mut seen = [0_u64; SEEN / 64];
    let all = extensions.all();
    let begin = extensions.at();
    while !extensions.is_empty() {
        let at = extensions.at();
        let kind = extensions.u16()?;
        let mut content = extensions.long()?;
        let is_second = match seen.get_mut(usize::from(kind) / 64) {
            Some(word) => {
                let bit = 1 << (kind % 64);
                let is_second = *word & bit != 0;
                *word |= bit;
                is_second
            }
            // Those of private use and grease are few; they are looked for one by one.
            None => Extensions(Reader::new(&all[..at - begin]))
                .flatten()
                .any(|(other, _)| other == kind),
        };
        if is_second {
            return Err(Malformed { at });
        }
        match kind {
            SERVER_NAME => drop(read_server_name(content)?),
            ALPN => {
                let mut list = content.long()?;
                content.end()?;
                while !list.is_empty() {
                    let protocol = list.short()?;
                    if protocol.is_empty() {
                        return Err(Malformed { at: protocol.at() });
                    }
                }
            }
            SUPPORTED_VERSIONS => {
                let list = content.short()?;
                content.end()?;
                numbers(list)?;
            }
            SUPPORTED_GROUPS | SIGNATURE_ALGORITHMS => {
                let list = content.long()?;
                content.end()?;
                numbers(list)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads the list of one name (RFC 6066 §3).
fn read_server_name(mut content: Reader<'_>) -> Result<Option<&str>, Malformed> {
    // A server answers with an empty one, and some clients send that too.
    if content.is_empty() {
        return Ok(None);
    }
    let mut list = content.long()?;
    content.end()?;
    let at = list.at();
    if list.u8()? != HOST_NAME {
        return Err(Malformed { at });
    }
    let name = list.long()?;
    list.end()?;
    let bad = name.all().iter().position(|byte| !byte.is_ascii_graphic());
    match bad.or(name.is_empty().then_some(0)) {
        Some(bad) => Err(Malformed { at: name.at() + bad }),
        None => str::from_utf8(name.all()).map(Some).map_err(|_| Malformed { at: name.at() }),
    }
}

/// Checks a list of numbers of two bytes each.
fn numbers(list: Reader<'_>) -> Result<(), Malformed> {
    let length = list.all().len();
    if length.is_multiple_of(2) && length > 0 {
        Ok(())
    } else {
        Err(Malformed { at: list.at() + length })
    }
}

/// Returns the numbers of two bytes each of a list that was checked.
fn pairs(list: &[u8]) -> impl Iterator<Item = u16> + Clone + use<'_> {
    list.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair))
}

/// The types of extensions below this are marked by bits when they are seen.
const SEEN: usize = 128;

/// The bytes of the random field.
const RANDOM: usize = 32;

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const EARLY_DATA: u16 = 42;
const SUPPORTED_VERSIONS: u16 = 43;

/// The only type of a name (RFC 6066 §3).
const HOST_NAME: u8 = 0;
