use segue::{Fault, Inlet, Output, Step};
use segue_websocket::{Error, Message, Messages};

struct Peer {
    messages: Inlet<Messages>,
    answers: Output,
}

impl Peer {
    /// Each message is lent, from the buffer or from the stage that put it together.
    fn received(
        &mut self,
        bytes: &[u8],
        mut on: impl FnMut(Message<'_>),
    ) -> Result<(), Fault<Error>> {
        self.messages.extend(bytes);
        while let Step::Item(message) = self.messages.step(&mut self.answers)? {
            on(message);
        }
        Ok(()) // pings were answered: send what `answers` holds
    }
}

#[test]
fn messages_arrive_and_pings_are_answered() {
    let messages = Inlet::new(Messages::client());
    let mut peer = Peer { messages, answers: Output::new() };
    let mut seen = Vec::new();
    for received in [&b"\x81\x05he"[..], b"llo\x89\x00\x82\x01", b"!"] {
        peer.received(received, |message| seen.push(format!("{message:?}"))).unwrap();
    }
    assert_eq!(seen, ["Text(\"hello\")", "Binary([33])"]);
    assert_eq!(peer.answers.to_vec()[..2], [0x8a, 0x80]);
}
