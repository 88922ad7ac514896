//! Stages that say something without having been asked: law L11.

use segue::laws::{self, Law};
use segue::{Decode, DecodeExt, Fault, Framing, Output, Record, Say};

use crate::planted::{
    Answer, Item, Memory, Planted, TEXTS, one_text, planted, speaking, text, text_item,
};
use crate::{broken, panics_for};

type Said = Result<(), Fault<&'static str>>;

/// A byte of control for each text, and as much data as there is room for, up to a thousand bytes.
fn well(memory: &mut Memory, say: &mut Say<'_>) -> Said {
    while memory.kept.len() < memory.records {
        memory.kept.push(b'c');
        say.output().put(b"c");
    }
    let count = (1000 - memory.said).min(say.room());
    memory.said += count;
    memory.untold += count;
    say.output().put(&vec![b'd'; count]);
    Ok(())
}

/// An item of no bytes for what was said, in front of all others.
fn told_of(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
    if memory.untold > 0 { Ok(Framing::Record(0)) } else { text(memory, input, eof) }
}

fn told_item(memory: &mut Memory, record: &[u8]) -> Item {
    if std::mem::take(&mut memory.untold) > 0 {
        return Ok(Vec::new());
    }
    text_item(memory, record)
}

#[test]
fn stages_that_speak_well_stay_clean() {
    let inputs = [&b"\x02hi\x04oh!!\x02hi"[..], b"\x05cut"];
    laws::stage(speaking(text, text_item, well)).accepts(TEXTS).refuses(inputs).check();
    laws::stage(speaking(told_of, told_item, well)).accepts(TEXTS).refuses(inputs).check();

    /// Fails whenever it is asked, once it has read three texts.
    fn gives_up(memory: &mut Memory, say: &mut Say<'_>) -> Said {
        if memory.records < 3 { well(memory, say) } else { Err(Fault::new("enough")) }
    }
    laws::stage(speaking(text, text_item, gives_up)).accepts([b"\x01a".repeat(5)]).check();
}

#[test]
fn speaking_changes_nothing_of_what_is_read() {
    /// Forgets that it has ended.
    fn begins_again(memory: &mut Memory, _: &mut Say<'_>) -> Said {
        memory.records = 0;
        Ok(())
    }
    /// Says that it is over with its last word.
    fn ends(memory: &mut Memory, say: &mut Say<'_>) -> Said {
        if !memory.asked {
            say.output().put(b"bye");
        }
        memory.asked = true;
        Ok(())
    }
    fn until_the_end(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if memory.asked { Ok(Framing::Done) } else { text(memory, input, eof) }
    }
    let texts = [&b"\x02hi"[..]];
    let make = speaking(one_text, text_item, begins_again);
    assert_eq!(broken(laws::stage(make).accepts(texts)), Law::L11);
    let make = speaking(until_the_end, text_item, ends);
    assert_eq!(broken(laws::stage(make).accepts(texts)), Law::L11);

    /// Has an item say what was spoken.
    fn spoiled(memory: &mut Memory, record: &[u8]) -> Item {
        Ok([&record[1..], &memory.kept[..]].concat())
    }
    fn spoils(memory: &mut Memory, _: &mut Say<'_>) -> Said {
        memory.kept = b"!".to_vec();
        Ok(())
    }
    let make = speaking(text, spoiled, spoils);
    assert_eq!(broken(laws::stage(make).accepts(texts)), Law::L11);
    // Unless that is how the protocol is; then what is in front must still be as it was.
    laws::stage(speaking(text, spoiled, spoils)).speech_counts().accepts(texts).check();
    let make = speaking(until_the_end, text_item, ends);
    assert_eq!(broken(laws::stage(make).speech_counts().accepts(texts)), Law::L11);
    // Arbitrary bytes show it as well.
    assert!(panics_for(Law::L11, || laws::fuzz(speaking(text, spoiled, spoils), b"\x02hi")));
}

#[test]
fn speaking_stops_without_room() {
    /// Data, whatever the room.
    fn floods(_: &mut Memory, say: &mut Say<'_>) -> Said {
        say.output().put(b"data");
        Ok(())
    }
    /// The same control message, again and again.
    fn repeats(memory: &mut Memory, say: &mut Say<'_>) -> Said {
        if memory.records > 0 {
            say.output().put(b"c");
        }
        Ok(())
    }
    /// Takes back what it has answered.
    fn takes_back(_: &mut Memory, say: &mut Say<'_>) -> Said {
        say.output().clear();
        Ok(())
    }
    /// Cannot go on, and then can.
    fn wavers(memory: &mut Memory, _: &mut Say<'_>) -> Said {
        memory.asked = !memory.asked;
        if memory.asked { Err(Fault::new("no")) } else { Ok(()) }
    }
    fn asked(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if input.starts_with(b"?") { Ok(Framing::Absorb(1)) } else { text(memory, input, eof) }
    }
    for speak in [floods, repeats, takes_back, wavers] {
        let make = speaking(asked, text_item, speak);
        assert_eq!(broken(laws::stage(make).accepts([b"?\x02hi?"])), Law::L11);
    }
}

/// A stage around another one.
struct Around<D> {
    inner: D,
    forgets: Forgets,
}

#[derive(Clone, Copy, PartialEq)]
enum Forgets {
    Nothing,
    Speech,
    Progress,
    Residue,
}

impl<D: Decode> Decode for Around<D> {
    type Item<'a>
        = D::Item<'a>
    where
        D: 'a;
    type Error = D::Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        self.inner.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.inner.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<D::Item<'a>, Fault<D::Error>> {
        self.inner.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<D::Error>> {
        if self.forgets == Forgets::Speech { Ok(()) } else { self.inner.speak(say) }
    }

    fn progress(&self) -> u64 {
        if self.forgets == Forgets::Progress { 0 } else { self.inner.progress() }
    }

    fn residue(&self) -> (usize, usize) {
        if self.forgets == Forgets::Residue { (0, 0) } else { self.inner.residue() }
    }
}

/// Has something of everything to tell.
struct Telling(Planted, u64);

impl Decode for Telling {
    type Item<'a> = Vec<u8>;
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], eof: bool) -> Answer {
        self.0.frame(input, eof)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Item {
        self.1 += 1;
        self.0.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Said {
        self.0.speak(say)
    }

    fn progress(&self) -> u64 {
        self.1
    }

    fn residue(&self) -> (usize, usize) {
        (1, 2)
    }
}

#[test]
fn a_forgotten_forward_is_found() {
    let plain = || Telling(speaking(text, text_item, well)(), 0);
    let around = |forgets| move || Around { inner: plain(), forgets };
    let inputs = [&b"\x02hi\x00\x05there"[..]];
    laws::passes_on(plain, around(Forgets::Nothing), inputs);
    laws::passes_on(plain, || plain().take(2).map(|item: Vec<u8>| item.len()), inputs);
    for forgets in [Forgets::Speech, Forgets::Progress, Forgets::Residue] {
        assert!(panics_for(Law::L11, || laws::passes_on(plain, around(forgets), inputs)));
    }
    // Stages that tell nothing prove nothing.
    let silent = planted(text, text_item);
    let nothing = std::panic::catch_unwind(move || laws::passes_on(silent, plain, inputs));
    assert!(nothing.is_err());
}
