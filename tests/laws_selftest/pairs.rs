//! The laws of two: an encoder and a decoder, two decoders.

use segue::laws::{self, Law};
use segue::{Encode, Framing, Output};

use crate::panics_for;
use crate::planted::{Answer, Item, Memory, TEXTS, one_text, planted, text, text_item};

/// Writes what [`text`] reads.
struct Text {
    mistake: Option<u8>,
}

impl Encode<Vec<u8>> for Text {
    type Error = &'static str;

    fn encode(&mut self, text: Vec<u8>, output: &mut Output) -> Result<(), &'static str> {
        let length = u8::try_from(text.len()).map_err(|_| "too long")?;
        output.put(&[length]);
        output.put(&text);
        self.mistake.iter().for_each(|mistake| output.put(&[*mistake]));
        Ok(())
    }
}

#[test]
fn l6_what_is_encoded_decodes_to_the_same() {
    let items = || [b"one".to_vec(), Vec::new(), vec![7; 100]];
    laws::round_trip(planted(text, text_item), || Text { mistake: None }, items());
    laws::round_trip(planted(one_text, text_item), || Text { mistake: None }, items());
    laws::canonical(planted(text, text_item), || Text { mistake: None }, TEXTS, |item| item);

    fn upper(_: &mut Memory, record: &[u8]) -> Item {
        Ok(record[1..].to_ascii_uppercase())
    }
    assert!(panics_for(Law::L6, || {
        laws::round_trip(planted(text, text_item), || Text { mistake: Some(0) }, items());
    }));
    assert!(panics_for(Law::L6, || {
        laws::round_trip(planted(one_text, text_item), || Text { mistake: Some(0) }, items());
    }));
    assert!(panics_for(Law::L6, || {
        laws::round_trip(planted(text, upper), || Text { mistake: None }, items());
    }));
    assert!(panics_for(Law::L6, || {
        let items = [vec![7; 300]];
        laws::round_trip(planted(text, text_item), || Text { mistake: None }, items);
    }));
    assert!(panics_for(Law::L6, || {
        laws::canonical(planted(text, upper), || Text { mistake: None }, TEXTS, |item| item);
    }));
}

#[test]
fn l7_two_readers_agree() {
    /// Does not know of the limit.
    fn lax(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
        match input {
            [length, ..] if *length > 100 => {
                let whole = 1 + usize::from(input[0]);
                Ok(if input.len() < whole { Framing::need(1) } else { Framing::Record(whole) })
            }
            _ => text(memory, input, eof),
        }
    }
    let long = [&[150][..], &[7; 150]].concat();
    let inputs = || TEXTS.into_iter().chain([&b"\x05cut"[..], b"\x02hi\x02h!"]);
    laws::agree(planted(text, text_item), planted(lax, text_item), inputs());
    assert!(panics_for(Law::L7, || {
        laws::agree(planted(text, text_item), planted(lax, text_item), [&long]);
    }));
    assert!(panics_for(Law::L7, || {
        let other = planted(text, |_, record| Ok(record.to_vec()));
        laws::agree(planted(text, text_item), other, TEXTS);
    }));
}
