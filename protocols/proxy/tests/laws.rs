//! The laws of segue, stamped on the stages.

mod support;

use segue::{combine::choice, laws};
use segue_proxy::{Error, Header, Limits, OptionalHeader, Presence, ProxyHeader, Version};
use support::{INET, headers, v2, with_tlv, written};

const LINES: &[&[u8]] = &[
    b"PROXY UNKNOWN\r\n",
    b"PROXY UNKNOWN whatever \xff\r\n",
    b"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n",
    b"PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::ffff:192.0.2.1 1 2\r\n",
    b"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
];

fn good() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = LINES.iter().map(|line| line.to_vec()).collect();
    all.extend(headers().iter().map(|header| written(header).expect("it can be written")));
    all.push(v2(0x20, 0x11, b"what a LOCAL header says of addresses is ignored"));
    all.push(v2(0x20, 0xFF, INET));
    all.push(v2(0x21, 0x10, INET));
    all
}

const STRANGE: &[&[u8]] =
    &[b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"\n", b"QUIT\r\n", b"\r\n\r\n\0\r\nQUIT\r"];

fn bad() -> Vec<Vec<u8>> {
    let mut all = vec![
        b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n".to_vec(),
        b"PROXY U\xacNN\r\n".to_vec(),
        b"PROXY UNKNOWN\rX".to_vec(),
        b"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n".to_vec(),
        b"PROXY TCP4 1.2.3.4".to_vec(),
        v2(0x11, 0x11, INET),
        v2(0x22, 0x11, INET),
        v2(0x21, 0x41, INET),
        v2(0x21, 0x13, INET),
        v2(0x21, 0x21, INET),
        with_tlv(0x03, &[0; 4]),
        with_tlv(0x05, &[0; 129]),
    ];
    let whole = written(&support::full(support::unix())).expect("it can be written");
    all.push(whole[..whole.len() - 1].to_vec());
    all
}

#[test]
fn a_header_is_a_stage() {
    laws::stage(ProxyHeader::new)
        .accepts(good())
        .refuses(bad())
        .refuses(STRANGE)
        .too_long([[&b"PROXY UNKNOWN "[..], &[b'x'; 92], b"\r\n"].concat()])
        .too_long([v2(0x21, 0x11, &[INET, &[4, 0x0F, 0xE2], &[0; 4066]].concat())])
        .limit(Limits::DEFAULT.header)
        .check();
}

#[test]
fn each_version_alone_is_a_stage() {
    let (lines, binary): (Vec<_>, Vec<_>) = good().into_iter().partition(|one| one[0] == b'P');
    laws::stage(ProxyHeader::v1).accepts(&lines).refuses(&binary).limit(107).check();
    laws::stage(ProxyHeader::v2).accepts(&binary).refuses(&lines).check();
    let small = || ProxyHeader::v2().limits(Limits { header: 28 });
    laws::stage(small)
        .accepts([v2(0x21, 0x11, INET)])
        .too_long([with_tlv(4, b"")])
        .limit(28)
        .check();
}

#[test]
fn an_optional_header_is_a_stage() {
    laws::stage(|| OptionalHeader::new(Presence::Required))
        .accepts(good())
        .refuses(bad())
        .refuses(STRANGE)
        .check();
    laws::stage(|| OptionalHeader::new(Presence::Optional)).refuses(bad()).check();
    laws::stage(|| OptionalHeader::new(Presence::Forbidden)).refuses(good()).check();
    // Behind a look nothing is consumed, so a prefix of a good stream is a good one.
    for presence in [Presence::Optional, Presence::Forbidden] {
        for strange in STRANGE {
            for cut in 0..=strange.len() {
                let trace = laws::observe(OptionalHeader::new(presence), strange, &[cut]);
                assert_eq!((trace.end, &trace.left[..]), (laws::End::Done, *strange));
            }
        }
    }
    for header in good() {
        for cut in [1, 5, 6, 12, 13] {
            let optional = laws::observe(OptionalHeader::new(Presence::Optional), &header, &[cut]);
            let required = laws::observe(OptionalHeader::new(Presence::Required), &header, &[cut]);
            assert_eq!(optional.entries, required.entries);
        }
    }
}

#[test]
fn what_is_written_is_read() {
    let headers = headers();
    let lent: Vec<&Header<'_>> = headers.iter().collect();
    laws::round_trip(ProxyHeader::new, ProxyHeader::new, lent);
}

/// But for addresses in text, which have several forms, and for what is to be ignored.
#[test]
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough")]
fn what_is_read_is_written_again() {
    let inputs = headers().into_iter().map(|header| written(&header).expect("it can be written"));
    laws::canonical(ProxyHeader::new, ProxyHeader::new, inputs, |header| header.into_owned());
}

#[test]
fn a_choice_by_the_signature_is_a_stage() {
    let stage = || {
        choice(segue_proxy::look).switch(|found| match found {
            Some(Version::V1) => Ok(ProxyHeader::v1()),
            Some(Version::V2) => Ok(ProxyHeader::v2()),
            None => Err(Error::NoHeader.into()),
        })
    };
    laws::stage(stage).accepts(good()).refuses(bad()).refuses(STRANGE).check();
}
