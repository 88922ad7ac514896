//! Layers, the same under each driver.

use segue::{
    Buffer, Cause, DecodeExt, Edge, Exchange, Fault, Layer, Need, Output, Progress,
    combine::Paired,
    driver::{Error, Options, ReadPolicy, SendError},
    length, separator,
};
use std::io::ErrorKind;

use super::pair;
use crate::{
    deflate::Deflate,
    numbered::{ALERT, Broken, DATA, END, Numbered, QUESTION},
};

const LINES: usize = 500;

fn line(at: usize) -> String {
    format!("line {at} {}", "x".repeat(at * 7 % 300))
}

/// Lines that are sent back, over one layer and over two.
#[test]
fn lines_pass_one_layer_and_two_and_end_cleanly() {
    play!({
        let (client, server) = pair();
        let mut client = client.layered(Numbered::default()).begin(separator::line());
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        let _ends = both!(
            {
                while let Some(mut turn) = wait!(server.turn()).unwrap() {
                    turn.output.queue(&mut separator::line(), &turn.item[..]).unwrap();
                }
                wait!(server.close_unbounded(1 << 20)).unwrap();
                server
            },
            {
                for at in 0..LINES {
                    wait!(client.queue(&mut separator::line(), line(at).as_bytes())).unwrap();
                    if at % 7 == 0 {
                        wait!(client.flush()).unwrap();
                        assert_eq!(client.held(), client.buffer().capacity());
                    }
                }
                wait!(client.close_write()).unwrap();
                for at in 0..LINES {
                    assert_eq!(wait!(client.turn()).unwrap().unwrap().item, line(at).as_str());
                }
                assert!(wait!(client.turn()).unwrap().is_none(), "the end is clean");
                client
            }
        );

        let (client, server) = pair();
        let (client, server) =
            (client.layered(Numbered::default()), server.layered(Numbered::default()));
        let mut client = client.layered(Deflate::new()).begin(length::u16_be());
        let mut server = server.layered(Deflate::new()).begin(length::u16_be());
        let _ends = both!(
            {
                while let Some(mut turn) = wait!(server.turn()).unwrap() {
                    turn.output.queue(&mut length::u16_be(), &turn.item[..]).unwrap();
                    wait!(turn.output.room()).unwrap();
                }
                wait!(server.close_unbounded(1 << 20)).unwrap();
                server
            },
            {
                for at in 0..LINES {
                    wait!(client.send(&mut length::u16_be(), line(at).as_bytes())).unwrap();
                    assert_eq!(wait!(client.turn()).unwrap().unwrap().item, line(at).as_str());
                }
                wait!(client.close_write()).unwrap();
                assert!(wait!(client.turn()).unwrap().is_none());
                assert!(wait!(client.close_unbounded(1)).unwrap());
                client
            }
        );
    });
}

/// Says a word, hears one, and gives what comes after to a layer.
#[derive(Default)]
struct Greeting {
    said: bool,
}

impl Exchange for Greeting {
    type Output = Numbered;
    type Error = ();

    fn advance(
        &mut self,
        input: &mut Buffer,
        _: bool,
        output: &mut Output,
    ) -> Result<Progress<Numbered>, Fault<()>> {
        if !self.said {
            self.said = true;
            output.put(b"hi");
        }
        if input.len() < 2 {
            return Ok(Progress::NeedRead(Need::exactly(2 - input.len())));
        }
        input.consume(2);
        Ok(Progress::Done(Numbered::default()))
    }
}

/// The handshake and the first sealed records come in one read, and none of them is lost.
#[test]
fn what_is_glued_to_a_handshake_is_opened_by_the_layer() {
    play!({
        let (mut client, mut server) = pair();
        // The client does not wait for the answer before it goes on.
        let _ends = both!(
            {
                let mut eager = Numbered::default();
                client.output_mut().put(b"hi");
                eager.put(DATA, b"one\r\ntw", client.output_mut());
                eager.put(DATA, b"o\r\n", client.output_mut());
                eager.put(END, b"", client.output_mut());
                wait!(client.flush()).unwrap();
                wait!(client.close_write()).unwrap();
                // The server's word, and then its end as the layer says it.
                let mut rest = client.begin(length::payload(2).then(|_| Ok(separator::line())));
                assert!(wait!(rest.turn()).is_ok_and(|turn| turn.is_some()));
                rest
            },
            {
                let layer = wait!(server.exchange(&mut Greeting::default())).unwrap();
                let mut server = server.layered(layer).begin(separator::line());
                assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "one");
                assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "two");
                assert!(wait!(server.turn()).unwrap().is_none());
                assert_eq!(server.position(), 10, "counted in the plain stream");
                wait!(server.close_write()).unwrap();
                server
            }
        );
    });
}

