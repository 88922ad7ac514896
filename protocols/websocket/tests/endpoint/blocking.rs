//! More about blocking endpoints: readiness loops, and threads for the halves.

use segue::Handoff;
use segue_websocket::{CloseCode, OwnedMessage, Role, endpoint::Error, sync::WebSocket};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, client)
}

/// A socket of a crate that knows nothing of segue, in non-blocking mode.
struct Foreign(TcpStream);

impl Read for Foreign {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Foreign {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Calls again until the socket is ready, as a readiness loop does.
fn patiently<R>(mut call: impl FnMut() -> Result<R, Error>) -> R {
    loop {
        match call() {
            Err(error) if error.would_block() => thread::yield_now(),
            result => return result.unwrap(),
        }
    }
}

#[test]
fn a_readiness_loop_gets_everything_once() {
    const SIZE: usize = 3 << 20; // more than the kernel takes at once
    let (server, client) = pair();
    server.set_nonblocking(true).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut server =
                WebSocket::from_handoff(Handoff::new(Foreign(server), &[][..]), Role::Server);
            while let Some(message) = patiently(|| server.next()) {
                patiently(|| server.queue(&message));
                patiently(|| server.flush());
                assert!(!server.wants_write());
            }
            patiently(|| server.close_with(CloseCode::NORMAL, |io| io.0.shutdown(Shutdown::Write)));
        });
        let client = WebSocket::from_handoff(Handoff::new(client, &[][..]), Role::Client);
        let (mut sender, mut reader) = client.split();
        scope.spawn(move || {
            for i in 0..4 {
                sender.send(&vec![i; SIZE][..]).unwrap();
            }
        });
        for i in 0..4 {
            assert_eq!(reader.next().unwrap(), Some(OwnedMessage::Binary(vec![i; SIZE].into())));
        }
        reader.close(CloseCode::NORMAL).unwrap();
    });
}

/// A peer that has sent its last word, and is gone.
struct Gone(&'static [u8]);

impl Read for Gone {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_could_not_be_sent_is_told_behind_the_last_word() {
    let gone = Handoff::new(Gone(crate::raw::CLOSE), &[][..]);
    let mut socket = WebSocket::from_handoff(gone, Role::Server);
    // One that may wait tells it before it reads on, since that may take for ever.
    socket.connection_mut().options_mut().nonblocking = true;
    socket.queue("nobody hears this").unwrap();
    assert_eq!(socket.next().unwrap(), Some(OwnedMessage::Close(None)));
    let told = socket.next();
    assert!(
        matches!(&told, Err(Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset),
        "{told:?}"
    );
    assert_eq!(socket.next().unwrap(), None);
}
