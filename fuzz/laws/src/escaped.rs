//! Bytes in reports.

/// Returns the bytes as a byte string literal; of long ones the two ends.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    /// Longer than most finds once they are shrunk, so those can be copied from the report.
    const SHOWN: usize = 256;
    if bytes.len() <= SHOWN {
        return format!("b\"{}\"", bytes.escape_ascii());
    }
    let (front, back) = (&bytes[..SHOWN / 2], &bytes[bytes.len() - SHOWN / 2..]);
    let between = bytes.len() - SHOWN;
    format!("b\"{}\" … {between} bytes … b\"{}\"", front.escape_ascii(), back.escape_ascii())
}
