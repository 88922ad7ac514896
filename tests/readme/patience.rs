use segue::{
    driver::{
        Deadlines, Late, Turn,
        sync::{Connection, SocketClock},
    },
    separator,
};
use std::{net::TcpStream, time::Duration};

fn patient(socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    let deadlines = Deadlines::new().record(Duration::from_secs(5)).idle(Duration::from_secs(60));
    let mut connection = Connection::new(socket, separator::line()).with_deadlines(deadlines);
    let (mut clock, mut writer) = (SocketClock::new(), separator::line());
    loop {
        match connection.turn_by(&mut clock) {
            Ok(Some(Turn { item, mut output })) => output.queue(&mut writer, &*item)?,
            Ok(None) => break,
            Err(error) if error.late() == Some(Late::Record) => {
                connection.queue_by(&mut writer, b"too slow", &mut clock)?;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.close(1024)?;
    Ok(())
}

#[test]
fn lines_come_back() {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.write_all(b"one\ntwo\n").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    patient(listener.accept().unwrap().0).unwrap();
    let mut answers = String::new();
    client.read_to_string(&mut answers).unwrap();
    assert_eq!(answers, "one\ntwo\n");
}
