//! Peers that break the rules, or keep them to the letter in order to cost much.
#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod support;

use segue::{Buffer, Cause, Exchange, Fault, Layer, Output, Progress, Step};
use segue_tls::{Error, Limits, Tls};
use support::{Configs, Version};

/// Opens all of `wire`. Returns the data in it, with the fault or true for the end.
fn open(tls: &mut Tls, wire: &[u8], answers: &mut Output) -> (Vec<u8>, Result<bool, Fault<Error>>) {
    let mut buffer = Buffer::from(wire);
    let mut data = Vec::new();
    loop {
        match tls.open(&mut buffer, false, answers) {
            Ok(Step::Item(plain)) => data.extend_from_slice(plain),
            Ok(Step::Need(_)) => return (data, Ok(false)),
            Ok(Step::Done) => return (data, Ok(true)),
            Err(fault) => return (data, Err(fault)),
        }
    }
}

fn sealed(tls: &mut Tls, data: &[u8]) -> Vec<u8> {
    let (mut plain, mut wire) = (Output::new(), Output::new());
    plain.put(data);
    while !plain.is_empty() {
        tls.seal(&mut plain, &mut wire).unwrap();
    }
    wire.to_vec()
}

/// A key update without data.
fn key_update(tls: &mut Tls) -> Vec<u8> {
    tls.update_keys().unwrap();
    let mut wire = Output::new();
    tls.seal(&mut Output::new(), &mut wire).unwrap();
    wire.to_vec()
}

#[test]
fn key_updates_are_followed_and_a_flood_of_them_is_refused() {
    let (mut client, mut server) = Configs::new(Version::Tls13).ready();
    let mut answers = Output::new();
    // With data between them there may be any number.
    for _ in 0..100 {
        let wire = [key_update(&mut client), sealed(&mut client, b"data")].concat();
        assert_eq!(open(&mut server, &wire, &mut answers), (b"data".to_vec(), Ok(false)));
    }
    // Only one answer is due until there is data to send (RFC 8446 §4.6.3).
    assert!(answers.len() < 100, "{} bytes", answers.len());
    let mut wire = Vec::new();
    for _ in 0..33 {
        wire.extend(key_update(&mut client));
    }
    let before = answers.len();
    let (_, end) = open(&mut server, &wire, &mut answers);
    let fault = end.unwrap_err();
    assert!(fault.fatal && matches!(fault.cause, Cause::Stage(Error::Rustls(_) | Error::NoData)));
    assert!(answers.len() - before < 100, "{} bytes", answers.len() - before);
}

/// Of any kind: here key updates again, with a limit below that of rustls.
#[test]
fn records_without_data_are_limited() {
    let configs = Configs::new(Version::Tls13);
    let (client, server) = configs.handshakes();
    let limits = Limits { records_without_data: 4, ..Limits::DEFAULT };
    let (mut client, mut server, _) = support::layers(client, server.limits(limits));
    for _ in 0..3 {
        let mut wire = (0..4).flat_map(|_| key_update(&mut client)).collect::<Vec<_>>();
        wire.extend(sealed(&mut client, b"data"));
        let found = open(&mut server, &wire, &mut Output::new());
        assert_eq!(found, (b"data".to_vec(), Ok(false)));
    }
    let wire = (0..5).flat_map(|_| key_update(&mut client)).collect::<Vec<_>>();
    let (_, end) = open(&mut server, &wire, &mut Output::new());
    assert_eq!(end.unwrap_err().cause, Cause::Stage(Error::NoData));
}

#[test]
fn a_record_that_was_changed_is_refused_and_answered() {
    for version in Version::ALL {
        let (mut client, mut server) = Configs::new(version).ready();
        let mut wire = sealed(&mut client, b"data");
        let last = wire.len() - 1;
        wire[last] ^= 1;
        let mut answers = Output::new();
        let (data, end) = open(&mut server, &wire, &mut answers);
        assert_eq!(
            (data, end.unwrap_err().cause),
            (vec![], Cause::Stage(Error::Rustls(rustls::Error::DecryptError)))
        );
        // bad_record_mac, for the other end to read.
        let (_, end) = open(&mut client, &answers.to_vec(), &mut Output::new());
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac);
        assert_eq!(end.unwrap_err().cause, Cause::Stage(Error::Rustls(alert)));
    }
}

