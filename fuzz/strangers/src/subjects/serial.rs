//! Serial lines: COBS, HDLC, SLIP, KISS.

use futures::stream;
use segue_laws::{Answer, Law};
use std::{io::Read, num::NonZeroUsize};
use tokio_util::codec::FramedRead;

use crate::{
    adapt::{self, Pipe},
    drive::{self, Transcript},
    entry::{Entry, Way},
};

const FAMILY: &str = "serial lines";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "cobs",
            "CobsDecoderOwned::push",
            || Box::new(adapt::calling(cobs_push())),
            |reads| fed(reads, cobs_push()),
        )
        .encodes(|stream| {
            let (mut decoder, mut again) = (cobs::CobsDecoderOwned::new(ROOM), Vec::new());
            for &byte in stream {
                if let Some(length) = decoder.feed(byte).ok()? {
                    again.extend(cobs::encode_vec(&decoder.dest()[..length]));
                    again.push(0);
                }
            }
            Some(again)
        })
        .accepts(COBS)
        .ends_anywhere(NOT_TOLD),
        new(
            "cobs",
            "CobsDecoderOwned::feed",
            || Box::new(adapt::calling(cobs_feed())),
            |reads| fed(reads, cobs_feed()),
        )
        .accepts(COBS)
        .ends_anywhere(NOT_TOLD),
        new(
            "postcard",
            "CobsAccumulator",
            || Box::new(adapt::calling(accumulator())),
            |reads| fed(reads, accumulator()),
        )
        .accepts([&b"\x03\x05\x02\x00\x05\x01\x02ab\x00"[..], b"\x03\x05\x02\x00"])
        .ends_anywhere(NOT_TOLD),
        new(
            "hdlc",
            "FrameReader",
            || {
                Box::new(adapt::blocking(
                    // It borrows its source, and lives as long as the process does.
                    |source| hdlc::FrameReader::new(Box::leak(Box::new(source)), hdlc_chars()),
                    |reader| Ok::<_, ()>(reader.read_frame()),
                ))
            },
            hdlc_frames,
        )
        .way(Way::Reads)
        .accepts([&b"\x7e\x01\x50\x00\x7e\x7e\x11\x12\x7e"[..], b"\x7e\x7d\x5e\x7d\x5d\x7e"])
        .contract(Law::L9, "`None` is documented to mean that no more frames are available"),
        new(
            "hdlcparse",
            "type3::HdlcFrame::parse",
            || adapt::needing(adapt::front(type3)),
            |reads| drive::needing(reads, adapt::front(type3)),
        )
        .needs(
            "`Incomplete` tells that more bytes are needed to fully parse the frame, and how many",
        )
        .over_slice()
        .accepts([TYPE3]),
        new(
            "kiss-tnc",
            "TncRead::read_frame",
            || Box::new(adapt::stream(kiss).reads_exactly()),
            |reads| drive::stream(reads, kiss),
        )
        .way(Way::Reads)
        .accepts([&b"\xc0\x00TEST\xc0\xc0\x50Hi\xc0"[..], b"\xc0\xc0\x00\xdb\xdc\xdb\xdd\xc0"])
        .refuses([&b"x\xc0\x00"[..], b"\xc0\x00\xdbx\xc0"])
        .ends_anywhere("the end of the stream is an error wherever it comes"),
        new(
            "serial-line-ip",
            "Decoder",
            || Box::new(adapt::calling(serial_line_ip())),
            |reads| fed(reads, serial_line_ip()),
        )
        .encodes(|stream| {
            let (mut decode, mut said, mut again) = (slip_packets(), Vec::new(), Vec::new());
            decode(stream, &mut said).ok()?;
            for packet in said {
                let mut encoder = serial_line_ip::Encoder::new();
                let mut room = vec![0; 2 * packet.len() + 2];
                let first = encoder.encode(&packet, &mut room).ok()?.written;
                let last = encoder.finish(&mut room[first..]).ok()?.written;
                again.extend_from_slice(&room[..first + last]);
            }
            Some(again)
        })
        .accepts([&b"\xc0\x01\x02\xc0\xc0\x03\xc0"[..], b"\xc0\xdb\xdc\xdb\xdd\xc0"])
        .refuses([&b"\x01\xc0"[..], b"\xc0\xdb\x01\xc0"])
        .ends_anywhere(NOT_TOLD),
        new(
            "slip-codec",
            "tokio::SlipDecoder",
            || Box::new(adapt::decoder(slip_codec::tokio::SlipDecoder::default())),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, slip_codec::tokio::SlipDecoder::default())
                })
            },
        )
        .encodes(|stream| {
            let codec = slip_codec::tokio::SlipCodec::default;
            adapt::again(codec(), codec(), stream)
        })
        .way(Way::Decoder)
        .accepts(SLIP)
        .refuses([&b"\xc0\xdb\x01\xc0"[..]]),
        new(
            "slip-codec",
            "SlipDecoder",
            || {
                Box::new(
                    adapt::blocking(
                        |reader| (slip_codec::SlipDecoder::new(), reader),
                        |(decoder, reader)| slip(decoder, reader),
                    )
                    .left(|_| Vec::new()),
                )
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| (slip_codec::SlipDecoder::new(), pipe),
                    |(decoder, pipe)| slip(decoder, pipe),
                )
            },
        )
        .way(Way::Reads)
        .accepts(SLIP)
        .refuses([&b"\xc0\xdb\x01\xc0"[..]])
        .ends_anywhere("the end of the stream is an error wherever it comes"),
    ]
}

