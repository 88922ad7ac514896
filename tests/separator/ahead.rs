//! A loop over `Buffer::records` looks ahead of the record in front: it finds what steps find.

use segue::{Buffer, Decode, DecodeExt, Fault, Inlet, Output, Record, Step, separator};

/// Knuth's MMIX generator; the high bits are the better ones.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % end
    }

    /// Lines of up to `longest` bytes, ended in all ways, with CR and LF where they end nothing.
    fn lines(&mut self, length: usize, longest: usize) -> Vec<u8> {
        let mut lines = Vec::new();
        while lines.len() < length {
            for _ in 0..self.below(longest + 1) {
                lines.push(b"abcdefgh\r;"[self.below(10)]);
            }
            lines.extend([&b"\n"[..], b"\r\n", b"\r\r\n"][self.below(3)]);
        }
        lines
    }
}

/// The result of a stage: records, the end of each, and the fault or need at the end.
#[derive(Debug, Default, PartialEq)]
struct Seen(Vec<(Vec<u8>, u64)>, Vec<String>);

/// All of `input` by steps, in pieces of `piece` bytes.
fn by_steps<D>(mut stage: D, input: &[u8], piece: usize, end: bool) -> Seen
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
    Fault<D::Error>: std::fmt::Debug,
{
    let (mut buffer, mut output, mut seen) = (Buffer::new(), Output::new(), Seen::default());
    let count = input.chunks(piece).count();
    for (i, piece) in input.chunks(piece).enumerate() {
        buffer.extend(piece);
        let eof = end && i + 1 == count;
        loop {
            match buffer.step(&mut stage, eof, &mut output) {
                Ok(Step::Item(record)) => {
                    let record = record.to_vec();
                    seen.0.push((record, buffer.position()));
                }
                Ok(other) => {
                    seen.1.push(format!("{other:?}"));
                    break;
                }
                Err(fault) => {
                    seen.1.push(format!("{fault:?}"));
                    return seen;
                }
            }
        }
    }
    seen
}

/// The same by loans, each of which ends after `most` records.
fn by_loans<D>(mut stage: D, input: &[u8], piece: usize, end: bool, most: usize) -> Seen
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
    Fault<D::Error>: std::fmt::Debug,
{
    let (mut buffer, mut output, mut seen) = (Buffer::new(), Output::new(), Seen::default());
    let count = input.chunks(piece).count();
    for (i, piece) in input.chunks(piece).enumerate() {
        buffer.extend(piece);
        let eof = end && i + 1 == count;
        'piece: loop {
            let mut taken = Vec::new();
            let mut records = buffer.records(&mut stage, eof, &mut output);
            let told = loop {
                match records.next() {
                    Ok(Step::Item(record)) => taken.push(record.to_vec()),
                    Ok(other) => {
                        let told = format!("{other:?}");
                        // Asked again it says the same.
                        assert_eq!(told, format!("{:?}", records.next().expect("as before")));
                        break Some((told, true));
                    }
                    Err(fault) => break Some((format!("{fault:?}"), false)),
                }
                if taken.len() == most {
                    break None;
                }
            };
            seen.0.extend(taken.into_iter().map(|record| (record, 0)));
            match told {
                None => seen.0.last_mut().expect("the most were taken").1 = buffer.position(),
                Some((told, true)) => {
                    seen.1.push(told);
                    break 'piece;
                }
                Some((told, false)) => {
                    seen.1.push(told);
                    return seen;
                }
            }
        }
    }
    seen
}

fn compare<D>(stage: impl Fn() -> D, name: &str)
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
    Fault<D::Error>: std::fmt::Debug,
{
    let mut random = Random(7);
    for (longest, length) in [(3, 400), (20, 900), (100, 2000), (700, 4000)] {
        for end in [false, true] {
            let input = random.lines(length, longest);
            // The last piece of some inputs is a beginning of a line.
            let input = &input[..input.len() - random.below(3)];
            for piece in [1, 7, 63, 64, 65, 500, input.len()] {
                let expected = by_steps(stage(), input, piece, end);
                for most in [1, 2, usize::MAX] {
                    let seen = by_loans(stage(), input, piece, end, most);
                    let told =
                        format!("{name}: {longest}, {piece} at a time, {most} a loan, {end}");
                    assert_eq!(seen.1, expected.1, "{told}");
                    assert_eq!(seen.0.len(), expected.0.len(), "{told}");
                    for (seen, expected) in seen.0.iter().zip(&expected.0) {
                        assert_eq!(seen.0, expected.0, "{told}");
                        // Within a loan only the last place can be asked for.
                        assert!(seen.1 == 0 || seen.1 == expected.1, "{told}");
                    }
                }
            }
        }
    }
}

#[test]
fn loans_see_what_steps_see() {
    compare(separator::line, "either");
    compare(|| separator::line().lf(), "LF");
    compare(|| separator::line().crlf(), "CRLF");
    compare(|| separator::line().crlf().strict(), "strict");
    compare(|| separator::line().keep_terminator(), "kept");
    compare(|| separator::line().skip_empty(), "no empty ones");
    compare(|| separator::line().last_unterminated(), "with the last");
    compare(|| separator::line().crlf().skip_empty().last_unterminated(), "CRLF, with the last");
    compare(|| separator::line().max(50), "short");
    compare(|| separator::line().max(0).skip_empty(), "empty");
    compare(|| separator::byte(b';'), "byte");
    compare(|| separator::line().map_err(|error| error), "by other words");
}

/// A loan shows no more than the longest record that is taken, and so looks no further.
#[test]
fn the_limit_of_an_inlet_is_one_whatever_is_known() {
    let mut random = Random(11);
    for limit in [1, 5, 64, 70, 200] {
        let input = random.lines(3000, 150);
        let inlet = || Inlet::over(separator::line(), Buffer::from(&input[..])).max_record(limit);
        let (mut step, mut loan, mut output) = (inlet(), inlet(), Output::new());
        let mut records = loan.records(&mut output).unwrap();
        let mut answers = Output::new();
        loop {
            let expected = step.step(&mut answers).map(|step| format!("{step:?}"));
            let seen = records.next().map(|step| format!("{step:?}"));
            assert_eq!(seen, expected, "{limit}");
            if !expected.is_ok_and(|step| step.starts_with("Item")) {
                break;
            }
        }
    }
}

/// Bytes that are consumed between two loans are no part of a line, even if they were seen as one.
#[test]
fn nothing_is_known_from_one_loan_to_the_next() {
    let (mut stage, mut output) = (separator::line(), Output::new());
    let mut buffer = Buffer::from(&b"one\npay\nload\ntwo\n"[..]);
    let mut records = buffer.records(&mut stage, false, &mut output);
    assert!(matches!(records.next().unwrap(), Step::Item(line) if line == b"one"));
    buffer.consume(6);
    buffer.as_mut_slice()[0] = b'\n';
    let mut records = buffer.records(&mut stage, false, &mut output);
    for expected in ["", "d", "two"] {
        assert!(matches!(records.next().unwrap(), Step::Item(line) if line == expected));
    }
}
