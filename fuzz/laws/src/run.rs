//! One run: a stream given to a parser in reads, and what was seen.

use std::fmt;

use crate::{Answer, Law, Parser, escaped::escaped, quiet, subject::Terms};

/// The way in which a stream is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'p> {
    pub(crate) input: &'p [u8],
    /// The places where it is cut, ascending.
    pub(crate) cuts: &'p [usize],
    /// True if its end is told.
    pub(crate) eof: bool,
    /// True if all is asked twice.
    pub(crate) twice: bool,
    /// True if it is only asked after every second read, and at the end.
    pub(crate) hesitant: bool,
}

impl<'p> Plan<'p> {
    pub(crate) fn new(input: &'p [u8], cuts: &'p [usize]) -> Self {
        Self { input, cuts, eof: true, twice: false, hesitant: false }
    }

    pub(crate) fn open(self) -> Self {
        Self { eof: false, ..self }
    }

    pub(crate) fn twice(self) -> Self {
        Self { twice: true, ..self }
    }

    pub(crate) fn hesitant(self) -> Self {
        Self { hesitant: true, ..self }
    }
}

/// The record of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// Everything that the parser said, with the pieces of a payload joined.
    pub said: Vec<Said>,
    /// The end of the run.
    pub ending: Ending,
    /// The rest of the stream, where that can be seen.
    pub left: Option<Vec<u8>>,
}

/// One thing that a parser said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// An item, in words.
    Item(String),
    /// The pieces of a payload, joined.
    Payload(Vec<u8>),
    /// An error that it went on from, of a parser that [recovers](crate::Subject::recovers).
    Error(String),
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The parser was over before it was told that the stream is.
    Over,
    /// The parser took the end of the stream for a proper end.
    End,
    /// The stream ended, and the parser asked for more: its caller knows that it is cut off.
    CutOff,
    /// The parser asked for more, and was not told whether there is any.
    Waiting,
    /// The parser refused the stream.
    Error(String),
    /// The parser panicked.
    Panic(String),
    /// The parser went on without consuming anything, or said far more than it was given.
    Endless,
    /// The parser waited for what was there, and nothing would have woken it.
    Stuck,
}

/// A run, and what by itself broke a law in it.
pub(crate) struct Run {
    pub(crate) seen: Seen,
    /// True if it ever said how much it needs.
    pub(crate) hinted: bool,
    pub(crate) broke: Vec<(Law, String)>,
}

/// Gives a stream to a parser that is made for it.
pub(crate) fn run(make: &dyn Fn() -> Box<dyn Parser>, terms: &Terms, plan: Plan<'_>) -> Run {
    let (mut said, mut broke) = (Vec::new(), Vec::new());
    let mut hinted = false;
    let result = quiet::catch(terms.panics_shown, || {
        let mut drive = Drive {
            parser: make(),
            terms,
            plan,
            pushed: 0,
            floor: 0,
            steps: 0,
            refused: 0,
            said: &mut said,
            broke: &mut broke,
            hinted: &mut hinted,
        };
        let ending = drive.go();
        let left = drive.parser.left_over().map(|mut left| {
            left.extend_from_slice(&plan.input[drive.pushed..]);
            left
        });
        (ending, left)
    });
    let (ending, left) = result.unwrap_or_else(|panic| (Ending::Panic(panic), None));
    match &ending {
        Ending::Panic(message) => broke.push((Law::L5, format!("it panics: {message}"))),
        Ending::Endless => {
            broke.push((Law::L5, "it says more and more without consuming anything".into()));
        }
        Ending::Stuck => {
            broke.push((Law::L5, "it waits for what is there, and nothing will wake it".into()));
        }
        _ => {}
    }
    Run { seen: Seen { said, ending, left }, hinted, broke }
}

struct Drive<'d> {
    parser: Box<dyn Parser>,
    terms: &'d Terms,
    plan: Plan<'d>,
    /// The part of the input that it has been given.
    pushed: usize,
    /// Until this much has been given nothing may complete: it said so.
    floor: usize,
    steps: usize,
    /// The number of errors that it has said one after the other.
    refused: usize,
    said: &'d mut Vec<Said>,
    broke: &'d mut Vec<(Law, String)>,
    hinted: &'d mut bool,
}

