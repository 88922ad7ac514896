//! Control frames in readers of messages (RFC 6455 §5.5): answered, shown, or both.

use alloc::{boxed::Box, string::String, vec::Vec};
use segue::{Fault, Output};

use crate::{
    Close, CloseCode, Error, MaskKeys, Message, Opcode, Reply,
    closing::Closing,
    header::{self, FIN, refused},
};

/// The settings for control frames, and the answered frame that is still to be shown.
#[derive(Debug)]
pub(crate) struct Controls {
    /// The keys that mask the answers of a client.
    keys: Option<MaskKeys>,
    pub(crate) pings: Reply,
    pub(crate) closes: Reply,
    /// `answered` is still to be shown.
    owed: bool,
    /// The last one of them; most connections are shown none before their end.
    answered: Option<Box<Answered>>,
    pub(crate) closing: Closing,
}

/// A control frame that has been answered and is to be shown.
#[derive(Debug)]
enum Answered {
    Ping(Vec<u8>),
    Close(Option<(CloseCode, String)>),
}

impl Controls {
    pub(crate) fn new(keys: Option<MaskKeys>) -> Self {
        Self {
            keys,
            pings: Reply::Hidden,
            closes: Reply::Shown,
            owed: false,
            answered: None,
            closing: Closing::default(),
        }
    }

    /// Returns true if an item is owed that has no bytes of its own.
    #[inline(always)]
    pub(crate) fn is_owed(&self) -> bool {
        self.owed
    }

    /// Returns true if a frame of that kind is answered here, and so absorbed.
    pub(crate) fn answers(&self, opcode: Opcode) -> bool {
        match opcode {
            Opcode::Ping => self.pings != Reply::Manual,
            Opcode::Close => self.closes != Reply::Manual,
            _ => false,
        }
    }

    /// Returns the answered frame that is to be shown.
    #[inline(never)]
    pub(crate) fn pay(&mut self) -> Message<'_> {
        self.owed = false;
        match self.answered.as_deref() {
            None => Message::Close(None),
            Some(Answered::Ping(payload)) => Message::Ping(payload),
            Some(Answered::Close(close)) => {
                let close = close.as_ref();
                Message::Close(close.map(|(code, reason)| Close { code: *code, reason }))
            }
        }
    }

    /// A frame that the caller has to answer, or that needs none; its header has `size` bytes.
    pub(crate) fn show(
        opcode: Opcode,
        payload: &[u8],
        size: usize,
    ) -> Result<Message<'_>, Fault<Error>> {
        match opcode {
            Opcode::Ping => Ok(Message::Ping(payload)),
            Opcode::Close => Close::read(payload)
                .map(Message::Close)
                .map_err(|(error, at)| refused(error, size + at)),
            Opcode::Pong => Ok(Message::Pong(payload)),
            // Data frames are handled before.
            _ => Err(Fault::new(Error::Unreachable)),
        }
    }

    /// Answers a ping.
    pub(crate) fn ping(&mut self, payload: &[u8], answers: &mut Output) {
        let key = self.keys.as_mut().map(MaskKeys::next_key);
        header::put_frame(answers, FIN | Opcode::Pong as u8, payload, key);
        if self.pings == Reply::Shown {
            self.answered = Some(Box::new(Answered::Ping(payload.to_vec())));
            self.owed = true;
        }
    }

    /// Answers the close frame, whose header has `size` bytes, if it is no answer itself.
    pub(crate) fn close(
        &mut self,
        payload: &[u8],
        size: usize,
        answers: &mut Output,
    ) -> Result<(), Fault<Error>> {
        let close = Close::read(payload).map_err(|(error, at)| refused(error, size + at))?;
        if !self.closing.send() {
            let key = self.keys.as_mut().map(MaskKeys::next_key);
            let code = payload.first_chunk::<2>().map_or(&[][..], |code| code);
            header::put_frame(answers, FIN | Opcode::Close as u8, code, key);
        }
        if self.closes == Reply::Shown {
            let close = close.map(|close| (close.code, close.reason.into()));
            self.answered = Some(Box::new(Answered::Close(close)));
            self.owed = true;
        }
        Ok(())
    }
}
