//! LDAP (RFC 4511): the extended operation that starts TLS, then an anonymous bind.

use std::convert::Infallible;

use segue::{Decode, DecodeExt, Fault, Framing, Record};

use crate::{Clear, Client, Failure};

/// Messages: a tag, and a length in BER of up to four bytes (X.690 §8.1.3).
struct Messages;

/// The longest message that is taken, in bytes.
const MAX: usize = 64 * 1024;

impl Decode for Messages {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        let (header, length) = match *input {
            [] if eof => return Ok(Framing::Done),
            [] | [_] => return Ok(Framing::need(2 - input.len())),
            [_, short @ ..0x80, ..] => (2, usize::from(short)),
            [_, long, ..] => {
                let count = usize::from(long & 0x7f);
                if count > 4 {
                    return Err(Fault::too_long(1));
                }
                let Some(bytes) = input.get(2..2 + count) else {
                    return Ok(Framing::need(2 + count - input.len()));
                };
                (2 + count, bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)))
            }
        };
        if length > MAX {
            return Err(Fault::too_long(header as u64));
        }
        Ok(match (header + length).checked_sub(input.len()) {
            None | Some(0) => Framing::Record(header + length),
            Some(missing) => Framing::need(missing),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }
}

/// The message with this id: an extended request with the name 1.3.6.1.4.1.1466.20037.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// An anonymous bind, version 3.
const BIND: &[u8] = b"\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\x00\x80\x00";

pub(crate) fn run(connection: Clear<()>, client: &mut Client) -> Result<(), Failure> {
    let mut connection = connection.begin(Messages.take(1));
    connection.output_mut().put(START_TLS);
    println!("> StartTLS");
    let mut result = None;
    while let Some(turn) = connection.turn_by(&mut client.clock)? {
        result = result_of(&turn.item, 0x78);
    }
    match result {
        Some(0) => println!("< success"),
        other => return Err(format!("the result is {other:?}").into()),
    }

    let connection = client.start_tls(connection)?;
    let mut connection = connection.begin(Messages);
    connection.output_mut().put(BIND);
    println!("> bind");
    let turn = connection.turn_by(&mut client.clock)?.ok_or("the server has gone")?;
    match result_of(&turn.item, 0x61) {
        Some(0) => println!("< success"),
        other => return Err(format!("the result is {other:?}").into()),
    }
    // UnbindRequest.
    connection.output_mut().put(b"\x30\x05\x02\x01\x03\x42\x00");
    connection.close_by(64 * 1024, &mut client.clock)?;
    Ok(())
}

/// The result code of a response of this kind: the first element in it (RFC 4511 §4.1.9). Lengths
/// are short in all responses that say success.
fn result_of(message: &[u8], kind: u8) -> Option<u8> {
    let content = message.get(2..)?;
    let [2, 1, _id, tag, _length, 0x0a, 1, code, ..] = content else { return None };
    (*tag == kind).then_some(*code)
}
