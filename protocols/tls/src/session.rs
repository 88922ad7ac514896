//! A connection of rustls as handshake and layer use it.

use std::io::{self, BufRead, IoSlice, Read, Write};

use rustls::Connection;
use segue::{Buffer, Fault, Need, Output};

use crate::{Error, record::whole};

/// A connection of rustls, in memory of its own: it has about a kibibyte, which would be in every
/// future that a connection is in.
pub(crate) struct Session {
    connection: Box<Connection>,
    /// The peer has said `close_notify`.
    has_ended: bool,
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection: Box::new(connection), has_ended: false }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Returns true if the peer has said that it sends nothing more.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Takes the record in front of `wire` and gives it to rustls, whose answers go to `answers`,
    /// alerts included. Returns the bytes of data in it; or the need if the record is not whole, and
    /// then nothing has happened.
    pub(crate) fn take_record(
        &mut self,
        wire: &mut Buffer,
        answers: &mut Output,
    ) -> Result<Result<usize, Need>, Fault<Error>> {
        let position = wire.position();
        let length = match whole(wire.as_slice()) {
            Ok(Ok(length)) => length,
            Ok(Err(need)) => return Ok(Err(need)),
            Err(fault) => return Err(fault.moved(position)),
        };
        let fed = self.feed(&wire.as_slice()[..length]);
        wire.consume(length);
        self.send(answers);
        fed.map(Ok).map_err(|error| Fault::new(error).at(position))
    }

    fn feed(&mut self, record: &[u8]) -> Result<usize, Error> {
        let mut rest = record;
        while !rest.is_empty() {
            match self.connection.read_tls(&mut rest) {
                Ok(1..) => {}
                // It has no room for a message that is longer than any may be.
                Err(_) => return Err(too_long()),
                Ok(0) => return Err(Error::Unreachable),
            }
        }
        let state = self.connection.process_new_packets().map_err(Error::Rustls)?;
        // Its buffer shrinks when it is about to read, which is now and not when more has come.
        let _ = self.connection.read_tls(&mut Nothing);
        self.has_ended = state.peer_has_closed();
        Ok(state.plaintext_bytes_to_read())
    }

    /// Appends what rustls has to send.
    pub(crate) fn send(&mut self, output: &mut Output) {
        // Written to memory, this does not fail.
        while self.connection.wants_write()
            && self.connection.write_tls(output).is_ok_and(|count| count > 0)
        {}
    }

    /// Returns the data that was opened and not taken yet: none, or that of a record.
    pub(crate) fn data(&mut self) -> &[u8] {
        self.connection.reader().into_first_chunk().unwrap_or_default()
    }

    /// Drops `count` bytes of it.
    pub(crate) fn forget(&mut self, count: usize) {
        self.connection.reader().consume(count);
    }

    /// Seals a part of `plain`, at least a byte, into rustls's output.
    pub(crate) fn seal(&mut self, plain: &mut Output) -> Result<(), Error> {
        let slices = plain.chunks().map(IoSlice::new);
        let mut some = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (place, slice) in some.iter_mut().zip(slices) {
            *place = slice;
            count += 1;
        }
        let sealed = self.connection.writer().write_vectored(&some[..count]);
        match sealed {
            Ok(count @ 1..) => plain.advance(count),
            _ if plain.is_empty() => {}
            // rustls takes nothing where nothing may be sent any more.
            _ => return Err(Error::Rustls(rustls::Error::EncryptError)),
        }
        Ok(())
    }
}

/// A reader that has nothing yet.
struct Nothing;

impl Read for Nothing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// The error for a handshake message of more than 64 KiB.
fn too_long() -> Error {
    Error::Rustls(rustls::InvalidMessage::HandshakePayloadTooLarge.into())
}

/// The pieces of queued data that are sealed together.
const SLICES: usize = 16;
