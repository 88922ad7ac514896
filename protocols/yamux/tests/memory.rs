//! The memory that sessions and streams hold, by the allocator's count.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "../../../tests/support/counting.rs"]
mod counting;
mod support;

use segue::mux::{Carrier, Event};
use segue_yamux::{Limits, Role, StreamId};
use support::{DATA, End, SYN, WINDOW_UPDATE, data, header, talk};

fn many() -> Limits {
    Limits { streams: 20_000, backlog: 20_000, opened: 20_000, ..Limits::default() }
}

/// Two ends with streams on each of which something went to and fro.
fn warm(count: usize) -> ([End; 2], Vec<StreamId>) {
    let mut ends = [End::with(Role::Client, many()), End::with(Role::Server, many())];
    let [client, server] = &mut ends;
    let ids: Vec<_> = (0..count).map(|_| client.open()).collect();
    for id in &ids {
        client.put(*id, b"there and back");
    }
    talk([client, server]);
    for id in &ids {
        let heard = server.take(*id);
        server.put(*id, &heard);
    }
    talk([client, server]);
    for id in &ids {
        assert_eq!(client.take(*id), b"there and back");
    }
    talk([client, server]);
    for end in &mut ends {
        end.input = segue::Buffer::new();
        end.output = segue::Output::new();
    }
    (ends, ids)
}

#[test]
fn an_idle_stream_holds_at_most_128_bytes() {
    for count in [500, 790, 1000, 1600, 5000, 12_400] {
        let before = counting::held();
        let (ends, ids) = warm(count);
        let held = counting::held() - before - isize::try_from(size_of_val(&ids[..])).unwrap();
        let [client, server] = &ends;
        assert_eq!((client.session.streams(), server.session.streams()), (count, count));
        let each = held / 2 / isize::try_from(count).unwrap();
        assert!(each <= 128, "{each} bytes a stream where there are {count}");
        let own = client.session.held() + server.session.held();
        let own = isize::try_from(own).unwrap();
        assert!((held - own).abs() < held / 20 + 2000, "{own} of {held} are known of");
    }
}

#[test]
fn a_session_without_streams_holds_little() {
    let before = counting::held();
    let ([mut client, mut server], ids) = warm(5000);
    for id in ids {
        client.session.let_go(id);
        server.session.let_go(id);
    }
    talk([&mut client, &mut server]);
    (client.input, client.output) = Default::default();
    (server.input, server.output) = Default::default();
    assert_eq!((client.session.streams(), server.session.streams()), (0, 0));
    let held = counting::held() - before;
    assert!(held < 2 * 12 * 1024, "{held} bytes");
    client.session.release();
    server.session.release();
    let held = counting::held() - before;
    assert_eq!(held, 0);
}

#[test]
fn opening_a_stream_allocates_nothing_once_warm() {
    let ([mut client, mut server], ids) = warm(20);
    for round in 0..10 {
        let before = counting::allocations();
        let id = client.open();
        if round > 2 {
            assert_eq!(counting::allocations(), before);
        }
        client.put(id, b"a word");
        talk([&mut client, &mut server]);
        assert_eq!(server.take(id), b"a word");
        server.session.let_go(id);
        client.session.let_go(id);
        talk([&mut client, &mut server]);
    }
    drop(ids);
}

#[test]
fn nothing_is_allocated_by_announcement() {
    let mut server = End::new(Role::Server);
    server.receive(&data(SYN, 1, b"x"));
    let peak = counting::peak(|| {
        server.receive(&header(DATA, 0, 1, 200_000));
    });
    assert!(peak < 1000, "{peak} bytes");
    server.receive(&[7; 1000]);
    let before = counting::held();
    server.receive(&[7; 1000]);
    assert!(counting::held() - before < 8192);
}

#[test]
fn a_million_writes_of_a_byte_cost_bytes() {
    let mut client = End::new(Role::Client);
    let id = client.open();
    let before = counting::held();
    for _ in 0..1 << 20 {
        client.put(id, b"x");
    }
    let held = counting::held() - before;
    assert!(held < (2 << 20) + 1000, "{held} bytes");
}

#[test]
fn a_million_frames_of_a_byte_cost_bytes() {
    // As many as the window lets through, unread.
    let frame = data(0, 1, b"x");
    let mut server = End::new(Role::Server);
    server.receive(&data(SYN, 1, b""));
    server.receive(&frame);
    let frames = frame.repeat(1000);
    let before = counting::held();
    for _ in 0..262 {
        server.receive(&frames);
    }
    let held = counting::held() - before;
    assert!(held < (512 << 10) + 16_384, "{held} bytes");

    // And a million one after the other, each let go of.
    let mut server = End::new(Role::Server);
    let told = server.receive(&data(SYN, 1, b""));
    let Some(Event::Opened(id)) = told.first().copied() else { panic!("{told:?}") };
    let peak = counting::peak(|| {
        for _ in 0..1000 {
            server.receive(&frames);
            server.take(id);
            assert!(server.said().iter().all(|frame| frame.0 == WINDOW_UPDATE));
        }
    });
    assert!(peak < 64 << 10, "{peak} bytes");
}

#[test]
fn streams_that_are_opened_and_reset_leave_nothing() {
    let limits = Limits { resets: u32::MAX, ..Limits::default() };
    let mut server = End::with(Role::Server, limits);
    let mut round = |id: u32| {
        server.input.extend(&header(WINDOW_UPDATE, SYN, id, 0));
        let told = server.receive(&header(WINDOW_UPDATE, support::RST, id, 0));
        let Some(Event::Opened(id)) = told.first().copied() else { panic!("{told:?}") };
        server.session.let_go(id);
        server.events();
        server.said();
    };
    (0..1000).for_each(|n| round(2 * n + 1));
    let before = counting::held();
    (1000..100_000).for_each(|n| round(2 * n + 1));
    assert_eq!(counting::held(), before);
}
