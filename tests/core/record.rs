//! One record, lent from a buffer or from a slice.

use segue::{Buffer, Record};

/// The same record from either store, put through `check`.
fn from_each_store(bytes: &[u8], check: impl Fn(Record<'_>)) {
    let mut slice = bytes.to_vec();
    check(Record::from(&mut slice[..]));
    let mut buffer = Buffer::from(&[b"before", bytes, b"behind"].concat()[..]);
    buffer.consume(6);
    check(buffer.take(bytes.len()));
    assert_eq!(buffer.as_slice(), b"behind");
}

#[test]
fn a_record_is_cut_at_either_end() {
    let content: Vec<u8> = (0..20).collect();
    for front in 0..=20 {
        for length in 0..25 {
            from_each_store(&content, |mut record| {
                record.advance(front);
                record.truncate(length);
                let expected = &content[front..(front + length).min(20)];
                assert_eq!(
                    (record.len(), record.is_empty()),
                    (expected.len(), expected.is_empty())
                );
                assert_eq!(record.as_slice(), expected);
                assert_eq!((&*record, record.as_ref()), (expected, expected));
                assert_eq!(record.to_vec(), expected);
                record.as_mut().reverse();
                assert!(record.into_slice().iter().rev().eq(expected));
            });
            from_each_store(&content, |mut record| {
                // The other way round comes to the same.
                record.truncate(front + length);
                record.advance(front);
                assert_eq!(record.into_bytes(), &content[front..(front + length).min(20)]);
            });
        }
    }
}

#[test]
fn a_length_beyond_all_memory_truncates_nothing() {
    from_each_store(b"record", |mut record| {
        record.advance(2);
        record.truncate(usize::MAX);
        assert_eq!(record, b"cord");
    });
}

#[test]
fn a_record_can_be_compared_with_bytes_of_any_shape() {
    from_each_store(b"record", |record| {
        assert_eq!(record, b"record");
        assert_eq!(record, *b"record");
        assert_eq!(record, b"record"[..]);
        assert_eq!(record, &b"record"[..]);
        assert!(record == "record" && record == *"record");
        assert!(
            record != b"other" && record != "Record" && record != *b"recor" && record != "recorder"
        );
    });
}

#[test]
#[should_panic(expected = "range start index 5 out of range")]
fn a_slice_is_not_advanced_past_its_end() {
    Record::from(&mut [1, 2, 3, 4][..]).advance(5);
}

#[test]
#[should_panic(expected = "advanced past the end of a record")]
fn a_record_is_not_advanced_into_what_follows_it() {
    let mut buffer = Buffer::from(&b"record and more"[..]);
    buffer.take(6).advance(7);
}

#[test]
fn what_is_owned_outlives_the_buffer_and_is_not_touched_by_it() {
    for length in [1, 10, Record::SHARED, 4 * Record::SHARED] {
        let mut buffer = Buffer::new();
        let mut kept = Vec::new();
        for byte in 0..50 {
            buffer.extend(&vec![byte; length]);
            buffer.extend(b"rest");
            kept.push(buffer.take(length).into_bytes());
            buffer.as_mut_slice().fill(0xff);
            buffer.consume(4);
        }
        drop(buffer);
        for (byte, kept) in (0..).zip(kept) {
            assert_eq!(kept, vec![byte; length]);
        }
    }
}

#[test]
fn no_payload_is_shown() {
    from_each_store(b"secret", |record| {
        let shown = format!("{record:?}");
        assert!(shown.contains("len: 6") && !shown.contains("secret"), "{shown}");
    });
}
