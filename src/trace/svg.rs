//! A recording as a picture.
//!
//! An event is a column, in the order in which events happened; a lane is a row, and the lanes of a
//! stream stand together between a line of incoming offsets and one of outgoing offsets. A column
//! is as wide as its number of bytes has binary digits: a head of a kilobyte and a ping of two
//! bytes can both be read, and no width depends on what comes later. Everything is in whole pixels,
//! so the same bytes make the same text.

use std::{
    fmt::{self, Write},
    ops::Range,
};

use super::{Event, Made, Recording, What, escape::Markup};

/// Colours for light and dark ground, for the picture and the page around it.
pub(super) const STYLE: &str = include_str!("picture.css");

/// The number of events that are drawn. A page lists the others.
const DRAWN: usize = 600;
/// Height of a lane.
const ROW: u64 = 44;
/// Height of the incoming offsets over the lanes of a stream, with what crossed over.
const HEAD: u64 = 34;
/// Height of the outgoing offsets under them.
const FOOT: u64 = 26;
/// Height of the bytes of an event.
const BAR: u64 = 16;
/// Height of the legend.
const LEGEND: u64 = 34;
/// About the width of a character.
const CHARACTER: u64 = 7;

/// Returns the whole picture.
pub(super) fn picture(recording: &Recording) -> String {
    let layout = Layout::new(recording);
    let (labels, height) = (layout.labels_width(), layout.height);
    // The legend needs its place, too.
    let width = (labels + layout.width + 12).max(640);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"trace\" viewBox=\"0 0 {width} {0}\" \
         width=\"{width}\" height=\"{0}\" role=\"img\">\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{0}\" rx=\"6\"/>\n",
        height + LEGEND
    );
    out += &layout.labels();
    let _ = write!(out, "<g transform=\"translate({labels} 0)\">\n{}</g>\n", layout.timeline());
    let _ = writeln!(out, "<g transform=\"translate(12 {height})\">{}</g>", legend());
    out + "</svg>\n"
}

/// The places of everything in the picture.
pub(super) struct Layout<'a> {
    recording: &'a Recording,
    /// The left edge and the width of each event that is drawn.
    columns: Vec<(u64, u64)>,
    /// The upper edge of each lane.
    rows: Vec<u64>,
    /// The upper and the lower edge of each stream that has lanes.
    streams: Vec<Option<(u64, u64)>>,
    pub(super) width: u64,
    pub(super) height: u64,
}

