//! A stream inside the records of another, over a connection.

use std::task::Poll;

use segue::{
    Cause, Decode, DecodeExt, Edge, Encode, Output,
    combine::{Either, Nested, nested::InnerError},
    driver::{Options, Turn},
    length, separator,
};

use super::Connection;
use crate::{
    executor::with_each_patience,
    expanders::{Endless, Inflate, Repeats, deflated},
    script::Script,
    speaker::{Story, told},
    talk::{Mistake, Talk, messages, record},
};

/// `stream` in chunks of `size` bytes, each behind its length in a byte.
fn chunks(stream: &[u8], size: usize) -> Vec<u8> {
    let chunk = |chunk: &[u8]| [&[u8::try_from(chunk.len()).unwrap()], chunk].concat();
    stream.chunks(size).flat_map(chunk).collect()
}

/// Returns the content of chunks.
fn carried(mut chunks: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    while let [length, rest @ ..] = chunks {
        let (chunk, behind) = rest.split_at(usize::from(*length));
        stream.extend_from_slice(chunk);
        chunks = behind;
    }
    stream
}

/// Writes messages of the talk in chunks.
struct Chunked;

impl Encode<&[u8]> for Chunked {
    type Error = Mistake;

    fn encode(&mut self, payload: &[u8], output: &mut Output) -> Result<(), Mistake> {
        let mut inside = Output::new();
        Talk::default().encode(payload, &mut inside)?;
        length::u8().encode(&inside.to_vec(), output).map_err(|_| Mistake::Unwelcome)
    }
}

#[test]
fn a_chat_inside_of_chunks_works_as_it_does_without() {
    play!({
        // Pings that are answered without the caller, and messages that it sends back.
        let said = [
            record(b'p', b"1"),
            messages(["one"]),
            record(b'p', b"a longer one"),
            record(b'?', b""),
            messages(["two", "three"]),
            record(b'p', b""),
        ];
        let answered = [
            record(b'o', b"1"),
            messages(["one"]),
            record(b'o', b"a longer one"),
            messages(["two", "three"]),
            record(b'o', b""),
        ];
        let stage = || length::u8().nested(Talk::default()).answering(length::u8(), 5);
        for (chunk, piece) in [(1, 1), (4, 3), (255, 1), (3, 255)] {
            let input = chunks(&said.concat(), chunk);
            let script = Script::new().gives_in_pieces(input, piece).ends();
            let mut connection = Connection::new(script.clone(), stage());
            let (mut items, mut faults) = (0, 0);
            loop {
                match wait!(connection.turn()) {
                    Ok(Some(Turn { item, mut output })) => {
                        output.queue(&mut Chunked, item).unwrap();
                        items += 1;
                    }
                    Ok(None) => break,
                    Err(error) => {
                        let fault = error.fault().unwrap();
                        let mistake = InnerError::Stage(Mistake::Odd);
                        assert_eq!(fault.cause, Cause::Stage(Either::Right(mistake)));
                        assert_eq!(
                            (fault.layer, fault.at, fault.fatal),
                            (1, 3 + 5 + 14 + 1, false)
                        );
                        faults += 1;
                    }
                }
            }
            assert_eq!((items, faults), (3, 1));
            assert_eq!(carried(&script.written()), answered.concat());
        }
    });
}

#[test]
fn an_answer_without_a_way_out_is_told_and_does_not_stall_the_peer() {
    play!({
        let input = chunks(&[messages(["one"]), record(b'p', b"?")].concat(), 99);
        let stage = length::u8().nested(Talk::default());
        let mut connection = Connection::new(Script::new().gives(input), stage);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
        let error = wait!(connection.turn()).map(drop).unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.cause, fault.layer, fault.at), (Cause::Unsent, 1, 5));
    });
}

#[test]
fn a_flood_of_pings_inside_of_one_record_stops_at_the_marks() {
    play!({
        // One outer record carries 20,000 pings, of which each is answered by four bytes.
        let pings = record(b'p', b"x").repeat(20_000);
        let input = [&u16::try_from(pings.len()).unwrap().to_be_bytes()[..], &pings].concat();
        let script = Script::new().gives(input).write_stalls();
        let options = Options::new().nonblocking(true).high_water(1000);
        let stage = length::u16_be().nested(Talk::default()).answering(length::u8(), 255);
        let mut connection = Connection::new(script.clone(), stage).with_options(options);
        for _ in 0..100 {
            assert!(matches!(once!(connection.turn()), Poll::Pending));
            assert!(connection.output().len() <= 2000 + 4, "{}", connection.output().len());
            assert_eq!(connection.stage().residue().1, 0);
        }
        script.goes_on();
        let _ = script.clone().ends();
        assert!(wait!(connection.turn()).unwrap().is_none());
        assert_eq!(carried(&script.written()), record(b'o', b"x").repeat(20_000));
    });
}

#[test]
fn what_a_stage_inside_has_to_say_is_said_before_a_wait_and_at_its_end() {
    with_each_patience(|| {
        play!({
            // Before a turn waits: the peer says something only behind the whole of it.
            let told = told(100_000);
            let wire = chunks(&told, 255).len();
            let script = Script::new().waits_for(wire).gives(chunks(&messages(["one"]), 99));
            let stage = || length::u8().nested(Story::of(100_000)).answering(length::u8(), 255);
            let mut connection = Connection::new(script.clone(), stage());
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
            assert!(carried(&script.written()) == told);

            // The inner stage is over, and the connection not before all is said.
            let input = [messages(["one"]), record(b'e', b"")].concat();
            let script = Script::new().gives(chunks(&input, 2));
            let mut connection = Connection::new(script.clone(), stage());
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
            assert!(wait!(connection.turn()).unwrap().is_none());
            assert!(carried(&script.written()) == told);
            assert_eq!(connection.stage().residue(), (0, 0));
            assert!(connection.hand_off(Edge::MustBeEmpty).is_ok());

            // And by a flush.
            let script = Script::new();
            let mut connection = Connection::new(script.clone(), stage());
            wait!(connection.flush()).unwrap();
            assert!(carried(&script.written()) == told);
        });
    });
}

