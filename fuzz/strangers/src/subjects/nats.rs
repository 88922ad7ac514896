//! NATS: what a client makes of a server's operations.

use bytes::BufMut;
use segue_laws::{Answer, Law};
use watermelon_proto::proto::StreamDecoder;

use crate::{adapt, drive::Transcript, entry::Entry};

const FAMILY: &str = "NATS";

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            FAMILY,
            "watermelon-proto",
            "StreamDecoder",
            || {
                Box::new(adapt::machine(
                    StreamDecoder::new(),
                    |decoder, bytes| decoder.read_buf().put_slice(bytes),
                    |decoder| decoder.decode(),
                ))
            },
            |reads| {
                let (mut decoder, mut seen) = (StreamDecoder::new(), Transcript::default());
                for read in reads {
                    decoder.read_buf().put_slice(read);
                    while seen.hears(false, Answer::from_result(decoder.decode())) {}
                }
                seen
            },
        )
        .accepts([
            &b"PING\r\nPONG\r\n+OK\r\n-ERR 'Unknown Protocol Operation'\r\n"[..],
            b"MSG a.b 1 5\r\nhello\r\nMSG a.b 1 reply 0\r\n\r\n",
            b"HMSG a 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
        ])
        .refuses([&b"MSG a 1 x\r\n\r\n"[..], b"WHAT\r\n"])
        .ends_anywhere("it is not told of the end of the stream")
        .contract(Law::L8, "a control line is searched again with each read, up to 128 KiB"),
    ]
}