impl<'a> Layout<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        let mut x = 8;
        let columns = recording.events.iter().take(DRAWN).map(|event| {
            let width = width_of(&event.what);
            x += width + 3;
            (x - width - 3, width)
        });
        let columns = columns.collect();
        let mut rows = vec![0; recording.lanes.len()];
        let mut streams = Vec::new();
        let mut y = 0;
        for stream in 0..recording.streams.len() {
            let lanes = (0..rows.len()).filter(|lane| recording.lanes[*lane].stream == stream);
            let lanes: Vec<_> = lanes.collect();
            if lanes.is_empty() {
                streams.push(None);
                continue;
            }
            let top = y;
            y += HEAD;
            for lane in lanes {
                rows[lane] = y;
                y += ROW;
            }
            y += FOOT;
            streams.push(Some((top, y)));
        }
        let width = x + if recording.events.len() > DRAWN { 160 } else { 24 };
        Self { recording, columns, rows, streams, width, height: y }
    }

    /// Returns the width of the names in front of the lanes.
    pub(super) fn labels_width(&self) -> u64 {
        let Recording { lanes, streams, .. } = self.recording;
        let count = |name: &str| name.chars().count() as u64;
        let lanes = lanes.iter().map(|lane| count(&lane.name));
        // Behind the name of a stream stands that its line is of what was received.
        let streams = streams.iter().map(|stream| count(stream) + 10);
        lanes.chain(streams).max().unwrap_or(0) * (CHARACTER + 1) + 20
    }

    /// Returns the names of streams and lanes.
    pub(super) fn labels(&self) -> String {
        let mut out = String::new();
        for (stream, place) in self.recording.streams.iter().zip(&self.streams) {
            if let Some((top, bottom)) = place {
                let (name, under) = (Markup(stream), bottom - FOOT + 15);
                let _ = writeln!(
                    out,
                    "<text class=\"stream\" x=\"12\" y=\"{}\">{name}</text>\
                     <text class=\"muted end\" x=\"{2}\" y=\"{1}\">sent</text>\
                     <text class=\"muted end\" x=\"{2}\" y=\"{0}\">received</text>",
                    top + 15,
                    under,
                    self.labels_width() - 8,
                );
            }
        }
        for (lane, row) in self.recording.lanes.iter().zip(&self.rows) {
            let name = Markup(&lane.name);
            let _ = writeln!(out, "<text x=\"12\" y=\"{}\">{name}</text>", row + ROW / 2 + 4);
        }
        out
    }

    /// Returns the events.
    pub(super) fn timeline(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.draw(&mut out);
        out
    }

    fn draw(&self, out: &mut String) -> fmt::Result {
        for row in &self.rows {
            writeln!(
                out,
                "<rect class=\"row\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                row + 1,
                self.width,
                ROW - 2
            )?;
        }
        for (at, event) in self.drawn().enumerate() {
            let words = self.recording.words(&event.what);
            let lane = Markup(&self.recording.lanes[event.lane].name);
            write!(out, "<g class=\"event\" data-event=\"{at}\"><title>{lane} {}", Markup(words))?;
            if !event.payload.is_empty() {
                write!(out, ": {}", Markup(event.payload.escape_ascii()))?;
            }
            write!(out, "</title>")?;
            self.event(out, at, event)?;
            writeln!(out, "</g>")?;
        }
        if self.recording.events.len() > DRAWN {
            let more = self.recording.events.len() - DRAWN;
            let (x, y) = (self.width - 150, HEAD + ROW / 2);
            writeln!(out, "<text class=\"muted\" x=\"{x}\" y=\"{y}\">{more} more events</text>")?;
        }
        Ok(())
    }

    fn drawn(&self) -> impl Iterator<Item = &'a Event> {
        self.recording.events.iter().take(DRAWN)
    }

    /// Draws one event.
    fn event(&self, out: &mut String, at: usize, event: &Event) -> fmt::Result {
        let ((x, width), row) = (self.columns[at], self.rows[event.lane]);
        let stream = self.streams[self.recording.lanes[event.lane].stream];
        let (top, bottom) = stream.unwrap_or_default();
        let middle = x + width / 2;
        match &event.what {
            What::Took { bytes, made } => {
                let class = if *made == Made::Nothing { "took kept" } else { "took" };
                bar(out, class, (x, row + 5), width, &length(bytes))?;
                offset(out, x, top + 15, bytes.start)?;
                mark(out, x, top + 19, row + 5)
            }
            What::Queued { bytes, .. } => {
                let y = row + ROW - BAR - 5;
                bar(out, "queued", (x, y), width, &length(bytes))?;
                offset(out, x, bottom - FOOT + 15, bytes.start)?;
                mark(out, x, y + BAR, bottom - FOOT + 4)
            }
            What::Needs { need, .. } => {
                bar(out, "needs", (x, row + 5), width, &format!("+{}", need.at_least))
            }
            What::Followed { from, at: offset, carried } => {
                self.carried(out, at, event.lane, (*offset, *carried))?;
                let (start, end) = (self.rows[*from] + ROW / 2, row + ROW / 2);
                let (tip, neck) = if end > start { (end, end - 7) } else { (end, end + 7) };
                write!(
                    out,
                    "<path class=\"over\" d=\"M{middle} {start}V{neck}\"/>\
                     <path class=\"tip\" d=\"M{} {neck}H{}L{middle} {tip}Z\"/>",
                    middle - 5,
                    middle + 5
                )?;
                let y = start.midpoint(end) + 4;
                write!(
                    out,
                    "<text class=\"crossed\" x=\"{}\" y=\"{y}\">{carried}</text>",
                    middle + 6
                )
            }
            What::Done { .. } => {
                write!(out, "<path class=\"done\" d=\"M{middle} {}V{}\"/>", row + 5, row + 5 + BAR)
            }
            What::Failed { .. } => bar(out, "failed", (x, row + 5), width, "!"),
        }
    }

    /// Draws a line over the columns of the bytes that crossed over to a lane: those that it, and
    /// the part that follows it, took of the `carried` bytes from `from` on.
    fn carried(
        &self,
        out: &mut String,
        at: usize,
        lane: usize,
        (from, carried): (u64, u64),
    ) -> fmt::Result {
        let stream = self.recording.lanes[lane].stream;
        let end = from.saturating_add(carried);
        let mut edges: Option<(u64, u64)> = None;
        for (column, event) in self.drawn().enumerate().skip(at) {
            let What::Took { bytes, .. } = &event.what else { continue };
            if self.recording.lanes[event.lane].stream != stream || bytes.start >= end {
                continue;
            }
            let (x, width) = self.columns[column];
            let part = match bytes.end - bytes.start {
                0 => 0,
                length => width.min((end - bytes.start).saturating_mul(width) / length),
            };
            edges = Some((edges.map_or(x, |(start, _)| start), x + part));
        }
        let (Some((start, stop)), Some((top, _))) = (edges, self.streams[stream]) else {
            return Ok(());
        };
        let y = top + 24;
        write!(out, "<path class=\"carried\" d=\"M{start} {}V{y}H{stop}V{}\"/>", y + 4, y + 4)
    }
}