/// A wire that is cut is never an end, between two records or in one.
#[test]
fn a_wire_that_is_cut_is_a_fault_and_not_an_end() {
    play!({
        for cut in [0, 1, 6, 7, 9] {
            let (mut client, server) = pair();
            let mut server = server.layered(Numbered::default()).begin(separator::line());
            let mut wire = Output::new();
            let mut layer = Numbered::default();
            layer.put(DATA, b"whole\r\n", &mut wire);
            layer.put(DATA, b"cut\r\n", &mut wire);
            let bytes = wire.to_vec();
            client.output_mut().put(&bytes[..14 + cut]);
            wait!(client.close_write()).unwrap();
            assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "whole");
            let error = wait!(server.turn()).unwrap_err();
            let fault = error.layer::<Broken>().unwrap();
            assert!(matches!(fault.cause, Cause::Truncated), "{error:?}");
            assert_eq!(fault.at, 14 + cut as u64);
            assert!(matches!(&error, Error::Io(io) if io.kind() == ErrorKind::UnexpectedEof));
        }
    });
}

/// The alert is with the peer before the error is with the caller, and what came before the fault is
/// delivered first.
#[test]
fn an_alert_leaves_before_its_error_is_told() {
    play!({
        let (mut client, server) = pair();
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        let mut layer = Numbered::default();
        layer.put(DATA, b"good\r\n", client.output_mut());
        let mut replayed = Numbered::default();
        replayed.put(DATA, b"bad\r\n", client.output_mut());
        wait!(client.flush()).unwrap();
        assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "good");
        let error = wait!(server.turn()).unwrap_err();
        assert!(matches!(error.layer::<Broken>().unwrap().cause, Cause::Stage(Broken::Number)));
        // It is in the client's socket by now, though the server is asked nothing more.
        let mut client = client.layered(layer).begin(separator::line());
        let error = wait!(client.turn()).unwrap_err();
        assert!(matches!(error.layer::<Broken>().unwrap().cause, Cause::Stage(Broken::Alerted)));
        let again = wait!(server.turn()).unwrap_err();
        assert!(matches!(&again, Error::Io(io) if io.kind() == ErrorKind::NotConnected));
        assert_eq!(client.layer().opened, [ALERT]);
    });
}

/// A good record and a bad one come in one read, and the good one is answered: the alert leaves, and
/// the fault of the layer is what is told, whatever is sent in between.
#[test]
fn an_answer_does_not_hide_a_fault_that_was_met_ahead() {
    play!({
        for (sends, is_split) in [(false, false), (true, false), (false, true), (true, true)] {
            let (mut client, server) = pair();
            let mut server = server.layered(Numbered::default()).begin(separator::line());
            let mut layer = Numbered::default();
            layer.put(DATA, b"good\r\n", client.output_mut());
            Numbered::default().put(DATA, b"bad\r\n", client.output_mut());
            wait!(client.flush()).unwrap();
            let error = if is_split {
                let (mut reader, mut writer) = server.split();
                assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, "good");
                wait!(writer.queue(&mut separator::line(), "answer")).unwrap();
                if sends {
                    wait!(writer.flush()).unwrap();
                }
                wait!(reader.turn()).map(drop).unwrap_err()
            } else {
                {
                    let mut turn = wait!(server.turn()).unwrap().unwrap();
                    assert_eq!(turn.item, "good");
                    turn.output.queue(&mut separator::line(), "answer").unwrap();
                }
                if sends {
                    wait!(server.flush()).unwrap();
                }
                wait!(server.turn()).map(drop).unwrap_err()
            };
            let fault = error.layer::<Broken>().expect("the fault of the layer");
            assert!(matches!(fault.cause, Cause::Stage(Broken::Number)));
            let mut client = client.layered(layer).begin(separator::line());
            let error = wait!(client.turn()).map(drop).unwrap_err();
            let fault = error.layer::<Broken>().expect("an alert");
            assert!(matches!(fault.cause, Cause::Stage(Broken::Alerted)));
        }
    });
}

/// A writer's half does not know when the peer ends, and takes nothing of what the other half reads.
#[test]
fn the_half_that_writes_closes_without_a_read() {
    play!({
        let (client, server) = pair();
        let mut client = client.layered(Numbered::default()).begin(separator::line());
        let server = server.layered(Numbered::default()).begin(separator::line());
        wait!(client.send(&mut separator::line(), "one")).unwrap();
        wait!(client.send(&mut separator::line(), "two")).unwrap();
        let (mut reader, mut writer) = server.split();
        assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, "one");
        let has_ended = wait!(writer.close_unbounded(1 << 20)).unwrap();
        assert!(!has_ended, "the peer has not said its end");
        assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, "two");
        assert!(wait!(client.turn()).unwrap().is_none());
        wait!(client.close_write()).unwrap();
        assert!(wait!(reader.turn()).unwrap().is_none());
    });
}

