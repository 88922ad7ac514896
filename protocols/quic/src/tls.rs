//! The small part of TLS needed to make sense of QUIC packets (RFC 8446 §4, RFC 9001 §4).
//!
//! CRYPTO frames carry handshake messages. Three facts in them are needed to read packets: the
//! random of the ClientHello finds the secrets in a [key log](crate::KeyLog), the cipher suite of
//! the ServerHello tells the kind of keys, and an extension has the transport parameters. Nothing
//! here checks, negotiates or proves anything: that is the work of a TLS library.

use core::convert::Infallible;

use segue::{Decode, Fault, Framing, Record};

use crate::protect::{Suite, UnknownSuite};

/// A stage that reads handshake messages (RFC 8446 §4).
///
/// - Complete input: each message is an item.
/// - Partial input: the stage needs the header, then the rest of the message.
/// - At the end of the stream: done between two messages, a truncation inside one.
///
/// ```
/// use segue::{Output, Step};
/// use segue_quic::{stream::CryptoStream, tls::{HandshakeMessage, HandshakeMessages}};
///
/// let mut stream = CryptoStream::new();
/// stream.receive(0, b"\x08\x00\x00\x02\x00\x00\x14\x00")?;
/// let (mut messages, mut output) = (HandshakeMessages::new(), Output::new());
/// let Step::Item(message) = stream.step(&mut messages, &mut output)? else { panic!() };
/// assert_eq!(message, HandshakeMessage { kind: 8, body: &[0, 0] });
/// assert_eq!(message.name(), Some("EncryptedExtensions"));
/// assert!(matches!(stream.step(&mut messages, &mut output)?, Step::Need(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HandshakeMessages {
    limit: usize,
}

impl HandshakeMessages {
    /// The length of a message by default, without its header: a
    /// [`CryptoStream`](crate::stream::CryptoStream) buffers no longer one.
    pub const MAX: usize = crate::stream::CryptoStream::MAX;

    /// Creates a stage that accepts messages up to [`MAX`](Self::MAX).
    #[must_use]
    pub fn new() -> Self {
        Self { limit: Self::MAX }
    }

    /// Accepts messages of up to `bytes` bytes.
    #[must_use]
    pub fn max(self, bytes: usize) -> Self {
        Self { limit: bytes }
    }
}

impl Default for HandshakeMessages {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for HandshakeMessages {
    type Item<'a> = HandshakeMessage<'a>;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        let &[_, a, b, c, ref behind @ ..] = input else {
            let done = eof && input.is_empty();
            return Ok(if done { Framing::Done } else { Framing::need(HEADER - input.len()) });
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > self.limit {
            return Err(Fault::too_long((HEADER + self.limit) as u64));
        }
        let missing = length.saturating_sub(behind.len());
        Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(HEADER + length) })
    }

    fn parse<'a>(
        &'a mut self,
        record: Record<'a>,
    ) -> Result<HandshakeMessage<'a>, Fault<Infallible>> {
        match record.into_slice() {
            [kind, _, _, _, body @ ..] => Ok(HandshakeMessage { kind: *kind, body }),
            _ => Err(Fault::from_cause(segue::Cause::Contract)),
        }
    }
}

/// A handshake message (RFC 8446 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandshakeMessage<'a> {
    /// Its type.
    pub kind: u8,
    /// The bytes behind the header.
    pub body: &'a [u8],
}

