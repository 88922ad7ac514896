//! Open Sound Control over TCP.

use rosc::{OscError, decoder::decode_tcp, encoder::encode_tcp};

use crate::{adapt, drive, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "OSC",
            "rosc",
            "decoder::decode_tcp",
            || Box::new(adapt::slice(packet)),
            |reads| drive::buffer(reads, packet),
        )
        .over_slice()
        .accepts([
            &b"\0\0\0\x08/a\0\0,\0\0\0\0\0\0\x10/bc\0,is\0\0\0\0\x07hi\0\0"[..],
            b"\0\0\0\x10#bundle\0\0\0\0\0\0\0\0\x01",
        ])
        .refuses([&b"\0\0\0\x08abcdefgh"[..]])
        .encodes(again),
    ]
}

/// The packet in front, as the function has it: none where the packet is not whole.
fn packet(input: &[u8]) -> Result<Option<(rosc::OscPacket, usize)>, OscError> {
    if input.is_empty() {
        return Ok(None);
    }
    let (rest, packet) = decode_tcp(input)?;
    Ok(packet.map(|packet| (packet, input.len() - rest.len())))
}

fn again(stream: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut written) = (stream, Vec::new());
    while !rest.is_empty() {
        let (behind, packet) = decode_tcp(rest).ok()?;
        written.extend(encode_tcp(&packet?).ok()?);
        rest = behind;
    }
    Some(written)
}