/// Output behind an alert is refused by name, and the transport is ended all the same: by
/// the whole connection, and by a half.
#[test]
fn nothing_is_sealed_behind_an_alert_and_the_transport_is_ended() {
    play!({
        for (queues, is_split) in [(false, false), (true, false), (false, true), (true, true)] {
            let (mut client, server) = pair();
            let mut server = server.layered(Numbered::default()).begin(separator::line());
            let mut replayed = Numbered::default();
            replayed.put(DATA, b"good\r\n", client.output_mut());
            Numbered::default().put(DATA, b"bad\r\n", client.output_mut());
            wait!(client.flush()).unwrap();
            let put = |output: &mut segue::Output| {
                if queues {
                    output.put(b"answer\r\n");
                }
            };
            assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "good");
            wait!(server.turn()).map(drop).unwrap_err();
            let refused = if is_split {
                let (reader, mut writer) = server.split();
                put(writer.output_mut());
                let refused = wait!(writer.close_write()).err();
                drop((reader, writer));
                refused
            } else {
                put(server.output_mut());
                let refused = wait!(server.close_write()).err();
                // A second try has nothing left to say.
                wait!(server.close_write()).unwrap();
                refused
            };
            assert_eq!(refused.map(|error| error.kind()), queues.then_some(ErrorKind::BrokenPipe));
            // An alert is all that has come, and then the end of the transport.
            let mut client = client.begin(separator::line());
            let Err(Error::Fault(cut)) = wait!(client.turn()).map(drop) else { panic!("a line") };
            assert_eq!((cut.cause, client.buffer().len()), (Cause::Truncated, Numbered::ALERTED));
        }
    });
}

/// Questions are answered while the server waits for a line; the client sees every answer.
#[test]
fn answers_of_a_layer_leave_while_a_read_waits() {
    play!({
        let (mut client, server) = pair();
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        let _ends = both!(
            {
                assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "done");
                assert_eq!(server.layer().answered, 3);
                wait!(server.close_write()).unwrap();
                server
            },
            {
                let mut layer = Numbered::default();
                for _ in 0..3 {
                    layer.put(QUESTION, b"", client.output_mut());
                    wait!(client.flush()).unwrap();
                    // An answer is a record of seven bytes.
                    let stage = length::payload(7);
                    let mut answered = client.begin(stage);
                    let mut count = 0;
                    while let Some(turn) = wait!(answered.turn()).unwrap() {
                        count += turn.item.len();
                    }
                    assert_eq!(count, 7);
                    client = answered.follow(|_| ()).unwrap();
                }
                layer.put(DATA, b"done\r\n", client.output_mut());
                wait!(client.flush()).unwrap();
                client
            }
        );
    });
}

/// Each way to close says the layer's end.
#[test]
fn every_way_to_close_says_the_layers_end() {
    play!({
        for way in 0..3 {
            let (client, server) = pair();
            let client = client.layered(Numbered::default()).layered(Deflate::new());
            let mut client = client.begin(separator::line());
            let server = server.layered(Numbered::default()).layered(Deflate::new());
            let mut server = server.begin(separator::line());
            let _ends = both!(
                {
                    client.output_mut().put(b"last\r\n");
                    match way {
                        0 => wait!(client.close_write()).unwrap(),
                        1 => assert!(wait!(client.close(1024)).unwrap()),
                        _ => assert!(wait!(client.close_unbounded(1024)).unwrap()),
                    }
                    client
                },
                {
                    assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "last");
                    assert!(wait!(server.turn()).unwrap().is_none(), "by way {way}");
                    assert!(wait!(server.close(1024)).unwrap());
                    server
                }
            );
        }
    });
}

/// A layer is taken off with nothing lost on either side, and not before.
#[test]
fn a_layer_is_taken_off_without_a_loss() {
    play!({
        let (client, server) = pair();
        let mut client = client.layered(Numbered::default()).begin(separator::line());
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        client.output_mut().put(b"sealed\r\n");
        let refused = client.unlayer().unwrap_err();
        assert_eq!(refused.to_string(), "queued bytes were not sealed: flush first");
        client = refused.into_connection();
        wait!(client.flush()).unwrap();
        let (mut client, mut layer) = client.unlayer().unwrap();
        layer.put(END, b"", client.output_mut());
        client.output_mut().put(b"clear\r\n");
        wait!(client.flush()).unwrap();

        assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "sealed");
        assert!(wait!(server.turn()).unwrap().is_none());
        let (server, _) = server.unlayer().unwrap();
        let mut server = server.begin(separator::line());
        assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "clear");
        server.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
    });
}

