//! Bytes from the standards, and prefixes at their limits.

use segue::length::{Ber, Decimal, Der, Error, Leb128, Leb128Padded, Prefix, QuicVarint, Scan};
use segue::length::{PrefixBytes, U8, U16Be, U16Le, U24Be, U24Le, U32Be, U32Le, U64Be, U64Le};

#[track_caller]
fn both_ways(prefix: &impl Prefix, value: u64, bytes: &[u8]) {
    assert_eq!(prefix.write(value).as_deref(), Some(bytes));
    assert_eq!(prefix.read(bytes), Ok(Scan::Whole { value, size: bytes.len() }));
}

#[track_caller]
fn refused(prefix: &impl Prefix, bytes: &[u8], error: Error, at: u64) {
    let fault = prefix.read(bytes).unwrap_err();
    assert_eq!((fault.error(), fault.at, fault.fatal), (Some(&error), at, true));
}

#[test]
fn integers() {
    both_ways(&U8, 0xff, &[0xff]);
    both_ways(&U16Be, 0x0102, &[1, 2]);
    both_ways(&U16Le, 0x0102, &[2, 1]);
    both_ways(&U24Be, 0x01_0203, &[1, 2, 3]);
    both_ways(&U24Le, 0x01_0203, &[3, 2, 1]);
    both_ways(&U32Be, 0x0102_0304, &[1, 2, 3, 4]);
    both_ways(&U32Le, 0x0102_0304, &[4, 3, 2, 1]);
    both_ways(&U64Be, 0x0102_0304_0506_0708, &[1, 2, 3, 4, 5, 6, 7, 8]);
    both_ways(&U64Le, 0x0102_0304_0506_0708, &[8, 7, 6, 5, 4, 3, 2, 1]);
    both_ways(&U64Le, u64::MAX, &[0xff; 8]);
    assert_eq!(U8.write(0x100), None);
    assert_eq!(U16Be.write(0x1_0000), None);
    assert_eq!(U24Le.write(0x100_0000), None);
    assert_eq!(U32Be.write(1 << 32), None);
    assert_eq!(U24Be.read(&[1]), Ok(Scan::short(2)));
}

/// RFC 9000 §A.1
#[test]
fn quic_varint() {
    both_ways(&QuicVarint, 151_288_809_941_952_652, &0xc219_7c5e_ff14_e88c_u64.to_be_bytes());
    both_ways(&QuicVarint, 494_878_333, &0x9d7f_3e7d_u32.to_be_bytes());
    both_ways(&QuicVarint, 15_293, &0x7bbd_u16.to_be_bytes());
    both_ways(&QuicVarint, 37, &[0x25]);
    both_ways(&QuicVarint, (1 << 62) - 1, &[0xff; 8]);
    assert_eq!(QuicVarint.write(1 << 62), None);
    assert_eq!(QuicVarint.read(&[0xc0]), Ok(Scan::short(7)));
}

#[test]
fn leb128() {
    both_ways(&Leb128, 0, &[0]);
    both_ways(&Leb128, 0x7f, &[0x7f]);
    both_ways(&Leb128, 0x80, &[0x80, 1]);
    let greatest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    both_ways(&Leb128, u64::MAX, &greatest);
    both_ways(&Leb128Padded, u64::MAX, &greatest);
    let zero = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    assert_eq!(Leb128Padded.read(&zero), Ok(Scan::Whole { value: 0, size: 10 }));
    refused(&Leb128, &zero, Error::NotMinimal, 9);
    for tenth in [0x02, 0x7f, 0x80, 0x81] {
        let mut over = greatest;
        over[9] = tenth;
        refused(&Leb128, &over, Error::Overflow, 9);
        refused(&Leb128Padded, &over, Error::Overflow, 9);
    }
}

#[test]
fn decimal() {
    both_ways(&Decimal, 0, b"0:");
    both_ways(&Decimal, 10, b"10:");
    both_ways(&Decimal, u64::MAX, b"18446744073709551615:");
    refused(&Decimal, b"18446744073709551616", Error::Overflow, 19);
    refused(&Decimal, b"100000000000000000000:", Error::Overflow, 20);
    refused(&Decimal, b"00", Error::NotMinimal, 1);
    refused(&Decimal, b":", Error::NotADigit(b':'), 0);
    refused(&Decimal, b"-1:", Error::NotADigit(b'-'), 0);
    refused(&Decimal, b"1 :", Error::NotADigit(b' '), 1);
}

#[test]
fn ber() {
    both_ways(&Ber, 0x7f, &[0x7f]);
    both_ways(&Ber, 0x80, &[0x81, 0x80]);
    both_ways(&Ber, 0x0100, &[0x82, 1, 0]);
    both_ways(&Der, u64::MAX, &[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    let padded = [0x84, 0, 0, 0, 5];
    assert_eq!(Ber.read(&padded), Ok(Scan::Whole { value: 5, size: 5 }));
    refused(&Der, &padded, Error::NotMinimal, 0);
    refused(&Der, &[0x81, 0x7f], Error::NotMinimal, 0);
    refused(&Der, &[0x82, 0x00, 0x80], Error::NotMinimal, 0);
    for first in [0x89, 0xfe] {
        refused(&Ber, &[first], Error::Overflow, 0);
    }
    refused(&Ber, &[0x80], Error::Indefinite, 0);
    refused(&Ber, &[0xff], Error::Reserved, 0);
}

#[test]
fn a_prefix_of_ones_own_is_not_longer_than_there_is_room() {
    assert_eq!(
        &PrefixBytes::new(&[7; PrefixBytes::CAPACITY]).unwrap()[..],
        [7; PrefixBytes::CAPACITY]
    );
    assert_eq!(PrefixBytes::new(&[7; PrefixBytes::CAPACITY + 1]), None);
}
