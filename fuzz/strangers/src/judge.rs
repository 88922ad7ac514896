//! Examines one parser, in a process of its own, and reproduces what is found by its real driver.

use segue_laws::{Counting, Defect, Law, Symptom, parser};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use crate::{
    drive::{self, Transcript},
    entry::{Entry, Kind},
    finding::{Examined, Finding, Measure, Status, Verdict},
    instructions, trace,
};

/// The ways in which a parser is examined.
pub struct Plan {
    /// The number of streams that are made beside those that are given.
    pub generated: usize,
    /// A law that is left out: it has taken a process down.
    pub skip: Option<String>,
    /// The file that each stream is written into before it is tried.
    pub trace: Option<PathBuf>,
}

/// Looks at every law.
pub fn examine(entry: &Entry, plan: Plan) -> Examined {
    let (krate, version) = entry.package();
    let looked = ALL.into_iter().filter(|law| plan.skip.as_deref() != Some(law.name()));
    let mut subject = parser(entry.name(), entry.make)
        .accepts(&entry.accepts)
        .refuses(&entry.refuses)
        .words(&entry.words)
        .generated(plan.generated)
        .only(looked);
    let count = instructions::count();
    if let Some(count) = count {
        subject = subject.work(count);
    }
    if let Some(path) = plan.trace {
        // Without it nobody learns what took the process down, which is told as such.
        if let Ok(trace) = trace::Trace::new(&path) {
            let trace = RefCell::new(trace);
            subject = subject.tries(move |input, cuts| {
                let _ = trace.borrow_mut().write(input, cuts);
            });
        }
    }
    if entry.ends_anywhere.is_some() {
        subject = subject.ends_anywhere();
    }
    if entry.needs.is_some() {
        subject = subject.needs_are_honest();
    }
    if let Some((bytes, _)) = entry.limit {
        subject = subject.limit(bytes);
    }
    if let Some(again) = entry.encodes {
        subject = subject.encodes_again(again);
    }
    if entry.canonical.is_some() {
        subject = subject.canonical();
    }
    let verdicts = subject.verdicts();
    let findings = verdicts.defects().iter().map(|defect| finding(entry, defect)).collect();
    let word = |(law, verdict): (Law, segue_laws::Verdict<'_>)| {
        (law.name().into(), excused(entry, law, word(verdict)))
    };
    Examined {
        family: entry.family.into(),
        krate,
        version,
        parser: entry.parser.into(),
        verdicts: verdicts.all().map(word).collect(),
        findings,
        limit: entry.limit.map(|(bytes, documented)| (bytes, documented.into())),
        work: if count.is_some() { Measure::Instructions } else { Measure::Time },
        runs: verdicts.runs(),
    }
}

/// The laws that are looked at here.
const ALL: [Law; 10] = [
    Law::L1,
    Law::L2,
    Law::L3,
    Law::L4,
    Law::L5,
    Law::L6,
    Law::L8,
    Law::L9,
    Law::L10,
    Law::Accepts,
];

/// Returns the verdict, or the excuse for what it cannot show by the way that it is fed.
fn excused(entry: &Entry, law: Law, verdict: Verdict) -> Verdict {
    match (&verdict, entry.way.and_then(|way| way.excuse(law))) {
        (Verdict::Vacuous(_), Some(why)) => Verdict::NotApplicable(why.into()),
        _ => verdict,
    }
}

fn word(verdict: segue_laws::Verdict<'_>) -> Verdict {
    use segue_laws::Verdict as Word;
    match verdict {
        Word::Holds => Verdict::Holds,
        Word::HoldsWithin(limit) => Verdict::HoldsWithin(limit),
        Word::Violated(_) => Verdict::Violated,
        Word::NotApplicable(why) => Verdict::NotApplicable(why.into()),
        Word::Vacuous(why) => Verdict::Vacuous(why.into()),
        _ => Verdict::Vacuous("a verdict of a newer harness".into()),
    }
}

