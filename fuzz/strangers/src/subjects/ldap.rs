//! LDAP: messages in BER.

use ldap3_proto::LdapCodec;
use segue_laws::{Answer, Law};
use tokio_util::codec::FramedRead;

use crate::{
    adapt, drive,
    entry::{Entry, NOM},
};

const FAMILY: &str = "LDAP";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "lber",
            "Parser::parse",
            || adapt::needing(adapt::front(tag)),
            |reads| drive::needing(reads, adapt::front(tag)),
        )
        .needs(NOM)
        .accepts(MESSAGES)
        .accepts([&b"\x04\x81\x02ab\x05\x00"[..]]),
        Entry::new(
            FAMILY,
            "ldap3_proto",
            "LdapCodec",
            || Box::new(adapt::decoder(LdapCodec::default())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, LdapCodec::default())),
        )
        .accepts(MESSAGES)
        .refuses([&b"\x30\x05\x02\x01\x01\x5f\x00"[..]])
        .adapter(
            Law::L1,
            "a long read of the adapter holds more than the codec takes; its `Framed` reads 8 KiB at a time",
        )
        .encodes(|stream| adapt::again(LdapCodec::default(), LdapCodec::default(), stream)),
    ]
}

/// A bind and an unbind; a bind's response; a search for everything.
const MESSAGES: [&[u8]; 3] = [
    b"\x30\x11\x02\x01\x01\x60\x0c\x02\x01\x03\x04\x04cn=a\x80\x01p\x30\x05\x02\x01\x02\x42\x00",
    b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
    b"\x30\x23\x02\x01\x02\x63\x1e\x04\x04dc=a\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x01o\x30\x04\x04\x02cn",
];

fn tag(input: &[u8]) -> (usize, Answer) {
    match lber::Parser::new().parse(input) {
        Ok((rest, tag)) => (input.len() - rest.len(), Answer::item(tag)),
        Err(lber::Err::Incomplete(needed)) => (0, Answer::Need(missing(needed))),
        Err(_) => (0, Answer::Error("no tag".into())),
    }
}

/// Returns the number of bytes that are missing, as nom has it.
fn missing(needed: nom_7::Needed) -> Option<usize> {
    match needed {
        nom_7::Needed::Unknown => None,
        nom_7::Needed::Size(bytes) => Some(bytes.get()),
    }
}
