//! A stream inside the records of another.

use core::convert::Infallible;
use segue::combine::Nested;
use segue::{
    Buffer, Cause, Decode, DecodeExt, Fault, Framing, Output, Record, Step, laws, length, separator,
};

use crate::chunks::Chunks;

/// Lines; one that begins with `?` is answered and yields nothing, one with `-` is bad.
#[derive(Default)]
pub(crate) struct Questions;

impl Decode for Questions {
    type Item<'a> = Record<'a>;
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<&'static str>> {
        Ok(match input.iter().position(|&byte| byte == b'\n') {
            Some(at) if input[0] == b'?' => Framing::Absorb(at + 1),
            Some(at) => Framing::Record(at + 1),
            None if eof && input.is_empty() => Framing::Done,
            None => Framing::need(1),
        })
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<&'static str>> {
        if record.len() == 2 {
            return Err(Fault::new("no question").at(1).recoverable());
        }
        answers.put(&record);
        Ok(())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<&'static str>> {
        match record.iter().position(|&byte| byte == b'-') {
            Some(at) => Err(Fault::new("bad line").at(at as u64).recoverable()),
            None => Ok(record),
        }
    }
}

#[test]
fn nested_streams_know_nothing_of_the_records_that_carry_them() {
    laws::stage(|| Chunks::default().nested(length::u16_be().max(999)))
        .accepts([
            &b"\x01\x00\x04\x02hi\x00#\x02\x01y\x00"[..],
            b"\x08\x00\x01a\x00\x00\x00\x01b\0",
        ])
        .refuses([
            &b"\x03\x00\x02h\x00"[..],
            b"\x03\x00\x02h\x01",
            b"\x02\xff\xff\x00",
            b"\x04\x00\x01aX\xff",
            b"\x04\x00\x01aX\x02b!\x00",
        ])
        .limit(256)
        .check();
}

#[test]
fn faults_in_the_inner_stream_are_told_in_its_own_terms() {
    // The inner stream: "ab\nc-d\nef\n".
    let input = b"\x04ab\nc\x04-d\ne\x02f\n\x00";
    let stage = || Chunks::default().nested(Questions).keeping_answers();
    laws::stage(stage).refuses([input]).check();
    let trace = laws::observe(stage(), input, &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.layer, fault.at, fault.fatal), (1, 4, false), "{trace}");
    assert_eq!(trace.entries.len(), 3, "it goes on behind the bad line: {trace}");
    // An outer one is told in those of the outer stream.
    let trace = laws::observe(stage(), b"\x03ab\n\x02x!\x00", &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.layer, fault.at, fault.fatal), (0, 6, false), "{trace}");
    // If the outer stream breaks off, that is the fault; if only the inner one does,
    // that.
    for (input, layer, at) in [(&b"\x02ab\x05"[..], 0, 4), (b"\x02ab\x00", 1, 2)] {
        let trace = laws::observe(stage(), input, &[]);
        let fault = trace.fault().unwrap();
        assert_eq!((fault.layer, fault.at, &*fault.cause), (layer, at, "Truncated"), "{trace}");
    }
}

#[test]
fn an_inner_stage_that_is_done_gives_all_back() {
    let mut stage = Chunks::default().nested(length::u8().take(1));
    let mut buffer = Buffer::from(&b"\x05\x02hi\x02y\x03ou!"[..]);
    let mut output = Output::new();
    let mut step =
        || buffer.step(&mut stage, false, &mut output).map(|step| matches!(step, Step::Done));
    assert_eq!(step(), Ok(false));
    assert_eq!(step(), Ok(true));
    assert_eq!(step(), Ok(true));
    let parts = stage.into_parts();
    let inner = &parts.buffer;
    assert_eq!((inner.as_slice(), inner.position(), parts.answers.len()), (&b"\x02y"[..], 3, 0));

    let mut stage = Nested::from_parts(parts.outer, separator::line(), parts.buffer);
    buffer.extend(b"\x01\n");
    let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
    assert!(!fault.fatal, "the chunk that ends with an exclamation mark");
    let Ok(Step::Item(line)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
    assert_eq!(line, b"\x02y");
}

#[test]
fn draining_passes_over_what_the_inner_stage_left() {
    let stage = || Chunks::default().nested(length::u8().take(1)).draining();
    laws::stage(stage)
        .accepts([&b"\x05\x02hi??#\x02??#\x00"[..], b"\x01\x00\x00"])
        .refuses([&b"\x05\x02hi??\x02?"[..], b"\x05\x02hi??\x02?!\x00", b"\x03\x00??\xff"])
        .limit(256)
        .check();
    let mut stage = stage();
    let mut buffer = Buffer::from(&b"\x02\x00?\x04????"[..]);
    let mut output = Output::new();
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
    assert_eq!(stage.buffer().len(), 1);
}

#[test]
fn an_idle_inner_stream_holds_no_memory() {
    let mut stage = Chunks::default().nested(separator::line());
    let mut buffer = Buffer::from(&b"\x02a\n\x01b"[..]);
    let mut output = Output::new();
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    stage.release();
    assert_eq!((stage.buffer().capacity(), stage.buffer().position()), (0, 2));
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
    stage.release();
    assert_eq!(stage.buffer().as_slice(), b"b");
}

#[test]
fn no_more_is_buffered_than_the_inner_stage_waits_for() {
    let mut stage = Chunks::default().nested(length::u8());
    let mut buffer = Buffer::from(&b"\x04\x01a\x01b\x02\x01c\x00"[..]);
    let mut output = Output::new();
    for (inner, left) in [(2, 4), (0, 4), (0, 1)] {
        assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
        assert_eq!((stage.buffer().len(), buffer.len()), (inner, left));
    }
    // And no more than its limit.
    let stage = || Chunks::default().nested(separator::line()).max(5);
    laws::stage(stage).too_long([&b"\x031\n2\x03345\x036\n7"[..], b"\x0912345678\n\x00"]).check();
    let trace = laws::observe(stage(), b"\x031\n2\x03345\x036\n7", &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.at, fault.layer), (7, 1));
}

