//! The tree of the findings, and its output.

use std::{
    io::{self, Write},
    ops::Range,
};

use serde_json::{Map, Value, json};

/// Something that was found in a capture, with what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// `datagram`, `packet`, `frame`, `message`, `padding`, `connection`,
    /// `stream`, `skipped`.
    pub(crate) kind: &'static str,
    /// As its standard calls it.
    pub(crate) name: String,
    /// The range in its datagram, in bytes; none if it is in no datagram.
    pub(crate) range: Option<Range<usize>>,
    /// The fields.
    pub(crate) fields: Vec<(&'static str, Value)>,
    /// The error in it.
    pub(crate) wrong: Option<String>,
    /// The nodes within it.
    pub(crate) children: Vec<Node>,
}

/// The style of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Text,
    Colours,
    Json,
}

impl Node {
    pub(crate) fn new(kind: &'static str, name: impl Into<String>) -> Self {
        let (fields, children) = (Vec::new(), Vec::new());
        Self { kind, name: name.into(), range: None, fields, wrong: None, children }
    }

    pub(crate) fn at(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    pub(crate) fn wrong(mut self, what: impl ToString) -> Self {
        self.wrong = Some(what.to_string());
        self
    }

    /// The value of a field.
    #[allow(dead_code, reason = "tests ask for it")]
    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    pub(crate) fn write(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        if style == Style::Json {
            return writeln!(out, "{}", self.json());
        }
        self.write_line(out, style, "", "")?;
        self.write_children(out, style, "")
    }

    fn write_children(&self, out: &mut impl Write, style: Style, indent: &str) -> io::Result<()> {
        for (index, child) in self.children.iter().enumerate() {
            let last = index + 1 == self.children.len();
            let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            child.write_line(out, style, indent, branch)?;
            child.write_children(out, style, &format!("{indent}{below}"))?;
        }
        Ok(())
    }

    fn write_line(
        &self,
        out: &mut impl Write,
        style: Style,
        indent: &str,
        branch: &str,
    ) -> io::Result<()> {
        let paint = |code: &'static str| if style == Style::Colours { code } else { "" };
        let (plain, dim) = (paint("\x1b[0m"), paint("\x1b[2m"));
        let colour = paint(match self.kind {
            "datagram" | "connection" => "\x1b[1m",
            "packet" => "\x1b[1;36m",
            "frame" => "\x1b[32m",
            "message" => "\x1b[33m",
            _ => "\x1b[35m",
        });
        let kind = if self.kind == "skipped" { "skipped: " } else { "" };
        write!(out, "{dim}{indent}{branch}{plain}{colour}{kind}{}{plain}", self.name)?;
        if let Some(range) = &self.range {
            write!(out, " {dim}[{}..{}]{plain}", range.start, range.end)?;
        }
        for (name, value) in &self.fields {
            match value {
                Value::String(text) => write!(out, " {dim}{name}={plain}{text}")?,
                other => write!(out, " {dim}{name}={plain}{other}")?,
            }
        }
        if let Some(wrong) = &self.wrong {
            write!(out, " {}! {wrong}{plain}", paint("\x1b[31m"))?;
        }
        writeln!(out)
    }

    fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert(self.kind.to_owned(), json!(self.name));
        if let Some(range) = &self.range {
            object.insert("range".to_owned(), json!([range.start, range.end]));
        }
        for (name, value) in &self.fields {
            object.insert((*name).to_owned(), value.clone());
        }
        if let Some(wrong) = &self.wrong {
            object.insert("wrong".to_owned(), json!(wrong));
        }
        if !self.children.is_empty() {
            let children = self.children.iter().map(Self::json);
            object.insert("contains".to_owned(), children.collect());
        }
        Value::Object(object)
    }
}

/// Bytes as people read them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
