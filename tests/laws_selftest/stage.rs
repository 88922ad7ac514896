//! The laws of one stage.

use std::panic::catch_unwind;

use segue::laws::{self, End, Entry, Law};
use segue::{Fault, Framing, Need};

use crate::planted::{
    Answer, Item, LINES, Memory, ONE_TEXT, TEXTS, line, line_item, one_text, planted, text,
    text_item,
};
use crate::{broken, panics_for};

#[test]
fn correct_stages_stay_clean() {
    laws::stage(planted(text, text_item))
        .accepts(TEXTS)
        .refuses([&b"\x05cut"[..], b"\x02hi\x04oh!!\x02hi", b"\x01a\x01"])
        .too_long([&b"\x01a\xff"[..], b"\x65"])
        .limit(101)
        .linear(|length| [&b"\x07linear "[..]].concat().repeat(length / 8))
        .check();
    laws::stage(planted(one_text, text_item))
        .accepts(ONE_TEXT)
        .refuses([&b""[..], b"\x02"])
        .limit(101)
        .check();
    laws::stage(planted(line, line_item))
        .accepts(LINES)
        .refuses([&b"no end"[..], b"no end\r"])
        .too_long(["x".repeat(61), "x".repeat(60) + "\r\n", "x".repeat(1000)])
        .limit(62)
        .linear(|length| b"some line of text\r\n".repeat(length / 19))
        .check();
}

#[test]
fn pieces_are_joined() {
    /// All that is there, up to the end of the stream.
    fn rest(_: &mut Memory, input: &[u8], eof: bool) -> Answer {
        Ok(match input.len() {
            0 if eof => Framing::Done,
            0 => Framing::Need(Need::to_the_end(1)),
            length => Framing::Record(length),
        })
    }
    let inputs = [&b"some bytes"[..], b""];
    let make = || planted(rest, |_, record| Ok(record.to_vec()));
    laws::stage(make()).accepts(inputs).in_pieces().ends_anywhere().check();
    assert_eq!(broken(laws::stage(make()).accepts(inputs).ends_anywhere()), Law::L1);
    assert_eq!(broken(laws::stage(make()).accepts(inputs).in_pieces()), Law::L9);
}

#[test]
fn answers_do_not_depend_on_the_cuts() {
    /// Texts, and question marks that are absorbed one by one.
    fn asked(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if input.starts_with(b"?") { Ok(Framing::Absorb(1)) } else { text(memory, input, eof) }
    }
    /// Takes as many questions as there are for one.
    fn hurried(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match input.iter().take_while(|&&byte| byte == b'?').count() {
            0 => text(memory, input, eof),
            questions => Ok(Framing::Absorb(questions)),
        }
    }
    let inputs = [&b"?\x02hi??\x00?"[..], b"???"];
    laws::stage(planted(asked, text_item)).accepts(inputs).check();
    assert_eq!(broken(laws::stage(planted(hurried, text_item)).accepts(inputs)), Law::L1);
}

#[test]
fn what_is_only_looked_at_is_not_claimed() {
    /// A number, up to what is no digit.
    fn number(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if memory.records == 1 {
            return Ok(Framing::Done);
        }
        match input.iter().position(|byte| !byte.is_ascii_digit()) {
            Some(0) => Err(Fault::new("no number")),
            Some(length) => Ok(Framing::Record(length)),
            None if eof && !input.is_empty() => Ok(Framing::Record(input.len())),
            None => Ok(Framing::Need(Need::LOOK)),
        }
    }
    /// Claims what it looks at.
    fn grabby(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        Ok(match number(memory, input, eof)? {
            Framing::Need(need) => Framing::Need(need.claiming(1)),
            frame => frame,
        })
    }
    fn digits(_: &mut Memory, record: &[u8]) -> Item {
        Ok(record.to_vec())
    }
    laws::stage(planted(number, digits)).accepts([b"1234567"]).ends_anywhere().check();
    let numbers = laws::stage(planted(grabby, digits)).accepts([b"1234567"]).ends_anywhere();
    assert_eq!(broken(numbers), Law::L3);
}

