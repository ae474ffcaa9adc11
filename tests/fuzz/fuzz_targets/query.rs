//! Any text is a query or an error that says why.
#![no_main]

use comms::rules::query;
use jiff::{Timestamp, tz::TimeZone};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let now = "2026-11-21T12:00:00Z"
        .parse::<Timestamp>()
        .expect("a time")
        .to_zoned(TimeZone::UTC);
    if let Err(error) = query::parse(text, &now) {
        assert!(!error.message.is_empty());
    }
});
