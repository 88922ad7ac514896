//! An inlet against a connection: the same stage, the same bytes, the same cuts.

use segue::{
    Buffer, Cause, Decode, Edge, Fault, Inlet, Moment, Output, Ready, Say, Step,
    driver::{Options, Turn, sync::Connection},
};

use crate::{
    script::Script,
    speaker::{Leaves, Sent, Story},
    talk::{Mistake, Talk, messages, record},
};

/// The result of a stream.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    items: Vec<Vec<u8>>,
    faults: Vec<Fault<Mistake>>,
    is_over: bool,
    position: u64,
    left: Vec<u8>,
    sent: Vec<u8>,
}

/// The methods of an inlet that are used.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Ready,
    /// Each is asked twice.
    ReadyTwice,
    Step,
    Records,
    /// A record is found first, and then the loop begins with it.
    ReadyThenRecords,
}

const WAYS: [Way; 5] =
    [Way::Ready, Way::ReadyTwice, Way::Step, Way::Records, Way::ReadyThenRecords];

impl Seen {
    /// Notes a fault. Returns true if the stage can go on behind it.
    fn fault(&mut self, fault: Fault<Mistake>) -> bool {
        let goes_on = !fault.fatal;
        self.faults.push(fault);
        goes_on
    }
}

fn over_a_connection(pieces: &[&[u8]], limit: usize) -> Seen {
    let mut script = Script::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        script = script.gives(piece);
    }
    let script = script.ends();
    let options = Options::new().max_record(limit);
    let mut connection = Connection::new(script.clone(), Talk::default()).with_options(options);
    let mut seen = Seen::default();
    loop {
        match connection.turn() {
            Ok(Some(Turn { item, .. })) => seen.items.push(item.to_vec()),
            Ok(None) => {
                seen.is_over = true;
                break;
            }
            Err(segue::driver::Error::Fault(fault)) => {
                if !seen.fault(fault) {
                    break;
                }
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    let _ = connection.flush();
    seen.position = connection.position();
    seen.left = [connection.buffer().as_slice(), &script.unread()].concat();
    seen.sent = script.written();
    seen
}

fn over_an_inlet(pieces: &[&[u8]], limit: usize, way: Way) -> Seen {
    let mut inlet = Inlet::new(Talk::default()).max_record(limit);
    let mut answers = Output::new();
    let mut seen = Seen::default();
    let mut pieces = pieces.iter();
    loop {
        let done = match way {
            Way::Records | Way::ReadyThenRecords => {
                loop_over(&mut inlet, &mut answers, &mut seen, way == Way::ReadyThenRecords)
            }
            Way::Step => match inlet.step(&mut answers) {
                Ok(Step::Item(item)) => {
                    seen.items.push(item.to_vec());
                    continue;
                }
                Ok(Step::Need(_)) => Ok(false),
                Ok(Step::Done) => Ok(true),
                Err(fault) => Err(fault),
            },
            Way::Ready | Way::ReadyTwice => {
                let ready = inlet.ready(&mut answers);
                if way == Way::ReadyTwice && ready.is_ok() {
                    assert_eq!(inlet.ready(&mut answers), ready);
                }
                match ready {
                    Ok(Ready::Record) => match inlet.take().unwrap() {
                        Ok(item) => {
                            seen.items.push(item.to_vec());
                            continue;
                        }
                        Err(fault) => Err(fault),
                    },
                    Ok(Ready::Need(_)) => Ok(false),
                    Ok(Ready::Room) => panic!("the output takes everything"),
                    Ok(Ready::Done) => Ok(true),
                    Err(fault) => Err(fault),
                }
            }
        };
        match done {
            Ok(true) => {
                seen.is_over = true;
                break;
            }
            Ok(false) => match pieces.next() {
                Some(piece) => inlet.extend(piece),
                None => inlet.end(),
            },
            Err(fault) => {
                if !seen.fault(fault) {
                    is_dead(&mut inlet);
                    break;
                }
            }
        }
    }
    seen.position = inlet.position();
    let (_, buffer, _) = inlet.into_parts();
    seen.left = [buffer.as_slice(), &pieces.copied().collect::<Vec<_>>().concat()].concat();
    seen.sent = answers.to_vec();
    seen
}

/// Takes what is buffered in the fast loop; whether the stage is over.
fn loop_over(
    inlet: &mut Inlet<Talk>,
    answers: &mut Output,
    seen: &mut Seen,
    finds_first: bool,
) -> Result<bool, Fault<Mistake>> {
    if finds_first {
        let _ = inlet.ready(answers)?;
    }
    let mut records = inlet.records(answers)?;
    loop {
        match records.next()? {
            Step::Item(item) => seen.items.push(item.to_vec()),
            Step::Need(_) => return Ok(false),
            Step::Done => return Ok(true),
        }
    }
}

/// No way leads to a stage that is dead; it would say so.
fn is_dead<S: Decode<Error = Mistake>>(inlet: &mut Inlet<S>) {
    let mut answers = Output::new();
    assert_eq!(inlet.ready(&mut answers).unwrap_err().cause, Cause::Contract);
    assert_eq!(inlet.step(&mut answers).map(drop).unwrap_err().cause, Cause::Contract);
    assert_eq!(inlet.records(&mut answers).map(drop).unwrap_err().cause, Cause::Contract);
    assert!(inlet.take().is_none());
    assert!(!inlet.is_done());
    let mut moment = Moment::unknown();
    assert_eq!(inlet.speak(&mut Say::new(&mut answers, 100, &mut moment)).unwrap(), 0);
}

fn streams() -> Vec<Vec<u8>> {
    let all = [
        messages(["one", "two", ""]),
        record(b'p', b"ping"),
        record(b'?', b"odd"),
        record(b'a', b"unwelcome"),
        record(b'-', b"padding"),
        b"z\x03".to_vec(),
        messages(["last"]),
    ]
    .concat();
    vec![
        all.clone(),
        [&all[..], &record(b'e', b""), b"behind the end"].concat(),
        [&all[..], &record(b'!', b"fatal"), b"behind"].concat(),
        [&all[..], b"unknown"].concat(),
        all[..all.len() - 1].to_vec(),
        // More records of no bytes than bytes pay for, and as many as they do.
        b"z\xffm\x01x".to_vec(),
        [messages(["as many bytes as it takes, and some more of them"]).repeat(5), b"z\xff".into()]
            .concat(),
        messages(["a record of more than twenty bytes", "and one behind it"]),
        Vec::new(),
    ]
}

#[test]
fn it_is_as_with_a_connection_wherever_the_stream_is_cut() {
    for stream in streams() {
        for limit in [1 << 20, 20, 11] {
            let mut cuts: Vec<Vec<&[u8]>> = vec![stream.chunks(1).collect(), vec![&stream[..]]];
            cuts.push(stream.chunks(7).collect());
            cuts.extend((0..stream.len()).map(|at| vec![&stream[..at], &stream[at..]]));
            for pieces in cuts {
                let expected = over_a_connection(&pieces, limit);
                for way in WAYS {
                    assert_eq!(
                        over_an_inlet(&pieces, limit, way),
                        expected,
                        "{way:?}, limit {limit}, {pieces:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn answers_that_nobody_sends_stop_it() {
    let mut answers = Output::with_high_water(10);
    let mut inlet = Inlet::new(Talk::default());
    inlet.extend(&[record(b'p', b"12345678").repeat(5), messages(["one"])].concat());
    // An answer passes the mark by as much as it is long.
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Room));
    assert_eq!((answers.len(), inlet.position()), (20, 20));
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Room));
    answers.clear();
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Room));
    answers.advance(1);
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Record));
    assert_eq!(inlet.take().unwrap().unwrap(), b"one");

    // Buffered records are delivered at any level, and nothing else is waited for.
    inlet.extend(&messages(["two"]));
    answers.put(&[b'x'; 100]);
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Record));
    assert_eq!(inlet.take().unwrap().unwrap(), b"two");
    assert!(matches!(inlet.ready(&mut answers), Ok(Ready::Need(_))));

    // A step absorbs whatever waits.
    inlet.extend(&record(b'p', b"?"));
    assert!(matches!(inlet.step(&mut answers), Ok(Step::Need(_))));
    assert_eq!(answers.len(), 29 + 100 + 3);
}

