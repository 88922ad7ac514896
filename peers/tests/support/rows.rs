//! The output of tshark for a datagram: the values of a field in all its packets and frames, in
//! their order, between commas.

use serde_json::Value;

use crate::tree::Node;

/// The value of a field of tshark's.
pub(crate) fn value(datagram: &Node, field: &str) -> String {
    let packets = &datagram.children;
    let of_packets = |name: &str| packets.iter().filter_map(|packet| said(packet, name)).collect();
    let frames = || packets.iter().flat_map(|packet| &packet.children);
    let of_frames = |frame: &str, name: &str| -> Vec<String> {
        frames().filter(|node| node.name == frame).filter_map(|node| said(node, name)).collect()
    };
    // Of stream frames that have a certain bit in their type.
    let of_streams = |bit: u64, name: &str| -> Vec<String> {
        let streams = frames().filter(|node| node.name == "STREAM");
        let with = streams.filter(|node| number(node, "type") & bit != 0);
        with.filter_map(|node| said(node, name)).collect()
    };
    let of_acks = |values: fn(&[[u64; 2]]) -> Vec<u64>| -> Vec<String> {
        let acks = frames().filter(|node| node.name == "ACK");
        acks.flat_map(|ack| values(&ranges(ack))).map(|value| value.to_string()).collect()
    };
    let of_ecn = |count: &str| -> Vec<String> {
        let counts = frames().filter_map(|node| node.field("ecn")?.get(count));
        counts.map(Value::to_string).collect()
    };
    let of_closes = |by: &str, name: &str| -> Vec<String> {
        let closes = frames().filter(|node| node.field("by").is_some_and(|value| value == by));
        closes.filter_map(|node| said(node, name)).collect()
    };
    let values: Vec<String> = match field {
        "frame.number" => said(datagram, "number").into_iter().collect(),
        "quic.long.packet_type" => {
            packets.iter().filter_map(|packet| long_type(&packet.name)).map(str::to_owned).collect()
        }
        "quic.packet_number" => of_packets("number"),
        "quic.key_phase" => of_packets("key_phase"),
        "quic.spin_bit" => of_packets("spin"),
        "quic.token" | "quic.retry_token" => {
            let kind = if field == "quic.token" { "Initial" } else { "Retry" };
            let of_kind = packets.iter().filter(|packet| packet.name == kind);
            of_kind.filter_map(|packet| said(packet, "token")).collect()
        }
        "quic.frame_type" => frames().filter_map(|frame| said(frame, "type")).collect(),
        "quic.padding_length" => of_frames("PADDING", "length"),
        "quic.ack.largest_acknowledged" => of_frames("ACK", "largest"),
        "quic.ack.ack_delay" => of_frames("ACK", "delay"),
        "quic.ack.ack_range_count" => of_acks(|ranges| vec![ranges.len() as u64 - 1]),
        "quic.ack.first_ack_range" => of_acks(|ranges| vec![ranges[0][1] - ranges[0][0]]),
        "quic.ack.gap" => {
            of_acks(|ranges| ranges.windows(2).map(|pair| pair[0][0] - pair[1][1] - 2).collect())
        }
        "quic.ack.ack_range" => {
            of_acks(|ranges| ranges[1..].iter().map(|range| range[1] - range[0]).collect())
        }
        "quic.ack.ect0_count" => of_ecn("ect0"),
        "quic.ack.ect1_count" => of_ecn("ect1"),
        "quic.ack.ecn_ce_count" => of_ecn("ce"),
        "quic.rsts.stream_id" => of_frames("RESET_STREAM", "stream"),
        "quic.rsts.application_error_code" => of_frames("RESET_STREAM", "error"),
        "quic.rsts.final_size" => of_frames("RESET_STREAM", "final_size"),
        "quic.ss.stream_id" => of_frames("STOP_SENDING", "stream"),
        "quic.ss.application_error_code" => of_frames("STOP_SENDING", "error"),
        "quic.crypto.offset" => of_frames("CRYPTO", "offset"),
        "quic.crypto.length" => of_frames("CRYPTO", "length"),
        "quic.nt.token" => of_frames("NEW_TOKEN", "token"),
        "quic.stream.stream_id" => of_frames("STREAM", "stream"),
        "quic.stream.offset" => of_streams(4, "offset"),
        "quic.stream.length" => of_streams(2, "length"),
        "quic.stream.fin" => {
            let streams = frames().filter(|node| node.name == "STREAM");
            streams.map(|node| u8::from(node.field("fin").is_some()).to_string()).collect()
        }
        "quic.md.maximum_data" => of_frames("MAX_DATA", "maximum"),
        "quic.msd.stream_id" => of_frames("MAX_STREAM_DATA", "stream"),
        "quic.msd.maximum_stream_data" => of_frames("MAX_STREAM_DATA", "maximum"),
        "quic.ms.max_streams" => of_frames("MAX_STREAMS", "maximum"),
        "quic.sb.stream_data_limit" => of_frames("DATA_BLOCKED", "limit"),
        "quic.sdb.stream_id" => of_frames("STREAM_DATA_BLOCKED", "stream"),
        "quic.sib.stream_limit" => of_frames("STREAMS_BLOCKED", "limit"),
        "quic.nci.sequence" => of_frames("NEW_CONNECTION_ID", "sequence"),
        "quic.nci.retire_prior_to" => of_frames("NEW_CONNECTION_ID", "retire_prior_to"),
        "quic.nci.connection_id" => of_frames("NEW_CONNECTION_ID", "id"),
        "quic.nci.stateless_reset_token" => of_frames("NEW_CONNECTION_ID", "reset_token"),
        "quic.rci.sequence" => of_frames("RETIRE_CONNECTION_ID", "sequence"),
        "quic.path_challenge.data" => of_frames("PATH_CHALLENGE", "data"),
        "quic.path_response.data" => of_frames("PATH_RESPONSE", "data"),
        "quic.cc.error_code" => of_closes("transport", "code"),
        "quic.cc.error_code.app" => of_closes("application", "code"),
        "quic.cc.frame_type" => of_closes("transport", "frame_type"),
        "quic.cc.reason_phrase" => of_frames("CONNECTION_CLOSE", "reason"),
        "quic.dg.length" => {
            let datagrams = frames().filter(|node| node.name == "DATAGRAM");
            let with = datagrams.filter(|node| number(node, "type") & 1 != 0);
            with.filter_map(|node| said(node, "length")).collect()
        }
        _ => panic!("{field} is not known here"),
    };
    values.join(",")
}

fn said(node: &Node, name: &str) -> Option<String> {
    Some(match node.field(name)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

fn number(node: &Node, name: &str) -> u64 {
    node.field(name).and_then(Value::as_u64).unwrap()
}

/// The ranges of an ACK frame, the largest first.
fn ranges(ack: &Node) -> Vec<[u64; 2]> {
    serde_json::from_value(ack.field("ranges").unwrap().clone()).unwrap()
}

fn long_type(packet: &str) -> Option<&'static str> {
    Some(match packet {
        "Initial" => "0",
        "0-RTT" => "1",
        "Handshake" => "2",
        "Retry" => "3",
        _ => return None,
    })
}
