//! `Output`: bytes waiting to be sent.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use segue::{Encode, Mark, Output};

/// The operations on an output, of its writer and its sender.
#[derive(Debug, Clone)]
enum Deed {
    Put(Vec<u8>),
    PutMut(Vec<u8>),
    PutZeroed(usize),
    /// By a tail with more room than that.
    Tail(Vec<u8>, usize),
    PutBytes(usize),
    /// Appends an output that these were put into, and of which so much was sent.
    Append(Vec<Deed>, usize),
    /// Sends up to so many bytes.
    Advance(usize),
    /// Takes the next out.
    Pop,
    /// Goes back to before these.
    Back(Vec<Deed>),
    Clear,
    Release,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let near_whole = prop_oneof![Just(Output::WHOLE - 1), Just(Output::WHOLE), 0..6000usize];
    let leaf = prop_oneof![
        4 => vec(any::<u8>(), 0..40).prop_map(Deed::Put),
        1 => vec(any::<u8>(), 0..40).prop_map(Deed::PutMut),
        1 => (0..40usize).prop_map(Deed::PutZeroed),
        1 => (vec(any::<u8>(), 0..40), 0..40usize).prop_map(|(put, more)| Deed::Tail(put, more)),
        3 => near_whole.clone().prop_map(Deed::PutBytes),
        4 => prop_oneof![0..60usize, near_whole].prop_map(Deed::Advance),
        1 => Just(Deed::Pop),
        1 => Just(Deed::Clear),
        1 => Just(Deed::Release),
    ];
    let deed = leaf.prop_recursive(2, 24, 6, |deed| {
        prop_oneof![
            6 => deed.clone(),
            1 => (vec(deed.clone(), 0..6), 0..80usize).prop_map(|(deeds, sent)| Deed::Append(deeds, sent)),
            1 => vec(deed, 0..6).prop_map(Deed::Back),
        ]
    });
    vec(deed, 0..40)
}

/// Does it to an output and to a vector. Where something is to be gone back to, nothing is sent.
fn act(output: &mut Output, model: &mut Vec<u8>, deed: &Deed, may_send: bool) {
    match deed {
        Deed::Put(bytes) => {
            output.put(bytes);
            model.extend(bytes);
        }
        Deed::PutMut(bytes) => {
            let lent = output.put_mut(bytes);
            assert_eq!(lent, bytes);
            lent.reverse();
            model.extend(bytes.iter().rev());
        }
        Deed::PutZeroed(length) => {
            let lent = output.put_zeroed(*length);
            assert_eq!(lent, vec![0; *length]);
            lent.fill(7);
            model.resize(model.len() + length, 7);
        }
        Deed::Tail(bytes, more) => output.put_with(bytes.len() + more, |tail| {
            let inverted = |word: [u8; 4]| word.map(|byte| !byte);
            let (blocks, rest) = bytes.as_chunks::<8>();
            tail.put_mapped(blocks.as_flattened().as_chunks().0, inverted);
            match (rest.first_chunk(), rest.last_chunk()) {
                (Some(first), Some(last)) => {
                    tail.put_ends(rest.len(), inverted(*first), inverted(*last));
                }
                _ => rest.iter().for_each(|byte| tail.put([!byte])),
            }
            assert_eq!(tail.room(), *more);
            model.extend(bytes.iter().map(|byte| !byte));
        }),
        Deed::PutBytes(length) => {
            let bytes: Vec<u8> = (0..*length).map(|at| at.to_le_bytes()[0]).collect();
            model.extend(&bytes);
            output.put_bytes(Bytes::from(bytes));
        }
        Deed::Append(deeds, sent) => {
            let (mut other, mut others) = (Output::with_high_water(9), Vec::new());
            deeds.iter().for_each(|deed| act(&mut other, &mut others, deed, true));
            let sent = (*sent).min(others.len());
            other.advance(sent);
            output.append(&mut other);
            model.extend(&others[sent..]);
            assert!(other.is_empty() && other.to_vec().is_empty());
            assert_eq!(other.high_water(), 9);
            other.put(b"and it goes on");
            assert_eq!(other.to_vec(), b"and it goes on");
        }
        Deed::Advance(count) if may_send => {
            let count = (*count).min(model.len());
            output.advance(count);
            model.drain(..count);
        }
        Deed::Pop if may_send => {
            let next = output.chunks().next().map(<[u8]>::to_vec);
            assert_eq!(output.pop().map(Vec::from), next);
            model.drain(..next.map_or(0, |next| next.len()));
        }
        Deed::Back(deeds) => {
            let mark = output.mark();
            let before = model.clone();
            deeds.iter().for_each(|deed| act(output, model, deed, false));
            output.rollback(mark);
            *model = before;
        }
        Deed::Clear if may_send => {
            output.clear();
            model.clear();
        }
        Deed::Release if may_send => output.release(),
        Deed::Advance(_) | Deed::Pop | Deed::Clear | Deed::Release => {}
    }
    check(output, model);
}

