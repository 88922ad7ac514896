//! Key logs, which TLS libraries write to `SSLKEYLOGFILE` so that captures can be read.
//!
//! The format was NSS's and is that of a draft of the IETF's TLS group (draft-ietf-tls-keylogfile
//! §2): a line has a label, the random of the ClientHello and a secret, in hexadecimal digits.

use alloc::{collections::BTreeMap, vec::Vec};
use core::{convert::Infallible, fmt};

use segue::{Decode, DecodeExt, Fault, separator};

/// The purpose of a secret (draft-ietf-tls-keylogfile §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyLogLabel {
    /// 0-RTT packets.
    ClientEarly,
    /// Handshake packets of the client.
    ClientHandshake,
    /// Handshake packets of the server.
    ServerHandshake,
    /// 1-RTT packets of the client, before the first key update.
    ClientTraffic,
    /// 1-RTT packets of the server, before the first key update.
    ServerTraffic,
}

impl KeyLogLabel {
    /// All labels, with their names on a line. Other labels are of no use for packets.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::ClientEarly, "CLIENT_EARLY_TRAFFIC_SECRET"),
        (Self::ClientHandshake, "CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
        (Self::ServerHandshake, "SERVER_HANDSHAKE_TRAFFIC_SECRET"),
        (Self::ClientTraffic, "CLIENT_TRAFFIC_SECRET_0"),
        (Self::ServerTraffic, "SERVER_TRAFFIC_SECRET_0"),
    ];
}

/// One secret of a key log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyLogEntry {
    /// The purpose of the secret.
    pub label: KeyLogLabel,
    /// The random of the ClientHello of its connection.
    pub client_random: [u8; 32],
    secret: [u8; MAX_SECRET],
    length: u8,
}

impl KeyLogEntry {
    /// Reads the entry on a line without its line end. None for a line without one: empty, a
    /// comment, or with a label that is of no use for packets.
    ///
    /// ```
    /// use segue_quic::{KeyLogEntry, KeyLogLabel};
    ///
    /// let line = format!("SERVER_TRAFFIC_SECRET_0 {} {}", "01".repeat(32), "fE".repeat(48));
    /// let entry = KeyLogEntry::parse(line.as_bytes())?.unwrap();
    /// assert_eq!((entry.label, entry.client_random), (KeyLogLabel::ServerTraffic, [1; 32]));
    /// assert_eq!(entry.secret(), [0xfe; 48]);
    /// assert!(KeyLogEntry::parse(b"# made by hand")?.is_none());
    /// assert!(KeyLogEntry::parse(b"SERVER_TRAFFIC_SECRET_0 01 02").is_err());
    /// # Ok::<(), segue_quic::KeyLogError>(())
    /// ```
    ///
    /// # Errors
    /// If a line with a known label is malformed.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, KeyLogError> {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default();
        let known = KeyLogLabel::ALL.iter().find(|(_, known)| known.as_bytes() == name);
        let Some(&(label, _)) = known else { return Ok(None) };
        let (Some(random), Some(hex), None) = (words.next(), words.next(), words.next()) else {
            return Err(KeyLogError::Words);
        };
        let (mut client_random, mut secret) = ([0; 32], [0; MAX_SECRET]);
        if from_hex(random, &mut client_random)? != 32 {
            return Err(KeyLogError::Random);
        }
        let length = from_hex(hex, &mut secret)?;
        // SHA-256 and SHA-384 are the hashes of TLS 1.3.
        match u8::try_from(length) {
            Ok(length @ (32 | 48)) => Ok(Some(Self { label, client_random, secret, length })),
            _ => Err(KeyLogError::Secret),
        }
    }

    /// Returns the secret: 32 or 48 bytes, the size of the hash of the cipher suite. To use it,
    /// give it with the suite to [`protect::Secret`](crate::protect).
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.secret[..usize::from(self.length)]
    }
}

/// Does not show the secret.
impl fmt::Debug for KeyLogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogEntry").field("label", &self.label).finish_non_exhaustive()
    }
}

/// The error in a line of a key log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyLogError {
    /// The line does not have three words.
    Words,
    /// The random of the ClientHello does not have 32 bytes.
    Random,
    /// The secret has neither 32 nor 48 bytes.
    Secret,
    /// A field is not hexadecimal, or has an odd number of digits.
    Hex,
}

impl fmt::Display for KeyLogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Words => "a line does not have three words",
            Self::Random => "the client random does not have 32 bytes",
            Self::Secret => "the secret has neither 32 nor 48 bytes",
            Self::Hex => "a field is not hexadecimal",
        })?;
        f.write_str(" (draft-ietf-tls-keylogfile §2)")
    }
}

