//! Telnet, RFC 854.

use nectar::TelnetCodec;
use tokio_util::codec::FramedRead;

use crate::{adapt, drive, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "Telnet",
            "nectar",
            "TelnetCodec",
            || Box::new(adapt::decoder(TelnetCodec::new(1024))),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, TelnetCodec::new(1024))),
        )
        .accepts([
            &b"hello\r\nworld\r\n"[..],
            b"\xff\xfb\x01\xff\xfd\x03look\r\n",
            b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0go\r\n",
        ])
        .words([&b"\xff"[..], b"\xff\xff", b"\xff\xfa", b"\xff\xf0", b"\xff\xf1", b"\r\0"]),
    ]
}
