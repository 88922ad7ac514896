//! The end of a session by its peer, as it is told to the stage, to the driver, and to each stream.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use std::{error::Error as _, io, time::Duration};

use segue::{
    Cause, Decode, Fault, Framing, Need,
    driver::{
        self, Connection, Options,
        streams::{Driver, Endpoint, Stream, away_code, session_end},
        tokio::{Connection as OverTokio, Tokio},
    },
    mux::{Carrier, Ended},
    separator,
};
use segue_yamux::{Error, GoAway, Role, Session};
use support::{DATA, End, FIN, GO_AWAY, PING, SYN, data, frames, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// The framing of a server at the end of the transport behind these frames.
fn end_behind(bytes: &[u8]) -> Result<Framing, Fault<Error>> {
    let mut server = End::new(Role::Server);
    server.receive(bytes);
    let rest = server.input.as_slice().to_vec();
    assert_eq!(server.session.ended(), None);
    let first = server.session.frame(&rest, true);
    assert_eq!(server.session.frame(&rest, true), first, "it says it again");
    let ended = match &first {
        Err(Fault { cause: Cause::Stage(Error::Ended(ended)), .. }) => Some(*ended),
        _ => None,
    };
    assert_eq!(server.session.ended(), ended);
    first
}

fn ended(code: u64, streams: usize) -> Result<Framing, Fault<Error>> {
    Err(Fault::new(Error::Ended(Ended { code, streams })))
}

#[test]
fn the_end_of_the_transport_is_told_by_what_came_before() {
    let away = |code| header(GO_AWAY, 0, 0, code);
    let open = [data(SYN, 1, b"one"), data(SYN, 3, b"two")].concat();
    let whole = [data(SYN | FIN, 1, b"one"), data(SYN | FIN, 3, b"two")].concat();

    // A word of the peer's and streams open: by name, with the code.
    for code in [0, 1, 2, 77] {
        assert_eq!(end_behind(&[&open[..], &away(code)].concat()), ended(code.into(), 2));
        // The last word counts.
        let twice = [&open[..], &away(3), &away(code)].concat();
        assert_eq!(end_behind(&twice), ended(code.into(), 2));
    }
    let one_left = [&open[..], &data(FIN, 1, b""), &away(0)].concat();
    assert_eq!(end_behind(&one_left), ended(0, 1));

    // Streams that the peer has finished are whole, so GoAway(0) is a clean end. Other codes are not.
    assert_eq!(end_behind(&[&whole[..], &away(0)].concat()), Ok(Framing::Done));
    assert_eq!(end_behind(&away(0)), Ok(Framing::Done));
    for code in [1, 2] {
        assert_eq!(end_behind(&[&whole[..], &away(code)].concat()), ended(code.into(), 0));
        assert_eq!(end_behind(&away(code)), ended(code.into(), 0));
    }

    // Without a word it is a truncation, unless nothing is cut off. So is half a frame.
    assert_eq!(end_behind(&open), Ok(Framing::Need(Need::exactly(12))));
    assert_eq!(end_behind(&whole), Ok(Framing::Done));
    let half = [&open[..], &away(0), &header(PING, SYN, 0, 7)[..5]].concat();
    assert_eq!(end_behind(&half), Ok(Framing::Need(Need::exactly(7))));
    let half = [&open[..], &away(0), &header(DATA, 0, 1, 9)].concat();
    assert!(matches!(end_behind(&half), Ok(Framing::Need(_))));
}

#[test]
fn an_end_of_this_end_is_none_of_the_peers() {
    let mut client = End::new(Role::Client);
    client.open();
    client.speak();
    client.receive(&header(GO_AWAY, 0, 0, 1));
    client.session.close(0, "");
    assert_eq!(client.session.frame(b"", true), Ok(Framing::Done));
    assert_eq!(client.session.ended(), None);
}

#[test]
fn it_is_named_in_words() {
    let error = Error::Ended(Ended { code: 2, streams: 1 });
    let text =
        "the peer ended the session (code 2) with 1 stream open (yamux, Session termination)";
    assert_eq!((error.to_string().as_str(), error.go_away()), (text, GoAway::NORMAL));
    assert!(error.source().is_none());
}

/// An endpoint whose peer is played by hand.
fn endpoint() -> (Endpoint<Session>, Driver<Tokio<DuplexStream>, Session>, DuplexStream) {
    let (near, far) = tokio::io::duplex(5000);
    let (endpoint, driver) = OverTokio::new(near, Session::client()).into_streams();
    (endpoint, driver, far)
}

async fn within<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), what).await.expect("it stands still")
}

