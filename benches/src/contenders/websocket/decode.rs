//! Masked frames, as a server reads them.

use std::{
    hint::black_box,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::BytesMut;
use futures_core::Stream;
use segue::{
    Buffer, Output, Step,
    driver::{Turn, tokio::Connection},
};
use segue_websocket::{Frames, Message, Messages};
use tokio_util::codec::Decoder;

use super::{
    super::{names, see, see_owned},
    MAX, by_hand,
    memory::{Futures, Memory, now},
};
use crate::{Contender, Group, corpus::Corpus};

/// Those who read masked frames; `payload` is what all frames of `corpus` carry, in bytes.
#[must_use]
pub fn decode(payload: usize, corpus: &Corpus) -> Group<'_> {
    let input = &corpus.bytes[..];
    Group {
        name: format!("websocket-decode/{payload}"),
        bytes: input.len(),
        records: corpus.count,
        contenders: vec![
            floor(input),
            memcpy(corpus),
            messages(input),
            frames(input),
            step(input),
            connection(input),
            sockudo(input),
            sans_io(input),
            yawc(input),
            fastwebsockets(input),
            tokio_websockets(input),
            soketto(input),
            tungstenite(input),
        ],
    }
}

fn floor(input: &[u8]) -> Contender<'_> {
    let max = black_box(MAX);
    Contender::refilled(
        names::FLOOR,
        input.to_vec(),
        move |bytes| bytes.copy_from_slice(input),
        move |bytes| {
            let (mut rest, mut count) = (&mut bytes[..], 0);
            while let Some((payload, behind)) = by_hand::first(rest, max) {
                see(payload);
                rest = behind;
                count += 1;
            }
            count
        },
    )
}

/// The least work of a contender that copies.
fn memcpy(corpus: &Corpus) -> Contender<'_> {
    let mut copy = corpus.bytes.clone();
    Contender::new(names::MEMCPY, move || {
        copy.copy_from_slice(black_box(&corpus.bytes));
        black_box(&mut copy);
        corpus.count
    })
}

/// Makes the buffer hold `input`, in the place that it had before.
fn receive(buffer: &mut Buffer, input: &[u8]) {
    buffer.consume(buffer.len());
    buffer.extend(input);
}

fn messages(input: &[u8]) -> Contender<'_> {
    let (mut stage, mut output) = (Messages::server(), Output::new());
    Contender::refilled(
        names::RECORDS,
        Buffer::new(),
        move |buffer| receive(buffer, input),
        move |buffer| {
            let mut records = buffer.records(&mut stage, false, &mut output);
            let mut count = 0;
            while let Ok(Step::Item(Message::Binary(payload))) = records.next() {
                see(payload);
                count += 1;
            }
            count
        },
    )
}

fn frames(input: &[u8]) -> Contender<'_> {
    let (mut stage, mut output) = (Frames::server(), Output::new());
    Contender::refilled(
        names::FRAMES,
        Buffer::new(),
        move |buffer| receive(buffer, input),
        move |buffer| {
            let mut records = buffer.records(&mut stage, false, &mut output);
            let mut count = 0;
            while let Ok(Step::Item(frame)) = records.next() {
                see(&frame.payload);
                count += 1;
            }
            count
        },
    )
}

fn step(input: &[u8]) -> Contender<'_> {
    let (mut stage, mut output) = (Messages::server(), Output::new());
    Contender::refilled(
        names::STEP,
        Buffer::new(),
        move |buffer| receive(buffer, input),
        move |buffer| {
            let mut count = 0;
            while let Ok(Step::Item(Message::Binary(payload))) =
                buffer.step(&mut stage, false, &mut output)
            {
                see(payload);
                count += 1;
            }
            count
        },
    )
}

/// Reads what `memory` is filled with; `next` gives whether there was another message.
fn reading<'i>(
    name: &'static str,
    input: &'i [u8],
    memory: Memory<'i>,
    mut next: impl FnMut() -> bool + 'i,
) -> Contender<'i> {
    Contender::refilled(
        name,
        (),
        move |()| memory.fill(input),
        move |()| {
            let mut count = 0;
            while next() {
                count += 1;
            }
            count
        },
    )
}

fn connection(input: &[u8]) -> Contender<'_> {
    let memory = Memory::default();
    let mut connection = Connection::new(memory.clone(), Messages::server());
    reading(names::CONNECTION, input, memory, move || match now(connection.turn()) {
        Poll::Ready(Ok(Some(Turn { item: Message::Binary(payload), .. }))) => {
            see(payload);
            true
        }
        _ => false,
    })
}

