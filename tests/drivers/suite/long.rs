//! Long records: how many reads they take, and what is held for them.

use segue::{driver::Turn, length};

use super::{Connection, FLUSH_FIRST};
use crate::script::Script;

const KIB: usize = 1024;

fn record(length: usize) -> Vec<u8> {
    let prefix = u32::try_from(length).unwrap().to_be_bytes();
    [&prefix[..], &vec![7; length]].concat()
}

/// Reads that brought something, since there were `before` of them.
fn reads_since(script: &Script, before: usize) -> usize {
    script.reads().iter().filter(|(_, given)| *given > 0).count() - before
}

#[test]
fn a_steady_echo_of_records_just_over_a_read_takes_one_read_for_each() {
    play!({
        for length in [17, 33, 65] {
            let script = Script::new();
            let mut connection = Connection::new(script.clone(), length::u32_be());
            for round in 0..50 {
                let before = reads_since(&script, 0);
                let _ = script.clone().gives(record(length * KIB));
                let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
                assert_eq!(item.len(), length * KIB);
                output.queue(&mut length::u32_be(), item.as_slice()).unwrap();
                assert!(once!(connection.turn()).is_pending());
                // The first ones tell how long they are.
                let reads = reads_since(&script, before);
                assert!(round < 5 || reads == 1, "{reads} reads of {length} KiB, {round}");
                assert_eq!(connection.held(), 0);
            }
            assert_eq!(script.written(), record(length * KIB).repeat(50));
        }
    });
}

#[test]
fn reads_become_shorter_again_where_little_comes() {
    play!({
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), length::u32_be());
        let asked = |script: &Script| script.reads().last().unwrap().0;
        for round in 0..100 {
            let _ = script.clone().gives(record(if round < 5 { 100 * KIB } else { 100 }));
            assert!(wait!(connection.turn()).unwrap().is_some());
            match round {
                4 => assert!(asked(&script) >= 64 * KIB, "{}", asked(&script)),
                99 => assert_eq!(asked(&script), 16 * KIB),
                _ => {}
            }
            assert!(once!(connection.turn()).is_pending());
        }
    });
}

#[test]
fn nothing_is_held_between_records_of_any_length() {
    play!({
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), length::u32_be());
        for length in [1, 200, 4096, 300, 2, 1024] {
            let length = length * KIB;
            let _ = script.clone().gives_in_pieces(record(length), 100_000);
            let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
            assert_eq!(item.as_slice(), &record(length)[4..]);
            output.queue(&mut length::u32_be(), item.as_slice()).unwrap();
            assert!(connection.held() >= length);
            assert!(once!(connection.turn()).is_pending());
            assert_eq!(connection.held(), 0, "after {length}");
        }
    });
}

#[test]
fn a_record_that_comes_slowly_behind_a_long_one_holds_little() {
    play!({
        let script = Script::new();
        let mut connection = Connection::new(script.clone(), length::u32_be());
        let _ = script.clone().gives(record(4096 * KIB));
        assert!(wait!(connection.turn()).unwrap().is_some());
        // All that has come of it is less than 16 KiB.
        let _ = script.clone().gives(&record(4096 * KIB)[..10_000]);
        assert!(once!(connection.turn()).is_pending());
        assert!(connection.held() <= 20_000, "{}", connection.held());
        let _ = script.clone().gives(&record(4096 * KIB)[10_000..]);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item.len(), 4096 * KIB);
    });
}

#[test]
fn what_lies_behind_a_long_record_is_not_lost_with_its_storage() {
    play!({
        for (first, second) in [(300, 1), (1, 300), (300, 300), (1500, 40), (130, 260)] {
            let (first, second) = (record(first * KIB), record(second * KIB));
            let stream = [&first[..], &second, &first].concat();
            for pieces in [1000, 65_536, 131_072, 200_000, usize::MAX] {
                let script = Script::new().gives_in_pieces(&stream, pieces);
                let mut connection = Connection::new(script.clone(), length::u32_be());
                for expected in [&first, &second, &first] {
                    let Turn { item, mut output } = wait!(connection.turn()).unwrap().unwrap();
                    assert_eq!(item.as_slice(), &expected[4..]);
                    let owned = item.into_bytes();
                    output.queue(&mut length::u32_be(), &owned[..]).unwrap();
                }
                assert!(once!(connection.turn()).is_pending());
                assert_eq!(connection.held(), 0);
                assert_eq!(script.written(), stream);
                // A blocking transport is not waited on with large storage.
                let asked = script.reads().last().unwrap().0;
                assert!(!FLUSH_FIRST || asked <= 128 * KIB, "{asked}");
            }
        }
    });
}
