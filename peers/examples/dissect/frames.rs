//! Frames as nodes.

use segue_quic::{
    VarInt,
    frame::{Ack, CloseReason, Frame},
    stream::Direction,
};
use serde_json::{Value, json};

use crate::tree::{Node, hex};

/// The fields of a frame, in their order. Data is shown by its length.
pub(crate) fn node(frame: &Frame<'_>) -> Node {
    let kind = frame.frame_type();
    let node = Node::new("frame", kind.to_string()).with("type", kind.value().value());
    match frame {
        Frame::Padding(padding) => node.with("length", padding.length),
        Frame::Ack(ack) => acknowledged(node, ack),
        Frame::ResetStream(reset) => stream(node, reset.id.value())
            .with("error", reset.error.value())
            .with("final_size", reset.final_size.value()),
        Frame::StopSending(stop) => stream(node, stop.id.value()).with("error", stop.error.value()),
        Frame::Crypto(crypto) => {
            node.with("offset", crypto.offset.value()).with("length", crypto.data.len())
        }
        Frame::NewToken(token) => node.with("token", hex(token.token)),
        Frame::Stream(data) => {
            let node = stream(node, data.id.value()).with("offset", data.offset.value());
            let node = node.with("length", data.data.len());
            if data.fin { node.with("fin", true) } else { node }
        }
        Frame::MaxData(max) => node.with("maximum", max.maximum.value()),
        Frame::MaxStreamData(max) => {
            stream(node, max.id.value()).with("maximum", max.maximum.value())
        }
        Frame::MaxStreams(max) => {
            node.with("direction", direction(max.direction)).with("maximum", max.maximum.value())
        }
        Frame::DataBlocked(blocked) => node.with("limit", blocked.limit.value()),
        Frame::StreamDataBlocked(blocked) => {
            stream(node, blocked.id.value()).with("limit", blocked.limit.value())
        }
        Frame::StreamsBlocked(blocked) => node
            .with("direction", direction(blocked.direction))
            .with("limit", blocked.limit.value()),
        Frame::NewConnectionId(new) => node
            .with("sequence", new.sequence.value())
            .with("retire_prior_to", new.retire_prior_to.value())
            .with("id", hex(new.id))
            .with("reset_token", hex(new.reset_token)),
        Frame::RetireConnectionId(retired) => node.with("sequence", retired.sequence.value()),
        Frame::PathChallenge(probe) => node.with("data", hex(&probe.data)),
        Frame::PathResponse(probe) => node.with("data", hex(&probe.data)),
        Frame::ConnectionClose(close) => {
            let node = match close.error {
                CloseReason::Transport { code, frame_type } => node
                    .with("by", "transport")
                    .with("code", code.value().value())
                    .with("error", code.to_string())
                    .with("frame_type", frame_type.value().value()),
                CloseReason::Application(code) => {
                    node.with("by", "application").with("code", code.value())
                }
            };
            node.with("reason", String::from_utf8_lossy(close.reason))
        }
        Frame::Datagram(datagram) => node.with("length", datagram.data.len()),
        Frame::AckFrequency(asks) => node
            .with("sequence", asks.sequence.value())
            .with("ack_eliciting_threshold", asks.ack_eliciting_threshold.value())
            .with("requested_max_ack_delay", asks.requested_max_ack_delay.value())
            .with("reordering_threshold", asks.reordering_threshold.value()),
        Frame::ResetStreamAt(reset) => stream(node, reset.id.value())
            .with("error", reset.error.value())
            .with("final_size", reset.final_size.value())
            .with("reliable_size", reset.reliable_size.value()),
        Frame::Timestamp(stamp) => node.with("time", stamp.time.value()),
        _ => node,
    }
}

fn acknowledged(node: Node, ack: &Ack<'_>) -> Node {
    let ranges = ack.ranges().map(|range| json!([range.start(), range.end()]));
    let ranges = ranges.collect::<Vec<Value>>();
    let node = node.with("largest", ack.largest().value()).with("delay", ack.delay.value());
    let node = node.with("ranges", ranges);
    match ack.ecn {
        Some(ecn) => {
            let counts = [ecn.ect0, ecn.ect1, ecn.ce].map(VarInt::value);
            node.with("ecn", json!({"ect0": counts[0], "ect1": counts[1], "ce": counts[2]}))
        }
        None => node,
    }
}

fn stream(node: Node, id: u64) -> Node {
    node.with("stream", id)
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "bidirectional",
        Direction::Sending => "unidirectional",
    }
}
