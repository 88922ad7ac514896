//! The answers of a stage inside another, and what it sends by itself.

use bytes::Bytes;
use core::error::Error;
use segue::combine::{Either, nested::InnerError};
use segue::{
    Buffer, Cause, Decode, DecodeExt, Fault, Framing, Moment, Output, Record, Say, Step, laws,
    length, separator,
};
use std::{convert::Infallible, time::Duration};

use crate::{chunks::Chunks, nested::Questions};

/// Questions before, between and after items, and one that is bad.
const QUESTIONS: &[u8] = b"\x03?a\n#\x04b\n?c\x07\n?\n?d\ne\x01\n\x00";

/// The items and faults of a stage over `input`, and what it has answered.
fn seen<D>(stage: &mut D, input: &[u8]) -> (Vec<String>, Vec<u8>)
where
    D: for<'a> Decode<Item<'a> = Record<'a>>,
{
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    let mut seen = Vec::new();
    loop {
        match buffer.step(stage, true, &mut output) {
            Ok(Step::Item(line)) => seen.push(line.escape_ascii().to_string()),
            Ok(_) => break,
            Err(fault) => {
                let Fault { layer, at, fatal, .. } = fault;
                seen.push(format!("fault in layer {layer} at {at}"));
                if fatal {
                    break;
                }
            }
        }
    }
    (seen, output.to_vec())
}

#[test]
fn answers_leave_through_the_encoder_in_pieces() {
    let stage = |most| Chunks::default().nested(Questions).answering(length::u8(), most);
    laws::stage(|| stage(2))
        .refuses([QUESTIONS])
        .accepts([&b"\x03?a\n#\x04b\n?c\x04\ne\n\n\x00"[..]])
        .check();
    let items = ["b\\n", "fault in layer 1 at 9", "e\\n"];
    // The dot is what the outer stage answers, and is not carried.
    for (most, answers) in [
        (9, &b"\x03?a\n.\x03?c\n\x03?d\n"[..]),
        (2, b"\x02?a\x01\n.\x02?c\x01\n\x02?d\x01\n"),
        (0, b"\x01?\x01a\x01\n.\x01?\x01c\x01\n\x01?\x01d\x01\n"),
    ] {
        let mut stage = stage(most);
        let (seen, output) = seen(&mut stage, QUESTIONS);
        assert_eq!((&seen[..], &output[..]), (&items.map(String::from)[..], answers));
        assert_eq!(stage.residue(), (0, 0));
    }
}

#[test]
fn answers_wait_for_the_caller_who_says_so() {
    let stage = || Chunks::default().nested(Questions).keeping_answers();
    laws::stage(stage).refuses([QUESTIONS]).check();
    let mut stage = stage();
    let (items, output) = seen(&mut stage, QUESTIONS);
    assert_eq!(items, ["b\\n", "fault in layer 1 at 9", "e\\n"]);
    assert_eq!(output, b".");
    assert_eq!(stage.residue(), (0, 9));
    assert_eq!(stage.answers().to_vec(), b"?a\n?c\n?d\n");
    assert_eq!(stage.into_parts().answers.to_vec(), b"?a\n?c\n?d\n");
}

#[test]
fn answers_that_nobody_takes_do_not_pile_up() {
    let mut stage = Chunks::default().nested(Questions).keeping_answers();
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let question = [&b"\x7f?"[..], &[b'x'; 125], b"\n"].concat();
    let fault = (0..).find_map(|_| {
        buffer.extend(&question);
        assert!(stage.answers().len() < Output::HIGH_WATER + 128);
        buffer.step(&mut stage, false, &mut output).err()
    });
    let fault = fault.unwrap();
    assert_eq!((&fault.cause, fault.layer, fault.fatal), (&Cause::Unsent, 1, true));
    assert!(fault.to_string().contains("`Nested::answers`"), "{fault:?}");

    // A caller that takes them out may go on for ever.
    let mut stage = Chunks::default().nested(Questions).keeping_answers();
    for _ in 0..10_000 {
        buffer.extend(&question);
        assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
        assert_eq!(stage.answers().len(), 127);
        stage.answers().clear();
        stage.release();
    }
}

