use segue::{driver::sync::Connection, separator};
use segue_websocket::ServerHandshake;
use std::net::TcpStream;

/// Lines over the messages of a WebSocket.
fn serve(socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::new(socket, ());
    let accepted = connection.exchange(&mut ServerHandshake::new())?;
    let mut lines = connection.layered(accepted.tunnel()).begin(separator::line());
    while let Some(mut turn) = lines.turn()? {
        turn.output.queue(&mut separator::line(), &turn.item[..])?;
    }
    lines.close(1024)?;
    Ok(())
}

#[test]
fn lines_pass_a_tunnel() {
    use segue_websocket::ClientHandshake;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || serve(listener.accept().unwrap().0).unwrap());
    let mut connection = Connection::new(TcpStream::connect(address).unwrap(), ());
    let mut handshake = ClientHandshake::new("example.org", "/lines");
    let opened = connection.exchange(&mut handshake).unwrap();
    let mut lines = connection.layered(opened.tunnel()).begin(separator::line());
    lines.send(&mut separator::line(), &b"hello"[..]).unwrap();
    assert_eq!(lines.turn().unwrap().unwrap().item, "hello");
    assert!(lines.close(1024).unwrap());
    server.join().unwrap();
}
