//! Peers that send without end and read nothing: how much is held for them.

use std::task::Poll;

use segue::{
    Output,
    driver::{Options, Turn},
};

use super::Connection;
use crate::{
    script::Script,
    talk::{Talk, messages, record},
};

/// The most that one read brings, where reads were filled before.
const READ: usize = 8 * 16 * 1024;

#[test]
fn an_echo_that_waits_for_no_room_stops_at_the_marks() {
    play!({
        let request = messages([&"x".repeat(253)[..]]); // and its answer: 255 bytes
        let high_water = 10_000;
        let options = Options::new().nonblocking(true).high_water(high_water);
        // Requests come one by one, or many at a time. The bound is the high-water mark on
        // top of what was queued while there was room, which the last answer passes, and so does
        // the first one above the mark.
        let most = 2 * (high_water + 255);
        for (piece, most) in [(255, most), (64 * 1024, most + READ)] {
            let script =
                Script::new().gives_in_pieces(request.repeat(12_000), piece).write_stalls();
            let mut connection =
                Connection::new(script.clone(), Talk::default()).with_options(options);
            // Asked again and again it is as with one long wait, where every arrival wakes it.
            let mut stops = 0;
            while stops < 100 {
                match once!(connection.turn()) {
                    Poll::Ready(turn) => {
                        let Turn { item, mut output } = turn.unwrap().unwrap();
                        output.queue(&mut Talk::default(), item).unwrap();
                    }
                    Poll::Pending => stops += 1,
                }
                let (unsent, received) = (connection.output().len(), connection.buffer().len());
                assert!(unsent <= most, "{unsent} bytes of answers wait");
                assert!(received <= options.max_read_ahead.max(READ), "{received}");
            }
            assert!(!script.unread().is_empty());
            let held = (connection.buffer().capacity(), connection.output().capacity());
            assert_eq!(connection.held(), held.0 + held.1);
            assert!(held.0 <= options.max_read_ahead, "{held:?}");
            // Its memory may have been another connection's before.
            assert!(held.1 <= 4 * Output::HIGH_WATER, "{held:?}");
            // Once the peer reads it gets an answer to each.
            script.goes_on();
            let _ = script.clone().ends();
            let log = echo!(connection);
            assert!(log.ended);
            assert_eq!(script.written().len(), 12_000 * 255);
        }
    });
}

#[test]
fn an_echo_that_waits_for_room_stops_at_the_marks() {
    play!({
        let request = messages([&"x".repeat(253)[..]]);
        let options = Options::new().nonblocking(true).high_water(10_000);
        let script = Script::new().gives_in_pieces(request.repeat(12_000), 1000).write_stalls();
        let mut connection = Connection::new(script.clone(), Talk::default()).with_options(options);
        for _ in 0..1000 {
            if let Poll::Ready(turn) = once!(connection.turn()) {
                let Turn { item, mut output } = turn.unwrap().unwrap();
                output.queue(&mut Talk::default(), item).unwrap();
                // Given up each time.
                let _ = once!(output.room());
            }
            let limit = options.max_read_ahead;
            assert!(connection.output().len() <= 2 * 10_000 + READ);
            assert!(connection.held() - connection.output().capacity() <= limit + 2 * READ);
        }
        script.goes_on();
        let _ = script.clone().ends();
        assert!(echo!(connection).ended);
        assert_eq!(script.written().len(), 12_000 * 255);
    });
}

#[test]
fn a_flood_of_pings_at_a_peer_that_reads_nothing_is_read_up_to_the_limit_in_no_more_memory() {
    play!({
        for limit in [1, 1000, 20_000, 100_000, 200_000, 256 * 1024, 300_000] {
            for piece in [900, 5000, 64 * 1024] {
                for read_size in [1024, 16 * 1024] {
                    let pings = record(b'p', &[7; 98]).repeat(10_000);
                    let script = Script::new().gives_in_pieces(&pings, piece).write_stalls();
                    let options = Options::new().nonblocking(true).high_water(1000);
                    let options = options.max_read_ahead(limit).read_size(read_size);
                    let options = options.max_work(Some(usize::MAX));
                    let mut connection =
                        Connection::new(script.clone(), Talk::default()).with_options(options);
                    // One read that is not ahead of anything may bring as much as it has room for.
                    let bound = limit.next_multiple_of(read_size).max(8 * read_size);
                    for _ in 0..20 {
                        assert!(once!(connection.turn()).is_pending());
                        let (buffer, output) = (connection.buffer(), connection.output());
                        assert!(buffer.len() <= limit.max(8 * read_size), "{buffer:?}, {limit}");
                        assert!(buffer.capacity() <= bound, "{buffer:?}, {limit}");
                        assert!(output.len() <= 2 * 1000 + 100, "{output:?}");
                        assert!(connection.held() <= bound + output.capacity(), "{connection:?}");
                        // And while a flush reads on.
                        assert!(once!(connection.flush()).is_pending());
                        assert!(connection.held() <= bound + connection.output().capacity());
                    }
                    script.goes_on();
                    let _ = script.clone().ends();
                    assert!(wait!(connection.turn()).unwrap().is_none());
                    assert_eq!(script.written(), record(b'o', &[7; 98]).repeat(10_000));
                }
            }
        }
    });
}