#[test]
fn an_answer_for_which_there_is_no_way_is_a_fault_that_says_so() {
    let stage = || Chunks::default().nested(Questions);
    laws::stage(stage).refuses([QUESTIONS]).accepts([&b"\x04b\ne\n\x00"[..]]).check();
    let (mut buffer, mut output) = (Buffer::from(&b"\x07ab\n?a\nb"[..]), Output::new());
    let mut stage = stage();
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
    assert_eq!((&fault.cause, fault.layer, fault.at), (&Cause::Unsent, 1, 3));
    assert!(fault.fatal && fault.to_string().contains("`Nested::answering`"), "{fault:?}");
    assert!(output.is_empty());
    // The answer itself is not lost.
    assert_eq!(stage.into_parts().answers.to_vec(), b"?a\n");
}

#[test]
fn an_encoder_that_refuses_a_piece_is_told_by_name() {
    let mut stage = Chunks::default().nested(Questions).answering(length::u8().max(2), 3);
    let (mut buffer, mut output) = (Buffer::from(&b"\x07ab\n?a\nb"[..]), Output::new());
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
    assert_eq!((fault.layer, fault.at, fault.fatal), (1, 3, true));
    assert!(output.is_empty(), "nothing of the piece stays");
    let Some(Either::Right(InnerError::Answer(error))) = fault.error() else {
        panic!("{:?}", fault.cause)
    };
    assert_eq!(*error, length::EncodeError::TooLong { length: 3, max: 2 });
    // An inner stage without errors of its own, for one of which is printed.
    let error: InnerError<Infallible, _> = InnerError::Answer(*error);
    assert!(error.to_string().contains("`answering`"), "{error}");
    assert_eq!(error.source().unwrap().to_string(), "a record of 3 bytes is over the limit of 2");
}

/// Absorbs bytes, and answers each with a long one.
struct Loud;

impl Decode for Loud {
    type Item<'a> = ();
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(if input.is_empty() { Framing::need(1) } else { Framing::Absorb(1) })
    }

    fn absorb(&mut self, _: Record<'_>, answers: &mut Output) -> Result<(), Fault<Infallible>> {
        answers.put(b"head");
        answers.put_bytes(Bytes::from(vec![b'x'; 5000]));
        Ok(())
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<(), Fault<Infallible>> {
        Err(Fault::from_cause(Cause::Contract))
    }
}

#[test]
fn a_long_answer_leaves_in_records_that_its_reader_takes() {
    let mut stage = length::u8().nested(Loud).answering(length::u16_be(), 2000);
    let (mut buffer, mut output) = (Buffer::from(&b"\x02ab"[..]), Output::new());
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
    let mut wire = Buffer::from(&output.to_vec()[..]);
    let (mut reader, mut none) = (length::u16_be().max(2000), Output::new());
    let mut carried = Vec::new();
    while let Step::Item(record) = wire.step(&mut reader, false, &mut none).unwrap() {
        carried.extend_from_slice(&record);
    }
    let answer = [&b"head"[..], &[b'x'; 5000]].concat();
    assert_eq!(carried, answer.repeat(2));
}

#[test]
fn answers_of_a_stage_three_deep_are_carried_twice() {
    // Lines in records with a 16-bit length in chunks.
    let middle = length::u16_be().nested(Questions).answering(length::u16_be(), 2);
    let mut stage = Chunks::default().nested(middle).answering(length::u8(), 99);
    let (items, output) = seen(&mut stage, b"\x03\x00\x05?\x04a\nb\n\x00");
    assert_eq!(items, ["b\\n"]);
    // The middle stage answers one answer by two records, which leave as they were made.
    assert_eq!(output, b"\x07\x00\x02?a\x00\x01\n");

    let stage = || {
        let middle = length::u16_be().nested(Questions).answering(length::u16_be(), 2);
        Chunks::default().nested(middle).answering(length::u8(), 99)
    };
    let input = b"\x03\x00\x05?\x04a\nb\n\x03\x00\x01?\x06\x00\x03e\n\n\x00";
    laws::stage(stage).refuses([&input[..], b"\x07\x00\x05?\nb\n?\x02\x00\x00\x00"]).check();
}