/// A layer with opened bytes that no stage has read cannot be taken off.
#[test]
fn unread_plain_bytes_refuse_to_lose_their_layer() {
    play!({
        let (mut client, server) = pair();
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        Numbered::default().put(DATA, b"one\r\ntwo\r\n", client.output_mut());
        wait!(client.flush()).unwrap();
        assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "one");
        let refused = server.unlayer().unwrap_err();
        assert_eq!(refused.to_string(), "received bytes of the layer were not consumed");
        let mut server = refused.into_connection();
        assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "two");
        assert!(server.unlayer().is_ok());
    });
}

/// A layer reads whole records, so nothing can be read exactly over one.
#[test]
fn exact_reads_over_a_layer_are_refused() {
    play!({
        let (_client, server) = pair();
        let options = Options::new().policy(ReadPolicy::Exact);
        let server = server.with_options(options).layered(Numbered::default());
        let error = wait!(server.begin(separator::line()).turn()).map(drop).unwrap_err();
        assert!(matches!(&error, Error::Io(io) if io.kind() == ErrorKind::Unsupported));
    });
}

/// Halves seal in one place: what two send is not torn, and each sees the other's end.
#[test]
fn a_layered_connection_is_split_and_made_whole() {
    play!({
        let (client, server) = pair();
        let client = client.layered(Numbered::default()).layered(Deflate::new());
        let server = server.layered(Numbered::default()).layered(Deflate::new());
        let (mut reader, mut writer) = client.begin(separator::line()).split();
        let mut server = server.begin(separator::line());
        let _ends = both!(
            {
                let mut echoed = 0;
                while let Some(mut turn) = wait!(server.turn()).unwrap() {
                    turn.output.queue(&mut separator::line(), &turn.item[..]).unwrap();
                    echoed += 1;
                }
                assert_eq!(echoed, LINES);
                wait!(server.close_unbounded(1 << 20)).unwrap();
                server
            },
            {
                for at in 0..LINES / 2 {
                    wait!(writer.send(&mut separator::line(), line(at).as_bytes())).unwrap();
                    assert_eq!(wait!(reader.turn()).unwrap().unwrap().item, line(at).as_str());
                }
                let mut whole = reader.unsplit(writer).unwrap();
                for at in LINES / 2..LINES {
                    wait!(whole.send(&mut separator::line(), line(at).as_bytes())).unwrap();
                    assert_eq!(wait!(whole.turn()).unwrap().unwrap().item, line(at).as_str());
                }
                wait!(whole.close_write()).unwrap();
                assert!(wait!(whole.turn()).unwrap().is_none());
                whole
            }
        );
    });
}

/// An item that is sent behind the layer's end is an error, and not sent.
#[test]
fn nothing_is_sealed_behind_the_layers_end() {
    play!({
        let (client, _server) = pair();
        let mut client = client.layered(Numbered::default()).begin(separator::line());
        wait!(client.close_write()).unwrap();
        assert!(matches!(
            wait!(client.send(&mut separator::line(), &b"late"[..])),
            Err(SendError::Closed)
        ));
    });
}

/// A stage and an encoder are a layer; without an end of its own a peer's end is where the stage
/// has one.
#[test]
fn a_pair_is_a_layer() {
    play!({
        let (client, server) = pair();
        let chunks = || {
            Paired::new(length::u8().through(|chunk| chunk == [0]), length::u8(), 200)
                .ending(|wire| wire.put(&[0]))
        };
        let mut client = client.layered(chunks()).begin(separator::line());
        let mut server = server.layered(chunks()).begin(separator::line());
        let _ends = both!(
            {
                for at in 0..LINES {
                    wait!(client.queue(&mut separator::line(), line(at).as_bytes())).unwrap();
                }
                wait!(client.close_write()).unwrap();
                client
            },
            {
                for at in 0..LINES {
                    assert_eq!(wait!(server.turn()).unwrap().unwrap().item, line(at).as_str());
                }
                assert!(wait!(server.turn()).unwrap().is_none());
                server
            }
        );
    });
}

