//! TIME as people type it: RFC 3339, `2026-12-01 09:00`, `tomorrow 9am`, `in 2h`, `2d` (ago, in filters).
//!
//! A day alone is its first instant in the reader's zone; a wall-clock time that a DST change skips is the one
//! as long after the change. `m` is a month, `min` a minute.

mod schedule;
mod words;

pub use schedule::{Schedule, schedule};

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, ToSpan, Unit, Zoned};

use crate::error::{Error, Result};

/// Which way a bare `2d` or `monday` points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Filters: `2d` is two days ago.
    Past,
    /// `--at`: `2d` is in two days.
    Future,
}

/// Longer input is no time; parsers need not see it.
const LONGEST: usize = 100;

/// Reads a point in time relative to `now`, in the zone of `now` unless the text has its own.
pub fn parse(text: &str, now: &Zoned, direction: Direction) -> Result<Zoned> {
    let trimmed = text.trim();
    // One letter is a military zone to some grammars, and a slip of the finger to everyone else.
    if trimmed.chars().count() < 2 || trimmed.len() > LONGEST {
        return Err(unreadable(text));
    }
    let lower = trimmed.to_lowercase();
    let found = exact(trimmed, now)
        .or_else(|| words::parse(&lower, now, direction))
        .or_else(|| from_now(&lower, now, direction))
        .or_else(|| last_resort(&lower, now));
    match found {
        Some(time) if (1900..=9000).contains(&time.year()) => Ok(time),
        _ => Err(unreadable(text)),
    }
}

/// Reads a length of time in calendar units (`2d`, `3w`, `1m`, `1y`, `1h30min`), as `older_than:` takes it.
pub fn span(text: &str) -> Option<Span> {
    let mut span = Span::new();
    for (amount, unit) in pairs(&text.trim().to_lowercase())? {
        span = match unit {
            Unit::Year => span.try_years(i64::from(span.get_years()).checked_add(amount)?),
            Unit::Month => span.try_months(i64::from(span.get_months()).checked_add(amount)?),
            Unit::Week => span.try_weeks(i64::from(span.get_weeks()).checked_add(amount)?),
            Unit::Day => span.try_days(i64::from(span.get_days()).checked_add(amount)?),
            Unit::Hour => span.try_hours(i64::from(span.get_hours()).checked_add(amount)?),
            Unit::Minute => span.try_minutes(span.get_minutes().checked_add(amount)?),
            Unit::Second => span.try_seconds(span.get_seconds().checked_add(amount)?),
            _ => span.try_milliseconds(span.get_milliseconds().checked_add(amount)?),
        }
        .ok()?;
    }
    Some(span)
}

/// Reads a length of time that a clock can measure: `500ms`, `10s`, `5min`, `2h`, `1d`, `1h30min`, `0`.
pub fn duration(text: &str) -> Result<std::time::Duration> {
    let wrong = || {
        Error::usage(format!("`{}` is not a length of time", shown(text)))
            .hint("write it like `10s`, `5min`, `2h` or `1d`")
    };
    let lower = text.trim().to_lowercase();
    if lower == "0" {
        return Ok(std::time::Duration::ZERO);
    }
    let mut millis: u64 = 0;
    for (amount, unit) in pairs(&lower).ok_or_else(wrong)? {
        let one = match unit {
            Unit::Millisecond => 1,
            Unit::Second => 1_000,
            Unit::Minute => 60_000,
            Unit::Hour => 3_600_000,
            Unit::Day => 86_400_000,
            Unit::Week => 7 * 86_400_000,
            _ => {
                return Err(Error::usage(format!(
                    "`{}` is counted in months or years, which have no fixed length",
                    shown(text)
                ))
                .hint("`m` is a month and `min` a minute: write `5min`, `2h` or `30d`"));
            }
        };
        millis = u64::try_from(amount)
            .ok()
            .and_then(|amount| amount.checked_mul(one))
            .and_then(|more| millis.checked_add(more))
            .ok_or_else(wrong)?;
    }
    Ok(std::time::Duration::from_millis(millis))
}

/// How long to wait for something, which takes some time: `what` is what that is for.
pub fn patience(text: &str, what: &str) -> Result<std::time::Duration> {
    let patience = duration(text)?;
    if patience.is_zero() {
        let words = format!("a timeout of nothing leaves no time to {what}");
        return Err(Error::usage(words).hint("write it like `30s`, `10min` or `1h`"));
    }
    Ok(patience)
}

