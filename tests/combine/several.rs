//! One of several stages, known at run time.

use core::num::NonZeroUsize;
use segue::combine::{Either, Erased, Lent, Own};
use segue::{Decode, DecodeExt, Fault, laws, length, separator};

segue::stages! {
    /// One of two framings.
    enum Framing {
        /// With a 16-bit length.
        Short(length::Prefixed<length::U16Be>),
        /// Of two bytes each.
        Pair(length::Fixed),
    }
    /// A record of either.
    enum Framed<'a>;
    /// The error of either.
    #[derive(PartialEq)]
    enum FramingError;

    impl Observe;
}

#[test]
fn one_of_several_acts_as_the_one_it_is() {
    laws::stage(|| Either::<_, ()>::Left(length::u8())).accepts([b"\x02hi"]).check();
    laws::stage(|| Either::<(), _>::Right(length::u8().max(3))).refuses([b"\x02hi\x04"]).check();
    laws::stage(|| Framing::Short(length::u16_be().max(3)))
        .accepts([b"\x00\x02hi"])
        .refuses([&b"\x00"[..], b"\x00\x04four"])
        .check();
    laws::stage(|| Framing::Pair(length::fixed(const { NonZeroUsize::new(2).unwrap() })))
        .accepts([b"hiyo"])
        .refuses([b"hiy"])
        .check();
    let wrong = FramingError::Short(length::Error::TooSmall);
    assert_eq!(wrong.to_string(), length::Error::TooSmall.to_string());
}

#[test]
fn erased_stages_go_to_other_threads() {
    laws::stage(|| length::u8().map(|record| record.len()).boxed()).accepts([b"\x02hi"]).check();
    laws::stage(|| length::u8().max(9).boxed_lent::<Lent>())
        .accepts([b"\x02hi"])
        .refuses([b"\x0a"])
        .check();
    let stays = std::rc::Rc::new(1);
    laws::stage(move || {
        let more = stays.clone();
        length::u8().map(move |record| record.len() + *more).boxed_local()
    })
    .accepts([b"\x02hi"])
    .check();
    fn sent<T: Send>(_: &T) {}
    let erased: Erased<Own<usize>, length::Error> = length::u8().map(|r| r.len()).boxed();
    sent(&erased);
}

#[test]
fn errors_are_unified() {
    let stage = || {
        length::u8()
            .take(1)
            .map_err(|error| error.to_string())
            .then(|_| Ok(separator::line().map_err(|error| format!("{error:?}"))))
            .map_err(Either::into_inner)
    };
    laws::stage(stage).accepts([b"\x02hi\n\nline\n"]).refuses([b"\x02h"]).check();
    let _: Fault<String> = stage().frame(b"", true).unwrap_err();
}
