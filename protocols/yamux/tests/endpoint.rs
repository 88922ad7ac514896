//! Streams for async tasks: an endpoint, its driver, and connections of stages on the streams.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use segue::{
    driver::{
        self, Connection, Options,
        streams::{Driver, Endpoint, Stream, reset_code},
        tokio::{Connection as OverTokio, Tokio, TokioTimer},
    },
    length, separator,
};
use segue_yamux::Session;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

type End = (Endpoint<Session>, Driver<Tokio<DuplexStream>, Session>);

fn pair(pipe: usize) -> (End, End) {
    let (near, far) = tokio::io::duplex(pipe);
    let client = OverTokio::new(near, Session::client()).into_streams();
    let server = OverTokio::new(far, Session::server()).into_streams();
    (client, server)
}

async fn within<F: Future>(seconds: u64, what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(seconds), what).await.expect("it stands still")
}

/// Serves each stream by an echo of its lines.
async fn echo(endpoint: Endpoint<Session>) {
    while let Some(stream) = endpoint.accept().await.unwrap() {
        tokio::spawn(async move {
            let connection = Connection::over(stream, Options::new());
            let mut lines = connection.begin(separator::line());
            while let Some(mut turn) = lines.turn().await.unwrap() {
                turn.output.queue(&mut separator::line(), &turn.item[..]).unwrap();
                turn.output.room().await.unwrap();
            }
            lines.close_write().await.unwrap();
        });
    }
}

/// Two hundred streams at once, and then the session ends by itself, on both sides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_pass_many_streams_and_both_drivers_end() {
    let ((client, client_driver), (server, server_driver)) = pair(10_000);
    let serving = tokio::spawn(echo(server));
    let drivers = [tokio::spawn(client_driver), tokio::spawn(server_driver)];
    let mut tasks = tokio::task::JoinSet::new();
    for stream in 0..200 {
        let client = client.clone();
        tasks.spawn(async move {
            let connection = Connection::over(client.open().await.unwrap(), Options::new());
            let mut lines = connection.begin(separator::line());
            for at in 0..20 {
                let line = format!("stream {stream} line {at} {}", "x".repeat(at * 50));
                lines.send(&mut separator::line(), line.as_bytes()).await.unwrap();
                assert_eq!(lines.turn().await.unwrap().unwrap().item, line.as_str());
            }
            lines.close_write().await.unwrap();
            assert!(lines.turn().await.unwrap().is_none());
        });
    }
    within(30, tasks.join_all()).await;
    drop(client);
    within(5, async {
        for driver in drivers {
            driver.await.unwrap().unwrap();
        }
        serving.await.unwrap();
    })
    .await;
}

/// Each end writes 64 MiB on one stream while it reads late on another: where both of them wait to
/// send, both still read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ends_write_much_while_they_read_late() {
    const SIZE: usize = 64 << 20;
    let ((client, client_driver), (server, server_driver)) = pair(64 * 1024);
    tokio::spawn(client_driver);
    tokio::spawn(server_driver);
    let mut tasks = tokio::task::JoinSet::new();
    for endpoint in [client, server] {
        let stream = endpoint.open().await.unwrap();
        tasks.spawn(async move {
            let mut bytes = Connection::over(stream, Options::new()).into_byte_stream();
            for at in 0..SIZE / 4096 {
                bytes.write_all(&[at.to_le_bytes()[0]; 4096]).await.unwrap();
            }
            bytes.shutdown().await.unwrap();
            // Dropped at once: what was sent is delivered all the same.
        });
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let stream = endpoint.accept().await.unwrap().unwrap();
            let mut bytes = Connection::over(stream, Options::new()).into_byte_stream();
            let mut piece = vec![0; 4096];
            for at in 0..SIZE / 4096 {
                bytes.read_exact(&mut piece).await.unwrap();
                assert!(piece.iter().all(|byte| *byte == at.to_le_bytes()[0]));
            }
            assert_eq!(bytes.read(&mut piece).await.unwrap(), 0);
        });
    }
    within(120, tasks.join_all()).await;
}

/// Records longer than the window, and than the output of a stream.
#[tokio::test]
async fn long_records_pass() {
    let ((client, client_driver), (server, server_driver)) = pair(5000);
    let talk = async {
        let mut asks = Connection::over(client.open().await.unwrap(), Options::new())
            .begin(length::u32_be().max(1 << 20));
        let record = vec![7; 700_000];
        asks.send(&mut length::u32_be(), &record[..]).await.unwrap();
        assert_eq!(asks.turn().await.unwrap().unwrap().item, record[..]);
    };
    let serve = async {
        let stream = server.accept().await.unwrap().unwrap();
        let mut serves =
            Connection::over(stream, Options::new()).begin(length::u32_be().max(1 << 20));
        while let Some(mut turn) = serves.turn().await.unwrap() {
            turn.output.queue(&mut length::u32_be(), &turn.item[..]).unwrap();
        }
    };
    tokio::spawn(client_driver);
    tokio::spawn(server_driver);
    within(20, async { tokio::join!(talk, serve) }).await;
}

