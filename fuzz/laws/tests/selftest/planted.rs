//! Defects of kinds that other harnesses overlook, each caught with a seed of a few bytes and made
//! small; and their correct twins, which stay clean.

use std::convert::Infallible;

use bytes::{Buf, BytesMut};
use segue_laws::{Defect, Law, Parser, Subject, adapt, parser};

/// A few bytes are enough.
const LINES: [&str; 1] = ["ab\ncd\n"];
const RECORDS: [&[u8]; 1] = [b"\0\0\0\x03one"];

#[track_caller]
fn found(subject: Subject, law: Law) -> Defect {
    // Valid streams and what they are made to are enough.
    let verdicts = subject.generated(10).only([law]).verdicts();
    let Some(defect) = verdicts.violation(law) else { panic!("not caught: {verdicts}") };
    defect.clone()
}

#[track_caller]
fn clean(subject: &Subject) {
    let verdicts = subject.verdicts();
    assert!(verdicts.defects().is_empty(), "{verdicts}");
}

/// Lines up to LF, of which `damage` gets each read before they do: the offset it begins at, and its
/// bytes.
fn lines(mut damage: impl FnMut(usize, &[u8]) -> Vec<u8> + 'static) -> impl Parser {
    let mut offset = 0;
    let mut searched = 0;
    adapt::machine(
        BytesMut::new(),
        move |held: &mut BytesMut, read: &[u8]| {
            held.extend_from_slice(&damage(offset, read));
            offset += read.len();
        },
        move |held| {
            let Some(end) = held[searched..].iter().position(|&byte| byte == b'\n') else {
                searched = held.len();
                return Ok::<_, Infallible>(None);
            };
            let line = held.split_to(searched + end + 1).to_vec();
            searched = 0;
            Ok(Some(String::from_utf8_lossy(&line).into_owned()))
        },
    )
    .left(|held| held.to_vec())
}

/// The payload in front with its length in four bytes, at most `longest`.
fn record(input: &mut BytesMut, longest: usize) -> Result<Option<Vec<u8>>, &'static str> {
    let Some(length) = input.first_chunk() else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if length > longest {
        return Err("too long");
    }
    Ok((input.len() >= 4 + length).then(|| {
        input.advance(4);
        input.split_to(length).to_vec()
    }))
}

#[test]
fn lines_and_records_are_clean() {
    clean(&parser("lines", || lines(|_, read| read.to_vec())).accepts(LINES));
    let records = || adapt::bytes_mut(|input: &mut BytesMut| record(input, 1 << 20));
    clean(&parser("records", records).accepts(RECORDS));
}

#[test]
fn a_byte_lost_at_a_cut_of_a_power_of_two() {
    for power in 4..=15 {
        let place = 1 << power;
        let make = move || lines(move |offset, read| read[usize::from(offset == place)..].to_vec());
        let defect = found(parser("lines", make).accepts(LINES), Law::L1);
        assert_eq!(defect.cuts(), [place], "{defect}");
        assert!(defect.input().len() <= place + 8, "{defect}");
    }
}

#[test]
fn a_byte_lost_where_a_power_of_two_is_held() {
    for held in [16, 256, 4096, 32_768] {
        let make = move || {
            adapt::bytes_mut(move |input: &mut BytesMut| {
                let said = record(input, 1 << 20)?;
                if said.is_none() && input.len() == held {
                    input.truncate(held - 1);
                }
                Ok::<_, &str>(said)
            })
        };
        let defect = found(parser("records", make).accepts(RECORDS), Law::L1);
        assert_eq!(defect.cuts(), [held], "{defect}");
    }
}

#[test]
fn a_byte_lost_where_a_long_read_begins_at_one_offset() {
    for place in [7, 100, 1001] {
        let make = move || {
            lines(move |offset, read| {
                read[usize::from(offset == place && read.len() >= 64)..].to_vec()
            })
        };
        let defect = found(parser("lines", make).accepts(LINES), Law::L1);
        assert_eq!(defect.cuts(), [place], "{defect}");
        assert!(defect.input().len() <= place + 66, "{defect}");
    }
}

#[test]
fn a_record_that_straddles_an_inner_buffer() {
    let make = || {
        lines(|_, read| {
            let chunks = read.chunks(8192);
            // A line's rest is one byte shorter when the buffer ends there.
            let whole = |chunk: &&[u8]| chunk.len() < 8192 || chunk.ends_with(b"\n");
            chunks
                .flat_map(|chunk| &chunk[..chunk.len() - usize::from(!whole(&chunk))])
                .copied()
                .collect()
        })
    };
    let defect = found(parser("lines", make).accepts(LINES).accepts(["abcd\n"]), Law::L1);
    assert!(defect.input().len() <= 8192 + 64 && defect.cuts().len() <= 1, "{defect}");
}

#[test]
fn an_eight_bit_counter_of_the_items_of_a_read() {
    let make = || {
        lines(|_, read| {
            let mut items: u8 = 0;
            let lines = read.split_inclusive(|&byte| byte == b'\n').filter(|_| {
                items = items.wrapping_add(1);
                // The entry that a full table has no room for.
                items != 0
            });
            lines.flatten().copied().collect()
        })
    };
    let defect = found(parser("lines", make).accepts(LINES), Law::L1);
    assert!(defect.input().len() <= 3 * 256 && defect.cuts().len() <= 1, "{defect}");
}