fn sockudo(input: &[u8]) -> Contender<'_> {
    use sockudo_ws::protocol::{Protocol, Role};

    let mut protocol = Protocol::new(Role::Server, MAX, MAX);
    let mut messages = Vec::new();
    Contender::refilled(
        names::SOCKUDO,
        BytesMut::new(),
        move |source| source.extend_from_slice(input),
        move |source| {
            let mut count = 0;
            if protocol.process_into(source, &mut messages).is_ok() {
                for message in messages.drain(..) {
                    see_owned(message.into_bytes());
                    count += 1;
                }
            }
            count
        },
    )
}

/// It gives pieces of payloads in place, and whether one ends.
fn sans_io(input: &[u8]) -> Contender<'_> {
    use websocket_sans_io::{WebsocketFrameDecoder, WebsocketFrameEvent};

    let mut decoder = WebsocketFrameDecoder::new();
    Contender::refilled(
        names::SANS_IO,
        input.to_vec(),
        move |bytes| bytes.copy_from_slice(input),
        move |bytes| {
            let (mut rest, mut count) = (&mut bytes[..], 0);
            loop {
                let Ok(added) = decoder.add_data(rest);
                let consumed = added.consumed_bytes;
                match added.event {
                    Some(WebsocketFrameEvent::PayloadChunk { .. }) => see(&rest[..consumed]),
                    Some(WebsocketFrameEvent::End { .. }) => count += 1,
                    None if consumed == 0 => return count,
                    _ => {}
                }
                rest = &mut rest[consumed..];
            }
        },
    )
}

fn yawc(input: &[u8]) -> Contender<'_> {
    let mut codec = yawc::codec::Decoder::new(yawc::Role::Server, MAX);
    Contender::refilled(
        names::YAWC,
        BytesMut::new(),
        move |source| source.extend_from_slice(input),
        move |source| {
            let mut count = 0;
            while let Ok(Some(frame)) = codec.decode(source) {
                see_owned(frame.into_payload());
                count += 1;
            }
            count
        },
    )
}

fn fastwebsockets(input: &[u8]) -> Contender<'_> {
    use fastwebsockets::{Role, WebSocket};

    let memory = Memory::default();
    let mut websocket = WebSocket::after_handshake(memory.clone(), Role::Server);
    reading(names::FASTWEBSOCKETS, input, memory, move || match now(websocket.read_frame()) {
        Poll::Ready(Ok(frame)) => {
            see_owned(&*frame.payload);
            true
        }
        _ => false,
    })
}

fn tokio_websockets(input: &[u8]) -> Contender<'_> {
    let memory = Memory::default();
    let mut websocket = tokio_websockets::ServerBuilder::new().serve(memory.clone());
    let mut context = Context::from_waker(Waker::noop());
    reading(names::TOKIO_WEBSOCKETS, input, memory, move || {
        match Pin::new(&mut websocket).poll_next(&mut context) {
            Poll::Ready(Some(Ok(message))) => {
                see_owned(&**message.as_payload());
                true
            }
            _ => false,
        }
    })
}

fn soketto(input: &[u8]) -> Contender<'_> {
    use soketto::connection::{Builder, Mode};

    // Each pass has a connection of its own: one whose call was given up half-way does not go on.
    let receiver = |input| {
        let memory = Memory::default();
        memory.fill(input);
        Builder::new(Futures(memory), Mode::Server).finish().1
    };
    let mut message = Vec::new();
    Contender::refilled(
        names::SOKETTO,
        receiver(input),
        move |waiting| *waiting = receiver(input),
        move |receiver| {
            let mut count = 0;
            while let Poll::Ready(Ok(_)) = now(receiver.receive_data(&mut message)) {
                see(&message);
                message.clear();
                count += 1;
            }
            count
        },
    )
}

fn tungstenite(input: &[u8]) -> Contender<'_> {
    use tungstenite::protocol::{Role, WebSocket};

    let memory = Memory::default();
    let mut websocket = WebSocket::from_raw_socket(memory.clone(), Role::Server, None);
    reading(names::TUNGSTENITE, input, memory, move || match websocket.read() {
        Ok(message) => {
            see_owned(message.into_data());
            true
        }
        Err(_) => false,
    })
}
