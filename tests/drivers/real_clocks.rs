//! The timers that come with the toolkit.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use segue::driver::{
    Error, Options, SocketTimer, Timeouts, Timer,
    futures::{AsyncIoTimer, Connection as FuturesConnection},
    sync::Connection,
    tokio::{Connection as TokioConnection, TokioTimer},
};

use crate::knock::{Knock, Unanswered};

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn a_socket_comes_back_at_the_deadline_and_not_before() {
    let (client, _server) = sockets();
    let mut timer = SocketTimer::new(client.try_clone().unwrap());
    let mut connection = Connection::new(client, ());
    // The times are odd, so that some end between two ticks of the kernel.
    for millis in 1..15 {
        let every = Duration::from_millis(millis);
        let mut connection_timer = SocketTimer::new(connection.io().try_clone().unwrap());
        let mut knock = Knock::default().again(every, 1);
        match connection.exchange_by(&mut knock, &mut connection_timer) {
            Err(Error::Fault(fault)) => {
                assert_eq!(fault.error(), Some(&Unanswered::NobodyHome));
                assert!(connection_timer.now() >= 2 * every);
            }
            other => panic!("after {millis} ms: {other:?}"),
        }
    }
    // Afterwards it waits as long as it takes.
    assert_eq!(connection.io().read_timeout().unwrap(), None);
    assert_eq!(connection.io().write_timeout().unwrap(), None);
    assert!(timer.now() > Duration::from_millis(14 * 15));
}

#[test]
fn a_socket_is_knocked_at_again() {
    let (client, server) = sockets();
    let peer = thread::spawn(move || {
        let mut lines = BufReader::new(server.try_clone().unwrap()).lines();
        let mut heard = vec![lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()];
        (&server).write_all(b"come in\n").unwrap();
        heard.extend(lines.map(Result::unwrap).find(|line| line == "thanks"));
        heard
    });
    let mut timer = SocketTimer::new(client.try_clone().unwrap());
    let mut connection = Connection::new(client, ());
    let mut knock = Knock::default().again(Duration::from_millis(20), 500);
    assert_eq!(connection.exchange_by(&mut knock, &mut timer).unwrap(), "come in");
    connection.flush().unwrap();
    assert_eq!(peer.join().unwrap(), ["knock", "knock", "thanks"]);
}

/// Time-outs that no timer would set.
const OWN: (Option<Duration>, Option<Duration>) =
    (Some(Duration::from_secs(40)), Some(Duration::from_secs(50)));

#[test]
fn a_disarmed_timer_gives_the_socket_its_time_outs_back() {
    let (client, _server) = sockets();
    let mut timer = SocketTimer::new(&client);
    for own in [OWN, (None, OWN.1), (OWN.0, None), (None, None)] {
        client.set_timeouts(own.0, own.1).unwrap();
        // Armed twice, it still knows what the socket had before the first time.
        for seconds in [2, 1] {
            let at = timer.now() + Duration::from_secs(seconds);
            assert!(timer.arm(Some(at)).unwrap());
            let (read, write) = client.timeouts().unwrap();
            assert_eq!(read, write);
            assert!(read.unwrap() <= Duration::from_secs(seconds), "{read:?}");
        }
        assert!(timer.arm(None).unwrap());
        assert_eq!(client.timeouts().unwrap(), own);
        // Disarmed once more, it leaves alone what was set meanwhile.
        client.set_timeouts(OWN.1, OWN.0).unwrap();
        assert!(timer.arm(None).unwrap());
        assert_eq!(client.timeouts().unwrap(), (OWN.1, OWN.0));
    }
}

#[test]
fn an_exchange_with_a_deadline_gives_the_socket_its_time_outs_back() {
    let (client, server) = sockets();
    client.set_timeouts(OWN.0, OWN.1).unwrap();
    let mut timer = SocketTimer::new(client.try_clone().unwrap());
    let mut connection = Connection::new(client, ());
    let mut knock = Knock::default().again(Duration::from_millis(5), 1);
    connection.exchange_by(&mut knock, &mut timer).unwrap_err();
    assert_eq!(connection.io().timeouts().unwrap(), OWN);

    (&server).write_all(b"come in\n").unwrap();
    let mut knock = Knock::default().again(Duration::from_secs(30), 1);
    connection.exchange_by(&mut knock, &mut timer).unwrap();
    assert_eq!(connection.io().timeouts().unwrap(), OWN);
}

