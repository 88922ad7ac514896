//! IMAP (RFC 9051), and its `STARTTLS` (§6.2.1).

use crate::{
    Clear, Client, Failure,
    replies::{Reply, ask, begin, expect, reply},
};

/// The last line has the tag of the command, which is an `a` here.
fn answer() -> Reply {
    reply(|line| line.starts_with(b"a "))
}

pub(crate) fn run(connection: Clear<()>, client: &mut Client) -> Result<(), Failure> {
    let mut connection = connection.begin(reply(|_| true));
    expect(&mut connection, &mut client.clock, "* OK")?;
    let mut connection = ask(connection, "a STARTTLS", answer())?;
    expect(&mut connection, &mut client.clock, "a OK")?;

    let connection = client.start_tls(connection)?;
    let mut connection = begin(connection, "a CAPABILITY", answer())?;
    expect(&mut connection, &mut client.clock, "a OK")?;
    let mut connection = ask(connection, "a LOGOUT", answer())?;
    expect(&mut connection, &mut client.clock, "a OK")?;
    connection.close_by(0, &mut client.clock)?;
    Ok(())
}