fn check(output: &Output, model: &[u8]) {
    assert_eq!(output.len(), model.len());
    assert_eq!(output.is_empty(), model.is_empty());
    assert_eq!(output.has_room(), model.len() < output.high_water());
    assert!(output.chunks().all(|chunk| !chunk.is_empty()), "nothing is sent for an empty slice");
    assert!(output.chunks().flatten().eq(model), "{output:?}");
}

proptest! {
    #[test]
    fn an_output_is_a_vector(deeds in deeds()) {
        let (mut output, mut model) = (Output::with_high_water(100), Vec::new());
        for deed in &deeds {
            act(&mut output, &mut model, deed, true);
        }
        assert_eq!(output.high_water(), 100);
        assert_eq!(output.to_vec(), model);
        output.advance(model.len());
        output.release();
        assert_eq!(output.capacity(), 0);
        output.put(b"again");
        assert_eq!(output.to_vec(), b"again");
    }
}

#[test]
fn memory_is_bounded_by_what_waits_and_not_by_what_was_sent() {
    // A peer that is a little slower than we are: there is always something left.
    let mut output = Output::new();
    output.put(&[1; 1000]);
    for _ in 0..10_000 {
        output.put(&[2; 500]);
        output.advance(500);
        assert_eq!(output.len(), 1000);
        assert!(output.capacity() < 16 * 1024, "{} bytes are held", output.capacity());
    }
}

#[test]
fn what_waits_is_moved_seldom() {
    // 100 MB by single bytes, behind 64 KiB that wait all the time.
    let mut output = Output::new();
    output.put(&[0; Output::HIGH_WATER]);
    let mut moves = 0;
    let mut place = output.chunks().next().unwrap().as_ptr();
    for _ in 0..1_000_000 {
        output.put(&[1]);
        output.advance(1);
        let now = output.chunks().next().unwrap().as_ptr();
        moves += usize::from(now != place.wrapping_add(1));
        place = now;
    }
    assert!(moves <= 2 * 1_000_000 / Output::HIGH_WATER + 2, "moved {moves} times");
}

#[test]
fn going_back_over_an_output_that_was_appended_leaves_nothing_of_it() {
    let (mut output, mut other) = (Output::new(), Output::new());
    other.put(b"sent and waiting");
    other.advance(9);
    let mark = output.mark();
    output.append(&mut other);
    output.rollback(mark);
    assert!(output.is_empty());
    output.release();
    assert_eq!((output.len(), output.capacity()), (0, 0));
    output.put(b"next");
    assert_eq!(output.to_vec(), b"next");
}

