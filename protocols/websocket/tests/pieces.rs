//! [`Pieces`] beside [`Messages`]: all pieces of a message come to what it is as a whole.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use proptest::{collection::vec, prelude::*};
use segue::{Buffer, Fault, Output, Step};
use segue_websocket::{Error, Limits, Messages, Piece, Pieces, Reply, Role};
use support::{Owned, feed, frame, frames};

/// The joined pieces of a stream, and its end.
fn joined(
    mut stage: Pieces,
    stream: &[u8],
    size: usize,
) -> (Vec<Owned>, Vec<u8>, Result<bool, Fault<Error>>) {
    let (mut buffer, mut answers) = (Buffer::new(), Output::new());
    let (mut messages, mut message) = (Vec::new(), Vec::new());
    let mut open = false;
    for bytes in stream.chunks(size) {
        buffer.extend(bytes);
        loop {
            match buffer.step(&mut stage, false, &mut answers) {
                Ok(Step::Item(Piece::Part(part))) => {
                    assert_eq!(part.first, !open);
                    assert!(part.payload.len() <= size + stream.len() % size + 14);
                    message.extend(part.payload);
                    open = !part.last;
                    if part.last {
                        let whole = std::mem::take(&mut message);
                        messages.push(match part.text {
                            true => Owned::Text(String::from_utf8(whole).unwrap()),
                            false => Owned::Binary(whole),
                        });
                    }
                }
                Ok(Step::Item(Piece::Ping(payload))) => messages.push(Owned::Ping(payload.into())),
                Ok(Step::Item(Piece::Pong(payload))) => messages.push(Owned::Pong(payload.into())),
                Ok(Step::Item(Piece::Close(close))) => messages
                    .push(Owned::Close(close.map(|close| (close.code.0, close.reason.to_owned())))),
                Ok(Step::Need(_)) => break,
                Ok(Step::Done) => return (messages, answers.to_vec(), Ok(true)),
                Err(fault) => return (messages, answers.to_vec(), Err(fault)),
            }
        }
    }
    (messages, answers.to_vec(), Ok(false))
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => proptest::sample::select(&[0x01_u8, 0x02, 0x00, 0x80, 0x81, 0x82, 0x89, 0x8A][..]),
        1 => Just(0x88),
    ];
    let payload = prop_oneof![
        4 => ".{0,40}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..125),
    ];
    let one = (first, payload).prop_map(|(first, mut payload)| {
        payload.truncate(125);
        frame(Role::Server, first, &payload)
    });
    vec(one, 0..8).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn pieces_come_to_the_messages(stream in stream(), size in 1..50_usize) {
        for reply in [Reply::Hidden, Reply::Shown, Reply::Manual] {
            let whole = Messages::server().pings(reply).closes(reply);
            let expected = feed(&mut { whole }, [&stream[..]]);
            let pieces = Pieces::server().pings(reply).closes(reply);
            let (messages, answers, end) = joined(pieces, &stream, size);
            prop_assert_eq!(&messages, &expected.messages);
            prop_assert_eq!(&answers, &expected.answers);
            prop_assert_eq!(end, expected.end);
        }
    }
}

#[test]
fn a_frame_longer_than_any_memory_goes_through_as_it_comes() {
    let mut pieces = Pieces::client();
    let (mut buffer, mut answers) = (Buffer::new(), Output::new());
    buffer.extend(&[&[0x82, 127][..], &(1_u64 << 50).to_be_bytes()].concat());
    let chunk = [7; 1 << 16];
    for i in 0..1000 {
        buffer.extend(&chunk);
        let Step::Item(Piece::Part(part)) = buffer.step(&mut pieces, false, &mut answers).unwrap()
        else {
            panic!("no piece")
        };
        assert_eq!((part.payload.len(), part.first, part.last), (chunk.len(), i == 0, false));
    }
    assert!(buffer.capacity() <= 2 * chunk.len().next_power_of_two());
}

#[test]
fn limits_are_for_all_of_a_message() {
    let limits = Limits { message: 4, fragments: 3, ..Limits::PIECES };
    let stage = || Pieces::server().limits(limits);
    let fault = |stream: &[u8]| joined(stage(), stream, 3).2.err();
    let fits = [(0x02, &b"ab"[..]), (0x00, b"c"), (0x80, b"d"), (0x82, b"1234")];
    assert_eq!(fault(&frames(Role::Server, &fits)), None);
    let begun = frames(Role::Server, &[(0x02, b"ab"), (0x00, b"c")]);
    let error = Error::MessageTooLong { length: 5, limit: 4 };
    let long = [&begun[..], &frame(Role::Server, 0x80, b"de")].concat();
    assert_eq!(fault(&long), Some(Fault::new(error).at(begun.len() as u64 + 1)));
    let begun = frames(Role::Server, &[(0x02, b""), (0x00, b""), (0x00, b"")]);
    let many = [&begun[..], &frame(Role::Server, 0x80, b"")].concat();
    let error = Error::TooManyFragments { limit: 3 };
    assert_eq!(fault(&many), Some(Fault::new(error).at(begun.len() as u64)));
}
