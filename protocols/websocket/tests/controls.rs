//! Control frames: answered or not, shown or not, in between fragments; the closing handshake.

mod support;

use bytes::Bytes;
use segue::{Buffer, Encode, Output, Step};
use segue_websocket::{
    Close, CloseCode, Fragment, MaskKeys, Message, Messages, Opcode, Outgoing, Reply, Role,
    WriteError, Writer,
};
use support::{KEY, Owned, feed, frame, frames};

const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
const CLOSE: u8 = 0x88;
const GOING_AWAY: &[u8] = b"\x03\xe9bye";

#[test]
fn pings_are_answered_and_shown_as_asked() {
    let stream = frames(Role::Server, &[(0x01, b"He"), (PING, b"1"), (PING, b""), (0x80, b"y")]);
    let pongs = b"\x8a\x011\x8a\x00";
    let shown = [Owned::Ping(b"1".into()), Owned::Ping(b"".into())];
    let text = [Owned::Text("Hey".into())];
    for (reply, seen, answered) in [
        (Reply::Hidden, &[][..], &pongs[..]),
        (Reply::Shown, &shown[..], pongs),
        (Reply::Manual, &shown[..], b""),
    ] {
        for cut in 0..=stream.len() {
            let (left, right) = stream.split_at(cut);
            let found = feed(&mut Messages::server().pings(reply), [left, right]);
            assert_eq!(found.messages, [seen, &text].concat(), "{reply:?} cut at {cut}");
            assert_eq!(found.answers, answered);
        }
    }
}

#[test]
fn a_ping_that_is_answered_and_shown_comes_before_what_follows() {
    let stream = frames(Role::Server, &[(PING, b"?"), (0x81, b"a"), (PING, b""), (0x82, b"b")]);
    let found = feed(&mut Messages::server().pings(Reply::Shown), [&stream[..]]);
    let [ping, empty] = [&b"?"[..], b""].map(|payload| Owned::Ping(payload.into()));
    let expected = [ping, Owned::Text("a".into()), empty, Owned::Binary(b"b".into())];
    assert_eq!(found.messages, expected);
}

#[test]
fn a_close_frame_is_answered_with_its_code_and_ends_the_stage() {
    let close = frame(Role::Server, CLOSE, GOING_AWAY);
    let stream = [&close[..], b"\xffwhatever"].concat();
    let item = Owned::Close(Some((1001, "bye".into())));
    for (reply, shown, answered) in [
        (Reply::Hidden, false, &b"\x88\x02\x03\xe9"[..]),
        (Reply::Shown, true, b"\x88\x02\x03\xe9"),
        (Reply::Manual, true, b""),
    ] {
        let mut stage = Messages::server().closes(reply);
        let found = feed(&mut stage, [&stream[..]]);
        assert_eq!(found.messages, if shown { vec![item.clone()] } else { vec![] });
        assert_eq!((found.end, &found.answers[..]), (Ok(true), answered));
        assert_eq!(found.left, b"\xffwhatever");
        assert_eq!(stage.is_closed(), reply != Reply::Manual);
    }
    let mut client = Messages::client_with(MaskKeys::from_fn(|| KEY));
    let found = feed(&mut client, [&frame(Role::Client, CLOSE, b"")[..]]);
    assert_eq!(found.messages, [Owned::Close(None)]);
    assert_eq!(found.answers, [&[CLOSE, 0x80][..], &KEY].concat());
}

#[test]
fn an_interrupting_close_ends_the_stage_inside_a_message() {
    let stream = frames(Role::Server, &[(0x01, b"He"), (CLOSE, b""), (0x80, b"y")]);
    let found = feed(&mut Messages::server(), [&stream[..]]);
    assert_eq!((found.messages, found.end), (vec![Owned::Close(None)], Ok(true)));
    assert_eq!(found.left, frame(Role::Server, 0x80, b"y"));
}

#[test]
fn only_one_close_frame_is_sent_whoever_is_first() {
    let peers = frame(Role::Server, CLOSE, GOING_AWAY);

    let (mut messages, mut writer) = segue_websocket::server();
    let mut output = Output::new();
    writer.encode(Outgoing::Close(None), &mut output).unwrap();
    assert!(writer.is_closed() && !messages.is_closed());
    let found = feed(&mut messages, [&peers[..]]);
    assert!(found.answers.is_empty() && messages.is_closed());

    let (mut messages, mut writer) = segue_websocket::server();
    let mut output = Output::new();
    writer.encode(Outgoing::Text("first"), &mut output).unwrap();
    assert_eq!(feed(&mut messages, [&peers[..]]).answers, b"\x88\x02\x03\xe9");
    for item in [Outgoing::Text("late"), Outgoing::Close(None), Outgoing::Ping(b"")] {
        assert_eq!(writer.encode(item, &mut output), Err(WriteError::Closed));
    }
    assert_eq!(output.to_vec(), b"\x81\x05first");
}

#[test]
fn pings_are_answered_until_the_peers_close_frame() {
    let (mut messages, mut writer) = segue_websocket::server();
    let mut output = Output::new();
    writer.encode(Outgoing::Close(None), &mut output).unwrap();
    writer.encode(Outgoing::Pong(b"by hand"), &mut output).unwrap();
    let found = feed(&mut messages, [&frame(Role::Server, PING, b"there?")[..]]);
    assert_eq!(found.answers, [&[PONG, 6][..], b"there?"].concat());
}