/// Returns the outcome of a finding, and the reason: what is known of it, or what the crate's own
/// driver shows. It is the same for what is found in a process and for what has taken it down.
pub fn status(entry: &Entry, law: &str, shows: Result<&str, &str>) -> (Status, String) {
    let note = entry.notes.iter().find(|note| note.law.name() == law);
    match (note.map(|note| (note.kind, note.reason)), shows) {
        (Some((Kind::Contract, reason)), _) => (Status::Contract, reason.into()),
        (Some((Kind::Adapter, reason)), _) => (Status::Adapter, reason.into()),
        (None, Ok(how)) => (Status::Confirmed, how.into()),
        (None, Err(why)) => (Status::NotReproduced, why.into()),
    }
}

fn finding(entry: &Entry, defect: &Defect) -> Finding {
    let (krate, version) = entry.package();
    let (driver, shows) = reproduce(entry, defect);
    let (status, reason) = status(entry, defect.law().name(), shows);
    Finding {
        krate,
        version,
        parser: entry.parser.into(),
        // A valid stream that is taken or refused as it is cut breaks the law of cuts.
        law: match (defect.law(), status) {
            (Law::Accepts, Status::Confirmed) => Law::L1.name().into(),
            (law, _) => law.name().into(),
        },
        symptom: defect.symptom().to_string(),
        what: defect.what().into(),
        origin: format!("{:?}", defect.origin()).to_lowercase(),
        input: defect.input().escape_ascii().to_string(),
        cuts: defect.cuts().to_vec(),
        repeated: defect.repeated().map(|bytes| [bytes.start, bytes.end]),
        seen: defect.seen().iter().map(|(when, seen)| ((*when).into(), seen.to_string())).collect(),
        driver,
        status,
        reason,
    }
}

/// All that the driver showed, and whether that is the defect, with the reason.
type Reproduced = (Vec<(String, String)>, Result<&'static str, &'static str>);