#[test]
fn a_record_that_is_too_long_is_refused_by_its_header() {
    let (_, mut server) = Configs::new(Version::Tls13).ready();
    let (_, end) = open(&mut server, b"\x17\x03\x03\x41\x01", &mut Output::new());
    assert_eq!(end.unwrap_err(), Fault::new(Error::RecordTooLong).at(3));
}

/// Whatever follows a `close_notify` is not the layer's (RFC 8446 §6.1).
#[test]
fn bytes_behind_a_goodbye_stay_where_they_are() {
    for version in Version::ALL {
        let (mut client, mut server) = Configs::new(version).ready();
        let mut wire = sealed(&mut client, b"last");
        let mut end = Output::new();
        client.close(&mut end);
        wire.extend(end.to_vec());
        wire.extend(b"in the clear");
        let mut buffer = Buffer::from(&wire[..]);
        let mut answers = Output::new();
        assert_eq!(server.open(&mut buffer, false, &mut answers), Ok(Step::Item(&b"last"[..])));
        for _ in 0..2 {
            assert_eq!(server.open(&mut buffer, false, &mut answers), Ok(Step::Done));
            assert_eq!(buffer.as_slice(), b"in the clear");
        }
        // The other direction is still open.
        let wire = sealed(&mut server, b"answer");
        assert_eq!(open(&mut client, &wire, &mut answers), (b"answer".to_vec(), Ok(false)));
    }
}

/// The whole handshake in records of one byte, as a peer may send it.
#[test]
fn a_hello_in_records_of_one_byte_is_served() {
    let (mut client, mut server) = Configs::new(Version::Tls13).handshakes();
    let (mut output, mut nothing) = (Output::new(), Buffer::new());
    assert!(matches!(client.advance(&mut nothing, false, &mut output), Ok(Progress::NeedRead(_))));
    let wire = support::in_records(&output.to_vec()[5..], 1);
    let (mut input, mut answer) = (Buffer::new(), Output::new());
    for byte in wire {
        input.extend(&[byte]);
        assert!(matches!(
            server.advance(&mut input, false, &mut answer),
            Ok(Progress::NeedRead(_))
        ));
    }
    assert!(answer.len() > 500, "it has answered");
}

/// A message that says it is longer than 64 KiB (RFC 8446 §4) is refused before it has come.
#[test]
fn a_handshake_message_that_is_too_long_is_refused() {
    let (_, mut server) = Configs::new(Version::Tls13).handshakes();
    let mut input = Buffer::from(&b"\x16\x03\x01\x00\x05\x01\x01\x00\x00\x00"[..]);
    let mut answer = Output::new();
    let fault = server.advance(&mut input, false, &mut answer).map(|_| ()).unwrap_err();
    assert!(matches!(fault.cause, Cause::Stage(Error::Rustls(rustls::Error::InvalidMessage(_)))));
}

/// Data before the handshake is done was never agreed on.
#[test]
fn data_instead_of_a_handshake_is_refused() {
    let (mut client, mut server) = Configs::new(Version::Tls13).handshakes();
    let (mut output, mut nothing) = (Output::new(), Buffer::new());
    assert!(matches!(client.advance(&mut nothing, false, &mut output), Ok(Progress::NeedRead(_))));
    let wire = b"\x17\x03\x03\x00\x05hello";
    for end in [&mut client, &mut server] {
        let (mut input, mut answer) = (Buffer::from(&wire[..]), Output::new());
        let fault = end.advance(&mut input, false, &mut answer).map(|_| ()).unwrap_err();
        assert!(fault.fatal && matches!(fault.cause, Cause::Stage(Error::Rustls(_))));
        assert_eq!(answer.to_vec()[..3], [21, 3, 3], "an alert");
    }
}
