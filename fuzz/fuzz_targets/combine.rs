//! Compositions of stages, whichever the first byte picks, against the laws.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::combine::{Decision, Either, Lent, Nested, Slice, Text, choice, prefixes, repeat};
use segue::{DecodeExt, Fault, Record, laws, length, separator};
use segue_websocket::Messages;
use std::{num::NonZeroUsize, rc::Rc};

segue::stages! {
    /// A few stages that share nothing.
    enum Mixed {
        /// Lines.
        Lines(separator::Until<separator::LineEnd>),
        /// Lengths.
        Lengths(length::Prefixed<length::U16Be>),
    }
    /// A record of either.
    enum MixedItem<'a>;
    /// All that is wrong with either.
    enum MixedError;

    impl Observe;
}

/// The reason why a record of `try_map` is refused.
#[derive(Debug)]
enum Wrong {
    Length,
    Text,
}

impl From<length::Error> for Wrong {
    fn from(_: length::Error) -> Self {
        Self::Length
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    match pick % 28 {
        0 => laws::fuzz(|| separator::line().limit(9).region(40), data),
        1 => laws::fuzz(|| length::u8().limit(20).take(3).then(|_| Ok(separator::line())), data),
        2 => laws::fuzz(|| repeat(|| length::u8().take(2).region(7)), data),
        3 => laws::fuzz(|| length::u8().nested(separator::line()).max(30), data),
        4 => laws::fuzz(|| length::u8().take(4).nested(length::u16_be().take(1)).draining(), data),
        5 => {
            laws::fuzz(|| length::u8().nested(length::leb128()).nested(separator::byte(b';')), data)
        }
        6 => laws::fuzz(
            || length::u8().nested(length::leb128().nested(separator::byte(b';'))).region(90),
            data,
        ),
        7 => laws::fuzz(
            || {
                prefixes([(b"line", true), (b"li", false)]).otherwise(false).switch(|lines| {
                    Ok(if lines {
                        Mixed::Lines(separator::line())
                    } else {
                        Mixed::Lengths(length::u16_be().max(99))
                    })
                })
            },
            data,
        ),
        8 => laws::fuzz(
            || length::u8().absorbing(|record| record.ends_with(b"#")).map(|r| r.to_vec()).boxed(),
            data,
        ),
        9 => laws::fuzz(
            || {
                length::u8().try_map_lent::<Text, _, _, Wrong>((), |(), record| {
                    core::str::from_utf8(record.into_slice())
                        .map_err(|_| Fault::new(Wrong::Text).recoverable())
                })
            },
            data,
        ),
        10 => laws::fuzz(
            || {
                repeat(|| {
                    let more = |_| Ok(separator::line().take(1).map_err(drop).region(12));
                    length::u8().take(1).map_err(drop).then(more).map_err(Either::into_inner)
                })
                .limit(30)
            },
            data,
        ),
        11 => laws::fuzz(
            || {
                let lines = prefixes([(b">", ())]).otherwise(()).then(|_| Ok(separator::line()));
                length::u16_be().max(50).nested(lines).region(60).map_lent::<Slice, _, _>(
                    Vec::new(),
                    |scratch, item| {
                        scratch.clear();
                        if let Either::Right(line) = item {
                            scratch.extend_from_slice(&line);
                        }
                        scratch
                    },
                )
            },
            data,
        ),
        12 => laws::fuzz(
            || {
                let look = choice(|input: &[u8], eof| match input {
                    [first, _, ..] => Decision::Pick(Some(*first)),
                    _ if eof => Decision::Pick(None),
                    short => Decision::More(NonZeroUsize::MIN.saturating_add(1 - short.len())),
                });
                look.limit(3).then(|choice| match choice.into_stage().into_picked().flatten() {
                    Some(b'0'..=b'9') => Ok(Either::Left(length::netstring().max(50))),
                    Some(_) => Ok(Either::Right(separator::line())),
                    None => Err(Fault::new(Either::Right(Either::Left(length::Error::TooSmall)))),
                })
            },
            data,
        ),
        13 => laws::fuzz(
            || {
                length::u8().try_map(|record| match &*record {
                    [] => Err(Fault::new(Wrong::Length)),
                    [b'?', ..] => Err(Fault::new(Wrong::Text).at(1).recoverable()),
                    record => Ok(record.len()),
                })
            },
            data,
        ),
        14 => laws::fuzz(|| length::u16_be().max(60).limit(20).boxed_lent::<Lent>(), data),
        15 => laws::fuzz(
            || {
                let upper = Rc::new(|byte: &u8| byte.to_ascii_uppercase());
                let shout = move |line: Record<'_>| line.iter().map(&*upper).collect::<Vec<_>>();
                separator::line().map(shout).boxed_local()
            },
            data,
        ),
        // Payloads that fall into pieces, and whose ends others see to.
        16 => laws::stage(|| length::rest().limit(5)).in_pieces().fuzz(data),
        17 => laws::stage(|| length::rest().region(9)).in_pieces().fuzz(data),
        18 => laws::stage(|| repeat(|| length::pieces(5).region(7))).in_pieces().fuzz(data),
        19 => laws::fuzz(|| length::u8().take(0).then(|_| Ok(length::leb128().take(2))), data),
        20 => laws::fuzz(
            || {
                // A beginning of the inner stream that was read elsewhere.
                let mut parts = length::u8().nested(separator::line()).into_parts();
                parts.buffer.extend(b"read before, ");
                Nested::from_parts(parts.outer, parts.inner, parts.buffer).max(40)
            },
            data,
        ),
        // All that the inner stage answers is for outer records to carry.
        21 => laws::stage(|| {
            let messages = length::u8().nested(Messages::server()).keeping_answers();
            messages.map(|message| format!("{message:?}"))
        })
        .absorbs_records()
        .fuzz(data),
        22 => laws::fuzz(
            || {
                separator::slip()
                    .nested(separator::dot_stuffed().max(60))
                    .draining()
                    .map_err(|error| format!("{error:?}"))
            },
            data,
        ),
        // And leaves in them, or is refused.
        23 => laws::stage(|| {
            let messages = length::u8().nested(Messages::server());
            messages.answering(length::u8(), 9).map(|message| format!("{message:?}"))
        })
        .absorbs_records()
        .fuzz(data),
        24 => laws::stage(|| {
            let middle = length::leb128().nested(Messages::server()).answering(length::u8(), 99);
            let messages = separator::slip().nested(middle).answering(separator::slip(), 50);
            messages.draining().map(|message| format!("{message:?}"))
        })
        .absorbs_records()
        .fuzz(data),
        25 => laws::stage(|| {
            length::u8().nested(Messages::server()).map(|message| format!("{message:?}"))
        })
        .absorbs_records()
        .fuzz(data),
        // A pair of bytes carries up to 255.
        26 => laws::fuzz(
            || {
                let repeats = length::array::<2>().map(|pair| vec![pair[1]; usize::from(pair[0])]);
                repeats.nested(length::u8().nested(separator::line()).max(90))
            },
            data,
        ),
        _ => laws::fuzz(
            || separator::byte(b';').max(9).absorbing(|record| record.starts_with(b"#")),
            data,
        ),
    }
});