/// The error that a read on the stream gives.
async fn read_error(stream: Stream<Session>) -> io::Error {
    let mut lines = Connection::over(stream, Options::new()).begin(separator::line());
    match lines.turn().await.map(drop).unwrap_err() {
        driver::Error::Io(error) => error,
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_go_away_and_the_end_are_told_to_streams_and_driver_by_name() {
    for code in [0, 1, 2] {
        let (client, driver, mut far) = endpoint();
        let driven = tokio::spawn(driver);
        within(async {
            let [one, two] = [client.open().await.unwrap(), client.open().await.unwrap()];
            // One has ended both ways, and stays readable.
            let whole = Connection::over(client.open().await.unwrap(), Options::new());
            let mut whole = whole.begin(separator::line());
            whole.close_write().await.unwrap();
            far.write_all(&data(FIN, 5, b"whole\n")).await.unwrap();
            far.write_all(&header(GO_AWAY, 0, 0, code)).await.unwrap();
            far.shutdown().await.unwrap();

            let told = Ended { code: code.into(), streams: 2 };
            let error = driven.await.unwrap().unwrap_err();
            assert_eq!(error.fault().unwrap().error(), Some(&Error::Ended(told)));
            for stream in [one, two] {
                let error = read_error(stream).await;
                assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
                assert_eq!(session_end(&error), Some(told));
            }
            assert_eq!(whole.turn().await.unwrap().unwrap().item, "whole");
            assert!(whole.turn().await.unwrap().is_none());
            for error in [client.open().await.unwrap_err(), client.accept().await.unwrap_err()] {
                assert_eq!(session_end(&error), Some(told));
            }
        })
        .await;
    }
}

#[tokio::test]
async fn streams_that_have_ended_both_ways_make_a_clean_end() {
    let (client, driver, mut far) = endpoint();
    let driven = tokio::spawn(driver);
    within(async {
        let stream = client.open().await.unwrap();
        let mut lines = Connection::over(stream, Options::new()).begin(separator::line());
        lines.close_write().await.unwrap();
        far.write_all(&data(FIN, 1, b"whole\n")).await.unwrap();
        far.write_all(&header(GO_AWAY, 0, 0, 0)).await.unwrap();
        far.shutdown().await.unwrap();
        driven.await.unwrap().unwrap();
        assert_eq!(lines.turn().await.unwrap().unwrap().item, "whole");
        assert!(lines.turn().await.unwrap().is_none());
        assert!(client.accept().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_end_without_a_word_is_a_truncation() {
    let (client, driver, mut far) = endpoint();
    let driven = tokio::spawn(driver);
    within(async {
        let stream = client.open().await.unwrap();
        far.shutdown().await.unwrap();
        let error = driven.await.unwrap().unwrap_err();
        assert_eq!(error.fault().unwrap().cause, Cause::Truncated);
        let error = read_error(stream).await;
        assert_eq!((error.kind(), session_end(&error)), (io::ErrorKind::UnexpectedEof, None));
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_after_a_go_away_has_its_code() {
    let (client, driver, mut far) = endpoint();
    tokio::spawn(driver);
    within(async {
        let _open = client.open().await.unwrap();
        far.write_all(&header(GO_AWAY, 0, 0, 7)).await.unwrap();
        let error = loop {
            match client.open().await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!((away_code(&error), session_end(&error)), (Some(7), None));
    })
    .await;
}

/// The peer is told why before the driver gives up, and each stream has the reason in words.
#[tokio::test]
async fn a_fault_of_the_peer_is_told_to_it_and_to_streams() {
    let (client, driver, mut far) = endpoint();
    let driven = tokio::spawn(driver);
    within(async {
        let stream = client.open().await.unwrap();
        far.write_all(&header(PING, SYN, 5, 0)).await.unwrap();
        let error = driven.await.unwrap().unwrap_err();
        assert_eq!(error.fault().unwrap().error(), Some(&Error::SessionFrameOnStream(5)));
        let mut told = Vec::new();
        far.read_to_end(&mut told).await.unwrap();
        assert_eq!(frames(&told).last(), Some(&(GO_AWAY, 0, 0, 1)));
        let told = read_error(stream).await;
        assert_eq!((told.kind(), session_end(&told)), (io::ErrorKind::InvalidData, None));
        assert_eq!(told.to_string(), error.to_string());
    })
    .await;
}
