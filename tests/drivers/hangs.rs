//! Nothing waits for ever, and no call does work without end.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use segue::{
    Buffer, Exchange, Fault, Handoff, Need, Output, Progress,
    driver::{Error, Options, PollTransport, futures, is_again, sync, tokio as polled},
    length::{self, Prefixed},
};

use crate::{
    endless::Endless,
    pipe::pipe,
    sockets::{runtime, sockets},
    talk::{Mistake, Talk, messages},
    threads::in_time,
};

const MIB: usize = 1 << 20;

/// # Sockets with time-outs
///
/// More than the kernel buffers, at no cost.
static MUCH: [u8; MIB] = [7; MIB];
const TIMES: usize = 32;

/// A connection over a socket with these time-outs, to a peer that has said `one` and does not
/// read, with more queued than the kernel takes.
fn stuck(
    write: Duration,
    read: Option<Duration>,
) -> (sync::Connection<TcpStream, Talk>, TcpStream) {
    let (client, peer) = sockets();
    (&peer).write_all(&messages(["one"])).unwrap();
    client.set_write_timeout(Some(write)).unwrap();
    client.set_read_timeout(read).unwrap();
    let mut connection = sync::Connection::new(client, Talk::default());
    for _ in 0..TIMES {
        connection.output_mut().put_bytes(Bytes::from_static(&MUCH));
    }
    (connection, peer)
}

/// Runs `call`, which is to come back when the write has timed out; checks that nothing was read.
fn times_out<R>(
    connection: &mut sync::Connection<TcpStream, Talk>,
    call: impl FnOnce(&mut sync::Connection<TcpStream, Talk>) -> R,
) -> R {
    let began = Instant::now();
    let result = call(connection);
    let passed = began.elapsed();
    // Some of it may be taken by a first write, and nothing by a second.
    assert!(passed >= Duration::from_millis(150), "it waits for the time-out: {passed:?}");
    assert!(passed < Duration::from_secs(3), "it waits for nothing else: {passed:?}");
    assert!(connection.buffer().is_empty(), "it reads what it could wait for");
    result
}

#[test]
fn a_write_that_times_out_ends_each_call_that_sends_and_none_of_them_reads() {
    for read in [None, Some(Duration::from_secs(20))] {
        in_time(move || {
            let (mut connection, mut peer) = stuck(Duration::from_millis(200), read);
            let flushed = times_out(&mut connection, sync::Connection::flush);
            assert_eq!(flushed.unwrap_err().kind(), ErrorKind::WouldBlock);
            let item = &b"two"[..];
            let queued = times_out(&mut connection, |it| it.queue(&mut Talk::default(), item));
            assert!(queued.unwrap_err().would_block());
            let sent = times_out(&mut connection, |it| it.send(&mut Talk::default(), item));
            assert!(sent.unwrap_err().would_block());

            // Nothing is lost once the peer reads.
            let listener = thread::spawn(move || {
                let mut bytes = Vec::new();
                peer.read_to_end(&mut bytes).unwrap();
                (bytes.len(), bytes.split_off(TIMES * MIB))
            });
            connection.io().set_write_timeout(None).unwrap();
            connection.io().set_read_timeout(None).unwrap();
            connection.send(&mut Talk::default(), item).unwrap();
            connection.close_write().unwrap();
            assert_eq!(listener.join().unwrap(), (TIMES * MIB + 5, messages(["two"])));
        });
    }
}

#[test]
fn a_write_that_times_out_ends_a_wait_for_room_with_an_item_in_hand() {
    for read in [None, Some(Duration::from_secs(20))] {
        in_time(move || {
            let (client, _peer) = sockets();
            client.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            client.set_read_timeout(read).unwrap();
            let handoff = Handoff::new(client, messages(["one"]));
            let mut connection = sync::Connection::from_handoff(handoff, Talk::default());
            let mut turn = connection.turn().unwrap().unwrap();
            for _ in 0..TIMES {
                turn.output.output().put_bytes(Bytes::from_static(&MUCH));
            }
            let began = Instant::now();
            assert_eq!(turn.output.room().unwrap_err().kind(), ErrorKind::WouldBlock);
            let passed = began.elapsed();
            assert!(passed < Duration::from_secs(3), "{passed:?}");
            assert_eq!(turn.item, b"one");
        });
    }
}

