//! Frames and messages of both ends against the laws, and what is written against what is read.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which stage, or that the rest is to be written and read again |
//! | 1 | the options, in bits |
//! | 2 | the longest payload and message |
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Encode, Fault, Output, Step, laws};
use segue_websocket::{
    Close, CloseCode, Error, Fragment, Frames, Limits, MaskKeys, Message, Messages, Opcode,
    Outgoing, Part, Piece, Pieces, Reply, Role, Writer,
};

fuzz_target!(|data: &[u8]| {
    let [pick, bits, max, data @ ..] = data else { return };
    let (bits, max) = (*bits, usize::from(*max));
    let role = if pick & 1 == 0 { Role::Server } else { Role::Client };
    match pick / 2 % 5 {
        0 => {
            // The reserved bits that are let through are where they are in a frame.
            let limits = Limits { frame: max, ..Limits::DEFAULT };
            let make = || Frames::new(role).limits(limits).reserved_bits(bits);
            laws::fuzz(make, data);
        }
        1 => {
            let make = || {
                let messages = messages(role).pings(reply(bits)).closes(reply(bits >> 2));
                let messages = messages.limits(small(max));
                if bits & 0x10 == 0 { messages } else { messages.paired(&mut closed_writer(role)) }
            };
            laws::stage(make).absorbs_records().fuzz(data);
        }
        3 => {
            let make = || {
                let pieces = pieces(role).pings(reply(bits)).closes(reply(bits >> 2));
                let pieces = pieces.limits(small(max));
                if bits & 0x10 == 0 { pieces } else { pieces.paired(&mut closed_writer(role)) }
            };
            laws::stage(make).absorbs_records().fuzz(data);
        }
        4 => {
            // Frames have no limit of their own by one stage, and one by the other.
            let limits = Limits { message: max, frame: usize::MAX, fragments: 3 };
            let messages = messages(role).limits(limits).pings(Reply::Shown);
            let pieces = pieces(role).limits(limits).pings(Reply::Shown);
            assert_eq!(whole(messages, data), joined(pieces, data), "whole and in pieces");
        }
        _ => {
            // Whoever reads what one end writes is the other end.
            let other = role.peer();
            let _ = what_is_written_is_read(role, other, &mut Unstructured::new(data));
        }
    }
});

/// Limits with which messages of `max` bytes may come in smaller frames.
fn small(max: usize) -> Limits {
    Limits { message: max, frame: max / 2 + 16, ..Limits::DEFAULT }
}

fn messages(role: Role) -> Messages {
    match role {
        Role::Server => Messages::server(),
        Role::Client => Messages::client_with(keys()),
    }
}

fn pieces(role: Role) -> Pieces {
    match role {
        Role::Server => Pieces::server(),
        Role::Client => Pieces::client_with(keys()),
    }
}

/// L7, for the two stages that read messages: what the one says.
fn whole(mut stage: Messages, data: &[u8]) -> (Vec<Said>, Option<Fault<Error>>) {
    let (mut buffer, mut said) = (Buffer::from(data), Vec::new());
    loop {
        match buffer.step(&mut stage, false, &mut Output::new()) {
            Ok(Step::Item(message)) => said.push(Said::from(message)),
            Ok(_) => return (said, None),
            Err(fault) => return (said, Some(fault)),
        }
    }
}

/// And what the other does, put together.
fn joined(mut stage: Pieces, data: &[u8]) -> (Vec<Said>, Option<Fault<Error>>) {
    let (mut buffer, mut said, mut gathered) = (Buffer::from(data), Vec::new(), Vec::new());
    loop {
        match buffer.step(&mut stage, false, &mut Output::new()) {
            Ok(Step::Item(Piece::Part(Part { text, first, last, payload }))) => {
                assert!(!first || gathered.is_empty(), "a message within a message");
                gathered.extend(payload);
                if last {
                    let all = core::mem::take(&mut gathered);
                    said.push(match text {
                        true => Said::Text(String::from_utf8(all).expect("it has been checked")),
                        false => Said::Binary(all),
                    });
                }
            }
            Ok(Step::Item(Piece::Ping(payload))) => said.push(Said::Ping(payload.into())),
            Ok(Step::Item(Piece::Pong(payload))) => said.push(Said::Pong(payload.into())),
            Ok(Step::Item(Piece::Close(close))) => said.push(Said::from(Message::Close(close))),
            Ok(_) => return (said, None),
            Err(fault) => return (said, Some(fault)),
        }
    }
}

fn keys() -> MaskKeys {
    let mut key = [0x37_u8, 0xfa, 0x21, 0x3d];
    MaskKeys::from_fn(move || {
        key[0] = key[0].wrapping_add(1);
        key
    })
}

fn reply(bits: u8) -> Reply {
    match bits & 3 {
        0 | 3 => Reply::Hidden,
        1 => Reply::Shown,
        _ => Reply::Manual,
    }
}

