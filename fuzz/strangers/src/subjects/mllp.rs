//! MLLP: HL7 messages in blocks.

use hl7_mllp_codec::MllpCodec;
use segue_laws::Law;
use tokio_util::codec::FramedRead;

use crate::{
    adapt,
    drive::{self, Transcript},
    entry::{Entry, Way},
};

const FAMILY: &str = "MLLP";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "hl7-mllp-codec",
            "MllpCodec",
            || Box::new(adapt::decoder(MllpCodec::new())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, MllpCodec::new())),
        )
        .encodes(|stream| adapt::again(MllpCodec::new(), MllpCodec::new(), stream))
        .accepts([&b"\x0bMSH|a\r\x1c\r"[..]])
        .contract(
            Law::L1,
            "it says that it takes one message at most to be on its way, and looks for its end from behind",
        ),
        new(
            "mllp",
            "Decoder",
            || {
                let push = |decoder: &mut mllp::Decoder, bytes: &[u8]| decoder.push(bytes);
                let next = |decoder: &mut mllp::Decoder| decoder.next_frame().transpose();
                Box::new(
                    adapt::machine(mllp::Decoder::new(), push, next)
                        .left(|decoder| decoder.buffered().to_vec()),
                )
            },
            blocks,
        )
        .way(Way::Given)
        .accepts([&b"\x0bMSH|a\r\x1c\r\x0bMSH|b\r\x1c\r"[..], b"\x0b\x1c\r\x0ba\x1cb\x1c\r"])
        .refuses([&b"x\x0ba\x1c\r"[..]]),
    ]
}

/// The loop of its documentation; what is held back at the end was cut off.
fn blocks(reads: &[&[u8]]) -> Transcript {
    use segue_laws::Answer;
    let (mut decoder, mut seen) = (mllp::Decoder::new(), Transcript::default());
    for read in reads {
        decoder.push(read);
        while let Some(block) = decoder.next_frame() {
            if !seen.hears(false, Answer::from_result(block.map(Some))) {
                return seen;
            }
        }
    }
    seen.ends(decoder.is_empty())
}
