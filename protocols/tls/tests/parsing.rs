//! Records and ClientHellos, without rustls: these tests run on every target.

use segue::{Buffer, Fault, Output, Step};
use segue_tls::{ClientHello, ContentType, Error, RecordHeader, Records, WireRecord};

#[test]
fn a_header_is_refused_at_the_first_byte_that_shows_it() {
    assert_eq!(RecordHeader::read(b""), Ok(None));
    assert_eq!(RecordHeader::read(b"\x16\x03\x01\x00"), Ok(None));
    let header = RecordHeader { content: ContentType(22), version: 0x0301, length: 0 };
    assert_eq!(RecordHeader::read(b"\x16\x03\x01\x00\x00"), Ok(Some(header)));
    for first in (0..20).chain(24..=255) {
        assert_eq!(RecordHeader::read(&[first]), Err(Fault::new(Error::NotTls)));
    }
    // SSL 2 and what comes after TLS 1.
    for major in [0, 2, 4] {
        assert_eq!(RecordHeader::read(&[22, major]), Err(Fault::new(Error::NotTls).at(1)));
    }
    let longest = RecordHeader::read(b"\x17\x03\x03\x41\x00").ok().flatten();
    assert_eq!(longest.map(|header| header.length), Some(RecordHeader::MAX));
    let long = RecordHeader::read(b"\x17\x03\x03\x41\x01");
    assert_eq!(long, Err(Fault::new(Error::RecordTooLong).at(3)));
}

#[test]
fn records_are_lent_in_their_order() {
    let mut wire = Buffer::from(&b"\x15\x03\x03\x00\x02\x01\x00\x17\x03\x03\x00\x00\x16"[..]);
    let (mut records, mut output) = (Records, Output::new());
    let alert = WireRecord { content: ContentType::ALERT, version: 0x0303, payload: &[1, 0] };
    assert_eq!(wire.step(&mut records, false, &mut output), Ok(Step::Item(alert)));
    let Ok(Step::Item(data)) = wire.step(&mut records, false, &mut output) else { panic!() };
    assert_eq!((data.content, data.payload), (ContentType::APPLICATION_DATA, &[][..]));
    let Ok(Step::Need(need)) = wire.step(&mut records, false, &mut output) else { panic!() };
    assert_eq!(need.at_least.get(), 4);
}

#[test]
fn any_bytes_of_a_hello_are_read_or_refused() {
    let mut body = b"\x03\x03".to_vec();
    body.extend([9; 32]);
    body.extend(b"\x02ab\x00\x04\x13\x01\x13\x02\x01\x00\x00\x1e");
    body.extend(b"\x00\x00\x00\x08\x00\x06\x00\x00\x03a.b\x00\x10\x00\x05\x00\x03\x02h2\x00\x2b\x00\x05\x04\x03\x04\x03\x03");
    let hello = ClientHello::read(&body).expect("it is well formed");
    assert_eq!((hello.server_name(), hello.session_id()), (Some("a.b"), &b"ab"[..]));
    assert_eq!(hello.versions().collect::<Vec<_>>(), [0x0304, 0x0303]);
    for at in 0..body.len() {
        assert!(ClientHello::read(&body[..at]).is_err() || at == 45, "{at}");
        for byte in 0..=255 {
            let mut other = body.clone();
            other[at] = byte;
            if let Ok(hello) = ClientHello::read(&other) {
                let _ = (hello.server_name(), hello.alpn().count(), hello.groups().count());
                let _ = (hello.versions().count(), hello.extensions().count());
            }
        }
    }
}
