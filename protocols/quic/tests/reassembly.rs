//! Reassembly held against a plain map of bytes, under random segments.

#![expect(
    clippy::cast_possible_truncation,
    reason = "bytes of a pattern, and offsets that are small"
)]

use proptest::{collection::vec, prelude::*};
use segue::Buffer;
use segue_quic::stream::{ConnectionWindow, ReadError, Reassembler, ReceiveStream, StreamError};

/// Bytes of memory that a page takes: 2048 of data, a bit for each, and where its one run is.
const PAGE: usize = 2048 + 256 + 8;

/// The model of a stream: for each offset, the byte that came first.
#[derive(Default)]
struct Map(Vec<Option<u8>>);

impl Map {
    fn write(&mut self, offset: usize, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        self.0.resize(self.0.len().max(offset + data.len()), None);
        for (byte, new) in self.0[offset..].iter_mut().zip(data) {
            byte.get_or_insert(*new);
        }
    }

    fn in_order(&self) -> Vec<u8> {
        self.0.iter().map_while(|byte| *byte).collect()
    }

    fn held(&self) -> usize {
        self.0.iter().flatten().count() - self.in_order().len()
    }
}

/// A segment: where it begins, and its bytes, which are others each time.
fn segments(most: usize, length: usize) -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let segment = (0..most, 0..length, any::<u8>());
    vec(segment, 1..60).prop_map(move |segments| {
        let bytes = |length, first: u8| (0..length).map(|at: usize| first ^ at as u8).collect();
        segments.into_iter().map(|(at, length, first)| (at, bytes(length, first))).collect()
    })
}

/// As a peer sends them that loses some packets: near each other, and not in order.
fn near(segments: Vec<(usize, Vec<u8>)>, step: usize) -> Vec<(usize, Vec<u8>)> {
    let place = |(index, (at, data))| (index * step + at % (4 * step), data);
    segments.into_iter().enumerate().map(place).collect()
}

