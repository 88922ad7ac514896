//! The law of layers.

use segue::laws::{self, Law};
use segue::{Buffer, Fault, Layer, Need, Output, Step};

/// What a layer does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    /// The end of the wire is an end, wherever it comes.
    TakesTheCutForAnEnd,
    /// The end of the wire is an end between two records.
    TakesACutBetweenRecordsForAnEnd,
    /// A record whose head alone has come is taken for an empty one.
    LosesARecordAtACut,
    /// A byte that has come alone is dropped.
    LosesAByteAtACut,
    /// The end takes along what came with it.
    ConsumesBehindItsEnd,
    /// The end is said, and not understood.
    MissesTheEnd,
    /// Something is sealed behind the end.
    SealsBehindItsEnd,
    /// Each question for more is answered.
    AnswersWithoutBeingAsked,
    /// Each record is answered by as much as was ever read.
    AnswersMoreAndMore,
    /// An answer is answered.
    AnswersAnswers,
    /// What is queued stays there.
    SealsNothing,
    /// What is queued is taken, and nothing is said of it.
    SwallowsBytes,
    /// Bytes that were queued without a copy are sent as they are.
    LetsBytesOutUnsealed,
    /// The last bytes wait for others.
    HoldsBytesBack,
    /// What it answers does not count as a record.
    AnswersUnnumbered,
    /// The number of a record is where it is kept.
    TrustsAnIndex,
    /// A wrong record is asked for again and again.
    NeverEnds,
}

/// Records of a length in one byte, a kind and a number, and that many bytes, each of them
/// exclusive-ored with the number.
struct Toy {
    mistake: Mistake,
    received: u8,
    sent: u8,
    read: usize,
    held: Vec<u8>,
}

const DATA: u8 = 0x10;
const END: u8 = 0x20;
const QUESTION: u8 = 0x30;
const ANSWER: u8 = 0x40;
const HEAD: usize = 3;
const MOST: usize = 255;

impl Toy {
    fn new(mistake: Mistake) -> Self {
        Self { mistake, received: 0, sent: 0, read: 0, held: Vec::new() }
    }

    fn put(&mut self, kind: u8, body: &[u8], wire: &mut Output) {
        wire.put(&[u8::try_from(body.len()).expect("a record is short"), kind, self.sent]);
        wire.put_mut(body).iter_mut().for_each(|byte| *byte ^= self.sent);
        self.sent = self.sent.wrapping_add(1);
    }
}

impl Layer for Toy {
    type Plain<'a> = &'a [u8];
    type Error = &'static str;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<&'static str>> {
        let at = wire.position();
        let held = wire.len();
        let whole = wire.as_slice().first().map_or(HEAD, |length| HEAD + usize::from(*length));
        match self.mistake {
            Mistake::TakesTheCutForAnEnd if eof && held < whole => return Ok(Step::Done),
            Mistake::TakesACutBetweenRecordsForAnEnd if eof && held == 0 => return Ok(Step::Done),
            Mistake::LosesARecordAtACut if held == HEAD && held < whole => {
                wire.consume(held);
                return Ok(Step::Need(Need::ONE));
            }
            Mistake::LosesAByteAtACut if held == 1 => {
                wire.consume(1);
                return Ok(Step::Need(Need::ONE));
            }
            Mistake::AnswersWithoutBeingAsked if held == 0 && !eof => {
                self.put(ANSWER, b"", answers);
            }
            _ => {}
        }
        if held < whole {
            if eof {
                return Err(Fault::truncated(at + held as u64));
            }
            return Ok(Step::Need(Need::exactly(whole - held)));
        }
        let [_, kind, number] = *wire.as_slice().first_chunk::<HEAD>().expect("it is whole");
        if self.mistake == Mistake::TrustsAnIndex {
            assert!(number <= self.received, "{number} is too far");
        }
        if number != self.received {
            if self.mistake == Mistake::NeverEnds {
                return Ok(Step::Item(&[]));
            }
            self.put(ANSWER, b"", answers);
            return Err(Fault::new("number").at(at));
        }
        self.received = self.received.wrapping_add(1);
        self.read += whole;
        match (kind, self.mistake) {
            (QUESTION, Mistake::AnswersUnnumbered) => {
                answers.put(&[0, ANSWER, self.sent]);
            }
            (QUESTION, _) => self.put(ANSWER, b"", answers),
            (ANSWER, Mistake::AnswersAnswers) => self.put(ANSWER, b"", answers),
            (DATA, Mistake::AnswersMoreAndMore) => {
                (0..self.read / HEAD).for_each(|_| self.put(ANSWER, b"", answers));
            }
            _ => {}
        }
        if kind == END {
            match self.mistake {
                Mistake::ConsumesBehindItsEnd => wire.consume(held),
                Mistake::MissesTheEnd => {
                    wire.consume(whole);
                    return Ok(Step::Item(&[]));
                }
                _ => wire.consume(whole),
            }
            return Ok(Step::Done);
        }
        if ![DATA, QUESTION, ANSWER].contains(&kind) {
            return Err(Fault::new("kind").at(at));
        }
        let body = &mut wire.take(whole).into_mut()[HEAD..];
        body.iter_mut().for_each(|byte| *byte ^= number);
        Ok(Step::Item(body))
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), &'static str> {
        let mut body = Output::new();
        match self.mistake {
            Mistake::SealsNothing => return Ok(()),
            Mistake::LetsBytesOutUnsealed if plain.len() > 4096 => {
                plain.move_to(wire, usize::MAX);
                return Ok(());
            }
            _ => plain.move_to(&mut body, MOST),
        };
        let mut body = body.to_vec();
        match self.mistake {
            Mistake::SwallowsBytes if body.len() == 1 => return Ok(()),
            Mistake::HoldsBytesBack => {
                body.splice(0..0, self.held.drain(..));
                self.held = body.split_off(body.len() - 1);
                body.truncate(MOST);
            }
            _ => {}
        }
        self.put(DATA, &body, wire);
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        self.put(END, b"", wire);
        if self.mistake == Mistake::SealsBehindItsEnd {
            self.put(DATA, b"", wire);
        }
    }
}