/// A reset is told by its stream alone.
#[tokio::test]
async fn a_reset_ends_one_stream_and_no_other() {
    let ((client, client_driver), (server, server_driver)) = pair(5000);
    tokio::spawn(client_driver);
    tokio::spawn(server_driver);
    within(10, async {
        let [one, two] = [client.open().await.unwrap(), client.open().await.unwrap()];
        let mut one = Connection::over(one, Options::new()).begin(separator::line());
        let mut two = Connection::over(two, Options::new()).begin(separator::line());
        one.send(&mut separator::line(), &b"one"[..]).await.unwrap();
        two.send(&mut separator::line(), &b"two"[..]).await.unwrap();
        let first = server.accept().await.unwrap().unwrap();
        let second = server.accept().await.unwrap().unwrap();
        first.reset(9);
        let error = one.turn().await.map(drop).unwrap_err();
        let driver::Error::Io(error) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(reset_code(&error), Some(0), "yamux has no codes");
        let mut second = Connection::over(second, Options::new()).begin(separator::line());
        let mut turn = second.turn().await.unwrap().unwrap();
        turn.output.queue(&mut separator::line(), &turn.item[..]).unwrap();
        second.flush().await.unwrap();
        assert_eq!(two.turn().await.unwrap().unwrap().item, "two");
    })
    .await;
}

/// A driver that is gone, and a connection that is cut, are told on each stream.
#[tokio::test]
async fn streams_of_a_connection_that_is_gone_fail() {
    let ((client, client_driver), (server, server_driver)) = pair(5000);
    let client_driver = tokio::spawn(client_driver);
    let server_driver = tokio::spawn(server_driver);
    within(10, async {
        let stream = client.open().await.unwrap();
        let mut lines = Connection::over(stream, Options::new()).begin(separator::line());
        lines.send(&mut separator::line(), &b"hello"[..]).await.unwrap();
        let accepted = server.accept().await.unwrap().unwrap();
        server_driver.abort();
        let error = lines.turn().await.map(drop).unwrap_err();
        assert!(matches!(error, driver::Error::Io(_)), "{error:?}");
        assert!(client_driver.await.unwrap().is_err(), "a stream was cut off");
        assert!(client.open().await.is_err());
        let mut accepted = Connection::over(accepted, Options::new()).begin(separator::line());
        // Data that came before is still there.
        let heard = accepted.turn().await.map(|turn| turn.unwrap().item.to_vec());
        assert_eq!(heard.unwrap(), b"hello");
        assert!(accepted.turn().await.is_err());
    })
    .await;
}

/// Streams that are idle cost nothing when a message passes another one.
#[tokio::test]
async fn polls_of_a_message_do_not_grow_with_idle_streams() {
    let mut counts = Vec::new();
    for idle in [0, 200] {
        let ((client, client_driver), (server, server_driver)) = pair(64 * 1024);
        let polls = Arc::new(AtomicUsize::new(0));
        let serving = counted(&polls, echo(server));
        tokio::spawn(serving);
        tokio::spawn(counted(&polls, client_driver));
        tokio::spawn(counted(&polls, server_driver));
        let mut waiting = Vec::new();
        for _ in 0..idle {
            let connection = Connection::over(client.open().await.unwrap(), Options::new());
            let mut lines = connection.begin(separator::line());
            lines.send(&mut separator::line(), &b"hello"[..]).await.unwrap();
            lines.turn().await.unwrap().unwrap();
            waiting.push(tokio::spawn(counted(&polls, async move {
                let _ = lines.turn().await;
            })));
        }
        let connection = Connection::over(client.open().await.unwrap(), Options::new());
        let mut lines = connection.begin(separator::line());
        lines.send(&mut separator::line(), &b"hello"[..]).await.unwrap();
        lines.turn().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let before = polls.load(SeqCst);
        for _ in 0..100 {
            lines.send(&mut separator::line(), &b"hello"[..]).await.unwrap();
            lines.turn().await.unwrap().unwrap();
        }
        counts.push((polls.load(SeqCst) - before) / 100);
        drop(waiting);
    }
    let [alone, among] = counts[..] else { panic!() };
    assert!(among <= alone + 1 && among < 15, "{alone} polls alone, {among} among others");
}

fn counted<F: Future>(
    polls: &Arc<AtomicUsize>,
    what: F,
) -> impl Future<Output = F::Output> + use<F> {
    let polls = Arc::clone(polls);
    let mut what = Box::pin(what);
    std::future::poll_fn(move |cx| {
        polls.fetch_add(1, SeqCst);
        what.as_mut().poll(cx)
    })
}

/// A timer keeps the session's pings: a peer that answers none is given up.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up_by_a_timer() {
    let (near, _far) = tokio::io::duplex(5000);
    let (client, mut driver) = OverTokio::new(near, Session::client()).into_streams();
    let driven = tokio::spawn(async move { driver.run_by(&mut TokioTimer::new()).await });
    let _stream: Stream<Session> = client.open().await.unwrap();
    client.with(Session::ping);
    let ended = tokio::time::timeout(Duration::from_secs(3600), driven).await;
    assert!(ended.unwrap().unwrap().is_err());
}
