//! An exchange that looks at the ClientHello and leaves it where it is.

use alloc::vec::Vec;

use segue::{Buffer, Exchange, Fault, Output, Progress};

use crate::{
    ClientHello, ContentType, Error, Limits, RecordHeader, client_hello::Places, record::whole,
};

/// An exchange that reads the ClientHello and consumes nothing.
///
/// A server runs it first, and then decides: it goes on with [`server`](crate::server) and a
/// configuration for this name, or it hands the whole connection on untouched, as a router does that
/// has no keys. The bytes stay in the connection's buffer for either.
///
/// ```
/// use segue::{Buffer, Exchange, Output, Progress};
/// # fn hello() -> Vec<u8> {
/// #     let mut body = b"\x03\x03".to_vec();
/// #     body.extend([7; 32]); body.extend(b"\x00\x00\x02\x13\x01\x01\x00\x00\x0d\x00\x00\x00\x09\x00\x07\x00\x00\x04a.de");
/// #     let mut message = vec![1, 0, 0, body.len() as u8]; message.extend(body);
/// #     let mut record = vec![22, 3, 1, 0, message.len() as u8]; record.extend(message); record
/// # }
///
/// let mut wire = Buffer::from(&hello()[..]);
/// let mut output = Output::new();
/// let Progress::Done(hello) = segue_tls::Hello::new().advance(&mut wire, false, &mut output)?
///     else { panic!("the message is whole") };
/// assert_eq!(hello.client_hello().server_name(), Some("a.de"));
/// assert!(!wire.is_empty()); // for the handshake, or for somebody else
/// # Ok::<(), segue::Fault<segue_tls::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hello {
    limits: Limits,
    /// The bytes of the wire that have been looked through: whole records.
    seen: usize,
    /// The message so far, with its header.
    message: Vec<u8>,
}

impl Hello {
    /// Creates the exchange with the [default limits](Limits::DEFAULT).
    #[must_use]
    pub const fn new() -> Self {
        Self { limits: Limits::DEFAULT, seen: 0, message: Vec::new() }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the length of the message with its header, once that is known.
    fn length(&self) -> Result<Option<usize>, Fault<Error>> {
        match self.message[..] {
            [] => Ok(None),
            [kind, ..] if kind != ClientHello::KIND => Err(Fault::new(Error::NoClientHello)),
            [_, a, b, c, ..] => {
                let length = u32::from_be_bytes([0, a, b, c]) as usize;
                match length > self.limits.hello {
                    true => Err(Fault::new(Error::HelloTooLong)),
                    false => Ok(Some(HEADER + length)),
                }
            }
            _ => Ok(None),
        }
    }

    /// Looks through the records of `wire`. Returns the message if it is whole.
    fn look(&mut self, wire: &[u8]) -> Result<Progress<ReceivedHello>, Fault<Error>> {
        loop {
            let rest = wire.get(self.seen..).unwrap_or_default();
            let length = match whole(rest)? {
                Ok(length) => length,
                Err(need) => {
                    let known = wire.len().saturating_add(need.at_least.get());
                    return match known > self.limits.hello_wire {
                        true => Err(Fault::new(Error::HelloTooLong)),
                        false => Ok(Progress::NeedRead(need)),
                    };
                }
            };
            let record = rest.get(..length).unwrap_or_default();
            if record.first() != Some(&ContentType::HANDSHAKE.0) {
                return Err(Fault::new(Error::NoClientHello));
            }
            // An empty one would let a peer go on for ever (RFC 8446 §5.1).
            if length == RecordHeader::LENGTH {
                return Err(Fault::new(Error::NoClientHello));
            }
            self.message.extend_from_slice(&record[RecordHeader::LENGTH..]);
            self.seen += length;
            if let Some(length) = self.length()?
                && length <= self.message.len()
            {
                self.message.truncate(length);
                self.message.drain(..HEADER);
                let places = Places::read(&self.message)?;
                let body = core::mem::take(&mut self.message);
                return Ok(Progress::Done(ReceivedHello { body, places }));
            }
            if self.seen >= self.limits.hello_wire {
                return Err(Fault::new(Error::HelloTooLong));
            }
        }
    }
}

impl Default for Hello {
    fn default() -> Self {
        Self::new()
    }
}

impl Exchange for Hello {
    type Output = ReceivedHello;
    type Error = Error;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<ReceivedHello>, Fault<Error>> {
        let (position, held) = (input.position(), input.len());
        match self.look(input.as_slice()) {
            Ok(Progress::NeedRead(_)) if eof => Err(Fault::truncated(position + held as u64)),
            Err(fault) => {
                if let segue::Cause::Stage(error) = &fault.cause
                    && let Some(alert) = error.alert()
                {
                    output.put(&[ContentType::ALERT.0, 3, 3, 0, 2, FATAL, alert]);
                }
                Err(fault.at(position + self.seen as u64))
            }
            found => found,
        }
    }
}

/// A ClientHello that was received.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedHello {
    body: Vec<u8>,
    places: Places,
}

impl ReceivedHello {
    /// Returns its fields.
    #[must_use]
    pub fn client_hello(&self) -> ClientHello<'_> {
        ClientHello::of(&self.body, &self.places)
    }

    /// Returns the bytes of the message, without its header of four.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.body
    }
}

impl core::fmt::Debug for ReceivedHello {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.client_hello().fmt(f)
    }
}

/// The bytes of the header of a handshake message: its type and length (RFC 8446 §4).
const HEADER: usize = 4;

/// The level of an alert that ends the connection (RFC 8446 §6).
const FATAL: u8 = 2;
