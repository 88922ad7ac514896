//! Messages as they are on the wire and as they are read: the examples of RFC 7692 §7.2.3, and
//! round trips under each agreement.

use bytes::Bytes;
use segue::{Encode, Fault, Output};
use segue_websocket::{
    Agreed, CloseCode, Deflate, Error, Fragment, Messages, Opcode, Outgoing, Role, Writer,
};

use super::{
    opened,
    support::{Owned, feed, frame, frames},
};

fn agreed() -> Agreed {
    *opened(Deflate::new(), Deflate::new()).0.deflate().unwrap()
}

fn client() -> Messages {
    Messages::client().deflate(&agreed())
}

fn hello(stream: &[(u8, &[u8])]) {
    let stream = frames(Role::Client, stream);
    let expected = Owned::Text("Hello".into());
    for cut in 0..=stream.len() {
        let (left, right) = stream.split_at(cut);
        let seen = feed(&mut client(), [left, right]);
        assert_eq!((seen.messages, seen.end), (vec![expected.clone()], Ok(false)));
    }
}

#[test]
fn the_examples_of_the_rfc() {
    hello(&[(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")]); // §7.2.3.1
    hello(&[(0x41, b"\xf2\x48\xcd"), (0x80, b"\xc9\xc9\x07\x00")]);
    hello(&[(0xC1, b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")]); // §7.2.3.3
    hello(&[(0xC1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")]); // §7.2.3.4
    hello(&[(0xC1, b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")]); // §7.2.3.5
    // Shared context, §7.2.3.2.
    let both = [(0xC1, &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..]), (0xC1, b"\xf2\x00\x11\x00\x00")];
    let seen = feed(&mut client(), [&frames(Role::Client, &both)[..]]);
    assert_eq!(seen.messages, [const { "Hello" }; 2].map(|text| Owned::Text(text.into())));
    // Of nothing, §7.2.3.6.
    let seen = feed(&mut client(), [&frame(Role::Client, 0xC2, b"\x00")[..]]);
    assert_eq!(seen.messages, [Owned::Binary(vec![])]);
}

#[test]
fn a_message_may_go_on_behind_a_block_that_ends_the_stream() {
    let ends = b"\xf3\x48\xcd\xc9\xc9\x07\x00";
    let stream = [(0xC1, &[&ends[..], b"\xf2\x48\xcd\xc9\xc9\x07\x00"].concat()[..])];
    let seen = feed(&mut client(), [&frames(Role::Client, &stream)[..]]);
    assert_eq!((seen.messages, seen.end), (vec![Owned::Text("HelloHello".into())], Ok(false)));
    // The rest is a stream of its own that refers to nothing before it, in this message and in
    // others, whole and in pieces.
    let by_reference = [&ends[..], b"\xf2\x00\x11\x00\x00"].concat();
    let within = frames(Role::Client, &[(0xC1, &by_reference)]);
    let both = [(0xC1, &b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"[..]), (0xC1, b"\xf2\x00\x11\x00\x00")];
    let across = frames(Role::Client, &both);
    for (stream, messages) in [(within, 0), (across, 1)] {
        let seen = feed(&mut client(), [&stream[..]]);
        assert_eq!(
            (seen.messages.len(), seen.end.unwrap_err().error()),
            (messages, Some(&Error::Deflate))
        );
    }
}

/// Messages of all kinds and lengths, such as repeat themselves and such as do not.
fn samples() -> Vec<Vec<u8>> {
    let mut noise = 1_u32;
    let mut random = |length: usize| -> Vec<u8> {
        let step = |_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        };
        (0..length).map(step).collect()
    };
    let mut samples = vec![vec![], vec![7], b"short".to_vec()];
    samples.extend([100, 1000, 35_000].map(|length| b"segue ".repeat(length / 6)));
    samples.extend([100, 5000].map(&mut random));
    let far = random(30_000);
    samples.extend([far.clone(), far]);
    samples
}

fn round_trip(mut writer: Writer, mut messages: Messages) {
    let mut output = Output::new();
    let mut expected = Vec::new();
    for sample in samples() {
        writer.encode(Outgoing::Binary(&sample), &mut output).unwrap();
        expected.push(Owned::Binary(sample.clone()));
        writer.encode(Outgoing::Bytes(Bytes::from(sample.clone())), &mut output).unwrap();
        expected.push(Owned::Binary(sample.clone()));
        let text: String = sample.iter().map(|&byte| char::from(byte)).collect();
        writer.encode(Outgoing::Text(&text), &mut output).unwrap();
        expected.push(Owned::Text(text.clone()));
        // In parts, some of them empty, one of them cut inside a character.
        let third = text.len() / 3;
        let parts = [&b""[..], &text.as_bytes()[..third], &text.as_bytes()[third..], b""];
        for (i, payload) in parts.into_iter().enumerate() {
            let opcode = if i == 0 { Opcode::Text } else { Opcode::Continuation };
            let part = Fragment { opcode, fin: i == 3, payload };
            writer.encode(Outgoing::Fragment(part), &mut output).unwrap();
            writer.encode(Outgoing::Ping(b"between"), &mut output).unwrap();
        }
        expected.push(Owned::Text(text));
    }
    let stream = output.to_vec();
    let found = feed(&mut messages, stream.chunks(1460));
    assert_eq!(found.end, Ok(false));
    assert!(found.messages == expected, "what was received differs");
}

#[test]
fn what_is_sent_is_received_whatever_was_agreed_on() {
    let plain = Deflate::new();
    let mut terms = vec![
        plain.threshold(0),
        plain.server_no_context_takeover().threshold(0),
        plain.client_no_context_takeover().threshold(0).level(9),
        plain.level(0),
    ];
    terms.extend(
        (8..=15).map(|bits| plain.server_max_window_bits(bits).client_max_window_bits(23 - bits)),
    );
    for terms in terms {
        let (accepted, opened) = opened(terms, plain.threshold(0));
        let ((of_server, to_client), (of_client, to_server)) = (accepted.halves(), opened.halves());
        round_trip(to_client, of_client);
        round_trip(to_server, of_server);
    }
}

#[test]
fn short_messages_are_left_alone() {
    let terms = Deflate::new().threshold(5).level(6);
    let (_, mut writer) = opened(terms, Deflate::new()).0.halves();
    let mut output = Output::new();
    writer.encode(Outgoing::Text("Hell"), &mut output).unwrap();
    assert_eq!(output.to_vec(), b"\x81\x04Hell");
    output.clear();
    writer.encode(Outgoing::Text("Hello"), &mut output).unwrap();
    assert_eq!(output.to_vec(), b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"); // §7.2.3.1
    output.clear();
    writer.encode(Outgoing::Text("Hello"), &mut output).unwrap();
    assert_eq!(output.to_vec(), b"\xc1\x05\xf2\x00\x11\x00\x00"); // §7.2.3.2
}

#[test]
fn without_takeover_messages_do_not_refer_to_each_other() {
    let terms = Deflate::new().threshold(0).server_no_context_takeover();
    let (_, mut writer) = opened(terms, Deflate::new()).0.halves();
    let mut output = Output::new();
    for _ in 0..2 {
        writer.encode(Outgoing::Text("Hello"), &mut output).unwrap();
    }
    assert_eq!(output.to_vec(), b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00".repeat(2));
}

#[test]
fn faults_count_in_what_the_messages_inflate_to() {
    let hello = frame(Role::Client, 0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00");
    let inner = |error, at| Err(Fault::new(error).at(at).nested());
    let found = |bad: &[u8]| {
        let stream = [&hello[..], &frame(Role::Client, 0xC1, bad)].concat();
        let seen = feed(&mut client(), [&stream[..]]);
        assert_eq!(seen.messages.len(), 1);
        seen.end
    };
    // A stored block of three bytes: the second is no UTF-8.
    assert_eq!(found(b"\x00\x03\x00\xfc\xffa\xffb\x00"), inner(Error::Utf8, 5 + 1));
    // A character that is cut off.
    assert_eq!(found(b"\x00\x02\x00\xfd\xffa\xc3\x00"), inner(Error::Utf8, 5 + 2));
    // Lengths that do not match, and a kind of block that there is not.
    assert_eq!(found(b"\x00\x03\x00\xfc\xfe"), inner(Error::Deflate, 5));
    assert_eq!(found(b"\xf2\x48\x05\x00\x00\x00\xff\xff\x07"), inner(Error::Deflate, 5 + 2));
    assert_eq!(found(b""), inner(Error::Deflate, 5));
    assert_eq!(Error::Deflate.close_code(), CloseCode::INVALID_DATA);
}

#[test]
fn only_the_first_frame_of_a_message_is_marked() {
    for stream in [&[(0xC9, &b""[..])][..], &[(0x41, b"\xf2"), (0xC0, b"")], &[(0xA1, b"")]] {
        let bits = stream.last().unwrap().0 & 0x70;
        let seen = feed(&mut client(), [&frames(Role::Client, stream)[..]]);
        assert_eq!(*seen.end.unwrap_err().error().unwrap(), Error::ReservedBits(bits));
    }
}
