//! Operators: their names, and what their values mean.

use std::ops::Range;

use jiff::{ToSpan, Zoned};

use crate::error::Error;
use crate::model::account::ChannelKind;
use crate::model::query::{Fact, Field, Query};
use crate::model::time::{self, Direction};

use super::Known;
use super::place::point;

/// What a value may depend on.
pub struct Context<'a> {
    pub now: &'a Zoned,
    pub known: &'a Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    From,
    To,
    Cc,
    Subject,
    Filename,
    Channel,
    Account,
    In,
    Label,
    Thread,
    Has,
    Is,
    After,
    Before,
    On,
    OlderThan,
    NewerThan,
    Larger,
    Smaller,
}

/// What stands after the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Words, phrases and prefixes looked for in one field.
    Text(Field),
    /// Names; several in parentheses.
    Names,
    /// One time or size.
    One,
}

const ALL: &[(&str, Operator)] = &[
    ("from", Operator::From),
    ("to", Operator::To),
    ("cc", Operator::Cc),
    ("subject", Operator::Subject),
    ("channel", Operator::Channel),
    ("account", Operator::Account),
    ("in", Operator::In),
    ("label", Operator::Label),
    ("thread", Operator::Thread),
    ("has", Operator::Has),
    ("is", Operator::Is),
    ("after", Operator::After),
    ("before", Operator::Before),
    ("on", Operator::On),
    ("older_than", Operator::OlderThan),
    ("newer_than", Operator::NewerThan),
    ("larger", Operator::Larger),
    ("smaller", Operator::Smaller),
    ("filename", Operator::Filename),
];

/// Names of all operators, without colons.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The name before the colon, if the word looks like an operator. Addresses of the web, times of day and
/// `a::b` are words.
pub fn split(word: &str) -> Option<&str> {
    let (name, rest) = word.split_once(':')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
    (is_name && !rest.starts_with("//") && !rest.starts_with(':')).then_some(name)
}

/// The operator with this name, in any case.
pub fn find(name: &str) -> Option<Operator> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    ALL.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, operator)| *operator)
}

/// The error for a name that is no operator.
pub fn unknown(text: &str, at: Range<usize>, word: &str) -> Error {
    let name = text[at.clone()].trim_end_matches(':').to_ascii_lowercase();
    let near =
        nearest(&name, names()).map_or(String::new(), |near| format!("; did you mean `{near}:`?"));
    let known: Vec<_> = names().map(|name| format!("{name}:")).collect();
    let shown: String = word.chars().take(40).collect();
    point(text, at, format!("there is no operator `{name}:`{near}")).hint(format!(
        "operators are {}; to look for the text itself, quote it: `\"{shown}\"`",
        known.join(" ")
    ))
}

/// A bad value, before it is known where it stands.
pub struct Bad {
    message: String,
    hint: String,
}

impl Bad {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Bad {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The error, pointing at the value.
    pub fn at(self, text: &str, at: Range<usize>) -> Error {
        point(text, at, self.message).hint(self.hint)
    }
}

impl Operator {
    /// The name as typed, with its colon.
    pub fn label(self) -> String {
        let (name, _) = ALL
            .iter()
            .find(|(_, operator)| *operator == self)
            .expect("every operator has a name");
        format!("{name}:")
    }

    pub fn takes(self) -> Takes {
        match self {
            Operator::From => Takes::Text(Field::From),
            Operator::To => Takes::Text(Field::To),
            Operator::Cc => Takes::Text(Field::Cc),
            Operator::Subject => Takes::Text(Field::Subject),
            Operator::Filename => Takes::Text(Field::Filename),
            Operator::Channel
            | Operator::Account
            | Operator::In
            | Operator::Label
            | Operator::Thread
            | Operator::Has
            | Operator::Is => Takes::Names,
            _ => Takes::One,
        }
    }

    /// The error for a colon with nothing after it.
    pub fn needs_value(self, text: &str, at: Range<usize>) -> Error {
        let label = self.label();
        point(
            text,
            at,
            format!("`{label}` needs a value right after the colon"),
        )
        .hint(format!("for example `{label}{}`", self.example()))
    }

    fn example(self) -> &'static str {
        match self {
            Operator::From | Operator::To | Operator::Cc => "ada@example.com",
            Operator::Subject => "report",
            Operator::Filename => "invoice",
            Operator::Channel => "mail",
            Operator::Account => "work",
            Operator::In => "inbox",
            Operator::Label => "urgent",
            Operator::Thread => "t88",
            Operator::Has => "attachment",
            Operator::Is => "unread",
            Operator::After | Operator::Before | Operator::On => "2026-01-31",
            Operator::OlderThan | Operator::NewerThan => "2d",
            Operator::Larger | Operator::Smaller => "10M",
        }
    }

