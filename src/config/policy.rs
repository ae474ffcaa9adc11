//! `[policy]` of the config: what may leave without a person, for each origin.

use std::fmt::Display;
use std::ops::Range;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use toml::de::DeTable;

use crate::error::{Error, Result};
use crate::model::money::Money;
use crate::model::policy::{Act, Approval, Policy, QuietHours, Rules};

use super::file::{At, Source, in_order, nearest};

/// `[policy]` with the lines its values stand on.
#[derive(Debug, Default)]
pub struct RawPolicy {
    pub approval: Option<At<String>>,
    /// In the order of the file.
    pub origins: Vec<(&'static str, RawRules)>,
}

/// One `[policy.ORIGIN]` as it is written.
#[derive(Debug, Default)]
pub struct RawRules {
    default: Option<At<String>>,
    allow: Option<At<Vec<String>>>,
    deny: Option<At<Vec<String>>>,
    first_contact: Option<At<String>>,
    max_per_hour: Option<At<i64>>,
    max_cost_per_month: Option<At<String>>,
    quiet_hours: Option<At<String>>,
    zone: Option<At<String>>,
}

const ORIGINS: [&str; 3] = ["person", "script", "agent"];
const KEYS: &[&str] = &["approval", "person", "script", "agent"];
const RULE_KEYS: &[&str] = &[
    "default",
    "allow",
    "deny",
    "first_contact",
    "max_per_hour",
    "max_cost_per_month",
    "quiet_hours",
    "zone",
];

/// Reads the shape of `[policy]`.
pub fn parse(source: &Source, table: &DeTable<'_>) -> Result<RawPolicy> {
    let mut raw = RawPolicy::default();
    for (key, value) in in_order(table) {
        let name = key.get_ref().as_ref();
        if name == "approval" {
            raw.approval = Some(source.string(key, value)?);
            continue;
        }
        let Some(origin) = ORIGINS.into_iter().find(|o| *o == name) else {
            return Err(source.unknown(key, KEYS, "[policy]"));
        };
        let mut rules = RawRules::default();
        for (key, value) in in_order(source.table(key, value)?) {
            match key.get_ref().as_ref() {
                "default" => rules.default = Some(source.string(key, value)?),
                "allow" => rules.allow = Some(source.text_or_list(key, value)?),
                "deny" => rules.deny = Some(source.text_or_list(key, value)?),
                "first_contact" => rules.first_contact = Some(source.string(key, value)?),
                "max_per_hour" => rules.max_per_hour = Some(source.number(key, value)?),
                "max_cost_per_month" => {
                    rules.max_cost_per_month = Some(source.string(key, value)?);
                }
                "quiet_hours" => rules.quiet_hours = Some(source.string(key, value)?),
                "zone" => rules.zone = Some(source.string(key, value)?),
                _ => return Err(source.unknown(key, RULE_KEYS, &format!("[policy.{origin}]"))),
            }
        }
        raw.origins.push((origin, rules));
    }
    Ok(raw)
}

/// Checks what is written and fills in the rest.
pub fn resolve(raw: &RawPolicy, source: Option<&Source>) -> Result<Policy> {
    let mut policy = Policy::default();
    let Some(source) = source else {
        return Ok(policy);
    };
    if let Some(written) = &raw.approval {
        let names = Approval::ALL.map(Approval::name);
        let known = Approval::ALL.into_iter().zip(names);
        policy.approval = one_of(source, written, ("approval", known.collect()))?;
    }
    for (origin, raw) in &raw.origins {
        let rules = match *origin {
            "person" => &mut policy.person,
            "script" => &mut policy.script,
            _ => &mut policy.agent,
        };
        fill(rules, raw, source)?;
    }
    Ok(policy)
}

fn fill(rules: &mut Rules, raw: &RawRules, source: &Source) -> Result<()> {
    let acts = || Act::ALL.into_iter().map(|a| (a, a.name())).collect();
    if let Some(written) = &raw.default {
        rules.default = one_of(source, written, ("default", acts()))?;
    }
    if let Some(written) = &raw.first_contact {
        rules.first_contact = one_of(source, written, ("first_contact", acts()))?;
    }
    if let Some(written) = &raw.allow {
        rules.allow = globs(source, written, "allow")?;
    }
    if let Some(written) = &raw.deny {
        rules.deny = globs(source, written, "deny")?;
    }
    if let Some(written) = &raw.max_per_hour {
        let most = u32::try_from(written.value).map_err(|_| {
            source
                .error(
                    &written.span,
                    format!(
                        "`max_per_hour` is {}, not a number of recipients",
                        written.value
                    ),
                )
                .hint("write 0 or more; without the line there is no limit")
        })?;
        rules.max_per_hour = Some(most);
    }
    rules.max_cost_per_month = max_cost(raw.max_cost_per_month.as_ref(), source)?;
    let zone = match &raw.zone {
        Some(written) => Some(TimeZone::get(&written.value).map_err(|_| {
            source
                .error(
                    &written.span,
                    format!("`zone`: there is no time zone `{}`", written.value),
                )
                .hint("write its name in the time zone database, like `Europe/Berlin`")
        })?),
        None => None,
    };
    if let Some(written) = &raw.quiet_hours {
        rules.quiet_hours = Some(quiet_hours(&written.value, zone).ok_or_else(|| {
            source
                .error(
                    &written.span,
                    format!(
                        "`quiet_hours`: `{}` is not a time of day from one to another",
                        written.value
                    ),
                )
                .hint("write it like `22:00-07:00`")
        })?);
    } else if let Some(written) = &raw.zone {
        return Err(source
            .error(&written.span, "`zone` without `quiet_hours` says nothing")
            .hint("add quiet_hours = \"22:00-07:00\", or remove the line"));
    }
    Ok(())
}

/// An amount of money a month, where one is written.
pub fn max_cost(written: Option<&At<String>>, source: &Source) -> Result<Option<Money>> {
    let Some(written) = written else {
        return Ok(None);
    };
    let money = written.value.parse();
    money
        .map(Some)
        .map_err(|e| placed(source, &written.span, ("max_cost_per_month", e)))
}

fn quiet_hours(text: &str, zone: Option<TimeZone>) -> Option<QuietHours> {
    let (from, to) = text.split_once('-')?;
    let read = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
    };
    let (from, to) = (read(from)?, read(to)?);
    (from != to).then_some(QuietHours { from, to, zone })
}

