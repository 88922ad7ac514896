//! Tables of the bytes of each stage, and a verdict on losses.

use std::ops::Range;

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table, presets::UTF8_FULL_CONDENSED};
use segue::trace::{Made, Recording, What};
use segue_websocket::{Close, CloseCode, Message, Outgoing};

use crate::{Driver, GLUED, GREETING, cut::Place};

/// One upgrade, seen from both sides.
pub struct Run {
    pub driver: Driver,
    pub place: Place,
    pub server: Side,
    pub client: Side,
}

/// The bytes and messages that one side received.
pub struct Side {
    pub recording: Recording,
    pub heard: Heard,
}

/// The first messages that one side received.
#[derive(Default)]
pub struct Heard(Vec<Vec<u8>>);

impl Heard {
    /// The number of messages kept to be compared: more than the runs have, and few enough that the
    /// echo's measurement does not include the keeping.
    const KEPT: usize = 8;

    pub fn message(&mut self, message: &Message<'_>) {
        if self.0.len() < Self::KEPT {
            self.0.push(describe(message));
        }
    }
}

impl Side {
    /// Returns the ranges that the lane of this name took, and true for those that became an item.
    fn taken(&self, name: &str) -> impl Iterator<Item = (Range<u64>, bool)> {
        let Recording { events, lanes, .. } = &self.recording;
        events.iter().filter(move |event| lanes[event.lane].name == name).filter_map(|event| {
            match &event.what {
                What::Took { bytes, made } => Some((bytes.clone(), *made == Made::Item)),
                _ => None,
            }
        })
    }

    /// Returns the ranges of the messages. What a stage takes before it has the whole of a message
    /// belongs to it.
    fn messages(&self) -> Vec<Range<u64>> {
        let mut messages = Vec::new();
        let mut start = None;
        for (bytes, is_item) in self.taken("messages") {
            let begun = *start.get_or_insert(bytes.start);
            if is_item {
                messages.push(begun..bytes.end);
                start = None;
            }
        }
        messages
    }

    /// Returns the number of bytes read too far, which crossed over from the handshake.
    fn carried(&self) -> u64 {
        let over = self.recording.events.iter().filter_map(|event| match event.what {
            What::Followed { carried, .. } => Some(carried),
            _ => None,
        });
        over.sum()
    }

    /// Returns true if every byte went to a stage and every message arrived, in order.
    fn is_whole(&self, head: usize, expected: &[Vec<u8>]) -> bool {
        let mut position = 0;
        let mut all = self.taken("handshake").chain(self.taken("messages"));
        let is_covered = all.all(|(bytes, _)| {
            let follows = bytes.start == position;
            position = bytes.end;
            follows
        });
        let mut ends = self.recording.events.iter().filter_map(|event| match event.what {
            What::Done { left, .. } => left,
            _ => None,
        });
        is_covered
            && self.taken("handshake").eq([(0..head as u64, false)])
            && ends.next_back() == Some(0)
            && self.heard.0 == expected
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
         request, as a hostile one would, the server one to its 101; reads are cut at hostile places.\n\
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
            for (side, seen) in [("server", &run.server), ("client", &run.client)] {
                let name = if side == "server" { run.place.name() } else { "" };
                let verdict = if run.is_whole() {
                    Cell::new("nothing").fg(Color::Green)
                } else {
                    Cell::new("LOST").fg(Color::Red).add_attribute(Attribute::Bold)
                };
                table.add_row([
                    Cell::new(name),
                    Cell::new(side),
                    Cell::new(ranges(seen.taken("handshake").map(|(bytes, _)| bytes))),
                    Cell::new(format!("{} B", seen.carried())).set_alignment(CellAlignment::Right),
                    Cell::new(ranges(seen.messages().into_iter())),
                    verdict,
                ]);
            }
        }
        println!("Under {}:\n{table}\n", driver.name());
    }
    whole
}

fn ranges(all: impl Iterator<Item = Range<u64>>) -> String {
    all.map(|bytes| format!("{}..{}", bytes.start, bytes.end)).collect::<Vec<_>>().join(" ")
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
