//! An HTTP/2 client by prior knowledge, without TLS: fetches paths of one server over one connection,
//! all at once, or sends a file to a path.
//!
//! ```text
//! cargo run --release -p segue-http2 --example client -- 127.0.0.1:8080 / /20 /1000000
//! cargo run --release -p segue-http2 --example client -- 127.0.0.1:8080 --send Cargo.lock /
//! cargo run --release -p segue-http2 --example client -- 127.0.0.1:8080 --stay 5 /
//! ```
//!
//! The driver is the blocking one. It prints the head of each response and the length of its content.
//! With `--stay` it keeps the connection after the last response until the server closes it, or says
//! nothing for that many seconds; else it leaves at once.

#![allow(missing_docs, reason = "a program, not a library")]

use std::{collections::BTreeMap, env, error::Error, fs, net::TcpStream, time::Duration};

use bytes::Bytes;
use segue::driver::{Options, SocketTimer, sync::Connection};
use segue_http::{Fields, Length, RequestHead};
use segue_http2::{Limits, Session, What, frame::StreamId};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1).collect::<Vec<_>>().into_iter().peekable();
    let address = arguments.next().ok_or("which server?")?;
    let mut content = None;
    if arguments.next_if(|argument| argument == "--send").is_some() {
        content = Some(Bytes::from(fs::read(arguments.next().ok_or("which file?")?)?));
    }
    let mut stay = None;
    if arguments.next_if(|argument| argument == "--stay").is_some() {
        stay = Some(Duration::from_secs(arguments.next().ok_or("how many seconds?")?.parse()?));
    }

    let socket = TcpStream::connect(&address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    socket.set_write_timeout(Some(Duration::from_secs(30)))?;
    let limits = Limits::DEFAULT;
    let options = Options::new().max_record(limits.frames.block + 1024);
    let mut connection = Connection::new(socket, Session::client(limits)).with_options(options);

    let mut lengths = BTreeMap::<StreamId, (String, usize)>::new();
    let mut paths = arguments.peekable();
    let streams = connection.stage_mut().streams();
    // As many at a time as a server takes that has said nothing yet.
    while lengths.len() < 100
        && let Some(path) = paths.next()
    {
        let request = RequestHead {
            method: if content.is_some() { b"POST" } else { b"GET" },
            scheme: b"http",
            authority: address.as_bytes(),
            path: path.as_bytes(),
            protocol: None,
            fields: Fields::EMPTY,
            length: if content.is_some() { Length::Open } else { Length::None },
            expects: false,
            early_data: false,
        };
        let stream = streams.open(&request)?;
        if let Some(content) = &content {
            streams.put_bytes(stream, content.clone())?;
            streams.end(stream, Fields::EMPTY)?;
        }
        lengths.insert(stream, (path, 0));
    }

    let mut left = lengths.len();
    while left > 0
        && let Some(turn) = connection.turn()?
    {
        let event = turn.item;
        let (stream, streams) = (event.stream, event.streams);
        let Some((path, length)) = lengths.get_mut(&stream) else { continue };
        let is_over = match event.what {
            What::Response(head) => {
                println!("{path}: {}", head.status);
                for field in head.fields.iter() {
                    println!("    {}: {}", field.name_text(), field.value.escape_ascii());
                }
                head.length == Length::None
            }
            What::Data(data) => {
                *length += data.len();
                streams.release(stream, data.len());
                false
            }
            What::End(_) => true,
            What::Reset(code) => {
                println!("{path}: reset, {code}");
                true
            }
            What::Failed(error) => {
                println!("{path}: {error}");
                true
            }
            _ => false,
        };
        if is_over {
            println!("{path}: {length} bytes");
            streams.let_go(stream);
            left -= 1;
        }
    }
    if let Some(stay) = stay {
        let mut timer = SocketTimer::new(connection.io().try_clone()?);
        connection.deadlines_mut().idle = stay;
        loop {
            match connection.turn_by(&mut timer) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) if error.late().is_some() => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    connection.stage_mut().streams().drain();
    connection.flush()?;
    Ok(())
}
