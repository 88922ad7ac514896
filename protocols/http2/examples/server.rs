//! An HTTP/2 server by prior knowledge, without TLS, that answers with as many bytes as the path says
//! and sends back what it is sent.
//!
//! ```text
//! cargo run --release -p segue-http2 --example server -- 127.0.0.1:8080
//! curl --http2-prior-knowledge http://127.0.0.1:8080/20
//! curl --http2-prior-knowledge --data-binary @Cargo.lock http://127.0.0.1:8080/
//! h2load -n 100000 -c 10 -m 32 http://127.0.0.1:8080/20
//! ```
//!
//! The session lends each event with its streams, so a request is answered where it is met. Content
//! that is sent back is released when it has left, so a slow client holds up its own stream and no
//! memory.

#![allow(missing_docs, reason = "a program, not a library")]

use std::{env, error::Error, io, time::Duration};

use bytes::Bytes;
use segue::driver::{
    Options,
    tokio::{Connection, TokioTimer},
};
use segue_http::{Arena, Fields, Known, Length, ResponseHead};
use segue_http2::{Event, Limits, Session, What};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(&address).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                // One that cannot be accepted must not end the others.
                eprintln!("accept: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        tokio::spawn(async move {
            if let Err(error) = serve(socket).await {
                eprintln!("connection: {error}");
            }
        });
    }
}

async fn serve(socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let limits = Limits::DEFAULT;
    // A header block is one record.
    let options = Options::new().max_record(limits.frames.block + 1024);
    let mut connection = Connection::new(socket, Session::server(limits)).with_options(options);
    let mut timer = TokioTimer::new();
    while let Some(turn) = connection.turn_by(&mut timer).await? {
        answer(turn.item);
    }
    connection.close_by(limits.frames.block as u64, &mut timer).await.map(drop)
}

fn answer(event: Event<'_>) {
    let Event { stream, what, streams } = event;
    // A stream that is gone meanwhile is nothing that a server could do something about.
    let _ = match what {
        What::Request(head) => {
            let count = str::from_utf8(head.path).ok().and_then(|path| path[1..].parse().ok());
            let content = match count {
                Some(count) => Some(Bytes::from(vec![b'.'; usize::min(count, 100_000_000)])),
                None if head.length == Length::None => Some(Bytes::from_static(b"hello\n")),
                None => None,
            };
            let mut fields = Arena::new();
            let _ = fields.push_known(Known::Server, b"segue", 0);
            let mut length = Length::Open;
            if let Some(content) = &content {
                let _ = fields.push_known(
                    Known::ContentLength,
                    content.len().to_string().as_bytes(),
                    0,
                );
                let is_head = head.method == b"HEAD";
                length = if is_head { Length::None } else { Length::Known(content.len() as u64) };
            }
            let ends = length == Length::None;
            let response = ResponseHead { status: 200, fields: fields.fields(), length };
            let answered = streams.respond(stream, &response);
            match content {
                Some(content) => {
                    let whole = answered.and_then(|()| match ends {
                        true => Ok(()),
                        false => streams
                            .put_bytes(stream, content)
                            .and_then(|()| streams.end(stream, Fields::EMPTY)),
                    });
                    streams.let_go(stream);
                    whole
                }
                None => answered,
            }
        }
        What::Data(data) => {
            if data.len() >= 1024 {
                streams.put_bytes(stream, data.into_bytes())
            } else {
                streams.put(stream, &data)
            }
        }
        What::Sent(count) => {
            streams.release(stream, count);
            Ok(())
        }
        What::End(trailers) => {
            let ended = streams.end(stream, trailers);
            streams.let_go(stream);
            ended
        }
        What::Reset(_) | What::Stopped(_) | What::Failed(_) => {
            streams.let_go(stream);
            Ok(())
        }
        _ => Ok(()),
    };
}
