//! The bytes that contenders go through.

/// Bytes of one corpus, at least: small enough for the second-level cache, so that memory is not
/// what is measured, and large enough for the end of a pass not to count.
const SIZE: usize = 64 * 1024;

/// Records of a corpus, at least.
const RECORDS: usize = 32;

/// Whole records, as many as `count` says.
pub struct Corpus {
    /// One record behind the other.
    pub bytes: Vec<u8>,
    /// How many there are.
    pub count: usize,
}

/// Records of `payload` bytes, each behind its length in four bytes, the most significant first.
///
/// # Panics
/// If the length does not fit four bytes.
#[must_use]
pub fn length_prefixed(payload: usize) -> Corpus {
    let length = u32::try_from(payload).expect("payloads of benches are short");
    let mut record = length.to_be_bytes().to_vec();
    record.extend(text().take(payload));
    repeated(&record)
}

/// Lines of `content` letters and spaces, ended by LF.
#[must_use]
pub fn lines(content: usize) -> Corpus {
    let mut line: Vec<u8> = text().take(content).collect();
    line.push(b'\n');
    repeated(&line)
}

/// One line of `content` letters and spaces, ended by LF.
#[must_use]
pub fn line(content: usize) -> Vec<u8> {
    text().take(content).chain([b'\n']).collect()
}

fn repeated(record: &[u8]) -> Corpus {
    let count = (SIZE / record.len() + 1).max(RECORDS);
    Corpus { bytes: record.repeat(count), count }
}

fn text() -> impl Iterator<Item = u8> {
    b"the quick brown fox jumps over the lazy dog ".iter().copied().cycle()
}
