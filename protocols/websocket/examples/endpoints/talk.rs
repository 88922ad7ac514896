//! The conversation on a connection, by blocking endpoints and by polled ones.

use bytes::Bytes;
use segue::driver::TimerFor;
use segue_websocket::{
    Close, CloseCode, Fragment, KeepAlive, Opcode, Outgoing, OwnedMessage, endpoint::Error,
};
use std::net::TcpStream;

/// The conversation that a client begins.
#[derive(Clone, Copy)]
pub enum Conversation {
    /// Everything comes back, the longest only where it is not compressed.
    Tried { compressed: bool },
    /// The server is asked to close.
    Left,
    /// The client closes, with this code.
    Closed(u16),
    /// The server speaks.
    Heard,
}

/// Stamps the conversations. `$wait` is `.await`, or nothing.
macro_rules! conversations {
    ($name:ident, [$($async:tt)?], [$($wait:tt)*], $socket:ty, $transport:ty $(, $bound:path)?) => {
        pub mod $name {
            use super::*;

            /// Sends every message back, and closes where it is asked to.
            /// A peer that is silent is asked for a sign of life, and one that takes nothing is
            /// given up.
            pub $($async)? fn echo$(<T: $bound>)?(
                mut socket: $socket,
                timer: &mut impl TimerFor<$transport>,
            ) -> Result<(), Error> {
                let mut keep_alive = KeepAlive::new(timer.time());
                loop {
                    match socket.next_by(&mut keep_alive, timer) $($wait)* {
                        Ok(Some(OwnedMessage::Close(_))) => {}
                        Ok(Some(OwnedMessage::Text(text))) if text == "close" => {
                            return socket.close((CloseCode(4001), "asked")) $($wait)*;
                        }
                        Ok(Some(message)) => socket.queue_by(&message, timer) $($wait)* ?,
                        Ok(None) => return socket.close(CloseCode::NORMAL) $($wait)*,
                        Err(error) => {
                            let _ = socket.close(CloseCode::NORMAL) $($wait)*;
                            return Err(error);
                        }
                    }
                }
            }

            /// Has a conversation.
            pub $($async)? fn converse$(<T: $bound>)?(
                socket: $socket,
                conversation: Conversation,
            ) -> Result<(), Error> {
                match conversation {
                    Conversation::Tried { compressed } => tried(socket, compressed) $($wait)*,
                    Conversation::Left => left(socket) $($wait)*,
                    Conversation::Closed(code) => closed(socket, code) $($wait)*,
                    Conversation::Heard => heard(socket) $($wait)*,
                }
            }

            $($async)? fn tried$(<T: $bound>)?(
                mut socket: $socket,
                compressed: bool,
            ) -> Result<(), Error> {
                for message in messages(compressed) {
                    socket.send(&message) $($wait)* ?;
                    same(socket.next() $($wait)* ?, &message)?;
                }
                for part in FRAGMENTS {
                    socket.queue(fragment(part)) $($wait)* ?;
                }
                same(socket.next() $($wait)* ?, &"in thrée parts".into())?;
                socket.send(Outgoing::Ping(b"there?")) $($wait)* ?;
                same(socket.next() $($wait)* ?, &OwnedMessage::Pong(Bytes::from_static(b"there?")))?;
                for batch in 0..if compressed { 2 } else { 20 } {
                    let texts = || (0..BATCH).map(|i| format!("text {}", batch * BATCH + i));
                    for text in texts() {
                        socket.queue(&text) $($wait)* ?;
                    }
                    for text in texts() {
                        same(socket.next() $($wait)* ?, &text.into())?;
                    }
                }
                socket.close((CloseCode(4000), "enough")) $($wait)*
            }

            /// Asks an echo to close.
            $($async)? fn left$(<T: $bound>)?(mut socket: $socket) -> Result<(), Error> {
                socket.send("close") $($wait)* ?;
                let asked = (CloseCode(4001), "asked".into());
                same(socket.next() $($wait)* ?, &OwnedMessage::Close(Some(asked)))?;
                assert_eq!(socket.next() $($wait)* ?, None);
                socket.close(CloseCode::NORMAL) $($wait)*
            }

            /// Closes with a code, and sees it come back.
            $($async)? fn closed$(<T: $bound>)?(
                mut socket: $socket,
                code: u16,
            ) -> Result<(), Error> {
                let code = CloseCode(code);
                let reason = "é".repeat(Close::MAX_REASON / 2);
                let close = Close { code, reason: &reason };
                socket.send(Outgoing::Close(Some(close))) $($wait)* ?;
                match socket.next() $($wait)* ? {
                    Some(OwnedMessage::Close(Some((answered, _)))) if answered == code => {}
                    other => return Err(unexpected(&format!("{code:?} came back as {other:?}"))),
                }
                assert_eq!(socket.next() $($wait)* ?, None);
                socket.close(CloseCode::NORMAL) $($wait)*
            }

            /// Prints what comes.
            $($async)? fn heard$(<T: $bound>)?(mut socket: $socket) -> Result<(), Error> {
                while let Some(message) = socket.next() $($wait)* ? {
                    match message {
                        OwnedMessage::Text(text) => println!("{text}"),
                        other => println!("{other:?}"),
                    }
                }
                socket.close(CloseCode::NORMAL) $($wait)*
            }
        }
    };
}

