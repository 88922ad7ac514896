//! The decoder against one that goes bit by bit, on strings that are well-formed and ones that are
//! not.

use super::*;
use alloc::{vec, vec::Vec};

fn decoded(input: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut out = vec![0; room(input.len())];
    decode(input, &mut out).map(|length| out[..length].to_vec())
}

fn encoded(string: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    encode(string, &mut out);
    assert_eq!(out.len(), encoded_len(string));
    out
}

/// Decodes bit by bit by the table of codes.
fn slowly(input: &[u8]) -> Result<Vec<u8>, Broken> {
    let (mut out, mut code, mut bits) = (vec![], 0_u64, 0);
    for bit in input.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1)) {
        (code, bits) = (code << 1 | u64::from(bit), bits + 1);
        if let Some(symbol) = CODES.iter().position(|entry| *entry == code << 5 | bits) {
            out.push(u8::try_from(symbol).map_err(|_| Broken::End)?);
            (code, bits) = (0, 0);
        }
    }
    if bits < 8 && code == (1 << bits) - 1 { Ok(out) } else { Err(Broken::Padding) }
}

/// RFC 7541 C.4 and C.6.
#[test]
fn strings_of_the_rfc() {
    for (string, code) in [
        ("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"),
        ("no-cache", "a8eb10649cbf"),
        ("custom-key", "25a849e95ba97d7f"),
        ("custom-value", "25a849e95bb8e8b4bf"),
        ("302", "6402"),
        ("private", "aec3771a4b"),
        ("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"),
        ("https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"),
        ("gzip", "9bd9ab"),
    ] {
        let hex: Vec<u8> = encoded(string.as_bytes());
        let shown: Vec<_> = hex.iter().map(|byte| alloc::format!("{byte:02x}")).collect();
        assert_eq!(shown.concat(), code);
        assert_eq!(decoded(&hex).as_deref(), Ok(string.as_bytes()));
    }
}

/// The codes at the corners of RFC 7541 Appendix B.
#[test]
fn codes_of_the_rfc() {
    for (symbol, code, bits) in [
        (usize::from(b'0'), 0, 5),
        (usize::from(b't'), 0x9, 5),
        (usize::from(b' '), 0x14, 6),
        (usize::from(b':'), 0x5c, 7),
        (usize::from(b'&'), 0xf8, 8),
        (usize::from(b'\\'), 0x7fff0, 19),
        (0, 0x1ff8, 13),
        (10, 0x3fff_fffc, 30),
        (249, 0x0fff_fffe, 28),
        (256, 0x3fff_ffff, 30),
    ] {
        assert_eq!(CODES[symbol], code << 5 | bits, "symbol {symbol}");
    }
}

#[test]
fn every_string_comes_back() {
    for first in 0..=255 {
        for second in (0..=255).step_by(if cfg!(miri) { 51 } else { 1 }) {
            for string in [&[first][..], &[first, second], &[second, first, b'a', second]] {
                assert_eq!(decoded(&encoded(string)).as_deref(), Ok(string));
            }
        }
    }
    let long: Vec<u8> = (0..=255).cycle().take(if cfg!(miri) { 300 } else { 5000 }).collect();
    assert_eq!(decoded(&encoded(&long)), Ok(long));
    assert_eq!((decoded(b""), encoded(b"")), (Ok(vec![]), vec![]));
}

#[test]
fn padding_is_short_and_all_ones() {
    // "a" is 00011, "0" is 00000.
    assert_eq!(decoded(&[0b0001_1111]).as_deref(), Ok(&b"a"[..]));
    for bad in
        [&[0b0001_1000][..], &[0b0001_1110], &[0b0001_1111, 0xff], &[0xff], &[0xff, 0xff, 0xff]]
    {
        assert_eq!(decoded(bad), Err(Broken::Padding), "{bad:x?}");
    }
    assert_eq!(decoded(&[0xff; 4]), Err(Broken::End));
    assert_eq!(decoded(&[0xff; 40]), Err(Broken::End));
    let mut late = encoded(&[b'a'; 64]);
    late.extend([0xff, 0xff, 0xff, 0xff]);
    assert_eq!(decoded(&late), Err(Broken::End));
}

/// Arbitrary bytes get the answer of the slow decoder, and leave what was in the output.
#[test]
fn it_agrees_with_a_slow_one() {
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    for round in 0..if cfg!(miri) { 30 } else { 6000 } {
        let length = random() % 40;
        let mut input: Vec<u8> = (0..length).map(|_| random().to_le_bytes()[0]).collect();
        if round % 3 == 0 {
            // Well-formed, but for a byte, and with long codes.
            input = encoded(&input);
            if round % 2 == 0 && !input.is_empty() {
                let place = random() % input.len();
                input[place] |= random().to_le_bytes()[0];
            }
        }
        assert_eq!(decoded(&input), slowly(&input), "{input:x?}");
        if let Ok(decoded) = decoded(&input) {
            assert!((min_decoded(input.len())..=max_decoded(input.len())).contains(&decoded.len()));
        }
    }
}
