//! Lines, lengths, delimiters: the codecs that come with the codec crates.

use bytes::BytesMut;
use segue_laws::Law;
use serde_json::Value;
use std::io::{self, ErrorKind};
use tokio_util::codec::{
    AnyDelimiterCodec, Decoder, Encoder, FramedRead, LengthDelimitedCodec, LinesCodec,
};
use tokio_util_06::codec as codec_06;

use crate::{adapt, drive, entry::Entry};

const FAMILY: &str = "lines and lengths";

/// Decodes and encodes with one of them.
macro_rules! again {
    ($krate:ident, $codec:expr, $stream:ident) => {{
        let (mut decoder, mut encoder) = ($codec, $codec);
        adapt::each(
            $stream,
            |input| $krate::Decoder::decode(&mut decoder, input),
            |item, output| $krate::Encoder::encode(&mut encoder, item, output).ok(),
        )
    }};
}

/// The codecs of asynchronous-codec, which are those of futures_codec that it was made from.
macro_rules! codecs {
    ($krate:ident, $name:literal) => {{
        use $krate::{CborCodec, Decoder, FramedRead, JsonCodec, LengthCodec, LinesCodec};
        let new = |parser, make, drive| Entry::new(FAMILY, $name, parser, make, drive);
        vec![
            new(
                "LinesCodec",
                || {
                    Box::new(adapt::codec(
                        LinesCodec {},
                        Decoder::decode,
                        at_end(Decoder::decode_eof),
                    ))
                },
                |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, LinesCodec {})),
            )
            .encodes(|stream| again!($krate, LinesCodec {}, stream))
            .accepts(LINES)
            .refuses(NO_LINES),
            new(
                "LengthCodec",
                || {
                    Box::new(adapt::codec(
                        LengthCodec {},
                        Decoder::decode,
                        at_end(Decoder::decode_eof),
                    ))
                },
                |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, LengthCodec {})),
            )
            .encodes(|stream| again!($krate, LengthCodec {}, stream))
            .accepts(LENGTHS)
            .words([&b"\xff\xff\xff\xff\xff\xff\xff\xff"[..]]),
            new(
                "JsonCodec",
                || {
                    let codec = JsonCodec::<Value, Value>::new();
                    Box::new(adapt::codec(codec, Decoder::decode, at_end(Decoder::decode_eof)))
                },
                |reads| {
                    drive::stream(reads, |pipe| {
                        FramedRead::new(pipe, JsonCodec::<Value, Value>::new())
                    })
                },
            )
            .encodes(|stream| again!($krate, JsonCodec::<Value, Value>::new(), stream))
            .accepts(JSONS)
            .refuses(NO_JSONS)
            .contract(Law::L9, NUMBER_AT_END),
            new(
                "CborCodec",
                || {
                    let codec = CborCodec::<Cbor, Cbor>::new();
                    Box::new(adapt::codec(codec, Decoder::decode, at_end(Decoder::decode_eof)))
                },
                |reads| {
                    drive::stream(reads, |pipe| {
                        FramedRead::new(pipe, CborCodec::<Cbor, Cbor>::new())
                    })
                },
            )
            .encodes(|stream| again!($krate, CborCodec::<Cbor, Cbor>::new(), stream))
            .accepts(CBORS)
            .refuses(NO_CBORS),
        ]
    }};
}

pub fn entries() -> Vec<Entry> {
    let mut all = tokio_util();
    all.extend(tokio_util_06());
    all.extend(codecs!(asynchronous_codec, "asynchronous-codec"));
    all.extend(codecs!(futures_codec, "futures_codec"));
    all
}

const LINES: [&[u8]; 3] = [b"one\ntwo\r\nthree\n", b"\n\r\n\n", "gr\u{fc}n\nblau\n".as_bytes()];
const NO_LINES: [&[u8]; 1] = [b"a\xff\nb\n"];
const LAST_LINE: &str = "the codec gives out a last line without an end, as its documentation says";

