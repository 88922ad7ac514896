//! Limits on what a session opens and answers.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use std::{io, time::Duration};

use segue::{
    driver::tokio::Connection as OverTokio,
    mux::{Carrier, Direction, Event, Opens},
};
use segue_yamux::{Limits, Role, Session};
use support::{ACK, End, GO_AWAY, PING, SYN, WINDOW_UPDATE, header};
use tokio::io::AsyncWriteExt;

async fn within<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), what).await.expect("it stands still")
}

#[tokio::test]
async fn a_limit_of_no_streams_is_an_error_and_no_wait() {
    for (backlog, opened) in [(0, 1), (1, 0), (0, 0)] {
        let (near, _far) = tokio::io::duplex(5000);
        let session = Session::client().limits(Limits { backlog, opened, ..Limits::default() });
        let (client, driver) = OverTokio::new(near, session).into_streams();
        tokio::spawn(driver);
        let error = within(client.open()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
        client.with(|session| {
            assert_eq!(session.open(Direction::Both), None);
            assert!(!session.opens_later(Direction::Both));
        });
    }
}

#[test]
fn a_session_says_whether_it_will_open_more() {
    let mut client = End::with(Role::Client, Limits { backlog: 1, ..Limits::default() });
    client.open();
    assert_eq!(client.session.open(Direction::Both), None);
    assert!(client.session.opens_later(Direction::Both), "it waits to be accepted");
    client.receive(&header(GO_AWAY, 0, 0, 0));
    assert!(!client.session.opens_later(Direction::Both));
    let mut server = End::new(Role::Server);
    server.session.close(0, "");
    assert!(!server.session.opens_later(Direction::Sending));
}

/// `open` waits at the limit, and goes on when a stream is let go of and sent.
#[tokio::test]
async fn streams_of_this_end_are_bounded() {
    let (near, mut far) = tokio::io::duplex(5000);
    let session = Session::client().limits(Limits { opened: 2, ..Limits::default() });
    let (client, driver) = OverTokio::new(near, session).into_streams();
    tokio::spawn(driver);
    within(async {
        let [one, two] = [client.open().await.unwrap(), client.open().await.unwrap()];
        let waiting = client.clone();
        let third = tokio::spawn(async move { waiting.open().await });
        // Being accepted makes no room.
        for stream in [1, 3] {
            far.write_all(&header(WINDOW_UPDATE, ACK, stream, 0)).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!third.is_finished());
        drop(one);
        let third = third.await.unwrap().unwrap();
        assert_eq!(third.id().value(), 5);
        drop((two, third));
    })
    .await;
}

/// A stream that was let go of counts until what waits on it is sent, as one of the peer's does.
#[test]
fn a_stream_counts_until_it_is_sent() {
    let mut client = End::with(Role::Client, Limits { opened: 1, ..Limits::default() });
    let id = client.open();
    client.put(id, &[7; 300_000]);
    client.session.let_go(id);
    let send_all = |client: &mut End| {
        for _ in 0..40 {
            client.speak();
            client.sent();
        }
    };
    send_all(&mut client);
    assert_eq!(client.session.open(Direction::Both), None, "its window is used up");
    assert_eq!(client.receive(&header(WINDOW_UPDATE, ACK, 1, 100_000)), []);
    send_all(&mut client);
    assert_eq!(client.events(), [Event::May]);
    let id = client.open();

    // A reset stream counts until it is let go of.
    client.session.reset(id, 0);
    assert_eq!(client.session.open(Direction::Both), None);
    client.session.let_go(id);
    assert!(client.events().contains(&Event::May));
    client.open();
}

/// A flood of pings has a bounded answer for each read, and has no more held.
#[test]
fn pings_without_end_are_answered_in_part() {
    let mut server = End::with(Role::Server, Limits { pongs: 3, ..Limits::default() });
    let held = server.session.held();
    for _ in 0..100 {
        let flood: Vec<u8> = (0..1365).flat_map(|value| header(PING, SYN, 0, value)).collect();
        assert_eq!(server.receive(&flood), []);
        let values: Vec<_> = server.said().iter().map(|(_, _, _, value)| *value).collect();
        assert_eq!(values, [1362, 1363, 1364], "the last ones");
        assert!(server.session.held() <= held + 64);
    }
}
