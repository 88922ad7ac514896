//! Two connections that talk to each other through a narrow pipe.

use std::{io::Write, task::Poll};

use segue::{
    Handoff,
    driver::{Options, Turn},
};

use super::Connection;
use crate::{
    pipe::pipe,
    talk::{Talk, messages},
};

/// One poll of a peer that sends `$count` messages, flushes, and then listens to as many.
macro_rules! step {
    ($connection:expr, $sent:expr, $heard:expr, $count:expr, $text:expr) => {
        if $sent < $count {
            let sent = once!($connection.queue(&mut Talk::default(), $text.as_bytes()));
            $sent += usize::from(sent.map(Result::unwrap).is_ready());
        } else if $sent == $count {
            let flushed = once!($connection.flush());
            $sent += usize::from(flushed.map(Result::unwrap).is_ready());
        } else if $heard < $count {
            if let Poll::Ready(turn) = once!($connection.turn()) {
                assert_eq!(turn.unwrap().unwrap().item.len(), $text.len());
                $heard += 1;
            }
        }
    };
}

#[test]
fn peers_that_send_at_each_other_do_not_stop() {
    play!({
        let text = "something to say";
        // Either the output takes it all and the flush waits, or sending waits for room already.
        for high_water in [16, 100_000] {
            let (left, right) = pipe(64);
            let options = Options::new().nonblocking(true).high_water(high_water).read_size(16);
            let left = Handoff::new(left, &[][..]);
            let right = Handoff::new(right, &[][..]);
            let mut left = Connection::from_handoff(left, Talk::default()).with_options(options);
            let mut right = Connection::from_handoff(right, Talk::default()).with_options(options);
            let (mut left_sent, mut left_heard) = (0, 0);
            let (mut right_sent, mut right_heard) = (0, 0);
            for turns in 0.. {
                step!(left, left_sent, left_heard, 100, text);
                step!(right, right_sent, right_heard, 100, text);
                if left_heard + right_heard == 200 {
                    break;
                }
                assert!(turns < 10_000, "two peers have stopped");
            }
        }
    });
}

#[test]
fn an_echo_comes_back_whole() {
    play!({
        let (left, right) = pipe(7);
        let mut server = Connection::new(right, Talk::default());
        let mut client = Connection::new(left, Talk::default());
        let mut heard = Vec::new();
        for text in ["one", "", "a longer one than there is room for"] {
            wait!(client.queue(&mut Talk::default(), text.as_bytes())).unwrap();
            let (sent, came) = both!(client.flush(), server.ready());
            sent.unwrap();
            assert!(came.unwrap());
            {
                let Turn { item, mut output } = wait!(server.turn()).unwrap().unwrap();
                output.queue(&mut Talk::default(), item).unwrap();
            }
            let (sent, came) = both!(server.flush(), client.ready());
            sent.unwrap();
            assert!(came.unwrap());
            heard.extend_from_slice(&messages([std::str::from_utf8(
                client.take().unwrap().unwrap(),
            )
            .unwrap()]));
        }
        assert_eq!(heard, messages(["one", "", "a longer one than there is room for"]));
    });
}

/// Each has queued more than the line holds, and neither reads any more.
#[test]
fn peers_that_close_at_each_other_do_not_stop() {
    play!({
        for max_read_ahead in [0, 100, 100_000] {
            let (left, right) = pipe(64);
            let options = Options::new().nonblocking(true).read_size(16);
            let options = options.max_read_ahead(max_read_ahead);
            let mut left = Connection::new(left, Talk::default()).with_options(options);
            let mut right = Connection::new(right, Talk::default()).with_options(options);
            left.output_mut().put(&[b'l'; 10_000]);
            right.output_mut().put(&[b'r'; 10_000]);
            let (mut left_ended, mut right_ended) = (false, false);
            for turns in 0.. {
                if !left_ended {
                    left_ended = once!(left.close_unbounded(20_000)).map(Result::unwrap).is_ready();
                }
                if !right_ended {
                    right_ended =
                        once!(right.close_unbounded(20_000)).map(Result::unwrap).is_ready();
                }
                if left_ended && right_ended {
                    break;
                }
                assert!(turns < 10_000, "two peers wait for each other");
            }
            // A caller with a smaller limit reads no more than that.
            let (near, mut far) = pipe(64);
            let mut near = Connection::new(near, Talk::default()).with_options(options);
            near.output_mut().put(&[b'l'; 10_000]);
            for _ in 0..1000 {
                let _ = far.write(&[b'r'; 64]);
                assert!(once!(near.close_unbounded(1000)).is_pending());
            }
            assert_eq!(near.position(), 1000_u64.next_multiple_of(16));
        }
    });
}
