//! Encoding: records that are written, and those that cannot be.

use bytes::{Bytes, BytesMut};
use segue::length::{self, EncodeError};
use segue::{Buffer, Encode, Output, laws};
use std::borrow::Cow;

use crate::{Kind, with_prefix};

fn encoded<T, E: Encode<T>>(mut encoder: E, item: T) -> Result<Vec<u8>, E::Error> {
    let mut output = Output::new();
    encoder.encode(item, &mut output).map(|()| output.to_vec())
}

/// L6, with payloads on both sides of [`Output::WHOLE`] where the prefix can say them.
#[test]
fn round_trips() {
    for kind in Kind::ALL {
        let sizes = [0, 1, 127, 128, 250, 16_500];
        let sizes = if kind == Kind::U8 { &sizes[..5] } else { &sizes };
        let items = sizes.iter().map(|&size| vec![0xa5_u8; size]).collect::<Vec<_>>();
        with_prefix!(kind, prefix => {
            let stage = || length::prefixed(prefix);
            let counting = || length::prefixed(prefix).counts_itself();
            laws::round_trip(stage, stage, items.iter().map(|item| &item[..]));
            laws::round_trip(counting, counting, items.iter().map(|item| &item[..]));
            laws::round_trip(stage, stage, items.iter().cloned().map(Bytes::from));
        });
    }
    let items = [&b""[..], b"hello", &[7; 5000]];
    laws::round_trip(length::netstring, length::netstring, items);
    laws::round_trip(length::netstring, length::netstring, items.map(Bytes::from_static));
}

/// Formats that have one way to write a length give back the bytes they were given.
#[test]
fn canonical_where_the_prefix_is() {
    let mut long = vec![0x82, 0x01, 0x00];
    long.extend([3; 0x100]);
    laws::canonical(length::der, length::der, [&b"\x00\x01a"[..], &long], |record| {
        record.into_bytes()
    });
    laws::canonical(length::netstring, length::netstring, ["", "0:,11:hello world,"], |record| {
        record.into_bytes()
    });
    // Records with their header are passed on as they came, padded or not.
    let whole = || length::ber().offset(1).keep_header();
    laws::canonical(whole, whole, [&b"\x30\x84\0\0\0\x01a\x31\x00"[..]], |record| {
        record.into_bytes()
    });
}

#[test]
fn large_payloads_are_not_copied() {
    let payload = Bytes::from(vec![9; Output::WHOLE]);
    let mut output = Output::new();
    length::u32_be().encode(payload.clone(), &mut output).unwrap();
    length::netstring().encode(payload.clone(), &mut output).unwrap();
    length::u8()
        .offset(2)
        .adjust(-0x800)
        .encode((&b"ab"[..], payload.clone()), &mut output)
        .unwrap_err();
    length::u16_le().offset(2).encode((&b"ab"[..], payload.clone()), &mut output).unwrap();
    let shared = output.chunks().filter(|chunk| chunk.as_ptr() == payload.as_ptr()).count();
    assert_eq!(shared, 3);
    assert!(output.to_vec().ends_with(&[b"ab\x00\x08", &payload[..]].concat()));
}

#[test]
fn bytes_are_taken_in_whatever_form_they_are() {
    let expected = b"\x05hello";
    let text = String::from("hello");
    assert_eq!(encoded(length::u8(), "hello").unwrap(), expected);
    assert_eq!(encoded(length::u8(), &text).unwrap(), expected);
    assert_eq!(encoded(length::u8(), text.clone()).unwrap(), expected);
    assert_eq!(encoded(length::u8(), b"hello").unwrap(), expected);
    assert_eq!(encoded(length::u8(), *b"hello").unwrap(), expected);
    assert_eq!(encoded(length::u8(), &b"hello"[..]).unwrap(), expected);
    assert_eq!(encoded(length::u8(), &mut b"hello".to_vec()[..]).unwrap(), expected);
    assert_eq!(encoded(length::u8(), b"hello".to_vec()).unwrap(), expected);
    assert_eq!(encoded(length::u8(), &b"hello".to_vec()).unwrap(), expected);
    assert_eq!(
        encoded(length::u8(), text.clone().into_bytes().into_boxed_slice()).unwrap(),
        expected
    );
    assert_eq!(encoded(length::u8(), Cow::from("hello")).unwrap(), expected);
    assert_eq!(encoded(length::u8(), Cow::from(text.as_bytes())).unwrap(), expected);
    assert_eq!(encoded(length::u8(), BytesMut::from("hello")).unwrap(), expected);
    assert_eq!(encoded(length::u8(), &Bytes::from("hello")).unwrap(), expected);
    let mut buffer = Buffer::from(&b"hello"[..]);
    assert_eq!(encoded(length::u8(), &buffer.take(5)).unwrap(), expected);
    let mut buffer = Buffer::from(&b"hello"[..]);
    assert_eq!(encoded(length::u8(), buffer.take(5)).unwrap(), expected);
    assert_eq!(encoded(length::u8().offset(1), ("!", "hello")).unwrap(), b"!\x05hello");
    assert_eq!(encoded(length::u8().offset(1), (*b"!", text)).unwrap(), b"!\x05hello");
    assert_eq!(encoded(length::netstring(), "hello").unwrap(), b"5:hello,");
    // A long owned payload is sent from where it is.
    let payload = vec![9; Output::WHOLE];
    let place = payload.as_ptr();
    let mut output = Output::new();
    length::u16_be().encode(payload, &mut output).unwrap();
    assert!(output.chunks().any(|chunk| chunk.as_ptr() == place));
}

