//! L6 and L7: what is encoded again, and what another parser says.

use std::convert::Infallible;

use segue_laws::{Law, Parser, Subject, Symptom, adapt, parser};

use super::{caught, line, text};

/// Fields between semicolons, where a backslash takes the meaning from what follows.
fn fields(input: &[u8]) -> Option<(Vec<String>, usize)> {
    let (line, length) = line(input)?;
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ';' => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(letters.next()),
            letter => fields.last_mut()?.push(letter),
        }
    }
    Some((fields, length))
}

/// The fields, encoded again each by `escape`.
fn encoded(escape: fn(&str) -> String) -> Subject {
    let make = || adapt::slice(|input: &[u8]| Ok::<_, Infallible>(fields(input)));
    parser("fields", make).accepts(["a;b\\;c\r\n", "\\\\;\r\n"]).encodes_again(move |mut input| {
        let mut again = Vec::new();
        while let Some((fields, length)) = fields(input) {
            let fields: Vec<_> = fields.iter().map(|field| escape(field)).collect();
            again.extend(fields.join(";").bytes().chain(*b"\r\n"));
            input = &input[length..];
        }
        Some(again)
    })
}

#[test]
fn an_encoder_that_escapes_all_is_clean() {
    let subject = encoded(|field| field.replace('\\', "\\\\").replace(';', "\\;"));
    let verdicts = subject.verdicts();
    assert!(verdicts.violation(Law::L6).is_none(), "{verdicts}");
}

#[test]
fn encoders_that_do_not_escape() {
    caught(encoded(str::to_owned), Law::L6);
    // In the wrong order, what was escaped is escaped again.
    caught(encoded(|field| field.replace(';', "\\;").replace('\\', "\\\\")), Law::L6);
    caught(encoded(|field| field.replace(';', "\\;")), Law::L6);
    caught(encoded(|field| field.trim_matches('\\').replace(';', "\\;")), Law::L6);
}

#[test]
fn an_encoder_that_panics() {
    // A field that is longer than the encoder has thought of.
    let subject = encoded(|field| {
        let mut room = [0; 2];
        room[..field.len()].copy_from_slice(field.as_bytes());
        field.replace('\\', "\\\\").replace(';', "\\;")
    });
    let defect = caught(subject, Law::L6);
    assert_eq!(defect.symptom(), Symptom::Breaks, "{defect}");
}

/// Numbers in lines as `read` has them, written again in decimal digits.
fn in_one_form(read: fn(&str) -> Option<u32>) -> Subject {
    let make = move || {
        adapt::slice(move |input: &[u8]| match line(input) {
            Some((line, length)) => {
                read(&line).map(|number| Some((number, length))).ok_or("no number")
            }
            None => Ok(None),
        })
    };
    let again = move |mut input: &[u8]| {
        let mut again = Vec::new();
        while let Some((line, length)) = line(input) {
            again.extend(format!("{}\r\n", read(&line)?).bytes());
            input = &input[length..];
        }
        Some(again)
    };
    parser("numbers in one form", make)
        .accepts(["17\r\n0\r\n", "255\r\n"])
        .encodes_again(again)
        .canonical()
}

#[test]
fn decoders_that_take_other_forms() {
    fn digits(line: &str) -> Option<u32> {
        line.parse().ok().filter(|_| line.bytes().all(|byte| byte.is_ascii_digit()))
    }
    let strict = in_one_form(|line| digits(line).filter(|_| line == "0" || !line.starts_with('0')));
    let verdicts = strict.only([Law::L6]).verdicts();
    assert!(verdicts.defects().is_empty(), "{verdicts}");
    // Zeros in front.
    let defect = caught(in_one_form(digits), Law::L6);
    assert_eq!(defect.symptom(), Symptom::Accepts, "{defect}");
    // A sign.
    caught(in_one_form(|line| line.parse().ok().filter(|_| !line.starts_with('0'))), Law::L6);
    // Space behind it.
    caught(in_one_form(|line| digits(line.trim_end()).filter(|_| !line.starts_with('0'))), Law::L6);
    // A value that may have several forms need not be written as it came.
    let forms = parser("numbers in any form", || {
        adapt::slice(|input: &[u8]| match line(input) {
            Some((line, length)) => {
                digits(&line).map(|number| Some((number, length))).ok_or("no number")
            }
            None => Ok(None),
        })
    });
    let forms = forms.accepts(["007\r\n"]).encodes_again(|input| {
        let (line, _) = line(input)?;
        Some(format!("{}\r\n", digits(&line)?).into_bytes())
    });
    let verdicts = forms.verdicts();
    assert!(verdicts.violation(Law::L6).is_none(), "{verdicts}");
}

/// Numbers in lines, as `parse` has them, held against a reader of digits.
fn numbers(parse: fn(&str) -> Option<u32>) -> Subject {
    fn reader(parse: fn(&str) -> Option<u32>) -> impl Parser {
        adapt::slice(move |input: &[u8]| match line(input) {
            Some((line, length)) => {
                parse(&line).map(|number| Some((number, length))).ok_or("no number")
            }
            None => Ok(None),
        })
    }
    let digits = |line: &str| {
        let digits = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        line.parse().ok().filter(|_| digits)
    };
    parser("numbers", move || reader(parse))
        .accepts(["17\r\n0\r\n", "255\r\n"])
        .agrees_with("digits", move || reader(digits))
        .normalise(|item| Some(item.into()))
}

#[test]
fn parsers_of_numbers_that_disagree() {
    let same = numbers(|line| {
        let digits = line.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| line.parse().ok()).flatten()
    });
    let verdicts = same.verdicts();
    assert!(verdicts.violation(Law::L7).is_none(), "{verdicts}");
    // A sign.
    let defect = caught(numbers(|line| line.parse().ok()), Law::L7);
    assert_eq!(defect.symptom(), Symptom::Accepts, "{defect}");
    // Space around it.
    caught(numbers(|line| line.trim().parse().ok().filter(|_| !line.contains('+'))), Law::L7);
    // An overflow that wraps.
    let wraps = numbers(|line| {
        let digit = |number: u32, byte: u8| {
            let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
            Some(number.wrapping_mul(10).wrapping_add(digit))
        };
        line.bytes().try_fold(0, digit).filter(|_| !line.is_empty())
    });
    caught(wraps, Law::L7);
}

#[test]
fn a_parser_of_texts_that_disagrees() {
    let make = || adapt::slice(|input: &[u8]| Ok::<_, Infallible>(text(input)));
    // Long ones are another's.
    let other = || {
        adapt::slice(|input: &[u8]| match text(input) {
            Some((text, _)) if text.len() > 11 => Err("too long"),
            text => Ok(text),
        })
    };
    let subject = parser("texts", make)
        .accepts([&b"\x03one"[..], b"\x0ctwelve bytes"])
        .agrees_with("short texts", other)
        .normalise(|item| Some(item.into()));
    caught(subject, Law::L7);
}
