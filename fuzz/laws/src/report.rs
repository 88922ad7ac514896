//! Reports that machines read: JSON, JUnit, and annotations of GitHub. The text is the `Display` of
//! [`Verdicts`].

use std::fmt::Write;

use crate::{Defect, Verdict, Verdicts};

/// In which form verdicts are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One array, with an object for each parser.
    Json,
    /// A test suite for each parser, with a case for each law.
    JUnit,
    /// A line for each defect, which GitHub shows beside the change.
    GitHub,
}

impl Format {
    /// Returns the form of this name: `text`, `json`, `junit` or `github`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "json" => Self::Json,
            "junit" => Self::JUnit,
            "github" => Self::GitHub,
            _ => return None,
        })
    }

    /// Returns the verdicts in this form, ended by a line end.
    #[must_use]
    pub fn of(self, all: &[Verdicts]) -> String {
        match self {
            Self::Text => all.iter().map(|one| format!("{one}\n")).collect(),
            Self::Json => format!("[{}]\n", list(all, object)),
            Self::JUnit => junit(all),
            Self::GitHub => all.iter().flat_map(annotations).collect(),
        }
    }
}

fn list<T>(all: &[T], one: impl Fn(&T) -> String) -> String {
    all.iter().map(one).collect::<Vec<_>>().join(",")
}

/// One parser in JSON.
fn object(verdicts: &Verdicts) -> String {
    let laws: Vec<_> = verdicts.all().collect();
    let laws = list(&laws, |(law, verdict)| {
        let (word, reason) = word(verdict);
        format!(
            "{{\"law\":{},\"verdict\":{},\"reason\":{}}}",
            quoted(law.name()),
            quoted(word),
            quoted(&reason)
        )
    });
    let defects = list(verdicts.defects(), defect);
    let (name, runs) = (quoted(verdicts.name()), verdicts.runs());
    format!("{{\"parser\":{name},\"runs\":{runs},\"laws\":[{laws}],\"defects\":[{defects}]}}")
}

fn defect(defect: &Defect) -> String {
    let seen = list(defect.seen(), |(when, seen)| {
        format!("{{\"when\":{},\"seen\":{}}}", quoted(when), quoted(&seen.to_string()))
    });
    let repeated = defect.repeated();
    let repeated = repeated.map_or("null".into(), |it| format!("[{},{}]", it.start, it.end));
    format!(
        "{{\"law\":{},\"symptom\":{},\"what\":{},\"origin\":{},\"input\":{},\"cuts\":{:?},\
         \"repeated\":{repeated},\"seen\":[{seen}]}}",
        quoted(defect.law().name()),
        quoted(&defect.symptom().to_string()),
        quoted(defect.what()),
        quoted(&format!("{:?}", defect.origin()).to_lowercase()),
        quoted(&defect.input().escape_ascii().to_string()),
        defect.cuts(),
    )
}

/// A verdict in a word, and the reason for it where there is one.
fn word(verdict: &Verdict<'_>) -> (&'static str, String) {
    match verdict {
        Verdict::Holds => ("holds", String::new()),
        Verdict::HoldsWithin(limit) => ("holds within its limit", format!("{limit} bytes")),
        Verdict::Violated(defect) => ("violated", defect.what().into()),
        Verdict::NotApplicable(why) => ("not applicable", (*why).into()),
        Verdict::Vacuous(why) => ("vacuous", (*why).into()),
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            letter if letter < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn junit(all: &[Verdicts]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for verdicts in all {
        let name = escaped(verdicts.name());
        let laws: Vec<_> = verdicts.all().collect();
        let failed = |(_, verdict): &&(_, Verdict<'_>)| matches!(verdict, Verdict::Violated(_));
        let skipped = |(_, verdict): &&(_, Verdict<'_>)| {
            matches!(verdict, Verdict::NotApplicable(_) | Verdict::Vacuous(_))
        };
        let (tests, failures) = (laws.len(), laws.iter().filter(failed).count());
        let skips = laws.iter().filter(skipped).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skips}\">"
        );
        for (law, verdict) in &laws {
            let _ = write!(xml, "    <testcase classname=\"{name}\" name=\"{law}\"");
            let _ = match verdict {
                Verdict::Holds | Verdict::HoldsWithin(_) => writeln!(xml, "/>"),
                Verdict::Violated(defect) => writeln!(
                    xml,
                    "><failure message=\"{}\">{}</failure></testcase>",
                    escaped(defect.what()),
                    escaped(&defect.to_string())
                ),
                Verdict::NotApplicable(why) | Verdict::Vacuous(why) => {
                    writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why))
                }
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

/// Text for XML, of which control characters are no part.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter < ' ' && letter != '\n' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The defects as workflow commands.
fn annotations(verdicts: &Verdicts) -> Vec<String> {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let line = |defect: &Defect| {
        let title = format!("{} breaks {}", verdicts.name(), defect.law().name());
        format!("::error title={}::{}\n", property(&title), data(&defect.to_string()))
    };
    verdicts.defects().iter().map(line).collect()
}
