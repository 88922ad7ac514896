//! Streams that are cut off on this side: their peer must not take what it has for all.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::{io, time::Duration};

use segue::driver::{
    Connection, Options,
    streams::{Endpoint, Stream, reset_code},
    tokio::{Connection as OverTokio, TokioTimer},
};
use segue_yamux::Session;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Two endpoints that are driven, each with its end of one stream.
async fn pair() -> ([Endpoint<Session>; 2], [Stream<Session>; 2]) {
    let (near, far) = tokio::io::duplex(5000);
    let (client, driver) = OverTokio::new(near, Session::client()).into_streams();
    tokio::spawn(driver);
    let (server, driver) = OverTokio::new(far, Session::server()).into_streams();
    tokio::spawn(driver);
    let one = client.open().await.unwrap();
    let other = server.accept().await.unwrap().unwrap();
    ([client, server], [one, other])
}

/// The end of the peer's stream for a reader of all of it.
async fn ending(stream: Stream<Session>) -> io::Result<usize> {
    let mut all = Vec::new();
    let mut bytes = Connection::over(stream, Options::new()).into_byte_stream();
    tokio::time::timeout(Duration::from_secs(10), bytes.read_to_end(&mut all)).await.unwrap()
}

#[tokio::test]
async fn what_could_not_be_sent_is_no_clean_end() {
    let (_ends, [one, other]) = pair().await;
    let options = Options::new().linger(Duration::from_millis(50));
    let mut sender = Connection::over(other, options);
    sender.output_mut().put(&vec![1; 1 << 20]);
    let late = sender.close_by(1024, &mut TokioTimer::new()).await.unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    drop(sender);
    assert_eq!(ending(one).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_task_that_panics_does_not_end_its_stream() {
    let (_ends, [one, other]) = pair().await;
    let task = tokio::spawn(async move {
        let mut bytes = Connection::over(other, Options::new()).into_byte_stream();
        bytes.write_all(b"the first half").await.unwrap();
        bytes.flush().await.unwrap();
        std::panic::resume_unwind(Box::new("a bug"));
    });
    assert!(task.await.is_err());
    assert_eq!(ending(one).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stream_that_is_dropped_with_all_sent_ends() {
    let (_ends, [one, other]) = pair().await;
    let mut bytes = Connection::over(other, Options::new()).into_byte_stream();
    bytes.write_all(b"all of it").await.unwrap();
    bytes.flush().await.unwrap();
    drop(bytes);
    assert_eq!(ending(one).await.unwrap(), 9);
}

#[tokio::test]
async fn writing_to_a_stream_that_was_reset_says_so() {
    let (_ends, [one, other]) = pair().await;
    other.reset(0);
    let mut sender = Connection::over(one, Options::new());
    let error = loop {
        sender.output_mut().put(b"hello");
        match sender.flush().await {
            Ok(()) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), reset_code(&error)), (io::ErrorKind::ConnectionReset, Some(0)));
}
