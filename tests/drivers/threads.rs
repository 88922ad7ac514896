//! Halves of connections over real sockets, on threads and on tasks.
#![cfg_attr(not(unix), allow(dead_code, unused_imports, reason = "most scenes need Unix sockets"))]

use std::{
    io::{ErrorKind, Read, Write},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use segue::{
    driver::{Turn, sync, tokio as polled},
    length,
};

use crate::{
    script::Script,
    speaker::{Story, told},
    talk::{Talk, messages, record},
};

/// The writer waits for what it queues later.
#[test]
fn a_blocking_reader_sends_no_more_than_its_own() {
    let script = Script::new().gives(record(b'p', b"?")).ends().takes(2).write_stalls();
    let (mut reader, mut writer) = sync::Connection::new(script.clone(), Talk::default()).split();
    writer.queue(&mut Talk::default(), &b"first"[..]).unwrap();
    assert!(writer.flush().is_err());
    assert!(reader.turn().is_err());
    writer.queue(&mut Talk::default(), &b"second"[..]).unwrap();
    assert!(writer.flush().is_err());
    script.goes_on();
    let own = [messages(["first"]), record(b'o', b"?")].concat();
    assert!(reader.turn().unwrap().is_none());
    assert_eq!(script.written(), own);
    assert!(!reader.wants_write() && writer.wants_write());
    writer.flush().unwrap();
    assert_eq!(script.written(), [own, messages(["second"])].concat());
}

/// Runs a scene, and fails where it stops for ever.
pub(crate) fn in_time<R: Send + 'static>(scene: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, result) = mpsc::channel();
    let scene = thread::spawn(move || drop(done.send(scene())));
    match result.recv_timeout(Duration::from_secs(60)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the scene has stopped"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(scene.join().unwrap_err())
        }
    }
}

/// A record with a length of four bytes in front.
fn long(length: usize) -> Vec<u8> {
    [&u32::try_from(length).unwrap().to_be_bytes()[..], &vec![7; length]].concat()
}

const MB: usize = 1 << 20;

