//! Writes down what a parser is tried on, for when that takes its process down.

use std::{
    fs::{self, File},
    io::{self, Seek, Write},
    path::Path,
};

/// A file that holds the last stream and its cuts: a read on each line, in hexadecimal digits.
pub struct Trace(File);

impl Trace {
    /// Begins one.
    pub fn new(path: &Path) -> io::Result<Self> {
        File::create(path).map(Self)
    }

    /// Puts down a stream and its cuts, in place of the one before.
    pub fn write(&mut self, input: &[u8], cuts: &[usize]) -> io::Result<()> {
        let mut text = String::with_capacity(2 * input.len() + cuts.len() + 2);
        let mut at = 0;
        for end in cuts.iter().copied().chain([input.len()]) {
            for byte in &input[at..end.min(input.len())] {
                text.push(char::from(HEX[usize::from(byte >> 4)]));
                text.push(char::from(HEX[usize::from(byte & 15)]));
            }
            text.push('\n');
            at = end;
        }
        // A longer text ends behind the first empty line.
        text.push('\n');
        self.0.rewind()?;
        self.0.write_all(text.as_bytes())
    }
}

/// The reads that were put down last.
pub fn reads(path: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.as_bytes().chunks(2).filter_map(byte).collect()).collect()
}

const HEX: &[u8; 16] = b"0123456789abcdef";
