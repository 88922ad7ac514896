//! `Fault`: its cause and its place.

use bytes::BytesMut;
use segue::driver::{
    self,
    codec::{Codec, CodecError},
    sync,
};
use segue::{Buffer, Cause, Decode, Fault, Framing, Output, Record, Step, separator};
use tokio_util::codec::Decoder;

#[test]
fn offsets_move_in_the_layer_that_is_driven_and_in_no_other() {
    let fault = Fault::new("odd").at(3);
    assert_eq!(fault.moved(10).at, 13);
    let inner = fault.moved(10).nested().moved(100);
    assert_eq!((inner.layer, inner.at, inner.cause), (1, 13, fault.cause));
    assert_eq!(fault.moved(u64::MAX).at, u64::MAX);
    let mut deep = fault;
    for _ in 0..300 {
        deep = deep.nested();
    }
    assert_eq!(deep.layer, u8::MAX);
}

#[test]
fn another_error_type_changes_nothing_else() {
    let cases = [
        Fault::new(5),
        Fault::truncated(7),
        Fault::too_long(8).nested(),
        Fault::from_cause(Cause::NoProgress).recoverable(),
        Fault::from_cause(Cause::Contract).at(9),
    ];
    for fault in cases {
        let mapped = fault.map(|error: i32| error.to_string());
        assert_eq!((mapped.at, mapped.layer, mapped.fatal), (fault.at, fault.layer, fault.fatal));
        assert_eq!(mapped.error().map(String::as_str), fault.error().map(|_| "5"));
        assert_eq!(mapped.map(|error| error.parse().unwrap()), fault);
    }
}

#[test]
fn a_fault_says_what_and_where() {
    let number: Fault<std::num::ParseIntError> = "x".parse::<u8>().unwrap_err().into();
    assert_eq!(number.at(2).to_string(), "at byte 2: invalid digit found in string");
    let truncated = Fault::<std::num::ParseIntError>::truncated(3).nested();
    assert_eq!(truncated.to_string(), "at byte 3 of layer 1: the stream ends inside a record");
}

/// Wants to go on where it cannot, behind a record of one byte.
struct Undead;

impl Decode for Undead {
    type Item<'a> = usize;
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<&'static str>> {
        match input {
            [] => Ok(Framing::need(1)),
            [b'!', ..] => Err(Fault::new("shouting").recoverable()),
            _ => Ok(Framing::Record(1)),
        }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<usize, Fault<&'static str>> {
        Ok(record.len())
    }
}

#[test]
fn a_fault_of_frame_is_fatal_whatever_the_stage_says() {
    let expected = Fault::new("shouting").at(1);
    let (mut output, bytes) = (Output::new(), &b"a!b"[..]);

    let mut buffer = Buffer::from(bytes);
    assert_eq!(buffer.step(&mut Undead, false, &mut output), Ok(Step::Item(1)));
    assert_eq!(buffer.step(&mut Undead, false, &mut output), Err(expected));

    let (mut buffer, mut stage) = (Buffer::from(bytes), Undead);
    let mut records = buffer.records(&mut stage, false, &mut output);
    assert_eq!(records.next(), Ok(Step::Item(1)));
    assert_eq!(records.next(), Err(expected));

    let mut connection = sync::Connection::new(std::io::Cursor::new(bytes.to_vec()), Undead);
    assert_eq!(connection.turn().unwrap().unwrap().item, 1);
    let fault = |result: Result<_, driver::Error<_>>| result.unwrap_err().into_fault().unwrap();
    assert_eq!(fault(connection.turn().map(drop)), expected);
    assert_eq!(fault(connection.turn().map(drop)).cause, Cause::Contract);
    let failed = driver::Error::<()>::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
    assert_eq!(failed.into_fault().unwrap_err().kind(), std::io::ErrorKind::TimedOut);

    let mut codec = Codec::new(Undead, separator::line());
    let mut bytes = BytesMut::from(bytes);
    assert_eq!(codec.decode(&mut bytes).unwrap(), Some(1));
    let told = |error| match error {
        CodecError::Fault(fault) => fault,
        error => panic!("no fault: {error}"),
    };
    assert_eq!(told(codec.decode(&mut bytes).unwrap_err()), expected);
    assert_eq!(told(codec.decode(&mut bytes).unwrap_err()).cause, Cause::Contract);
}