#[test]
fn two_items_swapped() {
    let make = || {
        lines(|_, read| {
            let mut lines: Vec<_> = read.split_inclusive(|&byte| byte == b'\n').collect();
            if lines.len() == 2 {
                lines.reverse();
            }
            lines.concat()
        })
    };
    let defect = found(parser("lines", make).accepts(LINES), Law::L1);
    assert!(defect.input().len() <= 6 && defect.cuts().len() <= 1, "{defect}");
}

#[test]
fn an_end_accepted_in_one_of_two_paths() {
    /// The bytes held, and whether a record is read in several parts.
    #[derive(Default)]
    struct Texts(Vec<u8>, bool);
    let texts = |forgets: bool| {
        move || {
            adapt::machine(
                Texts::default(),
                |texts, read| {
                    texts.1 = !texts.0.is_empty();
                    texts.0.extend(read);
                },
                |Texts(held, _)| {
                    let length = 1 + usize::from(*held.first().unwrap_or(&0));
                    Ok::<_, Infallible>(
                        (held.len() >= length).then(|| held.drain(..length).collect::<Vec<u8>>()),
                    )
                },
            )
            .at_end(move |Texts(held, in_parts)| {
                match held.is_empty() || forgets && *in_parts {
                    true => segue_laws::Answer::End,
                    false => segue_laws::Answer::Need(None),
                }
            })
        }
    };
    clean(&parser("texts", texts(false)).accepts([b"\x03one"]));
    let defect = found(parser("texts", texts(true)).accepts([b"\x03one"]), Law::L9);
    assert!(defect.input().len() <= 4 && defect.cuts().len() == 2, "{defect}");
}

/// Texts with their length in a byte, which is taken off the buffer first; a text that is no UTF-8
/// is an error that it goes on from.
fn texts(keeps_its_length: bool, clears: bool) -> Subject {
    let make = move || {
        let mut length = None;
        adapt::bytes_mut(move |input: &mut BytesMut| {
            if length.is_none() {
                length = input.try_get_u8().ok().map(usize::from);
            }
            let Some(payload) = length.filter(|&length| input.len() >= length) else {
                return Ok(None);
            };
            let text = String::from_utf8(input.split_to(payload).to_vec());
            if text.is_ok() || !keeps_its_length {
                length = None;
            }
            if text.is_err() && clears {
                input.clear();
            }
            text.map(Some)
        })
    };
    // The end is none of its affairs.
    parser("texts", make).accepts([b"\x03one"]).ends_anywhere().recovers([b"\x01\xff"])
}

#[test]
fn what_is_kept_over_an_error() {
    clean(&texts(false, false));
    let defect = found(texts(true, false), Law::L2);
    assert_eq!(defect.cuts(), [2], "{defect}");
    assert!(defect.input().len() <= 6, "{defect}");
}

#[test]
fn a_record_lost_with_a_buffer_that_is_cleared() {
    let defect = found(texts(false, true), Law::L2);
    assert!(defect.input().len() <= 6, "{defect}");
    // The cuts say the same of it.
    let defect = found(texts(false, true), Law::L1);
    assert!(defect.input().len() <= 6 && defect.cuts().len() <= 1, "{defect}");
}

#[test]
fn an_error_that_is_not_gone_on_from() {
    let make = || {
        adapt::slice(|input: &[u8]| match input {
            [] => Ok(None),
            [b'!', ..] => Err("shouting"),
            [byte, ..] => Ok(Some((*byte, 1))),
        })
    };
    found(parser("bytes", make).accepts([b"ab"]).recovers([b"!"]), Law::L2);
}

#[test]
fn room_made_for_what_is_announced() {
    for longest in [64 << 10, 1 << 20, 8 << 20, 32 << 20] {
        let make = move |reserves: bool| {
            move || {
                adapt::bytes_mut(move |input: &mut BytesMut| {
                    let said = record(input, longest)?;
                    if let (None, true, Some(length)) = (&said, reserves, input.first_chunk()) {
                        input.reserve(u32::from_be_bytes(*length) as usize);
                    }
                    Ok::<_, &str>(said)
                })
            }
        };
        let defect = found(parser("records", make(true)).accepts(RECORDS), Law::L4);
        assert!(defect.input().len() <= 7, "{defect}");
        let plain = parser("records", make(false)).accepts(RECORDS);
        clean(&plain.only([Law::L4, Law::L5]).generated(20));
        // A limit that is documented is judged by itself.
        let documented = parser("records", make(true)).accepts(RECORDS).limit(longest);
        clean(&documented.only([Law::L4]).generated(20));
    }
}

#[test]
fn everything_ever_seen_is_kept() {
    let make = || {
        let mut seen: Vec<u8> = Vec::new();
        lines(move |_, read| {
            seen.extend_from_slice(read);
            read.to_vec()
        })
    };
    let defect = found(parser("lines", make).accepts(LINES), Law::L4);
    assert!(defect.repeated().is_some(), "{defect}");
}

#[test]
fn work_that_is_done_again_beyond_a_length() {
    for beyond in [0, 2 << 10, 8 << 10, 16 << 10, 64 << 10] {
        let make = move || {
            let mut searched = 0;
            adapt::bytes_mut(move |input: &mut BytesMut| {
                if input.len() > beyond {
                    searched = 0;
                }
                let Some(end) = input[searched..].iter().position(|&byte| byte == b'\n') else {
                    searched = input.len();
                    return Ok::<_, Infallible>(None);
                };
                let line = input.split_to(searched + end + 1);
                searched = 0;
                Ok(Some(line))
            })
        };
        let defect = found(parser("lines", make).accepts(LINES), Law::L8);
        assert!(defect.repeated().is_some() && defect.input().len() <= 8, "{defect}");
    }
}