#[test]
fn a_mark_holds_over_every_way_to_append() {
    let large = Bytes::from(vec![9; Output::WHOLE]);
    let ways: [fn(&mut Output, Bytes); 5] = [
        |output, _| output.put(b"small"),
        |output, large| output.put_bytes(large),
        |output, large| {
            output.put(b"small");
            output.put_bytes(large);
            output.put(b"small");
        },
        |output, large| {
            let mut other = Output::new();
            other.put(b"small");
            other.put_bytes(large);
            other.put(b"small");
            other.advance(2);
            output.append(&mut other);
        },
        |output, large| {
            let inner = output.mark();
            output.put_bytes(large);
            output.rollback(inner);
            output.put_zeroed(3);
        },
    ];
    for before in ways.iter().map(Some).chain([None]) {
        for sent in [0, 1, 4] {
            for way in ways {
                let mut output = Output::new();
                if let Some(before) = before {
                    before(&mut output, large.clone());
                }
                output.advance(sent.min(output.len()));
                let expected = output.to_vec();
                let mark: Mark = output.mark();
                way(&mut output, large.clone());
                output.rollback(mark);
                check(&output, &expected);
                output.put(b"!");
                check(&output, &[&expected[..], b"!"].concat());
            }
        }
    }
}

/// Puts a part of its item, and refuses it then if it is odd.
struct Refuses;

impl Encode<usize> for Refuses {
    type Error = usize;

    fn encode(&mut self, item: usize, output: &mut Output) -> Result<(), usize> {
        output.put(b"item ");
        output.put_bytes(Bytes::from(vec![0; item]));
        if item % 2 == 1 { Err(item) } else { Ok(()) }
    }
}

#[test]
fn nothing_stays_of_an_item_that_is_refused() {
    let mut output = Output::new();
    for item in [3, Output::WHOLE + 1, 2, Output::WHOLE, Output::WHOLE + 3, 5] {
        let before = output.to_vec();
        let refused = output.try_encode(&mut Refuses, item);
        assert_eq!(refused, if item % 2 == 1 { Err(item) } else { Ok(()) });
        if refused.is_err() {
            assert_eq!(output.to_vec(), before);
        } else {
            assert_eq!(output.len(), before.len() + 5 + item);
        }
    }
}

#[test]
fn long_bytes_are_not_copied() {
    let long = Bytes::from(vec![1; Output::WHOLE]);
    let short = long.slice(1..);
    let mut output = Output::new();
    output.put_bytes(long.clone());
    output.put_bytes(short.clone());
    let places: Vec<_> = output.chunks().map(<[u8]>::as_ptr).collect();
    assert_eq!(places[0], long.as_ptr());
    assert_ne!(places[1], short.as_ptr());
    // Not in a part either, nor by way of another output.
    let mut other = Output::new();
    other.put(b"first");
    other.append(&mut output);
    other.advance(5 + 100);
    assert_eq!(other.chunks().next().unwrap().as_ptr(), long[100..].as_ptr());
}

#[test]
fn small_writes_around_long_bytes_share_one_memory() {
    let long = Bytes::from(vec![1; Output::WHOLE]);
    let mut output = Output::new();
    output.reserve(64);
    let held = output.capacity();
    for _ in 0..4 {
        for _ in 0..4 {
            output.put(b"head");
            output.put_bytes(long.clone());
        }
        let places: Vec<_> = output.chunks().step_by(2).map(<[u8]>::as_ptr).collect();
        assert!(places.windows(2).all(|two| two[0].wrapping_add(4) == two[1]));
        output.advance(output.len());
    }
    // There is room for what is in the queue, and no more for small writes.
    assert!(output.capacity() - held < 1024, "{} bytes are held", output.capacity());
}

#[test]
fn zeroed_bytes_are_zeroed_where_something_was_before() {
    let mut output = Output::new();
    output.put(&[7; 100]);
    output.advance(100);
    assert_eq!(output.put_zeroed(200), [0; 200]);
}

#[test]
fn a_mark_of_nothing_still_has_room_for_something() {
    let output = Output::with_high_water(0);
    assert!(output.has_room());
    assert_eq!(output.high_water(), 1);
}

