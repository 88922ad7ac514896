//! A server and a client of ours on a line between them, and what both do on it, in any order.
//!
//! | byte | says |
//! |---|---|
//! | 0 | what is agreed on: compression, its windows, who forgets |
//! | 1 | how many bytes the line holds |
//!
//! Then come operations: a byte for which and of which end, and what it takes. In the end both go
//! on until they are done. What one says the other hears, in order; nobody is at fault; both end.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use segue::{
    Buffer, Exchange, Output, Progress,
    driver::{Options, sync::Connection},
};
use segue_websocket::{
    ClientHandshake, Close, CloseCode, Deflate, Fragment, Messages, Opcode, Outgoing, OwnedMessage,
    ServerHandshake, Writer, endpoint::Error, sync::WebSocket,
};
use std::{
    cell::RefCell,
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    rc::Rc,
};

fuzz_target!(|data: &[u8]| {
    let [agreement, room, data @ ..] = data else { return };
    let mut ends = pair(*agreement, 1 + usize::from(*room));
    let _ = talk(&mut ends, &mut Unstructured::new(data));
    finish(&mut ends);
    let [server, client] = &ends;
    server.has_heard(client);
    client.has_heard(server);
});

/// One direction of the line.
#[derive(Debug, Default)]
struct Wire {
    bytes: VecDeque<u8>,
    ended: bool,
}

/// One end of the line.
#[derive(Debug)]
struct Line {
    incoming: Rc<RefCell<Wire>>,
    outgoing: Rc<RefCell<Wire>>,
    room: usize,
}

impl Read for &Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut wire = self.incoming.borrow_mut();
        if wire.bytes.is_empty() && !wire.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        wire.bytes.read(into)
    }
}

impl Write for &Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut wire = self.outgoing.borrow_mut();
        assert!(!wire.ended, "something is written behind the end");
        let count = bytes.len().min(self.room.saturating_sub(wire.bytes.len()));
        if count == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        wire.bytes.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self).read(into)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An end, what it has said and heard of messages, and of pings.
struct End {
    /// `None` while it is changed.
    socket: Option<WebSocket<Line>>,
    said: Vec<OwnedMessage>,
    heard: Vec<OwnedMessage>,
    pinged: Vec<OwnedMessage>,
    answered: Vec<OwnedMessage>,
    /// The message that is being sent in fragments.
    open: Option<Vec<u8>>,
    /// It has heard the peer's last word.
    heard_close: bool,
    /// It closes, and hears no more.
    closes: bool,
    ended: bool,
}

fn pair(agreement: u8, room: usize) -> [End; 2] {
    let deflate = (agreement & 1 == 1).then(|| {
        let terms = Deflate::new().threshold(usize::from(agreement >> 1 & 1) * 20);
        let terms = if agreement & 4 == 0 { terms } else { terms.server_no_context_takeover() };
        let terms = if agreement & 8 == 0 { terms } else { terms.client_no_context_takeover() };
        terms
            .server_max_window_bits(8 + (agreement >> 4 & 3) * 2)
            .client_max_window_bits(8 + (agreement >> 6) * 2)
    });
    let (mut asks, mut answers) =
        (ClientHandshake::with_key("a", "/", [0; 16]), ServerHandshake::new());
    if let Some(terms) = deflate {
        (asks, answers) = (asks.deflate(terms), answers.deflate(terms));
    }
    let (mut input, mut output, mut answer) = (Buffer::new(), Output::new(), Output::new());
    let asked = asks.advance(&mut input, false, &mut output);
    assert!(matches!(asked, Ok(Progress::NeedRead(_))));
    let mut request = Buffer::from(&output.to_vec()[..]);
    let Ok(Progress::Done(accepted)) = answers.advance(&mut request, false, &mut answer) else {
        panic!("the server does not agree")
    };
    input.extend(&answer.to_vec());
    let Ok(Progress::Done(opened)) = asks.advance(&mut input, false, &mut output) else {
        panic!("the client does not agree")
    };
    assert_eq!(accepted.deflate().is_some(), deflate.is_some());
    let (to_server, to_client) = (Rc::<RefCell<Wire>>::default(), Rc::<RefCell<Wire>>::default());
    let server = Line { incoming: to_server.clone(), outgoing: to_client.clone(), room };
    let client = Line { incoming: to_client, outgoing: to_server, room };
    [End::new(server, accepted.halves()), End::new(client, opened.halves())]
}

impl End {
    fn new(line: Line, (messages, writer): (Messages, Writer)) -> Self {
        // The line holds little and never waits: who may not read while it writes would stop, as two
        // threads do that both write and neither reads.
        let options = Options::new().nonblocking(true);
        let connection = Connection::new(line, messages).with_options(options);
        Self {
            socket: Some(WebSocket::new(connection, writer)),
            said: Vec::new(),
            heard: Vec::new(),
            pinged: Vec::new(),
            answered: Vec::new(),
            open: None,
            heard_close: false,
            closes: false,
            ended: false,
        }
    }

    fn socket(&mut self) -> &mut WebSocket<Line> {
        self.socket.as_mut().expect("it is there between operations")
    }

