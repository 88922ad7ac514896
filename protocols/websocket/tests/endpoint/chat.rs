//! The room of the example `chat`: who does not listen is let go, and holds nobody up.

#[path = "../../examples/chat/room.rs"]
mod room;

use room::{PATIENCE, room, visit};
use segue_websocket::{CloseCode, OwnedMessage, Prepared, endpoint::Error, tokio::WebSocket};
use std::time::Duration;
use tokio::{io::duplex, time::Instant};

type Visit = tokio::task::JoinHandle<Result<(), Error>>;

/// Enters a room, over a pipe that holds little.
async fn enter(room: &room::Room, name: &str) -> (WebSocket<tokio::io::DuplexStream>, Visit) {
    let (there, here) = duplex(1000);
    let visit = tokio::spawn(visit(there, room.clone()));
    let mut socket = WebSocket::connect(here, "localhost", &format!("/{name}")).await.unwrap();
    let welcome = socket.next().await.unwrap().unwrap();
    assert_eq!(welcome.into_text().unwrap(), format!("welcome, {name}"));
    (socket, visit)
}

#[tokio::test(start_paused = true)]
async fn one_who_does_not_listen_is_let_go() {
    let room = room();
    let (mut ann, of_ann) = enter(&room, "ann").await;
    let (_deaf, of_deaf) = enter(&room, "deaf").await;
    let begun = Instant::now();
    let word = "x".repeat(4000);
    for i in 0..100 {
        ann.send(format!("{i}{word}")).await.unwrap();
        let heard = ann.next().await.unwrap().unwrap();
        assert!(heard.into_text().unwrap().starts_with(&format!("ann: {i}x")));
    }
    assert_eq!(begun.elapsed(), Duration::ZERO, "nobody waits for the other");
    let ended = of_deaf.await.unwrap();
    assert!(
        matches!(&ended, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::TimedOut)
    );
    assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
    assert_eq!(room.receiver_count(), 1);
    ann.close(CloseCode::NORMAL).await.unwrap();
    of_ann.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_who_listens_too_slowly_is_told_so() {
    let room = room();
    let (mut slow, of_slow) = enter(&room, "slow").await;
    // More than the room keeps, at once.
    for i in 0..20_000 {
        room.send(Prepared::from(format!("{i}"))).unwrap();
    }
    let mut last = None;
    while let Some(message) = slow.next().await.unwrap() {
        last = Some(message);
    }
    let told = (CloseCode::POLICY, "too slow".into());
    assert_eq!(last, Some(OwnedMessage::Close(Some(told))));
    slow.close(None).await.unwrap();
    of_slow.await.unwrap().unwrap();
}