#[test]
fn three_layers_deep() {
    // Records with a 16-bit length in chunks in chunks: what the chunks in the middle carry comes
    // as records of no bytes.
    let stage = || Chunks::default().nested(Chunks::default()).nested(length::u16_be());
    let input = b"\x05\x04\x00\x03hi\x04\x01\n\x03\x00\x03\x04yo\x00\x00";
    // The chunks in the middle lack their last one, since an `o` stands for a length of 111.
    let trace = laws::observe(stage(), input, &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.layer, fault.at), (1, 12), "{trace}");

    let good = b"\x06\x04\x00\x03hi\x01\x05\n\x03\x00\x02y\x03\x01u\x00\x00";
    let draining =
        || Chunks::default().nested(Chunks::default()).draining().nested(length::u16_be());
    laws::stage(draining).accepts([good]).refuses([&input[..]]).check();
    // Without, the outermost stage is left where the one in the middle ended.
    let trace = laws::observe(stage(), good, &[]);
    assert_eq!((trace.end, &trace.left[..]), (laws::End::Done, &b"\x00"[..]));
    let bad = b"\x06\x04\x00\x03hi\x01\x05\n\x03\x00\x02y\x01\x00\x00";
    let trace = laws::observe(stage(), bad, &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.layer, fault.at, &*fault.cause), (1, 8, "Truncated"), "{trace}");

    // Nested the other way round they read the same, and all three layers are told apart.
    let stage = || {
        let middle = Chunks::default().nested(length::u16_be()).draining();
        Chunks::default().nested(middle).draining()
    };
    laws::stage(stage).accepts([good]).refuses([&input[..], bad]).check();
    let trace = laws::observe(stage(), bad, &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.layer, fault.at, &*fault.cause), (2, 8, "Truncated"), "{trace}");
}

#[test]
fn an_outer_stage_that_carries_nothing_for_ever_is_found_out() {
    struct Nothing;
    impl Decode for Nothing {
        type Item<'a> = &'static [u8];
        type Error = Infallible;
        fn frame(&mut self, _: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
            Ok(Framing::Record(0))
        }
        fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<&'static [u8], Fault<Infallible>> {
            Ok(b"")
        }
    }
    let mut stage = Nothing.nested(length::u8());
    let (mut buffer, mut output) = (Buffer::from(&b"x"[..]), Output::new());
    let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
    assert_eq!((fault.cause, fault.layer), (Cause::NoProgress, 0));
}

#[test]
fn all_memory_is_given_back_where_nothing_is_left() {
    let mut stage = Chunks::default().nested(length::u16_be());
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let record = [&b"\x00\x64"[..], &[b'x'; 100]].concat();
    let chunks = [&[u8::try_from(record.len()).unwrap()], &record[..]].concat().repeat(80);
    buffer.extend(&chunks);
    buffer.extend(b"\x05\x00\x04the");
    while let Step::Item(_) = buffer.step(&mut stage, false, &mut output).unwrap() {}
    assert_eq!(stage.buffer().len(), 5);
    assert!(stage.buffer().capacity() <= 256, "{:?}", stage.buffer());

    buffer.extend(b"\x01!");
    let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
    assert!(!fault.fatal, "a chunk that ends so");
    buffer.extend(b"\x01n");
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    let position = stage.buffer().position();
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
    assert_eq!((stage.buffer().capacity(), stage.buffer().position()), (0, position));
}
