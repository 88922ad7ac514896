use core::{fmt, str, time::Duration};

/// A second as HTTP writes it: an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
///
/// ```
/// use std::time::Duration;
/// use segue_http::Date;
///
/// let date = Date::of(Duration::from_secs(784_111_777));
/// assert_eq!(date.as_str(), "Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    second: u64,
    text: [u8; TEXT.len()],
}

impl Date {
    /// Returns the date of a time since the beginning of 1970 (UTC); fractions of a second are
    /// dropped. A time behind the year 9999, the last that can be written, is its last second.
    #[cold]
    #[must_use]
    pub fn of(since_1970: Duration) -> Self {
        let second = since_1970.as_secs();
        let shown = second.min(LAST);
        let (days, in_day) = (shown / DAY, shown % DAY);
        let (year, month, day) = civil(days);
        let mut text = *TEXT;
        let mut put = |at: usize, part: &[u8]| text[at..at + part.len()].copy_from_slice(part);
        // The first day was a Thursday.
        put(0, word(b"ThuFriSatSunMonTueWed", days % 7));
        put(5, &two(day));
        put(8, word(b"JanFebMarAprMayJunJulAugSepOctNovDec", month));
        put(12, &two(year / 100));
        put(14, &two(year % 100));
        put(17, &two(in_day / 3600));
        put(20, &two(in_day / 60 % 60));
        put(23, &two(in_day % 60));
        Self { second, text }
    }

    /// Returns the seconds since the beginning of 1970.
    #[inline]
    #[must_use]
    pub const fn second(&self) -> u64 {
        self.second
    }

    /// Returns the date as a value of `Date`, `Expires` or `Last-Modified`.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Returns the same as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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

const TEXT: &[u8; 29] = b"Thu, 01 Jan 1970 00:00:00 GMT";

const DAY: u64 = 24 * 60 * 60;

/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        format,
        string::{String, ToString},
    };

    fn text(second: u64) -> String {
        Date::of(Duration::from_secs(second)).to_string()
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
            assert_eq!(text(second), expected);
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
            let expected = format!("Thu, 01 Jan 1970 {h:02}:{m:02}:{s:02} GMT");
            assert_eq!(text(second), expected);
        }
    }
}
