//! [`Messages`] beside a reader that is slow and plainly right: the whole stream at once, each
//! field by the book, everything copied.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test may panic, and so may its helpers"
)]

mod support;

use proptest::{collection::vec, prelude::*, sample::select};
use segue_websocket::{CloseCode, Limits, MaskKeys, Messages, Reply, Role};
use support::{KEY, Owned, feed, frame};

/// The result of the reference for a stream: messages, and the place and the reason of its end.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Waiting,
    Closed,
    /// The frame that it fails in begins here.
    Failed(CloseCode, usize),
}

/// The limit of the reference, for messages.
const LIMIT: usize = 300;

fn reference(role: Role, stream: &[u8]) -> (Vec<Owned>, End) {
    let mut messages = Vec::new();
    let mut open: Option<(u8, Vec<u8>)> = None;
    let mut at = 0;
    let failed = |code, at| End::Failed(code, at);
    loop {
        let rest = &stream[at..];
        let [first, second, ..] = *rest else {
            // One byte can be wrong already.
            let wrong = rest.first().is_some_and(|&first| !first_is_good(first, open.is_some()));
            let end = if wrong { failed(CloseCode::PROTOCOL_ERROR, at) } else { End::Waiting };
            return (messages, end);
        };
        let (fin, opcode, masked) = (first & 0x80 != 0, first & 0x0F, second & 0x80 != 0);
        if !first_is_good(first, open.is_some())
            || masked != (role == Role::Server)
            || opcode >= 8 && second & 0x7F > 125
        {
            return (messages, failed(CloseCode::PROTOCOL_ERROR, at));
        }
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if rest.len() < 2 + extended {
            return (messages, End::Waiting);
        }
        let digits = &rest[2..2 + extended];
        let length = match extended {
            0 => u64::from(second & 0x7F),
            _ => digits.iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
        };
        let least = [0, 0, 126, 0, 0, 0, 0, 0, 0x1_0000][extended];
        if length < least || length >= 1 << 63 {
            return (messages, failed(CloseCode::PROTOCOL_ERROR, at));
        }
        let before = open.as_ref().map_or(0, |(_, payload)| payload.len() as u64);
        if opcode < 8 && before + length > LIMIT as u64 {
            return (messages, failed(CloseCode::TOO_BIG, at));
        }
        let size = 2 + extended + if masked { 4 } else { 0 };
        let whole = size + length as usize;
        let is_whole = rest.len() >= whole;
        let mut payload = rest.get(size..whole.min(rest.len())).unwrap_or_default().to_vec();
        if masked {
            let key = rest.get(size - 4..size).unwrap_or_default();
            payload.iter_mut().enumerate().for_each(|(i, byte)| *byte ^= key[i % 4]);
        }
        if !is_whole {
            // Text can be wrong before its frame is whole.
            let (kind, mut text) = open.unwrap_or((opcode, Vec::new()));
            text.extend(payload);
            let wrong = opcode < 8 && kind == 0x1 && !could_be_text(&text, false);
            let end = if wrong { failed(CloseCode::INVALID_DATA, at) } else { End::Waiting };
            return (messages, end);
        }
        match opcode {
            0x8 => {
                return match close(&payload) {
                    Ok(close) => {
                        messages.push(Owned::Close(close));
                        (messages, End::Closed)
                    }
                    Err(code) => (messages, failed(code, at)),
                };
            }
            0x9 => messages.push(Owned::Ping(payload)),
            0xA => messages.push(Owned::Pong(payload)),
            _ => {
                let (kind, gathered) = open.get_or_insert((opcode, Vec::new()));
                gathered.extend(payload);
                let text = *kind == 0x1;
                if text && !could_be_text(gathered, fin) {
                    return (messages, failed(CloseCode::INVALID_DATA, at));
                }
                if fin {
                    let gathered = std::mem::take(gathered);
                    messages.push(match text {
                        true => Owned::Text(String::from_utf8(gathered).unwrap()),
                        false => Owned::Binary(gathered),
                    });
                    open = None;
                }
            }
        }
        at += whole;
    }
}

fn first_is_good(first: u8, open: bool) -> bool {
    let (fin, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0F);
    let expected = match opcode {
        0 => open,
        1 | 2 => !open,
        8..=10 => fin,
        _ => false,
    };
    reserved == 0 && expected
}

