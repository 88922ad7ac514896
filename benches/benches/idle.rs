//! The heap memory of a connection that waits.
//!
//! Ten thousand connections are made and each is brought to where it waits for its peer. What the
//! allocator has given out meanwhile and not got back is divided among them. Sockets do not
//! count: the transport is a script, which holds nothing. Nor do tasks: what a connection has
//! inline is part of whatever it is kept in, and is told beside. Both are in the bench `resident`. Endpoints, ours and those of
//! peers, have echoed two messages, of 5 and of 3000 bytes, before they wait. With `--test` a few
//! connections do.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    future::Future,
    io,
    pin::{Pin, pin},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, Waker},
};

use bytes::BytesMut;
use futures_core::Stream;
use futures_util::{SinkExt, StreamExt};
use segue::{
    Buffer, Encode, Exchange, Output, Progress,
    driver::{Turn, tokio::Connection},
    length,
};
use segue_websocket::{
    ClientHandshake, Deflate, Messages, Outgoing, ServerHandshake, Writer, tokio as tokio_endpoint,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

fn main() -> ExitCode {
    // The endpoint bounds its handshake by tokio's clock.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _inside = runtime.enter();
    let smoke = std::env::args().any(|argument| argument == "--test");
    let count = if smoke { 3 } else { 10_000 };
    // Compressors that are kept are large, and one is like another.
    let few = count.min(100);
    let script = script_of(None);
    let (apart, alike) = (one_by_one(), Deflate::new());
    let (script_apart, script_alike) = (script_of(Some(apart)), script_of(Some(alike)));
    let messages = messages(&mut segue_websocket::client().1);
    // A buffer has 16 KiB; what is half-read is held in as much memory as it needs.
    let rows = [
        Row::of("length prefixes, between records", count, Some(0), || {
            after_records(b"\0\0\0\x02hi")
        }),
        Row::of("length prefixes, inside of a record", count, Some(8), || {
            after_records(b"\0\0\0\x02hi\0\0\0\x09nine")
        }),
        Row::of("WebSocket, before its handshake", count, Some(0), || before_upgrade(&script)),
        Row::of("WebSocket, after its upgrade", count, Some(64), || after_upgrade(&script)),
        Row::of("the same as a task", count, Some(2048), || task(&script)),
        Row::of("WebSocket endpoint", count, Some(64), || endpoint(&script, None)),
        // Two scratches of at most 4 KiB are kept, for what is inflated and deflated next.
        Row::of("the same, compressing one by one", count, Some(10 * 1024), || {
            endpoint(&script_apart, Some(apart))
        }),
        Row::of("the same, compressing all alike", few, Some(430 * 1024), || {
            endpoint(&script_alike, Some(alike))
        }),
        Row::of("tokio-util Framed, between records", count, None, || framed(b"\0\0\0\x02hi")),
        Row::of("tokio-tungstenite", count, None, || tokio_tungstenite(&messages)),
        Row::of("fastwebsockets", count, None, || fastwebsockets(&messages)),
        Row::of("tokio-websockets", count, None, || tokio_websockets(&messages)),
    ];
    println!("bytes a connection, of {count}{:>24}{:>10}", "on the heap", "inline");
    let mut met = true;
    for Row { name, heap, inline, limit } in rows {
        println!("{name:<40}{heap:>10}{inline:>10}");
        if let Some(limit) = limit.filter(|&limit| heap > limit) {
            println!("MISSED: {name}: at most {limit} bytes");
            met = false;
        }
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The memory of each of many waiting connections.
struct Row {
    name: &'static str,
    /// Bytes on the heap, rounded up.
    heap: usize,
    /// Bytes of the connection itself, wherever it is kept.
    inline: usize,
    /// The most heap memory it may hold, if a bound is promised.
    limit: Option<usize>,
}

impl Row {
    fn of<C>(
        name: &'static str,
        count: usize,
        limit: Option<usize>,
        mut wait: impl FnMut() -> C,
    ) -> Self {
        // The memory that a thread keeps for all of its connections is there from the first one on.
        drop(wait());
        let mut all = Vec::with_capacity(count);
        let before = HELD.load(Ordering::Relaxed);
        all.extend((0..count).map(|_| wait()));
        let held = HELD.load(Ordering::Relaxed).saturating_sub(before);
        Self { name, heap: held.div_ceil(count), inline: size_of::<C>(), limit }
    }
}

/// A connection that has read what there is of `script` and waits for more.
fn after_records(script: &'static [u8]) -> Connection<Script<'static>, impl Sized> {
    let mut connection = Connection::new(Script(script), length::u32_be());
    while let Poll::Ready(turn) = poll(connection.turn()) {
        assert!(turn.is_ok_and(|turn| turn.is_some()), "the script breaks no rule and has no end");
    }
    connection
}

fn before_upgrade(script: &[u8]) -> (Connection<Script<'_>, ()>, ServerHandshake) {
    let mut connection = Connection::new(Script(&script[..0]), ());
    let mut handshake = ServerHandshake::new();
    assert!(poll(connection.exchange(&mut handshake)).is_pending(), "nothing has come yet");
    (connection, handshake)
}

fn after_upgrade(script: &[u8]) -> (Connection<Script<'_>, Messages>, Writer) {
    let mut connection = Connection::new(Script(script), ());
    let Poll::Ready(Ok(_)) = poll(connection.exchange(&mut ServerHandshake::new())) else {
        panic!("the request is whole")
    };
    let (messages, mut writer) = segue_websocket::server();
    let mut connection = connection.follow(|()| messages).expect("an exchange leaves no stage");
    let mut seen = 0;
    while let Poll::Ready(turn) = poll(connection.turn()) {
        let Turn { item, mut output } = turn.expect("valid messages").expect("no end");
        output.queue(&mut writer, item).expect("an echo");
        seen += 1;
    }
    assert_eq!(seen, 2);
    assert_eq!(connection.buffer().capacity(), 0, "a read buffer is held");
    (connection, writer)
}

/// The same in an `async fn`, as it is spawned.
fn task(script: &[u8]) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    let mut task: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async move {
        let mut connection = Connection::new(Script(script), ());
        connection.exchange(&mut ServerHandshake::new()).await.expect("a request");
        let (messages, mut writer) = segue_websocket::server();
        let mut connection = connection.follow(|()| messages).expect("no stage is left");
        while let Some(Turn { item, mut output }) = connection.turn().await.expect("messages") {
            output.queue(&mut writer, item).expect("an echo");
        }
    });
    assert!(poll(&mut task).is_pending(), "the script has no end");
    task
}

fn framed(script: &'static [u8]) -> Framed<Script<'static>, LengthDelimitedCodec> {
    let mut framed = Framed::new(Script(script), LengthDelimitedCodec::new());
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(record) = Pin::new(&mut framed).poll_next(&mut context) {
        let record: Option<io::Result<BytesMut>> = record;
        assert!(record.is_some_and(|record| record.is_ok()), "the script breaks no rule");
    }
    framed
}

/// An endpoint that has let a client in, and has echoed what it said.
fn endpoint(script: &[u8], terms: Option<Deflate>) -> tokio_endpoint::WebSocket<Script<'_>> {
    let handshake = match terms {
        Some(terms) => ServerHandshake::new().deflate(terms),
        None => ServerHandshake::new(),
    };
    let accepted = poll(tokio_endpoint::WebSocket::accept_with(Script(script), handshake));
    let Poll::Ready(Ok((mut websocket, accepted))) = accepted else {
        panic!("the request is whole")
    };
    assert_eq!(accepted.deflate().is_some(), terms.is_some());
    let mut seen = 0;
    while let Poll::Ready(turn) = poll(websocket.turn()) {
        let mut turn = turn.expect("valid messages").expect("no end");
        turn.answer.queue(turn.message).expect("an echo");
        seen += 1;
    }
    assert_eq!(seen, 2);
    websocket
}

/// Terms under which no end keeps anything from one message to the next.
fn one_by_one() -> Deflate {
    Deflate::new().server_no_context_takeover().client_no_context_takeover()
}

fn tokio_tungstenite(script: &[u8]) -> tokio_tungstenite::WebSocketStream<Script<'_>> {
    use tokio_tungstenite::WebSocketStream;

    let role = tungstenite::protocol::Role::Server;
    let Poll::Ready(mut websocket) =
        poll(WebSocketStream::from_raw_socket(Script(script), role, None))
    else {
        panic!("there is nothing to wait for")
    };
    let mut seen = 0;
    while let Poll::Ready(message) = poll(websocket.next()) {
        let message = message.expect("no end").expect("valid messages");
        assert!(matches!(poll(websocket.send(message)), Poll::Ready(Ok(()))), "an echo");
        seen += 1;
    }
    assert_eq!(seen, 2);
    websocket
}

fn tokio_websockets(script: &[u8]) -> tokio_websockets::WebSocketStream<Script<'_>> {
    let mut websocket = tokio_websockets::ServerBuilder::new().serve(Script(script));
    let mut seen = 0;
    while let Poll::Ready(message) = poll(websocket.next()) {
        let message = message.expect("no end").expect("valid messages");
        assert!(matches!(poll(websocket.send(message)), Poll::Ready(Ok(()))), "an echo");
        seen += 1;
    }
    assert_eq!(seen, 2);
    websocket
}

