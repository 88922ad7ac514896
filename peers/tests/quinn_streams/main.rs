//! The streams of quinn-proto's connections as a carrier: two endpoints in memory.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod pair;
mod stages;

use pair::{Configs, Pair, Setting};
use quinn_proto::StreamId;
use segue::{
    laws,
    mux::{Carrier, Datagrams, Direction, Ended, Ending, Event, Opens},
};
use segue_quic::quinn::{Limits, Streams};

/// With windows that are larger than outputs: streams that the law resets are not over by then.
fn wide() -> Setting {
    let limits = Limits { window: 128 * 1024, ..Limits::default() };
    Setting { limits, ..Setting::default() }
}

/// All events there are.
fn events(streams: &mut Streams) -> Vec<Event<StreamId>> {
    std::iter::from_fn(|| streams.next_event()).collect()
}

fn put(streams: &mut Streams, id: StreamId, bytes: &[u8]) {
    streams.stream(id).unwrap().output.unwrap().put(bytes);
}

/// Takes what came, and lets go of it.
fn read(streams: &mut Streams, id: StreamId) -> Vec<u8> {
    let input = streams.stream(id).unwrap().input.unwrap();
    let bytes = input.take(input.len()).to_vec();
    streams.release_credit(id, bytes.len());
    bytes
}

/// A stream that the client has opened, as the server has it.
fn opened(pair: &mut Pair, direction: Direction, bytes: &[u8]) -> StreamId {
    let id = pair.end(0).open(direction).unwrap();
    put(pair.end(0), id, bytes);
    pair.settle();
    assert_eq!(events(pair.end(1)), [Event::Opened(id), Event::Readable(id)]);
    assert_eq!(events(pair.end(0)), [Event::Sent(id, bytes.len())]);
    id
}

#[test]
fn the_law_of_carriers_holds() {
    laws::linked(|| Pair::new(&wide())).window(128 * 1024).check();
}

#[test]
fn it_holds_on_a_lossy_path() {
    let lossy = || {
        let mut pair = Pair::new(&wide());
        pair.loss = Some(23);
        pair
    };
    laws::linked(lossy).window(128 * 1024).check();
}

#[test]
fn streams_go_both_ways_and_end() {
    let mut pair = Pair::new(&Setting::default());
    let id = opened(&mut pair, Direction::Both, b"hello");
    assert_eq!(read(pair.end(1), id), b"hello");
    put(pair.end(1), id, b"hi");
    pair.end(1).finish(id);
    pair.end(0).finish(id);
    pair.settle();
    assert_eq!(read(pair.end(0), id), b"hi");
    for side in 0..2 {
        let stream = pair.end(side).stream(id).unwrap();
        assert_eq!(stream.ending, Ending::Ended);
        assert!(stream.output.is_none());
        events(pair.end(side));
        pair.end(side).let_go(id);
        assert!(pair.end(side).stream(id).is_none());
        assert_eq!(events(pair.end(side)), [Event::Released(id)]);
        assert!(pair.end(side).is_empty());
    }
}

#[test]
fn one_sided_streams_have_one_side() {
    let mut pair = Pair::new(&Setting::default());
    let id = opened(&mut pair, Direction::Sending, b"hello");
    assert!(pair.end(0).stream(id).unwrap().input.is_none());
    assert!(pair.end(1).stream(id).unwrap().output.is_none());
    assert_eq!(read(pair.end(1), id), b"hello");
    // A stream that does not exist can be neither ended nor reset.
    pair.end(1).finish(id);
    pair.end(1).prioritise(id, segue::mux::Priority::default());
    pair.end(0).let_go(id);
    pair.settle();
    assert_eq!(events(pair.end(0)), [Event::Released(id)]);
    assert_eq!(events(pair.end(1)), [Event::Readable(id)]);
    pair.end(1).let_go(id);
    assert_eq!(events(pair.end(1)), [Event::Released(id)]);
}

#[test]
fn resets_and_stops_carry_their_codes() {
    for (direction, by) in [(Direction::Both, 0), (Direction::Both, 1), (Direction::Sending, 0)] {
        let mut pair = Pair::new(&Setting::default());
        let id = opened(&mut pair, direction, b"hello");
        pair.end(by).reset(id, 7);
        pair.settle();
        let expected = [Event::Readable(id), Event::Reset(id, 7), Event::Stopped(id, 7)];
        let told = if direction == Direction::Both { &expected[..] } else { &expected[..2] };
        assert_eq!(events(pair.end(1 - by)), told);
        let stream = pair.end(1 - by).stream(id).unwrap();
        assert_eq!(stream.ending, Ending::Reset(7));
        assert!(stream.output.is_none());
        assert_eq!(events(pair.end(by)), []);
        for side in 0..2 {
            pair.end(side).let_go(id);
            assert_eq!(events(pair.end(side)), [Event::Released(id)]);
        }
        // Nothing is left of the stream, so others can be opened without end.
        pair.settle();
        assert_eq!(pair.end(1).connection_mut().streams().remote_open_streams(id.dir()), 0);
    }
}

