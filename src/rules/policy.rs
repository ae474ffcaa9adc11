//! What the policy says of a message: allow, hold, refuse, or not now.
//!
//! `deny` beats all. `allow` beats `default` and `first_contact`, but neither caps nor quiet hours. Of several
//! recipients the one with the strictest answer decides.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use super::address::one_spelling;
use crate::model::policy::{Act, QuietHours, Rules};

/// A recipient and what the store knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub address: &'a str,
    /// Nothing was ever sent to it, and no mail came from it.
    pub is_new: bool,
}

/// What the policy says, and the rule that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    Allow,
    Hold(String),
    Refuse(String),
}

impl Ruling {
    fn of(act: Act, rule: String) -> Ruling {
        match act {
            Act::Allow => Ruling::Allow,
            Act::Hold => Ruling::Hold(rule),
            Act::Refuse => Ruling::Refuse(rule),
        }
    }

    fn weight(&self) -> Act {
        match self {
            Ruling::Allow => Act::Allow,
            Ruling::Hold(_) => Act::Hold,
            Ruling::Refuse(_) => Act::Refuse,
        }
    }

    /// The stricter of two; of two alike the first.
    fn and(self, other: Ruling) -> Ruling {
        if other.weight() > self.weight() {
            other
        } else {
            self
        }
    }
}

/// What the rules about recipients say of a message to these people.
pub fn of_people<'a>(rules: &Rules, people: impl IntoIterator<Item = Person<'a>>) -> Ruling {
    people
        .into_iter()
        .map(|person| of_person(rules, person))
        .fold(Ruling::Allow, Ruling::and)
}

fn of_person(rules: &Rules, person: Person<'_>) -> Ruling {
    let origin = rules.origin;
    let hit = |globs: &[String]| globs.iter().find(|g| matches(g, person.address)).cloned();
    if let Some(glob) = hit(&rules.deny) {
        return Ruling::Refuse(format!(
            "policy.{origin}.deny = {glob} ({})",
            person.address
        ));
    }
    if hit(&rules.allow).is_some() {
        return Ruling::Allow;
    }
    let default = Ruling::of(
        rules.default,
        format!("policy.{origin}.default = {}", rules.default.name()),
    );
    if !person.is_new {
        return default;
    }
    let first = rules.first_contact;
    default.and(Ruling::of(
        first,
        format!(
            "policy.{origin}.first_contact = {} ({})",
            first.name(),
            person.address
        ),
    ))
}

/// The cap of an hour, as the config has it.
pub fn hourly(rules: &Rules, most: u32) -> String {
    format!("policy.{}.max_per_hour = {most}", rules.origin)
}

/// What the cap of recipients per hour says of a message to so many, with those of the last hour before it.
pub fn of_hour(rules: &Rules, recipients: u32, last_hour: u32) -> Ruling {
    match rules.max_per_hour {
        Some(most) if last_hour.saturating_add(recipients) > most => {
            Ruling::Hold(hourly(rules, most))
        }
        _ => Ruling::Allow,
    }
}

/// When the quiet time that `now` lies in ends; `None` outside of it.
///
/// `zone` is where it is that time if the rule names no zone.
pub fn quiet_until(quiet: &QuietHours, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let zone = quiet.zone.as_ref().unwrap_or(zone);
    let local = zone.to_datetime(now);
    let time = local.time();
    let over_midnight = quiet.from >= quiet.to;
    let inside = if over_midnight {
        time >= quiet.from || time < quiet.to
    } else {
        time >= quiet.from && time < quiet.to
    };
    if !inside {
        return None;
    }
    let mut date = local.date();
    if over_midnight && time >= quiet.from {
        date = date.checked_add(1.day()).ok()?;
    }
    wall_clock(date.to_datetime(quiet.to), now, zone)
}

