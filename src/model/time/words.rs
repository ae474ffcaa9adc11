//! Named days and times of day: `today`, `tomorrow 9am`, `monday`, `next friday at 14:30`, `17:30`, `noon`.

use jiff::Zoned;
use jiff::civil::{Time, Weekday};

use super::{Direction, at, days_from, start_of};

/// The words that the GNU date grammar may be asked about, in full and as people shorten them.
#[rustfmt::skip]
pub const GRAMMAR: &[&str] = &[
    "jan", "january", "feb", "february", "mar", "march", "apr", "april", "may", "jun", "june", "jul", "july",
    "aug", "august", "sep", "sept", "september", "oct", "october", "nov", "november", "dec", "december",
    "mon", "monday", "tue", "tues", "tuesday", "wed", "wednesday", "thu", "thur", "thurs", "thursday",
    "fri", "friday", "sat", "saturday", "sun", "sunday",
    "day", "days", "week", "weeks", "month", "months", "year", "years", "hour", "hours", "minute", "minutes",
    "fortnight", "fortnights", "noon", "midnight", "yesterday", "tomorrow", "today",
];

/// Whether a number is glued to the end of a named day: `today1`, `monday9`.
pub fn is_glued(lower: &str) -> bool {
    let ends_so = |head: &str| {
        let word = head.rsplit(|c: char| !c.is_ascii_alphabetic()).next();
        word.is_some_and(|w| w.ends_with("day") || matches!(w, "tomorrow" | "noon" | "midnight"))
    };
    lower
        .match_indices(|c: char| c.is_ascii_digit())
        .any(|(at, _)| ends_so(&lower[..at]))
}

/// Reads a named day with or without a time of day, or a time of day alone. Takes lower case.
pub fn parse(lower: &str, now: &Zoned, direction: Direction) -> Option<Zoned> {
    if lower == "now" {
        return Some(now.clone());
    }
    if let Some(time) = clock(lower) {
        return nearest(time, now, direction);
    }
    let (day, time) = split(lower);
    let time = match time {
        Some(words) => Some(clock(words.strip_prefix("at ").unwrap_or(words).trim())?),
        None => None,
    };
    let named = |days| match time {
        Some(time) => at(days_from(now, days)?, time, now),
        None => start_of(days_from(now, days)?, now),
    };
    match day {
        "today" => return named(0),
        "yesterday" => return named(-1),
        "tomorrow" => return named(1),
        _ => {}
    }
    let (day, side) = match day.split_once(' ') {
        Some(("next", day)) => (day, Side::Next),
        Some(("last", day)) => (day, Side::Last),
        Some(("on" | "this", day)) => (day, Side::Nearest),
        Some(_) => return None,
        None => (day, Side::Nearest),
    };
    let ahead = i64::from(now.date().weekday().until(weekday(day)?));
    let today = named(0).filter(|_| ahead == 0 && side == Side::Nearest);
    let (later, earlier) = (
        if ahead == 0 { 7 } else { ahead },
        if ahead == 0 { -7 } else { ahead - 7 },
    );
    match (side, direction) {
        (Side::Next, _) => named(later),
        (Side::Last, _) => named(earlier),
        (_, Direction::Future) => today.filter(|t| t >= now).or_else(|| named(later)),
        (_, Direction::Past) => today.filter(|t| t <= now).or_else(|| named(earlier)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Next,
    Last,
    Nearest,
}

/// A time of day: `9am`, `9:30 pm`, `17:30`, `17:30:15`, `noon`, `midnight`.
pub fn clock(lower: &str) -> Option<Time> {
    match lower {
        "noon" => return Some(Time::constant(12, 0, 0, 0)),
        "midnight" => return Some(Time::midnight()),
        _ => {}
    }
    let half = ["am", "pm"]
        .into_iter()
        .find_map(|half| Some((lower.strip_suffix(half)?.trim_end(), half)));
    let (digits, half) = half.map_or((lower, None), |(digits, half)| (digits, Some(half)));
    let mut parts = digits.split(':').map(|part| {
        let sound = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| part.parse::<i8>().ok()).flatten()
    });
    let hour = parts.next()??;
    let minute = parts.next();
    // A bare number is no time of day.
    if half.is_none() && minute.is_none() {
        return None;
    }
    let minute = minute.unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some("am") => hour % 12,
        Some(_) => hour % 12 + 12,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// This time of day, today or on the day beside it, whichever way the direction points.
fn nearest(time: Time, now: &Zoned, direction: Direction) -> Option<Zoned> {
    let today = at(now.date(), time, now)?;
    match direction {
        Direction::Future if today < *now => at(days_from(now, 1)?, time, now),
        Direction::Past if today > *now => at(days_from(now, -1)?, time, now),
        _ => Some(today),
    }
}

/// The day and what follows it.
fn split(lower: &str) -> (&str, Option<&str>) {
    let first = lower.split(' ').next().unwrap_or(lower);
    let skip = match first {
        "next" | "last" | "this" | "on" => first.len() + 1,
        _ => 0,
    };
    match lower.get(skip..).and_then(|rest| rest.find(' ')) {
        Some(at) => (&lower[..skip + at], Some(lower[skip + at..].trim())),
        None => (lower, None),
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}
