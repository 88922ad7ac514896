//! JSON: values one after the other, and one value as events.

use actson::{JsonEvent, JsonParser, feeder::PushJsonFeeder, options::JsonParserOptionsBuilder};
use json_event_parser::{LowLevelJsonParser, ReaderJsonParser};
use segue_laws::{Answer, Law};
use serde_json::{Deserializer, Value};

use super::fed::{Fed, fed};
use crate::{
    adapt,
    drive::{self, Transcript},
    entry::{Entry, Way},
};

const FAMILY: &str = "JSON";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "serde_json",
            "StreamDeserializer",
            || {
                Box::new(adapt::blocking(
                    |reader| Deserializer::from_reader(reader).into_iter::<Value>(),
                    |values| values.next().transpose(),
                ))
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| Deserializer::from_reader(pipe).into_iter::<Value>(),
                    |values| values.next().transpose(),
                )
            },
        )
        .accepts(VALUES)
        .refuses(NO_VALUES)
        .contract(Law::L9, NUMBER_AT_END),
        new(
            "actson",
            "JsonParser, streaming",
            || Box::new(adapt::calling(actson())),
            |reads| fed(reads, actson()),
        )
        .way(Way::Given)
        .accepts(VALUES)
        .refuses(NO_VALUES)
        .contract(Law::L9, NUMBER_AT_END),
        new(
            "json-event-parser",
            "ReaderJsonParser",
            || Box::new(adapt::blocking(ReaderJsonParser::new, event)),
            |reads| drive::blocking(reads, ReaderJsonParser::new, event),
        )
        .accepts(ONE)
        .refuses(NO_VALUES)
        .contract(Law::L9, NUMBER_AT_END),
        new(
            "json-event-parser",
            "LowLevelJsonParser",
            || Box::new(adapt::consuming(low_level())),
            low_level_loop,
        )
        .way(Way::Partial)
        .contract(Law::L8, "a function over a slice: its callers show it all of an item again")
        .accepts(ONE)
        .refuses(NO_VALUES)
        .contract(Law::L9, NUMBER_AT_END),
    ]
}

const VALUES: [&[u8]; 3] =
    [br#"{"a":1}{"b":[2,"x"]}"#, b"[1,2.5e3] \"s\" {}", b"true null \"\\u00e9\\ud83d\\ude00\" "];
const ONE: [&[u8]; 3] = [
    br#"{"a":1,"b":[2,"x"]}"#,
    b" [1, 2.5e3, \"s\", {}, true, null, -0.5] ",
    "[\"\\u00e9\\ud83d\\ude00 gr\u{fc}n\", \"\\n\\\\\"]".as_bytes(),
];
const NO_VALUES: [&[u8]; 3] = [b"{]", b"{\"a\":tru}", b"[1,]"];
const NUMBER_AT_END: &str = "a number that ends the stream has no end of its own: RFC 8259 §6";

/// The loop of its documentation.
fn actson() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let options = JsonParserOptionsBuilder::default().with_streaming(true).build();
    let mut parser = JsonParser::new_with_options(PushJsonFeeder::new(), options);
    move |bytes, said| {
        let mut rest = bytes.unwrap_or_default();
        if bytes.is_none() {
            parser.feeder.done();
        }
        loop {
            let event = match parser.next_event().map_err(|error| format!("{error:?}"))? {
                None => {
                    said.push(Answer::End);
                    return Ok(());
                }
                Some(JsonEvent::NeedMoreInput) if rest.is_empty() => return Ok(()),
                Some(JsonEvent::NeedMoreInput) => {
                    rest = &rest[parser.feeder.push_bytes(rest)..];
                    continue;
                }
                Some(event) => event,
            };
            let text = match event {
                JsonEvent::FieldName
                | JsonEvent::ValueString
                | JsonEvent::ValueInt
                | JsonEvent::ValueFloat => {
                    parser.current_str().map_err(|error| format!("{error:?}"))?
                }
                _ => "",
            };
            said.push(Answer::Item(format!("{event:?} {text}")));
        }
    }
}

fn event<R: std::io::Read>(
    parser: &mut ReaderJsonParser<R>,
) -> Result<Option<String>, json_event_parser::JsonParseError> {
    match parser.parse_next()? {
        json_event_parser::JsonEvent::Eof => Ok(None),
        event => Ok(Some(format!("{event:?}"))),
    }
}

fn low_level() -> impl FnMut(&[u8], bool) -> (usize, Answer) {
    let mut parser = LowLevelJsonParser::new();
    move |input, ending| {
        let mut consumed = 0;
        loop {
            let result = parser.parse_next(&input[consumed..], ending);
            consumed += result.consumed_bytes;
            let answer = match result.event {
                Some(Ok(json_event_parser::JsonEvent::Eof)) => Answer::End,
                Some(Ok(event)) => Answer::Item(format!("{event:?}")),
                Some(Err(error)) => Answer::Error(error.message().to_owned()),
                None if result.consumed_bytes > 0 || ending && consumed < input.len() => continue,
                None => Answer::Need(None),
            };
            return (consumed, answer);
        }
    }
}

/// A buffer that is appended to and drained.
fn low_level_loop(reads: &[&[u8]]) -> Transcript {
    let mut parser = low_level();
    let (mut buffer, mut seen) = (Vec::new(), Transcript::default());
    for read in reads.iter().copied().map(Some).chain([None]) {
        buffer.extend_from_slice(read.unwrap_or_default());
        loop {
            let (consumed, answer) = parser(&buffer, read.is_none());
            buffer.drain(..consumed);
            if !seen.hears(read.is_none(), answer) {
                break;
            }
        }
        if seen.is_over() {
            break;
        }
    }
    seen
}
