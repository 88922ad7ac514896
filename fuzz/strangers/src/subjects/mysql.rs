//! MySQL's wire protocol: packets behind their lengths and numbers.

use bytes::BytesMut;
use flate2::Compression;
use mysql_common::proto::codec::{PacketCodec, error::PacketCodecError};

use crate::{adapt, drive, entry::Entry};

const FAMILY: &str = "MySQL";

pub fn entries() -> Vec<Entry> {
    let new = |parser, make, drive| Entry::new(FAMILY, "mysql_common", parser, make, drive);
    vec![
        new(
            "PacketCodec",
            || Box::new(adapt::bytes_mut(packets(PacketCodec::default()))),
            |reads| drive::bytes_mut(reads, packets(PacketCodec::default())),
        )
        .encodes(|stream| {
            let (mut decoder, mut encoder) = (PacketCodec::default(), PacketCodec::default());
            adapt::each(
                stream,
                |input| {
                    let mut packet = Vec::new();
                    decoder.decode(input, &mut packet).map(|whole| whole.then_some(packet))
                },
                |packet, output| encoder.encode(&mut &packet[..], output).ok(),
            )
        })
        .accepts([&b"\x05\0\0\0hello\x01\0\0\x01a"[..], b"\x01\0\0\0\x0e\0\0\0\x01\x02\0\0\x02xy"])
        .refuses([&b"\x01\0\0\x05a"[..]]),
        new(
            "PacketCodec, compressed",
            || Box::new(adapt::bytes_mut(packets(compressed()))),
            |reads| drive::bytes_mut(reads, packets(compressed())),
        )
        .limit(
            4 << 20,
            "`max_allowed_packet`: the maximum size of a packet, of which the default is 4 MiB",
        )
        .accepts([
            &b"\x09\0\0\0\0\0\0\x05\0\0\0hello\x05\0\0\x01\0\0\0\x01\0\0\x01a"[..],
            b"\x06\0\0\0\0\0\0\x05\0\0\0he\x03\0\0\x01\0\0\0llo",
        ])
        .ends_anywhere(
            "the codec is not told of the end, which a client takes for an error wherever it comes",
        )
        .refuses([&b"\x03\0\0\0\x0a\0\0abc"[..]]),
    ]
}

fn compressed() -> PacketCodec {
    let mut codec = PacketCodec::default();
    codec.compress(Compression::default());
    codec
}

fn packets(
    mut codec: PacketCodec,
) -> impl FnMut(&mut BytesMut) -> Result<Option<String>, PacketCodecError> {
    let mut packet = Vec::new();
    move |input| {
        let whole = codec.decode(input, &mut packet)?;
        Ok(whole.then(|| std::mem::take(&mut packet).escape_ascii().to_string()))
    }
}
