//! Round trips: [`Messages`] reads everything that a [`Writer`] sends, in both roles and with any
//! cuts.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use proptest::{collection::vec, prelude::*};
use segue::{Encode, Output};
use segue_websocket::{
    Close, CloseCode, Fragment, Limits, MaskKeys, Message, Messages, Opcode, Outgoing, Reply, Role,
    Writer,
};
use support::{Owned, feed};

/// Something to send, and how.
#[derive(Debug, Clone)]
enum Sent {
    Whole(Owned),
    Bytes(Vec<u8>),
    /// A message in parts of these lengths, with the payload of a ping behind each.
    Parts(Owned, Vec<(usize, Option<Vec<u8>>)>),
}

/// Keys that differ from frame to frame, the same in each run.
fn keys() -> MaskKeys {
    let mut state = 1_u32;
    MaskKeys::from_fn(move || {
        state = state.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        state.to_be_bytes()
    })
}

fn writer(role: Role) -> Writer {
    match role {
        Role::Server => Writer::server(),
        Role::Client => Writer::client_with(keys()),
    }
}

/// The reader at the other end of `writer(role)`, which shows all it reads and answers nothing.
fn reader(role: Role) -> Messages {
    let messages = match role {
        Role::Server => Messages::client_with(keys()),
        Role::Client => Messages::server(),
    };
    messages.pings(Reply::Manual).closes(Reply::Manual)
}

/// The bytes sent, and what is to be read of them.
fn send(role: Role, items: &[Sent]) -> (Vec<u8>, Vec<Owned>) {
    let (mut writer, mut output, mut read) = (writer(role), Output::new(), Vec::new());
    let mut put = |item: Outgoing<'_>| writer.encode(item, &mut output).unwrap();
    for item in items {
        match item {
            Sent::Whole(message) => {
                put(outgoing(message));
                read.push(message.clone());
            }
            Sent::Bytes(payload) => {
                put(Outgoing::Bytes(payload.clone().into()));
                read.push(Owned::Binary(payload.clone()));
            }
            Sent::Parts(message, parts) => {
                let (mut opcode, mut rest) = match message {
                    Owned::Text(text) => (Opcode::Text, text.as_bytes()),
                    Owned::Binary(payload) => (Opcode::Binary, &payload[..]),
                    other => panic!("{other:?} cannot be sent in parts"),
                };
                for (length, ping) in parts {
                    let (payload, behind) = rest.split_at((*length).min(rest.len()));
                    put(Outgoing::Fragment(Fragment { opcode, fin: false, payload }));
                    (opcode, rest) = (Opcode::Continuation, behind);
                    if let Some(ping) = ping {
                        put(Outgoing::Ping(ping));
                        read.push(Owned::Ping(ping.clone()));
                    }
                }
                put(Outgoing::Fragment(Fragment { opcode, fin: true, payload: rest }));
                read.push(message.clone());
            }
        }
    }
    (output.to_vec(), read)
}

fn outgoing(message: &Owned) -> Outgoing<'_> {
    Outgoing::from(match message {
        Owned::Text(text) => Message::Text(text),
        Owned::Binary(payload) => Message::Binary(payload),
        Owned::Ping(payload) => Message::Ping(payload),
        Owned::Pong(payload) => Message::Pong(payload),
        Owned::Close(close) => Message::Close(
            close.as_ref().map(|(code, reason)| Close { code: CloseCode(*code), reason }),
        ),
    })
}

fn samples() -> Vec<Sent> {
    let text = Owned::Text("grüße, 🦀".into());
    vec![
        Sent::Whole(Owned::Text(String::new())),
        Sent::Whole(Owned::Ping(vec![1; 125])),
        Sent::Parts(text.clone(), (0..11).map(|_| (1, None)).collect()),
        Sent::Parts(text, vec![(0, None), (3, Some(b"?".into())), (6, Some(vec![]))]),
        Sent::Bytes(vec![2; 127]),
        Sent::Whole(Owned::Binary(vec![3; 126])),
        Sent::Parts(Owned::Binary(vec![4; 9]), vec![(0, None), (9, None), (0, None)]),
        Sent::Whole(Owned::Pong(vec![])),
        Sent::Whole(Owned::Close(Some((4000, "ende".into())))),
    ]
}

#[test]
fn at_every_cut_in_both_roles() {
    for role in [Role::Server, Role::Client] {
        let (bytes, read) = send(role, &samples());
        for cut in 0..=bytes.len() {
            let (left, right) = bytes.split_at(cut);
            let seen = feed(&mut reader(role), [left, right]);
            assert_eq!((&seen.messages, seen.end), (&read, Ok(true)), "{role:?} cut at {cut}");
        }
        let seen = feed(&mut reader(role), bytes.chunks(1));
        assert_eq!((seen.messages, seen.end), (read, Ok(true)), "{role:?} byte by byte");
    }
}

#[test]
fn the_longest_of_each_form_of_length() {
    for role in [Role::Server, Role::Client] {
        for length in [125, 126, 0xFFFF, 0x1_0000] {
            let (bytes, read) = send(role, &[Sent::Bytes(vec![5; length])]);
            let seen = feed(&mut reader(role), bytes.chunks(1000));
            assert_eq!((seen.messages, seen.end), (read, Ok(false)));
        }
    }
}

#[test]
fn a_frame_of_the_longest_payload_is_taken() {
    let (bytes, _) = send(Role::Server, &[Sent::Bytes(vec![0; Limits::DEFAULT.message])]);
    let seen = feed(&mut reader(Role::Server), [&bytes[..]]);
    assert!(matches!(&seen.messages[..], [Owned::Binary(payload)] if payload.len() == 16 << 20));
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..10), vec(any::<u8>(), 120..140)]
}

fn control() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=125)
}

fn data() -> impl Strategy<Value = Owned> {
    prop_oneof![".{0,20}".prop_map(Owned::Text), payload().prop_map(Owned::Binary)]
}

fn sent() -> impl Strategy<Value = Sent> {
    let parts = vec((0..8_usize, proptest::option::of(control())), 0..5);
    prop_oneof![
        data().prop_map(Sent::Whole),
        payload().prop_map(Sent::Bytes),
        control().prop_map(|payload| Sent::Whole(Owned::Ping(payload))),
        control().prop_map(|payload| Sent::Whole(Owned::Pong(payload))),
        (data(), parts).prop_map(|(message, parts)| Sent::Parts(message, parts)),
    ]
}

proptest! {
    #[test]
    fn anything_in_any_pieces(
        items in vec(sent(), 0..8),
        client in any::<bool>(),
        pieces in 1..40_usize,
    ) {
        let role = if client { Role::Client } else { Role::Server };
        let (bytes, read) = send(role, &items);
        let seen = feed(&mut reader(role), bytes.chunks(pieces));
        prop_assert_eq!((seen.messages, seen.end), (read, Ok(false)));
        prop_assert!(seen.left.is_empty() && seen.answers.is_empty());
    }
}