/// A layer that has said its end goes on reading, and its answers are for nobody.
#[test]
fn nothing_is_answered_behind_the_layers_end() {
    play!({
        let (mut client, server) = pair();
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        wait!(server.close_write()).unwrap();
        let mut layer = Numbered::default();
        layer.put(QUESTION, b"", client.output_mut());
        layer.put(DATA, b"more\r\n", client.output_mut());
        layer.put(QUESTION, b"", client.output_mut());
        layer.put(END, b"", client.output_mut());
        wait!(client.close_write()).unwrap();
        assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "more");
        assert!(wait!(server.turn()).unwrap().is_none());
        assert_eq!(server.layer().answered, 2);
        assert!(!server.wants_write(), "an answer waits to be sent");
        wait!(server.flush()).unwrap();
        let mut client = client.layered(layer).begin(separator::line());
        assert!(wait!(client.turn()).unwrap().is_none());
    });
}

/// A pair with an end misses it where the wire is cut between two records; one without ends there.
#[test]
fn a_cut_between_records_is_no_end_of_a_pair_that_has_one() {
    play!({
        for (has_end, cut) in [(true, 8), (true, 10), (false, 8)] {
            let (mut client, server) = pair();
            let chunks = || length::u8().through(|chunk| chunk == [0]);
            let ended = Paired::new(chunks(), length::u8(), 200).ending(|wire| wire.put(&[0]));
            let unended = Paired::new(chunks(), length::u8(), 200);
            client.output_mut().put(&b"\x07whole\r\n\x01c\x01u\x00"[..cut]);
            wait!(client.close_write()).unwrap();
            if has_end {
                let mut server = server.layered(ended).begin(separator::line());
                assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "whole");
                let error = wait!(server.turn()).unwrap_err();
                assert!(matches!(&error, Error::Io(io) if io.kind() == ErrorKind::UnexpectedEof));
            } else {
                let mut server = server.layered(unended).begin(separator::line());
                assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "whole");
                assert!(wait!(server.turn()).unwrap().is_none());
            }
        }
    });
}

#[test]
fn a_layer_on_its_own_opens_what_it_seals() {
    let (mut plain, mut wire) = (Output::new(), Output::new());
    plain.put(&[7; 3000]);
    let mut layer = Numbered::default();
    while !plain.is_empty() {
        layer.seal(&mut plain, &mut wire).unwrap();
    }
    assert_eq!(wire.len(), 3 * 7 + 3000);
}

/// The transport below a layer ends behind it. A socket that is dropped before that, with unread
/// input, resets the connection.
#[test]
fn a_close_reads_on_behind_the_end_of_a_layer() {
    use segue::Layer;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    let is_closed = AtomicBool::new(false);
    let is_closed = &is_closed;
    play!({
        let (client, server) = pair();
        let mut client = client.layered(Numbered::default()).begin(separator::line());
        // The head of a record, which is all of an end.
        let mut server = server.begin(length::array::<7>());
        both!(
            {
                assert!(wait!(client.close_unbounded(1 << 20)).unwrap(), "the end has come");
                is_closed.store(true, SeqCst);
                drop(client);
            },
            {
                Numbered::default().close(server.output_mut());
                wait!(server.flush()).unwrap();
                let end = wait!(server.turn()).unwrap().unwrap();
                assert_eq!(end.item[6], END);
                assert!(wait!(server.turn()).unwrap().is_none());
                for _ in 0..3 {
                    assert!(!is_closed.load(SeqCst), "it was dropped with input to come");
                    server.output_mut().put(b"behind the end");
                    wait!(server.flush()).unwrap();
                }
                wait!(server.close_write()).unwrap();
            }
        );
    });
}

/// A layer without an end of its own: a wire that ends between two records ends the stream, and the
/// connection says that nobody has vouched for it; inside a record it is cut.
#[test]
fn a_bare_end_is_told_as_one() {
    play!({
        for (rest, is_cut) in [(&b""[..], false), (&b"\x05cu"[..], true)] {
            let (mut client, server) = pair();
            let chunks = Paired::new(length::u8(), length::u8(), 200);
            let mut server = server.layered(chunks).begin(separator::line());
            client.output_mut().put(b"\x07whole\r\n");
            client.output_mut().put(rest);
            wait!(client.close_write()).unwrap();
            assert_eq!(wait!(server.turn()).unwrap().unwrap().item, "whole");
            assert!(!server.is_bare_end());
            match wait!(server.turn()) {
                Ok(turn) => assert!(turn.is_none() && !is_cut),
                Err(Error::Io(error)) => {
                    assert!(is_cut && error.kind() == ErrorKind::UnexpectedEof);
                }
                Err(error) => panic!("{error:?}"),
            }
            assert_eq!(server.is_bare_end(), !is_cut);
        }
    });
}
