//! The content of streams, put together.

use std::collections::BTreeMap;

use segue::Buffer;
use segue_quic::{
    Role,
    frame::{ResetStream, Stream},
    stream::{Reassembler, StreamId},
};

use crate::tree::Node;

/// The streams of a connection, each way by itself.
#[derive(Debug, Default)]
pub(crate) struct Streams(BTreeMap<(u64, bool), Half>);

/// One way of a stream.
#[derive(Debug, Default)]
struct Half {
    reassembler: Reassembler,
    /// The data in order that was not counted yet.
    buffer: Buffer,
    /// The first bytes.
    beginning: Vec<u8>,
    frames: u64,
    final_size: Option<u64>,
    reset: Option<u64>,
}

/// So much of a stream is shown, in bytes.
const SHOWN: usize = 48;

impl Streams {
    /// Takes the data that `sender` sent.
    pub(crate) fn data(&mut self, sender: Role, stream: &Stream<'_>) {
        let half = self.half(sender, stream.id.value());
        half.frames += 1;
        half.reassembler.write(stream.offset.value(), stream.data, &mut half.buffer);
        let room = SHOWN - half.beginning.len();
        half.beginning.extend(half.buffer.as_slice().iter().take(room));
        half.buffer.consume(half.buffer.len());
        if stream.fin {
            half.final_size = Some(stream.offset.value() + stream.data.len() as u64);
        }
    }

    pub(crate) fn reset(&mut self, sender: Role, reset: &ResetStream) {
        let half = self.half(sender, reset.id.value());
        half.reset = Some(reset.error.value());
        half.final_size = Some(reset.final_size.value());
    }

    fn half(&mut self, sender: Role, id: u64) -> &mut Half {
        self.0.entry((id, sender == Role::Server)).or_default()
    }

    /// All streams.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        let half = |(&(id, server), half): (&(u64, bool), &Half)| {
            let received = half.reassembler.position();
            let name = StreamId::new(id).map_or_else(|| id.to_string(), |id| id.to_string());
            let node = Node::new("stream", name)
                .with("from", if server { "server" } else { "client" })
                .with("bytes", received)
                .with("frames", half.frames);
            let node = match (half.reset, half.final_size) {
                (Some(error), _) => node.with("reset", error),
                (None, Some(size)) => node.with("whole", size == received),
                (None, None) => node.with("whole", false),
            };
            let held = half.reassembler.out_of_order();
            let node = if held > 0 { node.with("behind_a_gap", held) } else { node };
            let text = String::from_utf8_lossy(&half.beginning);
            node.with("begins", text.escape_debug().to_string())
        };
        self.0.iter().map(half).collect()
    }
}
