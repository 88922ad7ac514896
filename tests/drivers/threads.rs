//! Halves of connections over real sockets, on threads and on tasks.

use std::thread;

use segue::{
    driver::{Turn, sync, tokio as polled},
    length,
};

use crate::{
    script::Script,
    talk::{Talk, messages, record},
};

/// What the writer queues later is the writer's to wait for.
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
    let _ = script.clone().takes(own.len() - 2);
    assert!(reader.turn().unwrap().is_none());
    assert_eq!(script.written(), own);
    assert!(!reader.wants_write() && writer.wants_write());
    writer.flush().unwrap();
    assert_eq!(script.written(), [own, messages(["second"])].concat());
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
