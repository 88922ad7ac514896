//! Compressed messages against the laws, against another inflater, and what is written against
//! what is read.
//!
//! | byte | says |
//! |---|---|
//! | 0 | what is checked |
//! | 1 | both windows in three bits each, and in the highest who forgets |
//! | 2 | the level and the threshold |
//! | 3 | the longest message, in units of 16 bytes |
//!
//! Then come frames: a byte of flags, a byte of length, the payload.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags},
};
use segue::{Buffer, Encode, Exchange, Fault, Output, Progress, Step, laws};
use segue_websocket::{
    Accepted, ClientHandshake, Connected, Deflate, Error, Fragment, Limits, MaskKeys, Message,
    Messages, Opcode, Outgoing, Part, Piece, Pieces, ServerHandshake, Writer,
};

fuzz_target!(|data: &[u8]| {
    let [pick, windows, effort, max, data @ ..] = data else { return };
    let limit = 16 * usize::from(*max);
    let terms = terms(*windows, *effort);
    match pick % 5 {
        0 => {
            let opened = opened(terms).1;
            let make = || client(&opened, limit);
            laws::stage(make).absorbs_records().fuzz(&frames(data));
        }
        1 => {
            let opened = opened(terms).1;
            let make = || client_pieces(&opened, limit);
            laws::stage(make).absorbs_records().fuzz(&frames(data));
        }
        2 => {
            let opened = opened(terms).1;
            let stream = frames(data);
            let whole = whole(client(&opened, limit), &stream);
            let joined = joined(client_pieces(&opened, limit), &stream);
            assert_eq!(whole, joined, "whole and in pieces");
            another_inflater_agrees(data, limit);
        }
        3 => {
            let _ = what_is_written_is_read(terms, &mut Unstructured::new(data));
        }
        _ => a_bomb_is_stopped_at_the_limit(terms, data, limit),
    }
});

fn terms(windows: u8, effort: u8) -> Deflate {
    let terms = Deflate::new()
        .server_max_window_bits(8 + windows % 8)
        .client_max_window_bits(8 + windows / 8 % 8)
        .level(effort % 10)
        .threshold(usize::from(effort / 10));
    let terms = if windows & 0x40 == 0 { terms } else { terms.server_no_context_takeover() };
    if windows & 0x80 == 0 { terms } else { terms.client_no_context_takeover() }
}

/// Both ends of a connection that was opened on these terms.
fn opened(terms: Deflate) -> (Accepted, Connected) {
    let mut asks = ClientHandshake::with_key("a", "/", [0; 16]).deflate(terms);
    let (mut input, mut output, mut answer) = (Buffer::new(), Output::new(), Output::new());
    let asked = asks.advance(&mut input, false, &mut output);
    assert!(matches!(asked, Ok(Progress::NeedRead(_))));
    let mut request = Buffer::from(&output.to_vec()[..]);
    let mut answers = ServerHandshake::new().deflate(terms);
    let Ok(Progress::Done(accepted)) = answers.advance(&mut request, false, &mut answer) else {
        panic!("the server does not agree")
    };
    input.extend(&answer.to_vec());
    let Ok(Progress::Done(opened)) = asks.advance(&mut input, false, &mut output) else {
        panic!("the client does not agree")
    };
    (accepted, opened)
}

fn keys() -> MaskKeys {
    MaskKeys::from_fn(|| [0x37, 0xfa, 0x21, 0x3d])
}

fn client(opened: &Connected, message: usize) -> Messages {
    let messages = Messages::client_with(keys()).limits(Limits { message, ..Limits::DEFAULT });
    messages.deflate(opened.deflate().expect("it was agreed on"))
}

fn client_pieces(opened: &Connected, message: usize) -> Pieces {
    let pieces = Pieces::client_with(keys()).limits(Limits { message, ..Limits::PIECES });
    pieces.deflate(opened.deflate().expect("it was agreed on"))
}

