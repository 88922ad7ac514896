//! Polled connections alone: waking, and being polled by hand. Stamped on tokio and
//! futures-io.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use segue::driver::Options;

use super::Connection;
use crate::{
    executor::{block_on, both},
    pipe::{Pipe, pipe},
    script::Script,
    speaker::{Story, told},
    talk::{Talk, messages, record},
};

/// Counts how often it was woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (Arc::clone(&count), Waker::from(count))
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The options that decide when a connection sleeps.
fn ways() -> impl Iterator<Item = Options> {
    [16, 100_000].into_iter().flat_map(|high_water| {
        [16, 16 * 1024].map(|read_size| Options::new().high_water(high_water).read_size(read_size))
    })
}

fn open(pipe: Pipe, options: Options) -> Connection<Pipe, Talk> {
    Connection::new(pipe, Talk::default()).with_options(options)
}

const COUNT: usize = 200;
const TEXT: &[u8] = b"something to say";

/// Says it all, and then listens.
async fn says_and_listens(mut connection: Connection<Pipe, Talk>) {
    for _ in 0..COUNT {
        connection.queue(&mut Talk::default(), TEXT).await.unwrap();
    }
    connection.flush().await.unwrap();
    for _ in 0..COUNT {
        assert_eq!(connection.turn().await.unwrap().unwrap().item, TEXT);
    }
    connection.close_write().await.unwrap();
    assert!(connection.turn().await.unwrap().is_none());
}

/// Echoes until the peer ends.
async fn echoes(mut connection: Connection<Pipe, Talk>) {
    while let Some(mut turn) = connection.turn().await.unwrap() {
        turn.output.queue(&mut Talk::default(), turn.item).unwrap();
    }
    connection.close_unbounded(0).await.unwrap();
}

#[test]
fn peers_wake_each_other() {
    for options in ways() {
        let (left, right) = pipe(64);
        let left = says_and_listens(open(left, options));
        let right = says_and_listens(open(right, options));
        block_on(both(left, right));
    }
}

#[test]
fn a_peer_that_waits_for_room_is_woken_with_nothing_to_read_ahead() {
    for options in ways() {
        let (left, right) = pipe(64);
        let left = open(left, options.max_read_ahead(0));
        block_on(both(
            async {
                let mut connection = left;
                for _ in 0..COUNT {
                    connection.queue(&mut Talk::default(), TEXT).await.unwrap();
                }
                connection.close_unbounded(1000).await.unwrap();
            },
            async {
                let mut connection = open(right, options);
                for _ in 0..COUNT {
                    assert_eq!(connection.turn().await.unwrap().unwrap().item, TEXT);
                }
                assert!(connection.turn().await.unwrap().is_none());
            },
        ));
    }
}

#[test]
fn halves_wake_each_other() {
    for options in ways() {
        let (left, right) = pipe(64);
        let (mut reader, mut writer) = open(left, options).split();
        let halves = both(
            async {
                for _ in 0..COUNT {
                    assert_eq!(reader.turn().await.unwrap().unwrap().item, TEXT);
                }
                assert!(reader.turn().await.unwrap().is_none());
            },
            async {
                for _ in 0..COUNT {
                    writer.queue(&mut Talk::default(), TEXT).await.unwrap();
                }
                writer.close_write().await.unwrap();
            },
        );
        block_on(both(halves, echoes(open(right, options))));
    }
}

#[test]
fn whatever_happens_to_the_transport_wakes_both_halves() {
    let script = Script::new().write_stalls();
    let (mut reader, mut writer) = Connection::new(script.clone(), Talk::default()).split();
    writer.encode(&mut Talk::default(), &b"x"[..]).unwrap();
    let (reads, reading) = Count::new();
    let (writes, writing) = Count::new();
    for round in 1..3 {
        assert!(writer.poll_flush(&mut Context::from_waker(&writing)).is_pending());
        assert!(reader.poll_ready(&mut Context::from_waker(&reading)).is_pending());
        // A transport may keep one waker for everything: the last one that it was given.
        script.goes_on();
        assert_eq!((reads.get(), writes.get()), (round, round));
        assert!(writer.poll_flush(&mut Context::from_waker(&writing)).is_ready());
        writer.encode(&mut Talk::default(), &b"x"[..]).unwrap();
        let _ = script.clone().write_stalls();
    }
    // The last waker counts, and a half that has gone does no harm.
    let (moved, elsewhere) = Count::new();
    assert!(reader.poll_ready(&mut Context::from_waker(&elsewhere)).is_pending());
    drop(writer);
    let reads_so_far = reads.get();
    let _ = script.gives(messages(["one"]));
    assert_eq!((moved.get(), reads.get()), (1, reads_so_far));
    assert!(reader.poll_ready(&mut Context::from_waker(&elsewhere)).is_ready());
}