#[test]
fn a_stop_ends_one_side_alone() {
    for direction in [Direction::Both, Direction::Sending] {
        let mut pair = Pair::new(&Setting::default());
        let id = opened(&mut pair, direction, b"hello");
        assert!(pair.end(1).stop(id, 9));
        pair.settle();
        assert_eq!(events(pair.end(0)), [Event::Stopped(id, 9)]);
        assert!(pair.end(0).stream(id).unwrap().output.is_none());
        if direction == Direction::Both {
            put(pair.end(1), id, b"but listen");
            pair.end(1).finish(id);
            pair.settle();
            assert_eq!(read(pair.end(0), id), b"but listen");
            assert_eq!(pair.end(0).stream(id).unwrap().ending, Ending::Ended);
        }
    }
}

#[test]
fn a_stream_that_was_stopped_before_it_was_taken_says_so() {
    let limits = Limits { streams: 1, ..Limits::default() };
    let mut pair = Pair::new(&Setting { limits, ..Setting::default() });
    let first = opened(&mut pair, Direction::Both, b"1");
    let second = pair.end(0).open(Direction::Both).unwrap();
    put(pair.end(0), second, b"2");
    pair.settle();
    pair.end(0).stop(second, 3);
    pair.settle();
    // It waits in the connection until another is let go of.
    assert_eq!(events(pair.end(1)), []);
    pair.end(1).let_go(first);
    let told = events(pair.end(1));
    for event in [Event::Opened(second), Event::Readable(second), Event::Stopped(second, 3)] {
        assert!(told.contains(&event), "{event:?} is not in {told:?}");
    }
    assert_eq!(read(pair.end(1), second), b"2");
}

#[test]
fn streams_can_be_opened_again_when_others_are_let_go_of() {
    let mut pair = Pair::new(&Setting { streams: 2, ..Setting::default() });
    let ids = [(); 2].map(|()| opened(&mut pair, Direction::Both, b"x"));
    assert_eq!(pair.end(0).open(Direction::Both), None);
    for side in [0, 1] {
        pair.end(side).let_go(ids[0]);
    }
    pair.settle();
    let told = events(pair.end(0));
    assert!(told.contains(&Event::May) && told.contains(&Event::Released(ids[0])), "{told:?}");
    assert!(pair.end(0).open(Direction::Both).is_some());
}

/// RFC 9000 §3.1, §3.2: the sides of a stream end each by itself.
#[test]
fn one_side_is_reset_and_the_other_goes_on() {
    let mut pair = Pair::new(&Setting::default());
    let id = opened(&mut pair, Direction::Both, b"half a request");
    pair.end(0).reset_sending(id, 7);
    assert!(pair.end(0).stream(id).unwrap().output.is_none());
    pair.settle();
    let told = events(pair.end(1));
    assert!(told.contains(&Event::Reset(id, 7)), "{told:?}");
    put(pair.end(1), id, b"no");
    pair.end(1).finish(id);
    pair.settle();
    assert_eq!(read(pair.end(0), id), b"no");
    assert_eq!(pair.end(0).stream(id).unwrap().ending, Ending::Ended);
}

#[test]
fn what_nobody_reads_is_bounded() {
    let mut pair = Pair::new(&Setting::default());
    let id = pair.end(0).open(Direction::Sending).unwrap();
    let mut written = 0;
    for _ in 0..100 {
        let output = pair.end(0).stream(id).unwrap().output.unwrap();
        while output.has_room() {
            output.put(&[7; 4096]);
            written += 4096;
        }
        pair.settle();
        events(pair.end(0));
        events(pair.end(1));
    }
    // The window here, the one of the connection, and the output.
    assert!(written <= 3 * 64 * 1024 + 2 * 4096, "{written} bytes were taken");
    let held = pair.end(1).stream(id).unwrap().input.unwrap().len();
    assert_eq!(held, 64 * 1024);
}

#[test]
fn datagrams_go_both_ways() {
    let mut pair = Pair::new(&Setting::default());
    for side in 0..2 {
        let room = pair.end(side).datagram_room();
        assert!(room > 1000, "{room} bytes");
        assert!(pair.end(side).put_datagram(&[b"to ", b"the ", b"other"]));
        assert!(pair.end(side).put_datagram(&[&vec![1; room]]));
        assert!(!pair.end(side).put_datagram(&[&vec![1; room], b"."]));
        pair.settle();
        assert_eq!(pair.end(1 - side).datagram().unwrap(), "to the other");
        assert_eq!(pair.end(1 - side).datagram().unwrap().len(), room);
        assert_eq!(pair.end(1 - side).datagram(), None);
    }
}