/// A writer whose close frame has been sent already.
fn closed_writer(role: Role) -> Writer {
    let mut writer = writer(role);
    writer.encode(Outgoing::Close(None), &mut Output::new()).expect("it has sent nothing yet");
    writer
}

fn writer(role: Role) -> Writer {
    match role {
        Role::Server => Writer::server(),
        Role::Client => Writer::client_with(keys()),
    }
}

/// L6: what a writer does not refuse is a stream without fault, and says the same.
fn what_is_written_is_read(
    writes: Role,
    reads: Role,
    u: &mut Unstructured<'_>,
) -> arbitrary::Result<()> {
    let (mut writer, mut output) = (writer(writes), Output::new());
    let mut sent = Vec::new();
    let mut open: Option<(Opcode, Vec<u8>)> = None;
    while !u.is_empty() {
        let outgoing = outgoing(u)?;
        let queued = output.len();
        if writer.encode(outgoing.clone(), &mut output).is_err() {
            assert_eq!(output.len(), queued, "an item that was refused is in the output");
            continue;
        }
        match outgoing {
            Outgoing::Text(text) => sent.push(Said::Text(text.into())),
            Outgoing::Binary(payload) => sent.push(Said::Binary(payload.into())),
            Outgoing::Bytes(payload) => sent.push(Said::Binary(payload.into())),
            Outgoing::Fragment(Fragment { opcode, fin, payload }) => {
                let (_, gathered) = open.get_or_insert((opcode, Vec::new()));
                gathered.extend(payload);
                if fin && let Some((opcode, gathered)) = open.take() {
                    sent.push(match opcode {
                        Opcode::Text => {
                            Said::Text(String::from_utf8(gathered).expect("the writer checks it"))
                        }
                        _ => Said::Binary(gathered),
                    });
                }
            }
            Outgoing::Ping(payload) => sent.push(Said::Ping(payload.into())),
            Outgoing::Pong(payload) => sent.push(Said::Pong(payload.into())),
            Outgoing::Close(close) => {
                sent.push(Said::Close(close.map(|close| (close.code, close.reason.into()))));
                // Pongs may follow, and nobody reads them.
                break;
            }
            _ => {}
        }
    }
    let stage = || messages(reads).pings(Reply::Shown);
    let (mut stage, mut buffer) = (stage(), Buffer::from(&output.to_vec()[..]));
    for expected in sent {
        match buffer.step(&mut stage, false, &mut Output::new()) {
            Ok(Step::Item(message)) => assert_eq!(Said::from(message), expected),
            other => panic!("not {expected:?} but {other:?}"),
        }
    }
    let rest = buffer.step(&mut stage, false, &mut Output::new());
    assert!(matches!(rest, Ok(Step::Need(_) | Step::Done)), "and then {rest:?}");
    Ok(())
}

fn outgoing<'a>(u: &mut Unstructured<'a>) -> arbitrary::Result<Outgoing<'a>> {
    let kind = u.arbitrary::<u8>()?;
    let length = usize::from(u.arbitrary::<u8>()?).min(u.len());
    let payload = u.bytes(length)?;
    let text = std::str::from_utf8(payload).unwrap_or("\u{fffd}");
    let fragment = |opcode| Fragment { opcode, fin: kind & 0x80 != 0, payload };
    Ok(match kind & 15 {
        0 => Outgoing::Text(text),
        1 => Outgoing::Binary(payload),
        // Long enough to be sent from where it is.
        2 => Outgoing::Bytes(payload.repeat(20).into()),
        3 => Outgoing::Bytes(payload.to_vec().into()),
        4 | 5 => Outgoing::Fragment(fragment(Opcode::Text)),
        6 => Outgoing::Fragment(fragment(Opcode::Binary)),
        7..=9 => Outgoing::Fragment(fragment(Opcode::Continuation)),
        10 => Outgoing::Fragment(fragment(Opcode::Ping)),
        11 => Outgoing::Ping(payload),
        12 => Outgoing::Pong(payload),
        13 => Outgoing::Close(None),
        _ => {
            let code = CloseCode(1000 + 100 * u16::from(kind >> 4) + u16::from(kind & 1) * 7);
            Outgoing::Close(Some(Close { code, reason: text }))
        }
    })
}

/// A [`Message`] that owns what it says.
#[derive(Debug, PartialEq)]
enum Said {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(CloseCode, String)>),
}

impl From<Message<'_>> for Said {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(payload) => Self::Binary(payload.into()),
            Message::Ping(payload) => Self::Ping(payload.into()),
            Message::Pong(payload) => Self::Pong(payload.into()),
            Message::Close(close) => {
                Self::Close(close.map(|close| (close.code, close.reason.into())))
            }
        }
    }
}
