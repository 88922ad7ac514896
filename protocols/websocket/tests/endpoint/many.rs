//! Ten thousand connections, opened, used and closed, with nothing left of them.

use crate::counting::held;
use segue_websocket::{CloseCode, tokio::WebSocket};
use std::{future::Future, future::poll_fn, pin::pin, task::Poll};
use tokio::net::{TcpListener, TcpStream};

/// The number of connections opened in all.
const CONNECTIONS: usize = 10_000;

#[test]
fn ten_thousand_connections_leave_nothing() {
    // Each has two ends in this process, and other tests need some too.
    let at_once = (open_files_limit().saturating_sub(1000) / 2).clamp(100, CONNECTIONS);
    // The memory that a thread keeps for good, above all its pool of buffers, is there after a few.
    all_of(100, at_once);
    let (files, bytes) = (open_files(), held());
    all_of(CONNECTIONS, at_once);
    let left = held() - bytes;
    assert!(left.abs() < 16 << 10, "{left} bytes are left of {CONNECTIONS} connections");
    // Other tests of this process hold some, too, but not thousands.
    assert!(open_files() < files + 500, "{files} files were open, and {} are", open_files());
}

/// Opens, uses and closes so many connections in a runtime of their own.
fn all_of(connections: usize, at_once: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut rest = connections;
        while rest > 0 {
            let count = rest.min(at_once);
            open_use_and_close(count).await;
            rest -= count;
        }
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    });
}

async fn open_use_and_close(count: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut echoes = Vec::new();
        for _ in 0..count {
            let (io, _) = listener.accept().await.unwrap();
            echoes.push(tokio::spawn(async move {
                let mut socket = WebSocket::accept(io).await.unwrap();
                let mut echoed = 0;
                while let Some(message) = socket.next().await.unwrap() {
                    socket.queue(&message).await.unwrap();
                    echoed += usize::from(message.is_data());
                }
                socket.close(CloseCode::NORMAL).await.unwrap();
                echoed
            }));
        }
        let mut echoed = 0;
        for echo in echoes {
            echoed += echo.await.unwrap();
        }
        echoed
    });

    let mut clients = Vec::with_capacity(count);
    for i in 0..count {
        let io = TcpStream::connect(address).await.unwrap();
        let mut client = WebSocket::connect(io, "localhost", "/").await.unwrap();
        client.send(&i.to_string()).await.unwrap();
        clients.push(client);
    }
    for (i, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.next().await.unwrap(), Some(i.to_string().into()));
        let waits = poll_fn(|cx| Poll::Ready(pin!(client.next()).poll(cx))).await;
        assert!(waits.is_pending());
        assert_eq!(client.connection_mut().held(), 0, "an idle connection holds a buffer");
    }
    for mut client in clients {
        client.close(CloseCode::NORMAL).await.unwrap();
    }
    assert_eq!(server.await.unwrap(), count);
}

/// The number of files that this process may open; a cautious guess if the system does not tell.
fn open_files_limit() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3))
        .and_then(|n| n.parse().ok())
        .unwrap_or(1200)
}

/// The number of files that this process has open, if the system tells.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
