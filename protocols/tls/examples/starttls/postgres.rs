//! The frontend of PostgreSQL: `SSLRequest`, then a startup message.

use std::num::NonZeroUsize;

use segue::{DecodeExt, length};

use crate::{Clear, Client, Failure};

pub(crate) fn run(connection: Clear<()>, client: &mut Client) -> Result<(), Failure> {
    // A length that counts itself, and a number instead of a version.
    let mut connection = connection.begin(length::fixed(NonZeroUsize::MIN).take(1));
    connection.output_mut().put(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
    println!("> SSLRequest");
    match connection.turn_by(&mut client.clock)? {
        Some(turn) if *turn.item == *b"S" => println!("< S"),
        Some(turn) => {
            return Err(
                format!("the server says {:?}", turn.item.escape_ascii().to_string()).into()
            );
        }
        None => return Err("the server has gone".into()),
    }
    // The stage has seen its record; that it is done is the next answer.
    if connection.turn_by(&mut client.clock)?.is_some() {
        return Err("another answer".into());
    }

    let connection = client.start_tls(connection)?;
    // Messages of the server: a type, and a length that counts itself.
    let messages = length::u32_be().offset(1).counts_itself().keep_header();
    let mut connection = connection.begin(messages);
    let mut startup = b"\0\x03\0\0user\0segue\0database\0postgres\0\0".to_vec();
    let whole = u32::try_from(startup.len() + 4)?.to_be_bytes();
    startup.splice(0..0, whole);
    connection.output_mut().put(&startup);
    println!("> StartupMessage");
    let Some(turn) = connection.turn_by(&mut client.clock)? else {
        return Err("the server has gone".into());
    };
    match turn.item.first() {
        Some(b'R') => println!("< Authentication"),
        Some(b'E') => println!("< ErrorResponse: {}", turn.item.escape_ascii()),
        _ => return Err("an unexpected message".into()),
    }
    connection.output_mut().put(b"X\0\0\0\x04");
    connection.close_by(64 * 1024, &mut client.clock)?;
    Ok(())
}
