//! The chunks of RTMP.

use rml_rtmp::chunk_io::ChunkDeserializer;
use rml_rtmp::messages::MessagePayload;
use segue_laws::Answer;

use super::fed::{Fed, NOT_TOLD, fed};
use crate::{adapt, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "RTMP",
            "rml_rtmp",
            "ChunkDeserializer",
            || Box::new(adapt::calling(messages())),
            |reads| fed(reads, messages()),
        )
        .ends_anywhere(NOT_TOLD)
        .accepts([
            // A message of three bytes, the same again by a header that says so, and one without any.
            &b"\x03\0\0\x01\0\0\x03\x14\0\0\0\0abc\x43\0\0\x01\0\0\x02\x14de"[..],
            b"\x02\xff\xff\xff\0\0\x04\x05\0\0\0\0\x01\0\0\0\0\0\x10\0",
            b"\x00\x05\0\0\x01\0\0\x01\x14\0\0\0\0a",
        ])
        .words([&b"\x03"[..], b"\x43", b"\x83", b"\xc3", b"\xff\xff\xff"]),
    ]
}

/// The loop that the documentation shows: each read once, then nothing until there is no message.
fn messages() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut chunks = ChunkDeserializer::new();
    move |bytes, said| {
        let mut bytes = bytes.unwrap_or_default();
        while let Some(message) = next(&mut chunks, bytes)? {
            said.push(Answer::Item(format!("{message:?} {:?}", message.data)));
            bytes = &[];
        }
        Ok(())
    }
}

fn next(chunks: &mut ChunkDeserializer, bytes: &[u8]) -> Result<Option<MessagePayload>, String> {
    chunks.get_next_message(bytes).map_err(|error| error.to_string())
}
