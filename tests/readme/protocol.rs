use segue::{
    combine::DecodeExt,
    driver::{Turn, sync::Connection},
    length, separator,
};
use std::net::TcpStream;

fn serve(socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::new(socket, separator::line().max(64).take(1));
    let name = match connection.turn()? {
        Some(Turn { item, .. }) => String::from_utf8(item.to_vec())?,
        None => return Ok(()),
    };

    // Fails until the line has arrived. Bytes read past it carry over.
    let mut connection = connection.follow(|_line| length::u16_be().max(4096))?;
    let mut writer = length::u16_be();
    while let Some(Turn { item, mut output }) = connection.turn()? {
        let answer = format!("{name} said {} bytes", item.len()); // `item` is lent
        output.queue(&mut writer, answer.as_bytes())?;
    }
    // So that the last answer arrives; 10 s at most.
    if !connection.close(1024)? {
        eprintln!("{name} has not ended; the last answer may be lost");
    }
    Ok(())
}

#[test]
fn a_client_is_answered() {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.write_all(b"ada\r\n\0\x05hello\0\0").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    serve(listener.accept().unwrap().0).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "\0\x10ada said 5 bytes\0\x10ada said 0 bytes");
}