fn could_be_text(bytes: &[u8], whole: bool) -> bool {
    match str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => !whole && error.error_len().is_none(),
    }
}

fn close(payload: &[u8]) -> Result<Option<(u16, String)>, CloseCode> {
    if payload.is_empty() {
        return Ok(None);
    }
    if payload.len() == 1 {
        return Err(CloseCode::PROTOCOL_ERROR);
    }
    let code = u16::from(payload[0]) << 8 | u16::from(payload[1]);
    let known = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    if !known.contains(&code) && !(3000..5000).contains(&code) {
        return Err(CloseCode::PROTOCOL_ERROR);
    }
    let reason = String::from_utf8(payload[2..].to_vec());
    Ok(Some((code, reason.map_err(|_| CloseCode::INVALID_DATA)?)))
}

fn stage(role: Role) -> Messages {
    let stage = match role {
        Role::Server => Messages::server(),
        Role::Client => Messages::client_with(MaskKeys::from_fn(|| KEY)),
    };
    let limits = Limits { message: LIMIT, ..Limits::DEFAULT };
    stage.limits(limits).pings(Reply::Manual).closes(Reply::Manual)
}

fn agree(role: Role, stream: &[u8], piece: usize) {
    let (messages, end) = reference(role, stream);
    let seen = feed(&mut stage(role), stream.chunks(piece));
    assert_eq!(seen.messages, messages);
    match (end, seen.end) {
        (End::Waiting, Ok(false)) | (End::Closed, Ok(true)) => {}
        (End::Failed(code, from), Err(fault)) => {
            let error = fault.error().unwrap();
            assert_eq!(error.close_code(), code, "{error:?}");
            assert!(fault.at >= from as u64 && fault.at <= stream.len() as u64);
        }
        (expected, found) => panic!("{expected:?} by the reference, {found:?} by the stage"),
    }
}

/// The first byte of a frame: mostly good, in an order that now and then is good as well.
fn first() -> impl Strategy<Value = u8> {
    prop_oneof![
        8 => select(&[0x01, 0x02, 0x00, 0x80, 0x00, 0x80, 0x81, 0x82, 0x89, 0x8A][..]),
        1 => Just(0x88),
        1 => any::<u8>(),
    ]
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(b' '..b'~', 0..8),
        vec(select("aé€🦀".as_bytes()), 0..6),
        ".{0,9}".prop_map(String::into_bytes),
        select(&[0_usize, 120, 125, 126, 130, 290][..]).prop_map(|length| vec![b'x'; length]),
        (any::<u16>(), ".{0,4}").prop_map(|(code, reason)| {
            [&(code % 5100).to_be_bytes()[..], reason.as_bytes()].concat()
        }),
    ]
}

fn stream(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let one = (first(), payload()).prop_map(move |(first, payload)| frame(role, first, &payload));
    let mutation = proptest::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>()));
    (vec(one, 0..8), mutation).prop_map(|(frames, mutation)| {
        let mut stream = frames.concat();
        if let Some((index, byte)) = mutation
            && !stream.is_empty()
        {
            let at = index.index(stream.len());
            stream[at] = byte;
        }
        stream
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_on_streams_of_clients(stream in stream(Role::Server), piece in 1..50_usize) {
        agree(Role::Server, &stream, piece);
    }

    #[test]
    fn agrees_on_streams_of_servers(stream in stream(Role::Client), piece in 1..50_usize) {
        agree(Role::Client, &stream, piece);
    }

    #[test]
    fn agrees_on_arbitrary_bytes(stream in vec(any::<u8>(), 0..64), piece in 1..50_usize) {
        agree(Role::Server, &stream, piece);
        agree(Role::Client, &stream, piece);
    }
}

#[test]
fn the_reference_sees_each_kind_of_end() {
    let good = frame(Role::Client, 0x81, b"a");
    assert_eq!(reference(Role::Client, &good).1, End::Waiting);
    assert_eq!(reference(Role::Client, b"\x88\x00").1, End::Closed);
    let failed = reference(Role::Server, &good).1;
    assert_eq!(failed, End::Failed(CloseCode::PROTOCOL_ERROR, 0));
}