/// Runs the crate's own driver over what was found, and tells whether a caller sees it too.
fn reproduce(entry: &Entry, defect: &Defect) -> Reproduced {
    let input = defect.input();
    let cut = pieces(input, defect.cuts());
    match defect.law() {
        // A read of nothing has the driver asked again, as a task is that was woken in vain.
        Law::L10 => {
            let twice: Vec<_> = cut.iter().flat_map(|read| [*read, &[]]).collect();
            match differ(entry, ("asked once", &cut), ("asked twice", &twice)) {
                (shown, Ok(how)) => (shown, Ok(how)),
                // A parser that answers otherwise when it is asked again mostly does so when it is
                // cut.
                same => cut_somehow(entry, defect).unwrap_or(same),
            }
        }
        Law::L1 => match differ(entry, ("one read", &[input]), ("with the cuts", &cut)) {
            (shown, Ok(how)) => (shown, Ok(how)),
            // A driver reads and asks in an order of its own, so that it takes another cut.
            same => cut_somehow(entry, defect).unwrap_or(same),
        },
        // One that is refused on one read and not byte by byte breaks the law of cuts.
        Law::Accepts => {
            let bytes: Vec<_> = input.chunks(1).collect();
            differ(entry, ("one read", &[input]), ("byte by byte", &bytes))
        }
        // The loop that trusts what it is told reads so much before it asks again.
        Law::L3 => {
            let (shown, verdict) = differ(entry, ("one read", &[input]), ("with the cuts", &cut));
            let waits = "the crate's own driver waits for bytes that what it has does not need";
            (shown, verdict.map(|_| waits))
        }
        Law::L6 => {
            let again = entry.encodes.map(|encodes| catch_unwind(|| encodes(input)));
            let Some(Ok(again)) = again else {
                let shown = vec![("decoded".into(), say(&driven(entry, &[input])))];
                return (shown, Ok("the crate's own encoder panics at what its driver reads"));
            };
            let again = again.unwrap_or_default();
            let name = format!("encoded again as b\"{}\"", again.escape_ascii());
            let (shown, verdict) = differ(entry, ("decoded", &[input]), (&name, &[&again]));
            match (verdict, defect.symptom()) {
                (Ok(_), _) => {
                    (shown, Ok("what the crate's own encoder writes, it reads as another"))
                }
                (Err(_), Symptom::Accepts)
                    if driven(entry, &[input]).is_ok_and(|seen| !seen.complains()) =>
                {
                    (shown, Ok("the crate's own driver takes it as well"))
                }
                (Err(why), _) => (shown, Err(why)),
            }
        }
        Law::L5 => {
            let seen = driven(entry, &cut);
            let shown = vec![("the driver".into(), say(&seen))];
            let verdict = match seen {
                Err(_) => Ok("the crate's own driver panics"),
                Ok(seen) if seen.is_endless() => Ok("the crate's own driver never ends"),
                Ok(seen) if seen.is_stuck() => Ok("the crate's own driver is never woken again"),
                Ok(_) => Err("the driver neither panics nor goes on or waits for ever"),
            };
            (shown, verdict)
        }
        Law::L9 => {
            let (&at, before) = defect.cuts().split_last().unwrap_or((&input.len(), &[]));
            let seen = driven(entry, &pieces(&input[..at], before));
            let shown = vec![("cut off".into(), say(&seen))];
            let verdict = match seen {
                Ok(seen) if !seen.complains() => {
                    Ok("the crate's own driver takes the truncated stream for a whole one")
                }
                _ => Err("the driver complains of the truncated stream"),
            };
            (shown, verdict)
        }
        Law::L4 => {
            let stream = stretched(input, defect.repeated(), FLOOD);
            let reads = match defect.repeated() {
                Some(_) => stream.chunks(READ).collect(),
                None => cut,
            };
            let (seen, held) = Counting::peak(|| driven(entry, &reads));
            let usual =
                entry.accepts.iter().map(|seed| Counting::peak(|| driven(entry, &[seed])).1);
            let shown = vec![("the driver".into(), format!("{held} bytes: {}", say(&seen)))];
            let verdict = if held > allowed(entry, stream.len(), usual.max().unwrap_or(0)) {
                Ok("the crate's own driver takes as much")
            } else {
                Err("the driver takes less")
            };
            (shown, verdict)
        }
        Law::L8 => {
            let (shown, verdict) = if superlinear(entry, defect) {
                ("much more than twice the work", Ok(MORE_THAN_TWICE))
            } else {
                ("about twice the work", Err("the driver does about twice the work"))
            };
            (vec![("twice the stream".into(), shown.into())], verdict)
        }
        Law::Refuses => (
            vec![("the driver".into(), say(&driven(entry, &[input])))],
            Err("a statement about a stream, and no law of the parser"),
        ),
        _ => (
            vec![("the driver".into(), say(&driven(entry, &cut)))],
            Err("not a law that the driver's answers show"),
        ),
    }
}

const MORE_THAN_TWICE: &str =
    "the crate's own driver does much more than twice the work for twice the stream";

/// Returns whether the driver says one thing on the one and something else on the other.
fn differ(entry: &Entry, one: (&str, &[&[u8]]), other: (&str, &[&[u8]])) -> Reproduced {
    let (first, second) = (driven(entry, one.1), driven(entry, other.1));
    let shown = vec![(one.0.into(), say(&first)), (other.0.into(), say(&second))];
    let verdict = match (first, second) {
        (Ok(first), Ok(second)) if first == second => Err("the driver sees the same"),
        (Ok(first), Ok(second))
            if first.clone().without_words() == second.clone().without_words() =>
        {
            Err("the driver sees the same but for the words of an error")
        }
        _ => Ok("the crate's own driver says one thing on one read and another with the cuts"),
    };
    (shown, verdict)
}

