//! The behaviour of a session by the clock, where it is told the time; and limits that time or
//! bytes lift.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use std::time::Duration;

use segue::mux::{Carrier, Event};
use segue_yamux::{Error, Limits, Role};
use support::{ACK, End, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, data, frames, header, talk};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sends what is due at a time. Returns the frames, and the time at which the session wants to
/// speak again.
fn at(end: &mut End, second: u64) -> (Vec<(u8, u16, u32, u32)>, Option<u64>) {
    end.now = Some(seconds(second));
    let wake = end.speak();
    (frames(&end.sent()), wake.map(|at| at.as_secs()))
}

#[test]
fn a_silent_peer_is_pinged_and_given_up() {
    let mut client = End::new(Role::Client);
    assert_eq!(at(&mut client, 5), (vec![], Some(35)));
    assert_eq!(at(&mut client, 34), (vec![], Some(35)));
    // Anything that comes is a sign of life.
    client.receive(&header(PING, ACK, 0, 99));
    assert_eq!(at(&mut client, 35), (vec![], Some(65)));
    assert_eq!(at(&mut client, 65), (vec![(PING, SYN, 0, 0)], Some(95)));
    assert_eq!(at(&mut client, 94), (vec![], Some(95)));
    client.now = Some(seconds(95));
    let fault = client.try_speak().unwrap_err();
    assert_eq!(fault.error(), Some(&Error::NoPong));
    assert_eq!(frames(&client.sent()), [(GO_AWAY, 0, 0, 0)]);
    // Asked again it fails again, and says no more.
    assert_eq!(client.try_speak().unwrap_err(), fault);
    assert!(client.output.is_empty());
}

#[test]
fn an_answer_tells_the_round_trip() {
    let mut client = End::new(Role::Client);
    at(&mut client, 0);
    assert_eq!(at(&mut client, 30).0, [(PING, SYN, 0, 0)]);
    // Answers to other pings are none.
    client.receive(&header(PING, ACK, 0, 1));
    client.receive(&header(PING, ACK, 0, 0));
    assert_eq!(at(&mut client, 32), (vec![], Some(62)));
    assert_eq!(client.session.round_trip(), Some(seconds(2)));
    assert_eq!(at(&mut client, 62).0, [(PING, SYN, 0, 1)]);
}

#[test]
fn a_peer_that_sends_something_else_is_there() {
    let mut client = End::new(Role::Client);
    at(&mut client, 0);
    at(&mut client, 30);
    client.receive(&data(SYN, 2, b"busy"));
    at(&mut client, 55);
    assert_eq!(at(&mut client, 60).1, Some(85));
    client.receive(&header(PING, ACK, 0, 0));
    assert_eq!(at(&mut client, 70), (vec![], Some(100)));
}

#[test]
fn who_is_not_told_the_time_pings_when_asked() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    talk([&mut client, &mut server]);
    client.session.ping();
    client.session.ping();
    assert_eq!(client.said(), [(PING, SYN, 0, 0)]);
    client.session.ping();
    assert!(client.said().is_empty(), "one is under way");
    client.receive(&header(PING, ACK, 0, 0));
    client.session.ping();
    assert_eq!(client.said(), [(PING, SYN, 0, 1)]);
    assert_eq!(client.session.round_trip(), None);
}

#[test]
fn without_keep_alive_nothing_is_asked() {
    let limits = Limits { keep_alive: None, ..Limits::default() };
    let mut client = End::with(Role::Client, limits);
    assert_eq!(at(&mut client, 0), (vec![], None));
    assert_eq!(at(&mut client, 1_000_000), (vec![], None));
}

/// A stream that is opened and reset; whether the session bears it.
fn churn(server: &mut End, id: u32) -> bool {
    server.input.extend(&header(WINDOW_UPDATE, SYN, id, 0));
    server.input.extend(&header(WINDOW_UPDATE, RST, id, 0));
    loop {
        match server.try_next() {
            Ok(Some(Event::Opened(id))) => server.session.let_go(id),
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(fault) => {
                assert_eq!(fault.error(), Some(&Error::TooManyResets));
                return false;
            }
        }
    }
}

fn strict() -> End {
    End::with(Role::Server, Limits { resets: 10, keep_alive: None, ..Limits::default() })
}

#[test]
fn resets_are_made_up_for_by_time() {
    let mut server = strict();
    assert!((0..10).all(|n| churn(&mut server, 2 * n + 1)));
    assert!(!churn(&mut server, 21));

    let mut server = strict();
    for n in 0..100 {
        server.now = Some(Duration::from_millis(u64::from(n) * 10));
        server.speak();
        assert!(churn(&mut server, 2 * n + 1), "at {n}");
    }
}

#[test]
fn resets_are_made_up_for_by_bytes() {
    let mut server = strict();
    server.receive(&data(SYN, 1, b""));
    assert!((1..=10).all(|n| churn(&mut server, 2 * n + 1)));
    server.receive(&data(0, 1, &[7; 4096]));
    assert!(churn(&mut server, 23));
    assert!(!churn(&mut server, 25));
}

#[test]
fn resets_are_made_up_for_by_streams_that_end_properly() {
    let mut server = strict();
    let mut id = 1;
    let mut next = || {
        id += 2;
        id
    };
    for _ in 0..100 {
        assert!(churn(&mut server, next()));
        let events = server.receive(&data(SYN | FIN, next(), b"asked"));
        let Some(Event::Opened(id)) = events.first().copied() else { panic!("{events:?}") };
        server.put(id, b"answered");
        server.session.let_go(id);
        server.speak();
    }
    // Half a stream does not: it costs the peer nothing.
    assert!((0..10).all(|_| churn(&mut server, next())));
    server.receive(&data(SYN | FIN, next(), b"asked"));
    assert!(!churn(&mut server, next()));
}

#[test]
fn only_so_many_streams_linger() {
    let limits = Limits { lingering: 2, ..Limits::default() };
    let mut server = End::with(Role::Server, limits);
    let mut resets = Vec::new();
    for n in 0..5 {
        let events = server.receive(&data(SYN, 2 * n + 1, b"and so on"));
        let Some(Event::Opened(id)) = events.first().copied() else { panic!("{events:?}") };
        server.session.let_go(id);
        server.speak();
        resets.extend(server.said().into_iter().filter(|frame| frame.1 & RST != 0));
        resets.extend(frames(&server.sent()));
        server.events();
    }
    let resets: Vec<_> = resets.into_iter().filter(|frame| frame.1 & RST != 0).collect();
    assert_eq!(resets.iter().map(|frame| frame.2).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(server.session.streams(), 2);
}
