//! Terminals: text with control sequences.

use anstream::adapter::StripBytes;
use segue_laws::Answer;
use vtparse::{CollectingVTActor, VTParser};

use super::fed::{Fed, NOT_TOLD, fed};
use crate::{adapt, entry::Entry};

const FAMILY: &str = "terminals";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive).words(WORDS).ends_anywhere(NOT_TOLD)
    };
    vec![
        new(
            "anes",
            "parser::Parser",
            || Box::new(adapt::calling(anes())),
            |reads| fed(reads, anes()),
        )
        .accepts([
            &b"a\x1b[20;10R\x1bOPb"[..],
            b"\x1b[<0;3;4Mx\x1b[D",
            "gr\u{fc}n".as_bytes(),
        ]),
        new(
            "anstream",
            "StripBytes",
            || Box::new(adapt::calling(strip())),
            |reads| fed(reads, strip()),
        )
        .accepts(TEXT),
        new("vte", "Parser", || Box::new(adapt::calling(vte())), |reads| fed(reads, vte()))
            .accepts(TEXT),
        new(
            "vtparse",
            "VTParser",
            || Box::new(adapt::calling(vtparse())),
            |reads| fed(reads, vtparse()),
        )
        .accepts(TEXT),
    ]
}

const TEXT: [&[u8]; 4] = [
    b"a\x1b[1;31mred\x1b[0m\r\nb",
    b"\x1b]0;title\x07x\x1b]8;;http://a.example\x1b\\y",
    "gr\u{fc}n \u{1f600}\u{1b}[Kz".as_bytes(),
    b"\x1bP1$tx\x1b\\q\x1b(Bc\x9bd",
];
const WORDS: [&[u8]; 8] =
    [b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b\\", b"\x07", b";", "\u{20ac}".as_bytes(), b"\xe2\x82"];

/// More may always follow: with that a lone escape waits, as its documentation says.
fn anes() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut parser = anes::parser::Parser::default();
    move |bytes, said| {
        if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
            parser.advance(bytes, true);
        }
        said.extend(parser.by_ref().map(|sequence| Answer::Item(format!("{sequence:?}"))));
        Ok(())
    }
}

fn strip() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut state = StripBytes::new();
    move |bytes, said| {
        let pieces = state.strip_next(bytes.unwrap_or_default());
        said.extend(pieces.map(|piece| Answer::Piece(piece.to_vec())));
        Ok(())
    }
}

fn vte() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut parser = vte::Parser::new();
    move |bytes, said| {
        parser.advance(&mut Performed(said), bytes.unwrap_or_default());
        Ok(())
    }
}

/// Puts down what the terminal is told to do.
struct Performed<'s>(&'s mut Vec<Answer>);

impl Performed<'_> {
    fn say(&mut self, what: String) {
        self.0.push(Answer::Item(what));
    }
}

impl vte::Perform for Performed<'_> {
    fn print(&mut self, c: char) {
        self.say(format!("print {c:?}"));
    }

    fn execute(&mut self, byte: u8) {
        self.say(format!("execute {byte}"));
    }

    fn hook(&mut self, params: &vte::Params, between: &[u8], ignore: bool, action: char) {
        self.say(format!("hook {params:?} {between:?} {ignore} {action:?}"));
    }

    fn put(&mut self, byte: u8) {
        self.say(format!("put {byte}"));
    }

    fn unhook(&mut self) {
        self.say("unhook".into());
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], bell: bool) {
        self.say(format!("osc {params:?} {bell}"));
    }

    fn csi_dispatch(&mut self, params: &vte::Params, between: &[u8], ignore: bool, action: char) {
        self.say(format!("csi {params:?} {between:?} {ignore} {action:?}"));
    }

    fn esc_dispatch(&mut self, between: &[u8], ignore: bool, byte: u8) {
        self.say(format!("esc {between:?} {ignore} {byte}"));
    }
}

fn vtparse() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut parser = VTParser::new();
    move |bytes, said| {
        let mut actor = CollectingVTActor::default();
        parser.parse(bytes.unwrap_or_default(), &mut actor);
        said.extend(actor.into_vec().into_iter().map(|action| Answer::Item(format!("{action:?}"))));
        Ok(())
    }
}
