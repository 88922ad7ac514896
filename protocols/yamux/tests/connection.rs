//! A session over the connections of the toolkit.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::{
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use segue::mux::{Carrier, Direction, Ending, Event, Opens};
use segue_yamux::{Session, StreamId};

/// Less than half the window, so that the peer has no reason to say anything in between.
const LITTLE: usize = 120_000;

/// Writes `LITTLE` bytes as there is room, and then the end.
struct Writer {
    id: StreamId,
    left: usize,
}

impl Writer {
    fn open(session: &mut Session) -> Self {
        let id = session.open(Direction::Both).unwrap();
        Self { id, left: LITTLE }
    }

    fn go_on(&mut self, session: &mut Session) {
        let stream = session.stream(self.id).unwrap();
        if let Some(output) = stream.output {
            while self.left > 0 && output.has_room() {
                output.put(&[7; 1000]);
                self.left -= 1000;
            }
        }
        if self.left == 0 {
            session.finish(self.id);
        }
    }
}

/// Reads from a stream. Returns true at its end.
fn read(session: &mut Session, id: StreamId, count: &mut usize) -> bool {
    let stream = session.stream(id).unwrap();
    let (input, ending) = (stream.input.unwrap(), stream.ending);
    let length = input.len();
    input.consume(length);
    *count += length;
    session.release_credit(id, length);
    ending == Ending::Ended
}

#[test]
fn a_writer_that_waits_for_room_goes_on_over_a_blocking_connection() {
    use segue::driver::sync::Connection;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let reader = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut connection = Connection::new(socket, Session::server());
        let mut count = 0;
        while let Some(event) = connection.turn().unwrap().map(|turn| turn.item) {
            if let Event::Readable(id) = event
                && read(connection.stage_mut(), id, &mut count)
            {
                connection.stage_mut().let_go(id);
            }
            if let Event::Released(_) = event {
                break;
            }
        }
        connection.flush().unwrap();
        count
    });
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut connection = Connection::new(socket, Session::client());
    let mut writer = Writer::open(connection.stage_mut());
    writer.go_on(connection.stage_mut());
    while let Some(event) = connection.turn().unwrap().map(|turn| turn.item) {
        match event {
            Event::Writable(_) => writer.go_on(connection.stage_mut()),
            Event::Readable(_) => break,
            _ => {}
        }
    }
    assert_eq!(reader.join().unwrap(), LITTLE);
}

#[tokio::test]
async fn a_writer_that_waits_for_room_goes_on_over_a_polled_connection() {
    use segue::driver::tokio::Connection;
    let (near, far) = tokio::io::duplex(1 << 20);
    let write = async {
        let mut connection = Connection::new(near, Session::client());
        let mut writer = Writer::open(connection.stage_mut());
        writer.go_on(connection.stage_mut());
        while let Some(event) = connection.turn().await.unwrap().map(|turn| turn.item) {
            match event {
                Event::Writable(_) => writer.go_on(connection.stage_mut()),
                Event::Readable(_) => break,
                _ => {}
            }
        }
    };
    let read = async {
        let mut connection = Connection::new(far, Session::server());
        let mut count = 0;
        while let Some(event) = connection.turn().await.unwrap().map(|turn| turn.item) {
            if let Event::Readable(id) = event
                && read(connection.stage_mut(), id, &mut count)
            {
                connection.stage_mut().let_go(id);
                connection.flush().await.unwrap();
                break;
            }
        }
        count
    };
    let both = async { tokio::join!(write, read).1 };
    let count = tokio::time::timeout(Duration::from_secs(20), both).await;
    assert_eq!(count.expect("they stand still"), LITTLE);
}