#[test]
fn a_length_that_the_prefix_cannot_say() {
    let long = vec![0; 256];
    assert_eq!(encoded(length::u8(), &long[..255]).unwrap().len(), 256);
    let unrepresentable = EncodeError::Unrepresentable { length: 256 };
    assert_eq!(encoded(length::u8(), &long[..]), Err(unrepresentable));
    assert_eq!(encoded(length::u8().adjust(1), &long[..]).unwrap()[0], 255);
    // One that counts itself has room for one byte less.
    let unrepresentable = EncodeError::Unrepresentable { length: 255 };
    assert_eq!(encoded(length::u8().counts_itself(), &long[..255]), Err(unrepresentable));
    // A length below zero.
    let unrepresentable = EncodeError::Unrepresentable { length: 3 };
    assert_eq!(encoded(length::u8().adjust(4), &long[..3]), Err(unrepresentable));
    assert_eq!(encoded(length::u8().adjust(4), &long[..4]).unwrap()[0], 0);
}

#[test]
fn a_record_over_the_limit_is_not_sent() {
    let too_long = EncodeError::TooLong { length: 4, max: 3 };
    assert_eq!(encoded(length::u8().max(3), &b"abcd"[..]), Err(too_long));
    assert_eq!(encoded(length::netstring().max(3), &b"abcd"[..]), Err(too_long));
    assert_eq!(encoded(length::netstring().max(3), Bytes::from("abc")).unwrap(), b"3:abc,");
    assert_eq!(too_long.to_string(), "a record of 4 bytes is over the limit of 3");
}

#[test]
fn a_field_that_counts_itself_grows_with_what_it_counts() {
    for (rest, field) in [(126, &[127][..]), (127, &[129, 1]), (16381, &[255, 127])] {
        let bytes = encoded(length::leb128().counts_itself(), &vec![0; rest][..]).unwrap();
        assert_eq!(bytes[..bytes.len() - rest], *field, "{rest}");
    }
    assert_eq!(
        encoded(length::decimal().counts_itself(), &b"12345678"[..]).unwrap(),
        b"11:12345678"
    );
}

#[test]
fn bytes_in_front_of_the_length_are_given_or_it_is_refused() {
    let postgres = || length::u32_be().offset(1).counts_itself();
    assert_eq!(encoded(postgres(), (&b"Q"[..], &b"SELECT"[..])).unwrap(), b"Q\0\0\0\x0aSELECT");
    assert_eq!(encoded(postgres(), &b"SELECT"[..]), Err(EncodeError::Header));
    assert_eq!(encoded(postgres(), (&b""[..], &b"SELECT"[..])), Err(EncodeError::Header));
    assert_eq!(encoded(postgres().strip(2), &b"SELECT"[..]), Err(EncodeError::Header));
    assert_eq!(
        encoded(postgres().keep_header(), (&b"Q"[..], &b"SELECT"[..])),
        Err(EncodeError::Header)
    );
}

#[test]
fn whole_records_must_be_as_long_as_they_say() {
    let whole = || length::u8().offset(1).keep_header();
    assert_eq!(encoded(whole(), &b"a\x02bc"[..]).unwrap(), b"a\x02bc");
    for other in [&b"a\x02b"[..], b"a\x02bcd", b"a", b""] {
        assert_eq!(encoded(whole(), other), Err(EncodeError::Mismatch), "{other:?}");
    }
    assert_eq!(encoded(whole().max(1), &b"a\x02bc"[..]), Err(EncodeError::Mismatch));
}
