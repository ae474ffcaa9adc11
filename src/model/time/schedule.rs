//! A time to come, as `--at` takes it: never one that has passed, never one that clocks skip.

use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::{Direction, parse, shown, span};
use crate::error::{Error, Result};

/// When something is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub at: Timestamp,
    /// What someone should know who typed a time that comes twice.
    pub warning: Option<String>,
}

/// Reads a time in the future, in the zone of `now` unless the text has its own.
///
/// # Errors
/// `usage` for a time that has passed, and for a wall-clock time that a change of the clocks skips. One that comes
/// twice is the first.
pub fn schedule(text: &str, now: &Zoned) -> Result<Schedule> {
    let at = parse(text, now, Direction::Future)?;
    if at.timestamp() <= now.timestamp() {
        return Err(Error::usage(format!(
            "`{}` has passed: it was {}",
            shown(text),
            at.strftime("%Y-%m-%d %H:%M:%S %Z")
        ))
        .hint("leave out --at to send it now, or write a time to come, like `tomorrow 9am` or `in 2h`"));
    }
    let mut warning = None;
    if let Some(wall) = wall_clock(text, now) {
        let zone = now.time_zone();
        if zone.is_unknown() {
            warning = Some(format!(
                "no time zone is known here (see TZ): {} is taken in UTC",
                at.strftime("%Y-%m-%d %H:%M")
            ));
        }
        let name = zone.iana_name().unwrap_or("this zone").to_owned();
        match zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { .. } => {}
            AmbiguousOffset::Gap { .. } => {
                return Err(Error::usage(format!(
                    "{} does not exist in {name}: the clocks go forward",
                    wall.strftime("%Y-%m-%d %H:%M")
                ))
                .hint(format!(
                    "write `{}` for the time it would be then",
                    at.strftime("%Y-%m-%d %H:%M")
                )));
            }
            AmbiguousOffset::Fold { after, .. } => {
                let second = after.to_timestamp(wall).ok();
                warning = second.map(|second| {
                    format!(
                        "{} comes twice in {name}: the first is taken, {}; the second is {}",
                        wall.strftime("%Y-%m-%d %H:%M"),
                        at.timestamp(),
                        second
                    )
                });
            }
        }
    }
    Ok(Schedule {
        at: at.timestamp(),
        warning,
    })
}

/// The day and time of day that the text names by itself; `None` if it names an instant or a distance.
fn wall_clock(text: &str, now: &Zoned) -> Option<DateTime> {
    let lower = text.trim().to_lowercase();
    let bare = lower.trim_start_matches("in ").trim_start_matches('+');
    let is_instant = lower.contains('[') || text.trim().parse::<Timestamp>().is_ok();
    if is_instant || span(bare).is_some() {
        return None;
    }
    // Where no clock is ever changed, what is read is what was typed.
    let steady = now.datetime().to_zoned(TimeZone::UTC).ok()?;
    parse(text, &steady, Direction::Future)
        .ok()
        .map(|read| read.datetime())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn at(text: &str, from: &str) -> Result<String> {
        schedule(text, &now(from)).map(|s| s.at.to_string())
    }

    const WINTER: &str = "2026-11-21T12:00[Europe/Berlin]";

    #[test]
    fn a_time_to_come_is_taken_in_the_zone_of_the_reader() {
        for (text, wanted) in [
            ("2026-12-01 09:00", "2026-12-01T08:00:00Z"),
            ("tomorrow 9am", "2026-11-22T08:00:00Z"),
            ("in 2h", "2026-11-21T13:00:00Z"),
            ("2h", "2026-11-21T13:00:00Z"),
            ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00+05:00", "2026-12-01T04:00:00Z"),
        ] {
            assert_eq!(at(text, WINTER).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_has_passed_is_refused() {
        for text in [
            "2026-11-21 11:59",
            "2020-01-01",
            "yesterday",
            "2026-11-21T11:00:00Z",
            "now",
        ] {
            assert!(at(text, WINTER).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_named() {
        let e = schedule("2027-03-28 02:30", &now(WINTER)).unwrap_err();
        assert_eq!(
            e.message,
            "2027-03-28 02:30 does not exist in Europe/Berlin: the clocks go forward"
        );
        assert_eq!(
            e.hint.as_deref(),
            Some("write `2027-03-28 03:30` for the time it would be then")
        );
        // As an instant, or as a distance, there is nothing wrong with it.
        assert!(at("2027-03-28T02:30:00Z", WINTER).is_ok());
        assert!(at("in 90min", "2027-03-28T01:00[Europe/Berlin]").is_ok());
    }

    #[test]
    fn a_time_that_comes_twice_is_the_first_and_says_so() {
        let found = schedule("2027-10-31 02:30", &now(WINTER)).unwrap();
        assert_eq!(found.at.to_string(), "2027-10-31T00:30:00Z");
        assert!(
            found
                .warning
                .unwrap()
                .ends_with("the second is 2027-10-31T01:30:00Z")
        );
    }
}
