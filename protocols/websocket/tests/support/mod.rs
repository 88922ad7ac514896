//! Frames put together by hand, and a stage driven over bytes.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::cast_possible_truncation, reason = "each arm is bound to what fits")]

use segue::{Buffer, Decode, Fault, Output, Step};
use segue_websocket::{Error, Message, Messages, Role};

/// The key of RFC 6455 §5.7.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as `role`'s peer sends it: masked for a server to read. `first` holds flags and opcode.
pub(crate) fn frame(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = if role == Role::Server { 0x80 } else { 0 };
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(mask | length as u8),
        length @ 126..=0xFFFF => {
            frame.push(mask | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(mask | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    if mask == 0 {
        frame.extend(payload);
    } else {
        frame.extend(KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    }
    frame
}

/// Frames one after the other.
pub(crate) fn frames(role: Role, frames: &[(u8, &[u8])]) -> Vec<u8> {
    frames.iter().flat_map(|(first, payload)| frame(role, *first, payload)).collect()
}

/// A [`Message`] that owns what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owned {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl From<Message<'_>> for Owned {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(payload) => Self::Binary(payload.into()),
            Message::Ping(payload) => Self::Ping(payload.into()),
            Message::Pong(payload) => Self::Pong(payload.into()),
            Message::Close(close) => {
                Self::Close(close.map(|close| (close.code.0, close.reason.into())))
            }
        }
    }
}

/// The result of a stage for a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) messages: Vec<Owned>,
    pub(crate) answers: Vec<u8>,
    pub(crate) left: Vec<u8>,
    pub(crate) end: Result<bool, Fault<Error>>,
}

/// Feeds `stage` the pieces of a stream; the end is `Ok` of whether it is done.
pub(crate) fn feed<'p>(stage: &mut Messages, pieces: impl IntoIterator<Item = &'p [u8]>) -> Seen {
    let (mut buffer, mut answers, mut messages) = (Buffer::new(), Output::new(), Vec::new());
    let mut end = Ok(false);
    'pieces: for piece in pieces {
        buffer.extend(piece);
        loop {
            end = match buffer.step(stage, false, &mut answers) {
                Ok(Step::Item(message)) => {
                    messages.push(message.into());
                    continue;
                }
                Ok(Step::Need(_)) => Ok(false),
                Ok(Step::Done) => Ok(true),
                Err(fault) => {
                    end = Err(fault);
                    break 'pieces;
                }
            };
            break;
        }
    }
    Seen { messages, answers: answers.to_vec(), left: buffer.as_slice().to_vec(), end }
}

/// The fault of any stage over a whole stream.
pub(crate) fn fault<D: Decode>(mut stage: D, input: &[u8]) -> Option<Fault<D::Error>> {
    let (mut buffer, mut answers) = (Buffer::from(input), Output::new());
    loop {
        match buffer.step(&mut stage, false, &mut answers) {
            Ok(Step::Item(_)) => {}
            Ok(_) => return None,
            Err(fault) => return Some(fault),
        }
    }
}
