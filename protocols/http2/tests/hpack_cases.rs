//! Blocks of other encoders, in the form of <https://github.com/http2jp/hpack-test-case>: one of our
//! own making is in `data`, and `HPACK_TEST_CASE` is the folder of theirs.
//!
//! A story is JSON: `{"cases": [{"seqno": 0, "wire": "82..", "headers": [{"name": "value"}, ..],
//! "header_table_size": 4096}, ..]}`. Blocks of one story share a connection.

use std::{env, fs, path::Path};

use segue_http::{Arena, Field, Limits};
use segue_http2::hpack::{Decoder, Encoder};
use serde_json::Value;

/// Decodes a story, encodes its heads anew and decodes them again. Returns the number of blocks.
fn play(path: &Path) -> usize {
    let story: Value = serde_json::from_slice(&fs::read(path).expect("it is there")).expect("JSON");
    let cases = story["cases"].as_array().expect("there are cases");
    let (mut decoder, mut encoder, mut again) =
        (Decoder::new(4096), Encoder::new(4096), Decoder::new(4096));
    let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(1 << 20).max_lines(1000));
    for case in cases {
        let hex = case["wire"].as_str().expect("a block");
        let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let block: Vec<_> = digits
            .chunks(2)
            .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte"))
            .collect();
        let headers: Vec<(&str, &str)> = case["headers"]
            .as_array()
            .expect("there are headers")
            .iter()
            .flat_map(|header| header.as_object().expect("a pair"))
            .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")))
            .collect();
        if let Some(size) = case["header_table_size"].as_u64() {
            decoder.set_max_table(u32::try_from(size).expect("it is small"));
        }
        let place = || format!("{} {}", path.display(), case["seqno"]);
        let is_same = |arena: &Arena| {
            let fields = arena.fields().lines();
            let told =
                fields.map(|field| (str::from_utf8(field.name), str::from_utf8(field.value)));
            told.eq(headers.iter().map(|(name, value)| (Ok(*name), Ok(*value))))
        };
        arena.clear();
        decoder.decode(&block, &mut arena).unwrap_or_else(|error| panic!("{}: {error}", place()));
        assert!(is_same(&arena), "{}", place());

        let mut block = vec![];
        let fields = headers.iter().map(|(name, value)| Field {
            name: name.as_bytes(),
            value: value.as_bytes(),
            flags: 0,
        });
        if headers.iter().any(|(_, value)| !segue_http::is_value(value.as_bytes())) {
            // Some have a blank at their end, which is read but not written.
            assert!(encoder.encode(fields, &mut block).is_err());
            continue;
        }
        encoder.encode(fields, &mut block).unwrap_or_else(|error| panic!("{}: {error}", place()));
        arena.clear();
        again.decode(&block, &mut arena).unwrap_or_else(|error| panic!("{}: {error}", place()));
        assert!(is_same(&arena), "{}", place());
        assert_eq!(again.table_size(), encoder.table_size());
    }
    cases.len()
}

#[test]
fn a_story_of_our_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/story.json");
    assert_eq!(play(&path), 24);
}

/// Does nothing without the folder.
#[test]
fn stories_of_others() {
    let Some(folder) = env::var_os("HPACK_TEST_CASE") else { return };
    let mut blocks = 0;
    for encoder in fs::read_dir(folder).expect("it is a folder") {
        let path = encoder.expect("it can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !path.is_dir() || name.starts_with('.') || ["raw-data", "util"].contains(&&name[..]) {
            continue;
        }
        for story in fs::read_dir(&path).expect("it is a folder") {
            let story = story.expect("it can be read").path();
            if story.extension().is_some_and(|ending| ending == "json") {
                blocks += play(&story);
            }
        }
    }
    println!("{blocks} blocks");
    assert!(blocks > 0, "the folder has no stories");
}
