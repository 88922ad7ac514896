//! A client and a server against each other, what they send cut at every byte: the client's first
//! frames glued to its request, the server's first frame glued to its answer.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use segue::{Buffer, Encode, Exchange, Output, Progress, Step};
use segue_websocket::{
    ClientHandshake, Close, CloseCode, MaskKeys, Messages, Outgoing, ServerHandshake, Writer,
};
use support::{KEY, Owned};

/// One end of the connection: a handshake, then messages.
struct End<X> {
    handshake: Option<X>,
    messages: Messages,
    writer: Writer,
    input: Buffer,
    output: Output,
    seen: Vec<Owned>,
    closed: bool,
}

impl<X: Exchange> End<X>
where
    X::Error: std::fmt::Debug,
{
    fn new(handshake: X, messages: Messages, mut writer: Writer) -> Self {
        let messages = messages.paired(&mut writer);
        let (input, output, seen) = (Buffer::new(), Output::new(), Vec::new());
        Self { handshake: Some(handshake), messages, writer, input, output, seen, closed: false }
    }

    /// Goes on with what has been received; `greeting` is sent right behind the handshake's last
    /// word.
    fn advance(&mut self, greeting: Option<&str>) {
        if let Some(handshake) = &mut self.handshake {
            let progress = handshake.advance(&mut self.input, false, &mut self.output).unwrap();
            if !matches!(progress, Progress::Done(_)) {
                return;
            }
            self.handshake = None;
            if let Some(greeting) = greeting {
                self.send(Outgoing::Text(greeting));
            }
        }
        loop {
            match self.input.step(&mut self.messages, false, &mut self.output).unwrap() {
                Step::Item(message) => self.seen.push(message.into()),
                Step::Need(_) => return,
                Step::Done => {
                    self.closed = true;
                    return;
                }
            }
        }
    }

    fn send(&mut self, item: Outgoing<'_>) {
        self.writer.encode(item, &mut self.output).unwrap();
    }

    fn sent(&mut self) -> Vec<u8> {
        let sent = self.output.to_vec();
        self.output.clear();
        sent
    }

    fn receive(&mut self, piece: &[u8], greeting: Option<&str>) {
        self.input.extend(piece);
        self.advance(greeting);
    }
}

/// Runs a whole connection; each side's first packet is cut where `cuts` say.
fn connection(cuts: (usize, usize)) -> (usize, usize) {
    let keys = || MaskKeys::from_fn(|| KEY);
    let mut client = End::new(
        ClientHandshake::with_key("a", "/", *b"the sample nonce"),
        Messages::client_with(keys()),
        Writer::client_with(keys()),
    );
    let mut server = End::new(ServerHandshake::new(), Messages::server(), Writer::server());

    client.advance(None);
    client.send(Outgoing::Text("glued"));
    client.send(Outgoing::Ping(b"?"));
    client.send(Outgoing::Binary(&[0xFF; 130]));
    let first = client.sent();
    let (left, right) = first.split_at(cuts.0.min(first.len()));
    server.receive(left, Some("welcome"));
    server.receive(right, Some("welcome"));
    assert_eq!(server.seen, [Owned::Text("glued".into()), Owned::Binary(vec![0xFF; 130])]);

    server.send(Outgoing::Close(Some(Close { code: CloseCode::NORMAL, reason: "bye" })));
    let second = server.sent();
    let (left, right) = second.split_at(cuts.1.min(second.len()));
    client.receive(left, None);
    client.receive(right, None);
    let bye = Owned::Close(Some((1000, "bye".into())));
    assert_eq!(client.seen, [Owned::Text("welcome".into()), Owned::Pong(b"?".into()), bye]);

    let answer = client.sent();
    server.receive(&answer, None);
    assert_eq!(server.seen.last(), Some(&Owned::Close(Some((1000, String::new())))));
    assert!(server.closed && client.closed && server.sent().is_empty());
    assert!(server.messages.is_closed() && client.messages.is_closed());
    assert!(server.input.is_empty() && client.input.is_empty());
    (first.len(), second.len())
}

#[test]
fn nothing_is_lost_wherever_the_first_packets_are_cut() {
    let (first, second) = connection((0, 0));
    for cut in 0..=first.max(second) {
        connection((cut, cut));
    }
    connection((first, 0));
    connection((0, second));
}