#[test]
fn a_few_bytes_carry_many_records() {
    play!({
        let script = Script::new().gives_in_pieces(b"\x64\n\x64\n", 1).ends();
        let stage = Repeats::default().nested(separator::line());
        let mut connection = Connection::new(script, stage);
        let mut lines = 0;
        while wait!(connection.turn()).unwrap().is_some() {
            lines += 1;
        }
        assert_eq!(lines, 200);

        let script = Script::new().gives(deflated(&b"\n".repeat(100_000))).gives("next").ends();
        let stage = Inflate::new().nested(separator::line());
        let mut connection = Connection::new(script, stage);
        let mut lines = 0;
        while wait!(connection.turn()).unwrap().is_some() {
            lines += 1;
        }
        assert_eq!(lines, 100_000);
        // The bytes behind the deflate stream were not taken for a part of it.
        let mut connection = connection.follow(|_| length::array::<4>()).unwrap();
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.as_slice(), b"next");
    });
}

#[test]
fn an_inner_stage_that_never_ends_is_stopped() {
    play!({
        for absorbs in [false, true] {
            let stage = Repeats::default().nested(Endless::new(absorbs));
            let mut connection = Connection::new(Script::new().gives(b"\x64x"), stage);
            let mut items = 0;
            let error = loop {
                match wait!(connection.turn()) {
                    Ok(_) => items += 1,
                    Err(error) => break error,
                }
            };
            let fault = error.fault().unwrap();
            assert_eq!((fault.cause, fault.layer, fault.at), (Cause::NoProgress, 1, 1));
            assert!(items <= 64 + 2, "{items}");
        }
    });
}

#[test]
fn what_is_inside_of_a_stage_is_not_lost_in_a_hand_off() {
    play!({
        let left = || {
            let stage = length::u8().nested(length::u8().take(1));
            let script = Script::new().gives(b"\x06\x02hiXYZ").gives(b"\x03!\nn");
            let mut connection = Connection::new(script.gives("ext").ends(), stage);
            run!({
                assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"hi");
                assert!(wait!(connection.turn()).unwrap().is_none());
            });
            connection
        };
        for edge in [Edge::MustBeEmpty, Edge::Carry] {
            let refused = left().hand_off(edge).unwrap_err();
            assert_eq!(refused.to_string(), "the stage holds unread bytes", "{edge:?}");

            // It comes back as it was, and goes on with another inner stage.
            let connection = refused.into_connection().follow(|nested| {
                let parts = nested.into_parts();
                assert_eq!((parts.buffer.as_slice(), parts.buffer.position()), (&b"XYZ"[..], 3));
                Nested::from_parts(parts.outer, separator::line().take(1), parts.buffer)
            });
            let mut connection = connection.unwrap();
            assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"XYZ!");
            assert!(wait!(connection.turn()).unwrap().is_none());
            // Or without one, when all is taken out.
            let mut inside = Vec::new();
            let connection = connection.follow(|nested| {
                inside.extend_from_slice(nested.into_parts().buffer.as_slice());
            });
            assert_eq!(inside, b"n");
            assert!(connection.unwrap().hand_off(Edge::Carry).is_ok());
        }
        assert!(left().hand_off(Edge::Discard).unwrap().into_io().is_ok());
    });
}

#[test]
fn a_hand_off_is_refused_while_an_answer_waits_inside_the_stage() {
    play!({
        let stage = length::u8().nested(Talk::default()).keeping_answers();
        let script = Script::new().gives(b"\x08p\x01?m\x03one");
        let mut connection = Connection::new(script, stage);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        assert_eq!(refused.to_string(), "the stage holds unsent bytes");
        let mut connection = refused.into_connection();
        assert_eq!(connection.stage_mut().answers().to_vec(), b"o\x01?");
        connection.stage_mut().answers().clear();
        assert!(connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().is_ok());

        // By an encoder it has left, and a stage whose answers leave holds none.
        let stage = length::u8().nested(Talk::default()).answering(length::u8(), 9);
        let script = Script::new().gives(b"\x08p\x01?m\x03one").ends();
        let mut connection = Connection::new(script.clone(), stage);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, b"one");
        assert!(wait!(connection.turn()).unwrap().is_none());
        assert!(connection.hand_off(Edge::MustBeEmpty).is_ok());
        assert_eq!(script.written(), b"\x03o\x01?");
    });
}

#[test]
fn an_end_inside_is_told_in_the_layer_that_lacks_something() {
    play!({
        for (input, layer, at) in [(&b"\x03m\x05o"[..], 1, 3), (b"\x04m\x01o", 0, 4)] {
            let stage = length::u8().nested(Talk::default()).answering(length::u8(), 9);
            let script = Script::new().gives(input).ends();
            let mut connection = Connection::new(script, stage);
            let error = wait!(connection.turn()).map(drop).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!((fault.cause, fault.layer, fault.at), (Cause::Truncated, layer, at));
        }
    });
}
