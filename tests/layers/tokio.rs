//! The suite over tokio.

macro_rules! play {
    ($body:block) => {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(
            async { tokio::time::timeout(crate::PATIENCE, async { $body }).await.unwrap() },
        )
    };
}

macro_rules! wait {
    ($call:expr) => {
        $call.await
    };
}

macro_rules! both {
    ($one:block, $two:block) => {
        tokio::join!(async move { $one }, async move { $two })
    };
}

use ::tokio::net::TcpStream;
pub(crate) use segue::driver::tokio::Connection;

pub(crate) fn pair() -> (Connection<TcpStream, ()>, Connection<TcpStream, ()>) {
    let (one, two) = crate::sockets();
    let polled = |socket: std::net::TcpStream| {
        socket.set_nonblocking(true).unwrap();
        Connection::new(TcpStream::from_std(socket).unwrap(), ())
    };
    (polled(one), polled(two))
}

#[path = "suite.rs"]
mod suite;
