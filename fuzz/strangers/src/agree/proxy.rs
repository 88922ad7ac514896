//! The PROXY protocol, versions 1 and 2.

use ppp::{
    HeaderResult,
    v2::{IPv4, IPv6},
};
use proxy_header::{ParseConfig, ProxyHeader};
use std::net::{IpAddr, SocketAddr};

use super::{Agreement, Heard};

/// One header; what follows it is not looked at.
pub fn agreement() -> Agreement {
    Agreement {
        protocol: "PROXY",
        compared: "the two addresses of one header; not its extensions, and not Unix sockets",
        accepts: vec![
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n",
            b"PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n",
            b"PROXY UNKNOWN\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x04\xd2\x01\xbb",
            b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00",
        ],
        words: vec![b"\r\n", b" ", b"TCP4", b"TCP6", b"UNKNOWN", b"0", b"65535", b"::1"],
        skips: |_| false,
        ruling,
        voices: vec![
            ("ppp", "HeaderResult::parse", |input| one(ppp_header(input))),
            ("proxy-header", "ProxyHeader::parse", |input| one(proxy_header(input))),
            ("proxy-protocol-rs", "parse", |input| one(proxy_protocol_rs(input))),
        ],
    }
}

fn ruling(input: &[u8]) -> Option<&'static str> {
    let port =
        |word: &[u8]| word.len() > 1 && word[0] == b'0' && word.iter().all(u8::is_ascii_digit);
    if input.split(|byte| b" \r".contains(byte)).any(port) {
        Some("a port has no zeros in front: PROXY protocol, §2.1")
    } else if input.starts_with(b"PROXY") && !input.starts_with(b"PROXY ") {
        Some("the line begins with PROXY and exactly one space: PROXY protocol, §2.1")
    } else {
        None
    }
}

/// Source and destination, where they are told.
type Addresses = Option<(SocketAddr, SocketAddr)>;

fn one(header: Option<Addresses>) -> Heard {
    let said = header.map(|addresses| match addresses {
        Some((from, to)) => format!("{from} to {to}"),
        None => "no addresses".into(),
    });
    Heard { whole: said.is_some(), said: said.into_iter().collect() }
}

fn ppp_header(input: &[u8]) -> Option<Addresses> {
    match HeaderResult::parse(input) {
        HeaderResult::V1(header) => Some(match header.ok()?.addresses {
            ppp::v1::Addresses::Unknown => None,
            ppp::v1::Addresses::Tcp4(both) => four(both),
            ppp::v1::Addresses::Tcp6(both) => six(both),
        }),
        HeaderResult::V2(header) => {
            let header = header.ok()?;
            Some(match header.addresses {
                _ if matches!(header.command, ppp::v2::Command::Local) => None,
                ppp::v2::Addresses::IPv4(both) => four(both),
                ppp::v2::Addresses::IPv6(both) => six(both),
                _ => None,
            })
        }
    }
}

fn four(both: IPv4) -> Addresses {
    let from = SocketAddr::new(IpAddr::V4(both.source_address), both.source_port);
    Some((from, SocketAddr::new(IpAddr::V4(both.destination_address), both.destination_port)))
}

fn six(both: IPv6) -> Addresses {
    let from = SocketAddr::new(IpAddr::V6(both.source_address), both.source_port);
    Some((from, SocketAddr::new(IpAddr::V6(both.destination_address), both.destination_port)))
}

fn proxy_header(input: &[u8]) -> Option<Addresses> {
    let (header, _) = ProxyHeader::parse(input, ParseConfig::default()).ok()?;
    Some(header.proxied_address().map(|addresses| (addresses.source, addresses.destination)))
}

fn proxy_protocol_rs(input: &[u8]) -> Option<Addresses> {
    let (info, _) = proxy_protocol_rs::parse(input).ok()?;
    Some(info.source_inet().zip(info.destination_inet()))
}
