//! The cost of a layer and of streams, in the same run as that of their peers.
//!
//! - An echo of records of 16 KiB over a TCP socket: a connection, and the same with a layer that
//!   changes nothing. Goal: at most 1.2 of the time.
//! - An echo of 16 MiB on one stream of yamux, and of 1 kB on each of 200 streams, both ends in
//!   one runtime over a TCP socket: segue-yamux beside the yamux crate. Goal: at most 0.7 of its time.
//!
//! Rounds are interleaved, and ratios are of medians. With `--test` each is run once.

use std::{
    convert::Infallible,
    process::ExitCode,
    time::{Duration, Instant},
};

use segue::{
    Buffer, Fault, Layer, Need, Output, Step,
    driver::{Connection, Options, PollTransport, tokio as over_tokio},
    length,
};
use segue_yamux::Session;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

fn main() -> ExitCode {
    let smoke = std::env::args().any(|argument| argument == "--test");
    let rounds = if smoke { 1 } else { 21 };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let records = if smoke { 10 } else { 2000 };
    let size = if smoke { 1 << 16 } else { 16 << 20 };
    let streams = if smoke { 4 } else { 200 };
    let met = [
        compare("no-op layer, 16 KiB echo", rounds, 1.2, || {
            let bare = runtime
                .block_on(echo_records(records, |socket| over_tokio::Connection::new(socket, ())));
            let layered = runtime.block_on(echo_records(records, |socket| {
                over_tokio::Connection::new(socket, ()).layered(Nothing)
            }));
            (layered, bare)
        }),
        compare("yamux, 16 MiB on a stream", rounds, 0.7, || {
            (runtime.block_on(ours(1, size)), runtime.block_on(theirs(1, size)))
        }),
        compare("yamux, 200 streams of 1 kB", rounds, 0.7, || {
            (runtime.block_on(ours(streams, 1000)), runtime.block_on(theirs(streams, 1000)))
        }),
    ];
    if met.iter().all(|met| *met) || smoke { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs both `rounds` times, by turns, and tells the ratio of their medians.
fn compare(
    name: &str,
    rounds: usize,
    goal: f64,
    mut round: impl FnMut() -> (Duration, Duration),
) -> bool {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // One round to warm up.
    let _ = round();
    for _ in 0..rounds {
        let (one, other) = round();
        ours.push(one);
        theirs.push(other);
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let met = ratio <= goal;
    let verdict = if met { "" } else { "MISSED: " };
    println!("{verdict}{name:<28} {ours:>12.2?} / {theirs:>12.2?} = {ratio:.2} (goal {goal})");
    met
}

/// A layer that changes nothing and ends nowhere.
struct Nothing;

impl Layer for Nothing {
    type Plain<'a> = &'a [u8];
    type Error = Infallible;
    const ENDS: bool = false;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<Infallible>> {
        Ok(match wire.len() {
            0 => Step::Need(Need::ONE),
            length => Step::Item(wire.take(length).into_slice()),
        })
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Infallible> {
        plain.move_to(wire, usize::MAX);
        Ok(())
    }

    fn close(&mut self, _: &mut Output) {}
}

/// The time of `count` echoes of a record of 16 KiB.
async fn echo_records<T: PollTransport>(
    count: usize,
    make: impl FnOnce(TcpStream) -> Connection<T, ()>,
) -> Duration {
    let (mut client, server) = sockets().await;
    let mut server = make(server).begin(length::u16_be());
    let serve = async {
        while let Some(mut turn) = server.turn().await.expect("a record") {
            turn.output.queue(&mut length::u16_be(), &turn.item[..]).expect("it fits");
        }
    };
    let ask = async {
        let mut record = vec![7; 2 + 16 * 1024];
        record[..2].copy_from_slice(&(16_u16 * 1024).to_be_bytes());
        let mut echoed = record.clone();
        let began = Instant::now();
        for _ in 0..count {
            client.write_all(&record).await.expect("it is sent");
            client.read_exact(&mut echoed).await.expect("it comes back");
        }
        let took = began.elapsed();
        assert!(echoed == record);
        drop(client);
        took
    };
    tokio::join!(serve, ask).1
}

/// The time of `count` streams, on each of which `size` bytes are echoed, by segue-yamux.
async fn ours(count: usize, size: usize) -> Duration {
    let (near, far) = sockets().await;
    let (client, client_driver) =
        over_tokio::Connection::new(near, Session::client()).into_streams();
    let (server, server_driver) =
        over_tokio::Connection::new(far, Session::server()).into_streams();
    let bytes = |stream| Connection::over(stream, Options::new()).into_byte_stream();
    let serve = async move {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..count {
            let stream = server.accept().await.expect("a stream").expect("a stream");
            tasks.spawn(echo(bytes(stream)));
        }
        tasks.join_all().await;
    };
    let began = Instant::now();
    let drivers = [tokio::spawn(client_driver), tokio::spawn(server_driver)];
    let serving = tokio::spawn(serve);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        tasks.spawn(ask(bytes(client.open().await.expect("a stream")), size));
    }
    tasks.join_all().await;
    let took = began.elapsed();
    serving.await.expect("it served");
    drop(client);
    for driver in drivers {
        driver.await.expect("a driver").expect("it ended well");
    }
    took
}

/// The same by the yamux crate.
async fn theirs(count: usize, size: usize) -> Duration {
    let (near, far) = sockets().await;
    let mut config = yamux::Config::default();
    config.set_max_num_streams(512);
    let client = yamux::Connection::new(near.compat(), config.clone(), yamux::Mode::Client);
    let server = yamux::Connection::new(far.compat(), config, yamux::Mode::Server);
    let began = Instant::now();
    let serving = tokio::spawn(async move {
        let mut server = server;
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            let next = std::future::poll_fn(|cx| server.poll_next_inbound(cx));
            tokio::select! {
                next = next => match next {
                    Some(Ok(stream)) => { tasks.spawn(echo(stream.compat())); }
                    _ => break,
                },
                Some(_) = tasks.join_next() => {}
            }
        }
    });
    let (opened, mut streams) = tokio::sync::mpsc::unbounded_channel();
    let (done, is_done) = tokio::sync::oneshot::channel::<()>();
    let driving = tokio::spawn(async move {
        let mut client = client;
        for _ in 0..count {
            let stream = std::future::poll_fn(|cx| client.poll_new_outbound(cx)).await;
            let _ = opened.send(stream.expect("a stream"));
        }
        drop(opened);
        let mut is_done = is_done;
        loop {
            let next = std::future::poll_fn(|cx| client.poll_next_inbound(cx));
            tokio::select! {
                next = next => if next.is_none() { break },
                _ = &mut is_done => break,
            }
        }
    });
    let mut tasks = tokio::task::JoinSet::new();
    while let Some(stream) = streams.recv().await {
        tasks.spawn(ask(stream.compat(), size));
    }
    tasks.join_all().await;
    let took = began.elapsed();
    let _ = done.send(());
    driving.await.expect("a driver");
    serving.abort();
    took
}

/// Two ends of a TCP connection.
async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (client, server) = (client.expect("a socket"), server.expect("a socket").0);
    client.set_nodelay(true).expect("an option");
    server.set_nodelay(true).expect("an option");
    (client, server)
}

/// Sends everything back.
async fn echo(stream: impl AsyncRead + AsyncWrite) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    tokio::io::copy(&mut reader, &mut writer).await.expect("an echo");
    writer.shutdown().await.expect("an end");
}

/// Sends `size` bytes and has them back.
async fn ask(stream: impl AsyncRead + AsyncWrite, size: usize) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let write = async {
        let piece = [7; 8192];
        let mut left = size;
        while left > 0 {
            let count = left.min(piece.len());
            writer.write_all(&piece[..count]).await.expect("it is sent");
            left -= count;
        }
        writer.flush().await.expect("it is sent");
        writer.shutdown().await.expect("an end");
    };
    let read = async {
        let mut piece = vec![0; 16 * 1024];
        let mut total = 0;
        loop {
            match reader.read(&mut piece).await.expect("it comes back") {
                0 => break,
                count => total += count,
            }
        }
        total
    };
    let (total, ()) = tokio::join!(read, write);
    assert_eq!(total, size);
}
