//! The PROXY protocol, versions 1 and 2.

use ppp::{HeaderResult, PartialResult};
use proxy_header::{ParseConfig, ProxyHeader, io::ProxiedStream};
use segue_laws::{Answer, Law};
use std::io::Read;

use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "PROXY protocol";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive).accepts(HEADERS).refuses(NO_HEADERS)
    };
    vec![
        new(
            "ppp",
            "HeaderResult::parse",
            || adapt::needing(adapt::front(ppp_header)),
            |reads| drive::needing(reads, adapt::front(ppp_header)),
        )
        .needs("`Partial` tells how much of the advertised length there is")
        .over_slice(),
        new(
            "proxy-header",
            "ProxyHeader::parse",
            || Box::new(adapt::slice(proxy_header_parse)),
            |reads| drive::buffer(reads, proxy_header_parse),
        )
        .encodes(|stream| {
            let (header, _) = ProxyHeader::parse(stream, ParseConfig::default()).ok()?;
            let mut again = Vec::new();
            header.encode_v2(&mut again).ok()?;
            Some(again)
        })
        .over_slice(),
        new(
            "proxy-header",
            "ProxiedStream::create_from_std",
            || {
                Box::new(
                    adapt::blocking(
                        |source| (Some(source), None),
                        |(source, stream)| proxied(source, stream),
                    )
                    .left(|_| Vec::new()),
                )
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| (Some(pipe), None),
                    |(source, stream)| proxied(source, stream),
                )
            },
        )
        .contract(
            Law::L9,
            "what follows the header is the inner protocol's, which tells its end by itself",
        )
        .way(Way::Reads),
        new(
            "proxy-protocol-rs",
            "parse",
            || Box::new(adapt::slice(proxy_protocol_rs_parse)),
            |reads| drive::buffer(reads, proxy_protocol_rs_parse),
        )
        .over_slice(),
    ]
}

const HEADERS: [&[u8]; 5] = [
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n",
    b"PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n",
    b"PROXY UNKNOWN\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x04\xd2\x01\xbb",
    b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00",
];
const NO_HEADERS: [&[u8]; 3] = [
    b"PROXY TCP4 192.0.2.1 192.0.2.999 1234 443\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x31\x11\x00\x00",
];

/// As its documentation has it: read more while the result is incomplete.
fn ppp_header(input: &[u8]) -> (usize, Answer) {
    let result = HeaderResult::parse(input);
    match result {
        HeaderResult::V2(Err(ppp::v2::ParseError::Partial(has, of))) => {
            (0, Answer::Need(of.checked_sub(has)))
        }
        result if result.is_incomplete() => (0, Answer::Need(None)),
        HeaderResult::V1(Ok(header)) => (header.header.len(), Answer::item(said(header.addresses))),
        HeaderResult::V2(Ok(header)) => (header.header.len(), Answer::item(said(header.addresses))),
        HeaderResult::V1(Err(error)) => (0, Answer::Error(error.to_string())),
        HeaderResult::V2(Err(error)) => (0, Answer::Error(error.to_string())),
    }
}

fn said(addresses: impl std::fmt::Debug) -> String {
    format!("{addresses:?}")
}

fn proxy_header_parse(input: &[u8]) -> Result<Option<(String, usize)>, proxy_header::Error> {
    match ProxyHeader::parse(input, ParseConfig::default()) {
        Ok((header, length)) => Ok(Some((format!("{header:?}"), length))),
        Err(proxy_header::Error::BufferTooShort) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The header, then what follows it.
fn proxied<R: Read>(
    source: &mut Option<R>,
    stream: &mut Option<ProxiedStream<R>>,
) -> std::io::Result<Option<Answer>> {
    if let Some(source) = source.take() {
        let proxied = ProxiedStream::create_from_std(source, ParseConfig::default())?;
        let header = format!("{:?}", proxied.proxy_header());
        *stream = Some(proxied);
        return Ok(Some(Answer::Item(header)));
    }
    let Some(stream) = stream else { return Ok(None) };
    let mut room = [0; 64];
    let length = stream.read(&mut room)?;
    Ok((length > 0).then(|| Answer::Piece(room[..length].to_vec())))
}

fn proxy_protocol_rs_parse(
    input: &[u8],
) -> Result<Option<(String, usize)>, proxy_protocol_rs::ParseError> {
    match proxy_protocol_rs::parse(input) {
        Ok((info, length)) => Ok(Some((format!("{info:?}"), length))),
        Err(proxy_protocol_rs::ParseError::Incomplete) => Ok(None),
        Err(error) => Err(error),
    }
}
