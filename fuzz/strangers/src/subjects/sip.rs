//! SIP over a stream.

use rsipstack::transport::stream::SipCodec;
use tokio_util::codec::FramedRead;

use crate::{adapt, drive, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "SIP",
            "rsipstack",
            "SipCodec",
            || Box::new(adapt::decoder(SipCodec::new())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, SipCodec::new())),
        )
        .accepts([
            &b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c\r\nContent-Length: 2\r\n\r\nhi"[..],
            b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n\r\n\r\nSIP/2.0 180 Ringing\r\n\r\n",
        ])
        .refuses([&b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: x\r\n\r\n"[..]])
        .words([&b"\r\n"[..], b"\r\n\r\n", b"Content-Length: ", b"l: "]),
    ]
}
