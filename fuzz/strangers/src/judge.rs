//! Examines one parser, in a process of its own, and reproduces what is found by its real driver.

use segue::laws::{self, Law, stranger};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    drive::Transcript,
    entry::{Entry, Kind},
    finding::{Examined, Finding, Status, Verdict},
    memory, trace,
};

/// Looks at every law.
pub fn examine(entry: &Entry, generated: usize) -> Examined {
    let (krate, version) = entry.package();
    let make = entry.make;
    let mut subject = laws::stranger(entry.name(), move || trace::traced(make()))
        .accepts(&entry.accepts)
        .refuses(&entry.refuses)
        .words(&entry.words)
        .memory(memory::most)
        .generated(generated);
    if entry.ends_anywhere.is_some() {
        subject = subject.ends_anywhere();
    }
    let verdicts = subject.verdicts();
    Examined {
        family: entry.family.into(),
        krate,
        version,
        parser: entry.parser.into(),
        verdicts: verdicts.all().map(|(law, verdict)| (short(law), word(verdict))).collect(),
        findings: verdicts.defects().iter().map(|defect| finding(entry, defect)).collect(),
        runs: verdicts.runs(),
    }
}

fn word(verdict: stranger::Verdict<'_>) -> Verdict {
    match verdict {
        stranger::Verdict::Holds => Verdict::Holds,
        stranger::Verdict::Violated(_) => Verdict::Violated,
        stranger::Verdict::NotApplicable(why) => Verdict::NotApplicable(why.into()),
        stranger::Verdict::Vacuous(why) => Verdict::Vacuous(why.into()),
        _ => Verdict::Vacuous("a verdict of a newer harness".into()),
    }
}

/// The law's name as it is written in tables.
pub fn short(law: Law) -> String {
    format!("{law:?}")
}

fn finding(entry: &Entry, defect: &stranger::Defect) -> Finding {
    let (krate, version) = entry.package();
    let (driver, shows) = reproduce(entry, defect);
    let note = entry.notes.iter().find(|note| note.law == defect.law());
    let (status, reason) = match (note, shows) {
        (Some(note), _) => {
            let status = match note.kind {
                Kind::Contract => Status::Contract,
                Kind::Adapter => Status::Adapter,
            };
            (status, note.reason.to_owned())
        }
        (None, Ok(how)) => (Status::Confirmed, how.to_owned()),
        (None, Err(why)) => (Status::NotReproduced, why.to_owned()),
    };
    Finding {
        krate,
        version,
        parser: entry.parser.into(),
        law: short(defect.law()),
        symptom: defect.symptom().to_string(),
        what: defect.what().into(),
        origin: format!("{:?}", defect.origin()).to_lowercase(),
        input: defect.input().escape_ascii().to_string(),
        cuts: defect.cuts().to_vec(),
        seen: defect.seen().iter().map(|(when, seen)| ((*when).into(), seen.to_string())).collect(),
        driver,
        status,
        reason,
    }
}

type Shown = Vec<(String, String)>;

/// Runs the crate's own driver over what was found, and tells whether a caller sees it too.
fn reproduce(
    entry: &Entry,
    defect: &stranger::Defect,
) -> (Shown, Result<&'static str, &'static str>) {
    let input = defect.input();
    let cut = pieces(input, defect.cuts());
    match defect.law() {
        Law::L1 | Law::L10 => {
            // A read of nothing has the driver asked again, as a task is that was woken in vain.
            let (one, other) = match defect.law() {
                Law::L10 => (cut.clone(), cut.iter().flat_map(|read| [*read, &[]]).collect()),
                _ => (vec![input], cut),
            };
            let (whole, other) = (driven(entry, &one), driven(entry, &other));
            let names = match defect.law() {
                Law::L10 => ("asked once", "asked twice"),
                _ => ("one read", "with the cuts"),
            };
            let shown =
                vec![(names.0.into(), say(&whole)), (names.1.into(), say(&other))];
            let verdict = match (whole, other) {
                (Ok(whole), Ok(other)) if whole == other => Err("the driver sees the same"),
                (Ok(whole), Ok(other)) if whole.clone().without_words() == other.clone().without_words() => {
                    Err("the driver sees the same but for the words of an error")
                }
                _ => Ok("the crate's own driver says one thing on one read and another with the cuts"),
            };
            (shown, verdict)
        }
        Law::L5 => {
            let seen = driven(entry, &cut);
            let shown = vec![("the driver".into(), say(&seen))];
            let verdict = seen.map_or(Ok("the crate's own driver panics"), |_| {
                Err("the driver does not panic")
            });
            (shown, verdict)
        }
        Law::L9 => {
            let at = defect.cuts().first().copied().unwrap_or(input.len());
            let seen = driven(entry, &[&input[..at]]);
            let shown = vec![("cut off".into(), say(&seen))];
            let verdict = match seen {
                Ok(seen) if !seen.complains() => {
                    Ok("the crate's own driver takes the truncated stream for a whole one")
                }
                _ => Err("the driver complains of the truncated stream"),
            };
            (shown, verdict)
        }
        Law::Accepts | Law::Refuses => (
            vec![("the driver".into(), say(&driven(entry, &[input])))],
            Err("a statement about a stream, and no law of the parser"),
        ),
        _ => (
            vec![("the driver".into(), say(&driven(entry, &cut)))],
            Err("not a law that the driver's answers show"),
        ),
    }
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
