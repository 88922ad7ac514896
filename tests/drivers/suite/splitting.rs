//! Connections in two halves.

use std::io::ErrorKind;

use segue::{
    Cause,
    driver::{Error, Options, SendError, Turn},
};

use super::Connection;
use crate::{
    executor::with_each_patience,
    script::{Call, Event, Instead, Script, Stop},
    talk::{Talk, messages, record},
};

fn open(script: &Script, high_water: usize) -> Connection<Script, Talk> {
    let options = Options::new().nonblocking(true).high_water(high_water);
    Connection::new(script.clone(), Talk::default()).with_options(options)
}

#[test]
fn halves_share_one_order() {
    play!({
        let ping = record(b'p', b"?");
        let script = Script::new().gives(&ping).blocks().gives(messages(["one"])).ends();
        // An item that the writer has begun to send is finished before an answer begins.
        let script = script.takes(3).write_stalls();
        let (mut reader, mut writer) = open(&script, 1000).split();
        wait!(writer.queue(&mut Talk::default(), &b"first"[..])).unwrap();
        wait!(writer.queue(&mut Talk::default(), &b"second"[..])).unwrap();
        assert!(once!(writer.flush()).is_pending());
        {
            let Turn { item, mut output } = wait!(reader.turn()).unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
        }
        assert_eq!(script.written().len(), 3);
        script.goes_on();
        assert!(wait!(reader.turn()).unwrap().is_none());
        wait!(writer.flush()).unwrap();
        let expected =
            [messages(["first", "second"]), record(b'o', b"?"), messages(["one"])].concat();
        assert_eq!(script.written(), expected);
    });
}

#[test]
fn what_was_queued_before_is_sent_before() {
    play!({
        let script = Script::new();
        let mut connection = open(&script, 1000);
        wait!(connection.queue(&mut Talk::default(), &b"before"[..])).unwrap();
        let (mut reader, mut writer) = connection.split();
        wait!(writer.queue(&mut Talk::default(), &b"behind"[..])).unwrap();
        wait!(writer.flush()).unwrap();
        assert_eq!(script.written(), messages(["before", "behind"]));
        wait!(reader.flush()).unwrap();
        assert_eq!(script.written(), messages(["before", "behind"]));
    });
}

#[test]
fn the_reader_sends_what_its_stage_answers() {
    play!({
        let script = Script::new().gives(record(b'p', b"?"));
        let (mut reader, _writer) = open(&script, 1000).split();
        assert!(once!(reader.turn()).is_pending());
        assert_eq!(script.written(), record(b'o', b"?"));
    });
}

#[test]
fn the_writer_reads_nothing() {
    play!({
        // It waits for room, and then for everything to be sent; meanwhile something comes.
        let script = Script::new().gives(messages(["one", "two"])).ends().write_stalls();
        let (mut reader, mut writer) = open(&script, 5).split();
        wait!(writer.queue(&mut Talk::default(), &b"x"[..])).unwrap();
        wait!(writer.queue(&mut Talk::default(), &b"long"[..])).unwrap();
        assert!(once!(writer.queue(&mut Talk::default(), &b"x"[..])).is_pending());
        assert!(once!(writer.flush()).is_pending());
        assert_eq!((script.count(Call::Read), writer.buffer().len()), (0, 0));
        script.goes_on();
        let log = listen!(reader);
        assert_eq!(log.texts(), ["one", "two"]);
    });
}

#[test]
fn the_reader_does_not_wait_behind_what_the_writer_has_queued() {
    play!({
        let script = Script::new().gives(messages(["one", "two"])).blocks().write_stalls();
        let script = script.gives(messages(["three"]));
        let (mut reader, mut writer) = open(&script, 5).split();
        wait!(writer.queue(&mut Talk::default(), &b"much more than the mark"[..])).unwrap();
        for _ in 0..3 {
            assert!(once!(writer.flush()).is_pending());
            assert!(once!(writer.queue(&mut Talk::default(), &b"x"[..])).is_pending());
        }
        for expected in [&b"one"[..], b"two", b"three"] {
            assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, expected);
        }
        script.goes_on();
        wait!(writer.flush()).unwrap();
        assert_eq!(script.written(), messages(["much more than the mark"]));
    });
}

