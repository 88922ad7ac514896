//! The difference between two runs over one stream.

use std::fmt;

use crate::{
    run::{Ending, Said, Seen},
    subject::Terms,
};

/// In what a defect shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Symptom {
    /// Something is not said that should be.
    Loses,
    /// Something is said that should not be, or twice.
    Invents,
    /// Something else is said.
    Changes,
    /// A stream is refused that should not be, or for another reason.
    Refuses,
    /// A stream is not refused that should be.
    Accepts,
    /// It ends, or waits, where it should not.
    Ends,
    /// The error is another.
    OtherError,
    /// The bytes left over are others.
    Leaves,
    /// It panics, or never ends.
    Breaks,
    /// It says something wrong about itself, or takes too much.
    Lies,
}

/// Returns the first thing that `cut` has otherwise than `whole`.
pub(crate) fn difference(whole: &Seen, cut: &Seen, terms: &Terms) -> Option<(Symptom, String)> {
    let (mut ours, mut theirs) = (&whole.said[..], &cut.said[..]);
    if let (Ending::Error(_), Ending::Error(_)) = (&whole.ending, &cut.ending) {
        // A payload before an error is as long as reads have it.
        let (front, back) = (last_payload(&mut ours), last_payload(&mut theirs));
        if !front.starts_with(back) && !back.starts_with(front) {
            return Some((Symptom::Changes, "the payload before the error is another".into()));
        }
    }
    if ours != theirs {
        return Some(said_otherwise(ours, theirs));
    }
    let ending = match (&whole.ending, &cut.ending) {
        (Ending::Error(ours), Ending::Error(theirs)) => {
            let differ = terms.errors_compared && ours != theirs;
            return differ.then(|| (Symptom::OtherError, format!("the error is {theirs}")));
        }
        (ours, theirs) if ours == theirs => None,
        (_, Ending::Error(error)) => Some((Symptom::Refuses, format!("it is refused: {error}"))),
        (Ending::Error(_), theirs) => Some((Symptom::Accepts, format!("no error, but {theirs}"))),
        (_, theirs @ (Ending::Panic(_) | Ending::Endless | Ending::Stuck)) => {
            Some((Symptom::Breaks, format!("{theirs}")))
        }
        // All that is over before the end is told, or at it, depends on whether the last read comes
        // with the end.
        (Ending::Over, Ending::End) | (Ending::End, Ending::Over) => None,
        (_, theirs) => Some((Symptom::Ends, format!("{theirs}"))),
    };
    ending.or_else(|| {
        let over = matches!(whole.ending, Ending::Over | Ending::End);
        let differ = over && whole.left != cut.left;
        differ.then(|| (Symptom::Leaves, "what is left over is something else".into()))
    })
}

fn last_payload<'a>(said: &mut &'a [Said]) -> &'a [u8] {
    match said {
        [before @ .., Said::Payload(payload)] => {
            *said = before;
            payload
        }
        _ => &[],
    }
}

/// Tells loss from invention.
fn said_otherwise(ours: &[Said], theirs: &[Said]) -> (Symptom, String) {
    let at = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let symptom = if contains(ours, theirs) {
        Symptom::Loses
    } else if contains(theirs, ours) {
        Symptom::Invents
    } else {
        Symptom::Changes
    };
    let what = match (ours.get(at), theirs.get(at)) {
        (Some(ours), Some(theirs)) => format!("it says {theirs} instead of {ours}"),
        (Some(ours), None) => format!("it does not say {ours}"),
        (None, Some(theirs)) => format!("it says {theirs} besides"),
        (None, None) => "what it says differs".into(),
    };
    (symptom, what)
}

/// Returns whether all of `some` is in `all`, in its order.
fn contains(all: &[Said], some: &[Said]) -> bool {
    let mut all = all.iter();
    some.iter().all(|some| {
        all.any(|one| match (one, some) {
            (Said::Payload(one), Said::Payload(some)) => {
                let mut one = one.iter();
                some.iter().all(|byte| one.any(|other| other == byte))
            }
            (one, some) => one == some,
        })
    })
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loses => "loses",
            Self::Invents => "invents",
            Self::Changes => "changes",
            Self::Refuses => "refuses",
            Self::Accepts => "accepts",
            Self::Ends => "ends",
            Self::OtherError => "other error",
            Self::Leaves => "leaves",
            Self::Breaks => "breaks",
            Self::Lies => "lies",
        })
    }
}
