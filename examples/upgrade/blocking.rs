//! Both sides over a blocking connection.

use std::io::{self, Read, Write};

use segue::driver::{
    Timer, Turn,
    sync::{CloseWrite, Connection},
};
use segue::trace::Recorder;
use segue_websocket::{Close, CloseCode, Message, Outgoing, ServerHandshake};

use crate::{GLUED, GREETING, opening::Opening, report::Heard};

/// Upgrades, greets and echoes until the client closes.
pub fn serve<T: Read + Write + CloseWrite>(
    mut connection: Connection<T, ()>,
    timer: &mut impl Timer,
    recorder: &Recorder,
) -> io::Result<Heard> {
    let mut handshake = recorder.trace("handshake", ServerHandshake::new());
    connection.exchange_by(&mut handshake, timer)?;

    let (messages, writer) = segue_websocket::server();
    let mut writer = recorder.trace("writer", writer);
    let messages = recorder.trace("messages", messages);
    let mut connection = connection.follow(|()| messages)?;
    // The 101 is still queued, so this leaves with it.
    connection.queue(&mut writer, Outgoing::Text(GREETING))?;
    let mut heard = Heard::default();
    while let Some(Turn { item, mut output }) = connection.turn_by(timer)? {
        heard.message(&item);
        match item {
            Message::Text(text) => output.queue(&mut writer, Outgoing::Text(text))?,
            Message::Binary(bytes) => output.queue(&mut writer, Outgoing::Binary(bytes))?,
            _ => {}
        }
    }
    connection.close_by(1024, timer)?;
    Ok(heard)
}

/// Receives an echo of each message, the first of which were glued to its request, which is queued.
pub fn talk<T: Read + Write + CloseWrite>(
    mut connection: Connection<T, ()>,
    opening: Opening,
    timer: &mut impl Timer,
) -> io::Result<Heard> {
    let Opening { mut handshake, messages, mut writer, .. } = opening;
    connection.exchange_by(&mut handshake, timer)?;

    let mut connection = connection.follow(|()| messages)?;
    let mut expected = GLUED.len() + 1;
    let mut heard = Heard::default();
    while let Some(Turn { item, mut output }) = connection.turn_by(timer)? {
        heard.message(&item);
        expected = expected.saturating_sub(1);
        if expected == 0 && !matches!(item, Message::Close(_)) {
            let close = Close { code: CloseCode::NORMAL, reason: "" };
            output.queue(&mut writer, Outgoing::Close(Some(close)))?;
        }
    }
    connection.close_by(1024, timer)?;
    Ok(heard)
}