#[test]
fn the_reader_waits_behind_its_own_answers() {
    play!({
        let pings = record(b'p', b"?").repeat(100);
        let script = Script::new().gives(pings).ends().write_stalls();
        let (mut reader, writer) = open(&script, 30).split();
        for _ in 0..5 {
            assert!(once!(reader.turn()).is_pending());
        }
        // Twice the mark, and not one more.
        assert_eq!(reader.buffer().len(), 3 * 80, "all of it was taken");
        script.goes_on();
        assert!(wait!(reader.turn()).unwrap().is_none());
        assert_eq!(script.written(), record(b'o', b"?").repeat(100));
        drop(writer);
    });
}

#[test]
fn halves_become_one_with_all_that_they_hold() {
    play!({
        let script = Script::new().gives([messages(["one"]), b"m\x03t".to_vec()].concat());
        let script = script.takes(2).write_stalls();
        let mut connection = open(&script, 1000);
        wait!(connection.queue(&mut Talk::default(), &b"a"[..])).unwrap();
        let (mut reader, mut writer) = connection.split();
        // Something in the shared queue, and something in each half.
        assert!(once!(reader.flush()).is_pending());
        wait!(writer.queue(&mut Talk::default(), &b"c"[..])).unwrap();
        {
            let Turn { item, mut output } = wait!(reader.turn()).unwrap().unwrap();
            assert_eq!(item, b"one");
            output.queue(&mut Talk::default(), &b"b"[..]).unwrap();
        }
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("they are of one") };
        assert_eq!(connection.output().to_vec(), &messages(["a", "b", "c"])[2..]);
        assert_eq!(connection.buffer().as_slice(), b"m\x03t");
        script.goes_on();
        let _ = script.clone().gives(b"wo").ends();
        let log = echo!(connection);
        assert_eq!((log.texts(), log.ended), (vec!["two".to_owned()], true));
        assert_eq!(script.written(), messages(["a", "b", "c", "two"]));
    });
}

#[test]
fn halves_of_two_connections_do_not_become_one() {
    play!({
        let (reader, writer) = open(&Script::new(), 10).split();
        let (other_reader, other_writer) = open(&Script::new(), 10).split();
        let Err((reader, other_writer)) = reader.unsplit(other_writer) else {
            panic!("they are not of one connection");
        };
        assert!(reader.unsplit(writer).is_ok());
        assert!(other_reader.unsplit(other_writer).is_ok());
    });
}

#[test]
fn idle_halves_hold_nothing() {
    play!({
        let script = Script::new().gives([messages(["one"]), record(b'p', b"?")].concat());
        let (mut reader, mut writer) = open(&script, 1000).split();
        wait!(writer.queue(&mut Talk::default(), &b"x"[..])).unwrap();
        wait!(writer.flush()).unwrap();
        assert!(wait!(reader.turn()).unwrap().is_some());
        assert!(once!(reader.turn()).is_pending());
        // Nor does what they share, which counts for both.
        assert_eq!((reader.held(), writer.held()), (0, 0));
        let Ok(connection) = reader.unsplit(writer) else { panic!("they are of one") };
        assert_eq!(connection.held(), 0);
    });
}

#[test]
fn the_end_of_one_half_is_the_end_of_both() {
    play!({
        let script = Script::new().gives(record(b'p', b"?")).blocks().gives(messages(["one"]));
        let script = script.ends();
        let (mut reader, mut writer) = open(&script, 1000).split();
        wait!(writer.queue(&mut Talk::default(), &b"bye"[..])).unwrap();
        wait!(writer.close_write()).unwrap();
        let refused = wait!(writer.queue(&mut Talk::default(), &b"x"[..])).unwrap_err();
        assert!(matches!(refused, SendError::Closed));
        // The reader goes on; what its stage answers is dropped, and what it answers is refused.
        {
            let Turn { item, mut output } = wait!(reader.turn()).unwrap().unwrap();
            let refused = output.queue(&mut Talk::default(), item).unwrap_err();
            assert!(matches!(refused, SendError::Closed));
        }
        assert!(wait!(reader.turn()).unwrap().is_none());
        assert_eq!((script.written(), script.count(Call::Close)), (messages(["bye"]), 1));
        // It stays so for the whole.
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("they are of one") };
        let refused = wait!(connection.queue(&mut Talk::default(), &b"x"[..])).unwrap_err();
        assert!(matches!(refused, SendError::Closed));
        assert!(!connection.wants_write());
    });
}

