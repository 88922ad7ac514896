//! A chain of stages driven by inlets in any order of operations, by a caller who sends what is
//! queued or lets it pile up: it comes to what one uncut run comes to, and what was consumed and
//! what is left is what was given.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use segue::{Fault, Inlet, Moment, Output, Ready, Say, Step};
use segue_fuzz::chain::{self, Link, Opening, Stage, uncut};
use segue_fuzz::heard::Heard;
use segue_fuzz::plan;

struct Plan<'a> {
    links: Vec<Link>,
    acts: Vec<Act>,
    stream: &'a [u8],
}

impl<'a> Arbitrary<'a> for Plan<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self { links: plan::list(u, 6)?, acts: plan::list(u, 80)?, stream: plan::rest(u)? })
    }
}

/// All that is done, each in two bytes.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// This many more bytes of the stream arrive.
    Give(u8),
    /// The same, read into the room that the buffer has.
    Read(u8),
    /// All the rest, and the end.
    End,
    /// True if there is an item, and if so it is taken in this many moments.
    Ready(u8),
    /// One item is had, or what it takes to have one.
    Step,
    /// This many items at most, by the loop for many small records.
    Records(u8),
    /// All that is queued is sent.
    Send,
    /// The stage is let speak.
    Speak,
    /// On to the next stage, if this one is over.
    Follow,
    /// Taken apart, and put together again.
    Apart,
}

impl<'a> Arbitrary<'a> for Act {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let (kind, how) = (u.arbitrary::<u8>()?, u.arbitrary::<u8>()?);
        Ok(match kind % 12 {
            0 | 1 => Self::Give(how),
            2 => Self::Read(how),
            3 | 4 => Self::Ready(how),
            5 => Self::Step,
            6 => Self::Records(how),
            7 => Self::Send,
            8 => Self::Speak,
            9 => Self::Follow,
            10 => Self::Apart,
            _ => Self::End,
        })
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(plan) = Plan::arbitrary(&mut Unstructured::new(data)) else { return };
    let mut stages = chain::stages(&plan.links).into_iter();
    let Some(first) = stages.next() else { return };
    let expected = uncut(Opening::None, &plan.links, plan.stream, false);
    let mut walk = Walk {
        stream: plan.stream,
        given: 0,
        inlet: Some(Inlet::new(first)),
        stages,
        output: Output::new(),
        sent: Vec::new(),
        heard: Heard::default(),
        is_over: false,
    };
    for act in &plan.acts {
        walk.act(*act);
        walk.account();
    }
    walk.act(Act::End);
    while !walk.is_over {
        walk.act(Act::Send);
        walk.act(Act::Ready(0));
        walk.act(Act::Follow);
    }
    walk.act(Act::Send);
    walk.account();
    let consumed = walk.inlet().position();
    let Walk { heard, sent, .. } = walk;
    assert!(heard.agrees(&expected.heard), "not\n{:?}\nbut\n{heard:?}", expected.heard);
    let (least, most) = (consumed.min(expected.consumed), consumed.max(expected.consumed));
    assert!(least == most || heard.breaks_off(least), "{least} bytes are consumed, and {most}");
    assert_eq!(sent, expected.sent, "what is sent differs");
});

/// A chain on its way through the stream.
struct Walk<'p> {
    stream: &'p [u8],
    /// The part of it that has arrived.
    given: usize,
    inlet: Option<Inlet<Stage>>,
    stages: std::vec::IntoIter<Stage>,
    output: Output,
    sent: Vec<u8>,
    heard: Heard,
    /// The last stage is over, or one is dead.
    is_over: bool,
}