/// # Two ends that both have much to say
fn whole() -> Prefixed<length::U32Be> {
    length::u32_be().max(8 * MIB)
}

/// Queues so much, sends it by waiting for the peer's, and takes all of that.
async fn queues_and_reads<T: PollTransport>(
    mut end: segue::driver::Connection<T, Prefixed<length::U32Be>>,
    size: usize,
    at_once: usize,
    rounds: usize,
) {
    let payload = Bytes::from(vec![7; size]);
    for _ in 0..rounds {
        for _ in 0..at_once {
            end.queue(&mut whole(), payload.clone()).await.unwrap();
        }
        for _ in 0..at_once {
            assert_eq!(end.turn().await.unwrap().unwrap().item.len(), size);
        }
    }
    // By now it may have everything, and the other one not.
    end.flush().await.unwrap();
}

/// The traffic of each end: bytes a message, messages before it listens, and repetitions.
const SCENES: [(usize, usize, usize); 3] = [(8 * MIB, 1, 1), (4 * MIB, 1, 12), (60_000, 2, 100)];

/// A pair of sockets with little room between them.
fn narrow() -> (TcpStream, TcpStream) {
    runtime().block_on(async {
        let socket = || {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_send_buffer_size(8 * 1024).unwrap();
            socket.set_recv_buffer_size(8 * 1024).unwrap();
            socket
        };
        let listener = socket();
        listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = listener.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let (client, server) = tokio::join!(socket().connect(address), listener.accept());
        (client.unwrap().into_std().unwrap(), server.unwrap().0.into_std().unwrap())
    })
}

#[test]
fn two_ends_with_much_to_say_deliver_it_over_tokio_sockets() {
    for (size, at_once, rounds) in SCENES {
        in_time(move || {
            let (left, right) = narrow();
            runtime().block_on(async {
                let end = |socket: TcpStream| {
                    let socket = tokio::net::TcpStream::from_std(socket).unwrap();
                    queues_and_reads(
                        polled::Connection::new(socket, whole()),
                        size,
                        at_once,
                        rounds,
                    )
                };
                tokio::join!(end(left), end(right));
            });
        });
    }
}

#[test]
fn two_ends_with_much_to_say_deliver_it_over_async_io_sockets() {
    for (size, at_once, rounds) in SCENES {
        in_time(move || {
            let (left, right) = narrow();
            let end = |socket: TcpStream| {
                let socket = smol::Async::new(socket).unwrap();
                queues_and_reads(futures::Connection::new(socket, whole()), size, at_once, rounds)
            };
            smol::block_on(smol::future::zip(end(left), end(right)));
        });
    }
}

#[test]
fn two_ends_with_much_to_say_deliver_it_over_a_narrow_pipe() {
    for (size, at_once, rounds) in SCENES {
        in_time(move || {
            let rounds = rounds.div_ceil(4);
            let (left, right) = pipe(8 * 1024);
            let left =
                queues_and_reads(polled::Connection::new(left, whole()), size, at_once, rounds);
            let right =
                queues_and_reads(futures::Connection::new(right, whole()), size, at_once, rounds);
            crate::executor::block_on(crate::executor::both(left, right));
        });
    }
}

/// # A transport that is always ready
///
/// Counts how often it was woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    /// Polls once: what comes of it, and how often the task was woken by then.
    fn poll<R>(poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> (Poll<R>, usize) {
        let count = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&count));
        let polled = poll(&mut Context::from_waker(&waker));
        drop(waker);
        (polled, count.0.load(Ordering::Relaxed))
    }
}

