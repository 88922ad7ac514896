//! Halves of layered connections on threads and in tasks, under pressure from both sides.

use segue::{
    driver::{sync, tokio as polled},
    length,
};
use std::thread;

use crate::{deflate::Deflate, numbered::Numbered};

/// 64 MiB a direction.
const RECORD: usize = 32 * 1024;
const COUNT: usize = 2048;

/// The records that are sent, by turns.
fn records() -> Vec<Vec<u8>> {
    let record =
        |at: usize| (0..RECORD).map(|byte| ((byte * 31 + at * 7) % 251).to_le_bytes()[0]).collect();
    (0..16).map(record).collect()
}

/// Each end writes 64 MiB in one thread while another reads, which begins late.
#[test]
fn two_blocking_ends_write_much_while_they_read_late() {
    let (client, server) = crate::sockets();
    let ends = [client, server].map(|socket| {
        let connection = sync::Connection::new(socket, ());
        let layered = connection.layered(Numbered::default()).layered(Deflate::new());
        layered.begin(length::u16_be()).split()
    });
    thread::scope(|threads| {
        for (mut reader, mut writer) in ends {
            threads.spawn(move || {
                let records = records();
                for at in 0..COUNT {
                    writer.send(&mut length::u16_be(), &records[at % 16][..]).unwrap();
                }
                writer.close_write().unwrap();
            });
            threads.spawn(move || {
                let records = records();
                thread::sleep(std::time::Duration::from_millis(200));
                for at in 0..COUNT {
                    let turn = reader.turn().unwrap().unwrap();
                    assert!(turn.item == records[at % 16][..], "record {at}");
                }
                assert!(reader.turn().unwrap().is_none());
            });
        }
    });
}

/// A reader that answers while a writer writes: records of both are whole.
#[test]
fn what_two_threads_seal_is_not_torn() {
    for _ in 0..3 {
        let (client, server) = crate::sockets();
        let client = sync::Connection::new(client, ()).layered(Numbered::default());
        let server = sync::Connection::new(server, ()).layered(Numbered::default());
        let (mut answers, mut pushes) = server.begin(length::u16_be()).split();
        let (mut heard, mut asks) = client.begin(length::u16_be()).split();
        thread::scope(|threads| {
            threads.spawn(move || {
                for at in 0..2000_u32 {
                    asks.queue(&mut length::u16_be(), &at.to_be_bytes()[..]).unwrap();
                    if at % 3 == 0 {
                        asks.flush().unwrap();
                    }
                }
                asks.flush().unwrap();
            });
            threads.spawn(move || {
                for _ in 0..2000 {
                    pushes.send(&mut length::u16_be(), &[0xff; 300][..]).unwrap();
                }
            });
            threads.spawn(move || {
                for _ in 0..2000 {
                    let mut turn = answers.turn().unwrap().unwrap();
                    turn.output.queue(&mut length::u16_be(), &turn.item[..]).unwrap();
                }
                answers.flush().unwrap();
                // Behind it the writer's thread may still be sending: the peer says when it is over.
                answers.turn().map(|turn| assert!(turn.is_none())).unwrap_err();
            });
            threads.spawn(move || {
                let (mut answered, mut pushed) = (0_u32, 0);
                while answered < 2000 || pushed < 2000 {
                    let turn = heard.turn().unwrap().unwrap();
                    if turn.item.len() == 300 {
                        assert!(turn.item.iter().all(|byte| *byte == 0xff));
                        pushed += 1;
                    } else {
                        assert_eq!(turn.item, answered.to_be_bytes());
                        answered += 1;
                    }
                }
            });
        });
    }
}

/// The same pressure over tokio: two tasks an end, on several threads.
#[test]
fn two_polled_ends_write_much_while_they_read_late() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, server) = crate::sockets();
        let mut tasks = tokio::task::JoinSet::new();
        for socket in [client, server] {
            socket.set_nonblocking(true).unwrap();
            let socket = tokio::net::TcpStream::from_std(socket).unwrap();
            let connection = polled::Connection::new(socket, ());
            let layered = connection.layered(Numbered::default()).layered(Deflate::new());
            let (mut reader, mut writer) = layered.begin(length::u16_be()).split();
            tasks.spawn(async move {
                let records = records();
                for at in 0..COUNT {
                    writer.send(&mut length::u16_be(), &records[at % 16][..]).await.unwrap();
                }
                writer.close_write().await.unwrap();
            });
            tasks.spawn(async move {
                let records = records();
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                for at in 0..COUNT {
                    let turn = reader.turn().await.unwrap().unwrap();
                    assert!(turn.item == records[at % 16][..], "record {at}");
                }
                assert!(reader.turn().await.unwrap().is_none());
            });
        }
        tokio::time::timeout(6 * crate::PATIENCE, tasks.join_all()).await.unwrap();
    });
}
