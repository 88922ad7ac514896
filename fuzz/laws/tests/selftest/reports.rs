//! The reports of verdicts, single streams, and the program that replays a folder.

use std::{
    cell::Cell,
    convert::Infallible,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    rc::Rc,
};

use segue_laws::{Law, Subject, adapt, command, parser, report::Format};

use super::text;

/// Texts with their length in a byte, of which a part is taken for the whole.
fn hasty() -> Subject {
    let make = || {
        adapt::slice(|input: &[u8]| {
            let Some((&length, rest)) = input.split_first() else { return Ok(None) };
            let text = &rest[..rest.len().min(length.into())];
            Ok::<_, Infallible>(Some((text.to_vec(), 1 + text.len())))
        })
    };
    parser("hasty <texts>", make).accepts([b"\x03one"]).generated(20).only([Law::L1, Law::L10])
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for format in [Format::Text, Format::Json, Format::JUnit, Format::GitHub] {
        let once = format.of(&[hasty().seed(7).verdicts()]);
        assert_eq!(once, format.of(&[hasty().seed(7).verdicts()]), "{format:?}");
        assert!(once.contains("L1"), "{once}");
    }
}

#[test]
fn machines_can_read_them() {
    let verdicts = [hasty().verdicts()];
    let json = Format::Json.of(&verdicts);
    assert!(json.starts_with(r#"[{"parser":"hasty <texts>","runs":"#), "{json}");
    assert!(json.contains(r#""input":"\\x03a","cuts":[1],"repeated":null"#), "{json}");
    let junit = Format::JUnit.of(&verdicts);
    assert!(junit.contains(r#"<testsuite name="hasty &lt;texts&gt;" tests="12""#), "{junit}");
    assert_eq!(junit.matches("<failure ").count(), 1, "{junit}");
    let github = Format::GitHub.of(&verdicts);
    let lines: Vec<_> = github.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("::error title=hasty <texts> breaks L")));
    assert_eq!(lines.len(), verdicts[0].defects().len(), "{github}");
}

#[test]
fn a_folder_is_replayed_and_added_to() {
    let folder = env::temp_dir().join(format!("segue-laws-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let run = |subject: Subject, words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned());
        let words = words.chain([folder.display().to_string()]);
        let mut out = Vec::new();
        let holds = command::with([subject], words, &mut out).expect("it runs");
        (holds, String::from_utf8(out).expect("text"))
    };
    let (holds, told) = run(hasty(), &["--format", "json", "run"]);
    assert!(!holds && told.contains("\"violated\""), "{told}");
    let kept = |folder| fs::read_dir(folder).expect("a folder").count();
    let before = kept(&folder);
    assert!(before >= 2, "a stream and its cuts");
    let (holds, told) = run(hasty(), &["replay"]);
    assert!(!holds && told.contains("b\"\\x03a\""), "{told}");
    run(hasty(), &["run"]);
    assert_eq!(kept(&folder), before, "nothing new was found");
    let mended = || {
        let texts = |input: &[u8]| Ok::<_, Infallible>(text(input));
        parser("hasty <texts>", move || adapt::slice(texts)).accepts([b"\x03one"]).ends_anywhere()
    };
    let (holds, told) = run(mended(), &["replay"]);
    assert!(holds, "{told}");
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn arguments_that_are_not_known_are_told() {
    for words in [&["fly"][..], &["run"], &["--format", "yaml"]] {
        let words = words.iter().map(|word| (*word).to_owned());
        assert!(command::with([hasty()], words, &mut Vec::new()).is_err());
    }
}

#[test]
fn a_long_seed_is_made_short_in_few_runs() {
    const PLACE: usize = 32_768;
    let given = Rc::new(Cell::new(0));
    let counts = given.clone();
    let seed = b"0123456789".repeat(4000);
    let lossy = || {
        let mut offset = 0;
        adapt::calling(move |read: Option<&[u8]>, said: &mut Vec<segue_laws::Answer>| {
            let read = read.unwrap_or_default();
            let kept = &read[usize::from(offset == PLACE && !read.is_empty())..];
            said.push(segue_laws::Answer::Piece(kept.to_vec()));
            offset += read.len();
            Ok::<_, Infallible>(())
        })
    };
    let subject = parser("lossy", lossy)
        .accepts([seed])
        .ends_anywhere()
        .generated(0)
        .only([Law::L1])
        .tries(move |input, _| counts.set(counts.get() + input.len()));
    let verdicts = subject.verdicts();
    let defect = verdicts.violation(Law::L1).unwrap_or_else(|| panic!("{verdicts}"));
    assert_eq!((defect.cuts(), defect.input().len()), (&[PLACE][..], PLACE + 1));
    assert!(given.get() < 80 << 20, "{} bytes were given to the parser", given.get());
}

/// Texts, of which a truncated one is dropped without a word.
fn drops() -> Subject {
    parser("drops", || {
        adapt::codec(
            (),
            |(), input: &mut bytes::BytesMut| {
                let length = text(input).map(|(_, length)| length);
                Ok::<_, Infallible>(length.map(|length| input.split_to(length).to_vec()))
            },
            |(), _| Ok(None),
        )
    })
}

/// Lines that are searched from their fronts again with each read.
fn restarts() -> Subject {
    parser("restarts", || {
        adapt::slice(|input: &[u8]| {
            let end = input.iter().position(|&byte| byte == b'\n');
            Ok::<_, Infallible>(end.map(|end| (end, end + 1)))
        })
    })
}

/// Texts, each of which is encoded as an empty one.
fn empties() -> Subject {
    parser("texts", || adapt::slice(|input: &[u8]| Ok::<_, Infallible>(text(input))))
        .encodes_again(|_| Some(b"\0".to_vec()))
}

/// Property tests see what the whole examination does.
#[test]
fn single_streams_show_truncation_and_work() {
    let defect = drops().on(b"\x03one", &[]).expect_err("a truncated text");
    assert_eq!(defect.law(), Law::L9);
    assert_eq!(restarts().on(b"a", &[]).expect_err("a square").law(), Law::L8);
    assert_eq!(empties().on(b"\x01a", &[]).expect_err("another text").law(), Law::L6);
}

/// Fuzz targets do as well; work is measured on one stream of several.
#[test]
fn fuzz_targets_show_truncation_and_work() {
    let breaks = |subject: &Subject, law: Law, data: &[u8]| {
        let fuzzed = catch_unwind(AssertUnwindSafe(|| subject.fuzz(data)));
        let panic = fuzzed.err().and_then(|panic| panic.downcast::<String>().ok());
        panic.is_some_and(|report| report.contains(&law.to_string()))
    };
    assert!(breaks(&drops(), Law::L9, b"\x03one"));
    assert!(breaks(&empties(), Law::L6, b"\x01a"));
    let streams = (1..64).map(|length| vec![b'a'; length]);
    let (mut streams, restarts) = (streams, restarts().only([Law::L8]));
    assert!(streams.any(|stream| breaks(&restarts, Law::L8, &stream)));
}

/// A number that is ended by what follows it may go on at the end of the stream.
#[test]
fn what_may_go_on_is_no_truncation() {
    let numbers = || {
        adapt::consuming(|input: &[u8], eof| {
            let digits = input.iter().take_while(|byte| byte.is_ascii_digit()).count();
            match input.get(digits) {
                _ if input.is_empty() && eof => (0, segue_laws::Answer::End),
                Some(b' ') => (digits + 1, segue_laws::Answer::item(input[..digits].to_vec())),
                Some(_) => (0, segue_laws::Answer::error("no digit")),
                None if eof => (digits, segue_laws::Answer::item(input[..digits].to_vec())),
                None => (0, segue_laws::Answer::Need(None)),
            }
        })
    };
    let subject = || parser("numbers", numbers).accepts(["12 345"]).only([Law::L9]);
    assert!(subject().verdicts().violation(Law::L9).is_some());
    let verdicts = subject().last_may_go_on().verdicts();
    assert!(verdicts.defects().is_empty(), "{verdicts}");
}
