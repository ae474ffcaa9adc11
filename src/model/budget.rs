//! How much may go within how long, as it is written: `60/min`.

use std::fmt;
use std::time::Duration;

/// At most so many within any stretch of time this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// At least 1.
    pub most: u32,
    /// From a second to 31 days, whole seconds.
    pub per: Duration,
}

/// Names of a unit, the one that is shown first, and its seconds. No `m`: elsewhere that is a month.
const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "second"], 1),
    (&["min", "minute"], 60),
    (&["h", "hour"], 3600),
    (&["day", "d"], 86_400),
];

const LONGEST: u64 = 31 * 86_400;

impl Rate {
    /// Reads `10/s`, `60/min`, `20/2s`, `2000/day`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Rate> {
        let (most, per) = text.trim().split_once('/')?;
        let most: u32 = most.trim().replace('_', "").parse().ok()?;
        let per = per.trim();
        let digits = per.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = per.split_at(digits);
        let count: u64 = if digits == 0 { 1 } else { count.parse().ok()? };
        let unit = unit.trim();
        let (_, seconds) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
        let seconds = count.checked_mul(*seconds)?;
        (most > 0 && (1..=LONGEST).contains(&seconds)).then(|| Rate {
            most,
            per: Duration::from_secs(seconds),
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.per.as_secs();
        let (names, unit) = UNITS
            .iter()
            .rfind(|(_, unit)| seconds.is_multiple_of(*unit))
            .expect("every number of seconds is a multiple of one");
        match seconds / unit {
            1 => write!(f, "{}/{}", self.most, names[0]),
            n => write!(f, "{}/{n}{}", self.most, names[0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_shown_as_it_is_written() {
        for (written, shown) in [
            ("10/s", "10/s"),
            (" 60 / minute ", "60/min"),
            ("20/2s", "20/2s"),
            ("100/60s", "100/min"),
            ("2_000/d", "2000/day"),
            ("1/90min", "1/90min"),
            ("1/24h", "1/day"),
        ] {
            assert_eq!(Rate::parse(written).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for written in [
            "",
            "60",
            "/min",
            "0/min",
            "60/m",
            "60/0s",
            "-1/s",
            "1.5/s",
            "60/32d",
            "60/fortnight",
            "1/99999999999999999999s",
            "5000000000/s",
        ] {
            assert_eq!(Rate::parse(written), None, "{written}");
        }
    }
}
