//! The servers, each as its documentation has it. All take records behind four bytes of length.

use std::{error::Error, io, net::TcpStream, sync::Arc};

use futures_util::StreamExt;
use rustls::{ServerConfig, ServerConnection};
use segue::{driver, length};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// Serves one connection until its end.
pub(crate) type Serve = fn(TcpStream, Arc<ServerConfig>) -> Outcome;

pub(crate) const OURS: &str = "segue, tokio";
pub(crate) const PEER: &str = "tokio-rustls and Framed";

pub(crate) const ALL: &[(&str, Serve)] = &[
    (OURS, |socket, config| on_tokio(async { ours(polled(socket)?, config).await })),
    ("segue, blocking", blocking),
    (PEER, |socket, config| on_tokio(async { theirs(polled(socket)?, config).await })),
    ("rustls by hand, blocking", by_hand),
];

fn on_tokio(server: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(server)
}

fn polled(socket: TcpStream) -> io::Result<tokio::net::TcpStream> {
    socket.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(socket)
}

pub(crate) async fn ours<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    config: Arc<ServerConfig>,
) -> Outcome {
    let mut connection = driver::tokio::Connection::new(socket, ());
    let tls = connection.exchange(&mut segue_tls::server(config)?).await?;
    let mut connection = connection.layered(tls).begin(length::u32_be());
    while let Some(mut turn) = connection.turn().await? {
        turn.output.queue(&mut length::u32_be(), &turn.item[..])?;
    }
    connection.close(0).await?;
    Ok(())
}

fn blocking(socket: TcpStream, config: Arc<ServerConfig>) -> Outcome {
    let mut connection = driver::sync::Connection::new(socket, ());
    let tls = connection.exchange(&mut segue_tls::server(config)?)?;
    let mut connection = connection.layered(tls).begin(length::u32_be());
    while let Some(mut turn) = connection.turn()? {
        turn.output.queue(&mut length::u32_be(), &turn.item[..])?;
    }
    connection.close(0)?;
    Ok(())
}

pub(crate) async fn theirs<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    config: Arc<ServerConfig>,
) -> Outcome {
    let tls = tokio_rustls::TlsAcceptor::from(config).accept(socket).await?;
    let (sink, stream) = Framed::new(tls, LengthDelimitedCodec::new()).split();
    stream.map(|record| record.map(bytes::BytesMut::freeze)).forward(sink).await?;
    Ok(())
}

/// A loop over rustls's connection with a buffer for what is opened: all that a read brings is
/// echoed before the next.
fn by_hand(mut socket: TcpStream, config: Arc<ServerConfig>) -> Outcome {
    use std::io::{Read as _, Write as _};

    let mut tls = ServerConnection::new(config)?;
    let (mut plain, mut into) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        while tls.wants_write() {
            tls.write_tls(&mut socket)?;
        }
        if tls.read_tls(&mut socket)? == 0 {
            return Ok(());
        }
        let state = tls.process_new_packets()?;
        while let Ok(count @ 1..) = tls.reader().read(&mut into) {
            plain.extend_from_slice(&into[..count]);
        }
        let mut rest = &plain[..];
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            if length > 8 << 20 {
                return Err(io::Error::from(io::ErrorKind::InvalidData).into());
            }
            if behind.len() < length {
                break;
            }
            let (record, behind) = rest.split_at(4 + length);
            tls.writer().write_all(record)?;
            // rustls takes 64 KiB at a time.
            while tls.wants_write() && record.len() > 8000 {
                tls.write_tls(&mut socket)?;
            }
            rest = behind;
        }
        let held = rest.len();
        plain.drain(..plain.len() - held);
        if state.peer_has_closed() {
            tls.send_close_notify();
            while tls.wants_write() {
                tls.write_tls(&mut socket)?;
            }
            return Ok(());
        }
    }
}