    /// The meaning of a value that is not a text to look for.
    pub fn leaf(self, value: &str, context: &Context<'_>) -> Result<Query, Bad> {
        let value = value.trim();
        let label = self.label();
        if value.is_empty() || value.contains('*') {
            let hint = format!("for example `{label}{}`", self.example());
            return Err(Bad::new(
                format!("`{value}` is no value of `{label}`"),
                hint,
            ));
        }
        match self {
            Operator::Channel => channel(value),
            Operator::Account => account(value, context.known.accounts.as_deref()),
            Operator::In => match &context.known.folders {
                Some(known) => folder(value, known),
                None => Ok(Query::In(value.to_owned())),
            },
            Operator::Label => Ok(Query::Label(value.to_owned())),
            Operator::Thread => value
                .to_ascii_lowercase()
                .parse()
                .map(Query::Thread)
                .map_err(|_| {
                    Bad::new(
                        format!("`{value}` is not the id of a thread"),
                        "threads look like `t88`",
                    )
                }),
            Operator::Has => choose(
                value,
                &label,
                &[
                    ("attachment", Query::Is(Fact::HasAttachment)),
                    ("attachments", Query::Is(Fact::HasAttachment)),
                    ("link", Query::Is(Fact::HasLink)),
                    ("links", Query::Is(Fact::HasLink)),
                ],
            ),
            Operator::Is => choose(
                value,
                &label,
                &[
                    ("unread", Query::Is(Fact::Unread)),
                    ("read", Query::Not(Box::new(Query::Is(Fact::Unread)))),
                    ("starred", Query::Is(Fact::Starred)),
                    ("sent", Query::Is(Fact::Sent)),
                    ("received", Query::Is(Fact::Received)),
                ],
            ),
            Operator::After => Ok(Query::Since(moment(value, context.now)?.timestamp())),
            Operator::Before => Ok(Query::Until(moment(value, context.now)?.timestamp())),
            Operator::On => on(&moment(value, context.now)?),
            Operator::OlderThan => Ok(Query::Until(ago(value, &label, context.now)?.timestamp())),
            Operator::NewerThan => Ok(Query::Since(ago(value, &label, context.now)?.timestamp())),
            Operator::Larger => size(value).map(Query::Larger),
            Operator::Smaller => size(value).map(Query::Smaller),
            // Texts never come here.
            Operator::From
            | Operator::To
            | Operator::Cc
            | Operator::Subject
            | Operator::Filename => Err(Bad::new(
                format!("`{value}` is no value of `{label}`"),
                "quote it",
            )),
        }
    }
}

fn channel(value: &str) -> Result<Query, Bad> {
    let value = value.to_lowercase();
    let known: Vec<_> = ChannelKind::names().collect();
    if known.contains(&value.as_str()) {
        return Ok(Query::Channel(value));
    }
    Err(Bad::new(
        format!(
            "there is no channel `{value}`{}",
            meant(&value, known.iter().copied())
        ),
        format!("channels are {}", known.join(", ")),
    ))
}

fn account(value: &str, accounts: Option<&[String]>) -> Result<Query, Bad> {
    let Some(known) = accounts else {
        return Ok(Query::Account(value.to_owned()));
    };
    match known.iter().find(|name| name.eq_ignore_ascii_case(value)) {
        Some(name) => Ok(Query::Account(name.clone())),
        None => Err(Bad::new(
            format!(
                "there is no account `{value}`{}",
                meant(value, known.iter().map(String::as_str))
            ),
            format!("accounts are {}", known.join(", ")),
        )),
    }
}

/// Names that mean a role, whatever the folder is called.
const ROLES: &[&str] = &[
    "inbox", "sent", "drafts", "draft", "trash", "junk", "spam", "archive", "all",
];

/// Folders named in a hint; an account may have thousands.
const NAMED_FOLDERS: usize = 12;