#[test]
fn a_connection_that_was_closed_is_split_into_closed_halves() {
    play!({
        let mut connection = open(&Script::new(), 10);
        wait!(connection.close_write()).unwrap();
        let (_reader, mut writer) = connection.split();
        let refused = wait!(writer.queue(&mut Talk::default(), &b"x"[..])).unwrap_err();
        assert!(matches!(refused, SendError::Closed));
    });
}

#[test]
fn an_end_that_cannot_be_sent_yet_comes_behind_everything() {
    play!({
        let script = Script::new().write_stalls().close_is(Stop::Block);
        let (mut reader, mut writer) = open(&script, 1000).split();
        wait!(reader.queue(&mut Talk::default(), &b"a"[..])).unwrap();
        assert!(once!(reader.flush()).is_pending());
        wait!(writer.queue(&mut Talk::default(), &b"b"[..])).unwrap();
        assert!(once!(writer.close_write()).is_pending());
        script.goes_on();
        wait!(writer.close_write()).unwrap();
        assert_eq!(script.written(), messages(["a", "b"]));
        assert_eq!(script.events().last(), Some(&Event::Close));
    });
}

#[test]
fn a_failure_to_send_is_both_halves() {
    play!({
        let script = Script::new().write_fails(ErrorKind::BrokenPipe);
        let script = script.gives([record(b'p', b"?"), messages(["one"])].concat()).blocks();
        let (mut reader, mut writer) = open(&script, 1000).split();
        wait!(writer.queue(&mut Talk::default(), &b"x"[..])).unwrap();
        assert_eq!(wait!(writer.flush()).unwrap_err().kind(), ErrorKind::BrokenPipe);
        // It does not hide what can be read.
        assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, b"one");
        let error = wait!(reader.turn()).unwrap_err();
        assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::BrokenPipe));
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("they are of one") };
        let refused = wait!(connection.queue(&mut Talk::default(), &b"x"[..])).unwrap_err();
        assert!(matches!(refused, SendError::Io(_)));
    });
}

#[test]
fn what_cannot_be_sent_takes_no_room_in_halves() {
    play!({
        let script =
            Script::new().gives(messages(["one", "two"])).write_fails(ErrorKind::BrokenPipe);
        let connection = open(&script, 4);
        let (mut reader, mut writer) = connection.split();
        // It waits in the writer's half while the reader's finds that the peer is gone.
        writer.encode(&mut Talk::default(), &b"queued"[..]).unwrap();
        reader.encode(&mut Talk::default(), &b"lost"[..]).unwrap();
        wait!(reader.flush()).unwrap_err();
        let Ok(connection) = reader.unsplit(writer) else { panic!("two halves of one") };
        let (mut reader, _writer) = connection.split();
        // The items that the peer sent before it left can still be read.
        for said in [b"one", b"two"] {
            assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, said);
        }
    });
}

