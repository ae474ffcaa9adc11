//! Dates of received mail: RFC 5322 §3.3, its obsolete forms, and what old or careless software writes.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};

/// The instant an unfolded Date value means; `None` if it can't be read. Without a zone it is UTC.
pub fn read(value: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(&value[..value.len().min(200)]);
    let text = without_comments(&text);
    let mut found = Found::default();
    for token in text.split([' ', '\t', ',', '"']).filter(|t| !t.is_empty()) {
        found.take(token);
    }
    found.instant()
}

#[derive(Default)]
struct Found {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    /// Hour, minute, second.
    time: Option<(i8, i8, i8)>,
    pm: Option<bool>,
    offset_s: Option<i32>,
}

impl Found {
    fn take(&mut self, token: &str) {
        let bytes = token.as_bytes();
        match bytes[0] {
            b'+' | b'-' if self.time.is_some() => self.offset_s = self.offset_s.or(offset(token)),
            b'0'..=b'9' => self.number(token),
            _ if bytes[0].is_ascii_alphabetic() => self.word(token),
            _ => {}
        }
    }

    fn number(&mut self, token: &str) {
        if let Some((date, time)) = token
            .split_once(['T', 't'])
            .filter(|(d, _)| d.contains('-'))
        {
            self.number(date);
            return self.number(time);
        }
        if self.time.is_none() && token.contains(':') {
            return self.clock(token);
        }
        let parts: Vec<_> = token.split(['-', '/']).filter(|p| !p.is_empty()).collect();
        if let [a, b, c] = parts[..] {
            return match (month(b), b.parse::<i8>()) {
                (Some(named), _) => {
                    self.month = Some(named);
                    self.day_or_year(a);
                    self.day_or_year(c);
                }
                // Only year-month-day is clear with numbers alone.
                (None, Ok(number)) if a.len() == 4 => {
                    self.year = a.parse().ok();
                    self.month = Some(number);
                    self.day = c.parse().ok();
                }
                _ => {}
            };
        }
        // 15.04.05, after the date
        let dotted: Vec<_> = token.split('.').collect();
        if self.time.is_none() && self.month.is_some() && self.day.is_some() && dotted.len() == 3 {
            return self.clock(&dotted.join(":"));
        }
        if self.year.is_some() && self.time.is_some() && token.len() == 4 {
            // A zone that lost its sign.
            self.offset_s = self.offset_s.or_else(|| offset(&format!("+{token}")));
            return;
        }
        self.day_or_year(token.trim_end_matches(|c: char| !c.is_ascii_digit()));
    }

    fn day_or_year(&mut self, digits: &str) {
        let Ok(number) = digits.parse::<i16>() else {
            return;
        };
        if self.day.is_none() && digits.len() <= 2 {
            self.day = i8::try_from(number).ok();
        } else if self.year.is_none() {
            // RFC 5322 §4.3
            self.year = Some(match digits.len() {
                1 | 2 if number < 50 => 2000 + number,
                // "106" and "0106" are years since 1900 of software that never saw 2000.
                1..=3 => 1900 + number,
                4 if number < 200 => 1900 + number,
                _ => number,
            });
        }
    }

    /// `15:04`, `15:04:05.123`, `3:04PM`, with a zone glued on.
    fn clock(&mut self, token: &str) {
        let end = token
            .find(|c: char| !matches!(c, '0'..='9' | ':' | '.'))
            .unwrap_or(token.len());
        let mut numbers = token[..end].split(':').map(|n| {
            let whole = n.split('.').next().unwrap_or(n);
            whole.parse::<i8>().ok().filter(|n| (0..=60).contains(n))
        });
        let (hour, minute) = (numbers.next().flatten(), numbers.next().flatten());
        let second = numbers.next().map_or(Some(0), |s| s).map(|s| s.min(59));
        if let (Some(hour), Some(minute), Some(second)) = (hour, minute, second) {
            self.time = Some((hour, minute, second));
        }
        let rest = &token[end..];
        if rest.starts_with(['+', '-']) {
            self.offset_s = self.offset_s.or(offset(rest));
        } else if !rest.is_empty() {
            self.word(rest);
        }
    }

    fn word(&mut self, token: &str) {
        let lower = token.to_ascii_lowercase();
        // 02-Jan-2006 was seen by its digit; Jan-02-2006 comes here.
        match lower.trim_end_matches('.') {
            "am" | "a.m" => self.pm = Some(false),
            "pm" | "p.m" => self.pm = Some(true),
            name => {
                if let Some(number) = month(name) {
                    self.month = self.month.or(Some(number));
                } else if self.time.is_some() && self.offset_s.is_none() {
                    self.offset_s = zone(name);
                }
            }
        }
    }

    fn instant(self) -> Option<Timestamp> {
        let (mut hour, minute, second) = self.time.unwrap_or_default();
        match self.pm {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        let year = self.year.filter(|y| (1900..=9998).contains(y))?;
        let local =
            civil::DateTime::new(year, self.month?, self.day?, hour, minute, second, 0).ok()?;
        let offset = Offset::from_seconds(self.offset_s.unwrap_or(0)).ok()?;
        Some(local.to_zoned(TimeZone::fixed(offset)).ok()?.timestamp())
    }
}

fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    if name.len() < 3 {
        return None;
    }
    let at = MONTHS
        .iter()
        .position(|month| month.starts_with(name) || (name == "sept" && *month == "september"))?;
    i8::try_from(at + 1).ok()
}

