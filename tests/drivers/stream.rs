//! A connection as a `Stream` and a `Sink`.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream::FusedStream};
use segue::{
    Cause, DecodeExt, Edge,
    driver::{
        Error, Half, SendError,
        stream::StreamSink,
        tokio::{Connection, Tokio},
    },
    length,
};
use std::{io::ErrorKind, time::Duration};
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, sync::oneshot, time::timeout};

use crate::{
    executor::block_on,
    framed::OwnedTalk,
    script::{Event, Script},
    talk::{messages, record},
};

/// The same for both drivers that are polled.
macro_rules! on_each_driver {
    ($($name:ident: $driver:ident)+) => { $(
        mod $name {
            use super::*;
            use segue::driver::$driver::Connection;

            fn over(script: &Script) -> StreamSink<Wrapped, OwnedTalk, OwnedTalk> {
                Connection::new(script.clone(), OwnedTalk::default())
                    .stream_sink(OwnedTalk::default())
            }

            type Wrapped = on_each_driver!(@ $driver);

            #[test]
            fn items_come_one_after_the_other_and_then_none() {
                block_on(async {
                    let stream = messages(["one", "", "three"]);
                    for size in 1..=stream.len() {
                        let script = Script::new().gives_in_pieces(&stream, size).ends().takes(1);
                        let mut items = over(&script);
                        let mut count = 0;
                        while let Some(item) = items.next().await {
                            items.send(item.unwrap()).await.unwrap();
                            count += 1;
                        }
                        assert!(items.is_terminated() && items.next().await.is_none());
                        assert_eq!((count, script.written()), (3, stream.clone()));
                    }
                });
            }

            #[test]
            fn a_stream_that_only_reads_answers_by_itself() {
                block_on(async {
                    let pong = record(b'o', b"?");
                    let script = Script::new()
                        .gives(record(b'p', b"?"))
                        .waits_for(pong.len())
                        .gives(messages(["one"]));
                    let mut items = over(&script);
                    assert_eq!(items.next().await.unwrap().unwrap(), b"one");
                    assert_eq!(script.written(), pong);
                });
            }

            #[test]
            fn a_flush_sends_what_the_stage_has_answered() {
                block_on(async {
                    let script = Script::new().gives([record(b'p', b"?"), messages(["one"])].concat());
                    let mut items = over(&script);
                    items.feed(b"fed".to_vec()).await.unwrap();
                    assert_eq!(items.next().await.unwrap().unwrap(), b"one");
                    assert!(script.written().is_empty());
                    SinkExt::<Vec<u8>>::flush(&mut items).await.unwrap();
                    assert_eq!(script.written(), [messages(["fed"]), record(b'o', b"?")].concat());
                });
            }

            #[test]
            fn a_stream_goes_on_behind_a_fault_unless_that_is_fatal() {
                block_on(async {
                    let stream =
                        [record(b'?', b""), messages(["one"]), record(b'!', b""), messages(["two"])];
                    let mut items = over(&Script::new().gives(stream.concat()));
                    let fault = items.next().await.unwrap().unwrap_err();
                    assert!(matches!(fault, Error::Fault(fault) if !fault.fatal && fault.at == 1));
                    assert!(items.next().await.unwrap().is_ok());
                    let fault = items.next().await.unwrap().unwrap_err();
                    assert!(matches!(fault, Error::Fault(fault) if fault.fatal && fault.at == 7));
                    assert!(items.next().await.is_none());

                    let mut items = over(&Script::new().gives(b"m\x03o").ends());
                    let fault = items.next().await.unwrap().unwrap_err();
                    assert_eq!(fault.fault().map(|fault| &fault.cause), Some(&Cause::Truncated));
                    assert!(items.next().await.is_none());

                    let mut items = over(&Script::new().fails(ErrorKind::ConnectionReset));
                    assert!(matches!(items.next().await.unwrap().unwrap_err(), Error::Io(_)));
                    assert!(items.next().await.is_none());
                });
            }

            #[test]
            fn a_sink_closes_the_writing_side_and_the_stream_goes_on() {
                block_on(async {
                    let script = Script::new().gives(messages(["one"]));
                    let mut items = over(&script);
                    items.feed(b"last".to_vec()).await.unwrap();
                    SinkExt::<Vec<u8>>::close(&mut items).await.unwrap();
                    assert_eq!(script.written(), messages(["last"]));
                    assert_eq!(script.events().last(), Some(&Event::Close));
                    assert!(matches!(items.send(vec![]).await, Err(SendError::Closed)));
                    assert!(items.next().await.unwrap().is_ok());
                });
            }

            #[test]
            fn an_item_that_is_refused_leaves_nothing_behind() {
                block_on(async {
                    let script = Script::new();
                    let mut items = over(&script);
                    assert!(matches!(items.send(vec![0; 256]).await, Err(SendError::Refused(_))));
                    items.send(vec![]).await.unwrap();
                    assert_eq!(script.written(), messages([""]));
                });
            }

            #[test]
            fn a_stage_that_is_done_ends_the_stream_and_the_connection_has_the_rest() {
                block_on(async {
                    let stream =
                        [record(b'p', b"?"), record(b'e', b""), b"the rest".to_vec()].concat();
                    let script = Script::new().gives(&stream);
                    let mut items = over(&script);
                    assert!(items.next().await.is_none());
                    assert_eq!(script.written(), record(b'o', b"?"), "all is sent by then");
                    assert_eq!(items.get_ref().buffer().as_slice(), b"the rest");
                    let handoff = items.into_inner().hand_off(Edge::Carry).unwrap();
                    assert_eq!((handoff.read(), handoff.position()), (&b"the rest"[..], 5));
                });
            }
        }
    )+ };
    (@ tokio) => { segue::driver::tokio::Tokio<Script> };
    (@ futures) => { segue::driver::futures::Futures<Script> };
}