fn fastwebsockets(script: &[u8]) -> fastwebsockets::FragmentCollector<Script<'_>> {
    use fastwebsockets::{FragmentCollector, Role, WebSocket};

    let websocket = WebSocket::after_handshake(Script(script), Role::Server);
    let mut websocket = FragmentCollector::new(websocket);
    let mut seen = 0;
    while let Poll::Ready(frame) = poll(websocket.read_frame()) {
        let frame = frame.expect("valid messages");
        assert!(matches!(poll(websocket.write_frame(frame)), Poll::Ready(Ok(()))), "an echo");
        seen += 1;
    }
    assert_eq!(seen, 2);
    websocket
}

/// Returns the bytes of a client that does not wait for the answer: its request, and two messages
/// behind it.
/// One that compresses knows already what will be agreed on.
fn script_of(terms: Option<Deflate>) -> Vec<u8> {
    let (mut client, mut server) =
        (ClientHandshake::new("example.org", "/echo"), ServerHandshake::new());
    if let Some(terms) = terms {
        (client, server) = (client.deflate(terms), server.deflate(terms));
    }
    let (mut input, mut request) = (Buffer::new(), Output::new());
    client.advance(&mut input, false, &mut request).expect("a request");
    let mut script = request.to_vec();

    let mut answer = Output::new();
    server.advance(&mut Buffer::from(&script[..]), false, &mut answer).expect("an answer");
    input.extend(&answer.to_vec());
    let Ok(Progress::Done(opened)) = client.advance(&mut input, false, &mut request) else {
        panic!("the answer is whole")
    };
    script.extend(messages(&mut opened.halves().1));
    script
}

fn messages(writer: &mut Writer) -> Vec<u8> {
    let mut output = Output::new();
    writer.encode(Outgoing::Text("hello"), &mut output).expect("a message");
    writer.encode(Outgoing::Binary(&[7; 3000]), &mut output).expect("another");
    output.to_vec()
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A transport that gives these bytes, and then nothing more; it takes all that is written.
struct Script<'s>(&'s [u8]);

impl AsyncRead for Script<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0.is_empty() {
            return Poll::Pending;
        }
        let (now, later) = self.0.split_at(self.0.len().min(into.remaining()));
        into.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Bytes that the allocator has given out and not got back.
static HELD: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator, counted.
struct Counting;

// SAFETY: both methods hand on to the system's allocator what they are given and give back what
// it gives; the count beside them touches no memory that is allocated. The methods that are not
// here are made of these two.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises about `layout` are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `place` came from the system's allocator, by `alloc`, with this layout.
        unsafe { System.dealloc(place, layout) }
    }
}