/// Looks for cuts of the same stream, or of the one that it was made from, on which the driver
/// says something else.
fn cut_somehow(entry: &Entry, defect: &Defect) -> Option<Reproduced> {
    /// Of a longer stream each single cut would take too long; it is cut byte by byte all the same.
    const EACH: usize = 512;
    let (before, cuts) = defect.found_on();
    let as_found = [(before, cuts.to_vec())];
    let all = [defect.input(), before].into_iter().flat_map(|input| {
        let each = if input.len() <= EACH { 1..input.len() } else { 0..0 };
        let bytes = (input, (1..input.len()).collect());
        each.map(move |at| (input, vec![at])).chain([bytes])
    });
    as_found.into_iter().chain(all).find_map(|(input, cuts)| {
        let (shown, verdict) =
            differ(entry, ("one read", &[input]), ("with the cuts", &pieces(input, &cuts)));
        let mut shown = verdict.is_ok().then_some(shown)?;
        if let Some((name, _)) = shown.last_mut() {
            *name = match input.len() {
                0..=EACH => format!("b\"{}\" cut at {cuts:?}", input.escape_ascii()),
                length => format!("{length} bytes in {} reads", cuts.len() + 1),
            };
        }
        Some((shown, verdict))
    })
}

/// As reads are.
const READ: usize = 4096;

/// So much of a stream that goes on shows whether all of it is kept.
const FLOOD: usize = 256 * 1024;

/// Returns the bytes that the driver may hold of so many: the harness's allowance, and room for
/// what the driver itself writes down.
fn allowed(entry: &Entry, bytes: usize, usual: usize) -> usize {
    /// An item may be larger than its bytes, and is put in words here.
    const PER_BYTE: usize = 32;
    const BESIDES: usize = 16 * 1024;
    let limit = entry.limit.map_or(0, |(limit, _)| limit.saturating_mul(4));
    (PER_BYTE * bytes).saturating_add(limit).saturating_add(usual).saturating_add(BESIDES)
}

/// The stream with a part of it repeated until it is about so long.
fn stretched(input: &[u8], unit: Option<std::ops::Range<usize>>, length: usize) -> Vec<u8> {
    let Some(unit) = unit else { return input.to_vec() };
    let times = length.saturating_sub(input.len() - unit.len()) / unit.len().max(1);
    let repeated = input[unit.clone()].repeat(times.max(1));
    [&input[..unit.start], &repeated, &input[unit.end..]].concat()
}

/// Returns whether the driver's work is more than linear in the length of the stream, as the
/// harness judges it: the driver is a parser that runs when all of its reads have come.
fn superlinear(entry: &Entry, defect: &Defect) -> bool {
    let drive = entry.drive;
    let (input, unit) = (defect.input().to_vec(), defect.repeated());
    let mut subject = parser("the driver", move || drive::Whole::new(drive))
        .linear(move |length| stretched(&input, unit.clone().or(Some(0..input.len())), length))
        .only([Law::L8]);
    if let Some(count) = instructions::count() {
        subject = subject.work(count);
    }
    !subject.verdicts().defects().is_empty()
}

fn driven(entry: &Entry, reads: &[&[u8]]) -> Result<Transcript, String> {
    catch_unwind(AssertUnwindSafe(|| (entry.drive)(reads))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}

fn say(seen: &Result<Transcript, String>) -> String {
    /// Enough to see what is going on.
    const SHOWN: usize = 600;
    let words = match seen {
        Ok(transcript) => transcript.to_string(),
        Err(panic) => format!("panic: {panic}"),
    };
    match words.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    }
}

/// The stream in the reads that the cuts make of it.
fn pieces<'i>(input: &'i [u8], cuts: &[usize]) -> Vec<&'i [u8]> {
    let ends = cuts.iter().copied().chain([input.len()]);
    let begins = [0].into_iter().chain(cuts.iter().copied());
    begins.zip(ends).map(|(begin, end)| &input[begin..end.min(input.len())]).collect()
}
