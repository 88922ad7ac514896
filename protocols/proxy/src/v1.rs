//! Version 1: a line of text (§2.1).

use alloc::{format, string::String};
use core::{
    net::{Ipv6Addr, SocketAddrV4, SocketAddrV6},
    str::{self, FromStr},
};

use segue::{Fault, Framing, Need};

use crate::{Endpoints, Error, Header, Transport, WriteError};

pub(crate) const SIGNATURE: &[u8] = b"PROXY ";

/// The shortest line: `PROXY UNKNOWN`.
pub(crate) const SHORTEST: usize = 15;

/// The bytes of a line end.
const CRLF: usize = 2;

/// The longest line that a receiver supports, its CRLF included.
const MAX: usize = 107;

/// Finds the end of the line. Its signature is there.
pub(crate) fn frame(input: &[u8]) -> Result<Framing, Fault<Error>> {
    let shown = &input[..input.len().min(MAX)];
    match shown.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        // A CR behind this would have its LF behind the bound.
        Some(end) if end > MAX - 2 => Err(Fault::too_long(MAX as u64)),
        None if shown.len() > MAX - 2 => Err(Fault::too_long(MAX as u64)),
        // One byte may show that the line is a bad one; a good one has all of these.
        None => {
            let missing = CRLF.max(SHORTEST.saturating_sub(shown.len()));
            Ok(Framing::Need(Need::ONE.claiming(missing)))
        }
        Some(end) if shown[end] == b'\n' => Err(Fault::new(Error::Line).at(end as u64)),
        Some(end) => match shown.get(end + 1) {
            None => Ok(Framing::Need(Need::ONE)),
            Some(b'\n') => Ok(Framing::Record(end + 2)),
            Some(_) => Err(Fault::new(Error::Line).at(end as u64 + 1)),
        },
    }
}

/// Reads a whole line with its CRLF.
pub(crate) fn parse(line: &[u8]) -> Result<Header<'static>, Fault<Error>> {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let mut fields = Fields { line, at: SIGNATURE.len() };
    let is_v4 = match fields.word() {
        b"TCP4" => true,
        b"TCP6" => false,
        // Whatever follows the space must be ignored.
        b"UNKNOWN" => return Ok(Header::v1(Endpoints::Unspecified)),
        _ => return Err(Fault::new(Error::Line).at(SIGNATURE.len() as u64)),
    };
    let transport = Transport::Stream;
    let endpoints = if is_v4 {
        let (source, destination) = (fields.address()?, fields.address()?);
        let (source_port, destination_port) = (fields.port()?, fields.port()?);
        Endpoints::Inet {
            transport,
            source: SocketAddrV4::new(source, source_port),
            destination: SocketAddrV4::new(destination, destination_port),
        }
    } else {
        let (source, destination) = (fields.address()?, fields.address()?);
        let (source_port, destination_port) = (fields.port()?, fields.port()?);
        Endpoints::Inet6 {
            transport,
            source: SocketAddrV6::new(source, source_port, 0, 0),
            destination: SocketAddrV6::new(destination, destination_port, 0, 0),
        }
    };
    fields.end()?;
    Ok(Header::v1(endpoints))
}

/// Writes the line.
pub(crate) fn write(endpoints: &Endpoints) -> Result<String, WriteError> {
    match *endpoints {
        Endpoints::Unspecified => Ok("PROXY UNKNOWN\r\n".into()),
        Endpoints::Inet { transport: Transport::Stream, source, destination } => Ok(format!(
            "PROXY TCP4 {} {} {} {}\r\n",
            source.ip(),
            destination.ip(),
            source.port(),
            destination.port()
        )),
        Endpoints::Inet6 { transport: Transport::Stream, source, destination } => Ok(format!(
            "PROXY TCP6 {} {} {} {}\r\n",
            in_groups(source.ip()),
            in_groups(destination.ip()),
            source.port(),
            destination.port()
        )),
        _ => Err(WriteError::NotInVersion1),
    }
}

/// Writes an address in hexadecimal only: the specification has no dots in those of IPv6.
fn in_groups(address: &Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xFFFF, a, b] => format!("::ffff:{a:x}:{b:x}"),
        _ => format!("{address}"),
    }
}

/// The fields of a line, each behind exactly one space.
struct Fields<'a> {
    line: &'a [u8],
    /// The front of the next field.
    at: usize,
}

impl<'a> Fields<'a> {
    /// Takes the bytes up to the next space or the end, and the space.
    fn word(&mut self) -> &'a [u8] {
        let rest = self.line.get(self.at..).unwrap_or_default();
        let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
        self.at += word.len() + 1;
        word
    }

    fn parsed<T>(&mut self, parse: impl FnOnce(&'a str) -> Option<T>) -> Result<T, Fault<Error>> {
        // A line that ends too early is wrong at its CR.
        let at = self.at.min(self.line.len()) as u64;
        let word = str::from_utf8(self.word()).ok();
        word.and_then(parse).ok_or(Fault::new(Error::Line).at(at))
    }

    /// Takes an address. Neither parser of the standard library lets leading zeros of a number in
    /// IPv4 pass, nor a scope behind an address of IPv6.
    fn address<A: FromStr>(&mut self) -> Result<A, Fault<Error>> {
        self.parsed(|word| word.parse().ok())
    }

    fn port(&mut self) -> Result<u16, Fault<Error>> {
        self.parsed(|word| {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            let has_zero = word.len() > 1 && word.starts_with('0');
            if is_number && !has_zero { word.parse().ok() } else { None }
        })
    }

    /// Checks that the last field has ended the line.
    fn end(&self) -> Result<(), Fault<Error>> {
        if self.at > self.line.len() {
            Ok(())
        } else {
            Err(Fault::new(Error::Line).at(self.at as u64 - 1))
        }
    }
}
