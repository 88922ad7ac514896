//! Compositions of stages, whichever the first byte picks, against the laws.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::combine::{Either, Slice, Text, prefixes, repeat};
use segue::{DecodeExt, Fault, laws, length, separator};

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
    /// What is wrong with either.
    enum MixedError;

    impl Observe;
}

/// Why a record of `try_map` is refused.
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
    match pick % 12 {
        0 => laws::fuzz(|| separator::line().limit(9).region(40), data),
        1 => laws::fuzz(|| length::u8().limit(20).take(3).then(|_| Ok(separator::line())), data),
        2 => laws::fuzz(|| repeat(|| length::u8().take(2).region(7)), data),
        3 => laws::fuzz(|| length::u8().nested(separator::line()).with_most(30), data),
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
        _ => laws::fuzz(
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
    }
});
