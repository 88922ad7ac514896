//! A recording, and the events in it.

use std::{fmt, io, ops::Range, path::Path, time::Duration};

use super::{html, json, svg};
use crate::Need;

/// Everything that a [`Recorder`](super::Recorder) has recorded up to the time at which it was
/// asked.
///
/// Its `Display` is a table. [`save`](Self::save) writes a file of the kind that its name says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Recording {
    /// The names of the streams, in the order in which they were first used.
    pub streams: Vec<String>,
    /// The lanes, in the order in which they were made.
    pub lanes: Vec<Lane>,
    /// The events, in their order.
    pub events: Vec<Event>,
    /// The number of events that are not kept. The sums of the lanes include them.
    pub left_out: u64,
}

/// A wrapped part of a protocol, and the sums of everything that it did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// The index of its stream.
    pub stream: usize,
    /// The number of bytes that it took.
    pub took: u64,
    /// The number of pieces in which it took them.
    pub records: u64,
    /// The number of bytes that it queued.
    pub queued: u64,
    /// The number of plain bytes that a layer has opened.
    pub opened: u64,
    /// The number of plain bytes that a layer has sealed.
    pub sealed: u64,
    /// The number of queued bytes that are the end of a layer.
    pub closing: u64,
    /// The number of times that it needed more.
    pub needs: u64,
    /// The number of faults that it found.
    pub faults: u64,
}

/// Something that happened on a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The index of the lane.
    pub lane: usize,
    /// The time since the recorder was made.
    pub after: Duration,
    /// The kind of event, with its offsets.
    pub what: What,
    /// The first of the bytes that were taken or queued; of a layer, the first that it opened. Empty
    /// unless [asked for](super::Recorder::with_payload).
    pub payload: Box<[u8]>,
}

/// A kind of event. Offsets are in the lane's stream, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The part took these bytes of the incoming stream.
    Took {
        /// Their offsets in the incoming stream.
        bytes: Range<u64>,
        /// Their use.
        made: Made,
    },
    /// The part queued these bytes.
    Queued {
        /// Their offsets in the outgoing stream.
        bytes: Range<u64>,
        /// The reason.
        why: Why,
    },
    /// The part could not go on. Told once until something else is shown to it.
    Needs {
        /// The first byte that was not taken.
        from: u64,
        /// The end of what it was shown.
        end: u64,
        /// The need.
        need: Need,
    },
    /// The part reads the stream from now on, in the place of another.
    Followed {
        /// The index of the other lane.
        from: usize,
        /// The first byte that the other has not taken.
        at: u64,
        /// The number of bytes that had been received by then and crossed over.
        carried: u64,
    },
    /// The part is done.
    Done {
        /// The first byte that it has not taken.
        at: u64,
        /// The number of bytes that were received and are left. `None` for a layer, which does not
        /// tell.
        left: Option<usize>,
    },
    /// The part found a fault.
    Failed {
        /// The offset of the fault.
        at: u64,
        /// The cause of the toolkit, or the type of the part's own error.
        cause: &'static str,
        /// True if the part is dead.
        fatal: bool,
    },
}

/// The use of bytes that were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Made {
    /// An item for the caller.
    Item,
    /// Nothing for the caller: words of a handshake, or what a stage keeps to itself.
    Nothing,
    /// This many bytes for what stands on a layer.
    Plain(usize),
}

/// The reason for queued bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// In answer to what was read.
    Answer,
    /// Without having been asked: [`Decode::speak`](crate::Decode::speak).
    Spoken,
    /// An item of the caller's, encoded.
    Encoded,
    /// This many bytes of what stands on a layer, sealed.
    Sealed(usize),
    /// The end of a layer.
    Closed,
}

impl Recording {
    /// Returns the ranges of the incoming stream of this name that were taken, in order.
    pub fn received(&self, stream: &str) -> impl Iterator<Item = Range<u64>> {
        self.of(stream).filter_map(|event| match &event.what {
            What::Took { bytes, .. } => Some(bytes.clone()),
            _ => None,
        })
    }

    /// Returns the ranges of the outgoing stream of this name that were queued, in order.
    pub fn sent(&self, stream: &str) -> impl Iterator<Item = Range<u64>> {
        self.of(stream).filter_map(|event| match &event.what {
            What::Queued { bytes, .. } => Some(bytes.clone()),
            _ => None,
        })
    }

