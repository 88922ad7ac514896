//! Laws about two: an encoder and a decoder (L6), two decoders (L7).

use std::{any::type_name, fmt::Debug};

use super::{
    End, Law, Log, Observe, Trace, Violation,
    cuts::{Eof, Schedule},
    drive::drive,
    report::escaped,
    subject::{Staged, Subject},
};
use crate::{Decode, Encode, Output};

/// L6: what `make_encoder`'s encoders write of `items` is read again by `make_decoder`'s decoders.
///
/// Items to send and items received may be of different types, as long as they log the same; each
/// is sent alone, and then, if the decoder goes on after one, all in one stream. Every stream is
/// also read byte by byte.
///
/// ```
/// use segue::{laws, length};
///
/// laws::round_trip(length::leb128, length::leb128, [&b"one"[..], b"", &[7; 300]]);
/// ```
///
/// # Panics
/// If an item is refused, or what is received says something else than what was sent.
#[track_caller]
pub fn round_trip<D, E, T>(
    mut make_decoder: impl FnMut() -> D,
    mut make_encoder: impl FnMut() -> E,
    items: impl IntoIterator<Item = T>,
) where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
    E: Encode<T>,
    E::Error: Debug,
    T: Observe + Clone,
{
    let items = Vec::from_iter(items);
    assert!(!items.is_empty(), "no item was given to check {} on", type_name::<E>());
    let mut encoded = |items: &[T]| {
        let (mut encoder, mut output) = (make_encoder(), Output::new());
        for (at, item) in items.iter().enumerate() {
            if let Err(error) = encoder.encode(item.clone(), &mut output) {
                panic!("{}: item {at} is refused by {}: {error:?}", Law::L6, type_name::<E>());
            }
        }
        output.to_vec()
    };
    let mut ends_by_itself = false;
    for item in &items {
        let sent = std::slice::from_ref(item);
        ends_by_itself |= returned(&mut make_decoder, sent, &encoded(sent));
    }
    if !ends_by_itself {
        returned(&mut make_decoder, &items, &encoded(&items));
    }
}

/// L6 for formats that have one way to write each item: what is decoded from `inputs` and encoded
/// again is the same bytes. `to_item` makes of a received item one to be sent.
///
/// ```
/// use segue::{laws, length};
///
/// let inputs = [&b"\x02hi\x00"[..], b"\x05there"];
/// laws::canonical(length::u8, length::u8, inputs, |record| record.into_bytes());
/// ```
///
/// # Panics
/// If an input is refused, an item cannot be encoded, or the bytes are others.
#[track_caller]
pub fn canonical<D, E, T, I>(
    mut make_decoder: impl FnMut() -> D,
    mut make_encoder: impl FnMut() -> E,
    inputs: impl IntoIterator<Item = I>,
    mut to_item: impl for<'a> FnMut(D::Item<'a>) -> T,
) where
    D: Decode + 'static,
    D::Error: Debug,
    E: Encode<T>,
    E::Error: Debug,
    I: AsRef<[u8]>,
{
    for input in inputs {
        let input = input.as_ref();
        let mut buffer = crate::Buffer::from(input);
        let (mut decoder, mut encoder) = (make_decoder(), make_encoder());
        let (mut answers, mut output) = (Output::new(), Output::new());
        let mut records = buffer.records(&mut decoder, true, &mut answers);
        loop {
            match records.next() {
                Ok(crate::Step::Item(item)) => {
                    if let Err(error) = encoder.encode(to_item(item), &mut output) {
                        panic!("{}: {} refuses {error:?}", Law::L6, type_name::<E>());
                    }
                }
                Ok(_) => break,
                Err(fault) => {
                    panic!("{}: {} is refused: {fault:?}", Law::Accepts, escaped(input));
                }
            }
        }
        let again = output.to_vec();
        assert!(
            again == input,
            "{} is broken by {}\n  decoded: {}\n  encoded: {}",
            Law::L6,
            type_name::<E>(),
            escaped(input),
            escaped(&again),
        );
    }
}

/// L7: two stages say the same of `inputs`: the same items, and a fault where the other has one,
/// though its cause may be another.
///
/// ```
/// use segue::{laws, length};
///
/// // Below 128 both write a length in one byte.
/// laws::agree(length::u8, length::leb128, [&b"\x02hi\x00"[..], b"\x7fcut"]);
/// ```
///
/// # Panics
/// If they do not agree.
#[track_caller]
pub fn agree<A, B, I>(
    mut make_one: impl FnMut() -> A,
    mut make_other: impl FnMut() -> B,
    inputs: impl IntoIterator<Item = I>,
) where
    A: Decode + 'static,
    for<'a> A::Item<'a>: Observe,
    A::Error: Debug,
    B: Decode + 'static,
    for<'a> B::Item<'a>: Observe,
    B::Error: Debug,
    I: AsRef<[u8]>,
{
    for input in inputs {
        let input = input.as_ref();
        let one = run(&mut make_one, input, &Schedule::whole());
        let other = run(&mut make_other, input, &Schedule::whole());
        let both_refuse = one.fault().is_some() && other.fault().is_some();
        let same = if both_refuse {
            // Where in a record a fault is found is a matter of the reader.
            one.without_faults().entries == other.without_faults().entries
        } else {
            one.difference(&other, false).is_none()
        };
        if !same {
            let what = format!("{} says something else", type_name::<B>());
            let violation = Violation::new(Law::L7, type_name::<A>(), what);
            let violation = violation.on(input, &Schedule::whole());
            panic!("{}", violation.seen("one  ", one).seen("other", other));
        }
    }
}

/// Reads what was sent, and tells whether the decoder is over by itself afterwards.
#[track_caller]
fn returned<D, T>(make: &mut impl FnMut() -> D, sent: &[T], bytes: &[u8]) -> bool
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
    T: Observe,
{
    let mut expected = Log::default();
    sent.iter().for_each(|item| item.observe(&mut expected));
    let schedules =
        [Schedule::whole(), Schedule::bytes(bytes.len()), Schedule::at([]).told(Eof::Never)];
    let mut by_itself = false;
    for schedule in schedules {
        let trace = run(make, bytes, &schedule);
        by_itself = trace.ended_by_itself;
        let ended = matches!(trace.end, End::Done | End::Waiting) && trace.left.is_empty();
        if !ended || trace.entries != expected.entries() {
            let expected = expected.entries().iter().map(ToString::to_string);
            let expected = expected.collect::<Vec<_>>().join(", ");
            let what = format!("what was sent is {expected}");
            let violation = Violation::new(Law::L6, type_name::<D>(), what).on(bytes, &schedule);
            panic!("{}", violation.seen("what was received", trace));
        }
    }
    by_itself
}

fn run<D>(make: &mut impl FnMut() -> D, input: &[u8], schedule: &Schedule) -> Trace
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    let mut make = || -> Box<dyn Subject> { Box::new(Staged::new(make())) };
    drive(&mut make, input, schedule, None, false)
}
