//! GDB's remote serial protocol: packets with a checksum.

use gdb_protocol::{io::GdbServer, parser::Parser};
use segue_laws::Answer;
use std::io::{self, BufReader};

use super::fed::{Fed, NOT_TOLD, fed};
use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "GDB remote";

pub fn entries() -> Vec<Entry> {
    let new = |parser, make, drive| {
        Entry::new(FAMILY, "gdb-protocol", parser, make, drive).accepts(&PACKETS[..2])
    };
    vec![
        new("Parser::feed", || Box::new(adapt::calling(packets())), |reads| fed(reads, packets()))
            .encodes(|mut stream| {
                let (mut parser, mut again) = (Parser::default(), Vec::new());
                while !stream.is_empty() {
                    let (read, packet) = parser.feed(stream).ok()?;
                    if let Some(packet) = packet {
                        packet.check()?.encode(&mut again).ok()?;
                    }
                    stream = &stream[read..];
                }
                Some(again)
            })
            .accepts(&PACKETS[2..])
            .ends_anywhere(NOT_TOLD),
        new(
            "GdbServer::next_packet",
            || {
                Box::new(
                    adapt::blocking(
                        |source| GdbServer::new(source, io::sink()),
                        |server| server.next_packet(),
                    )
                    .left(|_| Vec::new()),
                )
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| GdbServer::new(BufReader::new(pipe), io::sink()),
                    |server| server.next_packet(),
                )
            },
        )
        .way(Way::Reads),
    ]
}

const PACKETS: [&[u8]; 3] = [b"$hello#14$g#67", b"+$m0,4#fd%Stop:X#38", b"$a* #ab$}]#da"];

fn packets() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut parser = Parser::default();
    move |bytes, said| {
        let mut rest = bytes.unwrap_or_default();
        while !rest.is_empty() {
            let (read, packet) = parser.feed(rest).map_err(|error| format!("{error:?}"))?;
            said.extend(packet.map(|packet| Answer::Item(format!("{packet:?}"))));
            rest = &rest[read..];
        }
        Ok(())
    }
}