/// The first instant after `now` at which clocks show this time, or have jumped over it.
fn wall_clock(at: DateTime, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(at);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.compatible().ok(),
        AmbiguousOffset::Gap { .. } => {
            let before = ambiguous.earlier().ok()?;
            zone.following(before).next().map(|t| t.timestamp())
        }
        AmbiguousOffset::Fold { .. } => {
            let first = ambiguous.earlier().ok()?;
            if first > now {
                Some(first)
            } else {
                ambiguous.later().ok()
            }
        }
    }
}

/// Whether an address fits a pattern in which `*` stands for anything, in whatever spelling it was typed.
pub fn matches(glob: &str, address: &str) -> bool {
    fits(&glob.to_lowercase(), &address.to_lowercase())
        || fits(&one_spelling(glob), &one_spelling(address))
}

fn fits(glob: &str, address: &str) -> bool {
    let mut parts = glob.split('*');
    let Some(rest) = parts.next().and_then(|start| address.strip_prefix(start)) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    let mut rest = rest;
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(change: impl FnOnce(&mut Rules)) -> Rules {
        let mut rules = Rules::of("agent", Act::Hold);
        change(&mut rules);
        rules
    }

    fn globs(all: &[&str]) -> Vec<String> {
        all.iter().map(|g| (*g).to_owned()).collect()
    }

    fn told(ruling: Ruling) -> String {
        match ruling {
            Ruling::Allow => "allow".to_owned(),
            Ruling::Hold(rule) => format!("hold: {rule}"),
            Ruling::Refuse(rule) => format!("refuse: {rule}"),
        }
    }

    #[test]
    fn the_strictest_recipient_wins_and_names_the_rule() {
        let lists = rules(|r| {
            r.allow = globs(&["*@example.com"]);
            r.deny = globs(&["boss@*", "*@evil.example"]);
        });
        let open = rules(|r| {
            r.default = Act::Allow;
            r.first_contact = Act::Hold;
        });
        let shut = rules(|r| {
            r.default = Act::Refuse;
            r.first_contact = Act::Hold;
            r.allow = globs(&["ann@example.com"]);
        });
        let cases: &[(&Rules, &[&str], &str)] = &[
            (&lists, &["ann@example.com"], "allow"),
            (&lists, &["Ann@EXAMPLE.com", "+bob@example.com"], "allow"),
            (
                &lists,
                &["ann@other.example"],
                "hold: policy.agent.default = hold",
            ),
            (
                &lists,
                &["ann@example.com", "ann@other.example"],
                "hold: policy.agent.default = hold",
            ),
            (
                &lists,
                &["BOSS@example.com"],
                "refuse: policy.agent.deny = boss@* (BOSS@example.com)",
            ),
            (
                &lists,
                &["ann@other.example", "x@evil.example"],
                "refuse: policy.agent.deny = *@evil.example (x@evil.example)",
            ),
            (&open, &["ann@example.com"], "allow"),
            (
                &open,
                &["ann@example.com", "+bob@example.com"],
                "hold: policy.agent.first_contact = hold (bob@example.com)",
            ),
            (&shut, &["ann@example.com"], "allow"),
            (&shut, &["+ann@example.com"], "allow"),
            (
                &shut,
                &["+bob@example.com"],
                "refuse: policy.agent.default = refuse",
            ),
        ];
        for (rules, people, wanted) in cases {
            let people = people.iter().map(|p| Person {
                address: p.trim_start_matches('+'),
                is_new: p.starts_with('+'),
            });
            assert_eq!(told(of_people(rules, people)), *wanted);
        }
    }

    #[test]
    fn the_cap_of_an_hour_holds_what_would_exceed_it() {
        let capped = rules(|r| r.max_per_hour = Some(3));
        let hour = "hold: policy.agent.max_per_hour = 3";
        for (recipients, last_hour, wanted) in
            [(3, 0, "allow"), (1, 2, "allow"), (1, 3, hour), (4, 0, hour)]
        {
            assert_eq!(told(of_hour(&capped, recipients, last_hour)), wanted);
        }
        assert_eq!(of_hour(&rules(|_| {}), 1, u32::MAX), Ruling::Allow);
    }

    #[test]
    fn quiet_hours_end_when_clocks_say_so_on_any_day_of_the_year() {
        for (quiet, now, wanted) in [
            // Over midnight, both sides of it, and the edges.
            ("22:00-07:00", "2026-11-21T21:59:59", "-"),
            (
                "22:00-07:00",
                "2026-11-21T22:00:00",
                "2026-11-22T07:00:00+01:00",
            ),
            (
                "22:00-07:00",
                "2026-11-22T06:59:59",
                "2026-11-22T07:00:00+01:00",
            ),
            ("22:00-07:00", "2026-11-22T07:00:00", "-"),
            (
                "12:30-13:30",
                "2026-11-22T13:00:00",
                "2026-11-22T13:30:00+01:00",
            ),
            ("12:30-13:30", "2026-11-22T22:00:00", "-"),
            // Spring forward (29 March) and fall back (25 October) in Berlin.
            (
                "22:00-07:00",
                "2026-03-28T23:00:00",
                "2026-03-29T07:00:00+02:00",
            ),
            (
                "22:00-07:00",
                "2026-10-24T23:00:00",
                "2026-10-25T07:00:00+01:00",
            ),
            // The end does not exist that night: quiet ends as clocks jump over it.
            (
                "22:00-02:30",
                "2026-03-29T01:00:00",
                "2026-03-29T03:00:00+02:00",
            ),
            // The end exists twice: the first one, or the second if that is past.
            (
                "22:00-02:30",
                "2026-10-25T01:00:00",
                "2026-10-25T02:30:00+02:00",
            ),
            (
                "22:00-02:30",
                "2026-10-25T02:10:00+01:00",
                "2026-10-25T02:30:00+01:00",
            ),
        ] {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let (from, to) = quiet.split_once('-').unwrap();
            let quiet = QuietHours {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
                zone: None,
            };
            let now: Timestamp = now.parse().unwrap_or_else(|_| {
                let local: DateTime = now.parse().unwrap();
                local.to_zoned(zone.clone()).unwrap().timestamp()
            });
            let end = quiet_until(&quiet, now, &zone).map_or("-".to_owned(), |end| {
                end.display_with_offset(zone.to_offset(end)).to_string()
            });
            assert_eq!(end, wanted, "{quiet} at {now}");
        }
    }

    #[test]
    fn the_zone_of_the_rule_beats_the_machines() {
        let quiet = QuietHours {
            from: "22:00".parse().unwrap(),
            to: "07:00".parse().unwrap(),
            zone: Some(TimeZone::get("Asia/Tokyo").unwrap()),
        };
        let now = "2026-11-21T14:00:00Z".parse().unwrap();
        let end = quiet_until(&quiet, now, &TimeZone::UTC).unwrap();
        assert_eq!(end.to_string(), "2026-11-21T22:00:00Z");
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (glob, address, wanted) in [
            ("*", "a@b", true),
            ("*@example.com", "Ann@Example.COM", true),
            ("*@example.com", "ann@example.com.evil.example", false),
            ("*@example.com", "ann@sub.example.com", false),
            ("*@*.example.com", "ann@sub.example.com", true),
            ("ann@*", "joann@x", false),
            ("ann@example.com", "ann@example.com", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("", "a@b", false),
            // Who is meant counts, not how it is spelled.
            ("boss@example.com", "\"boss\"@example.com", true),
            ("*@bücher.example", "x@xn--bcher-kva.example", true),
            ("*@xn--bcher-kva.example", "x@Bücher.example", true),
            ("*@evil.example", "x@ｅvil.example", true),
            ("*@example.com", "\"x@example.com\"@evil.example", false),
        ] {
            assert_eq!(matches(glob, address), wanted, "{glob} {address}");
        }
    }
}