conversations!(
    blocking,
    [],
    [],
    segue_websocket::sync::WebSocket<TcpStream>,
    segue::driver::sync::Blocking<segue::driver::sync::Std<TcpStream>>
);
conversations!(
    polled,
    [async],
    [.await],
    segue_websocket::endpoint::WebSocket<T>,
    T,
    segue::driver::Clocked
);

/// The codes that may stand in a close frame (RFC 6455 §7.4), one of each kind.
pub const CODES: [u16; 9] = [1000, 1001, 1003, 1007, 1009, 1011, 3000, 3999, 4999];

/// The messages that are sent one by one.
fn messages(compressed: bool) -> impl Iterator<Item = OwnedMessage> {
    let sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20];
    let sizes = sizes.into_iter().take(if compressed { 7 } else { 8 });
    let ramp = |size| (0..size).map(|i: usize| i.to_le_bytes()[0]).collect::<Bytes>();
    let texts = ["", "hello", "käse 🧀"].map(OwnedMessage::from);
    let binary = sizes.map(ramp).chain(far()).map(OwnedMessage::Binary);
    binary.chain(texts)
}

/// Noise that repeats itself after 300 bytes to 60 thousand: within some windows, not within all.
fn far() -> impl Iterator<Item = Bytes> {
    let mut noise = 1_u32;
    [300, 3000, 30_000, 60_000].into_iter().map(move |length| {
        let some = (0..length).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        });
        some.collect::<Vec<u8>>().repeat(3).into()
    })
}

/// A text in fragments, one of them empty, one that ends inside a character.
const FRAGMENTS: [(Opcode, bool, &[u8]); 4] = [
    (Opcode::Text, false, b"in "),
    (Opcode::Continuation, false, b""),
    (Opcode::Continuation, false, b"thr\xc3"),
    (Opcode::Continuation, true, b"\xa9e parts"),
];

fn fragment((opcode, fin, payload): (Opcode, bool, &[u8])) -> Outgoing<'_> {
    Outgoing::Fragment(Fragment { opcode, fin, payload })
}

fn same(got: Option<OwnedMessage>, wanted: &OwnedMessage) -> Result<(), Error> {
    match got {
        Some(got) if got == *wanted => Ok(()),
        other => Err(unexpected(&format!("{wanted:?} came back as {other:?}"))),
    }
}

fn unexpected(what: &str) -> Error {
    std::io::Error::other(what).into()
}

/// The number of texts in a batch, so that no end has to hold more than the kernel does.
const BATCH: usize = 100;
