//! What each way of writing a time means.

use jiff::Zoned;
use proptest::prelude::*;

use super::*;

/// A Saturday, noon in UTC, one o'clock in Berlin.
fn now() -> Zoned {
    "2026-11-21T13:00:00+01:00[Europe/Berlin]".parse().unwrap()
}

fn read(text: &str, direction: Direction) -> String {
    match parse(text, &now(), direction) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        Err(e) => e.to_string(),
    }
}

#[test]
fn a_time_is_read_as_people_mean_it() {
    use Direction::{Future, Past};
    for (text, direction, expected) in [
        ("2026-12-01T09:00:00Z", Future, "2026-12-01T10:00:00+01:00"),
        (
            "2026-12-01T09:00:00+05:30",
            Future,
            "2026-12-01T04:30:00+01:00",
        ),
        ("2026-12-01 09:00", Future, "2026-12-01T09:00:00+01:00"),
        ("2026-12-01T09:00", Future, "2026-12-01T09:00:00+01:00"),
        ("2026-12-01 9:05", Future, "2026-12-01T09:05:00+01:00"),
        ("2026-12-01 9am", Future, "2026-12-01T09:00:00+01:00"),
        ("2026-12-01", Future, "2026-12-01T00:00:00+01:00"),
        ("  2026-12-01 ", Past, "2026-12-01T00:00:00+01:00"),
        ("20261201", Past, "2026-12-01T00:00:00+01:00"),
        ("2026-07-01", Past, "2026-07-01T00:00:00+02:00"),
        ("now", Past, "2026-11-21T13:00:00+01:00"),
        ("today", Past, "2026-11-21T00:00:00+01:00"),
        ("Yesterday", Past, "2026-11-20T00:00:00+01:00"),
        ("tomorrow", Future, "2026-11-22T00:00:00+01:00"),
        ("tomorrow 9am", Future, "2026-11-22T09:00:00+01:00"),
        ("tomorrow at 9:30 pm", Future, "2026-11-22T21:30:00+01:00"),
        ("tomorrow noon", Future, "2026-11-22T12:00:00+01:00"),
        ("9am", Future, "2026-11-22T09:00:00+01:00"),
        ("9am", Past, "2026-11-21T09:00:00+01:00"),
        ("17:30", Future, "2026-11-21T17:30:00+01:00"),
        ("17:30", Past, "2026-11-20T17:30:00+01:00"),
        ("12am", Past, "2026-11-21T00:00:00+01:00"),
        ("12pm", Past, "2026-11-21T12:00:00+01:00"),
        ("monday", Past, "2026-11-16T00:00:00+01:00"),
        ("monday", Future, "2026-11-23T00:00:00+01:00"),
        ("saturday", Past, "2026-11-21T00:00:00+01:00"),
        ("saturday", Future, "2026-11-28T00:00:00+01:00"),
        ("sat 18:00", Future, "2026-11-21T18:00:00+01:00"),
        ("last saturday", Past, "2026-11-14T00:00:00+01:00"),
        ("next friday at 14:30", Future, "2026-11-27T14:30:00+01:00"),
        ("in 2h", Past, "2026-11-21T15:00:00+01:00"),
        ("in 3 days", Future, "2026-11-24T13:00:00+01:00"),
        ("2h ago", Future, "2026-11-21T11:00:00+01:00"),
        ("2d", Past, "2026-11-19T13:00:00+01:00"),
        ("2d", Future, "2026-11-23T13:00:00+01:00"),
        ("1m", Past, "2026-10-21T13:00:00+02:00"),
        ("30min", Past, "2026-11-21T12:30:00+01:00"),
        ("1h30min", Future, "2026-11-21T14:30:00+01:00"),
        ("1y", Past, "2025-11-21T13:00:00+01:00"),
        ("3w", Past, "2026-10-31T13:00:00+01:00"),
        ("1 dec 2026", Future, "2026-12-01T00:00:00+01:00"),
    ] {
        assert_eq!(read(text, direction), expected, "{text} {direction:?}");
    }
}

#[test]
fn what_is_no_time_is_refused_with_the_ways_to_write_one() {
    let long = "9".repeat(5_000);
    for text in [
        "",
        " ",
        "a",
        "z",
        "5",
        "12",
        "2026",
        "soon",
        "monday tuesday",
        "9",
        "25:00",
        "13pm",
        "0am",
        "2026-13-01",
        "2026-02-30",
        "2x",
        "d2",
        "in",
        "ago",
        "in soon",
        "-",
        "+",
        "99999999999999999999d",
        "9999999y",
        "1.5h",
        "tomorrow 25:00",
        "next",
        "next ",
        "\u{1F389}\u{1F389}",
        "\0\0",
        &long,
    ] {
        let error = parse(text, &now(), Direction::Past).expect_err(text);
        assert!(error.hint.unwrap().contains("tomorrow 9am"), "{text}");
        assert!(error.message.len() < 300);
    }
}

#[test]
fn a_gap_in_the_clock_never_loses_a_time() {
    // Berlin skips 02:00-03:00 on 29 March 2026; Beirut skips midnight on the same day.
    let berlin: Zoned = "2026-03-28T12:00:00[Europe/Berlin]".parse().unwrap();
    let time = parse("2026-03-29 02:30", &berlin, Direction::Future).unwrap();
    assert_eq!(time.to_string(), "2026-03-29T03:30:00+02:00[Europe/Berlin]");
    let beirut: Zoned = "2026-03-28T12:00:00[Asia/Beirut]".parse().unwrap();
    let day = parse("2026-03-29", &beirut, Direction::Past).unwrap();
    assert_eq!(day.to_string(), "2026-03-29T01:00:00+03:00[Asia/Beirut]");
    // A day is a day on the calendar, not 24 hours.
    let time = parse("in 1d", &berlin, Direction::Past).unwrap();
    assert_eq!(time.to_string(), "2026-03-29T12:00:00+02:00[Europe/Berlin]");
}

#[test]
fn a_length_of_time_has_a_unit() {
    for (text, seconds) in [
        ("10s", 10),
        ("5min", 300),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1h 30min", 5_400),
        ("0", 0),
    ] {
        assert_eq!(duration(text).unwrap().as_secs(), seconds, "{text}");
    }
    for text in [
        "",
        "5",
        "5m",
        "-5s",
        "s",
        "soon",
        "99999999999999999d",
        "1e9s",
    ] {
        assert!(duration(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_refuse(text in "\\PC{0,30}") {
        let _ = parse(&text, &now(), Direction::Past);
        let _ = parse(&text, &now(), Direction::Future);
        let _ = duration(&text);
    }

    #[test]
    fn no_number_is_too_large_to_refuse(n in any::<u64>(), unit in "(ms|s|min|h|d|w|m|y)") {
        let _ = parse(&format!("{n}{unit}"), &now(), Direction::Future);
        let _ = duration(&format!("{n}{unit}"));
    }
}

#[test]
fn a_misspelt_day_is_no_time() {
    for text in [
        "yesterdayy",
        "mondayish",
        "today1",
        "tomorrow9am",
        "1 decem 2026",
        "todays",
    ] {
        for direction in [Direction::Past, Direction::Future] {
            let read = read(text, direction);
            assert!(read.contains("is not a time"), "{text}: {read}");
        }
    }
}