#[test]
fn a_dropped_half_wakes_the_other_for_what_it_has_left() {
    let script = Script::new().write_stalls();
    let (mut reader, mut writer) = Connection::new(script.clone(), Talk::default()).split();
    let (reads, reading) = Count::new();
    let (writes, writing) = Count::new();
    assert!(reader.poll_ready(&mut Context::from_waker(&reading)).is_pending());
    writer.encode(&mut Talk::default(), &b"x"[..]).unwrap();
    assert!(writer.poll_flush(&mut Context::from_waker(&writing)).is_pending());
    drop(writer);
    assert_eq!((reads.get(), writes.get()), (1, 0));
    assert!(reader.poll_ready(&mut Context::from_waker(&reading)).is_pending());
    script.goes_on();
    // The task of the half that has gone is not kept.
    assert_eq!((reads.get(), writes.get()), (2, 0));
    assert!(reader.poll_ready(&mut Context::from_waker(&reading)).is_pending());
    assert_eq!(script.written(), messages(["x"]));
}

#[test]
fn a_half_that_sends_what_the_other_waits_for_wakes_it() {
    let script = Script::new().write_stalls();
    let (mut reader, mut writer) = Connection::new(script.clone(), Talk::default()).split();
    let (writes, writing) = Count::new();
    writer.encode(&mut Talk::default(), &b"x"[..]).unwrap();
    assert!(writer.poll_flush(&mut Context::from_waker(&writing)).is_pending());
    script.goes_on();
    assert_eq!(writes.get(), 1);
    assert!(reader.poll_flush(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(writes.get(), 2);
}

#[test]
fn a_connection_can_be_polled_by_hand() {
    let script = Script::new().gives(messages(["one", "two"])).blocks().gives(record(b'e', b""));
    let mut connection = Connection::new(script.clone(), Talk::default());
    let heard = block_on(async {
        let mut heard = Vec::new();
        // A stream and a sink in one, as a library would write them.
        poll_fn(|cx| {
            loop {
                match std::task::ready!(connection.poll_ready(cx)).unwrap() {
                    true => {
                        let mut turn = connection.take_turn().unwrap().unwrap();
                        heard.push(turn.item.to_vec());
                        turn.output.queue(&mut Talk::default(), turn.item).unwrap();
                    }
                    false => return Poll::Ready(()),
                }
            }
        })
        .await;
        poll_fn(|cx| connection.poll_room(cx)).await;
        connection.encode(&mut Talk::default(), &b"bye"[..]).unwrap();
        poll_fn(|cx| connection.poll_flush(cx)).await.unwrap();
        heard
    });
    assert_eq!(heard, [b"one", b"two"]);
    assert_eq!(script.written(), messages(["one", "two", "bye"]));
}

/// One reads and one flushes, as the halves of a stream and sink do; only wakers bring them back.
#[test]
fn a_stage_goes_on_speaking_whichever_of_two_tasks_is_woken() {
    const ALL: usize = 10_000;
    let mut script = Script::new();
    for _ in 0..20 {
        script = script.takes(30).write_stalls();
    }
    let options = Options::new().high_water(100);
    let mut connection = Connection::new(script.clone(), Story::of(ALL)).with_options(options);
    let (reads, reading) = Count::new();
    let (writes, writing) = Count::new();
    let mut is_flushed = false;
    assert!(connection.poll_ready(&mut Context::from_waker(&reading)).is_pending());
    assert!(connection.poll_flush(&mut Context::from_waker(&writing)).is_pending());
    for round in 0.. {
        let before = (reads.get(), writes.get());
        script.goes_on();
        let has_woken = (reads.get() > before.0, writes.get() > before.1);
        assert!(has_woken.0 || has_woken.1, "nobody is woken in round {round}");
        // The one that reads comes first, or the other one.
        if round % 2 == 0 && has_woken.0 {
            assert!(connection.poll_ready(&mut Context::from_waker(&reading)).is_pending());
        }
        if has_woken.1 && !is_flushed {
            is_flushed = connection.poll_flush(&mut Context::from_waker(&writing)).is_ready();
        }
        if round % 2 == 1 && has_woken.0 {
            assert!(connection.poll_ready(&mut Context::from_waker(&reading)).is_pending());
        }
        if script.written().len() == ALL {
            break;
        }
        let _ = script.clone().takes(997).write_stalls();
    }
    assert!(script.written() == told(ALL));
}