#[test]
fn one_stage_follows_another() {
    let mut inlet = Inlet::over(Talk::default(), Buffer::from(&b"m\x01xe\x00\x03two"[..]));
    let mut answers = Output::new();
    assert!(!inlet.is_done());
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Record));
    // Neither with a record that was not taken.
    let mut inlet = inlet.follow(|_| segue::length::u8()).map(drop).unwrap_err();
    assert_eq!(inlet.take().unwrap().unwrap(), b"x");
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Done));
    assert_eq!((inlet.residue(), inlet.position()), ((4, 0), 5));
    let mut inlet = inlet.follow(|_| segue::length::u8()).unwrap();
    assert!(matches!(inlet.step(&mut answers), Ok(Step::Item(record)) if record == b"two"));
    assert_eq!((inlet.position(), inlet.is_eof()), (9, false));
    inlet.end();
    assert_eq!(inlet.ready(&mut answers), Ok(Ready::Done));
    let (_, buffer, eof) = inlet.into_parts();
    assert_eq!((buffer.len(), eof), (0, true));
}

#[test]
fn what_is_said_through_it_pays_for_items_of_no_bytes() {
    let mut inlet = Inlet::new(Sent::of(500));
    let (mut output, mut moment) = (Output::new(), Moment::unknown());
    assert_eq!(inlet.speak(&mut Say::new(&mut output, 300, &mut moment)).unwrap(), 300);
    assert_eq!(inlet.speak(&mut Say::new(&mut output, 300, &mut moment)).unwrap(), 200);
    assert_eq!(inlet.speak(&mut Say::new(&mut output, 300, &mut moment)).unwrap(), 0);
    inlet.extend(&messages(["go on"]));
    inlet.end();
    let mut count = 0;
    while let Step::Item(_) = inlet.step(&mut output).unwrap() {
        count += 1;
    }
    assert_eq!(count, 501);
}

#[test]
fn a_fault_of_speaking_kills_the_stage() {
    let mut inlet = Inlet::new(Leaves::default());
    let (mut output, mut moment) = (Output::new(), Moment::unknown());
    inlet.buffer_mut().set_position(7);
    let fault = inlet.speak(&mut Say::new(&mut output, 300, &mut moment)).unwrap_err();
    assert_eq!((fault.error(), fault.fatal, fault.at), (Some(&Mistake::Fatal), true, 7));
    assert_eq!(output.to_vec(), b"bye");
    is_dead(&mut inlet);
}

/// A connection that was left goes on as an inlet.
#[test]
fn the_rest_of_a_connection_is_taken_over() {
    let script = Script::new().gives([record(b'e', b""), messages(["one"])].concat());
    let mut connection = Connection::new(script, Story::of(0));
    assert!(connection.turn().unwrap().is_none());
    let handoff = connection.hand_off(Edge::Carry).unwrap();
    let mut buffer = Buffer::from(handoff.read());
    buffer.set_position(handoff.position());
    let mut inlet = Inlet::over(Talk::default(), buffer);
    let mut answers = Output::new();
    assert!(matches!(inlet.step(&mut answers), Ok(Step::Item(b"one"))));
    assert_eq!(inlet.position(), 7);
}