fn tokio_util() -> Vec<Entry> {
    let new = |parser, make, drive| Entry::new(FAMILY, "tokio-util", parser, make, drive);
    vec![
        new(
            "LinesCodec",
            || Box::new(adapt::decoder(LinesCodec::new())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, LinesCodec::new())),
        )
        .accepts(LINES)
        .refuses(NO_LINES)
        .ends_anywhere(LAST_LINE),
        new(
            "LinesCodec, 8 bytes",
            || Box::new(adapt::decoder(LinesCodec::new_with_max_length(8))),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, LinesCodec::new_with_max_length(8))
                })
            },
        )
        .limit(8, "`new_with_max_length`: lines are at most that long")
        .accepts([&b"one\ntwo\r\n1234567\r\n12345678\n"[..]])
        .refuses([&b"123456789\nok\n"[..], b"ok\n123456789012345678901234567890"])
        .ends_anywhere(LAST_LINE),
        new(
            "AnyDelimiterCodec",
            || {
                let codec = AnyDelimiterCodec::new(b",;".to_vec(), b";".to_vec());
                Box::new(adapt::decoder(codec))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, AnyDelimiterCodec::new(b",;".to_vec(), b";".to_vec()))
                })
            },
        )
        .accepts([&b"one,two;three;"[..], b",;", b"a;"])
        .ends_anywhere(LAST_LINE),
        new(
            "AnyDelimiterCodec, 8 bytes",
            || {
                let (seek, with) = (b",;".to_vec(), b";".to_vec());
                Box::new(adapt::decoder(AnyDelimiterCodec::new_with_max_length(seek, with, 8)))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    let (seek, with) = (b",;".to_vec(), b";".to_vec());
                    FramedRead::new(pipe, AnyDelimiterCodec::new_with_max_length(seek, with, 8))
                })
            },
        )
        .limit(8, "`new_with_max_length`: chunks are at most that long")
        .accepts([&b"one,two;12345678;"[..]])
        .refuses([&b"123456789;ok;"[..]])
        .ends_anywhere(LAST_LINE),
        new(
            "LengthDelimitedCodec",
            || Box::new(adapt::decoder(LengthDelimitedCodec::new())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, LengthDelimitedCodec::new())),
        )
        .encodes(|stream| {
            let (mut codec, mut encoder) =
                (LengthDelimitedCodec::new(), LengthDelimitedCodec::new());
            adapt::each(
                stream,
                |input| codec.decode(input),
                |item, output| encoder.encode(item.freeze(), output).ok(),
            )
        })
        .limit(8 << 20, "`max_frame_length`: the default value is 8MB")
        .accepts([&b"\0\0\0\x02hi\0\0\0\0\0\0\0\x01!"[..]])
        .refuses([&b"\x7f\xff\xff\xffabc"[..], b"\xff\xff\xff\xffabc"]),
        new(
            "LengthDelimitedCodec, header kept",
            || Box::new(adapt::decoder(header_kept())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, header_kept())),
        )
        .limit(64, "`max_frame_length`, which is 64 here")
        .accepts([&b"\x01\x02\x00\x05a\x01\x02\x00\x04"[..]])
        .words([&b"\x01\x02\x00\x00"[..]]),
    ]
}

/// A type, a flag, and a length that counts the header: nothing to adjust, nothing to skip.
fn header_kept() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .length_field_offset(2)
        .length_field_length(2)
        .length_adjustment(0)
        .num_skip(0)
        .max_frame_length(64)
        .new_codec()
}

fn tokio_util_06() -> Vec<Entry> {
    let new = |parser, make, drive| Entry::new(FAMILY, "tokio-util-06", parser, make, drive);
    vec![
        new(
            "LinesCodec",
            || {
                Box::new(adapt::codec(
                    codec_06::LinesCodec::new(),
                    codec_06::Decoder::decode,
                    codec_06::Decoder::decode_eof,
                ))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    codec_06::FramedRead::new(pipe, codec_06::LinesCodec::new())
                })
            },
        )
        .accepts(LINES)
        .refuses(NO_LINES)
        .ends_anywhere(LAST_LINE),
        new(
            "LengthDelimitedCodec",
            || {
                Box::new(adapt::codec(
                    codec_06::LengthDelimitedCodec::new(),
                    codec_06::Decoder::decode,
                    codec_06::Decoder::decode_eof,
                ))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    codec_06::FramedRead::new(pipe, codec_06::LengthDelimitedCodec::new())
                })
            },
        )
        .encodes(|stream| {
            let mut codec = codec_06::LengthDelimitedCodec::new();
            let mut encoder = codec_06::LengthDelimitedCodec::new();
            adapt::each(
                stream,
                |input| codec_06::Decoder::decode(&mut codec, input),
                |item, output| codec_06::Encoder::encode(&mut encoder, item.freeze(), output).ok(),
            )
        })
        .limit(8 << 20, "`max_frame_length`: the default value is 8MB")
        .accepts([&b"\0\0\0\x02hi\0\0\0\0\0\0\0\x01!"[..]])
        .refuses([&b"\x7f\xff\xff\xffabc"[..]]),
    ]
}

const JSONS: [&[u8]; 3] = [br#"{"a":1}{"b":[2,"x"]}"#, b"[1,2] \"s\" {}", b"12 34 true null"];
const NO_JSONS: [&[u8]; 2] = [b"{]", b"{\"a\":tru}"];
const NUMBER_AT_END: &str = "a number that ends the stream has no end of its own: RFC 8259 §6";
const CBORS: [&[u8]; 2] = [b"\xa1\x61a\x01\x82\x01\x02\x61x", b"\x19\x01\x00\xf6\x44abcd"];
const NO_CBORS: [&[u8]; 1] = [b"\x01\xff\x01"];
const LENGTHS: [&[u8]; 1] = [b"\0\0\0\0\0\0\0\x02hi\0\0\0\0\0\0\0\0"];

/// The end as the crate's own `FramedRead` has it: what is left then is an error.
fn at_end<C, T, E: From<io::Error>>(
    mut decode_eof: impl FnMut(&mut C, &mut BytesMut) -> Result<Option<T>, E>,
) -> impl FnMut(&mut C, &mut BytesMut) -> Result<Option<T>, E> {
    move |codec, input| match decode_eof(codec, input)? {
        None if !input.is_empty() => Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
        item => Ok(item),
    }
}

type Cbor = serde_cbor::Value;
