//! The laws of segue on compressed streams.

use segue::{Encode, Output, laws};
use segue_websocket::{Deflate, Fragment, Limits, Messages, Opcode, Outgoing, Pieces, Role};

use super::{
    opened,
    support::{frame, frames},
};

fn stage() -> Messages {
    opened(Deflate::new(), Deflate::new()).0.halves().0
}

/// Well-formed streams of a client, each with a close frame at its end.
fn good() -> Vec<Vec<u8>> {
    let mut streams = Vec::new();
    let texts = ["Hello, hello, hello!", "grüße, grüße", "", "x"];
    for terms in [Deflate::new().threshold(0), Deflate::new().client_no_context_takeover()] {
        let (_, mut writer) = opened(Deflate::new(), terms).1.halves();
        let mut output = Output::new();
        for text in texts {
            writer.encode(Outgoing::Text(text), &mut output).unwrap();
            writer.encode(Outgoing::Ping(b"?"), &mut output).unwrap();
        }
        for (opcode, fin, payload) in [
            (Opcode::Text, false, &b"gr\xc3"[..]),
            (Opcode::Continuation, false, b""),
            (Opcode::Continuation, true, b"\xbc\xc3\x9fe gr"),
        ] {
            let part = Fragment { opcode, fin, payload };
            writer.encode(Outgoing::Fragment(part), &mut output).unwrap();
        }
        writer.encode(Outgoing::Binary(&[7; 300]), &mut output).unwrap();
        writer.encode(Outgoing::Close(None), &mut output).unwrap();
        streams.push(output.to_vec());
    }
    let close = (0x88, &b""[..]);
    streams.push(frames(Role::Server, &[(0xC1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), close]));
    streams.push(frames(
        Role::Server,
        &[(0x41, b"\xf2\x48"), (0x89, b"!"), (0x00, b""), (0x80, b"\xcd\xc9\xc9\x07\x00"), close],
    ));
    streams.push(frames(Role::Server, &[(0xC1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), close]));
    streams
}

fn bad() -> Vec<Vec<u8>> {
    [
        &b"\x00\x03\x00\xfc\xffa\xffb\x00"[..],
        b"\x00\x02\x00\xfd\xffa\xc3\x00",
        b"\x00\x03\x00\xfc\xfeabc",
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\x07",
        b"\xf2\x48\xcd\xc9\xc9\x07\x02\x13\x02\x02\x02\x02",
        b"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00",
        b"",
    ]
    .into_iter()
    .flat_map(|bytes| {
        let split = bytes.len() / 2;
        [
            frame(Role::Server, 0xC1, bytes),
            frames(Role::Server, &[(0x41, &bytes[..split]), (0x89, b"?"), (0x80, &bytes[split..])]),
        ]
    })
    .collect()
}

#[test]
fn compressed_messages_keep_the_laws() {
    laws::stage(stage)
        .absorbs_records()
        .accepts(good())
        .refuses(bad())
        .limit(14 + Limits::DEFAULT.message)
        .check();
    let limited = || stage().limits(Limits { message: 12, ..Limits::DEFAULT });
    let long = b"\x00\x0f\x00\xf0\xfffifteen bytes..\x00";
    let wrong_first = b"\x00\x0f\x00\xf0\xff\xffifteen bytes..\x00";
    let wrong_behind = b"\x00\x0f\x00\xf0\xfffifteen bytes\xff.\x00";
    laws::stage(limited)
        .absorbs_records()
        .refuses(
            [&long[..], wrong_first, wrong_behind].map(|bytes| frame(Role::Server, 0xC1, bytes)),
        )
        .check();
}

#[test]
fn compressed_messages_in_pieces_keep_the_laws() {
    let pieces =
        || Pieces::server().deflate(opened(Deflate::new(), Deflate::new()).0.deflate().unwrap());
    laws::stage(pieces).absorbs_records().accepts(good()).refuses(bad()).limit(6 + 125).check();
}

/// Messages of `each` bytes of words, about `length` bytes in all once they are compressed.
fn words(each: usize, length: usize) -> Vec<u8> {
    let (_, mut writer) = opened(Deflate::new(), Deflate::new()).1.halves();
    let mut output = Output::new();
    let mut numbers = 0_u32..;
    while output.len() < length {
        let some = numbers.by_ref().take(each / 6);
        let text: String = some.map(|i| format!("{:05x} ", i.wrapping_mul(i) & 0xF_FFFF)).collect();
        writer.encode(Outgoing::Text(&text), &mut output).unwrap();
    }
    output.to_vec()
}

#[test]
fn work_on_compressed_messages_is_linear() {
    // Three bytes of words to one that is sent, or nearly.
    let one = |length| words(2 * length, 1);
    laws::stage(stage).linear(one).linear(|length| words(1000, length)).check();
}

/// Law L12, for bytes over compressed messages.
#[test]
fn of_a_tunnel() {
    let make = || {
        let (server, client) = opened(Deflate::new().threshold(0), Deflate::new());
        (client.tunnel().max_message(3000), server.tunnel())
    };
    laws::layers(make).left_asks(|_, wire| wire.put(&frame(Role::Server, 0x89, b"?"))).check();
}
