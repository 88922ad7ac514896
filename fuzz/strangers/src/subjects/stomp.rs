//! STOMP: what a client makes of a server's frames.

use segue_laws::Law;
use tokio_util::codec::FramedRead;

use crate::{adapt, drive, entry::Entry};

const FAMILY: &str = "STOMP";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive)
            .accepts(FRAMES)
            .refuses(NO_FRAMES)
            .words(["\n", "\r\n", "\0"])
    };
    vec![
        new(
            "async-stomp",
            "ClientCodec",
            || Box::new(adapt::decoder(async_stomp::client::ClientCodec::new())),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, async_stomp::client::ClientCodec::new())
                })
            },
        ),
        new(
            "iridium-stomp",
            "StompCodec",
            || Box::new(adapt::decoder(iridium_stomp::StompCodec::new())),
            |reads| {
                drive::stream(reads, |pipe| FramedRead::new(pipe, iridium_stomp::StompCodec::new()))
            },
        )
        .encodes(|stream| {
            let codec = iridium_stomp::StompCodec::new;
            adapt::again(codec(), codec(), stream)
        })
        .contract(Law::L1, "STOMP 1.2: a line end behind a frame is part of it or a heart-beat, as a reader likes")
        .contract(Law::L9, "STOMP 1.2: line ends between frames are heart-beats, so a stream may end behind one")
        .contract(Law::L6, "STOMP 1.2: line ends in front of a frame are none of it, so what is read of them may be none"),
        new(
            "tokio-stomp",
            "ClientCodec",
            || Box::new(adapt::decoder(tokio_stomp::client::ClientCodec)),
            |reads| {
                drive::stream(reads, |pipe| FramedRead::new(pipe, tokio_stomp::client::ClientCodec))
            },
        ),
    ]
}

const FRAMES: [&[u8]; 3] = [
    b"CONNECTED\nversion:1.2\n\n\0RECEIPT\nreceipt-id:77\n\n\0",
    b"MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/q/a\ncontent-length:5\n\nhe\0lo\0",
    b"MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/q/a\n\nhello\0\nERROR\nmessage:no\n\nwhy\0\n",
];
const NO_FRAMES: [&[u8]; 1] = [b"WHAT\nisthis\n\n\0"];