#[test]
fn every_socket_and_pointer_tells_and_takes_time_outs() {
    fn check<S: Timeouts + ?Sized>(socket: &S) {
        assert_eq!(socket.timeouts().unwrap(), (None, None));
        for (read, write) in [OWN, (None, OWN.1), (OWN.0, None), (None, None)] {
            socket.set_timeouts(read, write).unwrap();
            assert_eq!(socket.timeouts().unwrap(), (read, write));
        }
        assert!(socket.set_timeouts(Some(Duration::ZERO), None).is_err());
    }
    let (mut client, _server) = sockets();
    check::<TcpStream>(&client);
    check::<&TcpStream>(&&client);
    check::<&mut TcpStream>(&&mut client);
    check::<std::sync::Arc<TcpStream>>(&client.try_clone().unwrap().into());
    check::<Box<dyn Timeouts>>(&(Box::new(client) as Box<dyn Timeouts>));
    check(&std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    #[cfg(unix)]
    {
        check(&std::os::unix::net::UnixStream::pair().unwrap().0);
        check(&std::os::unix::net::UnixDatagram::unbound().unwrap());
    }
}

#[cfg(unix)]
#[test]
fn a_full_socket_comes_back_at_the_deadline() {
    use std::os::unix::net::UnixStream;

    let (client, _server) = UnixStream::pair().unwrap();
    client.set_nonblocking(true).unwrap();
    while (&client).write(&[b'x'; 4096]).is_ok() {}
    client.set_nonblocking(false).unwrap();
    let mut timer = SocketTimer::new(client.try_clone().unwrap());
    let mut connection = Connection::new(client, ());
    let mut knock = Knock::default().again(Duration::from_millis(10), 0);
    let error = connection.exchange_by(&mut knock, &mut timer).unwrap_err();
    assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::NobodyHome));
}

fn with_paused_time(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test);
}

#[test]
fn tokio_wakes_at_the_deadline() {
    with_paused_time(async {
        let start = tokio::time::Instant::now();
        let (client, _server) = tokio::io::duplex(64);
        let mut connection = TokioConnection::new(client, ());
        let mut knock = Knock::default().again(Duration::from_secs(1), 2);
        let error = connection.exchange_by(&mut knock, &mut TokioTimer::new()).await.unwrap_err();
        assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::NobodyHome));
        let passed = start.elapsed();
        assert!(passed >= Duration::from_secs(3) && passed < Duration::from_millis(3010));
    });
}

#[test]
fn tokio_knocks_again_and_is_answered() {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt};

    with_paused_time(async {
        let (client, server) = tokio::io::duplex(64);
        let peer = tokio::spawn(async move {
            let mut server = tokio::io::BufReader::new(server);
            let mut heard = String::new();
            for _ in 0..3 {
                server.read_line(&mut heard).await.unwrap();
            }
            server.write_all(b"come in\n").await.unwrap();
            server.read_line(&mut heard).await.unwrap();
            heard
        });
        let mut timer = TokioTimer::default();
        let mut connection = TokioConnection::new(client, ());
        let mut knock = Knock::default().again(Duration::from_secs(1), 9);
        assert_eq!(connection.exchange_by(&mut knock, &mut timer).await.unwrap(), "come in");
        connection.flush().await.unwrap();
        assert_eq!(peer.await.unwrap(), "knock\nknock\nknock\nthanks\n");
    });
}

#[test]
fn tokio_forgets_a_deadline_that_has_moved() {
    with_paused_time(async {
        let mut timer = TokioTimer::new();
        // Asked for late and then for early, it is early; and what has passed is not waited for.
        let start = tokio::time::Instant::now();
        assert!(crate::executor::once(at(&mut timer, 100)).is_pending());
        at(&mut timer, 10).await;
        assert!(start.elapsed() < Duration::from_secs(11));
        at(&mut timer, 5).await;
        assert!(start.elapsed() < Duration::from_secs(11));
        at(&mut timer, 20).await;
        assert!(start.elapsed() >= Duration::from_secs(20));
    });
}