/// A layer without an end of its own: lengths in a byte, and so much.
struct Endless {
    /// Takes a beginning out of the wire and keeps it, so that nobody sees that it is cut.
    hides: bool,
    missing: usize,
}

impl Layer for Endless {
    type Plain<'a> = &'a [u8];
    type Error = &'static str;

    const ENDS: bool = false;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<&'static str>> {
        if self.missing == 0 {
            let Some(length) = wire.as_slice().first().map(|length| usize::from(*length)) else {
                return Ok(Step::Need(Need::ONE));
            };
            if !self.hides {
                let missing = (1 + length).saturating_sub(wire.len());
                return Ok(match missing {
                    0 => Step::Item(&wire.take(1 + length).into_mut()[1..]),
                    missing => Step::Need(Need::exactly(missing)),
                });
            }
            wire.consume(1);
            self.missing = length;
        }
        let length = self.missing.min(wire.len());
        if length == 0 {
            return Ok(Step::Need(Need::ONE));
        }
        self.missing -= length;
        Ok(Step::Item(wire.take(length).into_mut()))
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), &'static str> {
        let mut body = Output::new();
        plain.move_to(&mut body, MOST);
        wire.put(&[u8::try_from(body.len()).expect("a record is short")]);
        wire.append(&mut body);
        Ok(())
    }

    fn close(&mut self, _: &mut Output) {}
}

/// What the law says of the toy.
fn verdict(mistake: Mistake) -> Result<(), Box<laws::Violation>> {
    let ask = |layer: &mut Toy, wire: &mut Output| layer.put(QUESTION, b"", wire);
    let make = move || (Toy::new(mistake), Toy::new(mistake));
    laws::layers(make).left_asks(ask).right_asks(ask).verdict()
}

#[test]
fn correct_layers_stay_clean() {
    verdict(Mistake::None).unwrap_or_else(|violation| panic!("{violation}"));
    let endless = || Endless { hides: false, missing: 0 };
    laws::layers(|| (endless(), endless())).check();
    laws::layers(|| (endless(), endless())).fuzz(b"\x03abc\x00\x05de");
}

#[test]
fn l12_planted_faults_are_found() {
    for (mistake, what) in [
        (Mistake::TakesTheCutForAnEnd, "cut at 0 is Done"),
        (Mistake::TakesACutBetweenRecordsForAnEnd, "cut at 0 is Done"),
        (Mistake::LosesARecordAtACut, ""),
        (Mistake::LosesAByteAtACut, ""),
        (Mistake::ConsumesBehindItsEnd, "behind the end"),
        (Mistake::MissesTheEnd, "not `Done`"),
        (Mistake::SealsBehindItsEnd, "behind the end"),
        (Mistake::AnswersWithoutBeingAsked, "asked again"),
        (Mistake::AnswersMoreAndMore, "bytes are answered"),
        (Mistake::AnswersAnswers, "without end"),
        (Mistake::SealsNothing, "`seal` takes nothing"),
        (Mistake::SwallowsBytes, "0 bytes were opened of 1"),
        (Mistake::LetsBytesOutUnsealed, ""),
        (Mistake::HoldsBytesBack, "once all was sealed"),
        (Mistake::AnswersUnnumbered, ""),
        (Mistake::TrustsAnIndex, "panic: "),
        (Mistake::NeverEnds, "has no end"),
    ] {
        let violation = verdict(mistake).expect_err("nothing was found");
        println!("{mistake:?}: {violation}\n");
        assert_eq!(violation.law(), Law::L12);
        let told = violation.to_string();
        assert!(told.contains(what), "{mistake:?} is told as {told}");
    }
}

#[test]
fn l12_a_cut_inside_a_record_is_no_bare_end() {
    let hiding = || Endless { hides: true, missing: 0 };
    let violation = laws::layers(|| (hiding(), hiding())).verdict().expect_err("it hides");
    assert!(violation.to_string().contains("is Bare"), "{violation}");
}

#[test]
fn l12_any_bytes_come_to_the_same_however_they_are_cut() {
    let toy = |mistake| move || (Toy::new(mistake), Toy::new(mistake));
    let data = b"\x02\x10\x00hi\x00\x20\x01behind";
    laws::layers(toy(Mistake::None)).fuzz(data);
    assert!(crate::panics_for(Law::L12, || {
        laws::layers(toy(Mistake::LosesARecordAtACut)).fuzz(data);
    }));
}