/// Of 128 bytes each: 40 MB.
const RECORDS: usize = 312_500;
const ALL: usize = RECORDS * 128;

/// The most that one read may bring, and so go beyond a limit.
const READ: usize = 128 * 1024;

/// Limits to set, the default among them, each with the number of bytes it means.
const LIMITS: [(Option<usize>, usize); 4] =
    [(None, MIB), (Some(100_000), 100_000), (Some(1), 1), (Some(5 * MIB), 5 * MIB)];

fn limited(limit: Option<usize>) -> Options {
    Options::new().max_work(limit)
}

/// Swallows all there is.
struct Swallows;

impl Exchange for Swallows {
    type Output = ();
    type Error = Mistake;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        _: &mut Output,
    ) -> Result<Progress<()>, Fault<Mistake>> {
        input.consume(input.len());
        Ok(if eof { Progress::Done(()) } else { Progress::NeedRead(Need::ONE) })
    }
}

/// The same for both drivers that are polled.
macro_rules! polled_drivers {
    ($($name:ident: $driver:ident)+) => { $(
        mod $name {
            use super::*;
            use segue::driver::$driver::Connection;
            use std::{future::Future, pin::pin};

            #[test]
            fn one_poll_for_an_item_ends_after_some_work_and_wakes_its_task() {
                for (limit, work) in LIMITS {
                    let endless = Endless::new(RECORDS);
                    let mut connection =
                        Connection::new(endless, Talk::default()).with_options(limited(limit));
                    let (polled, woken) = Count::poll(|cx| connection.poll_ready(cx));
                    assert!(polled.is_pending());
                    assert_eq!(woken, 1);
                    let absorbed = usize::try_from(connection.position()).unwrap();
                    // Bytes read count, and bytes absorbed of them, and a read for no less than
                    // 8 KiB; a record may be half read.
                    assert!(absorbed + 256 >= work.min(8192) / 2, "{absorbed} of {work}");
                    assert!(absorbed <= work + READ, "{absorbed} of {work}");
                    if limit != Some(1) {
                        crate::executor::block_on(async {
                            assert!(connection.turn().await.unwrap().is_none());
                        });
                        assert_eq!(connection.position(), ALL as u64);
                    }
                }
            }

            #[test]
            fn one_poll_of_a_drain_ends_after_some_work_and_wakes_its_task() {
                for (limit, work) in LIMITS {
                    let endless = Endless::new(RECORDS);
                    let mut connection = Connection::new(endless, ()).with_options(limited(limit));
                    let (polled, woken) =
                        Count::poll(|cx| pin!(connection.close_unbounded(u64::MAX)).poll(cx));
                    assert!(polled.is_pending());
                    assert_eq!(woken, 1);
                    let read = ALL - connection.io().left();
                    assert!(read <= work + READ, "{read} of {work}");
                    let ended = crate::executor::block_on(connection.close_unbounded(u64::MAX));
                    assert!(ended.unwrap());
                }
            }

            #[test]
            fn one_poll_of_an_exchange_ends_after_some_work_and_wakes_its_task() {
                for (limit, work) in LIMITS {
                    let endless = Endless::new(RECORDS);
                    let mut connection = Connection::new(endless, ()).with_options(limited(limit));
                    let (polled, woken) =
                        Count::poll(|cx| pin!(connection.exchange(&mut Swallows)).poll(cx));
                    assert!(polled.is_pending());
                    assert_eq!(woken, 1);
                    let read = ALL - connection.io().left();
                    assert!(read <= work + READ, "{read} of {work}");
                    crate::executor::block_on(connection.exchange(&mut Swallows)).unwrap();
                }
            }
        }
    )+ };
}

polled_drivers!(over_tokio: tokio over_futures: futures);