fn same_as_the_map(segments: &[(usize, Vec<u8>)]) -> Result<(), TestCaseError> {
    let (mut map, mut stream, mut buffer) = (Map::default(), Reassembler::new(), Buffer::new());
    let mut reached = 0;
    for (offset, data) in segments {
        let before = buffer.len() as u64;
        map.write(*offset, data);
        reached = reached.max(offset + data.len());
        let new = stream.write(*offset as u64, data, &mut buffer);
        prop_assert_eq!(buffer.as_slice(), map.in_order());
        prop_assert_eq!(buffer.len() as u64, before + new);
        prop_assert_eq!(stream.position(), buffer.len() as u64);
        prop_assert_eq!(stream.out_of_order(), map.held());
        let window = reached - buffer.len();
        prop_assert!(stream.held() <= (window / 2048 + 3) * PAGE);
        prop_assert!(stream.out_of_order() > 0 || stream.held() <= PAGE);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_segments(segments in segments(20_000, 3000)) {
        same_as_the_map(&segments)?;
    }

    #[test]
    fn small_segments(segments in segments(300, 40)) {
        same_as_the_map(&segments)?;
    }

    #[test]
    fn segments_that_are_near_each_other(segments in segments(1000, 2500), step in 1..1500_usize) {
        same_as_the_map(&near(segments, step))?;
    }

    /// The rules on sizes and limits, by their definition.
    #[test]
    fn rules(
        segments in vec((0..200_u64, 0..60_usize, any::<bool>(), any::<bool>()), 1..30),
        window in 50..250_u64,
        all in 50..250_u64,
    ) {
        let mut connection = ConnectionWindow::new(all);
        let mut stream = ReceiveStream::new(window, &connection);
        let (mut reached, mut size, mut map) = (0, None::<u64>, Map::default());
        for (offset, length, fin, reset) in segments {
            let end = offset + length as u64;
            let wrong_size = match size {
                Some(size) => end > size || ((fin || reset) && end != size),
                None => (fin || reset) && end < reached,
            };
            let before = (stream.unread(), stream.final_size(), (connection.reached(), connection.consumed(), connection.limit()));
            let over = stream.is_whole();
            let data: Vec<u8> = (0..length).map(|at| (offset + at as u64) as u8).collect();
            let given = if reset {
                stream.reset(7, end, &mut connection)
            } else {
                stream.receive(offset, &data, fin, &mut connection)
            };
            match given {
                Err(StreamError::StreamData(_)) => prop_assert!(end > window),
                Err(StreamError::ConnectionData(_)) => prop_assert!(end > all),
                Err(_) => prop_assert!(wrong_size),
                Ok(_) => {
                    prop_assert!(!wrong_size && end <= window && end <= all);
                    reached = reached.max(end);
                    if fin || reset {
                        size = Some(end);
                    }
                    if !reset {
                        map.write(offset as usize, &data);
                    } else if !over {
                        prop_assert_eq!(stream.reset_code(), Some(7));
                        prop_assert_eq!(stream.unread(), 0);
                        return Ok(());
                    }
                }
            }
            if given.is_err() {
                prop_assert_eq!(&before, &(stream.unread(), stream.final_size(), (connection.reached(), connection.consumed(), connection.limit())));
            }
            prop_assert_eq!(connection.reached(), reached);
            prop_assert_eq!(stream.window().reached(), reached);
            let in_order = map.in_order();
            let (buffer, eof) = stream.parts();
            prop_assert_eq!(buffer.as_slice(), &in_order);
            prop_assert_eq!(eof, size == Some(in_order.len() as u64));
        }
    }
}

/// One byte at every other offset, first those in front or first those at the end, and then all
/// that is missing in one segment.
#[test]
fn every_other_byte() {
    const WINDOW: usize = 1 << 20;
    let bytes: Vec<u8> = (0..WINDOW).map(|at| (at * 7 + at / 251) as u8).collect();
    let odd: Vec<usize> = (0..WINDOW).filter(|at| at % 2 == 1).collect();
    for backwards in [false, true] {
        let (mut stream, mut buffer) = (Reassembler::new(), Buffer::new());
        for &at in &odd {
            let at = if backwards { WINDOW - at } else { at };
            stream.write(at as u64, &bytes[at..=at], &mut buffer);
        }
        assert!(buffer.is_empty());
        // A byte and a bit for each byte of the window, and little else.
        assert!(stream.held() <= (WINDOW / 2048 + 2) * PAGE, "{} bytes", stream.held());
        stream.write(0, &bytes, &mut buffer);
        assert_eq!(buffer.as_slice(), bytes);
        assert!(stream.held() <= PAGE);
    }
}

/// A byte costs a page at most, wherever in whatever window it is.
#[test]
fn far_apart() {
    let (mut stream, mut buffer) = (Reassembler::new(), Buffer::new());
    for far in 1..60 {
        stream.write(1 << far, b"x", &mut buffer);
    }
    assert_eq!(stream.out_of_order(), 59);
    assert!(stream.held() <= 59 * PAGE);
    // Data whose offsets cannot be counted is dropped.
    assert_eq!(stream.write(u64::MAX, b"xyz", &mut buffer), 0);
    assert_eq!(stream.out_of_order(), 59);
}

#[test]
fn ends() {
    let mut connection = ConnectionWindow::new(100);
    let mut stream = ReceiveStream::new(100, &connection);
    assert_eq!(stream.receive(3, b"", true, &mut connection), Ok(false));
    assert_eq!(stream.receive(0, b"ab", false, &mut connection), Ok(true));
    assert_eq!(stream.receive(0, b"ab", false, &mut connection), Ok(false));
    assert_eq!(stream.receive(2, b"c", true, &mut connection), Ok(true));
    assert_eq!(stream.receive(3, b"", true, &mut connection), Ok(false));
    assert!(stream.is_whole() && !stream.is_done());
    assert_eq!(stream.reset(9, 3, &mut connection), Ok(false));
    stream.parts().0.consume(3);
    assert_eq!(stream.settle(&mut connection), None);
    assert_eq!((connection.consumed(), stream.is_done()), (3, true));
    stream.release_memory();
    assert_eq!(stream.held(), 0);

    // The end alone is something to read.
    let mut empty = ReceiveStream::new(0, &connection);
    assert_eq!(empty.receive(0, b"", true, &mut connection), Ok(true));
    assert!(empty.is_done());
}

/// A stream that is given up behind what has come is not one that ends there.
#[test]
fn a_reset_is_no_end() {
    for length in [0, 5] {
        let mut connection = ConnectionWindow::new(100);
        let mut stream = ReceiveStream::new(50, &connection);
        stream.receive(0, &[7; 5][..length], false, &mut connection).expect("it is allowed");
        assert_eq!(stream.reset(3, length as u64, &mut connection), Ok(true));
        assert_eq!((stream.reset_code(), stream.unread()), (Some(3), 0));
        let mut lines = segue::separator::line();
        let read = stream.step(&mut lines, &mut segue::Output::new());
        assert!(matches!(read, Err(ReadError::Reset(3))));
    }
}

#[test]
fn what_is_dropped_is_counted() {
    let mut connection = ConnectionWindow::new(100);
    let mut stopped = ReceiveStream::new(50, &connection);
    assert_eq!(stopped.receive(10, &[7; 10], false, &mut connection), Ok(false));
    stopped.stop(4);
    assert_eq!((stopped.held(), stopped.settle(&mut connection)), (0, None));
    assert_eq!((connection.reached(), connection.consumed()), (20, 20));
    assert_eq!(stopped.receive(30, &[7; 10], true, &mut connection), Ok(false));
    assert!(stopped.is_done());
    assert_eq!(stopped.settle(&mut connection), None);
    assert_eq!((connection.reached(), connection.consumed(), stopped.held()), (40, 40, 0));

    let mut reset = ReceiveStream::new(50, &connection);
    assert_eq!(reset.receive(0, &[7; 10], false, &mut connection), Ok(true));
    assert_eq!(reset.reset(3, 40, &mut connection), Ok(true));
    assert_eq!(reset.reset(3, 40, &mut connection), Ok(false));
    assert_eq!((reset.held(), reset.settle(&mut connection)), (0, None));
    assert_eq!((connection.reached(), connection.consumed()), (80, 80));
    // A reset, too, keeps to the limits.
    let mut third = ReceiveStream::new(50, &connection);
    let (stream, all) = (third.reset(3, 51, &mut connection), third.reset(3, 21, &mut connection));
    assert!(matches!(stream, Err(StreamError::StreamData(_))), "{stream:?}");
    assert!(matches!(all, Err(StreamError::ConnectionData(_))), "{all:?}");
}

#[test]
fn errors_tell_what_to_answer() {
    let mut connection = ConnectionWindow::new(u64::MAX);
    let mut stream = ReceiveStream::new(u64::MAX, &connection);
    let end = (1 << 62) - 1;
    stream.receive(end - 1, b"x", false, &mut connection).expect("the last byte there can be");
    let told = |error: StreamError| (error.code().name().unwrap_or(""), error.to_string());
    let error = stream.receive(end, b"x", false, &mut connection).unwrap_err();
    assert_eq!(
        told(error),
        (
            "FRAME_ENCODING_ERROR",
            format!(
                "the data of a frame ends beyond 2^62 - 1: 1 bytes at {end} \
         (RFC 9000 §19.8; FRAME_ENCODING_ERROR)"
            )
        )
    );
    let error = stream.receive(7, b"x", true, &mut connection).unwrap_err();
    assert_eq!(
        told(error),
        (
            "FINAL_SIZE_ERROR",
            format!(
                "a stream ends before data that had come: at 8 where {end} had come \
         (RFC 9000 §4.5; FINAL_SIZE_ERROR)"
            )
        )
    );
    let closed = segue_quic::TransportError::from(error);
    assert_eq!((closed.code, closed.section), (error.code(), "RFC 9000 §4.5"));
}

/// RFC 9000 §4.1, §4.5: what nobody reads any more gives its credit of the connection back, whoever
/// forgets to ask.
#[test]
fn streams_that_are_over_settle_with_their_connection() {
    let mut connection = ConnectionWindow::new(100);
    let mut open = || {
        let mut stream = ReceiveStream::new(80, &connection);
        let before = (connection.reached(), connection.consumed());
        stream.receive(10, &[7; 10], false, &mut connection).expect("it is allowed");
        assert_eq!((connection.reached(), connection.consumed()), (before.0 + 20, before.1));
        stream
    };
    let (dropped, mut reset, mut stopped, mut finished) = (open(), open(), open(), open());
    drop(dropped);
    assert_eq!(connection.consumed(), 20);
    assert_eq!(reset.reset(3, 25, &mut connection), Ok(true));
    assert_eq!((connection.reached(), connection.consumed()), (85, 45));
    stopped.stop(4);
    assert_eq!(connection.consumed(), 65);
    // What comes later is settled, too.
    assert_eq!(stopped.receive(20, &[7; 5], false, &mut connection), Ok(false));
    assert_eq!((connection.reached(), connection.consumed()), (90, 70));
    // One that was read to its end, and whose reader told nobody.
    assert_eq!(finished.receive(0, &[7; 10], false, &mut connection), Ok(true));
    assert_eq!(finished.receive(20, b"", true, &mut connection), Ok(true));
    let (buffer, eof) = finished.parts();
    buffer.consume(20);
    assert!(eof && finished.is_done());
    drop(finished);
    drop((reset, stopped));
    assert_eq!((connection.consumed(), connection.announce()), (90, Some(190)));
}

/// RFC 9000 §3.5: STOP_SENDING carries a code, is sent again when it was lost, and not at all once
/// the end is known.
#[test]
fn a_stop_is_told_with_its_code() {
    let mut connection = ConnectionWindow::new(100);
    let mut stream = ReceiveStream::new(80, &connection);
    assert_eq!(stream.next_stop(), None);
    stream.stop(4);
    stream.stop(5);
    assert_eq!((stream.next_stop(), stream.next_stop()), (Some(4), None));
    stream.stop_lost();
    assert_eq!(stream.next_stop(), Some(4));
    stream.stop_lost();
    stream.receive(0, b"end", true, &mut connection).expect("it is allowed");
    assert_eq!(stream.next_stop(), None);
    stream.stop_lost();
    assert_eq!(stream.next_stop(), None);
}
