//! The law of carriers, held against sessions with one fault each.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{
    Buffer, Decode, Fault, Framing, Output, Record, Say,
    laws::{self, Law},
    mux::{Carrier, Direction, Event, Opens, Priority, StreamMut},
};
use segue_yamux::{Error, Session, StreamId};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Planted {
    Nothing,
    /// Received data is granted again at once.
    GrantsOnArrival,
    /// A wish is granted twice.
    GrantsTwice,
    /// Nothing is granted.
    GrantsNothing,
    /// Waiting data is dropped when the stream is let go of.
    DropsOnLetGo,
    /// A reset ends another stream as well.
    ResetsAnother,
    /// The end of a stream is told of twice.
    ReleasesTwice,
    /// Data that came while a buffer was lent is dropped.
    LosesWhatCame,
    /// One stream gets less than others.
    Starves,
}

struct Faulty {
    session: Session,
    planted: Planted,
    ids: Vec<StreamId>,
    again: Option<Event<StreamId>>,
}

impl Faulty {
    fn new(session: Session, planted: Planted) -> Self {
        Self { session, planted, ids: Vec::new(), again: None }
    }
}

impl Decode for Faulty {
    type Item<'a> = Event<StreamId>;
    type Error = Error;
    const WIRE: bool = false;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if self.again.is_some() {
            return Ok(Framing::Record(0));
        }
        self.session.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        self.session.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Event<StreamId>, Fault<Error>> {
        if let Some(event) = self.again.take() {
            return Ok(event);
        }
        let event = self.session.parse(record)?;
        match (event, self.planted) {
            (Event::Opened(id), _) => self.ids.push(id),
            (Event::Readable(id), Planted::GrantsOnArrival) => {
                self.session.release_credit(id, 4096);
            }
            (Event::Released(_), Planted::ReleasesTwice) => self.again = Some(event),
            _ => {}
        }
        Ok(event)
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

impl Carrier for Faulty {
    type Id = StreamId;

    fn next_event(&mut self) -> Option<Event<StreamId>> {
        self.session.next_event()
    }

    fn stream(&mut self, id: StreamId) -> Option<StreamMut<'_>> {
        self.session.stream(id)
    }

    fn number(&self, id: StreamId) -> u64 {
        self.session.number(id)
    }

    fn release_credit(&mut self, id: StreamId, count: usize) {
        match self.planted {
            Planted::GrantsNothing => {}
            _ => self.session.release_credit(id, count),
        }
    }

    fn want(&mut self, id: StreamId, at_least: usize) -> bool {
        let twice = self.planted == Planted::GrantsTwice;
        self.session.want(id, if twice { 300_000 + at_least } else { at_least })
    }

    fn finish(&mut self, id: StreamId) {
        self.session.finish(id);
    }

    fn reset(&mut self, id: StreamId, code: u64) {
        self.session.reset(id, code);
        if self.planted == Planted::ResetsAnother {
            for other in self.ids.clone() {
                self.session.reset(other, code);
            }
        }
    }

    fn let_go(&mut self, id: StreamId) {
        if self.planted == Planted::DropsOnLetGo
            && let Some(output) = self.session.stream(id).and_then(|stream| stream.output)
        {
            output.clear();
        }
        self.session.let_go(id);
    }

    fn give_back(&mut self, id: StreamId, lent: Buffer) {
        if self.planted == Planted::LosesWhatCame {
            let input = self.session.stream(id).and_then(|stream| stream.input);
            if let Some(input) = input {
                *input = lent;
            }
        } else {
            self.session.give_back(id, lent);
        }
    }

    fn away(&mut self, code: u64) {
        self.session.away(code);
    }

    fn close(&mut self, code: u64, why: &str) {
        self.session.close(code, why);
    }
}

impl Opens for Faulty {
    fn open(&mut self, direction: Direction) -> Option<StreamId> {
        let id = self.session.open(direction)?;
        if self.planted == Planted::Starves && self.ids.is_empty() {
            self.session.prioritise(id, Priority { urgency: 7, incremental: true });
        }
        self.ids.push(id);
        Some(id)
    }
}

fn verdict(planted: Planted) -> Result<(), String> {
    let client = || Faulty::new(Session::client(), planted);
    let server = || Faulty::new(Session::server(), planted);
    let verdict = laws::carriers(client, server).window(256 * 1024).verdict();
    verdict.map_err(|violation| {
        assert_eq!(violation.law(), Law::L13);
        violation.to_string()
    })
}

#[test]
fn every_planted_fault_is_found() {
    let planted = [
        (Planted::GrantsOnArrival, "were let go of"),
        (Planted::GrantsTwice, "were let go of"),
        (Planted::GrantsNothing, "bytes arrived"),
        (Planted::DropsOnLetGo, "bytes arrived"),
        (Planted::ResetsAnother, "nobody has reset it"),
        (Planted::ReleasesTwice, "or twice"),
        (Planted::LosesWhatCame, "bytes arrived"),
        (Planted::Starves, "starves"),
    ];
    for (planted, words) in planted {
        let report = verdict(planted).expect_err("nothing was found");
        assert!(report.contains(words), "{planted:?}: {report}");
    }
    assert_eq!(verdict(Planted::Nothing), Ok(()));
}
