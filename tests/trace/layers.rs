//! A layer has a lane on the stream below it, and makes another stream.

use segue::{
    Buffer, DecodeExt, Exchange, Fault, Inlet, Layer, Need, Output, Progress, Ready, Record, Step,
    combine::Paired,
    driver::sync::Connection,
    length,
    trace::{Made, Recorder, What, Why},
};
use std::io::{self, Cursor, Read, Write};

use crate::protocol::assert_cover;

/// Reads what was made before, and keeps what is written.
struct Io(Cursor<Vec<u8>>, Vec<u8>);

impl Read for Io {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // In pieces that end nowhere in particular.
        let most = into.len().min(7);
        self.0.read(&mut into[..most])
    }
}

impl Write for Io {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Chunks of up to 10 bytes behind their length; an empty one is the end.
fn chunks() -> impl Layer<Error: std::error::Error + Send + Sync + 'static> {
    let chunks = length::u8().through(|chunk| chunk == [0]);
    Paired::new(chunks, length::u8(), 10).ending(|wire| wire.put(&[0]))
}

#[test]
fn ranges_cover_the_stream_below_and_the_one_above() {
    // Three records, in chunks.
    let (mut plain, mut wire) = (Output::new(), Output::new());
    let items: [&[u8]; 3] = [b"a record", b"another one, which is longer", b""];
    for item in items {
        plain.try_encode(&mut length::u16_be(), item).unwrap();
    }
    let plain_length = plain.len() as u64;
    let mut sealing = chunks();
    while !plain.is_empty() {
        sealing.seal(&mut plain, &mut wire).ok().unwrap();
    }
    sealing.close(&mut wire);
    let wire = wire.to_vec();
    let wire_length = wire.len() as u64;

    let recorder = Recorder::new();
    let (below, above) = (recorder.on("below"), recorder.on("above"));
    let connection = Connection::new(Io(Cursor::new(wire), Vec::new()), ());
    let connection = connection.layered(below.trace("chunks", chunks()));
    let mut connection = connection.begin(above.trace("records", length::u16_be()));
    let mut writer = above.trace("writer", length::u16_be());
    let mut count = 0;
    while let Some(turn) = connection.turn().unwrap() {
        assert_eq!(turn.item, items[count]);
        let mut output = turn.output;
        output.queue(&mut writer, items[count]).unwrap();
        count += 1;
    }
    assert_eq!(count, 3);
    connection.flush().unwrap();

    let recording = recorder.recording();
    assert_cover(recording.received("below"), wire_length);
    assert_cover(recording.received("above"), plain_length);
    assert_cover(recording.sent("above"), plain_length);
    let chunks = recording.lane("below", "chunks").unwrap();
    assert_eq!((chunks.opened, chunks.sealed), (plain_length, plain_length));
    assert_cover(recording.sent("below"), chunks.queued);
    // Each chunk is a byte longer than what is in it, but for the end, of which nothing is made.
    for event in &recording.events {
        match &event.what {
            What::Took { bytes, made: Made::Plain(plain) } => {
                let length = bytes.end - bytes.start;
                assert_eq!(length, *plain as u64 + 1);
            }
            What::Queued { bytes, why: Why::Sealed(plain) } => {
                let records = (*plain as u64).div_ceil(10);
                assert_eq!(bytes.end - bytes.start, *plain as u64 + records);
            }
            _ => {}
        }
    }
}

#[test]
fn a_stage_inside_of_another_has_a_stream_of_its_own() {
    let recorder = Recorder::new();
    let inside = recorder.on("inside").trace("lines", segue::separator::line().max(64));
    let outside = length::u8().nested(inside);
    let mut inlet = Inlet::new(recorder.on("outside").trace("frames", outside));
    inlet.extend(b"\x04one\n\x03thr\x03ee\n");
    inlet.end();
    let mut lines = 0;
    while let Ready::Record = inlet.ready(&mut Output::new()).unwrap() {
        inlet.take().unwrap().unwrap();
        lines += 1;
    }
    assert_eq!(lines, 2);
    let recording = recorder.recording();
    assert_eq!(recording.received("inside").collect::<Vec<_>>(), [0..4, 4..10]);
    // Items of the inner stage are records of no bytes outside.
    let outside: Vec<_> = recording.received("outside").filter(|range| !range.is_empty()).collect();
    assert_eq!(outside, [0..5, 5..9, 9..13]);
}

/// Sends a word, and has one.
struct Word;

impl Exchange for Word {
    type Output = ();
    type Error = std::convert::Infallible;

    fn advance(
        &mut self,
        input: &mut Buffer,
        _: bool,
        output: &mut Output,
    ) -> Result<Progress<()>, Fault<Self::Error>> {
        if input.is_empty() {
            return Ok(Progress::NeedRead(Need::ONE));
        }
        input.consume(1);
        output.put(b"hi");
        Ok(Progress::Done(()))
    }
}

#[test]
fn a_layer_goes_on_where_the_handshake_has_stopped() {
    let recorder = Recorder::new();
    let wire = b"!\x06\x00\x04good".to_vec();
    let mut connection = Connection::new(Io(Cursor::new(wire), Vec::new()), ());
    connection.exchange(&mut recorder.trace("word", Word)).unwrap();
    let connection = connection.layered(recorder.trace("chunks", chunks()));
    let above = recorder.on("above");
    let mut connection = connection.begin(above.trace("records", length::u16_be()));
    connection.queue(&mut length::u16_be(), "well").unwrap();
    connection.flush().unwrap();
    assert_eq!(connection.turn().unwrap().unwrap().item, b"good");
    let recording = recorder.recording();
    assert_eq!(recording.received("stream").collect::<Vec<_>>(), [0..1, 1..8]);
    assert_eq!(recording.sent("stream").collect::<Vec<_>>(), [0..2, 2..9]);
    assert_cover(recording.received("above"), 6);
}

/// Keeps what it seals until it ends.
#[derive(Default)]
struct Late(Vec<u8>);

impl Layer for Late {
    type Plain<'a> = Record<'a>;
    type Error = std::convert::Infallible;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Step<Record<'a>>, Fault<Self::Error>> {
        let all = wire.len();
        Ok(Step::Item(wire.take(all)))
    }

    fn seal(&mut self, plain: &mut Output, _: &mut Output) -> Result<(), Self::Error> {
        while let Some(bytes) = plain.pop() {
            self.0.extend_from_slice(&bytes);
        }
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        wire.put(&self.0);
    }
}

#[test]
fn what_a_layer_keeps_to_itself_is_sealed_all_the_same() {
    let recorder = Recorder::new();
    let mut late = recorder.trace("late", Late::default());
    let (mut plain, mut wire) = (Output::new(), Output::new());
    plain.put(b"kept");
    late.seal(&mut plain, &mut wire).unwrap();
    late.close(&mut wire);
    let recording = recorder.recording();
    let lane = recording.lane("stream", "late").unwrap();
    assert_eq!((lane.sealed, lane.queued, lane.closing), (4, 4, 4));
    assert_eq!(recording.sent("stream").collect::<Vec<_>>(), [0..0, 0..4]);
}
