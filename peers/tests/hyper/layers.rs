//! hyper over a layered connection, as a plain stream of bytes.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, service::service_fn};
use hyper_util::rt::TokioIo;
use segue::driver::{ByteStream, Layered, tokio as polled};
use std::{convert::Infallible, time::Duration};

use crate::{deflate::Deflate, numbered::Numbered};

type Stream<T> = ByteStream<Layered<Layered<polled::Tokio<T>, Numbered>, Deflate>>;

fn stream<T>(io: T) -> Stream<T>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let connection = polled::Connection::new(io, ());
    connection.layered(Numbered::default()).layered(Deflate::new()).into_byte_stream()
}

/// A hyper client asks a hyper server over two layers, with bodies longer than all buffers.
#[test]
fn hyper_speaks_over_two_layers() {
    const BODY: usize = 1 << 20;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, server) = tokio::io::duplex(10_000);
        let server = hyper::server::conn::http1::Builder::new().serve_connection(
            TokioIo::new(stream(server)),
            service_fn(|request: Request<hyper::body::Incoming>| async {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                Ok::<_, Infallible>(Response::new(Full::new(body)))
            }),
        );
        let client = async {
            let io = TokioIo::new(stream(client));
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            let asking = async {
                for _ in 0..3 {
                    let body = Full::new(Bytes::from(vec![7; BODY]));
                    let request = Request::post("/").header("host", "a").body(body).unwrap();
                    let response = sender.send_request(request).await.unwrap();
                    let body = response.into_body().collect().await.unwrap().to_bytes();
                    assert_eq!(body, vec![7; BODY]);
                }
                drop(sender);
            };
            let (connection, ()) = tokio::join!(connection, asking);
            connection.unwrap();
        };
        let both = async { tokio::join!(server, client) };
        let (served, ()) = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
        // The client is gone when the server says its layers' ends.
        assert!(served.is_ok() || served.is_err_and(|error| error.is_shutdown()));
    });
}
