//! What is checked of one stream, whoever reads it.

use super::{
    End, Entry, Law, Trace, Violation,
    cuts::{self, Eof, Manner, Schedule},
    drive::drive,
    mutants::mutants,
    subject::Subject,
};

/// A subject under test, and what its author said of it.
pub(super) struct Bench<'m> {
    pub(super) make: &'m mut dyn FnMut() -> Box<dyn Subject>,
    /// Type name of the subject.
    pub(super) name: &'static str,
    pub(super) terms: Terms,
}

/// What an author says of a stage.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    /// The most bytes that may have to be held in front, in bytes.
    pub(super) limit: Option<usize>,
    /// All payloads are pieces of one.
    pub(super) in_pieces: bool,
    /// Records may be consumed in pieces as they come.
    pub(super) absorbs: bool,
    /// The end of the stream is a proper end wherever it comes.
    pub(super) ends_anywhere: bool,
    /// It comes to something once, at its end: the end of the stream is none before that.
    pub(super) all_or_nothing: bool,
    /// What may follow in the stream depends on what was said.
    pub(super) speech_counts: bool,
}

type Verdict<T = ()> = Result<T, Box<Violation>>;

impl Bench<'_> {
    /// A well-formed stream up to its end: all laws.
    pub(super) fn accepted(&mut self, input: &[u8]) -> Verdict {
        let whole = self.whole(input)?;
        let fault = whole.fault().is_some() || whole.end != End::Done;
        if fault {
            return Err(self.violation(Law::Accepts, "it refuses it", input, whole));
        }
        if !whole.left.is_empty() {
            let what = "it is done before the end of the stream";
            return Err(self.violation(Law::Accepts, what, input, whole));
        }
        self.cut_everywhere(input, &whole)?;
        self.junk_is_left(input, &whole)?;
        self.truncated_everywhere(input, &whole)
    }

    /// A stream with a violation in it: the same fault wherever it is cut.
    pub(super) fn refused(&mut self, input: &[u8], too_long: bool) -> Verdict {
        let whole = self.whole(input)?;
        match whole.fault() {
            None => {
                let law = if too_long { Law::L4 } else { Law::Refuses };
                return Err(self.violation(law, "it accepts it", input, whole));
            }
            Some(fault) if too_long && !fault.too_long => {
                let what = "the fault is not that a record is too long";
                return Err(self.violation(Law::L4, what, input, whole));
            }
            Some(_) => {}
        }
        self.cut_everywhere(input, &whole)
    }

    /// Arbitrary bytes: whatever is made of them, it must not depend on the cuts.
    pub(super) fn arbitrary(&mut self, input: &[u8], seed: u64) -> Verdict {
        let whole = self.whole(input)?;
        let cut = cuts::random(input.len(), seed);
        for manner in [Manner::Once, Manner::Twice, Manner::Hesitant] {
            self.same(input, &whole, cut.clone().asked(manner))?;
            self.same(input, &whole, Schedule::bytes(input.len()).asked(manner))?;
        }
        self.same(input, &whole, Schedule::exact())?;
        self.same(input, &whole, cut.asked(Manner::Spoken))?;
        let open = self.run(input, &Schedule::at([]).told(Eof::Never))?;
        if open.ended_by_itself {
            let more = [input, JUNK[0]].concat();
            let schedule = Schedule::bytes(more.len()).told(Eof::Never);
            self.left_alone(&more, &open, schedule)?;
        }
        Ok(())
    }

    /// Streams that differ a little from a well-formed one, which are most likely not, but close
    /// to the limits of what is.
    pub(super) fn changed(&mut self, input: &[u8]) -> Verdict {
        let mut mutants = mutants(input).into_iter().zip(0..);
        mutants.try_for_each(|(mutant, seed)| self.arbitrary(&mutant, seed))
    }

    /// One run, which must not break a law by itself.
    pub(super) fn run(&mut self, input: &[u8], schedule: &Schedule) -> Verdict<Trace> {
        let Terms { limit, in_pieces, .. } = self.terms;
        let trace = drive(self.make, input, schedule, limit, in_pieces);
        if let End::Broke(law, what) = &trace.end {
            let violation = Violation::new(*law, self.name, what).on(input, schedule);
            return Err(violation.seen("seen until then", trace));
        }
        Ok(trace)
    }

    fn whole(&mut self, input: &[u8]) -> Verdict<Trace> {
        self.run(input, &Schedule::whole())
    }

    /// L1, L3, L10, L11: the same is seen wherever the stream is cut and however the stage is asked.
    fn cut_everywhere(&mut self, input: &[u8], whole: &Trace) -> Verdict {
        let mut schedules = cuts::schedules(input.len()).into_iter();
        schedules.try_for_each(|schedule| self.same(input, whole, schedule))
    }

    fn same(&mut self, input: &[u8], whole: &Trace, schedule: Schedule) -> Verdict {
        let mut cut = self.run(input, &schedule)?;
        if schedule.manner == Manner::Spoken {
            // What it says comes on top of what it answers.
            cut.sent.clone_from(&whole.sent);
            if self.terms.speech_counts {
                return Ok(());
            }
        }
        let Some(what) = whole.difference(&cut, self.terms.absorbs) else { return Ok(()) };
        // Where only the manner of asking makes the difference it is not the cuts that matter.
        let once = schedule.clone().asked(Manner::Once);
        let by_manner = schedule.manner != Manner::Once
            && whole.difference(&self.run(input, &once)?, self.terms.absorbs).is_none();
        let law = match schedule.manner {
            _ if !by_manner => Law::L1,
            Manner::Spoken => Law::L11,
            _ => Law::L10,
        };
        let violation = Violation::new(law, self.name, what).on(input, &schedule);
        Err(violation.seen("on one read  ", whole.clone()).seen("with the cuts", cut))
    }

    /// L2: a stage that is over by itself leaves alone what follows, whatever it is.
    fn junk_is_left(&mut self, input: &[u8], whole: &Trace) -> Verdict {
        let schedule = Schedule::at([]).told(Eof::Never);
        let open = self.run(input, &schedule)?;
        if !open.ended_by_itself {
            return Ok(());
        }
        if let Some(what) = whole.difference(&open, self.terms.absorbs) {
            let what = format!("without the end of the stream {what}");
            let violation = Violation::new(Law::L1, self.name, what).on(input, &schedule);
            return Err(violation.seen("with the end", whole.clone()).seen("without     ", open));
        }
        for junk in JUNK.iter().copied().chain([input]).filter(|junk| !junk.is_empty()) {
            let more = [input, junk].concat();
            let mut schedules = vec![
                Schedule::whole(),
                Schedule::at([input.len()]),
                Schedule::bytes(more.len()),
                Schedule::bytes(more.len()).asked(Manner::Hesitant),
                Schedule::exact(),
            ];
            schedules.extend(cuts::places(input.len()).into_iter().map(|at| Schedule::at([at])));
            for schedule in schedules {
                self.left_alone(&more, &open, schedule.clone().told(Eof::Never))?;
                self.left_alone(&more, &open, schedule)?;
            }
        }
        Ok(())
    }

    /// The same must be seen in front of bytes that are not the stage's.
    fn left_alone(&mut self, more: &[u8], open: &Trace, schedule: Schedule) -> Verdict {
        let trace = self.run(more, &schedule)?;
        let what = if trace.consumed != open.consumed {
            format!("it consumes {} of {} bytes that are its own", trace.consumed, open.consumed)
        } else {
            let Some(what) = open.difference(&trace, self.terms.absorbs) else { return Ok(()) };
            format!("with other bytes behind it {what}")
        };
        let violation = Violation::new(Law::L2, self.name, what).on(more, &schedule);
        Err(violation.seen("without more bytes", open.clone()).seen("with them         ", trace))
    }

    /// L9: the stream ends too early, everywhere.
    fn truncated_everywhere(&mut self, input: &[u8], whole: &Trace) -> Verdict {
        for at in cuts::places(input.len()) {
            let prefix = &input[..at];
            let trace = self.whole(prefix)?;
            self.same(prefix, &trace, Schedule::bytes(at))?;
            let what = match self.truncated(prefix, &trace, whole)? {
                Some(what) => what,
                None => continue,
            };
            let violation = Violation::new(Law::L9, self.name, what);
            let violation = violation.on(prefix, &Schedule::whole());
            return Err(violation.seen("whole    ", whole.clone()).seen("truncated", trace));
        }
        Ok(())
    }

    /// What is wrong with a run over a truncated stream.
    fn truncated(
        &mut self,
        prefix: &[u8],
        trace: &Trace,
        whole: &Trace,
    ) -> Verdict<Option<&'static str>> {
        let Terms { ends_anywhere, all_or_nothing, .. } = self.terms;
        let faulty = trace.fault().is_some();
        let invents = if ends_anywhere && !faulty {
            let last = trace.entries.len().saturating_sub(1);
            !whole.entries.starts_with(&trace.entries[..last])
        } else {
            !trace.without_faults().begins(whole, faulty)
        };
        if invents {
            return Ok(Some("truncated, it says what the whole stream does not"));
        }
        if faulty {
            return Ok(None);
        }
        if all_or_nothing {
            return Ok(Some("truncated, it comes to something all the same"));
        }
        if !trace.left.is_empty() {
            return Ok(Some("truncated, it is done and leaves some over"));
        }
        // What was waiting for more must not vanish.
        let open = self.run(prefix, &Schedule::at([]).told(Eof::Never))?;
        let vanishes = !open.left.is_empty() && open.entries == trace.entries;
        Ok(vanishes.then_some("truncated, it drops the beginning of a record"))
    }

    fn violation(&self, law: Law, what: &str, input: &[u8], trace: Trace) -> Box<Violation> {
        Violation::new(law, self.name, what).on(input, &Schedule::whole()).seen("seen", trace)
    }
}

impl Trace {
    /// The same run up to its first fault.
    pub(super) fn without_faults(&self) -> Self {
        let mut trace = self.clone();
        let first = trace.entries.iter().position(|entry| matches!(entry, Entry::Fault(_)));
        trace.entries.truncate(first.unwrap_or(trace.entries.len()));
        trace
    }
}

/// What may follow a stage: nothing special, the largest bytes, and the ends of lines and heads.
const JUNK: &[&[u8]] =
    &[b"junk", b"\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\r\n\r\n", b"\n"];
