//! CRC32c, the checksum of Castagnoli (RFC 4960 Appendix B).
//!
//! A table of our own: a header is summed once for each connection, and is a few hundred bytes, so
//! the crates that use the processor's instruction have nothing to gain here.

/// Returns the checksum of `parts`, one behind the other.
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    let bytes = parts.iter().copied().flatten();
    !bytes.fold(!0, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        TABLE[usize::from(low ^ byte)] ^ (sum >> 8)
    })
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let (mut at, mut sum) = (0, 0_u32);
    while at < table.len() {
        let mut entry = sum;
        let mut bit = 0;
        while bit < 8 {
            entry = if entry & 1 == 1 { (entry >> 1) ^ POLYNOMIAL } else { entry >> 1 };
            bit += 1;
        }
        table[at] = entry;
        at += 1;
        sum += 1;
    }
    table
};

/// 0x1EDC6F41 with its bits in the order in which they are sent.
const POLYNOMIAL: u32 = 0x82F6_3B78;

#[cfg(test)]
mod tests {
    use super::crc32c;

    /// The vectors of RFC 3720 §B.4, and the check value of the algorithm's catalogue.
    #[test]
    fn the_vectors_of_the_standard() {
        let ascending = core::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap_or(0));
        let mut descending = ascending;
        descending.reverse();
        assert_eq!(crc32c(&[&[0; 32]]), 0x8A91_36AA);
        assert_eq!(crc32c(&[&[0xFF; 32]]), 0x62A8_AB43);
        assert_eq!(crc32c(&[&ascending]), 0x46DD_794E);
        assert_eq!(crc32c(&[&descending]), 0x113F_DB5C);
        assert_eq!(crc32c(&[b"123456789"]), 0xE306_9283);
        assert_eq!(crc32c(&[b"1234", b"", b"56789"]), 0xE306_9283);
        assert_eq!(crc32c(&[]), 0);
    }
}
