//! Streams that differ a little from another.

use super::cuts::Random;

/// Streams that differ from `input` in a byte or two, or in the order of their parts: the same
/// ones each time. Long ones have few, since each costs a handful of runs.
pub(super) fn mutants(input: &[u8]) -> Vec<Vec<u8>> {
    let count = match input.len() {
        0 => 0,
        1..=1024 => 32,
        1025..=0x1_0000 => 4,
        _ => 1,
    };
    let mut random = Random::new(input.len() as u64);
    (0..count).map(|_| mutant(input, &mut random)).collect()
}

fn mutant(input: &[u8], random: &mut Random) -> Vec<u8> {
    let mut mutant = input.to_vec();
    for _ in 0..=random.below(2) {
        // What was removed may have been all there was.
        let at = random.below(mutant.len().max(1));
        let length = random.below(8).min(mutant.len().saturating_sub(at));
        let part = mutant[at..at + length].to_vec();
        match random.below(6) {
            0 => mutant.insert(at, TELLING[random.below(TELLING.len())]),
            1 => drop(mutant.drain(at..at + length)),
            2 => drop(mutant.splice(at..at, part)),
            3 => mutant.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            4 => mutant.extend(part),
            _ => {
                let byte = TELLING[random.below(TELLING.len())];
                mutant.iter_mut().skip(at).take(1).for_each(|it| *it = byte);
            }
        }
    }
    mutant
}

/// Bytes that mean something to many protocols: lengths at their ends, separators and escapes.
const TELLING: &[u8] = b"\0\x01\x7e\x7f\x80\xff\r\n\t .:;,\"\\0;\xc0\xdb";
