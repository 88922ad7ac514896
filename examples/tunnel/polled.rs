//! Both ends over a polled connection, the same for tokio and futures-io.

use futures_util::{
    StreamExt,
    future::{join, try_join, try_join_all},
    stream,
};
use segue::driver::{
    Connection, Options, PollTransport, Timer, Turn,
    streams::{Driver, Endpoint, Stream},
};
use segue_websocket::{ClientHandshake, ServerHandshake};
use segue_yamux::Session;
use std::{future::poll_fn, io, pin::pin, time::Duration};

use crate::{
    CLIENTS, PATIENCE, Visit,
    stack::{Books, DRAIN, Yamux, deadlines, greeting, limits, options},
    work::{Inside, Kind, TALKS, Talk, cut_short},
};

/// Accepts all clients, and serves each for as long as it keeps its deadlines. One that fails ends
/// alone.
pub async fn serve<T: PollTransport, M: Timer>(
    accept: impl AsyncFn() -> io::Result<Connection<T, ()>>,
    timer: fn() -> M,
) -> Vec<Visit> {
    let accept = &accept;
    let clients = stream::iter(0..CLIENTS).then(|_| next_client(accept, timer));
    let visits = clients.map(|connection| async move {
        let books = Books::new();
        let end = serve_client(connection, &books, timer).await;
        Visit { books, end }
    });
    visits.buffer_unordered(CLIENTS).collect().await
}

/// Returns the next client, past those that could not be accepted: those that have left already,
/// and all while there is no free descriptor.
async fn next_client<T, M: Timer>(accept: &impl AsyncFn() -> io::Result<T>, timer: fn() -> M) -> T {
    loop {
        match accept().await {
            Ok(client) => return client,
            Err(error) => eprintln!("a client could not be accepted: {error}"),
        }
        sleep(PATIENCE, timer()).await;
    }
}

async fn serve_client<T: PollTransport, M: Timer>(
    connection: Connection<T, ()>,
    books: &Books,
    timer: fn() -> M,
) -> io::Result<()> {
    let mut connection = connection.with_options(options()).with_deadlines(greeting());
    let mut clock = timer();
    let mut handshake = books.handshake(ServerHandshake::new());
    let accepted = connection.exchange_by(&mut handshake, &mut clock).await?;
    let connection = books.over(connection, accepted.tunnel()).with_deadlines(deadlines());
    let session = books.session(Session::server().limits(limits()));
    let (endpoint, driver) = connection.begin(session).into_streams();
    let (driven, served) = join(drive(driver, clock), serve_streams(endpoint, timer)).await;
    driven.and(served)
}

/// Does the I/O of the streams, until the session is over, and ends the tunnel.
async fn drive<T: PollTransport>(
    mut driver: Driver<T, Yamux>,
    mut clock: impl Timer,
) -> io::Result<()> {
    driver.run_by(&mut clock).await?;
    driver.connection_mut().close_by(DRAIN, &mut clock).await?;
    Ok(())
}

/// Serves all streams at once: the session's limit bounds their number.
async fn serve_streams<M: Timer>(endpoint: Endpoint<Yamux>, timer: fn() -> M) -> io::Result<()> {
    let streams = stream::unfold(endpoint, |endpoint| async {
        // The driver reports why the session has failed.
        let stream = endpoint.accept().await.ok()??;
        Some((stream, endpoint))
    });
    let mut ends = pin!(
        streams.map(|stream| serve_stream(stream, timer())).buffer_unordered(limits().streams)
    );
    let mut served = Ok(());
    while let Some(end) = ends.next().await {
        // The others go on.
        served = served.and(end);
    }
    served
}

/// Echoes a stream, of either kind.
async fn serve_stream(stream: Stream<Yamux>, mut clock: impl Timer) -> io::Result<()> {
    let connection = Connection::over(stream, Options::new()).with_deadlines(deadlines());
    let mut connection = connection.begin(Inside::opening());
    let Some(Turn { item, .. }) = connection.turn_by(&mut clock).await? else { return Ok(()) };
    let mut kind = Kind::announced(item.as_ref())?;
    let mut connection = connection.follow(|_| kind.stage())?;
    while let Some(Turn { item, mut output }) = connection.turn_by(&mut clock).await? {
        output.queue(&mut kind, item.as_ref())?;
        // A little output leaves with what follows, before the connection waits.
        if !output.has_room() {
            connection.flush_by(&mut clock).await?;
        }
    }
    connection.close_by(DRAIN, &mut clock).await?;
    Ok(())
}

/// Sends everything on all streams at once, and expects it back.
pub async fn talk<T: PollTransport, M: Timer>(
    connection: Connection<T, ()>,
    timer: fn() -> M,
) -> io::Result<Books> {
    let books = Books::new();
    let mut connection = connection.with_options(options()).with_deadlines(greeting());
    let mut clock = timer();
    let mut handshake = books.handshake(ClientHandshake::new("tunnel.example", "/tunnel"));
    let opened = connection.exchange_by(&mut handshake, &mut clock).await?;
    let connection = books.over(connection, opened.tunnel()).with_deadlines(deadlines());
    let session = books.session(Session::client().limits(limits()));
    let (endpoint, driver) = connection.begin(session).into_streams();
    let talks = async move {
        let mut talks = Vec::new();
        for talk in &TALKS {
            talks.push(hold(endpoint.open().await?, talk, timer));
        }
        // The session ends once all of them are over and the endpoint is gone.
        try_join_all(talks).await
    };
    let (driven, talked) = join(drive(driver, clock), talks).await;
    driven.and(talked)?;
    Ok(books)
}

/// Sends by one half of a stream's connection and receives by the other.
async fn hold<M: Timer>(stream: Stream<Yamux>, talk: &Talk, timer: fn() -> M) -> io::Result<()> {
    let connection = Connection::over(stream, Options::new()).with_deadlines(deadlines());
    let mut connection = connection.begin(talk.kind.stage());
    talk.kind.announce(connection.output_mut());
    let (mut receiver, mut sender) = connection.split();
    let send = async {
        let (mut kind, mut clock) = (talk.kind, timer());
        for at in 0..talk.count {
            sender.queue_by(&mut kind, &talk.item(at)[..], &mut clock).await?;
        }
        sender.flush_by(&mut clock).await?;
        sender.close_write().await
    };
    let receive = async {
        let mut clock = timer();
        for at in 0..talk.count {
            let turn = receiver.turn_by(&mut clock).await?;
            talk.check(at, turn.ok_or_else(|| cut_short(talk, at))?.item.as_ref())?;
        }
        match receiver.turn_by(&mut clock).await? {
            None => Ok(()),
            Some(_) => Err(io::Error::other("more came back than was said")),
        }
    };
    try_join(send, receive).await.map(drop)
}

async fn sleep(time: Duration, mut timer: impl Timer) {
    let until = timer.now() + time;
    poll_fn(|cx| timer.poll_at(cx, until)).await;
}
