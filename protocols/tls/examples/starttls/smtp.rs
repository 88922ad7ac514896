//! SMTP (RFC 5321), and `STARTTLS` (RFC 3207).

use crate::{
    Clear, Client, Failure,
    replies::{Reply, ask, begin, expect, reply},
};

/// All lines but the last have a hyphen behind the code (RFC 5321 §4.2.1).
fn answer() -> Reply {
    reply(|line| line.get(3) != Some(&b'-'))
}

pub(crate) fn run(connection: Clear<()>, client: &mut Client) -> Result<(), Failure> {
    let mut connection = connection.begin(answer());
    expect(&mut connection, &mut client.clock, "220")?;
    let mut connection = ask(connection, "EHLO localhost", answer())?;
    let offers = expect(&mut connection, &mut client.clock, "250")?;
    if !offers.iter().any(|line| line.get(4..).is_some_and(|word| word == "STARTTLS")) {
        return Err("the server does not offer STARTTLS".into());
    }
    let mut connection = ask(connection, "STARTTLS", answer())?;
    expect(&mut connection, &mut client.clock, "220")?;

    // Anybody could have said what was said so far: it starts over (RFC 3207 §4.2).
    let connection = client.start_tls(connection)?;
    let mut connection = begin(connection, "EHLO localhost", answer())?;
    expect(&mut connection, &mut client.clock, "250")?;
    let mut connection = ask(connection, "QUIT", answer())?;
    expect(&mut connection, &mut client.clock, "221")?;
    connection.close_by(0, &mut client.clock)?;
    Ok(())
}
