//! The goals.

use segue_benches::contenders::names;

/// One contender takes at most so many times as long as another.
pub(crate) struct Goal {
    pub(crate) of: &'static str,
    pub(crate) against: &'static str,
    pub(crate) at_most: f64,
}

/// Returns true if the floor by masks competes.
fn has_masks() -> bool {
    #[cfg(target_arch = "x86_64")]
    return segue_benches::contenders::has_masks();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The goals of a group, by its name.
pub(crate) fn of(group: &str) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut goal = |of, against, at_most| goals.push(Goal { of, against, at_most });
    match group.split('/').next() {
        Some("length") => {
            goal(names::RECORDS, names::FLOOR, 1.3);
            goal(names::RECORDS, names::TOKIO_UTIL, 1.0 / 8.0);
            goal(names::OWNED, names::TOKIO_UTIL, 1.0);
        }
        Some("lines") => {
            // Long lines are `memchr`'s own ground, and short ones that of masks.
            goal(names::RECORDS, names::FLOOR, if group == "lines/1024" { 1.0 } else { 0.75 });
            if cfg!(target_arch = "x86_64") && group != "lines/1024" {
                goal(names::RECORDS, names::MASK_FLOOR, 1.5);
            }
            goal(names::RECORDS, names::TOKIO_UTIL, 1.0 / 8.0);
            goal(names::OWNED, names::TOKIO_UTIL, 1.0);
        }
        Some("growth") => {
            // Four times the line in four times the time, with some room for caches and noise.
            goal(names::LINE_256K, names::LINE_64K, 4.0 * 1.2);
        }
        Some("http1-head") => {
            for ours in [names::STAGE, names::STEP] {
                goal(ours, names::HTTPARSE, 0.65);
                if cfg!(target_arch = "x86_64") {
                    goal(ours, names::PICO, 1.0);
                }
            }
        }
        Some("http1-headers") if cfg!(target_arch = "x86_64") => {
            // As text, which is more than the others give.
            goal(names::STAGE, names::PICO, 1.0);
            goal(names::STAGE_BYTES, names::PICO, 1.0);
            if has_masks() {
                goal(names::STAGE, names::MASKS, 1.6);
                goal(names::STAGE_BYTES, names::MASKS, 1.3);
            }
        }
        Some("http1-dribble") => {
            goal(names::STEP, names::FLOOR, 1.3);
            goal(names::STAGE, names::SHOWN, 1.3);
        }
        Some("http1-chunked") => {
            goal(names::STEP, names::FLOOR, 1.3);
            if group != "http1-chunked/64" {
                goal(names::STEP, names::MEMCHR, 1.3);
            }
        }
        Some("websocket-mask") => {
            // Half the memory is gone through, and none of it to fetch what is only written.
            goal(names::MASK, names::MEMCPY, 0.67);
            goal(names::MASK, names::SOCKUDO, 1.1);
        }
        Some("websocket-handshake") => {
            for peer in [names::TUNGSTENITE, names::TOKIO_WEBSOCKETS, names::SOKETTO] {
                goal(names::CONNECTION, peer, 1.0);
            }
        }
        Some("websocket-decode") => {
            goal(names::RECORDS, names::FLOOR, 1.3);
            if group == "websocket-decode/125" {
                goal(names::RECORDS, names::TUNGSTENITE, 1.0 / 5.0);
            }
        }
        Some("websocket-encode") => {
            // Long payloads that nobody masks leave without a copy: given `Bytes`, as peers are.
            let ours = match group {
                "websocket-encode/bare/65536" => names::WRITER_BYTES,
                _ => names::WRITER,
            };
            for peer in [
                names::SOCKUDO,
                names::YAWC,
                names::FASTWEBSOCKETS,
                names::TOKIO_WEBSOCKETS,
                names::TUNGSTENITE,
                names::SOKETTO,
            ] {
                goal(ours, peer, 1.0);
            }
        }
        Some("quic-frames") => {
            goal(names::PAYLOAD, names::FLOOR, 1.2);
            goal(names::PAYLOAD, names::S2N, 1.0);
        }
        Some("quic-varint") => {
            // Peers branch on the length, which only pays where all are of one length.
            let at_most = if group == "quic-varint/mixed" { 0.5 } else { 1.0 };
            for peer in [names::S2N, names::OCTETS, names::QUINN] {
                goal(names::ALL, peer, at_most);
            }
        }
        Some("quic-header") => {
            goal(names::PACKETS, names::S2N, 0.7);
            goal(names::PACKETS, names::QUINN, 0.35);
        }
        Some("quic-unprotect") => {
            goal(names::PACKETS, names::FLOOR, 1.1);
            goal(names::PACKETS, names::S2N, 1.0);
        }
        Some("quic-protect") => goal(names::PACKETS, names::FLOOR, 1.25),
        _ => {}
    }
    goals
}