impl Drive<'_> {
    fn go(&mut self) -> Ending {
        let plan = self.plan;
        let mut asked = 0;
        for (read, &cut) in plan.cuts.iter().chain([&plan.input.len()]).enumerate() {
            self.parser.push(&plan.input[self.pushed..cut]);
            self.pushed = cut;
            self.refused = 0;
            if plan.hesitant && read % 2 == 0 && read < plan.cuts.len() {
                continue;
            }
            if let Some(ending) = self.pull() {
                return ending;
            }
            self.accounted(cut - asked);
            asked = cut;
        }
        if !plan.eof {
            return Ending::Waiting;
        }
        loop {
            let answer = match self.answers(Self::at_end) {
                Ok(answer) => answer,
                Err(ending) => return ending,
            };
            match answer {
                Answer::Item(_) | Answer::Piece(_) => {
                    if let Some(ending) = self.hears(answer) {
                        return ending;
                    }
                }
                Answer::Need(_) => return Ending::CutOff,
                Answer::Stuck => return Ending::Stuck,
                Answer::End => return Ending::End,
                Answer::Error(error) => {
                    if let Some(ending) = self.refuses(error) {
                        return ending;
                    }
                }
            }
        }
    }

    /// Steps until it has nothing more from what it was given; `None` if it wants more.
    fn pull(&mut self) -> Option<Ending> {
        loop {
            let answer = match self.answers(Self::on_what_came) {
                Ok(answer) => answer,
                Err(ending) => return Some(ending),
            };
            match answer {
                Answer::Item(_) | Answer::Piece(_) => {
                    self.completes("says something");
                    if let Some(ending) = self.hears(answer) {
                        return Some(ending);
                    }
                }
                Answer::Need(more) => {
                    self.needs(more);
                    return if self.plan.twice { self.asks_again() } else { None };
                }
                Answer::End => {
                    self.completes("ends");
                    if self.plan.twice {
                        let again = self.parser.step();
                        if again != Answer::End {
                            self.broke.push((Law::L10, format!("it ended, and then: {again:?}")));
                        }
                    }
                    return Some(Ending::Over);
                }
                Answer::Error(error) => {
                    if let Some(ending) = self.refuses(error) {
                        return Some(ending);
                    }
                }
                Answer::Stuck => return Some(Ending::Stuck),
            }
        }
    }

    /// It refuses something: the stream, or one record of it where it goes on behind that.
    fn refuses(&mut self, error: String) -> Option<Ending> {
        if !self.terms.recovers {
            return Some(Ending::Error(error));
        }
        self.refused += 1;
        // Each broken record is of a byte at least, so who says more than that is not going on.
        if self.refused > self.pushed + 1 {
            let before = self.said.len() + 1 - self.refused;
            self.said.truncate(before);
            return Some(Ending::Error(error));
        }
        let words = if self.terms.errors_compared { error } else { "an error".into() };
        self.said.push(Said::Error(words));
        None
    }

    fn asks_again(&mut self) -> Option<Ending> {
        for read in ["without a read", "after a read of nothing"] {
            let again = match self.answers(Self::on_what_came) {
                Ok(answer) => answer,
                Err(ending) => return Some(ending),
            };
            if !matches!(again, Answer::Need(_)) {
                let what = format!("it needs more, and asked again {read}: {again:?}");
                self.broke.push((Law::L10, what));
                return if again.goes_on() { self.hears(again) } else { None };
            }
            // For most readers this would be the end of the stream, but nobody said so.
            self.parser.push(&[]);
        }
        None
    }

    fn on_what_came(&mut self) -> Answer {
        self.parser.step()
    }

    fn at_end(&mut self) -> Answer {
        self.parser.end()
    }

    /// Asks until it says something. A piece of nothing says nothing, and completes nothing either;
    /// but it counts, since one after the other without end is no progress.
    fn answers(&mut self, ask: fn(&mut Self) -> Answer) -> Result<Answer, Ending> {
        loop {
            match ask(self) {
                Answer::Piece(piece) if piece.is_empty() => {
                    match self.hears(Answer::Piece(piece)) {
                        Some(ending) => return Err(ending),
                        None => continue,
                    }
                }
                answer => return Ok(answer),
            }
        }
    }

    /// Writes down what it says.
    fn hears(&mut self, answer: Answer) -> Option<Ending> {
        /// Some formats say a great deal in a byte.
        const PER_BYTE: usize = 64;
        const BESIDES: usize = 1024;
        /// Beyond this length no format says a great deal in each byte.
        const SHORT: usize = 4096;
        const PER_BYTE_OF_LONG: usize = 2;
        self.steps += 1;
        self.refused = 0;
        let most = PER_BYTE * self.pushed.min(SHORT) + PER_BYTE_OF_LONG * self.pushed + BESIDES;
        if self.steps > most {
            return Some(Ending::Endless);
        }
        match answer {
            Answer::Item(item) => {
                let item = match &self.terms.normalise {
                    Some(normalise) => normalise(&item),
                    None => Some(item),
                };
                self.said.extend(item.map(Said::Item));
            }
            Answer::Piece(piece) => match self.said.last_mut() {
                _ if piece.is_empty() => {}
                Some(Said::Payload(payload)) => payload.extend(piece),
                _ => self.said.push(Said::Payload(piece)),
            },
            _ => {}
        }
        None
    }

    /// It asks for more.
    fn needs(&mut self, more: Option<usize>) {
        let Some(more) = more else { return };
        *self.hinted = true;
        if more == 0 {
            self.broke.push((Law::L3, "it needs more, and that is 0 bytes".into()));
        }
        // A length that it ruled out before stays so, whatever it says now.
        self.floor = self.floor.max(self.pushed.saturating_add(more));
    }

    /// Something completes: that must not have been ruled out.
    fn completes(&mut self, how: &str) {
        if self.pushed < self.floor {
            let missing = self.floor - self.pushed;
            let what = format!("it {how}, {missing} bytes before what it said it needs");
            self.broke.push((Law::L3, what));
        }
        self.floor = 0;
    }

    /// It has made of what it was given what it can.
    fn accounted(&mut self, last_read: usize) {
        /// The rest is copied to be looked at.
        const LOOKED_AT: usize = 4096;
        if self.pushed > LOOKED_AT && self.terms.limit.is_none() {
            return;
        }
        let Some(left) = self.parser.left_over() else { return };
        if !self.plan.input[..self.pushed].ends_with(&left) {
            let what =
                format!("what is left over is not the rest of the stream: {}", escaped(&left));
            self.broke.push((Law::L2, what));
        }
        if let Some(limit) = self.terms.limit.filter(|limit| left.len() > limit + last_read) {
            let what = format!("it holds {} bytes, beyond its limit of {limit}", left.len());
            self.broke.push((Law::L4, what));
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => f.write_str(item),
            Self::Payload(bytes) => write!(f, "payload {}", escaped(bytes)),
            Self::Error(error) => write!(f, "{error}, and on"),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over => f.write_str("it is over"),
            Self::End => f.write_str("the end is a proper end"),
            Self::CutOff => f.write_str("it is cut off"),
            Self::Waiting => f.write_str("it waits for more"),
            Self::Error(error) => write!(f, "error {error}"),
            Self::Panic(message) => write!(f, "panic: {message}"),
            Self::Endless => f.write_str("stopped, since it never ends"),
            Self::Stuck => f.write_str("it sleeps for ever"),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Enough to see what is going on.
        const SHOWN: usize = 16;
        for said in self.said.iter().take(SHOWN) {
            write!(f, "{said}, ")?;
        }
        if self.said.len() > SHOWN {
            write!(f, "… {} more, ", self.said.len() - SHOWN)?;
        }
        write!(f, "{}", self.ending)?;
        match &self.left {
            Some(left) if !left.is_empty() => write!(f, "; left over {}", escaped(left)),
            _ => Ok(()),
        }
    }
}
