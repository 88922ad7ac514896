//! Separators that content cannot have in it: against naive references, at every limit.

use segue::separator::{self, LineError};
use segue::{Cause, Fault};

use crate::reference::{
    encodes_what_it_decodes, everyhow, reference, reference_by, skipping, texts, window,
};

#[test]
fn every_self_overlapping_byte_string_is_found_where_it_first_occurs() {
    for separator in texts(b"ab", 4).into_iter().skip(1) {
        for text in texts(b"ab", 8) {
            let expected = reference(&text, 100, false, false, |rest| window(rest, &separator));
            assert_eq!(everyhow(|| separator::bytes(&separator), &text), expected);
        }
    }
}

#[test]
fn limits_judge_complete_and_incomplete_records_alike() {
    let separators: [&[u8]; 5] = [b"b", b"ab", b"aab", b"aba", b"abab"];
    for separator in separators {
        for text in texts(b"ab", 8) {
            for max in [0, 1, 2, 4] {
                let find = |rest: &[u8]| window(rest, separator);
                for last in [false, true] {
                    let make = || {
                        let stage = separator::bytes(separator).max(max);
                        if last { stage.last_unterminated() } else { stage }
                    };
                    let seen = everyhow(make, &text);
                    let skipped = everyhow(skipping(make, max), &text);
                    // An unfinished record is truncated or too long, depending on how much of
                    // it can be the beginning of a separator; a naive search does not tell.
                    let expected = reference(&text, max, false, last, find);
                    let unsure =
                        matches!(expected.fault, Some(Fault { cause: Cause::Truncated, .. }));
                    if !unsure {
                        assert_eq!(seen, expected);
                    }
                    assert_eq!(skipped, reference(&text, max, true, last, find));
                }
            }
        }
    }
}

#[test]
fn lines_end_as_they_are_told_to() {
    type Find = fn(&[u8]) -> Option<(usize, usize)>;
    let either: Find = |rest| {
        let (lf, _) = window(rest, b"\n")?;
        let cr = lf > 0 && rest[lf - 1] == b'\r';
        Some(if cr { (lf - 1, 2) } else { (lf, 1) })
    };
    let lf: Find = |rest| window(rest, b"\n");
    let crlf: Find = |rest| window(rest, b"\r\n");
    let line = separator::line;
    for (stage, find) in [(line(), either), (line().lf(), lf), (line().crlf(), crlf)] {
        for text in texts(b"a\r\n", 6) {
            let expected = reference(&text, 100, false, false, find);
            assert_eq!(everyhow(|| stage.clone(), &text), expected);
            let last = || stage.clone().last_unterminated();
            assert_eq!(everyhow(last, &text), reference(&text, 100, false, true, find));
            for max in [0, 1, 3] {
                let expected = reference(&text, max, false, true, find);
                assert_eq!(everyhow(|| last().max(max), &text), expected);
                let expected = reference(&text, max, true, true, find);
                assert_eq!(everyhow(skipping(last, max), &text), expected);
            }
        }
    }
}

#[test]
fn strict_lines_refuse_what_is_no_ending() {
    let fault = |error, at| Some(Fault::new(error).at(at));
    let either = || separator::line().strict();
    let crlf = || separator::line().crlf().strict();
    let lf = || separator::line().lf().strict();
    assert_eq!(everyhow(either, b"a\r\nb\nc\rd\n").fault, fault(LineError::StrayCr, 6));
    assert_eq!(everyhow(either, b"\r\r\n").fault, fault(LineError::StrayCr, 0));
    assert_eq!(everyhow(crlf, b"a\r\nb\n").fault, fault(LineError::BareLf, 4));
    assert_eq!(everyhow(crlf, b"a\rb\r\n").fault, fault(LineError::StrayCr, 1));
    assert_eq!(everyhow(lf, b"a\nb\r\n").fault, fault(LineError::StrayCr, 3));
    for text in texts(b"a\r\n", 6) {
        for max in [0, 1, 2, 100] {
            for stage in [either(), crlf(), lf()] {
                everyhow(|| stage.clone().max(max), &text);
                everyhow(|| stage.clone().max(max).last_unterminated(), &text);
                everyhow(skipping(|| stage.clone(), max), &text);
                everyhow(skipping(|| stage.clone().last_unterminated(), max), &text);
            }
        }
    }
}

#[test]
fn content_that_would_not_come_back_is_refused() {
    let lines = texts(b"a\r\n", 5);
    encodes_what_it_decodes(separator::line, b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().lf(), b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().crlf(), b"\r\n", &lines);
    encodes_what_it_decodes(|| separator::line().strict(), b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().lf().strict(), b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().crlf().strict(), b"\r\n", &lines);
    encodes_what_it_decodes(|| separator::byte(b'a').max(3), b"a", &texts(b"ab", 5));
    for separator in texts(b"ab", 4).into_iter().skip(1) {
        let make = || separator::bytes(&separator).max(4);
        encodes_what_it_decodes(make, &separator, &texts(b"ab", 5));
    }
}