impl Walk<'_> {
    fn inlet(&mut self) -> &mut Inlet<Stage> {
        self.inlet.as_mut().expect("it is put back")
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Give(count) => self.give(usize::from(count), false),
            Act::Read(count) => self.give(usize::from(count), true),
            Act::End => {
                self.give(usize::MAX, false);
                self.inlet().end();
            }
            Act::Send => {
                self.sent.extend(self.output.to_vec());
                self.output.clear();
            }
            Act::Apart => {
                // An announced item is asked for again.
                let (stage, buffer, eof) = self.inlet.take().expect("it is put back").into_parts();
                let mut inlet = Inlet::over(stage, buffer);
                if eof {
                    inlet.end();
                }
                self.inlet = Some(inlet);
            }
            _ if self.is_over => {}
            Act::Ready(again) => self.ready(again),
            Act::Step => {
                let Self { inlet, output, .. } = self;
                let inlet = inlet.as_mut().expect("it is put back");
                match inlet.step(output) {
                    Ok(Step::Item(said)) => self.heard.item(said),
                    Ok(Step::Need(_) | Step::Done) => {}
                    Err(fault) => self.fault(fault),
                }
            }
            Act::Records(most) => self.records(most),
            Act::Speak => {
                let Self { inlet, output, .. } = self;
                let (mut moment, inlet) = (Moment::unknown(), inlet.as_mut().expect("put back"));
                // None of these has anything to say.
                let said = inlet.speak(&mut Say::new(output, 100, &mut moment));
                assert_eq!(said, Ok(0));
            }
            Act::Follow => self.follow(),
        }
    }

    fn give(&mut self, most: usize, by_reading: bool) {
        if self.inlet().is_eof() {
            return;
        }
        let rest = &self.stream[self.given..];
        let bytes = &rest[..rest.len().min(most)];
        self.given += bytes.len();
        let inlet = self.inlet.as_mut().expect("it is put back");
        if by_reading {
            let buffer = inlet.buffer_mut();
            buffer.reserve(bytes.len());
            buffer.spare_mut()[..bytes.len()].copy_from_slice(bytes);
            buffer.commit(bytes.len());
        } else {
            inlet.extend(bytes);
        }
    }

    /// Asks, `again` times more than once, and takes what is there.
    fn ready(&mut self, again: u8) {
        let Self { inlet, output, .. } = self;
        let inlet = inlet.as_mut().expect("it is put back");
        let ready = inlet.ready(output);
        if let Ok(Ready::Record) = ready {
            for _ in 0..again % 3 {
                assert_eq!(inlet.ready(output), Ok(Ready::Record), "what is ready stays so");
            }
        }
        match ready {
            Ok(Ready::Record) => match inlet.take() {
                Some(Ok(said)) => self.heard.item(said),
                Some(Err(fault)) => self.fault(fault),
                None => panic!("what is ready cannot be had"),
            },
            Ok(Ready::Need(_)) => assert!(!inlet.is_eof(), "it was told that nothing follows"),
            Ok(Ready::Room) => assert!(output.len() >= 2 * output.high_water()),
            Ok(Ready::Done) => assert!(inlet.is_done()),
            Err(fault) => self.fault(fault),
        }
    }

    fn records(&mut self, most: u8) {
        let Self { inlet, output, heard, .. } = self;
        let inlet = inlet.as_mut().expect("it is put back");
        let mut died = false;
        {
            let Ok(mut records) = inlet.records(output) else { panic!("it is not dead") };
            for _ in 0..most {
                match records.next() {
                    Ok(Step::Item(said)) => heard.item(said),
                    Ok(_) => break,
                    Err(fault) => {
                        died = fault.fatal;
                        heard.fault(fault);
                        if died {
                            break;
                        }
                    }
                }
            }
        }
        self.is_over |= died;
    }

    fn fault(&mut self, fault: Fault<String>) {
        self.is_over |= fault.fatal;
        self.heard.fault(fault);
    }

    /// Moves on, if the stage lets that be.
    fn follow(&mut self) {
        let inlet = self.inlet.take().expect("it is put back");
        let stages = &mut self.stages;
        let mut last = false;
        let followed = inlet.follow(|stage| {
            stages.next().unwrap_or_else(|| {
                last = true;
                stage
            })
        });
        self.inlet = Some(followed.unwrap_or_else(|refused| refused));
        self.is_over |= last;
    }

    /// Checks that the bytes that were consumed and those that are there still are those that were
    /// given.
    fn account(&mut self) {
        let (stream, given) = (self.stream, self.given);
        let inlet = self.inlet();
        let consumed = usize::try_from(inlet.position()).expect("streams are short");
        assert_eq!(inlet.buffer().as_slice(), &stream[consumed..given], "bytes are lost");
    }
}