fn unreadable(text: &str) -> Error {
    Error::usage(format!("`{}` is not a time", shown(text))).hint(
        "write it like `2026-12-01`, `2026-12-01 09:00`, `2026-12-01T09:00:00Z`, `today`, `tomorrow 9am`, `monday`, \
         `in 2h` or `2d` (d days, w weeks, m months, y years, h hours, min minutes)",
    )
}

/// The text for an error: one line, no control characters, not too long.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(60)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

/// RFC 3339, RFC 9557 with a zone, ISO 8601 without one.
fn exact(text: &str, now: &Zoned) -> Option<Zoned> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if text.contains('[') {
        return text.parse::<Zoned>().ok();
    }
    let zone = now.time_zone();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.to_zoned(zone.clone()));
    }
    // A bare number is far more often a slip than 2026-12-01 without its dashes.
    if text.bytes().all(|b| b.is_ascii_digit()) && text.len() != 8 {
        return None;
    }
    let has_time = text.contains(':') || text.contains(['T', 't']);
    if has_time {
        if let Ok(local) = text.parse::<DateTime>() {
            return local.to_zoned(zone.clone()).ok();
        }
        let (date, clock) = text.split_once([' ', 'T', 't'])?;
        let date: Date = date.parse().ok()?;
        return at(date, words::clock(&clock.trim().to_lowercase())?, now);
    }
    if let Some((date, clock)) = text.split_once(' ') {
        let date: Date = date.parse().ok()?;
        return at(date, words::clock(&clock.trim().to_lowercase())?, now);
    }
    start_of(text.parse().ok()?, now)
}

/// The first instant of a local day.
fn start_of(date: Date, now: &Zoned) -> Option<Zoned> {
    let noon = date.at(12, 0, 0, 0).to_zoned(now.time_zone().clone());
    noon.ok()?.start_of_day().ok()
}

/// A local day and time of day.
fn at(date: Date, time: Time, now: &Zoned) -> Option<Zoned> {
    date.to_datetime(time)
        .to_zoned(now.time_zone().clone())
        .ok()
}

/// `in 2h`, `2h ago`, `+2h`, `-2h`, and the bare `2h` that follows the direction.
fn from_now(lower: &str, now: &Zoned, direction: Direction) -> Option<Zoned> {
    let (amount, direction) = if let Some(rest) = lower.strip_prefix("in ") {
        (rest, Direction::Future)
    } else if let Some(rest) = lower.strip_suffix(" ago") {
        (rest, Direction::Past)
    } else if let Some(rest) = lower.strip_prefix('+') {
        (rest, Direction::Future)
    } else if let Some(rest) = lower.strip_prefix('-') {
        (rest, Direction::Past)
    } else {
        (lower, direction)
    };
    let span = span(amount)?;
    match direction {
        Direction::Past => now.checked_sub(span).ok(),
        Direction::Future => now.checked_add(span).ok(),
    }
}

/// `1h30min` as numbers with their units, largest first or not.
fn pairs(lower: &str) -> Option<Vec<(i64, Unit)>> {
    let mut pairs = Vec::new();
    let mut rest = lower.trim();
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.len()
            - after
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .len();
        let (name, next) = after.split_at(letters);
        pairs.push((number.parse().ok()?, unit(name)?));
        rest = next.trim_start();
    }
    (!pairs.is_empty()).then_some(pairs)
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "ms" => Unit::Millisecond,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "m" | "mo" | "month" | "months" => Unit::Month,
        "y" | "yr" | "year" | "years" => Unit::Year,
        _ => return None,
    })
}

/// The GNU date grammar, for what is left and names a month, a day or a length of time.
fn last_resort(lower: &str, now: &Zoned) -> Option<Zoned> {
    let mut runs = lower
        .split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty());
    let sound = runs
        .clone()
        .all(|w| w.len() > 1 && w.is_ascii() && !is_slip(w))
        && runs.any(|w| words::GRAMMAR.contains(&w));
    if !sound || words::is_glued(lower) {
        return None;
    }
    match parse_datetime::parse_datetime_at_date(now.clone(), lower).ok()? {
        parse_datetime::ParsedDateTime::InRange(time) => {
            Some(time.with_time_zone(now.time_zone().clone()))
        }
        _ => None,
    }
}

/// Whether this begins like a word of the grammar but is none: `yesterdayy`, `mondayish`, `decem`.
fn is_slip(word: &str) -> bool {
    let begins = words::GRAMMAR.iter().any(|known| word.starts_with(known));
    begins && !words::GRAMMAR.contains(&word)
}

/// Tomorrow's date and the like.
fn days_from(now: &Zoned, days: i64) -> Option<Date> {
    now.date().checked_add(days.days()).ok()
}

#[cfg(test)]
mod tests;
