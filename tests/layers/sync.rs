//! The suite over `std::io`.

macro_rules! play {
    ($body:block) => {
        $body
    };
}

macro_rules! wait {
    ($call:expr) => {
        $call
    };
}

macro_rules! both {
    ($one:block, $two:block) => {
        std::thread::scope(|threads| {
            let one = threads.spawn(move || $one);
            let two = $two;
            (one.join().unwrap(), two)
        })
    };
}

pub(crate) use segue::driver::sync::Connection;

pub(crate) fn pair() -> (Connection<std::net::TcpStream, ()>, Connection<std::net::TcpStream, ()>) {
    let (one, two) = crate::sockets();
    (Connection::new(one, ()), Connection::new(two, ()))
}

#[path = "suite.rs"]
mod suite;