#[test]
fn a_stage_behind_a_decision_answers_as_any() {
    let stage = || {
        let inner = separator::line().take(1).then(|_| {
            Ok(segue::combine::prefixes([(b">", true)]).otherwise(false).switch(|questions| {
                let lengths = Either::Right(length::u8().map_err(|_| "no length"));
                Ok(if questions { Either::Left(Questions) } else { lengths })
            }))
        });
        Chunks::default().nested(inner).answering(length::u8(), 9)
    };
    laws::stage(stage)
        .accepts([&b"\x03a\n>\x05\n?b\nc\x01\n\x00"[..], b"\x04a\n\x01b\x02\x01c\x00"])
        .refuses([&b"\x03a\n>\x05\n?b\nc\x03-\n?\x00"[..], b"\x04a\n\x09b\x02\x01c\x00"])
        .check();
}

/// Says `data` of what it has, as there is room, and behind it a byte of its own once.
struct Speaker {
    data: &'static [u8],
    own: bool,
}

impl Speaker {
    fn new(data: &'static [u8]) -> Self {
        Self { data, own: true }
    }
}

impl Decode for Speaker {
    type Item<'a> = Record<'a>;
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<&'static str>> {
        Ok(if input.is_empty() { Framing::need(1) } else { Framing::Record(input.len()) })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<&'static str>> {
        Ok(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<&'static str>> {
        if let Some(now) = say.now() {
            say.wake_at(now + Duration::from_secs(self.data.len() as u64));
        }
        if core::mem::take(&mut self.own) {
            say.output().put(b"!");
        }
        let (said, rest) = self.data.split_at(self.data.len().min(say.room()));
        say.output().put(said);
        self.data = rest;
        if rest == b"idle" { Err(Fault::new("too long")) } else { Ok(()) }
    }
}

#[test]
fn both_stages_speak_and_the_inner_one_through_the_encoder() {
    let stage = || Speaker::new(b"abc").nested(Speaker::new(b"defghi"));
    // Without a way out what the inner one says is a fault.
    let mut output = Output::new();
    let mut moment = Moment::unknown();
    let fault = stage().speak(&mut Say::new(&mut output, 9, &mut moment)).unwrap_err();
    assert_eq!((fault.cause, fault.layer, fault.fatal), (Cause::Unsent, 1, true));
    assert_eq!(output.to_vec(), b"!abc", "what the outer one has said");

    let mut stage = stage().answering(length::u8(), 3);
    let mut output = Output::new();
    let mut moment = Moment::at(Duration::from_secs(5));
    stage.speak(&mut Say::new(&mut output, 7, &mut moment)).unwrap();
    // Seven bytes: four of the outer stage, three of the inner one.
    assert_eq!(output.to_vec(), b"!abc\x03!de");
    assert_eq!(moment.wake_at(), Some(Duration::from_secs(5 + 3)));
    // Asked again without room, none adds anything.
    stage.speak(&mut Say::new(&mut output, 0, &mut moment)).unwrap();
    assert_eq!(output.len(), 8);
    // And nothing of it is read.
    let mut buffer = Buffer::from(&b"xyz"[..]);
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    stage.speak(&mut Say::new(&mut output, 99, &mut moment)).unwrap();
    assert_eq!(&output.to_vec()[8..], b"\x03fgh\x01i");
    assert_eq!(stage.residue(), (0, 0));
}

#[test]
fn what_is_kept_of_what_is_said_is_bounded() {
    let mut stage = Chunks::default().nested(Speaker::new(&[b'x'; 500])).keeping_answers();
    stage.answers().set_high_water(100);
    let mut output = Output::new();
    for _ in 0..3 {
        stage.speak(&mut Say::new(&mut output, 1000, &mut Moment::unknown())).unwrap();
        assert_eq!(stage.answers().len(), 100);
    }
    stage.answers().advance(30);
    stage.speak(&mut Say::new(&mut output, 10, &mut Moment::unknown())).unwrap();
    assert_eq!((stage.answers().len(), output.len()), (80, 0));
}

#[test]
fn a_stage_that_cannot_go_on_says_its_last_word_first() {
    let inner = Speaker::new(b"bye idle");
    let mut stage = Chunks::default().nested(inner).answering(length::u8(), 99);
    let mut buffer = Buffer::from(&b"\x03abc"[..]);
    let mut output = Output::new();
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    let mut moment = Moment::unknown();
    let fault = stage.speak(&mut Say::new(&mut output, 5, &mut moment)).unwrap_err();
    assert_eq!((fault.layer, fault.at, fault.fatal), (1, 3, true));
    assert_eq!(fault.error(), Some(&Either::Right(InnerError::Stage("too long"))));
    assert_eq!(output.to_vec(), b"\x05!bye ");
}
