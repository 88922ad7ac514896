//! The suite over futures-io.

macro_rules! play {
    ($body:block) => {
        smol::block_on(smol::future::or(async { $body }, async {
            smol::Timer::after(crate::PATIENCE).await;
            panic!("it has stopped")
        }))
    };
}

macro_rules! wait {
    ($call:expr) => {
        $call.await
    };
}

macro_rules! both {
    ($one:block, $two:block) => {
        smol::future::zip(async move { $one }, async move { $two }).await
    };
}

pub(crate) use segue::driver::futures::Connection;
use smol::net::TcpStream;

pub(crate) fn pair() -> (Connection<TcpStream, ()>, Connection<TcpStream, ()>) {
    let (one, two) = crate::sockets();
    let polled = |socket| {
        let socket = smol::Async::<std::net::TcpStream>::new(socket).unwrap();
        Connection::new(TcpStream::from(socket), ())
    };
    (polled(one), polled(two))
}

#[path = "suite.rs"]
mod suite;
