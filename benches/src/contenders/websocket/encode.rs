//! Messages, as a server sends them, bare, and as a client does, masked.

use std::{
    hint::black_box,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use futures_sink::Sink;
use segue::{Encode, Output};
use segue_websocket::{Outgoing, Role, Writer};
use tokio_util::codec::Encoder;

use super::{
    super::names,
    MAX,
    memory::{Futures, Memory, now},
};
use crate::{Contender, Group};

/// Bytes that a pass sends, about: a batch, as answers to a full read are.
const BATCH: usize = 64 * 1024;

/// Those who send messages of `payload` bytes.
#[must_use]
pub fn encode<'i>(role: Role, payload: usize) -> Group<'i> {
    let job = Job {
        role,
        payload: (0..=255).cycle().take(payload).collect(),
        count: (BATCH / payload.max(1)).max(4),
    };
    let contenders = vec![
        by_hand(&job),
        writer(&job),
        bytes(&job),
        sockudo(&job),
        yawc(&job),
        fastwebsockets(&job),
        tokio_websockets(&job),
        soketto(&job),
        tungstenite(&job),
    ];
    let side = match role {
        Role::Server => "bare",
        Role::Client => "masked",
    };
    Group {
        name: format!("websocket-encode/{side}/{payload}"),
        bytes: job.count * payload,
        records: job.count,
        contenders,
    }
}

/// The messages to be sent.
struct Job {
    role: Role,
    payload: Bytes,
    count: usize,
}

impl Job {
    /// A contender that sends all with `send`, and ends with `flush`.
    fn contender<'i, S: 'i>(
        &self,
        name: &'static str,
        mut state: S,
        mut send: impl FnMut(&mut S, &Bytes) -> bool + 'i,
        mut flush: impl FnMut(&mut S) + 'i,
    ) -> Contender<'i> {
        let (payload, count) = (self.payload.clone(), self.count);
        Contender::new(name, move || {
            let sent = (0..count).filter(|_| send(&mut state, black_box(&payload))).count();
            flush(&mut state);
            sent
        })
    }
}

fn by_hand<'i>(job: &Job) -> Contender<'i> {
    let (role, mut random) = (job.role, 1_u32);
    job.contender(
        names::FLOOR,
        Vec::new(),
        move |output: &mut Vec<u8>, payload| {
            let masked = if role == Role::Client { 0x80 } else { 0 };
            output.push(0x82);
            if let Ok(length @ 0..=125) = u8::try_from(payload.len()) {
                output.push(masked | length);
            } else if let Ok(length) = u16::try_from(payload.len()) {
                output.push(masked | 126);
                output.extend(length.to_be_bytes());
            } else {
                output.push(masked | 127);
                output.extend((payload.len() as u64).to_be_bytes());
            }
            if masked == 0 {
                output.extend_from_slice(payload);
                return true;
            }
            // Keys that anybody can foresee, which no client may have: the least there can be.
            random = random.wrapping_mul(0x2C92_77B5).wrapping_add(0xAC56_4B05);
            let key = random.to_ne_bytes();
            output.extend_from_slice(&key);
            let at = output.len();
            output.extend_from_slice(payload);
            let narrow = u32::from_ne_bytes(key);
            let wide = u64::from(narrow) << 32 | u64::from(narrow);
            let (words, rest) = output[at..].as_chunks_mut::<8>();
            for word in words {
                *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
            }
            for (at, byte) in rest.iter_mut().enumerate() {
                *byte ^= key[at % 4];
            }
            true
        },
        |output| {
            black_box(&output);
            output.clear();
        },
    )
}

fn new_writer(role: Role) -> (Writer, Output) {
    let writer = match role {
        Role::Server => Writer::server(),
        Role::Client => Writer::client(),
    };
    (writer, Output::new())
}

fn clear((_, output): &mut (Writer, Output)) {
    black_box(&output);
    output.clear();
}

fn writer<'i>(job: &Job) -> Contender<'i> {
    job.contender(
        names::WRITER,
        new_writer(job.role),
        |(writer, output), payload| writer.encode(Outgoing::Binary(payload), output).is_ok(),
        clear,
    )
}