    /// Returns the lane of this name on the stream of this name.
    #[must_use]
    pub fn lane(&self, stream: &str, name: &str) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.name == name && self.streams[lane.stream] == stream)
    }

    fn of(&self, stream: &str) -> impl Iterator<Item = &Event> {
        let stream = self.streams.iter().position(|other| other == stream);
        self.events.iter().filter(move |event| Some(self.lanes[event.lane].stream) == stream)
    }

    /// Returns the recording as JSON. The chapter "Looking at a protocol" of the book lists its
    /// fields; payload is in hexadecimal digits.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// Returns the recording as an SVG picture: the bytes from left to right in the order in which
    /// they passed, and a row for each lane. It is readable on light and dark ground and has no
    /// times, so that the same bytes give the same picture.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::picture(self)
    }

    /// Returns the recording as an HTML page that needs no other file: the picture, the sums, and
    /// all events.
    #[must_use]
    pub fn to_html(&self, title: &str) -> String {
        html::page(self, title)
    }

    /// Writes the recording to a file: a page for `.html`, else JSON for `.json`, the picture for
    /// `.svg`, and the table for any other name. `-` prints the table.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let text = match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.as_os_str() == "-" => {
                return io::Write::write_all(&mut io::stdout().lock(), self.to_string().as_bytes());
            }
            Some("html") => self.to_html(&path.file_stem().unwrap_or_default().to_string_lossy()),
            Some("json") => self.to_json(),
            Some("svg") => self.to_svg(),
            _ => self.to_string(),
        };
        std::fs::write(path, text)
    }

    /// Returns the words for an event, without its lane.
    pub(super) fn words<'a>(&'a self, what: &'a What) -> impl fmt::Display + use<'a> {
        let from = match what {
            What::Followed { from, .. } => self.lanes[*from].name.as_str(),
            _ => "",
        };
        Words { what, from }
    }
}

impl Lane {
    /// Adds an event to the sums.
    pub(super) fn count(&mut self, what: &What) {
        match what {
            What::Took { bytes, made } => {
                self.took += bytes.end - bytes.start;
                self.records += 1;
                if let Made::Plain(plain) = made {
                    self.opened += *plain as u64;
                }
            }
            What::Queued { bytes, why } => {
                self.queued += bytes.end - bytes.start;
                match why {
                    Why::Sealed(plain) => self.sealed += *plain as u64,
                    Why::Closed => self.closing += bytes.end - bytes.start,
                    Why::Answer | Why::Spoken | Why::Encoded => {}
                }
            }
            What::Needs { .. } => self.needs += 1,
            What::Failed { .. } => self.faults += 1,
            What::Followed { .. } | What::Done { .. } => {}
        }
    }
}

/// An event in words.
struct Words<'a> {
    what: &'a What,
    /// The name of the lane that it follows.
    from: &'a str,
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Took { bytes, made } => {
                write!(f, "took {}", Bytes(bytes))?;
                match made {
                    Made::Item => f.write_str(", an item"),
                    Made::Nothing => Ok(()),
                    Made::Plain(plain) => write!(f, ", opened {}", Count(*plain as u64)),
                }
            }
            What::Queued { bytes, why } => {
                write!(f, "queued {}", Bytes(bytes))?;
                match why {
                    Why::Answer => f.write_str(", an answer"),
                    Why::Spoken => f.write_str(", unasked"),
                    Why::Encoded => f.write_str(", an item"),
                    Why::Sealed(plain) => write!(f, ", sealed {}", Count(*plain as u64)),
                    Why::Closed => f.write_str(", its end"),
                }
            }
            What::Needs { from, end, need } => {
                write!(f, "needs {} or more behind {end}", Count(need.at_least.get() as u64))?;
                match end - from {
                    0 => Ok(()),
                    held => write!(f, ", has {}", Count(held)),
                }
            }
            What::Followed { at, carried, .. } => {
                write!(f, "follows {} at {at}, {} crossed", self.from, Count(*carried))
            }
            What::Done { at, left: Some(left) } => {
                write!(f, "is done at {at}, {} left", Count(*left as u64))
            }
            What::Done { at, left: None } => write!(f, "is done at {at}"),
            What::Failed { at, cause, fatal } => {
                let kind = if *fatal { "failed" } else { "refused a record" };
                write!(f, "{kind} at {at}: {cause}")
            }
        }
    }
}

/// A range with its length.
struct Bytes<'a>(&'a Range<u64>);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.0;
        write!(f, "{start}..{end} ({})", Count(end - start))
    }
}

/// A number of bytes.
struct Count(u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            count => write!(f, "{count} bytes"),
        }
    }
}
