//! Each law as a question to one stream with one choice of cuts, so that what was found on a long
//! one can be asked of shorter ones.

use std::cell::{Cell, OnceCell, RefCell};

use crate::{
    Ending, Law, Parser, Said, Seen, Symptom,
    differ::difference,
    escaped::escaped,
    memory, quiet,
    run::{Plan, Run, run},
    shrink::Kind,
    subject::{Make, Subject, Terms},
};

/// The bench that a parser is run on.
pub(crate) struct Bench<'b> {
    subject: &'b Subject,
    pub(crate) terms: &'b Terms,
    pub(crate) runs: Cell<u64>,
    /// True if it ever told how much it needs, what is left over, and that it is over.
    pub(crate) hinted: Cell<bool>,
    pub(crate) showed_left: Cell<bool>,
    pub(crate) was_over: Cell<bool>,
    /// True if the work of long streams was ever compared.
    pub(crate) worked: Cell<bool>,
    /// True if there is an allocator that counts.
    pub(crate) counts_memory: bool,
    /// The bytes that are held while valid streams are read.
    usual_memory: OnceCell<usize>,
    /// The last stream that was given on one read, since it is compared with many runs.
    whole: RefCell<Option<(Vec<u8>, Seen)>>,
}

/// A broken law, as it showed.
pub(crate) struct Found {
    pub(crate) symptom: Symptom,
    pub(crate) what: String,
    pub(crate) seen: Vec<(&'static str, Seen)>,
}

/// Asks whether a law is broken on a stream that is cut so.
pub(crate) type Question = fn(&Bench<'_>, &[u8], &[usize]) -> Option<Found>;

impl<'b> Bench<'b> {
    pub(crate) fn new(subject: &'b Subject) -> Self {
        let (runs, whole) = (Cell::new(0), RefCell::new(None));
        let (hinted, showed_left, was_over, worked) = Default::default();
        let terms = &subject.terms;
        let (counts_memory, usual_memory) = (memory::is_counting(), OnceCell::new());
        Self {
            subject,
            terms,
            runs,
            hinted,
            showed_left,
            was_over,
            worked,
            counts_memory,
            usual_memory,
            whole,
        }
    }

    /// The most that is held while the first valid streams are read.
    pub(crate) fn usual_memory(&self) -> usize {
        /// Of more streams no more is learnt.
        const STREAMS: usize = 8;
        let seeds = &self.subject.accepts;
        *self.usual_memory.get_or_init(|| memory::usual(self, &seeds[..seeds.len().min(STREAMS)]))
    }

    /// Returns whether one run tells something else than the other.
    pub(crate) fn differs(&self, one: &Seen, other: &Seen) -> bool {
        difference(one, other, self.terms).is_some()
    }

    /// A parser that has been given nothing.
    pub(crate) fn fresh(&self) -> Box<dyn Parser> {
        (self.subject.make)()
    }

    /// A run begins that is counted, and told.
    pub(crate) fn begins(&self, input: &[u8], cuts: &[usize]) {
        self.runs.set(self.runs.get() + 1);
        self.tells(input, cuts);
    }

    /// A run begins that is told, and not counted.
    pub(crate) fn tells(&self, input: &[u8], cuts: &[usize]) {
        if let Some(tries) = &self.terms.tries {
            tries(input, cuts);
        }
    }

    pub(crate) fn run(&self, plan: Plan<'_>) -> Run {
        self.run_of(&self.subject.make, plan)
    }

    fn run_of(&self, make: &Make, plan: Plan<'_>) -> Run {
        self.begins(plan.input, plan.cuts);
        let run = run(make, self.terms, plan);
        self.hinted.set(self.hinted.get() || run.hinted);
        self.showed_left.set(self.showed_left.get() || run.seen.left.is_some());
        self.was_over.set(self.was_over.get() || run.seen.ending == Ending::Over);
        run
    }

    /// The stream on one read, up to its end.
    pub(crate) fn whole(&self, input: &[u8]) -> Seen {
        let mut whole = self.whole.borrow_mut();
        match &*whole {
            Some((known, seen)) if known == input => seen.clone(),
            _ => {
                let seen = self.run(Plan::new(input, &[])).seen;
                *whole = Some((input.to_vec(), seen.clone()));
                seen
            }
        }
    }
}

/// Returns the questions to ask of a stream that is cut so: few runs tell where none is worth it.
pub(crate) fn suspects(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Vec<(Law, Question)> {
    let whole = bench.whole(input);
    let cut = bench.run(Plan::new(input, cuts));
    let twice = bench.run(Plan::new(input, cuts).twice());
    let broken = |law| cut.broke.iter().chain(&twice.broke).any(|(broken, _)| *broken == law);
    let again = difference(&cut.seen, &twice.seen, bench.terms).is_some();
    let hesitates = cuts.len() > 1 && {
        let hesitant = bench.run(Plan::new(input, cuts).hesitant());
        difference(&whole, &hesitant.seen, bench.terms).is_some()
    };
    let suspected: [(bool, Law, Question); 7] = [
        (broken(Law::L5), Law::L5, breaks_down),
        (difference(&whole, &cut.seen, bench.terms).is_some(), Law::L1, cuts_matter),
        (hesitates, Law::L1, two_reads_matter),
        (broken(Law::L3) && bench.terms.honest_needs, Law::L3, overestimates),
        (broken(Law::L10) || again, Law::L10, asking_matters),
        (broken(Law::L2), Law::L2, loses_count),
        (broken(Law::L4), Law::L4, holds_too_much),
    ];
    let suspected = suspected.into_iter().filter(|(suspected, ..)| *suspected);
    suspected.map(|(_, law, question)| (law, question)).collect()
}

/// L1: with cuts the same is seen as on one read.
pub(crate) fn cuts_matter(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    if cuts.is_empty() {
        return None;
    }
    let whole = bench.whole(input);
    let cut = bench.run(Plan::new(input, cuts)).seen;
    if whole.broke() || cut.broke() {
        // That is a law of its own.
        return None;
    }
    let (symptom, what) = difference(&whole, &cut, bench.terms)?;
    Some(Found { symptom, what, seen: vec![("one read", whole), ("cut", cut)] })
}

/// L1: asked only after every second read, it says the same as on one read.
fn two_reads_matter(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    if cuts.is_empty() {
        return None;
    }
    let whole = bench.whole(input);
    let late = bench.run(Plan::new(input, cuts).hesitant()).seen;
    if whole.broke() || late.broke() {
        return None;
    }
    let (symptom, what) = difference(&whole, &late, bench.terms)?;
    let what = format!("asked after every second read, {what}");
    Some(Found { symptom, what, seen: vec![("one read", whole), ("cut", late)] })
}

/// L2: what follows a broken record, which ends at the cut, is read as if it stood alone.
pub(crate) fn keeps_an_error(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    let &[at] = cuts else { return None };
    let broken = bench.run(Plan::new(&input[..at], &[]).open()).seen;
    let next = bench.run(Plan::new(&input[at..], &[])).seen;
    let refused = broken.said.iter().any(|said| matches!(said, Said::Error(_)));
    let unclean = broken.left.as_ref().is_some_and(|left| !left.is_empty());
    if !(refused && next.proper())
        || next.said.is_empty()
        || broken.ending != Ending::Waiting
        || unclean
    {
        return None;
    }
    let said = [broken.said, next.said.clone()].concat();
    let expected = Seen { said, ..next };
    let bytes: Vec<usize> = (1..input.len()).collect();
    [&[][..], cuts, &bytes].into_iter().find_map(|cuts| {
        let seen = bench.run(Plan::new(input, cuts)).seen;
        if seen.broke() {
            return None;
        }
        let (symptom, what) = difference(&expected, &seen, bench.terms)?;
        let what = format!("behind a record that it refuses, {what}");
        let seen = vec![("each alone", expected.clone()), ("together", seen)];
        Some(Found { symptom, what, seen })
    })
}

/// L2: a parser that is said to go on behind an error does.
pub(crate) fn stays_with_an_error(bench: &Bench<'_>, input: &[u8], _: &[usize]) -> Option<Found> {
    let seen = bench.run(Plan::new(input, &[]).open()).seen;
    let stays = matches!(seen.ending, Ending::Error(_));
    let what = "it is said to go on behind this error, and returns it again and again".into();
    stays.then(|| Found { symptom: Symptom::Ends, what, seen: vec![("seen", seen)] })
}

/// L2: what follows a parser that is over is left alone; the stream is cut where it is over.
pub(crate) fn takes_what_follows(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    let &[own] = cuts else { return None };
    let alone = bench.run(Plan::new(&input[..own], &[]).open()).seen;
    if alone.ending != Ending::Over || alone.left.as_ref().is_none_or(|left| !left.is_empty()) {
        return None;
    }
    let expected = Seen { left: Some(input[own..].to_vec()), ..alone.clone() };
    for plan in [Plan::new(input, &[]), Plan::new(input, cuts)] {
        for plan in [plan, plan.open()] {
            let more = bench.run(plan).seen;
            if let Some((symptom, what)) = difference(&expected, &more, bench.terms) {
                let what = format!("with other bytes behind it, {what}");
                return Some(Found { symptom, what, seen: vec![("alone", alone), ("more", more)] });
            }
        }
    }
    None
}

/// L9: the stream ends at the last of the cuts.
pub(crate) fn accepts_truncated(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    let (&at, before) = cuts.split_last()?;
    let whole = bench.whole(input);
    if !whole.proper() || at >= input.len() {
        return None;
    }
    let prefix = bench.run(Plan::new(&input[..at], before)).seen;
    if prefix.ending != Ending::End {
        return None;
    }
    let (symptom, what) = quiet_about(bench, input, at, &whole, &prefix)?;
    let what = format!("cut off, {what}");
    Some(Found { symptom, what, seen: vec![("whole", whole), ("cut off", prefix)] })
}

/// Returns the fault of a proper end after the first `at` bytes, if it has one.
fn quiet_about(
    bench: &Bench<'_>,
    input: &[u8],
    at: usize,
    whole: &Seen,
    prefix: &Seen,
) -> Option<(Symptom, String)> {
    let known = prefix.said.iter().zip(&whole.said).take_while(|(one, other)| one == other).count();
    match (prefix.said.get(known), whole.said.get(known)) {
        (Some(Said::Payload(part)), Some(Said::Payload(all))) if all.starts_with(part) => {
            let what =
                format!("{} of {} bytes of a payload are taken for all", part.len(), all.len());
            return Some((Symptom::Accepts, what));
        }
        // A number that may have more digits: nobody can tell before it has ended.
        (Some(_), Some(_)) if bench.terms.last_may_go_on && prefix.said.len() == known + 1 => {
            return None;
        }
        (Some(said), _) => {
            let what = format!("it says {said}, which the whole stream does not");
            return Some((Symptom::Invents, what));
        }
        (None, _) => {}
    }
    if prefix.left.as_ref().is_some_and(|left| !left.is_empty()) {
        return Some((Symptom::Accepts, "it ends well and leaves some over".into()));
    }
    // The last bytes may have made no difference, and are gone; unless they make none in the whole
    // stream either, as padding does, they were the beginning of something.
    let quiet = |&before: &usize| {
        let before = bench.run(Plan::new(&input[..before], &[])).seen;
        before.ending == Ending::End && before.said == prefix.said
    };
    let back = if input.len() > 4096 { LOOKED_BACK / 8 } else { LOOKED_BACK };
    let before = (at.saturating_sub(back)..at).rev().find(quiet)?;
    let without = [&input[..before], &input[at..]].concat();
    let without = bench.run(Plan::new(&without, &[])).seen;
    // The end of an item that may go on is missed by that item alone, and the end of a stream does
    // as well.
    let last = prefix.said.len().checked_sub(1);
    let goes_on = last.is_some_and(|last| without.said.get(last) != prefix.said.get(last));
    let ended = || !before.checked_sub(1).is_some_and(|earlier| quiet(&earlier));
    if bench.terms.last_may_go_on && (goes_on || ended()) {
        return None;
    }
    (difference(whole, &without, bench.terms).is_some())
        .then(|| (Symptom::Loses, "the beginning of something is dropped without a word".into()))
}

/// The distance up to which a stream is looked for that is as quiet as one with more bytes.
const LOOKED_BACK: usize = 64;

/// L6: what is decoded, encoded again and decoded again is the same.
pub(crate) fn returns_as_another(bench: &Bench<'_>, input: &[u8], _: &[usize]) -> Option<Found> {
    let first = bench.whole(input);
    let encodes = bench.subject.again.as_ref().filter(|_| first.proper())?;
    let again = match quiet::catch(bench.terms.panics_shown, || encodes(input)) {
        Ok(again) => again?,
        Err(panic) => {
            let what = format!("what is decoded cannot be encoded: {panic}");
            return Some(Found { symptom: Symptom::Breaks, what, seen: vec![("decoded", first)] });
        }
    };
    let second = bench.run(Plan::new(&again, &[])).seen;
    let differ = difference(
        &Seen { left: None, ..first.clone() },
        &Seen { left: None, ..second.clone() },
        bench.terms,
    );
    let (symptom, what) = match differ {
        Some((symptom, what)) => (symptom, format!("encoded again as {}, {what}", escaped(&again))),
        None if bench.terms.canonical && again != input => {
            let what = format!("it is taken, though its one form is {}", escaped(&again));
            (Symptom::Accepts, what)
        }
        None => return None,
    };
    Some(Found { symptom, what, seen: vec![("decoded", first), ("again", second)] })
}

/// L7: another parser of the protocol says the same.
pub(crate) fn disagrees(bench: &Bench<'_>, input: &[u8], _: &[usize]) -> Option<Found> {
    let ours = bench.whole(input);
    bench.subject.peers.iter().find_map(|(name, make)| {
        let theirs = bench.run_of(make, Plan::new(input, &[])).seen;
        // The place where each stops reading, and its words for an error, are its own affair.
        let alike = ours.said == theirs.said && ours.proper() == theirs.proper();
        if alike || theirs.broke() || ours.broke() {
            return None;
        }
        let (symptom, what) = match (ours.proper(), theirs.proper()) {
            (false, true) => (Symptom::Refuses, "does not refuse it"),
            (true, false) => (Symptom::Accepts, "refuses it"),
            _ => (Symptom::Changes, "says something else"),
        };
        let seen = vec![("this", ours.clone()), ("other", theirs)];
        Some(Found { symptom, what: format!("{name} {what}"), seen })
    })
}

/// L10: asked twice each time, the same is seen as asked once.
pub(crate) fn asking_matters(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    let twice = bench.run(Plan::new(input, cuts).twice());
    if twice.seen.broke() {
        return None;
    }
    let once = bench.run(Plan::new(input, cuts)).seen;
    if once.broke() {
        // That is a law of its own.
        return None;
    }
    let found = twice.broke.into_iter().find(|(law, _)| *law == Law::L10);
    let found = found.map(|(_, what)| (Symptom::Changes, what));
    let (symptom, what) = found.or_else(|| {
        let (symptom, what) = difference(&once, &twice.seen, bench.terms)?;
        Some((symptom, format!("asked twice each time, {what}")))
    })?;
    Some(Found { symptom, what, seen: vec![("asked once", once), ("asked twice", twice.seen)] })
}

/// L2: what is consumed and what is left is the stream, at every moment.
pub(crate) fn loses_count(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    by_itself(bench, input, cuts, Law::L2, Symptom::Leaves)
}

/// L3: nothing completes before what it said it needs is there.
pub(crate) fn overestimates(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    by_itself(bench, input, cuts, Law::L3, Symptom::Lies)
}

/// L4: what it visibly holds stays within its limit.
pub(crate) fn holds_too_much(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    by_itself(bench, input, cuts, Law::L4, Symptom::Lies)
}

/// L5: no panic, no endless loop, no sleep without an end.
pub(crate) fn breaks_down(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    let found = by_itself(bench, input, cuts, Law::L5, Symptom::Breaks)?;
    let stuck = found.seen.iter().any(|(_, seen)| seen.ending == Ending::Stuck);
    Some(Found { symptom: if stuck { Symptom::Ends } else { Symptom::Breaks }, ..found })
}

fn by_itself(
    bench: &Bench<'_>,
    input: &[u8],
    cuts: &[usize],
    law: Law,
    symptom: Symptom,
) -> Option<Found> {
    let run = bench.run(Plan::new(input, cuts));
    let (_, what) = run.broke.into_iter().find(|(broken, _)| *broken == law)?;
    Some(Found { symptom, what, seen: vec![("seen", run.seen)] })
}

impl Seen {
    /// Returns whether the run was stopped by what is no answer.
    pub(crate) fn broke(&self) -> bool {
        matches!(self.ending, Ending::Panic(_) | Ending::Endless | Ending::Stuck)
    }

    /// Returns whether the stream was taken for a whole and valid one.
    pub(crate) fn proper(&self) -> bool {
        matches!(self.ending, Ending::Over | Ending::End)
    }
}

impl Found {
    /// Returns the kind of the find, which stays the same while its stream is made smaller.
    pub(crate) fn kind(&self) -> Kind {
        let ending = self.seen.first().map(|(_, seen)| &seen.ending);
        let ending = match ending {
            Some(Ending::Over | Ending::End) => 1,
            Some(Ending::CutOff | Ending::Waiting) => 2,
            Some(Ending::Error(_)) => 3,
            Some(Ending::Panic(_)) => 4,
            Some(Ending::Endless) => 5,
            Some(Ending::Stuck) => 6,
            None => 0,
        };
        (self.symptom, ending)
    }
}