#[test]
fn statements_of_the_author() {
    let make = || planted(one_text, text_item);
    assert_eq!(broken(laws::stage(make()).accepts([b"\x02h"])), Law::Accepts);
    assert_eq!(broken(laws::stage(make()).accepts([b"\x02hi..."])), Law::Accepts);
    assert_eq!(broken(laws::stage(make()).accepts([b"\x02h!"])), Law::Accepts);
    assert_eq!(broken(laws::stage(make()).refuses([b"\x02hi"])), Law::Refuses);
    let nothing = catch_unwind(|| laws::stage(planted(text, text_item)).check());
    assert!(nothing.is_err(), "a suite without inputs checks nothing");
}

#[test]
fn l1_cuts_do_not_matter() {
    /// Takes all that was read for the text.
    fn takes_the_read(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        text(memory, input, eof).map(|frame| match frame {
            Framing::Record(_) => Framing::Record(input.len()),
            frame => frame,
        })
    }
    /// Forgets the CR that came with the last read.
    fn straddled(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        let answer = line(memory, input, eof);
        if let Ok(Framing::Need(_)) = answer {
            memory.searched = input.len();
            return Ok(Framing::Need(Need::ONE));
        }
        answer
    }
    /// Minds the limit only as long as the line is incomplete.
    fn late_limit(memory: &mut Memory, input: &[u8], _: bool) -> Answer {
        let end = input.windows(2).position(|pair| pair == b"\r\n");
        match end {
            Some(end) => Ok(Framing::Record(end + 2)),
            None if input.len() > 60 => Err(Fault::too_long(60)),
            None => {
                memory.searched = 0;
                Ok(Framing::need(1))
            }
        }
    }
    /// Tells the end of the read for where the fault is.
    fn vague(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        text(memory, input, eof).map_err(|fault| fault.at(input.len() as u64))
    }
    let texts = laws::stage(planted(takes_the_read, text_item)).accepts(TEXTS);
    assert_eq!(broken(texts), Law::L1);
    let lines = laws::stage(planted(straddled, line_item)).accepts(LINES);
    assert_eq!(broken(lines), Law::L1);
    let long = "x".repeat(70) + "\r\n";
    let lines = laws::stage(planted(late_limit, line_item)).refuses([long.clone() + "unfinished"]);
    assert_eq!(broken(lines), Law::L1);
    let texts = laws::stage(planted(vague, text_item)).refuses([&b"\x02hi\xff..."[..]]);
    assert_eq!(broken(texts), Law::L1);
}

#[test]
fn l2_nothing_is_lost() {
    /// Takes an empty line along, if one follows.
    fn takes_a_line(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match one_text(memory, input, eof)? {
            Framing::Done if input.starts_with(b"\r\n") => Ok(Framing::Absorb(2)),
            frame => Ok(frame),
        }
    }
    /// Takes along what came with the last read.
    fn takes_the_rest(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match one_text(memory, input, eof)? {
            Framing::Done if !input.is_empty() => Ok(Framing::Absorb(input.len())),
            frame => Ok(frame),
        }
    }
    for frame in [takes_a_line, takes_the_rest] {
        let texts = laws::stage(planted(frame, text_item)).accepts(ONE_TEXT);
        assert!(matches!(broken(texts), Law::L2 | Law::L10));
    }
    /// Refuses what follows, which is none of its business.
    fn refuses_the_rest(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match one_text(memory, input, eof)? {
            Framing::Done if !input.is_empty() => Err(Fault::new("trailing bytes")),
            frame => Ok(frame),
        }
    }
    let texts = laws::stage(planted(refuses_the_rest, text_item)).accepts(ONE_TEXT);
    assert!(matches!(broken(texts), Law::L2 | Law::L10));
}

