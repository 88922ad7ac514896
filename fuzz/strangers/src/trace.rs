//! Writes down what a parser is given, for when it takes its process down.

use segue::laws::{Answer, Stranger};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::OnceLock,
};

static FILE: OnceLock<PathBuf> = OnceLock::new();

/// From now on parsers made by [`traced`] write down what they are given.
pub fn write_to(path: Option<PathBuf>) {
    if let Some(path) = path {
        let _ = FILE.set(path);
    }
}

/// The parser, and with it a file that tells what it was given last, if that is wanted.
pub fn traced(parser: Box<dyn Stranger>) -> Box<dyn Stranger> {
    match FILE.get().map(File::create) {
        Some(Ok(file)) => Box::new(Traced { parser, file }),
        _ => parser,
    }
}

/// The reads that were written down: one on each line, in hexadecimal digits.
pub fn reads(path: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    text.lines().map(|line| line.as_bytes().chunks(2).filter_map(byte).collect()).collect()
}

struct Traced {
    parser: Box<dyn Stranger>,
    file: File,
}

impl Stranger for Traced {
    fn push(&mut self, bytes: &[u8]) {
        let line: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(self.file, "{line}");
        self.parser.push(bytes);
    }

    fn step(&mut self) -> Answer {
        self.parser.step()
    }

    fn end(&mut self) -> Answer {
        self.parser.end()
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        self.parser.left_over()
    }
}