fn bytes<'i>(job: &Job) -> Contender<'i> {
    job.contender(
        names::WRITER_BYTES,
        new_writer(job.role),
        |(writer, output), payload| writer.encode(Outgoing::Bytes(payload.clone()), output).is_ok(),
        clear,
    )
}

fn sockudo<'i>(job: &Job) -> Contender<'i> {
    use sockudo_ws::protocol::{Message, Protocol, Role as Theirs};

    let role = match job.role {
        Role::Server => Theirs::Server,
        Role::Client => Theirs::Client,
    };
    job.contender(
        names::SOCKUDO,
        (Protocol::new(role, MAX, MAX), BytesMut::new()),
        |(protocol, output), payload| {
            protocol.encode_message(&Message::Binary(payload.clone()), output).is_ok()
        },
        |(_, output)| {
            black_box(&output);
            output.clear();
        },
    )
}

fn yawc<'i>(job: &Job) -> Contender<'i> {
    use yawc::{Frame, Role as Theirs, codec};

    let role = match job.role {
        Role::Server => Theirs::Server,
        Role::Client => Theirs::Client,
    };
    let masked = job.role == Role::Client;
    job.contender(
        names::YAWC,
        (codec::Encoder::new(role), BytesMut::new()),
        move |(codec, output), payload| {
            let mut frame = Frame::binary(payload.clone());
            if masked {
                frame.set_random_mask();
            }
            codec.encode(frame, output).is_ok()
        },
        |(_, output)| {
            black_box(&output);
            output.clear();
        },
    )
}

fn fastwebsockets<'i>(job: &Job) -> Contender<'i> {
    use fastwebsockets::{Frame, Payload, Role as Theirs, WebSocket};

    let role = match job.role {
        Role::Server => Theirs::Server,
        Role::Client => Theirs::Client,
    };
    // Frames live as long as the socket says, so that a pass has one of its own.
    let (payload, count) = (job.payload.clone(), job.count);
    Contender::new(names::FASTWEBSOCKETS, move || {
        let mut websocket = WebSocket::after_handshake(Memory::default(), role);
        (0..count)
            .filter(|_| {
                let frame = Frame::binary(Payload::Borrowed(black_box(&payload)));
                matches!(now(websocket.write_frame(frame)), Poll::Ready(Ok(())))
            })
            .count()
    })
}

fn tokio_websockets<'i>(job: &Job) -> Contender<'i> {
    use tokio_websockets::{ClientBuilder, Message, ServerBuilder};

    let websocket = match job.role {
        Role::Server => ServerBuilder::new().serve(Memory::default()),
        Role::Client => ClientBuilder::new().take_over(Memory::default()),
    };
    job.contender(
        names::TOKIO_WEBSOCKETS,
        websocket,
        |websocket, payload| {
            let mut context = Context::from_waker(Waker::noop());
            let mut websocket = Pin::new(websocket);
            websocket.as_mut().poll_ready(&mut context).is_ready()
                && websocket.start_send(Message::binary(payload.clone())).is_ok()
        },
        |websocket| {
            let mut context = Context::from_waker(Waker::noop());
            assert!(Pin::new(websocket).poll_flush(&mut context).is_ready());
        },
    )
}

fn tungstenite<'i>(job: &Job) -> Contender<'i> {
    use tungstenite::{
        Message,
        protocol::{Role as Theirs, WebSocket},
    };

    let role = match job.role {
        Role::Server => Theirs::Server,
        Role::Client => Theirs::Client,
    };
    job.contender(
        names::TUNGSTENITE,
        WebSocket::from_raw_socket(Memory::default(), role, None),
        |websocket, payload| websocket.write(Message::Binary(payload.clone())).is_ok(),
        |websocket| assert!(websocket.flush().is_ok()),
    )
}

fn soketto<'i>(job: &Job) -> Contender<'i> {
    use soketto::connection::{Builder, Mode};

    let mode = match job.role {
        Role::Server => Mode::Server,
        Role::Client => Mode::Client,
    };
    let (sender, _receiver) = Builder::new(Futures(Memory::default()), mode).finish();
    job.contender(
        names::SOKETTO,
        sender,
        |sender, payload| matches!(now(sender.send_binary(payload)), Poll::Ready(Ok(()))),
        |sender| assert!(now(sender.flush()).is_ready()),
    )
}
