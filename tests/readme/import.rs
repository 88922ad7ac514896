use segue::{Buffer, Fault, Output, Step};
use segue_websocket::{Error, Message, Messages};

struct Peer {
    buffer: Buffer,
    messages: Messages,
    answers: Output,
}

impl Peer {
    /// Each message is lent, from the buffer or from the stage that put it together.
    fn received(
        &mut self,
        bytes: &[u8],
        mut on: impl FnMut(Message<'_>),
    ) -> Result<(), Fault<Error>> {
        let Self { buffer, messages, answers } = self;
        buffer.extend(bytes);
        while let Step::Item(message) = buffer.step(messages, false, answers)? {
            on(message);
        }
        Ok(()) // pings were answered: what `answers` holds is to be sent
    }
}

#[test]
fn messages_arrive_and_pings_are_answered() {
    let (buffer, messages) = (Buffer::new(), Messages::client());
    let mut peer = Peer { buffer, messages, answers: Output::new() };
    let mut seen = Vec::new();
    for received in [&b"\x81\x05he"[..], b"llo\x89\x00\x82\x01", b"!"] {
        peer.received(received, |message| seen.push(format!("{message:?}"))).unwrap();
    }
    assert_eq!(seen, ["Text(\"hello\")", "Binary([33])"]);
    assert_eq!(peer.answers.to_vec()[..2], [0x8a, 0x80]);
}
