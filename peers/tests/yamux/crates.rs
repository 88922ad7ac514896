//! Ends that others have written.

use std::{future::poll_fn, task::Poll};

use futures_util::io::AsyncReadExt as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};
use tokio_yamux::{config::Config, session::Session};

use super::payload;

/// Echoes everything a tokio-yamux stream receives, and never stops reading to write.
///
/// A stream of that crate learns of new credit only while somebody reads from it. A write that
/// waits for credit takes frames from the session but registers no waker for the next one. So
/// `tokio::io::copy`, which does not read while its buffer is full, waits for ever, and the session
/// then stops reading from the connection because the stream's queue is full. Seen in 0.3.20; a fix
/// is proposed in <https://github.com/nervosnetwork/tentacle/pull/455>.
async fn echo(stream: impl AsyncRead + AsyncWrite) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (pieces, mut queue) = mpsc::unbounded_channel();
    let read = async move {
        loop {
            let mut piece = Vec::with_capacity(8 * 1024);
            if reader.read_buf(&mut piece).await.unwrap() == 0 {
                break;
            }
            pieces.send(piece).unwrap();
        }
    };
    let write = async {
        while let Some(piece) = queue.recv().await {
            writer.write_all(&piece).await.unwrap();
        }
        writer.shutdown().await.unwrap();
    };
    tokio::join!(read, write);
}

/// Sends a payload and has it echoed.
async fn ask(stream: impl AsyncRead + AsyncWrite, size: usize) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (sent, mut echoed) = (payload(size, 2), Vec::new());
    let write = async {
        writer.write_all(&sent).await.unwrap();
        writer.flush().await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let (read, ()) = tokio::join!(reader.read_to_end(&mut echoed), write);
    read.unwrap();
    assert!(echoed == sent, "{} of {} came back", echoed.len(), sent.len());
}

/// The yamux crate. The task ends when all of its own streams are done; the connection goes on.
pub(crate) async fn yamux<T>(io: T, mode: yamux::Mode, sizes: &'static [usize]) -> JoinHandle<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut connection = yamux::Connection::new(io.compat(), yamux::Config::default(), mode);
    let mut streams = JoinSet::new();
    for size in sizes {
        let stream = poll_fn(|cx| connection.poll_new_outbound(cx)).await.unwrap();
        // It announces a stream by its first byte, and so not at all where there is none.
        if *size > 0 {
            streams.spawn(ask(stream.compat(), *size));
        }
    }
    tokio::spawn(async move {
        let next = |cx: &mut std::task::Context<'_>| match connection.poll_next_inbound(cx) {
            Poll::Ready(Some(Ok(stream))) => Poll::Ready(Some(stream)),
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        };
        let mut next = next;
        while let Some(stream) = poll_fn(&mut next).await {
            tokio::spawn(async move {
                let (reader, mut writer) = stream.split();
                let copied = futures_util::io::copy(reader, &mut writer).await;
                copied.unwrap();
                futures_util::io::AsyncWriteExt::close(&mut writer).await.unwrap();
            });
        }
    });
    tokio::spawn(async move {
        while let Some(done) = streams.join_next().await {
            done.unwrap();
        }
    })
}

/// The tokio-yamux crate.
pub(crate) async fn tokio_yamux<T>(io: T, client: bool, sizes: &'static [usize]) -> JoinHandle<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut session = match client {
        true => Session::new_client(io, Config::default()),
        false => Session::new_server(io, Config::default()),
    };
    let mut streams = JoinSet::new();
    for size in sizes {
        streams.spawn(ask(session.open_stream().unwrap(), *size));
    }
    tokio::spawn(async move {
        use futures_util::StreamExt;
        while let Some(Ok(stream)) = session.next().await {
            tokio::spawn(echo(stream));
        }
    });
    tokio::spawn(async move {
        while let Some(done) = streams.join_next().await {
            done.unwrap();
        }
    })
}