#[test]
fn what_must_not_be_sent_is_refused_and_leaves_nothing() {
    let mut output = Output::new();
    let mut refused = |writer: &mut Writer, item: Outgoing<'_>, error: WriteError| {
        assert_eq!(writer.encode(item, &mut output), Err(error));
        assert!(output.is_empty());
    };
    let part = |opcode, fin, payload| Outgoing::Fragment(Fragment { opcode, fin, payload });
    let mut writer = Writer::server();
    let long = [b'a'; 126];
    let too_long = WriteError::ControlTooLong { length: 126 };
    refused(&mut writer, Outgoing::Ping(&long), too_long);
    refused(&mut writer, Outgoing::Pong(&long), too_long);
    let reason = str::from_utf8(&long[..124]).unwrap();
    let close = Close { code: CloseCode::NORMAL, reason };
    refused(&mut writer, Outgoing::Close(Some(close)), too_long);
    for code in [CloseCode::NO_STATUS, CloseCode::ABNORMAL, CloseCode(999), CloseCode(5000)] {
        let close = Close { code, reason: "" };
        refused(&mut writer, Outgoing::Close(Some(close)), WriteError::CloseCode(code));
    }
    refused(&mut writer, part(Opcode::Continuation, true, b""), WriteError::NothingToContinue);
    refused(&mut writer, part(Opcode::Ping, true, b""), WriteError::FragmentedControl);
    refused(&mut writer, part(Opcode::Text, false, b"a\xff"), WriteError::Utf8 { at: 1 });
    refused(&mut writer, part(Opcode::Text, true, b"a\xc3"), WriteError::Utf8 { at: 2 });

    let mut sent = Output::new();
    writer.encode(part(Opcode::Text, false, b"\xc3"), &mut sent).unwrap();
    refused(&mut writer, Outgoing::Text("whole"), WriteError::UnfinishedMessage);
    refused(&mut writer, Outgoing::Bytes(Bytes::new()), WriteError::UnfinishedMessage);
    refused(&mut writer, part(Opcode::Binary, true, b""), WriteError::UnfinishedMessage);
    // A refused continuation leaves the message open as it was.
    refused(&mut writer, part(Opcode::Continuation, false, b"\xc3"), WriteError::Utf8 { at: 0 });
    writer.encode(Outgoing::Ping(b""), &mut sent).unwrap();
    writer.encode(part(Opcode::Continuation, true, b"\xa9"), &mut sent).unwrap();
    writer.encode(Outgoing::Close(None), &mut sent).unwrap();
    refused(&mut writer, part(Opcode::Continuation, true, b""), WriteError::Closed);
    assert_eq!(sent.to_vec(), b"\x01\x01\xc3\x89\x00\x80\x01\xa9\x88\x00");
}

#[test]
fn large_bytes_of_a_server_leave_from_where_they_are() {
    let payload = Bytes::from(vec![7; Output::WHOLE]);
    let mut output = Output::new();
    Writer::server().encode(Outgoing::Bytes(payload.clone()), &mut output).unwrap();
    let chunks: Vec<_> = output.chunks().collect();
    assert_eq!((chunks.len(), chunks[1].as_ptr()), (2, payload.as_ptr()));
}

#[test]
fn large_bytes_of_a_client_are_masked_in_place_if_nobody_else_holds_them() {
    let keys = || MaskKeys::from_fn(|| KEY);
    for shared in [false, true] {
        let payload = Bytes::from(vec![7; Output::WHOLE]);
        let (place, held) = (payload.as_ptr(), shared.then(|| payload.clone()));
        let mut output = Output::new();
        Writer::client_with(keys()).encode(Outgoing::Bytes(payload), &mut output).unwrap();
        assert_eq!(output.chunks().any(|chunk| chunk.as_ptr() == place), !shared);
        assert!(held.is_none_or(|held| held.iter().all(|&byte| byte == 7)));
        let sent = output.to_vec();
        assert_eq!(sent, frame(Role::Server, 0x82, &[7; Output::WHOLE]));
    }
}

#[test]
fn whole_messages_are_lent_from_the_buffer() {
    let mut buffer = Buffer::from(&b"\x81\x05Hello\x82\x02ab"[..]);
    let storage = buffer.as_slice().as_ptr_range();
    let (mut stage, mut answers) = (Messages::client(), Output::new());
    let Step::Item(Message::Text(text)) = buffer.step(&mut stage, false, &mut answers).unwrap()
    else {
        panic!("no text")
    };
    assert!(storage.contains(&text.as_ptr()));
}

#[test]
fn an_echo_sends_what_it_receives() {
    let stream = frames(Role::Server, &[(0x81, b"text"), (0x82, b"\xff"), (PONG, b"!")]);
    let (mut messages, mut writer) = segue_websocket::server();
    let (mut buffer, mut answers) = (Buffer::from(&stream[..]), Output::new());
    let mut output = Output::new();
    while let Step::Item(message) = buffer.step(&mut messages, false, &mut answers).unwrap() {
        writer.encode(message, &mut output).unwrap();
    }
    let expected = frames(Role::Client, &[(0x81, b"text"), (0x82, b"\xff"), (PONG, b"!")]);
    assert_eq!(output.to_vec(), expected);
}