#[test]
fn any_of_several_bytes_ends_a_record() {
    fn check<const N: usize>(separators: [u8; N]) {
        let find = |rest: &[u8]| {
            let at = rest.iter().position(|byte| separators.contains(byte))?;
            Some((at, 1, rest[at].to_string()))
        };
        let make = |max| move || separator::any_of(separators).max(max).last_unterminated();
        for text in texts(b"abcde", 4) {
            assert_eq!(everyhow(make(9), &text), reference_by(&text, 9, find));
            assert_eq!(everyhow(make(1), &text), reference_by(&text, 1, find));
            everyhow(skipping(make(0), 1), &text);
        }
    }
    check(*b"a");
    check(*b"bd");
    check(*b"eca");
    check(*b"abde");
    check(*b"aaaab");
}

#[test]
fn of_several_byte_strings_the_first_that_is_complete_ends_a_record() {
    let sets: [&[&str]; 7] = [
        &["a"],
        &["ab", "b"],
        &["aa", "bb"],
        &["b", "ab", "aab"],
        &["aab", "aba", "bba"],
        &["abab", "bb"],
        &["aaab", "baa", "bab"],
    ];
    for set in sets {
        // The earliest end, and of those the longest.
        let find = |rest: &[u8]| {
            (1..=rest.len()).find_map(|end| {
                let ends = |string: &&str| rest[..end].ends_with(string.as_bytes());
                let longest = set.iter().copied().filter(ends).max_by_key(|string| string.len())?;
                let index = set.iter().position(|string| *string == longest)?;
                Some((end - longest.len(), longest.len(), index.to_string()))
            })
        };
        let make = |max| move || separator::any_of_strings(set).max(max).last_unterminated();
        for text in texts(b"ab", 7) {
            for max in [0, 2, 9] {
                assert_eq!(everyhow(make(max), &text), reference_by(&text, max, find));
            }
            everyhow(|| separator::any_of_strings(set).max(2), &text);
            everyhow(skipping(make(0), 2), &text);
        }
    }
}

#[test]
fn separators_that_could_never_end_a_record_are_refused() {
    let sets: [&[&str]; 5] = [&[], &["a", ""], &["a", "ab"], &["cabc", "ab"], &["ab", "ab"]];
    for set in sets {
        let made = std::panic::catch_unwind(|| separator::any_of_strings(set));
        assert!(made.is_err(), "{set:?}");
    }
}

#[test]
fn heads_end_at_the_first_empty_line() {
    /// Line by line.
    fn find(rest: &[u8], bare_lf: bool) -> Option<(usize, usize)> {
        let mut line = 0;
        for (at, _) in rest.iter().enumerate().filter(|&(_, &byte)| byte == b'\n') {
            let cr = at > line && rest[at - 1] == b'\r';
            if !cr && !bare_lf {
                continue;
            }
            if at - usize::from(cr) == line {
                return Some((at + 1, 0));
            }
            line = at + 1;
        }
        None
    }
    for text in texts(b"a\r\n", 7) {
        let crlf = reference(&text, 99, false, true, |rest| find(rest, false));
        let both = reference(&text, 99, false, true, |rest| find(rest, true));
        assert_eq!(everyhow(|| separator::head().last_unterminated(), &text), crlf);
        assert_eq!(everyhow(|| separator::head().bare_lf().last_unterminated(), &text), both);
    }
    for text in texts(b"a\r\n", 6) {
        for max in [0, 1, 3, 4] {
            everyhow(|| separator::head().max(max), &text);
            everyhow(|| separator::head().bare_lf().max(max), &text);
            everyhow(skipping(separator::head, max), &text);
            everyhow(skipping(|| separator::head().bare_lf(), max), &text);
        }
    }
}

#[test]
fn over_long_heads_are_passed_over_to_their_own_empty_line() {
    let make = skipping(separator::head, 6);
    let seen = everyhow(make, b"a: b\r\n\r\nabc: d\r\ne: f\r\n\r\n\r\n");
    assert_eq!(seen.items, ["a: b\\r\\n\\r\\n", "<14>", "\\r\\n"]);
}

#[test]
fn quoted_separators_do_not_count() {
    let find = |rest: &[u8]| {
        let mut open = false;
        let end = rest.iter().position(|&byte| {
            open ^= byte == b'"';
            byte == b';' && !open
        })?;
        Some((end, 1))
    };
    for text in texts(b"a\";", 6) {
        let make = || separator::quoted(b';', b'"').last_unterminated();
        assert_eq!(everyhow(make, &text), reference(&text, 99, false, true, find));
        for max in [0, 2, 4] {
            let make = || make().max(max);
            assert_eq!(everyhow(make, &text), reference(&text, max, false, true, find));
            assert_eq!(
                everyhow(skipping(make, max), &text),
                reference(&text, max, true, true, find)
            );
            everyhow(|| separator::quoted(b';', b'"').max(max), &text);
        }
    }
}

#[test]
fn terminators_are_kept_on_demand() {
    let line = everyhow(|| separator::line().keep_terminator().last_unterminated(), b"a\nb\r\nc");
    assert_eq!(line.items, ["a\\n", "b\\r\\n", "c"]);
    let bytes = everyhow(|| separator::bytes(b"--").keep_terminator(), b"a--b--");
    assert_eq!(bytes.items, ["a--", "b--"]);
    let any = everyhow(|| separator::any_of(*b",;").keep_terminator(), b"a,b;");
    assert_eq!(any.items, ["a, by Some(44)", "b; by Some(59)"]);
}