/// A role, a path, or the last part of one.
fn folder(value: &str, known: &[String]) -> Result<Query, Bad> {
    let name = value.trim_matches('/').to_lowercase();
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let fits = |path: &String| path.to_lowercase() == name || last(path) == name;
    if ROLES.contains(&name.as_str()) || known.iter().any(fits) {
        return Ok(Query::In(value.to_owned()));
    }
    let lower: Vec<String> = known.iter().map(|path| path.to_lowercase()).collect();
    let lasts: Vec<String> = known.iter().map(|path| last(path)).collect();
    let names = lower.iter().chain(&lasts).map(String::as_str);
    let meant = nearest(&name, names.chain(ROLES.iter().copied())).map(|near| {
        let path = known.iter().find(|path| path.to_lowercase() == near);
        path.map_or(near, String::as_str)
    });
    let mut alike: Vec<&String> = known.iter().collect();
    alike.sort_by_cached_key(|path| {
        // Nearest first; a likeness has no order of its own.
        let likeness = strsim::jaro_winkler(&name, &last(path));
        ((1.0 - likeness) * 1000.0).round() as u32
    });
    let more = if alike.len() > NAMED_FOLDERS {
        ", …"
    } else {
        ""
    };
    let paths: Vec<String> = alike
        .iter()
        .take(NAMED_FOLDERS)
        .map(|path| format!("`{path}`"))
        .collect();
    Err(Bad::new(
        format!(
            "no account has a folder `{value}`{}",
            meant.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
        ),
        format!("folders are {}{more}", paths.join(", ")),
    ))
}

/// Refuses a folder that is neither a role nor among these paths.
pub fn check_folder(value: &str, known: &[String]) -> crate::error::Result<()> {
    match folder(value, known) {
        Ok(_) => Ok(()),
        Err(bad) => Err(Error::usage(bad.message).hint(bad.hint)),
    }
}

fn choose(value: &str, label: &str, known: &[(&str, Query)]) -> Result<Query, Bad> {
    let lower = value.to_lowercase();
    if let Some((_, query)) = known.iter().find(|(name, _)| *name == lower) {
        return Ok(query.clone());
    }
    let names = || known.iter().map(|(name, _)| *name);
    Err(Bad::new(
        format!("`{label}` has no value `{value}`{}", meant(&lower, names())),
        format!("`{label}` takes {}", names().collect::<Vec<_>>().join(", ")),
    ))
}

fn moment(value: &str, now: &Zoned) -> Result<Zoned, Bad> {
    time::parse(value, now, Direction::Past)
        .map_err(|e| Bad::new(e.message, e.hint.unwrap_or_default()))
}

/// The whole local day that holds this instant.
fn on(moment: &Zoned) -> Result<Query, Bad> {
    let start = moment.start_of_day();
    let next = start
        .as_ref()
        .ok()
        .and_then(|start| start.checked_add(1.day()).ok()?.start_of_day().ok());
    match (start, next) {
        (Ok(start), Some(next)) => Ok(Query::And(vec![
            Query::Since(start.timestamp()),
            Query::Until(next.timestamp()),
        ])),
        _ => Err(Bad::new(
            "this day is out of range",
            "write it like `on:2026-01-31`",
        )),
    }
}

fn ago(value: &str, label: &str, now: &Zoned) -> Result<Zoned, Bad> {
    let wrong = || {
        Bad::new(
            format!("`{value}` is not a length of time"),
            format!(
                "write `{label}2d` (d days, w weeks, m months, y years, h hours, min minutes); for a date use `before:` or `after:`"
            ),
        )
    };
    let span = time::span(value).ok_or_else(wrong)?;
    now.checked_sub(span)
        .ok()
        .filter(|time| time.year() >= 1)
        .ok_or_else(wrong)
}

/// `200k`, `1.5MB`, `10M`, `1GiB`, `4096`: a unit is 1024 of the one below.
fn size(value: &str) -> Result<u64, Bad> {
    let wrong = || {
        Bad::new(
            format!("`{value}` is not a size"),
            "write it like `200k`, `1.5MB` or `4096` (bytes)",
        )
    };
    let lower = value.to_lowercase();
    let digits = lower
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(lower.len());
    let (number, unit) = lower.split_at(digits);
    let factor: u64 = match unit.trim() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let plain = |digits: &str| {
        !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    if !plain(whole) || !plain(fraction) {
        return Err(wrong());
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    let parse = |digits: &str| digits.parse::<u128>().map_err(|_| wrong());
    let bytes = (parse(whole)? * scale + parse(fraction)?) * u128::from(factor) / scale;
    // SQLite counts in i64.
    i64::try_from(bytes)
        .ok()
        .and_then(|bytes| u64::try_from(bytes).ok())
        .ok_or_else(wrong)
}

fn meant<'a>(value: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(value, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

/// The known name most like this one, if any is alike.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Distance costs the product of both lengths.
    if name.len() > 40 {
        return None;
    }
    let alike = known.map(|known| (strsim::jaro_winkler(name, known), known));
    alike
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
