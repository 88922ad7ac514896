//! Sets of ranges held against a plain set of integers.

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::{collection::vec, prelude::*};
use segue_quic::{RangeSet, ReceivedPackets};

fn ranges(set: &BTreeSet<u64>) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for &value in set {
        match ranges.last_mut() {
            Some(last) if last.end == value => last.end += 1,
            _ => ranges.push(value..value + 1),
        }
    }
    ranges
}

proptest! {
    #[test]
    fn same_as_a_plain_set(
        operations in vec((any::<bool>(), 0..80_u64, 0..20_u64), 1..80),
        asked in (0..100_u64, 0..40_u64),
    ) {
        let (mut set, mut plain) = (RangeSet::new(), BTreeSet::new());
        for (insert, start, length) in operations {
            let range = start..start + length;
            let before = plain.len() as u64;
            if insert {
                plain.extend(range.clone());
                prop_assert_eq!(set.insert(range), plain.len() as u64 - before);
            } else {
                range.clone().for_each(|value| { plain.remove(&value); });
                prop_assert_eq!(set.remove(range), before - plain.len() as u64);
            }
            let expected = ranges(&plain);
            prop_assert!(set.iter().eq(expected.iter().cloned()), "{:?}, not {:?}", set, plain);
            prop_assert!(set.iter().rev().eq(expected.iter().rev().cloned()));
            prop_assert_eq!(set.len(), expected.len());
            prop_assert_eq!((set.first(), set.last()),
                (expected.first().cloned(), expected.last().cloned()));
            let asked = asked.0..asked.0 + asked.1;
            let missing = ranges(&asked.clone().filter(|value| !plain.contains(value)).collect());
            prop_assert!(set.missing(asked.clone()).eq(missing));
            for value in 0..110 {
                prop_assert_eq!(set.contains(value), plain.contains(&value));
            }
        }
    }

    /// A packet is never taken twice, and only those below what is remembered are dropped unseen.
    #[test]
    fn packets(numbers in vec(0..200_u64, 1..200), limit in 1..6_usize, told in 0..250_u64) {
        let (mut packets, mut plain) = (ReceivedPackets::with_max(limit), BTreeSet::new());
        let mut floor = 0;
        for (index, number) in numbers.into_iter().enumerate() {
            let new = number >= floor && plain.insert(number);
            prop_assert_eq!(packets.receive(number), new);
            if plain.is_empty() {
                continue;
            }
            if index == 100 {
                let largest = packets.largest().unwrap_or(0);
                packets.told(told);
                floor = floor.max(told.min(largest) + 1);
                plain.retain(|&number| number >= floor);
            }
            let mut expected = ranges(&plain);
            if expected.len() > limit {
                floor = expected.remove(0).end;
                plain.retain(|&number| number >= floor);
            }
            let expected: Vec<_> =
                expected.into_iter().rev().map(|range| range.start..=range.end - 1).collect();
            prop_assert!(packets.ranges().eq(expected));
            for number in 0..200 {
                let known = number < floor || plain.contains(&number);
                prop_assert_eq!(packets.contains(number), known);
            }
        }
    }
}

#[test]
fn the_ends_of_what_can_be_counted() {
    let mut set = RangeSet::new();
    assert_eq!(set.insert(u64::MAX - 1..u64::MAX), 1);
    assert_eq!(set.insert(0..u64::MAX), u64::MAX - 1);
    assert_eq!(set.remove(5..5), 0);
    assert!(set.missing(0..u64::MAX).next().is_none());
    assert!(set.missing(u64::MAX..u64::MAX).next().is_none());
    let mut packets = ReceivedPackets::new();
    assert!(!packets.receive(u64::MAX));
    assert!(packets.receive(u64::MAX - 1));
    packets.told(u64::MAX);
    assert!(!packets.receive(u64::MAX - 1));
}

#[test]
fn a_limit_drops_the_lowest() {
    let mut set = RangeSet::with_max(2);
    for start in [0, 20, 10] {
        set.insert(start..start + 1);
    }
    assert!(set.iter().eq([10..11, 20..21]));
}