#[test]
fn a_close_tells_its_code_behind_what_came() {
    let mut pair = Pair::new(&Setting::default());
    let id = opened(&mut pair, Direction::Both, b"hello");
    pair.end(0).close(42, "enough");
    assert_eq!(pair.end(0).open(Direction::Both), None);
    let stream = pair.end(0).stream(id).unwrap();
    assert_eq!((stream.ending, stream.output.is_none()), (Ending::Reset(42), true));
    assert!(!pair.end(0).put_datagram(&[b"no more"]));
    pair.settle();
    assert_eq!(events(pair.end(1)), [Event::Readable(id), Event::Reset(id, 42), Event::Away(42)]);
    assert_eq!(pair.end(1).lost().unwrap().to_string(), "closed by peer: enough (code 42)");
    assert_eq!(pair.end(1).ended(), Some(Ended { code: 42, streams: 1 }));
    assert_eq!(pair.end(0).ended(), None, "it was this end");
    assert_eq!(read(pair.end(1), id), b"hello");
    for side in 0..2 {
        pair.end(side).let_go(id);
        assert_eq!(events(pair.end(side)), [Event::Released(id)]);
    }
}

#[test]
fn all_that_came_before_a_close_is_read() {
    let mut pair = Pair::new(&Setting::default());
    let id = pair.end(0).open(Direction::Sending).unwrap();
    put(pair.end(0), id, &vec![7; 100_000]);
    pair.end(0).let_go(id);
    pair.settle();
    assert_eq!(events(pair.end(0)), [Event::Released(id)]);
    pair.end(0).close(0, "");
    pair.settle();
    let (mut all, mut told) = (0, events(pair.end(1)));
    loop {
        let bytes = read(pair.end(1), id);
        all += bytes.len();
        told.extend(events(pair.end(1)));
        if bytes.is_empty() {
            break;
        }
    }
    assert_eq!((all, pair.end(1).stream(id).unwrap().ending), (100_000, Ending::Ended));
    assert!(told.contains(&Event::Away(0)) && !told.contains(&Event::Reset(id, 0)), "{told:?}");
}

#[test]
fn new_streams_are_refused_once_this_end_is_away() {
    let mut pair = Pair::new(&Setting::default());
    let before = opened(&mut pair, Direction::Both, b"hello");
    pair.end(1).away(5);
    for direction in [Direction::Both, Direction::Sending] {
        let id = pair.end(0).open(direction).unwrap();
        put(pair.end(0), id, b"?");
        pair.settle();
        assert_eq!(events(pair.end(1)), []);
        let told = events(pair.end(0));
        assert!(told.contains(&Event::Stopped(id, 5)), "{told:?}");
        assert_eq!(told.contains(&Event::Reset(id, 5)), direction == Direction::Both);
    }
    put(pair.end(1), before, b"still here");
    pair.settle();
    assert_eq!(read(pair.end(0), before), b"still here");
}

/// The first connection is for a ticket; the second has early data on one stream, if the server takes
/// it, and another stream later.
fn with_early_data(is_taken: bool) -> (Pair, StreamId) {
    let setting = Setting::default();
    let configs = Configs::new(&setting);
    let (server, client) = (configs.server(), configs.client());
    Pair::connect(&server, &client, setting.limits, |_| {});
    // Another server of the same name knows nothing of the first one's tickets.
    let server = if is_taken { server } else { configs.server() };
    let mut early = None;
    let pair = Pair::connect(&server, &client, setting.limits, |streams| {
        let id = streams.open(Direction::Both).unwrap();
        put(streams, id, b"early");
        early = Some(id);
    });
    (pair, early.unwrap())
}

#[test]
fn early_data_is_known_as_such() {
    let (mut pair, early) = with_early_data(true);
    assert_eq!(events(pair.end(1)), [Event::Opened(early), Event::Readable(early)]);
    assert_eq!(read(pair.end(1), early), b"early");
    events(pair.end(0));
    let late = opened(&mut pair, Direction::Both, b"late");
    assert!(pair.end(1).is_early(early) && !pair.end(1).is_early(late));
    assert!(!pair.end(0).is_early(early));
}

#[test]
fn streams_of_early_data_that_was_not_taken_are_released() {
    let (mut pair, early) = with_early_data(false);
    assert_eq!(events(pair.end(1)), []);
    assert_eq!(events(pair.end(0)), [Event::Released(early)]);
    assert!(pair.end(0).is_empty());
    // Its id is used again.
    let id = opened(&mut pair, Direction::Both, b"once more");
    assert_eq!((id, read(pair.end(1), id)), (early, b"once more".to_vec()));
}
