//! Headers that some sources send and others must not.

use segue::{Decode, Fault, Framing, Need, Record, combine::Decision};

use crate::{Error, Header, ProxyHeader, Version, v1, v2};

/// The rule for a header of one connection, which the caller derives from the address of its peer:
/// the socket's own, which cannot be forged as a header can.
///
/// The specification forbids to guess if a header is there (§2), since a client could then give
/// itself any address. So the rule says who may send one.
///
/// ```
/// use core::net::IpAddr;
/// use segue_proxy::Presence;
///
/// /// The proxies are in 10.0.0.0/8; others connect without them.
/// fn presence(peer: IpAddr) -> Presence {
///     match peer.to_canonical() {
///         IpAddr::V4(ip) if ip.octets()[0] == 10 => Presence::Required,
///         _ => Presence::Forbidden,
///     }
/// }
/// assert_eq!(presence("::ffff:10.0.0.7".parse()?), Presence::Required);
/// assert_eq!(presence("192.0.2.1".parse()?), Presence::Forbidden);
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// The source is trusted and always sends a header: without one the connection is refused.
    Required,
    /// The source is trusted, with a header and without one. It must never pass on bytes of a client
    /// without a header of its own in front, since the client could begin with one.
    Optional,
    /// The source is not trusted: a header of its own is refused by [`Error::Untrusted`].
    Forbidden,
}

/// A stage that reads a header if there is one, by the rule of [`Presence`], and is done. Its item is
/// `None` where there is none; then nothing is consumed.
///
/// Unless the header is required, it looks at what the peer sends first, so it is for protocols
/// whose clients speak first: behind it a server of SMTP would wait for a client that waits for its
/// greeting. It looks at 12 bytes at most, and a stream that ends earlier has no header. A connection
/// that reads exactly must be able to peek for that.
///
/// ```
/// use segue::{Buffer, Decode, DecodeExt, Output, Step, combine::Either, separator};
/// use segue_proxy::{OptionalHeader, Presence};
///
/// let mut stage = OptionalHeader::new(Presence::Forbidden).then(|_| Ok(separator::line()));
/// let mut buffer = Buffer::from(&b"PRIVMSG\n"[..]);
/// let mut output = Output::new();
/// let item = buffer.step(&mut stage, false, &mut output)?;
/// assert!(matches!(item, Step::Item(Either::Left(None))));
/// let item = buffer.step(&mut stage, false, &mut output)?;
/// assert!(matches!(item, Step::Item(Either::Right(line)) if line == "PRIVMSG"));
/// # Ok::<(), segue::Fault<Either<segue_proxy::Error, std::convert::Infallible>>>(())
/// ```
#[derive(Debug, Clone)]
pub struct OptionalHeader {
    presence: Presence,
    header: ProxyHeader,
}

impl OptionalHeader {
    /// Makes a stage for either version.
    #[must_use]
    pub const fn new(presence: Presence) -> Self {
        Self { presence, header: ProxyHeader::new() }
    }

    /// Sets the stage that reads the header: its versions and limits.
    #[must_use]
    pub fn header(mut self, header: ProxyHeader) -> Self {
        self.header = header;
        self
    }
}

impl Decode for OptionalHeader {
    type Item<'a> = Option<Header<'a>>;
    type Error = Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if self.presence == Presence::Required || self.header.is_done() {
            return self.header.frame(input, eof);
        }
        match look(input, eof) {
            Decision::More(at_least) => Ok(Framing::Need(Need::look(at_least))),
            Decision::Pick(None) => Ok(Framing::Record(0)),
            Decision::Pick(Some(_)) if self.presence == Presence::Forbidden => {
                Err(Error::Untrusted.into())
            }
            Decision::Pick(Some(_)) => self.header.frame(input, eof),
        }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Error>> {
        if record.is_empty() {
            self.header.end();
            return Ok(None);
        }
        self.header.parse(record).map(Some)
    }
}

/// Looks for the signature of a header, for [`choice`](segue::combine::choice()) and its `switch`:
/// the version, or `None` if what comes is no header. Nothing is consumed.
///
/// ```
/// use segue::{Buffer, Output, Step, combine::choice};
/// use segue_proxy::Version;
///
/// let mut stage = choice(segue_proxy::look);
/// let mut buffer = Buffer::from(&b"PROXY UNKNOWN\r\n"[..]);
/// let found = buffer.step(&mut stage, false, &mut Output::new());
/// assert_eq!(found, Ok(Step::Item(Some(Version::V1))));
/// ```
#[must_use]
pub fn look(input: &[u8], eof: bool) -> Decision<Option<Version>> {
    for (version, signature) in [(Version::V1, v1::SIGNATURE), (Version::V2, v2::SIGNATURE)] {
        if input.starts_with(signature) {
            return Decision::Pick(Some(version));
        }
        if signature.starts_with(input) && !eof {
            return Decision::MORE;
        }
    }
    Decision::Pick(None)
}
