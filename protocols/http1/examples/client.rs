//! A small curl: sends a request, and prints what comes back, trailers included.
//!
//! ```text
//! cargo run -p segue-http1 --example client -- http://127.0.0.1:8080/
//! cargo run -p segue-http1 --example client -- -d hello http://127.0.0.1:8080/
//! cargo run -p segue-http1 --example client -- -T big.bin --expect http://127.0.0.1:8080/ >copy
//! ```
//!
//! The body goes to stdout; heads and trailers go to stderr with `-i`. What is sent from a file, or
//! from stdin with `-T -`, goes in chunks, and is sent and received at the same time.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

use std::{io, time::Duration};

use clap::Parser;
use segue::driver::{
    Deadlines, Turn,
    tokio::{Connection, Tokio, TokioTimer},
};
use segue_http1::{
    End, Fields, RequestParts, Response, ResponseEvent, Target, Trailers, Whole, client,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// A small curl.
#[derive(Parser)]
struct Arguments {
    /// The URL: http://host:port/path.
    url: String,
    /// The method; GET without a body and POST with one, unless it is given.
    #[arg(short = 'X', long)]
    method: Option<String>,
    /// A body.
    #[arg(short, long, conflicts_with = "upload")]
    data: Option<String>,
    /// A file to be sent as the body, in chunks; `-` is stdin.
    #[arg(short = 'T', long)]
    upload: Option<String>,
    /// A header, `Name: value`; may be given again.
    #[arg(short = 'H', long = "header", value_parser = header)]
    headers: Vec<(String, String)>,
    /// A trailer behind a body in chunks, `Name: value`; may be given again.
    #[arg(long = "trailer", value_parser = header)]
    trailers: Vec<(String, String)>,
    /// Waits for `100 Continue` before the body is sent, but no longer than a second.
    #[arg(long)]
    expect: bool,
    /// Prints heads and trailers to stderr.
    #[arg(short, long)]
    include: bool,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("there is no colon in it")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let Some(Target::Absolute { scheme: "http", authority, rest }) = Target::read(&arguments.url)
    else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "only http://host:port/ is spoken",
        ));
    };
    let with_port = if authority.ends_with(']') || !authority.contains(':') {
        format!("{authority}:80")
    } else {
        authority.to_owned()
    };
    let connect = tokio::net::TcpStream::connect(with_port);
    let socket = tokio::time::timeout(Duration::from_secs(10), connect).await??;
    socket.set_nodelay(true)?;
    let (responses, writer) = segue_http1::client();
    // 30 s for a head, five minutes until the next piece comes, 30 s to have a piece taken.
    let connection = Connection::new(socket, responses).with_deadlines(Deadlines::new());
    let (reader, sender) = connection.split();
    // Both at once: an answer may come before the body has gone, and be as large.
    let (heard, knows) = tokio::sync::watch::channel(());
    let mut send = std::pin::pin!(send(&arguments, authority, rest, writer, sender, knows));
    let mut receive = std::pin::pin!(receive(reader, arguments.include, heard));
    tokio::select! {
        // A server that has answered to the end wants no more of the body.
        received = &mut receive => received,
        // One that has answered early may have closed by now: the answer counts, if there is one.
        sent = &mut send => receive.await.map_err(|error| sent.err().unwrap_or(error)),
    }
}

type Half<S> = segue::driver::Connection<segue::driver::Half<Tokio<tokio::net::TcpStream>>, S>;

async fn send(
    arguments: &Arguments,
    authority: &str,
    rest: &str,
    mut writer: client::Writer,
    mut connection: Half<()>,
    mut knows: tokio::sync::watch::Receiver<()>,
) -> io::Result<()> {
    let mut timer = TokioTimer::new();
    let has_body = arguments.data.is_some() || arguments.upload.is_some();
    let method = arguments.method.as_deref().unwrap_or(if has_body { "POST" } else { "GET" });
    let target = match rest {
        "" => "/".to_owned(),
        rest if rest.starts_with('/') => rest.to_owned(),
        query => format!("/{query}"),
    };
    let mut headers = vec![("Host", authority), ("User-Agent", "segue"), ("Connection", "close")];
    headers.extend(arguments.headers.iter().map(|(name, value)| (&**name, &**value)));
    if arguments.expect {
        headers.push(("Expect", "100-continue"));
    }
    let Some(upload) = &arguments.upload else {
        let body = arguments.data.as_deref().unwrap_or_default().as_bytes();
        let head = RequestParts::new(method, &target, headers);
        connection.queue_by(&mut writer, Whole::new(head, body), &mut timer).await?;
        return connection.flush_by(&mut timer).await;
    };
    headers.push(("Transfer-Encoding", "chunked"));
    connection
        .queue_by(&mut writer, RequestParts::new(method, &target, headers), &mut timer)
        .await?;
    connection.flush_by(&mut timer).await?;
    while writer.awaits_continue() {
        let heard = tokio::time::timeout(Duration::from_secs(1), knows.changed()).await;
        if !matches!(heard, Ok(Ok(()))) {
            break;
        }
    }
    let mut source: Box<dyn AsyncRead + Unpin> = match &**upload {
        "-" => Box::new(tokio::io::stdin()),
        path => Box::new(tokio::fs::File::open(path).await?),
    };
    let mut piece = vec![0; 16 * 1024];
    loop {
        let count = source.read(&mut piece).await?;
        if count == 0 {
            break;
        }
        connection.queue_by(&mut writer, &piece[..count], &mut timer).await?;
        connection.flush_by(&mut timer).await?;
    }
    if arguments.trailers.is_empty() {
        connection.queue_by(&mut writer, End, &mut timer).await?;
    } else {
        connection.queue_by(&mut writer, Trailers(&arguments.trailers), &mut timer).await?;
    }
    connection.flush_by(&mut timer).await
}

async fn receive(
    mut connection: Half<client::Reader>,
    include: bool,
    heard: tokio::sync::watch::Sender<()>,
) -> io::Result<()> {
    let mut stdout = tokio::io::stdout();
    let mut timer = TokioTimer::new();
    while let Some(Turn { item, .. }) = connection.turn_by(&mut timer).await? {
        heard.send_replace(());
        match item {
            ResponseEvent::Informational(head)
            | ResponseEvent::Head(head)
            | ResponseEvent::Switched(head)
                if include =>
            {
                print_head(&head);
            }
            ResponseEvent::Piece(piece) => stdout.write_all(piece).await?,
            ResponseEvent::Trailers(trailers) if include => print_headers(trailers),
            ResponseEvent::End => break,
            _ => {}
        }
    }
    stdout.flush().await
}

fn print_head(head: &Response<'_>) {
    eprintln!("{} {} {}", head.version(), head.status(), head.reason().escape_ascii());
    print_headers(head.headers());
}

fn print_headers(headers: Fields<'_>) {
    for header in headers.lines() {
        eprintln!("{}: {}", header.name_text(), header.value.escape_ascii());
    }
    eprintln!();
}