#[test]
fn l3_a_need_is_honest() {
    /// Wants a whole header, which a text of no bytes does not have.
    fn greedy(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match text(memory, input, eof)? {
            Framing::Need(_) => Ok(Framing::need(4)),
            frame => Ok(frame),
        }
    }
    /// Counts the length's byte twice.
    fn twice(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match one_text(memory, input, eof)? {
            Framing::Need(need) => Ok(Framing::Need(need.claiming(need.at_least.get() + 1))),
            frame => Ok(frame),
        }
    }
    /// Claims the whole stream and stops.
    fn grabby(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match one_text(memory, input, eof)? {
            Framing::Need(need) => Ok(Framing::Need(Need::to_the_end(need.at_least.get()))),
            frame => Ok(frame),
        }
    }
    assert_eq!(broken(laws::stage(planted(greedy, text_item)).accepts(TEXTS)), Law::L3);
    assert_eq!(broken(laws::stage(planted(twice, text_item)).accepts(ONE_TEXT)), Law::L3);
    assert_eq!(broken(laws::stage(planted(grabby, text_item)).accepts(ONE_TEXT)), Law::L3);
}

#[test]
fn l4_memory_is_bounded() {
    /// Waits for the end of a line however long.
    fn patient(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match line(memory, input, eof) {
            Err(_) => Ok(Framing::Need(Need::ONE)),
            answer => answer,
        }
    }
    /// Announces more than there is memory.
    fn huge(_: &mut Memory, input: &[u8], _: bool) -> Answer {
        Ok(Framing::need(if input.is_empty() { 1 } else { usize::MAX }))
    }
    /// Says something else of what is too long.
    fn coy(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        text(memory, input, eof).map_err(|_| Fault::new("cannot do that"))
    }
    let lines = laws::stage(planted(patient, line_item)).limit(62).refuses(["x".repeat(100)]);
    assert_eq!(broken(lines), Law::L4);
    let texts = laws::stage(planted(text, text_item)).limit(50).refuses([b"\x3fannounced"]);
    assert_eq!(broken(texts), Law::L4);
    assert_eq!(broken(laws::stage(planted(huge, text_item)).refuses([b"\xff"])), Law::L4);
    assert_eq!(broken(laws::stage(planted(coy, text_item)).too_long([b"\xff"])), Law::L4);
}

#[test]
fn l5_no_panic_and_no_endless_loop() {
    /// Takes it that something is there.
    fn hasty(_: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if eof && input.is_empty() {
            return Ok(Framing::Done);
        }
        let whole = 1 + usize::from(input[0]);
        Ok(if input.len() < whole { Framing::need(1) } else { Framing::Record(whole) })
    }
    /// Yields nothing for ever.
    fn endless(_: &mut Memory, _: &[u8], _: bool) -> Answer {
        Ok(Framing::Record(0))
    }
    /// Announces its record before it is there.
    fn early(_: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match input.first() {
            None if eof => Ok(Framing::Done),
            None => Ok(Framing::need(1)),
            Some(&length) => Ok(Framing::Record(1 + usize::from(length))),
        }
    }
    /// Is taken aback when it is asked after its death.
    fn shocked(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        assert!(!memory.asked, "asked after its death");
        text(memory, input, eof).inspect_err(|_| memory.asked = true)
    }
    /// Wants to go on where it cannot.
    fn undead(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        text(memory, input, eof).map_err(Fault::recoverable)
    }
    fn nothing(_: &mut Memory, _: &[u8]) -> Item {
        Ok(Vec::new())
    }
    fn panics(_: &mut Memory, record: &[u8]) -> Item {
        Ok(record[2..].to_vec())
    }
    assert_eq!(broken(laws::stage(planted(hasty, text_item)).accepts(TEXTS)), Law::L5);
    assert_eq!(broken(laws::stage(planted(endless, nothing)).accepts([b"x"])), Law::L5);
    assert_eq!(broken(laws::stage(planted(early, text_item)).accepts(TEXTS)), Law::L5);
    assert_eq!(broken(laws::stage(planted(shocked, text_item)).refuses([b"\xff"])), Law::L5);
    assert_eq!(broken(laws::stage(planted(undead, text_item)).refuses([b"\xff"])), Law::L5);
    assert_eq!(broken(laws::stage(planted(text, panics)).accepts(TEXTS)), Law::L5);
}