fn globs(source: &Source, written: &At<Vec<String>>, key: &str) -> Result<Vec<String>> {
    // A domain alone would fit no address, and a list that fits nobody protects from nothing.
    let odd = written
        .value
        .iter()
        .find(|glob| !glob.contains('@') && !glob.contains('*'));
    match odd {
        None => Ok(written.value.clone()),
        Some(odd) => Err(source
            .error(&written.span, format!("`{key}`: `{odd}` fits no address"))
            .hint(format!(
                "write `ann@example.com` or `*@{}`",
                odd.trim_start_matches('.')
            ))),
    }
}

/// The value of this name.
fn one_of<T>(
    source: &Source,
    written: &At<String>,
    (key, known): (&str, Vec<(T, &'static str)>),
) -> Result<T> {
    let names: Vec<_> = known.iter().map(|(_, name)| *name).collect();
    let found = known.into_iter().find(|(_, name)| *name == written.value);
    found.map(|(value, _)| value).ok_or_else(|| {
        let error = source.error(
            &written.span,
            format!("`{key}` can't be `{}`", written.value),
        );
        match nearest(&written.value, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("it is one of {}", names.join(", "))),
        }
    })
}

fn placed(source: &Source, span: &Range<usize>, (key, e): (&str, Error)) -> Error {
    let error = source.error(span, format!("`{key}`: {}", e.message));
    match e.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Tells `config show` each value and where it came from.
pub fn note(
    policy: &Policy,
    raw: &RawPolicy,
    line: &dyn Fn(usize) -> String,
    note: &mut dyn FnMut(&str, String, String),
) {
    fn at<T>(written: Option<&At<T>>) -> Option<usize> {
        written.map(|at| at.line)
    }
    let from = |at: Option<usize>| at.map_or_else(|| "default".to_owned(), line);
    note(
        "policy.approval",
        policy.approval.name().to_owned(),
        from(at(raw.approval.as_ref())),
    );
    let nothing = RawRules::default();
    for rules in [&policy.person, &policy.script, &policy.agent] {
        let raw = raw.origins.iter().find(|(o, _)| *o == rules.origin);
        let raw = raw.map_or(&nothing, |(_, raw)| raw);
        let mut tell = |key: &str, value: String, line: Option<usize>| {
            note(&format!("policy.{}.{key}", rules.origin), value, from(line));
        };
        let shown = |value: &dyn Display| value.to_string();
        tell(
            "default",
            rules.default.name().to_owned(),
            at(raw.default.as_ref()),
        );
        if let Some(written) = &raw.allow {
            tell("allow", rules.allow.join(", "), Some(written.line));
        }
        if let Some(written) = &raw.deny {
            tell("deny", rules.deny.join(", "), Some(written.line));
        }
        if let Some(written) = &raw.first_contact {
            tell(
                "first_contact",
                rules.first_contact.name().to_owned(),
                Some(written.line),
            );
        }
        if let (Some(most), Some(written)) = (rules.max_per_hour, &raw.max_per_hour) {
            tell("max_per_hour", shown(&most), Some(written.line));
        }
        if let (Some(most), Some(written)) = (rules.max_cost_per_month, &raw.max_cost_per_month) {
            tell("max_cost_per_month", shown(&most), Some(written.line));
        }
        if let (Some(quiet), Some(written)) = (&rules.quiet_hours, &raw.quiet_hours) {
            tell("quiet_hours", shown(quiet), Some(written.line));
        }
    }
}