impl<'a> HandshakeMessage<'a> {
    /// Returns the name of its type (RFC 8446 §B.3), if QUIC connections use it.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Some(match self.kind {
            CLIENT_HELLO => "ClientHello",
            SERVER_HELLO => "ServerHello",
            4 => "NewSessionTicket",
            ENCRYPTED_EXTENSIONS => "EncryptedExtensions",
            11 => "Certificate",
            13 => "CertificateRequest",
            15 => "CertificateVerify",
            20 => "Finished",
            25 => "CompressedCertificate",
            _ => return None,
        })
    }

    /// Returns the content, if it is one of the three messages that are read here and is well
    /// formed.
    ///
    /// ```
    /// use segue_quic::{protect::Suite, tls::{HandshakeMessage, Hello}};
    ///
    /// let body = [&[3, 3][..], &[7; 32], b"\x00\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04"].concat();
    /// let message = HandshakeMessage { kind: 2, body: &body };
    /// let Some(Hello::Server(hello)) = message.hello() else { panic!() };
    /// assert_eq!(hello.random, &[7; 32]);
    /// assert_eq!(hello.suite(), Ok(Suite::Aes128Gcm));
    /// assert_eq!(hello.extensions.find(43), Some(&[3, 4][..])); // supported_versions: TLS 1.3
    /// ```
    #[must_use]
    pub fn hello(&self) -> Option<Hello<'a>> {
        let body = &mut { self.body };
        let hello = match self.kind {
            CLIENT_HELLO => {
                let random = random(body)?;
                let (_session, _suites, _compression) =
                    (vector::<1>(body)?, vector::<2>(body)?, vector::<1>(body)?);
                Hello::Client(ClientHello { random, extensions: Extensions::take(body)? })
            }
            SERVER_HELLO => {
                let random = random(body)?;
                let _session = vector::<1>(body)?;
                let [a, b, _compression] = *take(body)?;
                let (cipher_suite, extensions) =
                    (u16::from_be_bytes([a, b]), Extensions::take(body)?);
                Hello::Server(ServerHello { random, cipher_suite, extensions })
            }
            ENCRYPTED_EXTENSIONS => Hello::Encrypted(Extensions::take(body)?),
            _ => return None,
        };
        body.is_empty().then_some(hello)
    }
}

/// The content of a message that begins a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hello<'a> {
    /// ClientHello (RFC 8446 §4.1.2).
    Client(ClientHello<'a>),
    /// ServerHello (RFC 8446 §4.1.3).
    Server(ServerHello<'a>),
    /// EncryptedExtensions (RFC 8446 §4.3.1), of a server.
    Encrypted(Extensions<'a>),
}

/// A ClientHello (RFC 8446 §4.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// The value by which a key log finds the secrets.
    pub random: &'a [u8; 32],
    /// Its extensions.
    pub extensions: Extensions<'a>,
}

/// A ServerHello (RFC 8446 §4.1.3), or a HelloRetryRequest, which is one with a certain random
/// (§4.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// The server's random.
    pub random: &'a [u8; 32],
    /// The code of the cipher suite that the server chose.
    pub cipher_suite: u16,
    /// Its extensions.
    pub extensions: Extensions<'a>,
}

impl ServerHello<'_> {
    /// Returns the cipher suite for packet protection.
    ///
    /// # Errors
    /// If it is unknown here.
    pub fn suite(&self) -> Result<Suite, UnknownSuite> {
        Suite::try_from(self.cipher_suite)
    }
}

/// The extensions of a message (RFC 8446 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extensions<'a> {
    list: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// The type of the extension with the transport parameters (RFC 9001 §8.2).
    pub const TRANSPORT_PARAMETERS: u16 = 0x39;

    /// Iterates over the types and contents, in their order. It ends in front of one that is cut
    /// off.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> + 'a {
        let mut list = self.list;
        core::iter::from_fn(move || {
            let kind = *take(&mut list)?;
            Some((u16::from_be_bytes(kind), vector::<2>(&mut list)?))
        })
    }

    /// Returns the content of the first extension of this type.
    #[must_use]
    pub fn find(&self, kind: u16) -> Option<&'a [u8]> {
        self.iter().find_map(|(other, content)| (other == kind).then_some(content))
    }

    /// Returns the encoded transport parameters, if they are there.
    #[must_use]
    pub fn transport_parameters(&self) -> Option<&'a [u8]> {
        self.find(Self::TRANSPORT_PARAMETERS)
    }

    fn take(body: &mut &'a [u8]) -> Option<Self> {
        Some(Self { list: vector::<2>(body)? })
    }
}

/// The version, which is that of TLS 1.2 for ever, and the random behind it.
fn random<'a>(body: &mut &'a [u8]) -> Option<&'a [u8; 32]> {
    let [_, _] = take(body)?;
    take(body)
}

fn take<'a, const N: usize>(input: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (front, behind) = input.split_first_chunk()?;
    *input = behind;
    Some(front)
}

/// Bytes behind their length in `N` bytes.
fn vector<'a, const N: usize>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length: &[u8; N] = take(input)?;
    let length = length.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
    let (front, behind) = input.split_at_checked(length)?;
    *input = behind;
    Some(front)
}

/// A type in one byte and a length in three.
const HEADER: usize = 4;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const ENCRYPTED_EXTENSIONS: u8 = 8;
