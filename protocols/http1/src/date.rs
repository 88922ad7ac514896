//! The time as HTTP writes it.

use segue::Output;

/// A second, written as an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), in the
/// header line that tells it.
#[derive(Debug, Clone)]
pub(crate) struct Date {
    second: u64,
    line: [u8; LINE.len()],
}

impl Date {
    /// The second that is so many behind the beginning of 1970 in UTC. Behind the year 9999, which is
    /// the last that can be written, it is the last second of that.
    #[cold]
    pub(crate) fn of(second: u64) -> Self {
        let shown = second.min(LAST);
        let (days, in_day) = (shown / DAY, shown % DAY);
        let (year, month, day) = civil(days);
        let mut line = *LINE;
        let mut put = |at: usize, text: &[u8]| line[at..at + text.len()].copy_from_slice(text);
        // The first day was a Thursday.
        put(6, word(b"ThuFriSatSunMonTueWed", days % 7));
        put(11, &two(day));
        put(14, word(b"JanFebMarAprMayJunJulAugSepOctNovDec", month));
        put(18, &two(year / 100));
        put(20, &two(year % 100));
        put(23, &two(in_day / 3600));
        put(26, &two(in_day / 60 % 60));
        put(29, &two(in_day % 60));
        Self { second, line }
    }

    /// The second that it is of.
    #[inline]
    pub(crate) fn second(&self) -> u64 {
        self.second
    }

    /// Appends the line.
    #[inline]
    pub(crate) fn put_line(&self, output: &mut Output) {
        output.put(&self.line);
    }
}

/// Year, month from 0, and day from 1 of this many days after the beginning of 1970.
///
/// Years are taken to begin in March, so that a leap day is the last of its year, and days are
/// counted from the 1st of March of the year 0: 400 years are 146,097 days, 100 of them at least
/// 36,524, four at least 1,460, and five months from March or August on are 153 days.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, in_era) = (days / 146_097, days % 146_097);
    let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    (400 * era + year + u64::from(month < 2), month, day)
}

/// The word of three letters at a place in a list of them.
fn word(words: &[u8], at: u64) -> &[u8] {
    let at = usize::try_from(at).unwrap_or(0);
    words.chunks(3).nth(at).unwrap_or_default()
}

/// A number below 100 in two digits.
fn two(number: u64) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

const LINE: &[u8; 37] = b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";

const DAY: u64 = 24 * 60 * 60;

/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    fn line(second: u64) -> String {
        String::from_utf8(Date::of(second).line.to_vec()).unwrap()
    }

    #[test]
    fn seconds_that_others_have_written() {
        for (second, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (LAST, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(line(second), format!("Date: {expected}\r\n"));
        }
    }

    /// Every day there can be, counted one after the other.
    #[test]
    fn days_follow_each_other() {
        let (mut year, mut month, mut day) = (1970_u64, 0_usize, 1_u64);
        for days in 0..=LAST / DAY {
            assert_eq!(civil(days), (year, month as u64, day), "{days}");
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let lengths = [31, 28 + u64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            day += 1;
            if day > lengths[month] {
                (month, day) = (month + 1, 1);
            }
            if month == 12 {
                (year, month) = (year + 1, 0);
            }
        }
        assert_eq!((year, month, day), (10_000, 0, 1));
    }

    #[test]
    fn seconds_of_a_day_follow_each_other() {
        for second in 0..DAY {
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            let expected = format!("Date: Thu, 01 Jan 1970 {h:02}:{m:02}:{s:02} GMT\r\n");
            assert_eq!(line(second), expected);
        }
    }
}