/// The writer is in a write to a peer that reads only once it has written everything: 40 MB, in
/// records of `size` bytes. The reader answers the first of them, up to the mark and beyond.
#[cfg(unix)]
fn a_peer_writes_before_it_reads(size: usize, answers: &'static [usize]) {
    in_time(move || {
        let (client, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
        let whole = || length::u32_be().max(8 * MB);
        let (mut reader, mut writer) = sync::Connection::new(client, whole()).split();
        let sender = thread::spawn(move || {
            for _ in 0..5 {
                writer.send(&mut whole(), Bytes::from(vec![1; 8 * MB])).unwrap();
            }
            writer
        });
        // Until the writer is inside a write.
        thread::sleep(Duration::from_millis(100));
        let peer = thread::spawn(move || {
            let record = long(size);
            for _ in 0..40 * MB / size {
                peer.write_all(&record).unwrap();
            }
            peer.shutdown(std::net::Shutdown::Write).unwrap();
            let mut heard = 0;
            let mut into = vec![0; MB];
            loop {
                match peer.read(&mut into).unwrap() {
                    0 => return heard,
                    count => heard += count,
                }
            }
        });
        let mut left = answers.iter();
        let mut heard = 0;
        while let Some(Turn { item, mut output }) = reader.turn().unwrap() {
            assert_eq!(item.len(), size);
            heard += 1;
            if let Some(answer) = left.next() {
                output.queue(&mut whole(), Bytes::from(vec![2; *answer])).unwrap();
            }
        }
        assert_eq!(heard, 40 * MB / size);
        let Ok(mut connection) = reader.unsplit(sender.join().unwrap()) else {
            panic!("of one connection")
        };
        connection.close_write().unwrap();
        let answered = answers.iter().map(|answer| answer + 4).sum::<usize>();
        assert_eq!(peer.join().unwrap(), 5 * (8 * MB + 4) + answered);
    });
}

#[cfg(unix)]
#[test]
fn a_reader_with_answers_over_the_mark_reads_on_while_the_writer_waits_for_the_peer() {
    a_peer_writes_before_it_reads(64 * 1024, &[64 * 1024]);
    a_peer_writes_before_it_reads(8 * MB, &[64 * 1024]);
    // Up to twice the mark.
    a_peer_writes_before_it_reads(64 * 1024, &[64 * 1024, 50 * 1024]);
    a_peer_writes_before_it_reads(64 * 1024, &[150; 600]);
}

/// The answers for a peer that reads nothing are bounded, and it gets them all once it reads.
#[cfg(unix)]
#[test]
fn a_peer_that_floods_a_reader_while_the_writer_waits_is_stopped_at_the_marks() {
    const PINGS: usize = 100_000;
    in_time(|| {
        let (client, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
        let (mut reader, mut writer) = sync::Connection::new(client, Talk::default()).split();
        let sender = thread::spawn(move || {
            writer.output_mut().put_bytes(Bytes::from(record(b'm', &[1; 250]).repeat(40_000)));
            writer.flush().unwrap();
            writer
        });
        thread::sleep(Duration::from_millis(100));
        let listener = thread::spawn(move || {
            assert!(reader.turn().unwrap().is_none());
            reader
        });
        peer.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let pings = record(b'p', &[5; 98]).repeat(PINGS);
        let mut written = 0;
        loop {
            match peer.write(&pings[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        // Twice the mark in answers, a full read buffer, and what the kernel holds.
        assert!(written < 2 * MB, "{written}");
        let mut other = peer.try_clone().unwrap();
        other.set_write_timeout(None).unwrap();
        let rest = thread::spawn(move || {
            other.write_all(&pings[written..]).unwrap();
            other.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let mut heard = vec![0; 40_000 * 252 + PINGS * 100];
        peer.read_exact(&mut heard).unwrap();
        rest.join().unwrap();
        assert!(listener.join().unwrap().unsplit(sender.join().unwrap()).is_ok());
    });
}

/// Ends at once, and panics when it is written to.
struct Unwinding;

impl Read for &Unwinding {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Ok(0)
    }
}

impl Write for &Unwinding {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        panic!("as it is asked to");
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Unwinding {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        (&*self).read(into)
    }
}

impl Write for Unwinding {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Nobody knows what was sent, and so nothing follows it.
#[test]
fn a_write_that_unwinds_leaves_an_error_to_the_other_half() {
    in_time(|| {
        let (mut reader, mut writer) = sync::Connection::new(Unwinding, Talk::default()).split();
        let unwound = thread::spawn(move || {
            writer.encode(&mut Talk::default(), &b"one"[..]).unwrap();
            let _ = writer.flush();
        });
        unwound.join().unwrap_err();
        assert!(!reader.wants_write());
        reader.encode(&mut Talk::default(), &b"two"[..]).unwrap();
        assert_eq!(reader.flush().unwrap_err().kind(), ErrorKind::Other);
    });
}

/// A peer that waits for an answer before it asks again, while the other thread looks at its half.
#[cfg(unix)]
#[test]
fn a_look_at_what_is_held_leaves_no_answer_behind() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    in_time(|| {
        let (client, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
        let (mut reader, writer) = sync::Connection::new(client, Talk::default()).split();
        let looks = thread::spawn(move || {
            while !IS_OVER.load(Ordering::Relaxed) {
                std::hint::black_box((writer.held(), writer.wants_write()));
            }
        });
        let reads = thread::spawn(move || assert!(reader.turn().unwrap().is_none()));
        let mut answer = [0; 3];
        for _ in 0..30_000 {
            peer.write_all(&record(b'p', b"?")).unwrap();
            peer.read_exact(&mut answer).unwrap();
            assert_eq!(&answer[..], record(b'o', b"?"));
        }
        drop(peer);
        IS_OVER.store(true, Ordering::Relaxed);
        reads.join().unwrap();
        looks.join().unwrap();
    });
}

/// A peer that reads nothing while it waits to write.
#[cfg(unix)]
fn echoing() -> (std::os::unix::net::UnixStream, thread::JoinHandle<()>) {
    let (client, server) = std::os::unix::net::UnixStream::pair().unwrap();
    let echo = thread::spawn(move || {
        let mut connection = sync::Connection::new(server, Talk::default());
        while let Some(Turn { item, mut output }) = connection.turn().unwrap() {
            output.queue(&mut Talk::default(), item).unwrap();
        }
        connection.close(0).unwrap();
    });
    (client, echo)
}

/// Many times what the kernel and both connections buffer.
const MANY: usize = 20_000;

#[cfg(unix)]
#[test]
fn threads_with_a_half_each_do_not_deadlock() {
    let (client, echo) = echoing();
    let (mut reader, mut writer) = sync::Connection::new(client, Talk::default()).split();
    let sender = thread::spawn(move || {
        for _ in 0..MANY {
            writer.queue(&mut Talk::default(), &[7; 250][..]).unwrap();
        }
        writer.close_write().unwrap();
        writer
    });
    let mut heard = 0;
    while let Some(turn) = reader.turn().unwrap() {
        assert_eq!(turn.item, [7; 250]);
        heard += 1;
    }
    assert_eq!(heard, MANY);
    assert!(reader.unsplit(sender.join().unwrap()).is_ok());
    echo.join().unwrap();
}

#[cfg(unix)]
#[test]
fn tasks_with_a_half_each_do_not_deadlock() {
    let (client, echo) = echoing();
    client.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = tokio::net::UnixStream::from_std(client).unwrap();
        let (mut reader, mut writer) = polled::Connection::new(client, Talk::default()).split();
        let sender = tokio::spawn(async move {
            for _ in 0..MANY {
                writer.queue(&mut Talk::default(), &[7; 250][..]).await.unwrap();
            }
            writer.close_write().await.unwrap();
            writer
        });
        let mut heard = 0;
        while let Some(turn) = reader.turn().await.unwrap() {
            assert_eq!(turn.item, [7; 250]);
            heard += 1;
        }
        assert_eq!(heard, MANY);
        assert!(reader.unsplit(sender.await.unwrap()).is_ok());
    });
    echo.join().unwrap();
}

/// A peer that sends every message back with a ping in front of it, and counts what it has
/// received: messages, and answers to its pings.
#[cfg(unix)]
fn pinging() -> (std::os::unix::net::UnixStream, thread::JoinHandle<(usize, usize)>) {
    let (client, server) = std::os::unix::net::UnixStream::pair().unwrap();
    let counts = thread::spawn(move || {
        let whole = length::u8().offset(1).keep_header();
        let mut writer = whole.clone();
        let mut connection = sync::Connection::new(server, whole);
        let (mut count, mut answers) = (0, 0);
        while let Some(Turn { item, mut output }) = connection.turn().unwrap() {
            if item[0] == b'o' {
                assert_eq!(item.as_slice(), record(b'o', b"are you there?"));
                answers += 1;
            } else {
                assert_eq!(item.as_slice(), record(b'm', b"a message"));
                output.queue(&mut writer, &record(b'p', b"are you there?")[..]).unwrap();
                output.queue(&mut writer, item.as_slice()).unwrap();
                count += 1;
            }
        }
        connection.close(0).unwrap();
        (count, answers)
    });
    (client, counts)
}

/// Both threads have something to send, and nothing is torn apart, left behind or sent twice.
#[cfg(unix)]
#[test]
fn threads_with_a_half_each_both_send() {
    // As much as the kernel buffers: a reader that answers cannot read while it has to wait.
    const COUNT: usize = 2000;
    let (client, counts) = pinging();
    let (mut reader, mut writer) = sync::Connection::new(client, Talk::default()).split();
    let sender = thread::spawn(move || {
        for sent in 0..COUNT {
            writer.queue(&mut Talk::default(), &b"a message"[..]).unwrap();
            if sent % 3 == 0 {
                writer.flush().unwrap();
            }
        }
        writer.flush().unwrap();
        writer
    });
    for _ in 0..COUNT {
        assert_eq!(reader.turn().unwrap().unwrap().item, b"a message");
    }
    let Ok(mut connection) = reader.unsplit(sender.join().unwrap()) else {
        panic!("of one connection")
    };
    assert!(connection.close(1000).unwrap());
    assert_eq!(counts.join().unwrap(), (COUNT, COUNT));
}

#[cfg(unix)]
#[test]
fn tasks_with_a_half_each_both_send() {
    let (client, counts) = pinging();
    client.set_nonblocking(true).unwrap();
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.worker_threads(2).enable_all().build().unwrap().block_on(async {
        let client = tokio::net::UnixStream::from_std(client).unwrap();
        let (mut reader, mut writer) = polled::Connection::new(client, Talk::default()).split();
        let sender = tokio::spawn(async move {
            for sent in 0..MANY {
                writer.queue(&mut Talk::default(), &b"a message"[..]).await.unwrap();
                if sent % 3 == 0 {
                    writer.flush().await.unwrap();
                }
            }
            writer.flush().await.unwrap();
            writer
        });
        let listener = tokio::spawn(async move {
            for _ in 0..MANY {
                assert_eq!(reader.turn().await.unwrap().unwrap().item, b"a message");
            }
            reader
        });
        let (reader, writer) = (listener.await.unwrap(), sender.await.unwrap());
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("of one connection") };
        assert!(connection.close(1000).await.unwrap());
    });
    assert_eq!(counts.join().unwrap(), (MANY, MANY));
}

/// The writer's thread is in a write to a peer that takes its time; what the reader's stage says
/// goes along with it, all of it.
#[cfg(unix)]
#[test]
fn a_reader_whose_stage_is_over_says_all_while_the_writer_writes() {
    const STORY: usize = 300_000;
    in_time(|| {
        let (client, mut peer) = std::os::unix::net::UnixStream::pair().unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        let (mut reader, mut writer) = sync::Connection::new(client, Story::of(STORY)).split();
        let sender = thread::spawn(move || {
            for _ in 0..20 {
                writer.output_mut().put_bytes(Bytes::from(vec![b'.'; MB / 10]));
                writer.flush().unwrap();
            }
            writer
        });
        let teller = thread::spawn(move || {
            assert!(reader.turn().unwrap().is_none());
            reader
        });
        thread::sleep(Duration::from_millis(50));
        let listener = thread::spawn(move || {
            let mut heard = Vec::new();
            peer.read_to_end(&mut heard).unwrap();
            heard
        });
        let (reader, writer) = (teller.join().unwrap(), sender.join().unwrap());
        assert_eq!(reader.stage().left(), 0);
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("of one connection") };
        connection.close_write().unwrap();
        let mut heard = listener.join().unwrap();
        assert_eq!(heard.len(), 20 * (MB / 10) + STORY);
        heard.retain(|byte| *byte != b'.');
        assert!(heard == told(STORY));
    });
}
