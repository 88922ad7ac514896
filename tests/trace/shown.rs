//! The forms of a recording.

use segue::{
    Inlet, Output, Ready, length,
    trace::{Recorder, Recording},
};
use serde_json::Value;

/// A secret, and names that mean something to HTML and JSON.
fn recorded(recorder: &Recorder) -> Recording {
    let stream = recorder.on("a \"stream\"\u{1b}[31m");
    let name = "</script><script>alert('&')</script>\\";
    let mut inlet = Inlet::new(stream.trace(name, length::u8()));
    inlet.extend(b"\x06secret\x09<b>secr");
    while let Ok(Ready::Record) = inlet.ready(&mut Output::new()) {
        inlet.take().unwrap().unwrap();
    }
    let mut output = Output::new();
    output.try_encode(&mut stream.trace("writer", length::u8()), "secret").unwrap();
    recorder.recording()
}

fn all_forms(recording: &Recording) -> [String; 4] {
    [recording.to_string(), recording.to_json(), recording.to_svg(), recording.to_html("a <title>")]
}

#[test]
fn payload_is_shown_only_when_asked_for() {
    for text in all_forms(&recorded(&Recorder::new())) {
        assert!(!text.contains("secret") && !text.contains("736563"), "{text}");
    }
    assert!(!format!("{:?}", recorded(&Recorder::new())).contains("115, 101"));
    let shown = all_forms(&recorded(&Recorder::new().with_payload(5)));
    for (text, payload) in shown.iter().zip(["\\x06secr", "0673656372", "\\x06secr", "\\x06secr"]) {
        assert!(text.contains(payload), "{text}");
        assert!(!text.contains("secret") && !text.contains("736563726574"));
    }
}

#[test]
fn json_has_everything() {
    let recorder = Recorder::new().with_payload(100).with_events(3);
    let recording = recorded(&recorder);
    let json: Value = serde_json::from_str(&recording.to_json()).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["streams"][0], "a \"stream\"\u{1b}[31m");
    assert_eq!(json["lanes"][0]["name"], "</script><script>alert('&')</script>\\");
    assert_eq!(json["lanes"][0]["took"], 7);
    assert_eq!(json["lanes"][1]["queued"], 7);
    assert_eq!(json["left_out"], 0);
    let events = json["events"].as_array().unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event["what"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["took", "needs", "queued"]);
    assert_eq!((&events[0]["from"], &events[0]["to"]), (&0.into(), &7.into()));
    assert_eq!(events[0]["payload"], "06736563726574");
    assert_eq!((&events[1]["from"], &events[1]["shown_to"]), (&7.into(), &15.into()));
    assert_eq!(events[1]["at_least"], 2);

    let empty: Value = serde_json::from_str(&Recorder::off().recording().to_json()).unwrap();
    assert_eq!(empty["events"], Value::Array(Vec::new()));
}

#[test]
fn the_page_needs_nothing_else_and_escapes() {
    let page = recorded(&Recorder::new().with_payload(100)).to_html("a <title>");
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<link", "import("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(page.contains("<title>a &lt;title&gt;</title>"));
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(&#39;&amp;&#39;)"));
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains('\u{1b}') && !page.contains("<b>"));
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[test]
fn elements_are_closed_in_order() {
    let recording = recorded(&Recorder::new().with_payload(100));
    for text in [recording.to_svg(), recording.to_html("title")] {
        let mut open = Vec::new();
        let mut rest = text.as_str();
        while let Some((_, behind)) = rest.split_once('<') {
            let (tag, behind) = behind.split_once('>').expect("a tag ends");
            rest = behind;
            let name = tag.split([' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if tag.ends_with('/') || ["!DOCTYPE", "meta"].contains(&name) => {}
                None if ["style", "script"].contains(&name) => {
                    // The text in it has no tags.
                    let (_, behind) = rest.split_once(&format!("</{name}>")).expect("it ends");
                    rest = behind;
                }
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn the_table_is_safe_for_a_terminal() {
    let table = recorded(&Recorder::new().with_payload(100)).to_string();
    assert!(table.chars().all(|character| character == '\n' || !character.is_control()));
}

#[test]
fn a_picture_of_many_events_stays_small() {
    let recorder = Recorder::new();
    let mut writer = recorder.trace("writer", length::u8());
    for _ in 0..5000 {
        Output::new().try_encode(&mut writer, "one").unwrap();
    }
    let recording = recorder.recording();
    assert_eq!(recording.events.len(), 5000);
    let picture = recording.to_svg();
    assert!(picture.contains("4400 more events") && picture.len() < 1 << 18);
    // The page lists them all.
    assert_eq!(recording.to_html("many").matches("<tr class=\"event\"").count(), 5000);
}

#[test]
fn files_are_of_the_kind_that_their_names_say() {
    let recording = recorded(&Recorder::new());
    let folder = std::env::temp_dir().join(format!("segue-trace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, begin) in [
        ("t.html", "<!DOCTYPE html>"),
        ("t.json", "{\"version\""),
        ("t.svg", "<svg"),
        ("t", "stream"),
    ] {
        let path = folder.join(name);
        recording.save(&path).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().starts_with(begin), "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