/// Returns what the colours mean, as one line.
pub(super) fn legend() -> String {
    let mut out = String::new();
    let mut x = 0;
    let mut entry = |class: &str, text: &str| {
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"9\" width=\"14\" height=\"14\" rx=\"2\"/>\
             <text class=\"muted\" x=\"{}\" y=\"20\">{text}</text>",
            x + 20
        );
        x += 20 + text.len() as u64 * CHARACTER + 16;
    };
    entry("took", "took and gave on");
    entry("took kept", "took and kept");
    entry("queued", "queued");
    entry("needs", "needs more");
    entry("tip", "follows, bytes crossed");
    out
}

/// Returns how wide an event is drawn.
fn width_of(what: &What) -> u64 {
    let digits = |number: u64| u64::from(number.checked_ilog10().unwrap_or(0)) + 1;
    match what {
        What::Took { bytes, .. } | What::Queued { bytes, .. } => {
            let bits = u64::from(u64::BITS - (bytes.end - bytes.start).leading_zeros());
            (22 + 8 * bits).max(digits(bytes.start) * CHARACTER + 6)
        }
        What::Needs { need, .. } => digits(need.at_least.get() as u64) * CHARACTER + 16,
        What::Followed { carried, .. } => digits(*carried) * CHARACTER * 2 + 24,
        What::Done { .. } => 12,
        What::Failed { .. } => 20,
    }
}

fn length(bytes: &Range<u64>) -> String {
    (bytes.end - bytes.start).to_string()
}

/// Draws bytes, with their number in them.
fn bar(out: &mut String, class: &str, (x, y): (u64, u64), width: u64, text: &str) -> fmt::Result {
    write!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" rx=\"2\"/>\
         <text class=\"on {class}\" x=\"{}\" y=\"{}\">{text}</text>",
        x + width / 2,
        y + 12
    )
}

/// Writes an offset.
fn offset(out: &mut String, x: u64, y: u64, offset: u64) -> fmt::Result {
    write!(out, "<text class=\"muted\" x=\"{x}\" y=\"{y}\">{offset}</text>")
}

/// Draws a thin line from an offset to its bytes.
fn mark(out: &mut String, x: u64, from: u64, to: u64) -> fmt::Result {
    write!(out, "<path class=\"mark\" d=\"M{x} {from}V{to}\"/>")
}