on_each_driver!(over_tokio: tokio over_futures: futures);

#[tokio::test]
async fn the_task_that_reads_is_woken_while_the_one_that_sends_reads_ahead() {
    let (here, mut peer) = tokio::io::duplex(1024);
    let records = || length::u16_be().max(40_000);
    let both = Connection::new(here, records().owned()).stream_sink(records());
    let (mut sink, mut stream) = both.split();
    let (received, is_received) = oneshot::channel();
    let reader = tokio::spawn(async move {
        let item = stream.next().await.unwrap().unwrap();
        received.send(()).unwrap();
        item
    });
    tokio::task::yield_now().await; // it waits by now
    let writer = tokio::spawn(async move {
        for _ in 0..100 {
            sink.send(Bytes::from(vec![7; 32_768])).await.unwrap();
        }
        sink.close().await.unwrap();
    });
    tokio::task::yield_now().await; // and so does this one, for a peer that does not read
    peer.write_all(b"\0\x03one").await.unwrap();

    // The peer reads only once it knows that it was heard.
    let heard = timeout(Duration::from_secs(10), is_received).await;
    assert!(heard.is_ok(), "the reader sleeps, with its item in the buffer");
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes).await.unwrap();
    writer.await.unwrap();
    assert_eq!((bytes.len(), reader.await.unwrap()), (100 * 32_770, Bytes::from("one")));
}

#[tokio::test]
async fn two_tasks_over_the_halves_of_a_connection_are_a_stream_and_a_sink() {
    let (here, mut peer) = tokio::io::duplex(1024);
    let records = || length::u16_be().max(40_000);
    let connection = Connection::new(here, records().owned());
    let (reader, writer) = connection.split();
    let mut stream: StreamSink<Half<Tokio<_>>, _, _> = reader.stream_sink(());
    let mut sink = writer.stream_sink(records());
    let writer = tokio::spawn(async move {
        sink.send(Bytes::from(vec![7; 32_768])).await.unwrap();
        SinkExt::<Bytes>::close(&mut sink).await.unwrap();
    });
    peer.write_all(b"\0\x03one").await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "one");
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes).await.unwrap();
    writer.await.unwrap();
    assert_eq!(bytes.len(), 32_770);
}