    /// Queues something; whether it was.
    fn queue<'m>(&mut self, outgoing: impl Into<Outgoing<'m>>) -> bool {
        match self.socket().queue(outgoing) {
            Ok(()) => true,
            Err(Error::Closed | Error::Write(_)) => false,
            Err(error) if error.would_block() => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn say(&mut self, message: OwnedMessage) {
        if self.queue(&message) {
            self.said.push(message);
        }
    }

    fn say_part(&mut self, payload: &[u8], fin: bool) {
        let first = self.open.is_none();
        let opcode = if first { Opcode::Binary } else { Opcode::Continuation };
        if !self.queue(Outgoing::Fragment(Fragment { opcode, fin, payload })) {
            return;
        }
        let open = self.open.get_or_insert_with(Vec::new);
        open.extend(payload);
        if fin {
            let whole = self.open.take().unwrap_or_default();
            self.said.push(OwnedMessage::Binary(whole.into()));
        }
    }

    fn hear(&mut self, message: OwnedMessage) {
        assert!(!self.heard_close, "{message:?} behind the last word");
        match message {
            OwnedMessage::Close(_) => self.heard_close = true,
            OwnedMessage::Pong(_) => self.answered.push(message),
            message => self.heard.push(message),
        }
    }

    /// Takes one message; whether there is nothing more to come.
    fn next(&mut self) -> bool {
        match self.socket().next() {
            Ok(Some(message)) => self.hear(message),
            Ok(None) => return true,
            Err(error) if error.would_block() => {}
            Err(error) => panic!("{error:?}"),
        }
        false
    }

    /// Takes one message lent, and sends it back if it is data: a pong sent back would be one that
    /// nobody asked for.
    fn echo(&mut self) {
        let turn = self.socket.as_mut().expect("it is there").turn();
        let (message, echoed) = match turn {
            Ok(Some(mut turn)) => {
                let message = OwnedMessage::from(turn.message);
                let echoed = message.is_data() && turn.answer.queue(turn.message).is_ok();
                (message, echoed)
            }
            Ok(None) => return,
            Err(error) if error.would_block() => return,
            Err(error) => panic!("{error:?}"),
        };
        if echoed {
            self.said.push(message.clone());
        }
        self.hear(message);
    }

    fn close(&mut self, code: u16) {
        let line = |line: &mut Line| {
            line.outgoing.borrow_mut().ended = true;
            Ok(())
        };
        match self.socket().close_with(CloseCode(code), line) {
            Ok(()) => (self.closes, self.ended) = (true, true),
            Err(Error::Write(_)) => {}
            Err(error) if error.would_block() => self.closes = true,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// In halves and back: what is queued by one goes with the whole.
    fn split(&mut self, message: OwnedMessage) {
        let (mut sender, reader) = self.socket.take().expect("it is there").split();
        match sender.queue(&message) {
            Ok(()) => self.said.push(message),
            Err(Error::Closed | Error::Write(_)) => {}
            Err(error) if error.would_block() => {}
            Err(error) => panic!("{error:?}"),
        }
        self.socket = Some(reader.unsplit(sender).expect("two halves of one"));
    }

    /// Checks that the other's words were heard, in order: all of them unless this end did not
    /// listen.
    fn has_heard(&self, other: &Self) {
        assert!(other.said.starts_with(&self.heard), "{:?} of {:?}", self.heard, other.said);
        assert!(self.closes || self.heard == other.said || !self.heard_close, "not all is heard");
        let pongs = |pings: &[OwnedMessage]| pings.iter().map(|m| m.as_bytes().to_vec()).collect();
        let (asked, answered): (Vec<_>, Vec<_>) = (pongs(&self.pinged), pongs(&self.answered));
        assert!(asked.starts_with(&answered), "{answered:?} in answer to {asked:?}");
    }
}

fn talk(ends: &mut [End; 2], u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    while !u.is_empty() {
        let operation = u.arbitrary::<u8>()?;
        let end = &mut ends[usize::from(operation & 1)];
        match operation >> 1 & 15 {
            0 | 1 => {
                let text = String::from_utf8_lossy(some(u)?).into_owned();
                end.say(OwnedMessage::Text(text));
            }
            2 => end.say(OwnedMessage::Binary(some(u)?.to_vec().into())),
            3 => end.say(OwnedMessage::Binary(some(u)?.repeat(20).into())),
            4 | 5 => end.say_part(some(u)?, operation & 0x80 != 0),
            6 => {
                let ping = OwnedMessage::Ping(some(u)?.to_vec().into());
                if end.queue(&ping) {
                    end.pinged.push(ping);
                }
            }
            7 | 8 => match end.socket().flush() {
                Err(error) if !error.would_block() => panic!("{error:?}"),
                _ => {}
            },
            9..=11 => drop(end.next()),
            12 if end.open.is_none() => end.echo(),
            12 => drop(end.next()),
            13 => end.split(OwnedMessage::Binary(some(u)?.to_vec().into())),
            14 => {
                let close = Close { code: CloseCode(4000), reason: "by hand" };
                end.queue(Outgoing::Close(Some(close)));
            }
            _ => end.close(1000 + u16::from(operation >> 5) * 3),
        }
    }
    Ok(())
}

/// A length in a byte, and so much.
fn some<'a>(u: &mut Unstructured<'a>) -> arbitrary::Result<&'a [u8]> {
    let length = usize::from(u.arbitrary::<u8>()?).min(u.len());
    u.bytes(length)
}

/// Both go on until they are done; somebody has to say the last word.
fn finish(ends: &mut [End; 2]) {
    ends[0].queue(Outgoing::Close(None));
    for _ in 0..1_000_000 {
        for end in &mut *ends {
            if !end.ended && (end.closes || end.next()) {
                end.close(1000);
            }
        }
        if ends.iter().all(|end| end.ended) {
            return;
        }
    }
    panic!("they do not come to an end");
}
