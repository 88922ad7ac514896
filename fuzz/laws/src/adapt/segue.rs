//! Stages and exchanges of segue.

use std::fmt::{self, Debug};

use segue::{
    Ahead, Buffer, Decode, Exchange, Fault, Framing, Output, Progress, Record, Say, Step,
    laws::{Entry, Log, Observe},
};

use crate::{Answer, Parser};

/// A stage. Payloads that its items log as [pieces](segue::laws::Log::piece) are pieces.
///
/// ```
/// use segue::length;
/// use segue_laws::{adapt, parser};
///
/// parser("records", || adapt::stage(length::u16_be()))
///     .accepts([b"\0\x02hi\0\0"])
///     .check();
/// ```
pub fn stage<D>(stage: D) -> Staged<D>
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    let (buffer, answers, said) = (Buffer::new(), Output::new(), Vec::new().into_iter());
    Staged { stage, buffer, answers, said, dead: None }
}

/// A stage, made by [`stage`].
pub struct Staged<D> {
    stage: D,
    buffer: Buffer,
    answers: Output,
    /// All that the last item said and was not asked for yet.
    said: std::vec::IntoIter<Answer>,
    dead: Option<String>,
}

impl<D: Debug> Debug for Staged<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged")
            .field("stage", &self.stage)
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}

/// A stage that is taken at its word: a fault of `frame` must be fatal, as law L5 has it. Drivers
/// make it so, and would hide that it is not.
struct Strict<'s, D>(&'s mut D);

impl<D: Decode> Decode for Strict<'_, D> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = D::Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        let frame = self.0.frame(input, eof);
        let goes_on = frame.as_ref().is_err_and(|fault| !fault.fatal);
        assert!(!goes_on, "frame answered a fault that is not fatal: the stage cannot go on");
        frame
    }

    fn absorb(&mut self, record: Record<'_>, to: &mut Output) -> Result<(), Fault<D::Error>> {
        self.0.absorb(record, to)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.0.parse(record)
    }

    fn frame_ahead(
        &mut self,
        whole: &[u8],
        eof: bool,
        ahead: &mut Ahead,
    ) -> Result<Framing, Fault<D::Error>> {
        self.0.frame_ahead(whole, eof, ahead)
    }

    const AHEAD: bool = D::AHEAD;
    const WIRE: bool = D::WIRE;

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<D::Error>> {
        self.0.speak(say)
    }

    fn progress(&self) -> u64 {
        self.0.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.0.residue()
    }
}

impl<D> Staged<D>
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    fn ask(&mut self, eof: bool) -> Answer {
        if let Some(answer) = self.said.next() {
            return answer;
        }
        if let Some(fault) = &self.dead {
            return Answer::Error(fault.clone());
        }
        match self.buffer.step(&mut Strict(&mut self.stage), eof, &mut self.answers) {
            Ok(Step::Item(item)) => {
                self.said = said(&item);
                // An item that says nothing is one all the same.
                self.said.next().unwrap_or(Answer::Piece(Vec::new()))
            }
            Ok(Step::Need(need)) => Answer::Need(Some(need.at_least.get())),
            Ok(Step::Done) => Answer::End,
            Err(fault) if fault.fatal => {
                let fault = format!("{fault:?}");
                self.dead = Some(fault.clone());
                Answer::Error(fault)
            }
            // After this it goes on, so it is something that it says.
            Err(fault) => Answer::Item(format!("{fault:?}")),
        }
    }
}

impl<D> Parser for Staged<D>
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    fn step(&mut self) -> Answer {
        self.ask(false)
    }

    fn end(&mut self) -> Answer {
        self.ask(true)
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        Some(self.buffer.as_slice().to_vec())
    }
}

/// An exchange: what it comes to is its one item. What it sends is not compared; the laws for
/// [exchanges](segue::laws::exchange) do that.
pub fn exchange<X>(exchange: X) -> Exchanged<X>
where
    X: Exchange,
    X::Output: Observe,
    X::Error: Debug,
{
    let (buffer, output) = (Buffer::new(), Output::new());
    Exchanged { exchange, buffer, output, said: Vec::new().into_iter(), over: None }
}

/// An exchange, made by [`exchange`].
pub struct Exchanged<X> {
    exchange: X,
    buffer: Buffer,
    output: Output,
    said: std::vec::IntoIter<Answer>,
    /// All that it answers once it is over.
    over: Option<Answer>,
}

impl<X: Debug> Debug for Exchanged<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged")
            .field("exchange", &self.exchange)
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}

impl<X> Exchanged<X>
where
    X: Exchange,
    X::Output: Observe,
    X::Error: Debug,
{
    fn ask(&mut self, eof: bool) -> Answer {
        if let Some(answer) = self.said.next().or_else(|| self.over.clone()) {
            return answer;
        }
        match self.exchange.advance(&mut self.buffer, eof, &mut self.output) {
            Ok(Progress::Done(value)) => {
                self.said = said(&value);
                self.over = Some(Answer::End);
                self.ask(eof)
            }
            Ok(Progress::NeedRead(need)) => Answer::Need(Some(need.at_least.get())),
            Ok(Progress::NeedWrite) => {
                self.output.clear();
                // Nothing was said; the harness counts how often.
                Answer::Piece(Vec::new())
            }
            Err(fault) => {
                let answer = Answer::error(fault);
                self.over = Some(answer.clone());
                answer
            }
        }
    }
}

impl<X> Parser for Exchanged<X>
where
    X: Exchange,
    X::Output: Observe,
    X::Error: Debug,
{
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    fn step(&mut self) -> Answer {
        self.ask(false)
    }

    fn end(&mut self) -> Answer {
        self.ask(true)
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        Some(self.buffer.as_slice().to_vec())
    }
}

/// Returns an item's words as answers.
fn said(item: &impl Observe) -> std::vec::IntoIter<Answer> {
    let mut log = Log::default();
    item.observe(&mut log);
    let answers = log.entries().iter().map(|entry| match entry {
        Entry::Pieces(piece) => Answer::Piece(piece.clone()),
        entry => Answer::Item(entry.to_string()),
    });
    Vec::from_iter(answers).into_iter()
}
