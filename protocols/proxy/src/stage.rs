//! The stage that reads a header and writes one.

use core::borrow::Borrow;

use segue::{Decode, Encode, Fault, Framing, Need, Output, Record};

use crate::{Error, Header, Limits, Version, WriteError, v1, v2};

/// A stage that reads one header, which must be there, and is done; and an encoder of headers.
///
/// The header comes before anything else in its direction, and nothing is to be done with a
/// connection before it was read (§2): also where the server speaks first. Bytes behind it are left
/// for the next stage. On partial input the stage asks for more, and a header that is cut off is
/// truncated; give the connection a deadline of a few seconds, and no fewer than three.
///
/// **Whoever can connect to a port with this stage says what address it has.** Let only proxies
/// reach the port, or choose by the peer's address with [`OptionalHeader`](crate::OptionalHeader).
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_proxy::ProxyHeader;
///
/// let mut buffer = Buffer::from(&b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 25\r"[..]);
/// let (mut stage, mut output) = (ProxyHeader::new(), Output::new());
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Need(_)));
/// buffer.extend(b"\nEHLO there\r\n");
/// let Step::Item(header) = buffer.step(&mut stage, false, &mut output)? else { panic!() };
/// assert_eq!(header.source(), Some("[2001:db8::7]:56324".parse()?));
/// assert_eq!(buffer.step(&mut stage, false, &mut output)?, Step::Done);
/// assert_eq!(buffer.as_slice(), b"EHLO there\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ProxyHeader {
    only: Option<Version>,
    limits: Limits,
    is_done: bool,
}

impl ProxyHeader {
    /// Makes a stage for either version.
    #[must_use]
    pub const fn new() -> Self {
        Self { only: None, limits: Limits::DEFAULT, is_done: false }
    }

    /// Makes a stage for version 1 alone.
    #[must_use]
    pub const fn v1() -> Self {
        Self { only: Some(Version::V1), ..Self::new() }
    }

    /// Makes a stage for version 2 alone.
    #[must_use]
    pub const fn v2() -> Self {
        Self { only: Some(Version::V2), ..Self::new() }
    }

    /// Sets the limits, in both directions.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns true once the header was read.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    pub(crate) const fn end(&mut self) {
        self.is_done = true;
    }

    fn takes(&self, version: Version) -> bool {
        self.only.is_none_or(|only| only == version)
    }
}

impl Default for ProxyHeader {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for ProxyHeader {
    type Item<'a> = Header<'a>;
    type Error = Error;

    fn frame(&mut self, input: &[u8], _eof: bool) -> Result<Framing, Fault<Error>> {
        if self.is_done {
            return Ok(Framing::Done);
        }
        let (version, signature, shortest) = match input.first() {
            None if self.only == Some(Version::V2) => return Ok(need_signature(v2::FRONT)),
            None => return Ok(need_signature(v1::SHORTEST)),
            Some(b'P') => (Version::V1, v1::SIGNATURE, v1::SHORTEST),
            _ => (Version::V2, v2::SIGNATURE, v2::FRONT),
        };
        if !self.takes(version) {
            return Err(Error::NoHeader.into());
        }
        if let Some(at) = input.iter().zip(signature).position(|(one, other)| one != other) {
            return Err(Fault::new(Error::NoHeader).at(at as u64));
        }
        if input.len() < signature.len() {
            return Ok(need_signature(shortest - input.len()));
        }
        match version {
            Version::V1 => v1::frame(input),
            Version::V2 => v2::frame(input, self.limits.header),
        }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Header<'a>, Fault<Error>> {
        self.is_done = true;
        let bytes = record.into_slice();
        if bytes.starts_with(v1::SIGNATURE) { v1::parse(bytes) } else { v2::parse(bytes) }
    }
}

/// Returns the need of a byte at a time, so that what is no header is refused by its first byte that
/// is wrong, while `missing` bytes belong to the header for certain.
fn need_signature(missing: usize) -> Framing {
    Framing::Need(Need::ONE.claiming(missing))
}

/// Writes a header in one piece, as the specification demands. Send it before anything else, and
/// only on a connection that carries one client: not on one that is shared by requests of several.
impl<'a, H: Borrow<Header<'a>>> Encode<H> for ProxyHeader {
    type Error = WriteError;

    fn encode(&mut self, header: H, output: &mut Output) -> Result<(), WriteError> {
        let header = header.borrow();
        if !self.takes(header.version()) {
            return Err(WriteError::OtherVersion);
        }
        match header.version() {
            Version::V1 => output.put(v1::write(header.endpoints())?.as_bytes()),
            Version::V2 => output.put(&v2::write(header, self.limits.header)?),
        }
        Ok(())
    }
}