const COBS: [&[u8]; 3] =
    [b"\x03\x11\x22\x02\x33\x00\x02A\x00", b"\x01\x01\x00", b"\x05abcd\x00\x02z\x00\x03yy\x00"];
const SLIP: [&[u8]; 3] =
    [b"\xc0\x01\x02\xc0\x03\xc0", b"\xc0\xdb\xdc\xdb\xdd\xc0", b"a\xc0\xc0bb\xc0"];
/// An information frame of DLMS, with both of its checks.
const TYPE3: &[u8] = b"\x7e\xa0\x20\x76\x54\xae\x1b\x46\xa9\x13\x2f\x2f\xe6\xe6\x00\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x4e\x66";
const NOT_TOLD: &str = "it is not told of the end of the stream";

/// All that is put down of each read, and an error that ends the stream.
type Fed = Result<(), String>;

/// The documented loop over a machine that is given each read until nothing of it is left.
fn fed(
    reads: &[&[u8]],
    mut feed: impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed,
) -> Transcript {
    let mut seen = Transcript::default();
    for read in reads {
        let mut said = Vec::new();
        let error = feed(Some(read), &mut said).err();
        said.extend(error.map(Answer::Error));
        if !said.into_iter().all(|answer| seen.hears(false, answer)) {
            return seen;
        }
    }
    seen.hears(true, Answer::End);
    seen
}

/// The most that a frame may hold, as the buffer of an embedded device would.
const ROOM: usize = 512;

fn cobs_push() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut decoder = cobs::CobsDecoderOwned::new(ROOM);
    move |bytes, said| {
        let mut rest = bytes.unwrap_or_default();
        while !rest.is_empty() {
            let report = decoder.push(rest).map_err(|error| format!("{error:?}"))?;
            let Some(report) = report else { break };
            said.push(Answer::Item(format!("{:?}", &decoder.dest()[..report.frame_size()])));
            rest = &rest[report.parsed_size()..];
        }
        Ok(())
    }
}

fn cobs_feed() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut decoder = cobs::CobsDecoderOwned::new(ROOM);
    move |bytes, said| {
        for &byte in bytes.unwrap_or_default() {
            let length = decoder.feed(byte).map_err(|error| format!("{error:?}"))?;
            if let Some(length) = length {
                said.push(Answer::Item(format!("{:?}", &decoder.dest()[..length])));
            }
        }
        Ok(())
    }
}

