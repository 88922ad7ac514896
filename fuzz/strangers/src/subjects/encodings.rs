//! Encodings of text and of bytes.

use base64::{Engine, engine::general_purpose::STANDARD, read::DecoderReader};
use encoding_rs::{DecoderResult, Encoding, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16LE};
use encoding_rs_io::DecodeReaderBytes;
use segue_laws::{Answer, Law};
use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{Arc, Mutex},
};
use utf8::{BufReadDecoder, BufReadDecoderError, LossyDecoder};

use super::fed::{Fed, fed};
use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "encodings";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive).contract(Law::L9, NO_END)
    };
    vec![
        new(
            "encoding_rs",
            "Decoder, UTF-8",
            || Box::new(adapt::calling(decoded(UTF_8))),
            |reads| fed(reads, decoded(UTF_8)),
        )
        .accepts(UTF_8S)
        .refuses([&b"a\xffb"[..]]),
        new(
            "encoding_rs",
            "Decoder, UTF-16LE",
            || Box::new(adapt::calling(decoded(UTF_16LE))),
            |reads| fed(reads, decoded(UTF_16LE)),
        )
        .accepts([&b"a\0\x3d\xd8\0\xdeb\0"[..], b"\xff\xfea\0"])
        .refuses([&b"\0\xdea\0"[..]]),
        new(
            "encoding_rs",
            "Decoder, Shift_JIS",
            || Box::new(adapt::calling(decoded(SHIFT_JIS))),
            |reads| fed(reads, decoded(SHIFT_JIS)),
        )
        .accepts([&b"a\x82\xa0\xb1\x83\x41b"[..]])
        .refuses([&b"\x81\x00"[..]]),
        new(
            "encoding_rs",
            "Decoder, GB18030",
            || Box::new(adapt::calling(decoded(GB18030))),
            |reads| fed(reads, decoded(GB18030)),
        )
        .accepts([&b"a\xc4\xe3\x81\x30\x81\x30\x94\x39\xda\x33b"[..]])
        .refuses([&b"\x81\x30\x81a"[..]]),
        new(
            "encoding_rs",
            "Decoder, ISO-2022-JP",
            || Box::new(adapt::calling(decoded(ISO_2022_JP))),
            |reads| fed(reads, decoded(ISO_2022_JP)),
        )
        .accepts([&b"a\x1b$B$\"\x1b(Bb"[..], b"\x1b(J\\\x1b(B"])
        .refuses([&b"\x1bxa"[..]])
        .words([&b"\x1b$B"[..], b"\x1b(B", b"\x1b(I"]),
        new(
            "encoding_rs_io",
            "DecodeReaderBytes",
            || Box::new(adapt::blocking(DecodeReaderBytes::new, piece)),
            |reads| drive::blocking(reads, DecodeReaderBytes::new, piece),
        )
        .way(Way::Reads)
        .accepts([
            &b"\xff\xfea\0\x3d\xd8\0\xdeb\0"[..],
            b"\xfe\xff\0a\0b",
            b"\xef\xbb\xbfabc",
            b"plain",
        ])
        .ends_anywhere("what is cut off is replaced, as its documentation says"),
        new(
            "base64",
            "read::DecoderReader",
            || Box::new(adapt::blocking(|source| DecoderReader::new(source, &STANDARD), piece)),
            |reads| drive::blocking(reads, |pipe| DecoderReader::new(pipe, &STANDARD), piece),
        )
        .encodes(|stream| Some(STANDARD.encode(STANDARD.decode(stream).ok()?).into_bytes()))
        .canonical("RFC 4648 \u{a7}3.5, which the standard engine keeps to")
        .way(Way::Reads)
        .accepts([&b"aGVsbG8gd29ybGQ="[..], b"AAECAwQFBgcICQ==", b"YWJjZGVm"])
        .refuses([&b"YW?j"[..], b"YQ==YQ=="]),
        new(
            "utf-8",
            "BufReadDecoder",
            || Box::new(adapt::blocking(BufReadDecoder::new, text).left(|_| Vec::new())),
            |reads| drive::blocking(reads, |pipe| BufReadDecoder::new(BufReader::new(pipe)), text),
        )
        .way(Way::Reads)
        .accepts(UTF_8S)
        .refuses([&b"a\xffb"[..]]),
        new(
            "utf-8",
            "LossyDecoder",
            || Box::new(adapt::calling(lossy())),
            |reads| fed(reads, lossy()),
        )
        .accepts(UTF_8S)
        .accepts([&b"a\xffb\xe2\x82c\xf0\x9f\x98"[..]])
        .ends_anywhere("what is cut off is replaced, as its documentation says"),
    ]
}

const UTF_8S: [&[u8]; 3] =
    ["gr\u{fc}n \u{20ac}".as_bytes(), "\u{1f600}a\u{1f601}".as_bytes(), b"plain"];

/// Within a character or a group it is reported.
const NO_END: &str =
    "text ends between any two characters, and base64 between any two groups of four";

/// The loop of its documentation, where what is malformed is an error.
fn decoded(encoding: &'static Encoding) -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut decoder = encoding.new_decoder();
    let mut ended = false;
    move |bytes, said| {
        // A decoder that was told of the end must not be used again.
        if std::mem::replace(&mut ended, bytes.is_none()) {
            return Ok(());
        }
        let mut rest = bytes.unwrap_or_default();
        loop {
            let mut room = [0; 64];
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(rest, &mut room, bytes.is_none());
            rest = &rest[read..];
            if written > 0 {
                said.push(Answer::Piece(room[..written].to_vec()));
            }
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return Err("malformed".into()),
            }
        }
    }
}

fn piece<R: Read>(reader: &mut R) -> io::Result<Option<Answer>> {
    let mut room = [0; 64];
    let length = reader.read(&mut room)?;
    Ok((length > 0).then(|| Answer::Piece(room[..length].to_vec())))
}

fn text<B: BufRead>(decoder: &mut BufReadDecoder<B>) -> Result<Option<Answer>, String> {
    match decoder.next_strict() {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(Answer::Piece(text.into()))),
        Some(Err(BufReadDecoderError::InvalidByteSequence(_))) => Err("invalid".into()),
        Some(Err(BufReadDecoderError::Io(error))) => Err(error.to_string()),
    }
}

/// Dropping the decoder is how it is told of the end.
fn lossy() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let text = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&text);
    let put = move |piece: &str| {
        if let Ok(mut text) = sink.lock() {
            text.extend_from_slice(piece.as_bytes());
        }
    };
    let mut decoder = Some(LossyDecoder::new(put));
    move |bytes, said| {
        match (bytes, &mut decoder) {
            (Some(bytes), Some(decoder)) => decoder.feed(bytes),
            _ => decoder = None,
        }
        let text = text.lock().map(|mut text| std::mem::take(&mut *text)).unwrap_or_default();
        if !text.is_empty() {
            said.push(Answer::Piece(text));
        }
        Ok(())
    }
}
