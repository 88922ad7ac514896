//! A fault of an inner `frame` is fatal, whatever it says and whatever is around it.

use core::convert::identity;
use segue::combine::{Either, Skim, Skimmed, prefixes, repeat, skip_oversize};
use segue::{Decode, DecodeExt, Fault, Framing, Output, Record, length, nom};

/// Wants to go on where it cannot.
#[derive(Clone)]
struct Undead;

impl Decode for Undead {
    type Item<'a> = Record<'a>;
    type Error = &'static str;

    fn frame(&mut self, _: &[u8], _: bool) -> Result<Framing, Fault<&'static str>> {
        Err(Fault::new("no").recoverable())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<&'static str>> {
        Ok(record)
    }
}

impl Skim for Undead {
    fn skim(&mut self, _: &[u8], _: bool, _: usize) -> Result<Skimmed, Fault<&'static str>> {
        Err(Fault::new("no").recoverable())
    }

    fn pass(&mut self, _: Skimmed) {}
}

/// Returns true if a fault of `frame` says that the stage is dead.
fn dies(mut stage: impl Decode) -> bool {
    for input in [&b""[..], b"\x01", b"\x01some"] {
        match stage.frame(input, false) {
            Err(fault) => return fault.fatal,
            // The inner stage is given a payload first.
            Ok(Framing::Absorb(length)) => {
                let mut bytes = input[..length].to_vec();
                let absorbed = stage.absorb(Record::from(&mut bytes[..]), &mut Output::new());
                assert!(absorbed.is_ok());
            }
            Ok(_) => {}
        }
    }
    panic!("it does not ask what is inside")
}

#[test]
fn every_combinator_makes_it_so() {
    assert!(dies(Undead.map(drop_it)));
    assert!(dies(Undead.try_map(|record| Ok::<_, Fault<&'static str>>(record.len()))));
    assert!(dies(Undead.map_err(identity::<&str>)));
    assert!(dies(Undead.owned()));
    assert!(dies(Undead.absorbing(|_| false)));
    assert!(dies(Undead.limit(0)));
    assert!(dies(Undead.limit(100)));
    assert!(dies(skip_oversize(Undead, 100)));
    assert!(dies(Undead.take(2)));
    assert!(dies(Undead.through(|_| false)));
    assert!(dies(Undead.region(100)));
    assert!(dies(repeat(|| Undead)));
    assert!(dies(Undead.then(|_| Ok(Undead))));
    assert!(dies(().then(|_| Ok(Undead))));
    assert!(dies(().then(|_| Err::<Undead, _>(Fault::new(Either::Right("no")).recoverable()))));
    assert!(dies(Undead.nested(length::u8())));
    assert!(dies(length::u8().nested(Undead)));
    assert!(dies(prefixes([(b"\x01", ())]).otherwise(()).switch(|()| Ok(Undead))));
    assert!(dies(Either::<_, Undead>::Left(Undead)));
    assert!(dies(Either::<Undead, _>::Right(Undead)));
    assert!(dies(Undead.owned().boxed()));
    assert!(dies(nom::body(Undead, whole)));
}

fn drop_it(record: Record<'_>) -> usize {
    record.len()
}

fn whole(input: &[u8]) -> ::nom::IResult<&[u8], &[u8]> {
    ::nom::combinator::rest(input)
}