/// The loop of its documentation.
fn accumulator() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    use postcard::accumulator::{CobsAccumulator, FeedResult};
    let mut accumulator = CobsAccumulator::<64>::new();
    move |bytes, said| {
        let mut window = bytes.unwrap_or_default();
        while !window.is_empty() {
            window = match accumulator.feed::<(u8, u8)>(window) {
                FeedResult::Consumed => break,
                FeedResult::OverFull(rest) => {
                    said.push(Answer::Item("over full".into()));
                    rest
                }
                FeedResult::DeserError(rest) => {
                    said.push(Answer::Item("no such data".into()));
                    rest
                }
                FeedResult::Success { data, remaining } => {
                    said.push(Answer::Item(format!("{data:?}")));
                    remaining
                }
            };
        }
        Ok(())
    }
}

/// The loop of its documentation: frames until there is none.
fn hdlc_frames(reads: &[&[u8]]) -> Transcript {
    let pipe = Pipe::default();
    reads.iter().for_each(|read| pipe.push(read));
    pipe.end();
    let mut source: Box<dyn Read> = Box::new(pipe);
    let mut reader = hdlc::FrameReader::new(&mut source, hdlc_chars());
    let mut seen = Transcript::default();
    while seen.hears(true, reader.read_frame().map_or(Answer::End, Answer::item)) {}
    seen
}

fn hdlc_chars() -> hdlc::SpecialChars {
    hdlc::SpecialChars::default()
}

fn type3(input: &[u8]) -> (usize, Answer) {
    match hdlcparse::type3::HdlcFrame::parse(input) {
        Ok((rest, frame)) => (input.len() - rest.len(), Answer::Item(format!("{frame:?}"))),
        Err(hdlcparse::Error::Incomplete(more)) => (0, Answer::Need(more.map(NonZeroUsize::get))),
        Err(error) => (0, Answer::error(error)),
    }
}

fn kiss(pipe: Pipe) -> impl futures::Stream<Item = Result<(u8, Vec<u8>), String>> {
    stream::unfold(kiss_tnc::tnc::TncRead::new(pipe), |mut reader| async {
        match reader.read_frame().await {
            Ok(frame) => Some((Ok(frame), reader)),
            Err(kiss_tnc::errors::ReadError::StreamError(_)) => None,
            Err(error) => Some((Err(format!("{error:?}")), reader)),
        }
    })
}

/// Decodes into a buffer of its own, and begins afresh behind each packet.
fn serial_line_ip() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut decode = slip_packets();
    move |bytes, said| {
        let mut packets = Vec::new();
        let result = decode(bytes.unwrap_or_default(), &mut packets);
        said.extend(packets.iter().map(|packet| Answer::Item(format!("{packet:?}"))));
        result
    }
}

fn slip_packets() -> impl FnMut(&[u8], &mut Vec<Vec<u8>>) -> Fed {
    let mut decoder = serial_line_ip::Decoder::new();
    let mut packet = Vec::new();
    move |mut rest, packets| {
        while !rest.is_empty() {
            let mut room = [0; ROOM];
            let (read, decoded, ended) =
                decoder.decode(rest, &mut room).map_err(|error| format!("{error:?}"))?;
            packet.extend_from_slice(decoded);
            rest = &rest[read..];
            if ended {
                packets.push(std::mem::take(&mut packet));
                decoder = serial_line_ip::Decoder::new();
            }
        }
        Ok(())
    }
}

fn slip(
    decoder: &mut slip_codec::SlipDecoder,
    source: &mut dyn Read,
) -> Result<Option<Vec<u8>>, String> {
    let mut packet = Vec::new();
    match decoder.decode(source, &mut packet) {
        Ok(length) => {
            packet.truncate(length);
            Ok(Some(packet))
        }
        Err(slip_codec::SlipError::EndOfStream) => Ok(None),
        Err(error) => Err(format!("{error:?}")),
    }
}
