//! Bytes that a task has for a method of a connection while it waits in it. A task is as large as
//! the largest of what it ever awaits, for as long as it lives.

use segue::{
    driver::tokio::{Connection, TokioTimer},
    length,
};
use std::mem::size_of_val;
use tokio::io::{DuplexStream, duplex};

use crate::knock::Knock;

/// The bound on the future of a method, with an item of two words.
const MOST: usize = 128;

/// Holds the futures of methods to a size.
macro_rules! at_most {
    ($($future:expr),+ $(,)?) => {$(
        let size = size_of_val(&$future);
        assert!(size <= MOST, "{size} bytes: {}", stringify!($future));
    )+};
}

#[test]
fn methods_are_small_to_await() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let (mut timer, mut prefix) = (TokioTimer::new(), length::u8());
    let mut connection = Connection::new(duplex(64).0, length::u8());
    at_most!(
        connection.turn(),
        connection.turn_by(&mut timer),
        connection.ready(),
        connection.queue(&mut prefix, b"hello"),
        connection.send(&mut prefix, b"hello"),
        connection.send_by(&mut prefix, b"hello", &mut timer),
        connection.flush(),
        connection.close_write(),
        connection.close(1024),
        connection.close_by(1024, &mut timer),
        connection.close_unbounded(1024),
    );
    let mut connection: Connection<DuplexStream, ()> = Connection::new(duplex(64).0, ());
    let mut knock = Knock::default();
    at_most!(connection.exchange(&mut knock), connection.exchange_by(&mut knock, &mut timer));
}