#[test]
#[should_panic(expected = "sent more than was waiting")]
fn more_than_is_waiting_cannot_have_been_sent() {
    let mut output = Output::new();
    output.put(b"four");
    output.advance(5);
}

#[test]
fn no_payload_is_shown() {
    let mut output = Output::new();
    output.put(b"secret");
    let shown = format!("{output:?}");
    assert!(shown.contains("len: 6") && !shown.contains("secret"), "{shown}");
}

#[test]
fn memory_that_was_used_before_is_not_shown() {
    let mut output = Output::new();
    output.put(&[0xA5; 1000]);
    output.clear();
    // Room that is made and not filled is not sent.
    output.put_with(100, |tail| tail.put(*b"abc"));
    assert_eq!(output.to_vec(), b"abc");
    // Nor is anything shown that was there before, by what is appended next.
    assert_eq!(output.put_zeroed(50), [0; 50]);
    output.put_with(0, |_| {});
    output.put_with(50, |tail| tail.put_slice(b"def"));
    assert_eq!(output.to_vec(), [&b"abc"[..], &[0; 50], b"def"].concat());
}

#[test]
fn a_tail_ends_where_its_room_does() {
    let over = |act: fn(&mut segue::Tail<'_>)| {
        let mut output = Output::new();
        output.put(&[1; 64]);
        output.clear();
        output.put(b"..");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            output.put_with(3, |tail| {
                tail.put([7]);
                act(tail);
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(output.to_vec(), b"..");
    };
    over(|tail| tail.put([0; 3]));
    over(|tail| tail.put_slice(&[0; 3]));
    over(|tail| tail.put_mapped(&[[0; 3]], |block| block));
    over(|tail| tail.put_ends(3, [0; 2], [0; 2]));
    over(|tail| tail.put_ends(2, [0; 0], [0; 0]));
    over(|tail| tail.put_ends(1, [0; 2], [0; 2]));
}

/// Moving between two outputs keeps each byte and its place, and shares what is large.
#[test]
fn what_is_moved_keeps_its_order_and_its_count() {
    let pattern: Vec<u8> = (0..20_000_u32).map(|at| (at % 251) as u8).collect();
    for most in [1, 7, 2047, 2048, 5000, usize::MAX] {
        let (mut from, mut into) = (Output::new(), Output::new());
        from.put(b"gone");
        from.put(&pattern[..3]);
        from.put_bytes(Bytes::copy_from_slice(&pattern[3..9000]));
        from.put(&pattern[9000..9010]);
        from.put_bytes(Bytes::copy_from_slice(&pattern[9010..]));
        from.advance(4);
        let mut moved = 0;
        while !from.is_empty() {
            let count = from.move_to(&mut into, most);
            assert!(count > 0 && count <= most);
            moved += count;
            assert_eq!((from.position(), from.len()), (4 + moved as u64, pattern.len() - moved));
        }
        assert_eq!(from.move_to(&mut into, most), 0);
        assert_eq!((into.to_vec(), into.position()), (pattern.clone(), 0), "{most} at a time");
    }
}

/// However bytes leave, they are counted once, on the side that they leave from.
#[test]
fn the_position_counts_what_has_left() {
    let (mut first, mut second) = (Output::new(), Output::new());
    first.put(b"abc");
    first.advance(1);
    assert_eq!(first.pop().map(|bytes| bytes.len()), Some(2));
    assert_eq!(first.position(), 3);
    second.put(b"xyz");
    first.append(&mut second); // into an empty one, by exchange
    assert_eq!((first.position(), second.position()), (3, 3));
    second.put(b"more");
    first.append(&mut second);
    assert_eq!((first.position(), first.len(), second.position()), (3, 7, 7));
    first.clear();
    first.release();
    assert_eq!((first.position(), first.len()), (3, 0));
    let mark = first.mark();
    first.put_bytes(Bytes::from(vec![1; 4096]));
    first.rollback(mark);
    assert_eq!(first.position(), 3);
}
