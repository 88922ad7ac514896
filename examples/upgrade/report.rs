//! Tables of the bytes of each stage, and a verdict on losses.

use std::ops::Range;

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table, presets::UTF8_FULL_CONDENSED};
use segue_websocket::{Close, CloseCode, Message, Outgoing};

use crate::{Driver, GLUED, GREETING, cut::Place};

/// One upgrade, seen from both sides.
pub struct Run {
    pub driver: Driver,
    pub place: Place,
    pub server: Trace,
    pub client: Trace,
}

/// The bytes and messages that one side received.
pub struct Trace {
    /// The position at which the handshake ended and the hand-off happened.
    handoff: u64,
    /// The number of bytes read too far, which crossed it.
    carried: usize,
    messages: Vec<Received>,
    /// The number of bytes that no stage took.
    left: usize,
}

struct Received {
    bytes: Range<u64>,
    what: Vec<u8>,
}

impl Trace {
    /// The number of messages kept to be shown and compared: more than the runs have, and few
    /// enough that the echo's measurement does not include the keeping.
    const KEPT: usize = 8;

    pub fn handed_off(position: u64, carried: usize) -> Self {
        Self { handoff: position, carried, messages: Vec::new(), left: 0 }
    }

    /// Records a message whose frame begins at `start`.
    pub fn received(&mut self, start: u64, message: &Message<'_>) {
        self.end_last(start);
        if self.messages.len() == Self::KEPT {
            return;
        }
        self.messages.push(Received { bytes: start..start, what: describe(message) });
    }

    pub fn ended(&mut self, position: u64, left: usize) {
        self.end_last(position);
        self.left = left;
    }

    fn end_last(&mut self, position: u64) {
        if let Some(last) = self.messages.last_mut() {
            last.bytes.end = position;
        }
    }

    /// Returns true if every byte went to a stage and every message arrived, in order.
    fn is_whole(&self, head: usize, expected: &[Vec<u8>]) -> bool {
        let mut position = self.handoff;
        let contiguous = self.messages.iter().all(|message| {
            let follows = message.bytes.start == position;
            position = message.bytes.end;
            follows
        });
        let what = self.messages.iter().map(|message| &message.what);
        contiguous && self.left == 0 && self.handoff == head as u64 && what.eq(expected)
    }
}

impl Run {
    fn is_whole(&self) -> bool {
        let close = Message::Close(Some(Close { code: CloseCode::NORMAL, reason: "" }));
        let mut glued: Vec<_> = GLUED.iter().map(describe_outgoing).collect();
        glued.push(describe(&close));
        let mut greeted = vec![describe(&Message::Text(GREETING))];
        greeted.extend_from_slice(&glued);
        self.server.is_whole(crate::cut::REQUEST, &glued)
            && self.client.is_whole(crate::cut::RESPONSE, &greeted)
    }
}

/// Prints all runs. Returns true if nothing was lost in any.
pub fn print(runs: &[Run]) -> bool {
    println!(
        "An HTTP/1.1 connection becomes a WebSocket. The client has glued {} messages to its\n\
         request, the server one to its 101; reads are cut at hostile places.\n\
         Bytes are offsets in the stream that each side received.\n",
        GLUED.len()
    );
    let mut whole = true;
    for driver in Driver::ALL {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(
            ["reads are cut", "side", "handshake", "crossed over", "WebSocket frames", "lost"]
                .map(|title| Cell::new(title).add_attribute(Attribute::Bold)),
        );
        for run in runs.iter().filter(|run| run.driver == driver) {
            whole &= run.is_whole();
            for (side, trace) in [("server", &run.server), ("client", &run.client)] {
                let name = if side == "server" { run.place.name() } else { "" };
                let verdict = if run.is_whole() {
                    Cell::new("nothing").fg(Color::Green)
                } else {
                    Cell::new("LOST").fg(Color::Red).add_attribute(Attribute::Bold)
                };
                table.add_row([
                    Cell::new(name),
                    Cell::new(side),
                    Cell::new(format!("0..{}", trace.handoff)),
                    Cell::new(format!("{} B", trace.carried)).set_alignment(CellAlignment::Right),
                    Cell::new(frames(trace)),
                    verdict,
                ]);
            }
        }
        println!("Under {}:\n{table}\n", driver.name());
    }
    whole
}

fn frames(trace: &Trace) -> String {
    let ranges = trace.messages.iter().map(|m| format!("{}..{}", m.bytes.start, m.bytes.end));
    ranges.collect::<Vec<_>>().join(" ")
}

/// Returns a message as bytes to compare.
fn describe(message: &Message<'_>) -> Vec<u8> {
    match message {
        Message::Text(text) => [b"text ", text.as_bytes()].concat(),
        Message::Binary(bytes) => [b"binary ", &**bytes].concat(),
        other => format!("{other:?}").into_bytes(),
    }
}

fn describe_outgoing(message: &Outgoing<'_>) -> Vec<u8> {
    match message {
        Outgoing::Text(text) => describe(&Message::Text(text)),
        Outgoing::Binary(bytes) => describe(&Message::Binary(bytes)),
        other => format!("{other:?}").into_bytes(),
    }
}