/// The parts of messages in the input: whether one begins, ends, is text, and what is in it.
fn parts(data: &[u8]) -> Vec<(bool, bool, bool, &[u8])> {
    let (mut rest, mut parts, mut open) = (data, Vec::new(), false);
    while let [flags, length, behind @ ..] = rest {
        let (payload, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        let last = flags & 1 == 0;
        parts.push((!open, last, flags & 2 != 0, payload));
        open = !last;
        rest = behind;
    }
    parts
}

/// The same as frames of a server, all of them of compressed messages.
fn frames(data: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (first, last, text, payload) in parts(data) {
        let opcode = if first { 0x40 | if text { 1 } else { 2 } } else { 0 };
        stream.push(opcode | if last { 0x80 } else { 0 });
        match u8::try_from(payload.len()) {
            Ok(length @ 0..=125) => stream.push(length),
            _ => stream.extend([126, 0, payload.len() as u8]),
        }
        stream.extend(payload);
    }
    stream
}

type Said = (bool, Vec<u8>);

fn whole(mut stage: Messages, stream: &[u8]) -> (Vec<Said>, Option<Fault<Error>>) {
    let (mut buffer, mut said) = (Buffer::from(stream), Vec::new());
    loop {
        match buffer.step(&mut stage, false, &mut Output::new()) {
            Ok(Step::Item(Message::Text(text))) => said.push((true, text.into())),
            Ok(Step::Item(Message::Binary(payload))) => said.push((false, payload.into())),
            Ok(Step::Item(other)) => panic!("there is no {other:?}"),
            Ok(_) => return (said, None),
            Err(fault) => return (said, Some(fault)),
        }
    }
}

fn joined(mut stage: Pieces, stream: &[u8]) -> (Vec<Said>, Option<Fault<Error>>) {
    let (mut buffer, mut said, mut gathered) = (Buffer::from(stream), Vec::new(), Vec::new());
    loop {
        match buffer.step(&mut stage, false, &mut Output::new()) {
            Ok(Step::Item(Piece::Part(Part { text, last, payload, .. }))) => {
                gathered.extend(payload);
                if last {
                    said.push((text, core::mem::take(&mut gathered)));
                }
            }
            Ok(Step::Item(other)) => panic!("there is no {other:?}"),
            Ok(_) => return (said, None),
            Err(fault) => return (said, Some(fault)),
        }
    }
}

/// L7: what comes through is what another inflater makes of it; what is no DEFLATE data to the
/// one is none to the other.
fn another_inflater_agrees(data: &[u8], limit: usize) {
    const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
    let forgetful = Deflate::new().server_no_context_takeover();
    let (said, fault) = whole(client(&opened(forgetful).1, limit), &frames(data));
    let (mut payload, mut said) = (Vec::new(), said.into_iter());
    for (_, last, _, part) in parts(data) {
        payload.extend(part);
        if !last {
            continue;
        }
        payload.extend(TAIL);
        let mut inflated = vec![0; limit + 1];
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
            | inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
        let mut other = DecompressorOxide::new();
        let (status, _, length) = decompress(&mut other, &payload, &mut inflated, 0, flags);
        match (said.next(), status) {
            // A stream that ends goes on in another.
            (_, TINFLStatus::Done) => return,
            (Some((_, message)), TINFLStatus::NeedsMoreInput) => {
                assert_eq!(message, inflated[..length], "another inflater says other");
            }
            (Some(_), status) => panic!("another inflater says {status:?}"),
            (None, TINFLStatus::NeedsMoreInput) => {
                let error = fault.as_ref().and_then(Fault::error);
                assert!(error != Some(&Error::Deflate) || payload == TAIL, "another takes it");
                return;
            }
            (None, _) => return assert!(fault.is_some(), "another inflater says {status:?}"),
        }
        payload.clear();
    }
}

/// L6, each way, whole and in pieces.
fn what_is_written_is_read(terms: Deflate, u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let (accepted, opened) = opened(terms);
    let agreed = opened.deflate().expect("it was agreed on");
    let (mut writer, messages, pieces) = if u.arbitrary()? {
        let (whole, pieces) = (Limits::DEFAULT.message, Limits::PIECES.message);
        (accepted.halves().1, client(&opened, whole), client_pieces(&opened, pieces))
    } else {
        let writer = Writer::client_with(keys()).deflate(agreed);
        (writer, accepted.halves().0, Pieces::server().deflate(agreed))
    };
    let (mut output, mut sent, mut open) = (Output::new(), Vec::new(), None);
    while !u.is_empty() {
        let (kind, times) = (u.arbitrary::<u8>()?, 1 + 7 * usize::from(u.arbitrary::<u8>()? / 16));
        let length = usize::from(u.arbitrary::<u8>()?).min(u.len());
        let payload = u.bytes(length)?.repeat(times);
        let text = String::from_utf8_lossy(&payload).into_owned();
        let (said, outgoing) = match (kind % 4, &mut open) {
            (0, None) => ((true, text.clone().into_bytes()), Outgoing::Text(&text)),
            (1, None) => ((false, payload.clone()), Outgoing::Binary(&payload)),
            (2, None) => ((false, payload.clone()), Outgoing::Bytes(payload.clone().into())),
            (_, _) => {
                let first = open.is_none();
                let (said, fin) = (open.get_or_insert_with(Vec::new), kind & 4 == 0);
                said.extend(&payload);
                let opcode = if first { Opcode::Binary } else { Opcode::Continuation };
                let part = Outgoing::Fragment(Fragment { opcode, fin, payload: &payload });
                writer.encode(part, &mut output).expect("a part in its place");
                if fin {
                    sent.push((false, open.take().unwrap_or_default()));
                }
                continue;
            }
        };
        writer.encode(outgoing, &mut output).expect("a message in its place");
        sent.push(said);
    }
    let stream = output.to_vec();
    let expected = (sent, None);
    assert_eq!(whole(messages, &stream), expected, "whole");
    assert_eq!(joined(pieces, &stream), expected, "in pieces");
    Ok(())
}

/// A message of what repeats itself comes through if it is within the limit, and only then.
fn a_bomb_is_stopped_at_the_limit(terms: Deflate, data: &[u8], limit: usize) {
    let [high, low, pattern @ ..] = data else { return };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let payload: Vec<u8> = pattern.iter().copied().cycle().take(length).collect();
    let (accepted, opened) = opened(terms.threshold(0));
    let mut output = Output::new();
    let sent = accepted.halves().1.encode(Outgoing::Binary(&payload), &mut output);
    sent.expect("a message in its place");
    let stream = output.to_vec();
    let stopped = Fault::new(Error::InflatedTooLong { limit }).at(limit as u64).nested();
    let expected = if payload.len() <= limit {
        (vec![(false, payload)], None)
    } else {
        (vec![], Some(stopped))
    };
    assert_eq!(whole(client(&opened, limit), &stream), expected, "whole");
    assert_eq!(joined(client_pieces(&opened, limit), &stream), expected, "in pieces");
}
