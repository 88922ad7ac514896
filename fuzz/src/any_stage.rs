//! Any stage behind a pointer.

use segue::laws::Entry;
use segue::{Decode, Fault, Framing, Output, Record, Say};

/// Any stage: its items are what the stage's own items said.
///
/// Not `Erased`, which takes no stage with a stream inside: whether records are bytes of the stream
/// is not known of any stage, so this one does not promise it.
pub struct Stage(Box<dyn Any>);

impl Stage {
    /// `stage`, whose items are put through `said`.
    pub fn new<D, F>(stage: D, said: F) -> Self
    where
        D: Decode<Error = String> + Send + 'static,
        F: for<'a> Fn(D::Item<'a>) -> Vec<Entry> + Send + 'static,
    {
        Self(Box::new(Of { stage, said }))
    }
}

/// All that is asked of a stage through the pointer.
trait Any: Send {
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<String>>;
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<String>>;
    fn parse(&mut self, record: Record<'_>) -> Result<Vec<Entry>, Fault<String>>;
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<String>>;
    fn progress(&self) -> u64;
    fn residue(&self) -> (usize, usize);
}

struct Of<D, F> {
    stage: D,
    said: F,
}

impl<D, F> Any for Of<D, F>
where
    D: Decode<Error = String> + Send,
    F: for<'a> Fn(D::Item<'a>) -> Vec<Entry> + Send,
{
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<String>> {
        self.stage.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<String>> {
        self.stage.absorb(record, answers)
    }

    fn parse(&mut self, record: Record<'_>) -> Result<Vec<Entry>, Fault<String>> {
        self.stage.parse(record).map(&self.said)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<String>> {
        self.stage.speak(say)
    }

    fn progress(&self) -> u64 {
        self.stage.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.stage.residue()
    }
}

impl Decode for Stage {
    type Item<'a> = Vec<Entry>;
    type Error = String;

    const WIRE: bool = false;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<String>> {
        self.0.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<String>> {
        self.0.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Vec<Entry>, Fault<String>> {
        self.0.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<String>> {
        self.0.speak(say)
    }

    fn progress(&self) -> u64 {
        self.0.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.0.residue()
    }
}