#[test]
fn l8_work_is_linear() {
    /// Looks at the whole line again for each byte.
    fn forgetful(_: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match input.iter().position(|&byte| byte == b'\n') {
            Some(end) => Ok(Framing::Record(end + 1)),
            None if eof && input.is_empty() => Ok(Framing::Done),
            None => Ok(Framing::Need(Need::ONE)),
        }
    }
    /// Keeps all records, and moves them for each.
    fn hoarding(memory: &mut Memory, record: &[u8]) -> Item {
        memory.kept.splice(0..0, record.iter().copied());
        Ok(Vec::new())
    }
    let lines = laws::stage(planted(forgetful, |_, line| Ok(line.to_vec())))
        .linear(|length| [vec![b'x'; length], vec![b'\n']].concat());
    assert_eq!(broken(lines), Law::L8);
    let texts =
        laws::stage(planted(text, hoarding)).linear(|length| b"\x07hoarded".repeat(length / 8));
    assert_eq!(broken(texts), Law::L8);
}

#[test]
fn l9_a_truncated_stream_is_a_fault() {
    /// Is quietly done at the end, whatever is missing.
    fn quiet(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match text(memory, input, eof)? {
            Framing::Need(_) if eof => Ok(Framing::Absorb(input.len())),
            frame => Ok(frame),
        }
    }
    /// Is quietly done at the end, and leaves what it cannot read.
    fn leaving(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match text(memory, input, eof)? {
            Framing::Need(_) if eof => Ok(Framing::Done),
            frame => Ok(frame),
        }
    }
    /// Takes what is there for the line.
    fn generous(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match line(memory, input, eof)? {
            Framing::Need(_) if eof && input.len() >= 2 => Ok(Framing::Record(input.len())),
            frame => Ok(frame),
        }
    }
    assert_eq!(broken(laws::stage(planted(leaving, text_item)).accepts(TEXTS)), Law::L9);
    assert_eq!(broken(laws::stage(planted(generous, line_item)).accepts(LINES)), Law::L9);
    assert_eq!(broken(laws::stage(planted(quiet, text_item)).accepts(TEXTS)), Law::L9);
}

#[test]
fn l10_asking_again_changes_nothing() {
    /// Takes the second question for news.
    fn impatient(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if memory.asked {
            memory.asked = false;
            return Ok(Framing::need(1));
        }
        let frame = text(memory, input, eof)?;
        memory.asked = matches!(frame, Framing::Record(_));
        Ok(frame)
    }
    /// Forgets that it is done.
    fn restless(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        if memory.records == 1 && !memory.asked {
            memory.asked = true;
            return Ok(Framing::Done);
        }
        text(memory, input, eof)
    }
    /// Moves on when it finds the end of the line, not when that is parsed.
    fn eager(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        let frame = line(memory, input, eof)?;
        if let Framing::Record(length) = frame {
            memory.searched = length;
        }
        Ok(frame)
    }
    assert_eq!(broken(laws::stage(planted(impatient, text_item)).accepts(TEXTS)), Law::L10);
    assert_eq!(broken(laws::stage(planted(restless, text_item)).accepts(ONE_TEXT)), Law::L10);
    assert_eq!(broken(laws::stage(planted(eager, line_item)).accepts(LINES)), Law::L10);
}

#[test]
fn fuzz_data_is_checked_whatever_it_is() {
    for data in TEXTS.into_iter().chain(LINES).chain(ONE_TEXT) {
        laws::fuzz(planted(text, text_item), data);
        laws::fuzz(planted(one_text, text_item), data);
        laws::fuzz(planted(line, line_item), data);
        laws::stage(planted(line, line_item)).limit(62).fuzz(data);
    }
    fn takes_the_read(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        text(memory, input, eof).map(|frame| match frame {
            Framing::Record(_) => Framing::Record(input.len()),
            frame => frame,
        })
    }
    assert!(panics_for(Law::L1, || laws::fuzz(planted(takes_the_read, text_item), b"\x01a\x01b")));
    assert!(panics_for(Law::L4, || {
        laws::stage(planted(text, text_item)).limit(10).fuzz(b"\x20");
    }));
}

#[test]
fn a_run_can_be_looked_at() {
    let trace = laws::observe(planted(one_text, text_item)(), b"\x02hithere", &[1, 2]);
    assert_eq!(trace.entries, [Entry::Bytes(b"hi".to_vec())]);
    assert_eq!((trace.end, trace.consumed), (End::Done, 3));
    assert_eq!(trace.left, b"there");
}
