//! What two ends do.

use std::cell::RefCell;

use super::{
    Asks, Note, Verdict,
    end::{End, Incoming},
    plan::{Act, Cuts, EVERYWHERE, Plan, Random, plans, text},
};
use crate::Layer;

/// One end seals, the other opens.
pub(super) struct OneWay<'a, 'm, S, T> {
    make: &'a mut dyn FnMut() -> (S, T),
    ask: Option<&'a mut Asks<'m, S>>,
    note: &'a RefCell<Note>,
    /// Whether the layer has an end of its own, as seen.
    ends: bool,
}

/// How much of the wire and of the plain bytes there is between two acts.
#[derive(Debug, Clone, Copy)]
struct Mark {
    wire: usize,
    plain: usize,
}

/// A new pair of ends, and all that one of them has said.
struct Said<S, T> {
    sender: End<S>,
    receiver: End<T>,
    wire: Vec<u8>,
    /// Where everything was sealed, the beginning and the end included.
    marks: Vec<Mark>,
}

impl<'a, 'm, S: Layer, T: Layer> OneWay<'a, 'm, S, T> {
    pub(super) fn new(
        make: &'a mut dyn FnMut() -> (S, T),
        ask: Option<&'a mut Asks<'m, S>>,
        note: &'a RefCell<Note>,
    ) -> Self {
        Self { make, ask, note, ends: true }
    }

    pub(super) fn check(mut self) -> Verdict {
        for plan in plans() {
            let told = |what| format!("{what} ({})", plan.name);
            let wire = self.uncut(&plan).map_err(told)?;
            self.cut(&plan, wire).map_err(told)?;
            self.truncated(&plan, wire).map_err(told)?;
            self.flipped(&plan, wire).map_err(told)?;
        }
        Ok(())
    }

    /// Makes two ends, and has the first say what is planned, and its end.
    fn say(&mut self, plan: &Plan) -> Result<Said<S, T>, String> {
        let (sender, receiver) = (self.make)();
        let (mut sender, receiver) = (End::new(sender), End::new(receiver));
        let mut marks = vec![Mark { wire: 0, plain: 0 }];
        self.noted(&[], "none: it is not sealed yet");
        for act in &plan.acts {
            sender.act(act, self.ask.as_deref_mut())?;
            if sender.is_sealed() {
                marks.push(Mark { wire: sender.sealed.len(), plain: sender.said.len() });
            }
        }
        sender.close();
        let wire = sender.take_sealed();
        self.noted(&wire, "none");
        Ok(Said { sender, receiver, wire, marks })
    }

    fn noted(&self, wire: &[u8], cuts: impl ToString) {
        *self.note.borrow_mut() = Note { wire: wire.to_vec(), cuts: cuts.to_string() };
    }

    /// The wire comes as it was sealed, and all of it can be opened at once. Gives its length.
    fn uncut(&mut self, plan: &Plan) -> Result<usize, String> {
        let Said { mut sender, mut receiver, wire, marks } = self.say(plan)?;
        let mut at = 0;
        for mark in marks {
            receiver.receive(&wire[at..mark.wire])?;
            at = mark.wire;
            let (heard, said) = (&receiver.heard, &sender.said[..mark.plain]);
            if heard != said || receiver.incoming != Incoming::Open {
                return Err(format!("once all was sealed, {}", unlike(&receiver, said)));
            }
            if !receiver.wire.is_empty() {
                let left = receiver.wire.len();
                return Err(format!("once all was opened, {left} bytes of the wire are left"));
            }
        }
        receiver.receive(&wire[at..])?;
        self.ends = receiver.incoming == Incoming::Done;
        if !self.ends && !T::ENDS {
            receiver.open(true)?;
        }
        if !matches!(receiver.incoming, Incoming::Done | Incoming::Bare) {
            let what = receiver.incoming;
            return Err(format!("the end that `close` says is {what:?}, and not `Done`"));
        }
        if receiver.heard != sender.said {
            return Err(format!("at the end, {}", unlike(&receiver, &sender.said)));
        }
        if !receiver.wire.is_empty() {
            let left = receiver.wire.len();
            return Err(format!("`close` has sealed {left} bytes behind the end"));
        }
        // What was answered is opened again, and all of it.
        receiver.close();
        let back = receiver.take_sealed();
        self.noted(&back, "none: it is what the other end has answered");
        sender.receive(&back)?;
        if !sender.wire.is_empty() && sender.incoming != Incoming::Done {
            return Err(format!("{} bytes of the answers are not opened", sender.wire.len()));
        }
        if sender.incoming == Incoming::Fault || !sender.heard.is_empty() {
            return Err("what is answered is a fault, or plain bytes that nobody has sealed".into());
        }
        Ok(wire.len())
    }

