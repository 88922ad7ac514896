use futures::{AsyncReadExt, TryStreamExt, executor::block_on, stream};
use std::{io, sync::mpsc, thread, time::Duration};

fn main() {
    let head = &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..];
    println!("one read:          {}", body(&[head, b"5\r\nhello\r\n0\r\n\r\n"]));
    println!("cut before the LF: {}", body(&[head, b"5\r\nhello\r\n0\r\n\r", b"\n"]));
    println!("more behind it:    {}", body(&[head, b"5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"]));
}

fn body(reads: &[&'static [u8]]) -> String {
    let reads: Vec<_> = reads.iter().map(|read| Ok::<_, io::Error>(*read)).collect();
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let io = stream::iter(reads).into_async_read();
        let mut response = block_on(async_h1::client::decode(io)).expect("a head");
        let mut body = String::new();
        let read = block_on(response.read_to_string(&mut body));
        let _ = done.send(format!("{read:?}, {body:?}"));
    });
    result.recv_timeout(Duration::from_secs(2)).unwrap_or("waits for ever".into())
}