/// Calls again for as long as that is asked for. How often it was.
fn again<R, E: std::fmt::Debug>(
    mut call: impl FnMut() -> Result<R, E>,
    is_again: impl Fn(&E) -> bool,
) -> (R, usize) {
    let mut times = 0;
    loop {
        match call() {
            Ok(result) => return (result, times),
            Err(error) => {
                assert!(is_again(&error), "{error:?}");
                times += 1;
            }
        }
    }
}

#[test]
fn a_readiness_loop_is_told_again_and_not_would_block() {
    let said_again = |error: &Error<Mistake>| {
        assert!(!error.would_block(), "there is more to do, and no event comes for it");
        error.is_again()
    };
    let told = |error: &io::Error| error.kind() != ErrorKind::WouldBlock && is_again(error);
    let options = |limit| limited(limit).nonblocking(true);

    let open = |limit| {
        Connection::new(Endless::new(RECORDS), Talk::default()).with_options(options(limit))
    };
    use sync::Connection;
    for (limit, work) in LIMITS.into_iter().filter(|(limit, _)| *limit != Some(1)) {
        let mut connection = open(limit);
        let (ready, times) = again(|| connection.ready(), said_again);
        assert!(!ready);
        // Reading counts, and so does absorbing.
        assert!(times >= ALL / (work + READ) && times <= 2 * ALL / work + 1, "{times} at {work}");

        let mut connection = open(limit);
        let (ended, times) = again(|| connection.close_unbounded(u64::MAX), told);
        assert!(ended && times >= ALL / (work + READ), "{times} at {work}");

        let mut connection =
            Connection::new(Endless::new(RECORDS), ()).with_options(options(limit));
        let ((), times) = again(|| connection.exchange(&mut Swallows), said_again);
        assert!(times > 0 && times <= ALL / work + 1, "{times} at {work}");
    }
}

#[test]
fn a_blocking_connection_goes_on_until_its_transport_waits() {
    let mut connection = sync::Connection::new(Endless::new(RECORDS), Talk::default());
    assert!(connection.turn().unwrap().is_none());
    assert_eq!(connection.position(), ALL as u64);

    let mut connection = sync::Connection::new(Endless::new(RECORDS), ());
    assert!(connection.close_unbounded(u64::MAX).unwrap());

    let mut connection = sync::Connection::new(Endless::new(RECORDS), ());
    connection.exchange(&mut Swallows).unwrap();
}

#[test]
fn a_peer_that_always_has_an_item_leaves_a_readiness_loop_to_the_others() {
    let record = crate::talk::messages(["item"]);
    let script = crate::script::Script::new().gives_in_pieces(record.repeat(10_000), 600);
    let options = Options::new().nonblocking(true).max_work(Some(10 * 8192));
    let mut connection = sync::Connection::new(script, Talk::default()).with_options(options);
    let (mut items, mut most) = (0, 0);
    for _ in 0..10_000 {
        match connection.turn() {
            Ok(turn) => {
                assert!(turn.is_some());
                items += 1;
            }
            Err(error) => {
                assert!(error.is_again(), "{error:?}");
                (items, most) = (0, items.max(most));
            }
        }
    }
    // Each read of 100 items counts for 8 KiB.
    assert!((900..=1100).contains(&most), "{most} items at a time");
}

#[test]
fn what_a_send_has_queued_is_not_said_to_be_sent_again() {
    let script = crate::script::Script::new().write_stalls();
    let options = Options::new().nonblocking(true);
    let mut connection =
        sync::Connection::new(script.clone(), Talk::default()).with_options(options);
    let error = connection.send(&mut Talk::default(), &b"once"[..]).unwrap_err();
    assert!(matches!(error, segue::driver::SendError::Queued(_)), "{error:?}");
    assert!(!error.would_block(), "it must not be sent again");
    script.goes_on();
    connection.flush().unwrap();
    assert_eq!(script.written(), crate::talk::messages(["once"]));
}