#[test]
fn tokio_without_timers_is_an_error() {
    let unsupported = |made: std::io::Result<TokioTimer>| {
        assert_eq!(made.unwrap_err().kind(), std::io::ErrorKind::Unsupported);
    };
    unsupported(TokioTimer::try_new());

    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    unsupported(runtime.block_on(async { TokioTimer::try_new() }));
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    unsupported(
        threads.block_on(async { tokio::spawn(async { TokioTimer::try_new() }).await }).unwrap(),
    );
}

#[test]
fn tokio_with_timers_gives_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut timer = {
        // Entered is enough: it need not be running yet.
        let _entered = runtime.enter();
        TokioTimer::try_new().unwrap()
    };
    runtime.block_on(async {
        let soon = timer.now() + Duration::from_millis(20);
        std::future::poll_fn(|cx| timer.poll_at(cx, soon)).await;
        assert!(timer.now() >= soon);
    });
}

#[test]
fn async_io_wakes_at_the_deadline_under_any_executor() {
    let start = std::time::Instant::now();
    // No peer answers; `block_on` of futures-lite knows nothing of timers.
    smol::block_on(async {
        let (client, _server) = sockets();
        let client = smol::Async::new(client).unwrap();
        let mut connection = FuturesConnection::new(client, ());
        let mut knock = Knock::default().again(Duration::from_millis(20), 2);
        let error = connection.exchange_by(&mut knock, &mut AsyncIoTimer::new()).await.unwrap_err();
        assert_eq!(error.fault().unwrap().error(), Some(&Unanswered::NobodyHome));
    });
    let passed = start.elapsed();
    assert!(passed >= Duration::from_millis(60) && passed < Duration::from_secs(20), "{passed:?}");
}

#[test]
fn async_io_forgets_a_deadline_that_has_moved() {
    smol::block_on(async {
        let mut timer = AsyncIoTimer::default();
        let mut at = async |millis| {
            let at = Duration::from_millis(millis);
            std::future::poll_fn(|cx| timer.poll_at(cx, at)).await;
            timer.now()
        };
        // Asked for late and then for early, it is early; and what has passed is not waited for.
        assert!(crate::executor::once(at(600_000)).is_pending());
        let first = at(20).await;
        assert!(first >= Duration::from_millis(20) && first < Duration::from_secs(60));
        assert!(at(20).await < Duration::from_secs(60));
        assert!(at(5).await < Duration::from_secs(60));
        assert!(at(60).await >= Duration::from_millis(60));
        assert!(crate::executor::once(at(u64::MAX)).is_pending());
    });
}

#[test]
fn a_deadline_beyond_all_clocks_never_comes() {
    let (client, _server) = sockets();
    let mut timer = SocketTimer::new(client);
    assert!(timer.arm(Some(Duration::MAX)).unwrap());
    timer.arm(None).unwrap();
    assert!(crate::executor::once(at(&mut timer, u64::MAX)).is_pending());
    with_paused_time(async {
        let mut timer = TokioTimer::new();
        assert!(crate::executor::once(at(&mut timer, u64::MAX)).is_pending());
        at(&mut timer, 1).await;
    });
}

async fn at(timer: &mut impl Timer, seconds: u64) {
    std::future::poll_fn(|cx| timer.poll_at(cx, Duration::from_secs(seconds))).await;
}

/// Closes over each polled driver to a peer that takes everything, and neither sends nor ends.
#[test]
fn a_polled_close_waits_no_longer_than_its_linger() {
    let options = Options::new().linger(Duration::from_millis(30));
    let (near, _far) = sockets();
    let begun = Instant::now();
    smol::block_on(async {
        let near = smol::net::TcpStream::try_from(near).unwrap();
        let mut connection = FuturesConnection::new(near, ()).with_options(options);
        assert!(!connection.close(100).await.unwrap());
    });
    assert!(begun.elapsed() >= options.linger);

    let (near, _far) = sockets();
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        near.set_nonblocking(true).unwrap();
        let near = ::tokio::net::TcpStream::from_std(near).unwrap();
        let connection = TokioConnection::new(near, ()).with_options(options);
        let (mut reader, _writer) = connection.split();
        assert!(!reader.close(100).await.unwrap());
    });
}