impl core::error::Error for KeyLogError {}

/// Reading a line cannot fail otherwise.
impl From<Infallible> for KeyLogError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A stage that reads the lines of a key log. Each line is an item, some without an entry.
///
/// - Complete input: each line is an item; a malformed line is a recoverable fault.
/// - Partial input: the stage needs the end of the line.
/// - At the end of the stream: done behind a line's end, a truncation inside a line.
///
/// A line has at most 512 bytes: a label, two digits for each of at most 80 bytes, and some room
/// for other labels.
///
/// ```
/// use segue::{Buffer, Output, Step};
///
/// let log = format!("# a comment\nCLIENT_TRAFFIC_SECRET_0 {0} {0}\n", "07".repeat(32));
/// let mut buffer = Buffer::from(log.as_bytes());
/// let (mut lines, mut output) = (segue_quic::key_log(), Output::new());
/// assert_eq!(buffer.step(&mut lines, true, &mut output)?, Step::Item(None));
/// let Step::Item(Some(entry)) = buffer.step(&mut lines, true, &mut output)? else { panic!() };
/// assert_eq!(entry.secret(), [7; 32]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn key_log() -> impl for<'a> Decode<Item<'a> = Option<KeyLogEntry>, Error = KeyLogError> {
    separator::line()
        .max(MAX_LINE)
        .try_map(|line| KeyLogEntry::parse(&line).map_err(|error| Fault::new(error).recoverable()))
}

/// The content of a key log: the secrets of many connections.
///
/// ```
/// use segue_quic::{KeyLog, KeyLogLabel};
///
/// let text = format!("CLIENT_TRAFFIC_SECRET_0 {} {}\n", "01".repeat(32), "02".repeat(32));
/// let log = KeyLog::read(text.as_bytes());
/// assert_eq!(log.secret(&[1; 32], KeyLogLabel::ClientTraffic), Some(&[2; 32][..]));
/// assert_eq!(log.secret(&[1; 32], KeyLogLabel::ServerTraffic), None);
/// assert!(log.refused().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeyLog {
    entries: BTreeMap<([u8; 32], KeyLogLabel), KeyLogEntry>,
    refused: Vec<(usize, KeyLogError)>,
}

impl KeyLog {
    /// Creates a log without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a whole log. Malformed lines are skipped, and [listed](Self::refused).
    #[must_use]
    pub fn read(log: &[u8]) -> Self {
        let mut read = Self::new();
        for (index, line) in log.split(|&byte| byte == b'\n').enumerate() {
            match KeyLogEntry::parse(line) {
                Ok(Some(entry)) => read.insert(entry),
                Ok(None) => {}
                Err(error) => read.refused.push((index + 1, error)),
            }
        }
        read
    }

    /// Adds an entry. It replaces one with the same label and random.
    pub fn insert(&mut self, entry: KeyLogEntry) {
        self.entries.insert((entry.client_random, entry.label), entry);
    }

    /// Returns the secret of the connection whose ClientHello has this random.
    #[must_use]
    pub fn secret(&self, client_random: &[u8; 32], label: KeyLogLabel) -> Option<&[u8]> {
        self.entries.get(&(*client_random, label)).map(KeyLogEntry::secret)
    }

    /// Returns the randoms of all connections with secrets.
    pub fn connections(&self) -> impl Iterator<Item = &[u8; 32]> {
        let mut last = None;
        let randoms = self.entries.keys().map(|(random, _)| random);
        randoms.filter(move |&random| last.replace(random) != Some(random))
    }

    /// Returns the numbers of malformed lines, from 1 on, with their errors.
    #[must_use]
    pub fn refused(&self) -> &[(usize, KeyLogError)] {
        &self.refused
    }
}

/// Reads hexadecimal digits into `out`, and says how many bytes they made.
fn from_hex(digits: &[u8], out: &mut [u8]) -> Result<usize, KeyLogError> {
    let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(KeyLogError::Hex);
    if !digits.len().is_multiple_of(2) {
        return Err(KeyLogError::Hex);
    }
    let size = digits.len() / 2;
    // One that is too long is told apart by its size alone.
    for (pair, out) in digits.chunks_exact(2).zip(out) {
        #[expect(clippy::cast_possible_truncation, reason = "two digits make a byte")]
        let byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        *out = byte;
    }
    Ok(size)
}

/// The size of an output of SHA-384.
const MAX_SECRET: usize = 48;

const MAX_LINE: usize = 512;
