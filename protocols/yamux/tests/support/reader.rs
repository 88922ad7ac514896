//! A session as a stage under the laws: for the tests, and for the fuzz target.

use segue::{
    Decode, Fault, Framing, Output, Record, Say,
    laws::{Log, Observe},
    mux::{Carrier, Ending, Event},
};
use segue_yamux::{Error, Role, Session, StreamId};

/// A session whose consumer reads all that comes, and lets go of each stream that has ended.
pub(crate) struct Reader {
    session: Session,
    /// The stream that was read last.
    last: Option<StreamId>,
}

/// An event, and what could be read then.
pub(crate) struct Heard {
    event: Event<StreamId>,
    /// Another stream than that before.
    turns_to: Option<StreamId>,
    data: Vec<u8>,
    ending: Ending,
}

impl Observe for Heard {
    fn observe(&self, log: &mut Log) {
        self.event.observe(log);
        if let Some(id) = self.turns_to {
            log.event(id);
        }
        log.piece(&self.data);
        if self.ending != Ending::Open {
            log.event(self.ending);
        }
    }
}

impl Reader {
    /// Creates the end `role` of a session.
    pub(crate) fn new(role: Role) -> Self {
        Self { session: Session::new(role), last: None }
    }
}

impl Decode for Reader {
    type Item<'a> = Heard;
    type Error = Error;

    const WIRE: bool = false;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        self.session.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        self.session.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Heard, Fault<Error>> {
        let event = self.session.parse(record)?;
        let mut heard = Heard { event, turns_to: None, data: Vec::new(), ending: Ending::Open };
        if let Event::Readable(id) = event
            && let Some(stream) = self.session.stream(id)
            && let Some(input) = stream.input
        {
            heard.ending = stream.ending;
            heard.data = input.take(input.len()).to_vec();
            if !heard.data.is_empty() && self.last.replace(id) != Some(id) {
                heard.turns_to = Some(id);
            }
            self.session.release_credit(id, heard.data.len());
            if heard.ending != Ending::Open {
                self.session.let_go(id);
            }
        }
        Ok(heard)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Error>> {
        self.session.speak(say)
    }

    fn progress(&self) -> u64 {
        self.session.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.session.residue()
    }
}
