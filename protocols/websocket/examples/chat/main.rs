//! A chat room: what one says, all hear. Each message is prepared once, however
//! many listen, and one who does not listen is let go.
//!
//! ```text
//! cargo run --release -p segue-websocket --example chat -- --listen 127.0.0.1:9002
//! cargo run --release -p segue-websocket --example chat -- --people 500
//! ```
//!
//! The first serves whoever connects, a name taken from the target: `ws://127.0.0.1:9002/ann`. The
//! second has so many people connect by themselves and say a word each, sees that all of them hear
//! every word once, and tells how long it took.
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod room;

use clap::Parser;
use room::{room, visit};
use segue_websocket::{CloseCode, OwnedMessage, endpoint::Error, tokio::WebSocket};
use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinSet};

/// A chat room on WebSockets.
#[derive(Parser)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Has so many people talk in this process, and ends when all have heard all.
    #[arg(long)]
    people: Option<usize>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    println!("ws://{address}/your-name is a chat room");
    let open = open(listener);
    match arguments.people {
        Some(people) => tokio::select! {
            ended = open => Ok(ended?),
            talked = talk(address, people) => talked,
        },
        None => Ok(open.await?),
    }
}

/// The number of people that the room has seats for.
const PEOPLE: usize = 5000;

/// Lets people in.
async fn open(listener: TcpListener) -> io::Result<()> {
    let room = room();
    loop {
        let socket = match listener.accept().await {
            // Beyond these, people are turned away at once.
            Ok((socket, _)) if room.receiver_count() < PEOPLE => socket,
            Ok(_) => continue,
            Err(error) => {
                // Without descriptors, for one, or somebody has gone already. That passes.
                eprintln!("accept: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let room = room.clone();
        tokio::spawn(async move {
            let _ = socket.set_nodelay(true); // a word should not wait for the next
            if let Err(error) = visit(socket, room).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Has `people` connect, say a word each, and hear them all.
async fn talk(address: SocketAddr, people: usize) -> Result<(), Error> {
    let mut crowd = Vec::with_capacity(people);
    for i in 0..people {
        let mut socket = WebSocket::connect_to(&format!("ws://{address}/person-{i}")).await?;
        // All are in the room once all were welcomed.
        let welcome = socket.next().await?;
        assert_eq!(welcome, Some(OwnedMessage::Text(format!("welcome, person-{i}"))));
        crowd.push(socket);
    }
    let begun = Instant::now();
    let mut stays = JoinSet::new();
    for mut socket in crowd {
        stays.spawn(async move {
            socket.send("hello").await?;
            let mut said = vec![false; people];
            for _ in 0..people {
                let Some(OwnedMessage::Text(text)) = socket.next().await? else {
                    return Err(Error::Closed);
                };
                let by = text.strip_prefix("person-").and_then(|rest| rest.strip_suffix(": hello"));
                let by: usize = by.and_then(|by| by.parse().ok()).ok_or(Error::Closed)?;
                assert!(!std::mem::replace(&mut said[by], true), "person {by} was heard twice");
            }
            Ok(socket)
        });
    }
    let crowd = stays.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let time = begun.elapsed();
    for mut socket in crowd {
        socket.close(CloseCode::NORMAL).await?;
    }
    let messages = people * people;
    println!(
        "{people} people heard {people} words each in {time:.0?}: {:.2} million messages a second",
        messages as f64 / time.as_secs_f64() / 1e6
    );
    Ok(())
}
