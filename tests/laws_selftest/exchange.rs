//! The laws of an exchange.

use segue::laws::{self, Law, Suite};
use segue::{Buffer, Exchange, Fault, Need, Output, Progress};

use crate::broken;

type Answer = Result<Progress<Vec<u8>>, Fault<&'static str>>;

/// Sends a greeting of a line of at most 20 bytes, and waits for one; answers "no" to a line that
/// begins with a blank.
#[derive(Default)]
struct Greeting {
    greeted: bool,
    mistake: Option<Mistake>,
    /// How often it was asked.
    asked: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    TakesTheRead,
    ForgetsThePosition,
    Doubles,
    TakesTheRest,
    ClaimsTheRest,
    NeedsTwo,
    NeedsAHundred,
    NoLimit,
    WaitsToWrite,
    Panics,
    QuietAtTheEnd,
    Repeats,
    Counts,
    Nibbles,
}

impl Exchange for Greeting {
    type Output = Vec<u8>;
    type Error = &'static str;

    fn advance(&mut self, input: &mut Buffer, eof: bool, output: &mut Output) -> Answer {
        let has = |mistake| self.mistake == Some(mistake);
        self.asked += 1;
        if !self.greeted || has(Mistake::Repeats) {
            self.greeted = true;
            output.put(b"hello\n");
            return Ok(Progress::NeedWrite);
        }
        if has(Mistake::WaitsToWrite) {
            return Ok(Progress::NeedWrite);
        }
        let position = if has(Mistake::ForgetsThePosition) { 0 } else { input.position() };
        let shown = input.as_slice();
        assert!(!has(Mistake::Panics) || shown.len() != 3, "cannot deal with three bytes");
        if has(Mistake::Doubles) && !shown.is_empty() {
            output.put(b".");
        }
        if shown.starts_with(b" ") {
            output.put(b"no\n");
            return Err(Fault::new("a blank in front").at(position));
        }
        let end = shown.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(shown.len(), |end| end + 1);
        if length > 20 && !has(Mistake::NoLimit) {
            return Err(Fault::too_long(position + 20));
        }
        let quiet = eof && has(Mistake::QuietAtTheEnd);
        if end.is_none() && !quiet {
            if has(Mistake::Nibbles) {
                // What comes next finds less than there was.
                input.consume(length / 2);
            }
            return Ok(Progress::NeedRead(match self.mistake {
                Some(Mistake::NeedsTwo) => Need::exactly(2),
                Some(Mistake::NeedsAHundred) => Need::exactly(100),
                Some(Mistake::Counts) => Need::ONE.claiming(self.asked % 2),
                _ => Need::ONE,
            }));
        }
        let taken = if has(Mistake::TakesTheRead) { input.len() } else { length };
        let greeting = input.take(taken).to_vec();
        if has(Mistake::TakesTheRest) {
            input.consume(input.len());
        }
        Ok(Progress::Done(greeting))
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        if self.mistake == Some(Mistake::ClaimsTheRest) {
            return shown.len();
        }
        shown.iter().position(|&byte| byte == b'\n').map_or(shown.len(), |end| end + 1)
    }
}

fn greeting(mistake: Option<Mistake>) -> Suite<'static> {
    laws::exchange(move || Greeting { mistake, ..Greeting::default() })
        .accepts([&b"good day\n"[..], b"\n"])
        .refuses([&b""[..], b"good", b" \n"])
        .too_long(["good day good day good day\n", "good day good day good day"])
        .limit(21)
}

#[test]
fn a_correct_exchange_stays_clean() {
    greeting(None).check();
}

#[test]
fn broken_exchanges_are_found() {
    for (mistake, expected) in [
        (Mistake::TakesTheRead, Law::L2),
        (Mistake::ForgetsThePosition, Law::L1),
        (Mistake::Doubles, Law::L1),
        (Mistake::TakesTheRest, Law::L2),
        (Mistake::ClaimsTheRest, Law::L3),
        (Mistake::NeedsTwo, Law::L3),
        (Mistake::NeedsAHundred, Law::L4),
        (Mistake::NoLimit, Law::L4),
        (Mistake::WaitsToWrite, Law::L5),
        (Mistake::Panics, Law::L5),
        (Mistake::QuietAtTheEnd, Law::L9),
        (Mistake::Repeats, Law::L5),
        (Mistake::Counts, Law::L10),
        (Mistake::Nibbles, Law::L1),
    ] {
        let law = broken(greeting(Some(mistake)));
        assert_eq!(law, expected);
    }
}