    /// The wire is cut, and more stands behind its end.
    fn cut(&mut self, plan: &Plan, length: usize) -> Verdict {
        for cuts in Cuts::all(length + BEHIND.len()) {
            let Said { sender, mut receiver, mut wire, .. } = self.say(plan)?;
            let behind = if self.ends { BEHIND } else { b"" };
            wire.extend_from_slice(behind);
            self.noted(&wire, &cuts);
            for piece in cuts.pieces(&wire) {
                receiver.receive(piece)?;
            }
            if !self.ends {
                receiver.open(true)?;
            }
            if receiver.heard != sender.said {
                return Err(unlike(&receiver, &sender.said));
            }
            if !matches!(receiver.incoming, Incoming::Done | Incoming::Bare) {
                return Err(format!("the end is {:?}", receiver.incoming));
            }
            if receiver.wire.as_slice() != behind {
                let left = receiver.wire.len();
                return Err(format!(
                    "of {} bytes behind the end {left} are left, or they are changed",
                    behind.len()
                ));
            }
        }
        Ok(())
    }

    /// The wire ends too early, whole and byte by byte.
    fn truncated(&mut self, plan: &Plan, length: usize) -> Verdict {
        let mut random = Random(12);
        let sample = |_| random.below(length);
        let cuts: Vec<_> = match length {
            0..=EVERYWHERE => (0..length).collect(),
            _ => (0..8).map(sample).collect(),
        };
        let finest = if length > EVERYWHERE { Cuts::Pieces(1, 100) } else { Cuts::Bytes };
        let is_bytewise = plan.acts.iter().all(|act| match act {
            Act::Put(bytes) => bytes.len() <= 1,
            Act::Seal => true,
            Act::Ask | Act::PutWhole(_) => false,
        });
        for at in cuts {
            for cuts in [Cuts::Whole, finest.clone()] {
                let Said { sender, mut receiver, mut wire, marks } = self.say(plan)?;
                wire.truncate(at);
                self.noted(&wire, format_args!("{cuts}, and the wire ends"));
                let at = wire.len();
                for piece in cuts.pieces(&wire) {
                    receiver.receive(piece)?;
                }
                receiver.open(true)?;
                if !sender.said.starts_with(&receiver.heard) {
                    return Err(unlike(&receiver, &sender.said));
                }
                let is_mark = marks.iter().any(|mark| mark.wire == at);
                match receiver.incoming {
                    Incoming::Fault => {}
                    // Whether a record ends here can be told where each is sealed by itself.
                    Incoming::Bare if !self.ends && (is_mark || !is_bytewise) => {}
                    incoming => {
                        return Err(format!(
                            "a wire that is cut at {at} is {incoming:?}, no fault"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// A bit of the wire is flipped: whatever comes of it, nobody panics or loops for ever.
    fn flipped(&mut self, plan: &Plan, length: usize) -> Verdict {
        let mut random = Random(120);
        let bits: Vec<_> = match length {
            0..=EVERYWHERE => (0..8 * length).collect(),
            _ => (0..24).map(|_| random.below(8 * length)).collect(),
        };
        for bit in bits {
            let Said { mut sender, mut receiver, mut wire, .. } = self.say(plan)?;
            let Some(byte) = wire.get_mut(bit / 8) else { continue };
            *byte ^= 1 << (bit % 8);
            self.noted(&wire, format_args!("none; bit {} of byte {} is flipped", bit % 8, bit / 8));
            receiver.receive(&wire)?;
            receiver.open(true)?;
            // What it says of that reaches the other end.
            let alert = receiver.take_sealed();
            sender.receive(&alert)?;
            sender.open(true)?;
        }
        Ok(())
    }
}

/// Both ends seal, ask and read at any time, and then say their ends.
pub(super) fn both_ways<L: Layer, R: Layer>(
    make: &mut dyn FnMut() -> (L, R),
    (mut left_asks, mut right_asks): (Option<&mut Asks<'_, L>>, Option<&mut Asks<'_, R>>),
    note: &RefCell<Note>,
) -> Verdict {
    for seed in 1..=20 {
        note.replace(Note { wire: Vec::new(), cuts: format!("random, both ways, {seed}") });
        let mut random = Random(seed);
        let (left, right) = make();
        let (mut left, mut right) = (End::new(left), End::new(right));
        for _ in 0..100 {
            let act = match random.below(8) {
                0..=2 => Act::Put(text(random.below(60))),
                3 => Act::PutWhole(text(random.below(3000)).into()),
                4 | 5 => Act::Seal,
                _ => Act::Ask,
            };
            match random.below(4) {
                0 => left.act(&act, left_asks.as_deref_mut())?,
                1 => right.act(&act, right_asks.as_deref_mut())?,
                2 => carried(&mut left, &mut right, random.below(400))?,
                _ => carried(&mut right, &mut left, random.below(400))?,
            }
        }
        left.act(&Act::Seal, None)?;
        right.act(&Act::Seal, None)?;
        settled(&mut left, &mut right)?;
        for (heard, said) in [(&left.heard, &right.said), (&right.heard, &left.said)] {
            if heard != said {
                return Err(format!(
                    "{} of {} bytes are heard, or others",
                    heard.len(),
                    said.len()
                ));
            }
        }
        left.close();
        settled(&mut left, &mut right)?;
        right.close();
        settled(&mut left, &mut right)?;
        left.open(true)?;
        right.open(true)?;
        if [left.incoming, right.incoming].contains(&Incoming::Fault) {
            return Err("both have said their ends, and one of them finds a fault".into());
        }
    }
    Ok(())
}

/// Carries up to `most` bytes of what one end has sealed to the other.
fn carried<S: Layer, T: Layer>(from: &mut End<S>, to: &mut End<T>, most: usize) -> Verdict {
    let mut sealed = from.sealed.to_vec();
    sealed.truncate(most);
    from.sealed.advance(sealed.len());
    to.receive(&sealed)?;
    match to.incoming {
        Incoming::Fault => Err("an end finds a fault in what the other has sealed".into()),
        _ => Ok(()),
    }
}

/// Carries all that both have sealed, and their answers, until nothing is left.
fn settled<L: Layer, R: Layer>(left: &mut End<L>, right: &mut End<R>) -> Verdict {
    for _ in 0..ROUNDS {
        if left.sealed.is_empty() && right.sealed.is_empty() {
            return Ok(());
        }
        carried(left, right, usize::MAX)?;
        carried(right, left, usize::MAX)?;
    }
    Err("both answer each other without end".into())
}

/// How often an answer may be answered.
const ROUNDS: usize = 16;

/// Any bytes come to the same, cut or not.
pub(super) fn any_bytes<L: Layer>(
    make: &mut dyn FnMut() -> L,
    data: &[u8],
    note: &RefCell<Note>,
) -> Verdict {
    let mut seen: Option<(Vec<u8>, Incoming)> = None;
    for cuts in [Cuts::Whole, Cuts::Bytes, Cuts::Pieces(1, 9)] {
        note.replace(Note { wire: data.to_vec(), cuts: cuts.to_string() });
        let mut end = End::new(make());
        cuts.pieces(data).into_iter().try_for_each(|piece| end.receive(piece))?;
        end.open(true)?;
        let Some((heard, incoming)) = &seen else {
            seen = Some((end.heard, end.incoming));
            continue;
        };
        if *incoming != end.incoming {
            return Err(format!("it is {incoming:?} uncut, and {:?} cut", end.incoming));
        }
        // Where there is a fault, how much was opened before it is up to the pieces.
        let length = heard.len().min(end.heard.len());
        if heard[..length] != end.heard[..length]
            || end.incoming != Incoming::Fault && heard.len() != end.heard.len()
        {
            return Err(unlike(&end, heard));
        }
    }
    Ok(())
}

/// How what was opened differs from what was sealed.
fn unlike<L>(receiver: &End<L>, said: &[u8]) -> String {
    let heard = &receiver.heard;
    let (opened, sealed) = (heard.len(), said.len());
    let same = heard.iter().zip(said).take_while(|(heard, said)| heard == said).count();
    let then = receiver.incoming;
    if same == opened.min(sealed) {
        format!("{opened} bytes were opened of {sealed} that were sealed, and then it is {then:?}")
    } else {
        format!("byte {same} that was opened is not what was sealed")
    }
}

/// What stands behind an end, and is nobody's business.
const BEHIND: &[u8] = b"\x00\x04behind\xff";