#[test]
fn what_a_writer_has_queued_behind_the_end_of_the_other_half_is_refused() {
    play!({
        let script = Script::new();
        let (mut reader, mut writer) = open(&script, 1000).split();
        writer.encode(&mut Talk::default(), &b"too late"[..]).unwrap();
        wait!(reader.close_write()).unwrap();
        let refused = wait!(writer.flush()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
        writer.output_mut().put(b"again");
        let _ = wait!(writer.flush());
        assert_eq!(script.written(), b"");
    });
}

#[test]
fn what_a_half_was_told_to_be_sent_is_sent_though_it_is_dropped() {
    play!({
        let script = Script::new();
        let (_reader, mut writer) = open(&script, 1000).split();
        wait!(writer.send(&mut Talk::default(), &b"bye"[..])).unwrap();
        drop(writer);
        assert_eq!(script.written(), messages(["bye"]));
    });
}

#[test]
fn what_a_dropped_half_has_handed_over_is_sent_by_the_other() {
    play!({
        let script = Script::new().gives(messages(["one"])).takes(3).write_stalls();
        let (mut reader, mut writer) = open(&script, 1000).split();
        writer.encode(&mut Talk::default(), &b"the writer's"[..]).unwrap();
        assert!(once!(writer.flush()).is_pending());
        drop(writer);
        assert!(reader.wants_write());
        script.goes_on();
        assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, b"one");
        assert!(once!(reader.turn()).is_pending());
        assert_eq!(script.written(), messages(["the writer's"]));

        let script = Script::new().takes(3).write_stalls();
        let (mut reader, mut writer) = open(&script, 1000).split();
        reader.encode(&mut Talk::default(), &b"the reader's"[..]).unwrap();
        assert!(once!(reader.flush()).is_pending());
        drop(reader);
        assert!(writer.wants_write());
        script.goes_on();
        wait!(writer.flush()).unwrap();
        assert_eq!(script.written(), messages(["the reader's"]));
    });
}

fn conversation() -> Script {
    let script = Script::new().gives(messages(["one"])).gives(record(b'p', b"?")).blocks();
    script.gives(messages(["two"])).ends().takes(1).write_blocks().takes(4)
}

fn conversed(script: &Script) -> (Vec<String>, Vec<u8>) {
    run!({
        let (mut reader, mut writer) = open(script, 8).split();
        let mut heard = Vec::new();
        for text in [&b"first"[..], b"second"] {
            wait!(writer.queue(&mut Talk::default(), text)).unwrap();
            wait!(writer.flush()).unwrap();
            let Turn { item, mut output } = wait!(reader.turn()).unwrap().unwrap();
            heard.push(String::from_utf8_lossy(item).into_owned());
            output.queue(&mut Talk::default(), item).unwrap();
        }
        assert!(wait!(reader.turn()).unwrap().is_none());
        wait!(writer.close_write()).unwrap();
        let Ok(connection) = reader.unsplit(writer) else { panic!("they are of one") };
        assert!(connection.output().is_empty());
        (heard, script.written())
    })
}

#[test]
fn would_block_changes_nothing_for_halves() {
    with_each_patience(|| {
        let plain = conversation();
        let expected = conversed(&plain);
        assert_eq!(expected.0, ["one", "two"]);
        for step in 0..plain.steps() {
            let script = conversation().at_step(step, Instead::Block);
            let came = conversed(&script);
            assert_eq!(came.0, expected.0);
            // An answer may be sent earlier or later, and never in the middle of something.
            assert_eq!(came.1.len(), expected.1.len());
            let mut connection = open(&Script::new().gives(came.1.replace_answers()).ends(), 10);
            let mut sent = run!({ listen!(connection) }).texts();
            sent.sort();
            assert_eq!(sent, ["?", "first", "one", "second", "two"]);
        }
    });
}

/// Answers to pings as messages, so that what was sent can be read as what comes.
trait ReplaceAnswers {
    fn replace_answers(self) -> Vec<u8>;
}

impl ReplaceAnswers for Vec<u8> {
    fn replace_answers(mut self) -> Vec<u8> {
        let answer = record(b'o', b"?");
        let at = self.windows(answer.len()).position(|window| window == answer).unwrap();
        self[at] = b'm';
        self
    }
}

#[test]
fn a_truncated_stream_is_the_readers_fault_to_report() {
    play!({
        let script = Script::new().gives(b"m\x05abc").ends();
        let (mut reader, writer) = open(&script, 10).split();
        let error = wait!(reader.turn()).unwrap_err();
        assert_eq!(error.fault().unwrap().cause, Cause::Truncated);
        drop(writer);
    });
}
