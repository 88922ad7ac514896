//! Stages as tokio-util codecs and tokio-util codecs as stages, against the laws for parsers that
//! were written elsewhere: the way in which such a one becomes a fuzz target.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which of them |
#![no_main]

use segue::driver::codec::{Codec, FromTokio};
use segue::{DecodeExt, length, separator};
use segue_laws::{Answer, Parser, adapt, parser};
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

segue_laws::fuzz_target!(parser("codecs", Chosen::default).ends_anywhere());

/// One of the codecs, once the first byte has said which.
#[derive(Default)]
struct Chosen(Option<Box<dyn Parser>>);

fn chosen(which: u8) -> Box<dyn Parser> {
    let lines = || LinesCodec::new_with_max_length(40);
    let records = || LengthDelimitedCodec::builder().max_frame_length(300).new_codec();
    match which % 6 {
        0 => Box::new(adapt::decoder(Codec::new(length::u16_be().max(300).owned(), ()))),
        1 => Box::new(adapt::decoder(Codec::new(separator::line().max(40).owned(), ()))),
        2 => Box::new(adapt::decoder(Codec::new(length::leb128().max(300).take(3).owned(), ()))),
        3 => Box::new(adapt::stage(FromTokio::new(lines()))),
        4 => Box::new(adapt::stage(FromTokio::new(records()))),
        _ => Box::new(adapt::decoder(Codec::new(FromTokio::new(records()), ()))),
    }
}

impl Parser for Chosen {
    fn push(&mut self, bytes: &[u8]) {
        match (&mut self.0, bytes) {
            (Some(chosen), _) => chosen.push(bytes),
            (None, [which, rest @ ..]) => {
                let mut parser = chosen(*which);
                if !rest.is_empty() {
                    parser.push(rest);
                }
                self.0 = Some(parser);
            }
            (None, []) => {}
        }
    }

    fn step(&mut self) -> Answer {
        self.0.as_mut().map_or(Answer::Need(None), |chosen| chosen.step())
    }

    fn end(&mut self) -> Answer {
        self.0.as_mut().map_or(Answer::End, |chosen| chosen.end())
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        self.0.as_ref().map_or(Some(Vec::new()), |chosen| chosen.left_over())
    }
}