/// `+0100`, `-01:00`, `+01`, `+1` in seconds; zones a day or more away are nonsense and count as UTC.
fn offset(token: &str) -> Option<i32> {
    let sign = if token.starts_with('-') { -1 } else { 1 };
    let digits: String = token[1..]
        .chars()
        .filter(char::is_ascii_digit)
        .take(4)
        .collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number, 0),
        _ => (number / 100, number % 100),
    };
    let seconds = hours * 3600 + minutes * 60;
    Some(if hours < 24 && minutes < 60 {
        sign * seconds
    } else {
        0
    })
}

/// Seconds east of UTC of a named zone (RFC 5322 §4.3, and those European and Asian mailers write).
fn zone(name: &str) -> Option<i32> {
    let minutes = match name {
        "est" => -5 * 60,
        "edt" => -4 * 60,
        "cst" => -6 * 60,
        "cdt" => -5 * 60,
        "mst" => -7 * 60,
        "mdt" => -6 * 60,
        "pst" => -8 * 60,
        "pdt" => -7 * 60,
        "akst" => -9 * 60,
        "akdt" => -8 * 60,
        "hst" => -10 * 60,
        "cet" | "met" | "mez" | "bst" | "west" => 60,
        "cest" | "mest" | "mesz" | "eet" | "sast" => 120,
        "eest" | "msk" => 180,
        "ist" => 330,
        "hkt" | "sgt" | "awst" => 480,
        "jst" | "kst" => 540,
        "aest" => 600,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "ut" | "utc" | "gmt" | "z" | "wet" => 0,
        // "GMT+0100"
        other => {
            let signed = ["gmt", "utc"].iter().find_map(|p| other.strip_prefix(p))?;
            return signed
                .starts_with(['+', '-'])
                .then(|| offset(signed))
                .flatten();
        }
    };
    Some(minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_all_their_forms() {
        for (value, expected) in [
            ("Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T22:04:05Z"),
            (
                "Mon, 2 Jan 2006 15:04:05 -0700 (MST)",
                "2006-01-02T22:04:05Z",
            ),
            ("2 Jan 2006 15:04 GMT", "2006-01-02T15:04:00Z"),
            ("2 Jan 06 15:04:05 EST", "2006-01-02T20:04:05Z"),
            ("Mon, 2 Jan 99 15:04:05 +0000", "1999-01-02T15:04:05Z"),
            ("Mon, 2 Jan 106 15:04:05 +0000", "2006-01-02T15:04:05Z"),
            ("Mon, 2 Jan 0106 15:04:05 +0000", "2006-01-02T15:04:05Z"),
            ("Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05Z"),
            ("Mon Jan 2 15:04:05 PST 2006", "2006-01-02T23:04:05Z"),
            ("02-Jan-2006 15:04:05 +0100", "2006-01-02T14:04:05Z"),
            ("2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z"),
            ("2006-01-02T15:04:05.123+02:00", "2006-01-02T13:04:05Z"),
            ("2006-01-02 15:04:05 +0100", "2006-01-02T14:04:05Z"),
            ("Monday, January 2, 2006 3:04 PM", "2006-01-02T15:04:00Z"),
            ("Mon, 2 Jan 2006 15.04.05 +0000", "2006-01-02T15:04:05Z"),
            ("Mon, 2 Jan 2006 15:04:05-0700", "2006-01-02T22:04:05Z"),
            ("Mon, 2 Jan 2006 15:04:60 +0000", "2006-01-02T15:04:59Z"),
            ("Mon, 2 Jan 2006 15:04:05 GMT+0100", "2006-01-02T14:04:05Z"),
            ("Mon, 2 Jan 2006 15:04:05 0100", "2006-01-02T14:04:05Z"),
            ("Mon, 2 Jan 2006 15:04:05 +9999", "2006-01-02T15:04:05Z"),
            ("Mon, 2 Jan 2006 15:04:05 XYZ", "2006-01-02T15:04:05Z"),
            ("Mon, 2 Jan 2006", "2006-01-02T00:00:00Z"),
            (
                "Mon (day), 2 (num) Jan 2006 15:04:05 +0000",
                "2006-01-02T15:04:05Z",
            ),
            ("Thu, 1 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00Z"),
        ] {
            let found = read(value.as_bytes()).map(|t| t.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn nonsense_is_not_a_date() {
        for value in [
            "",
            "soon",
            "Mon, 31 Feb 2006 10:00:00 +0000",
            "1 Jan",
            "99 Jan 2006 1:2:3",
            "Mon, 2 Jan 2006 25:04:05",
            "0/0/0",
            "-",
            "((((",
        ] {
            assert_eq!(read(value.as_bytes()), None, "{value}");
        }
    }
}
