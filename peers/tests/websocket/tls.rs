//! Blocking WebSockets over rustls.

use rustls::{
    ClientConfig, ClientConnection, ConnectionCommon, RootCertStore, ServerConfig,
    ServerConnection, SideData, StreamOwned, pki_types::PrivatePkcs8KeyDer,
};
use segue_websocket::{
    CloseCode, Limits, OwnedMessage,
    endpoint::Error,
    sync::{OverSocket, WebSocket},
};
use std::{
    io,
    net::{TcpListener, TcpStream},
    ops::{Deref, DerefMut},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

type Tls<C> = OverSocket<StreamOwned<C, TcpStream>, TcpStream>;

fn wrapped<C, S>(connection: C, socket: TcpStream) -> Tls<C>
where
    C: DerefMut + Deref<Target = ConnectionCommon<S>>,
    S: SideData,
{
    OverSocket::new(
        StreamOwned::new(connection, socket),
        |tls| &tls.sock,
        |tls| {
            tls.conn.send_close_notify();
            while tls.conn.wants_write() {
                tls.conn.write_tls(&mut tls.sock)?;
            }
            Ok(())
        },
    )
}

/// Both configurations, with a certificate of their own.
fn configurations() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

/// Runs both ends over TLS.
fn between<R: Send + 'static>(
    server: impl FnOnce(WebSocket<Tls<ServerConnection>>) -> R + Send + 'static,
    client: impl FnOnce(WebSocket<Tls<ClientConnection>>),
) -> R {
    let (of_server, of_client) = configurations();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let tls = ServerConnection::new(of_server).unwrap();
        server(WebSocket::accept(wrapped(tls, listener.accept().unwrap().0)).unwrap())
    });
    let name = "localhost".try_into().unwrap();
    let tls = ClientConnection::new(of_client, name).unwrap();
    let io = wrapped(tls, TcpStream::connect(address).unwrap());
    client(WebSocket::connect(io, "localhost", "/").unwrap());
    serving.join().unwrap()
}

fn echo(mut socket: WebSocket<Tls<ServerConnection>>) -> Result<(), Error> {
    while let Some(message) = socket.next()? {
        socket.queue(message)?;
    }
    socket.close(CloseCode::NORMAL)
}

#[test]
fn messages_come_back_and_both_close() {
    let served = between(echo, |mut socket| {
        assert!(socket.get_ref().get_ref().conn.negotiated_cipher_suite().is_some());
        for length in [0, 1, 126, 70_000, 1 << 20] {
            let message = OwnedMessage::from(vec![7; length]);
            socket.send(&message).unwrap();
            assert_eq!(socket.next().unwrap(), Some(message));
        }
        socket.close((CloseCode(4000), "enough")).unwrap();
        // The time-outs of a bounded close are gone again.
        assert_eq!(socket.get_ref().get_ref().sock.read_timeout().unwrap(), None);
    });
    served.unwrap();
}

/// Browsers, and many libraries, leave out the close_notify.
#[test]
fn a_peer_that_cuts_the_connection_behind_its_close_frame_is_no_error() {
    let served = between(echo, |mut socket| {
        socket.send(segue_websocket::Outgoing::Close(None)).unwrap();
        assert_eq!(socket.next().unwrap(), Some(OwnedMessage::Close(None)));
        assert_eq!(socket.next().unwrap(), None);
    });
    served.unwrap();
}

#[test]
fn a_peer_that_breaks_a_rule_gets_the_close_frame() {
    let served = between(
        |socket| {
            let mut socket = socket.read_with(|messages| messages.limits(Limits::message(1000)));
            socket.next().map(drop).unwrap_err().close_code()
        },
        |mut socket| {
            socket.queue(vec![0; 4 << 20]).unwrap();
            socket.flush().unwrap();
            let last = socket.next().unwrap();
            assert!(matches!(last, Some(OwnedMessage::Close(Some((CloseCode::TOO_BIG, _))))));
            socket.close(None).unwrap();
        },
    );
    assert_eq!(served, Some(CloseCode::TOO_BIG));
}

#[test]
fn a_close_that_is_not_answered_is_given_up() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    between(
        move |socket| {
            wait.recv().unwrap_err(); // it reads nothing meanwhile
            drop(socket);
        },
        |mut socket| {
            socket.connection_mut().options_mut().linger = Duration::from_millis(200);
            let begun = Instant::now();
            let closed = socket.close(CloseCode::NORMAL);
            assert!(matches!(closed, Err(Error::Unanswered)), "{closed:?}");
            assert!(begun.elapsed() < Duration::from_secs(5));
            drop(done);
        },
    );
}

#[test]
fn a_stream_that_is_cut_in_the_middle_is_an_error() {
    let served = between(echo, |mut socket| {
        socket.send("half of it").unwrap();
        drop(socket);
    });
    let Err(error) = served else { panic!("it is taken for an end") };
    let is_cut = match &error {
        Error::Io(error) => {
            error.kind() == io::ErrorKind::UnexpectedEof
                || error.kind() == io::ErrorKind::ConnectionReset
        }
        _ => false,
    };
    assert!(is_cut, "{error:?}");
    assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL));
}
