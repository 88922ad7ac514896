//! Little input that becomes much: it is worked through in many polls and not in one.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use segue::{
    DecodeExt,
    driver::{Deadlines, tokio as polled},
    separator,
};

use crate::expanders::{Inflate, deflated};

/// Counts the times that a connection comes to rest while it gives, or absorbs, a million lines out
/// of few bytes, all of which are there.
fn rests(absorbs: bool, by_timer: bool) -> usize {
    const LINES: usize = 1_000_000;
    let packed = deflated(&b"a line\n".repeat(LINES));
    assert!(packed.len() < 20_000);
    let io = tokio::io::join(std::io::Cursor::new(packed), tokio::io::sink());
    let lines = separator::line().absorbing(move |_| absorbs);
    let mut connection =
        polled::Connection::new(io, Inflate::new().nested(lines)).with_deadlines(Deadlines::new());
    let mut timer = polled::TokioTimer::new();
    let mut cx = Context::from_waker(Waker::noop());
    let (mut items, mut rests) = (0, 0);
    loop {
        let turn = async {
            if by_timer {
                connection.turn_by(&mut timer).await.map(|turn| turn.is_some())
            } else {
                connection.turn().await.map(|turn| turn.is_some())
            }
        };
        match pin!(turn).as_mut().poll(&mut cx) {
            Poll::Pending => rests += 1,
            Poll::Ready(Ok(true)) => items += 1,
            Poll::Ready(Ok(false)) => break,
            Poll::Ready(Err(error)) => panic!("{error:?}"),
        }
    }
    assert_eq!(items, if absorbs { 0 } else { LINES });
    rests
}

#[test]
fn a_poll_of_an_expanding_stage_is_bounded() {
    let runtime = crate::sockets::runtime();
    let _inside = runtime.enter();
    for absorbs in [false, true] {
        for by_timer in [false, true] {
            // Seven megabytes of lines, at a megabyte of work a poll.
            let rests = rests(absorbs, by_timer);
            assert!(rests >= 6, "it came to rest {rests} times, absorbing {absorbs}");
        }
    }
}
