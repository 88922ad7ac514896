//! The same small HTTP/1.1 server twice, on one thread: by segue and by hyper. `benches/wrk` puts
//! them under load in turns. Both send a `Date`.
//!
//! ```text
//! cargo run --release -p segue-benches --example http1_server -- segue 127.0.0.1:8080
//! ```

use std::{convert::Infallible, env, io, net::SocketAddr, time::SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use segue::driver::{Turn, tokio::Connection};
use segue_http1::{RequestEvent, ResponseParts, Whole};
use tokio::net::{TcpListener, TcpStream};

const BODY: &str = "Hello, World!";

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(which), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: http1_server segue|hyper ADDRESS"));
    };
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        if which == "hyper" {
            tokio::spawn(async move {
                // A client that leaves is no news to a benchmark.
                let _ = by_hyper(socket).await;
            });
        } else {
            tokio::spawn(async move {
                let _ = by_segue(socket).await;
            });
        }
    }
}

async fn by_segue(socket: TcpStream) -> io::Result<()> {
    let (requests, mut writer) = segue_http1::server();
    let mut connection = Connection::new(socket, requests);
    while let Some(Turn { item, mut output }) = connection.turn().await? {
        if let RequestEvent::End = item {
            let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            writer.set_time(since_1970.unwrap_or_default());
            let head = ResponseParts::new(200, [("Content-Type", "text/plain")]);
            output
                .queue(&mut writer, Whole::new(head, BODY.as_bytes()))
                .map_err(io::Error::other)?;
        }
    }
    connection.close(1024).await.map(drop)
}

async fn by_hyper(socket: TcpStream) -> Result<(), hyper::Error> {
    http1::Builder::new()
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(socket), service_fn(answer))
        .await
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
    let kind = hyper::header::HeaderValue::from_static("text/plain");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    Ok(response)
}
