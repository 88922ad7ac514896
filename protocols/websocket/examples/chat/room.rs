//! The room: one who says something is heard by all, and one who does not listen is let go.
//!
//! Bounded are the length of a word, the words that the room keeps for those who lag behind, the
//! unsent bytes of each connection, and every wait.

use segue_websocket::{
    CloseCode, KeepAlive, Limits, OwnedMessage, Prepared, ServerHandshake, Timer, TokioTimer,
    endpoint::Error, tokio::WebSocket,
};
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast::{self, error::RecvError},
};

/// A room: what is sent to it, all who are there hear.
pub(crate) type Room = broadcast::Sender<Prepared>;

/// The number of words that one may lag behind. The room keeps them once for all: 32 MiB at most.
const BACKLOG: usize = 8192;

/// The longest word is 4 KiB.
const LIMITS: Limits = Limits::message(4 * 1024);

/// The time in which the connection of a listener must take what is queued for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a room without anybody in it.
pub(crate) fn room() -> Room {
    broadcast::channel(BACKLOG).0
}

/// One person's stay.
pub(crate) async fn visit<T>(io: T, room: Room) -> Result<(), Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    // It has 30 s to ask for a WebSocket.
    let (socket, accepted) = WebSocket::accept_with(io, ServerHandshake::new()).await?;
    let mut socket = socket.read_with(|messages| messages.limits(LIMITS));
    socket.connection_mut().deadlines_mut().send = PATIENCE;
    // One who is silent is asked for a sign of life.
    let (mut timer, mut sending) = (TokioTimer::new(), TokioTimer::new());
    let mut keep_alive = KeepAlive::new(timer.now()).ping_after(Duration::from_secs(30));
    let name = accepted.path().trim_start_matches('/');
    let mut heard = room.subscribe();
    socket.send_by(format!("welcome, {name}"), &mut sending).await?;
    loop {
        // Both may be dropped at any time: nothing is lost with them.
        tokio::select! {
            message = socket.next_by(&mut keep_alive, &mut timer) => match message? {
                Some(OwnedMessage::Text(text)) => {
                    // There is always one listener: who speaks.
                    let _ = room.send(Prepared::from(format!("{name}: {text}")));
                }
                Some(OwnedMessage::Binary(_)) => {
                    return socket.close((CloseCode::UNSUPPORTED, "say it in text")).await;
                }
                Some(_) => {}
                None => return socket.close(CloseCode::NORMAL).await,
            },
            word = heard.recv() => match word {
                Ok(word) => {
                    // Waits for room, and gives up one who takes nothing.
                    socket.queue_by(word, &mut sending).await?;
                    // Further words leave in the same write.
                    while let Ok(word) = heard.try_recv() {
                        socket.queue_by(word, &mut sending).await?;
                    }
                    socket.flush_by(&mut sending).await?;
                }
                // One who takes too little.
                Err(RecvError::Lagged(_)) => {
                    return socket.close((CloseCode::POLICY, "too slow")).await;
                }
                Err(RecvError::Closed) => return socket.close(CloseCode::GOING_AWAY).await,
            },
        }
    }
}
