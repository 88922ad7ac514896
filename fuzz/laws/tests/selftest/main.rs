//! Planted defects, through each adapter, must be caught and made small; correct parsers must stay
//! clean.

mod correct;
mod cuts;
mod endings;
mod memory;
mod planted;
mod polled;
mod promises;
mod reports;
mod values;
mod work;

use segue_laws::{Counting, Defect, Law, Subject};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// The defect by which the law is broken, which must be as small as a person wants to look at.
#[track_caller]
fn caught(subject: Subject, law: Law) -> Defect {
    let subject = subject.only([law]);
    let verdicts = subject.verdicts();
    let Some(defect) = verdicts.violation(law) else { panic!("not caught: {verdicts}") };
    assert!(defect.input().len() <= 32, "more than 32 bytes: {defect}");
    assert!(defect.cuts().len() <= 1, "more than one cut: {defect}");
    let again = subject.verdicts();
    // The stream that shows it first is a matter of time with work alone.
    let same = law == Law::L8 || again.violation(law) == Some(defect);
    assert!(same && again.violation(law).is_some(), "not the same twice: {defect}\n{again}");
    defect.clone()
}

/// Lines that end with CR LF, as most of the planted parsers read them.
const LINES: [&str; 3] = ["one\r\ntwo\r\n", "\r\n", "PING 17\r\nPONG a:b\r\n"];

/// Texts with their length in a byte in front.
const TEXTS: [&[u8]; 3] = [b"\x03one\x05three", b"\x00\x01a", b"\x0ctwelve bytes"];

/// The line in front, with how many bytes it is.
fn line(input: &[u8]) -> Option<(String, usize)> {
    let end = input.windows(2).position(|pair| pair == b"\r\n")?;
    Some((String::from_utf8_lossy(&input[..end]).into_owned(), end + 2))
}

/// The text in front, with how many bytes it is.
fn text(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (&length, rest) = input.split_first()?;
    let text = rest.get(..usize::from(length))?;
    Some((text.to_vec(), 1 + text.len()))
}
