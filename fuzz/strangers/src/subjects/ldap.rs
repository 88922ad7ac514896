//! LDAP: messages in BER.

use ldap3_proto::LdapCodec;
use segue::laws::{Law, stranger};
use tokio_util::codec::FramedRead;

use crate::{
    adapt, drive,
    entry::{Entry, no_needs},
};

const FAMILY: &str = "LDAP";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "lber",
            "Parser::parse",
            || Box::new(stranger::slice(tag)),
            |reads| drive::buffer(reads, tag),
        )
        .accepts(MESSAGES)
        .accepts([&b"\x04\x81\x02ab\x05\x00"[..]]),
        Entry::new(
            FAMILY,
            "ldap3_proto",
            "LdapCodec",
            || Box::new(stranger::decoder(LdapCodec::default())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, LdapCodec::default())),
        )
        .accepts(MESSAGES)
        .refuses([&b"\x30\x05\x02\x01\x01\x5f\x00"[..]])
        .exempt(Law::L3, no_needs::DECODER)
        .encodes(|stream| adapt::again(LdapCodec::default(), LdapCodec::default(), stream)),
    ]
}

/// A bind and an unbind; a bind's response; a search for everything.
const MESSAGES: [&[u8]; 3] = [
    b"\x30\x11\x02\x01\x01\x60\x0c\x02\x01\x03\x04\x04cn=a\x80\x01p\x30\x05\x02\x01\x02\x42\x00",
    b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
    b"\x30\x23\x02\x01\x02\x63\x1e\x04\x04dc=a\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x01o\x30\x04\x04\x02cn",
];

fn tag(input: &[u8]) -> Result<Option<(String, usize)>, &'static str> {
    match lber::Parser::new().parse(input) {
        Ok((rest, tag)) => Ok(Some((format!("{tag:?}"), input.len() - rest.len()))),
        Err(lber::Err::Incomplete(_)) => Ok(None),
        Err(_) => Err("no tag"),
    }
}
