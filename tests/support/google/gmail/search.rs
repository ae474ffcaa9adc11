//! Gmail's search language, as far as a client can put it into `q`.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use mail_parser::{Address, Message, MessageParser, MimeHeaders};

use super::{Label, Mail};

/// A parsed `q`.
pub enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    /// An operator and its value; the operator is empty for plain words.
    Term(String, String),
}

const OPERATORS: &[&str] = &[
    "",
    "from",
    "to",
    "cc",
    "bcc",
    "deliveredto",
    "subject",
    "list",
    "filename",
    "label",
    "category",
    "in",
    "is",
    "has",
    "after",
    "before",
    "older",
    "newer",
    "older_than",
    "newer_than",
    "larger",
    "smaller",
    "size",
    "rfc822msgid",
];

/// Reads a `q`; nothing is an error, as with Gmail.
pub fn parse(q: &str) -> Query {
    let mut words = words(q).into_iter().peekable();
    all(&mut words, "")
}

type Words = std::iter::Peekable<std::vec::IntoIter<String>>;

fn all(words: &mut Words, end: &str) -> Query {
    let mut items: Vec<Query> = Vec::new();
    while let Some(word) = words.next() {
        if word == end && !end.is_empty() {
            break;
        }
        if word == "AND" {
            continue;
        }
        if word == "OR" {
            if let (Some(left), true) = (items.pop(), words.peek().is_some()) {
                let next = words.next().expect("peeked");
                items.push(Query::Any(vec![left, one(&next, words)]));
            }
            continue;
        }
        let item = one(&word, words);
        items.push(item);
    }
    Query::All(items)
}

fn one(word: &str, words: &mut Words) -> Query {
    match word {
        "(" => all(words, ")"),
        "{" => match all(words, "}") {
            Query::All(items) => Query::Any(items),
            other => other,
        },
        "-" => match words.next() {
            Some(next) => Query::Not(Box::new(one(&next, words))),
            None => Query::All(Vec::new()),
        },
        _ => match word.split_once(':') {
            Some((op, "")) if words.peek().is_some_and(|w| w == "(" || w == "{") => {
                let open = words.next().expect("peeked");
                spread(op, one(&open, words))
            }
            Some((op, value)) if !op.starts_with('"') => {
                Query::Term(op.to_lowercase(), value.trim_matches('"').to_lowercase())
            }
            _ => Query::Term(
                String::new(),
                word.trim_start_matches('+')
                    .trim_matches('"')
                    .to_lowercase(),
            ),
        },
    }
}

/// `from:(a b)` is `from:a from:b`.
fn spread(op: &str, query: Query) -> Query {
    let each = |items: Vec<Query>| items.into_iter().map(|q| spread(op, q)).collect();
    match query {
        Query::All(items) => Query::All(each(items)),
        Query::Any(items) => Query::Any(each(items)),
        Query::Not(item) => Query::Not(Box::new(spread(op, *item))),
        Query::Term(_, value) => Query::Term(op.to_lowercase(), value),
    }
}

/// Words, brackets and minus signs; a quoted phrase stays with the operator before it.
fn words(q: &str) -> Vec<String> {
    let (mut found, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in q.chars() {
        let bracket = matches!(c, '(' | ')' | '{' | '}');
        if !quoted && (bracket || c.is_whitespace() || (c == '-' && word.is_empty())) {
            if !word.is_empty() {
                found.push(std::mem::take(&mut word));
            }
            if !c.is_whitespace() {
                found.push(c.to_string());
            }
            continue;
        }
        quoted ^= c == '"';
        word.push(c);
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

impl Query {
    /// The operators Gmail does not have.
    pub fn unknown(&self) -> Vec<String> {
        match self {
            Query::All(items) | Query::Any(items) => {
                items.iter().flat_map(Query::unknown).collect()
            }
            Query::Not(item) => item.unknown(),
            Query::Term(op, _) if OPERATORS.contains(&op.as_str()) => Vec::new(),
            Query::Term(op, _) => vec![op.clone()],
        }
    }

    pub fn matches(&self, mail: &Mail, labels: &[Label], now: Timestamp) -> bool {
        MessageParser::default()
            .parse(&mail.raw)
            .is_some_and(|parsed| {
                self.holds(&Subject {
                    mail,
                    parsed,
                    labels,
                    now,
                })
            })
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Query::All(items) => items.iter().all(|q| q.holds(subject)),
            Query::Any(items) => items.iter().any(|q| q.holds(subject)),
            Query::Not(item) => !item.holds(subject),
            Query::Term(op, value) => subject.has(op, value),
        }
    }
}

struct Subject<'a> {
    mail: &'a Mail,
    parsed: Message<'a>,
    labels: &'a [Label],
    now: Timestamp,
}

impl Subject<'_> {
    fn has(&self, op: &str, value: &str) -> bool {
        let (mail, parsed) = (self.mail, &self.parsed);
        let size = mail.raw.len() as u64;
        let at = Timestamp::from_millisecond(mail.internal_date).unwrap_or(self.now);
        match op {
            "from" => names(parsed.from()).contains(value),
            "to" => [parsed.to(), parsed.cc(), parsed.bcc()]
                .into_iter()
                .any(|a| names(a).contains(value)),
            "cc" => names(parsed.cc()).contains(value),
            "bcc" => names(parsed.bcc()).contains(value),
            "subject" => parsed
                .subject()
                .unwrap_or_default()
                .to_lowercase()
                .contains(value),
            "filename" => self.files().any(|f| f.to_lowercase().contains(value)),
            "has" => match value {
                "attachment" => self.files().next().is_some(),
                "userlabels" => mail.labels.iter().any(|l| l.starts_with("Label_")),
                "nouserlabels" => !mail.labels.iter().any(|l| l.starts_with("Label_")),
                _ => false,
            },
            "rfc822msgid" => parsed
                .message_id()
                .is_some_and(|id| id.eq_ignore_ascii_case(value.trim_matches(['<', '>']))),
            "is" => match value {
                "unread" => mail.labels.contains("UNREAD"),
                "read" => !mail.labels.contains("UNREAD"),
                "starred" => mail.labels.contains("STARRED"),
                "important" => mail.labels.contains("IMPORTANT"),
                _ => false,
            },
            "in" if value == "anywhere" => true,
            "in" if value == "archive" => !["INBOX", "TRASH", "SPAM", "DRAFT"]
                .iter()
                .any(|l| mail.labels.contains(*l)),
            "in" | "label" | "category" => self.labelled(op, value),
            "after" | "newer" => day(value).is_some_and(|d| at >= d),
            "before" | "older" => day(value).is_some_and(|d| at < d),
            "newer_than" => self.ago(value).is_some_and(|d| at >= d),
            "older_than" => self.ago(value).is_some_and(|d| at < d),
            "larger" | "size" => bytes(value).is_some_and(|b| size > b),
            "smaller" => bytes(value).is_some_and(|b| size < b),
            _ => self.text().contains(value),
        }
    }

    fn labelled(&self, op: &str, value: &str) -> bool {
        let written = |name: &str| name.to_lowercase().replace([' ', '/'], "-");
        let value = match op {
            "category" => format!("category_{value}"),
            _ if value == "drafts" => "draft".to_owned(),
            _ => value.to_owned(),
        };
        self.labels
            .iter()
            .filter(|l| self.mail.labels.contains(&l.id))
            .any(|l| written(&l.name) == written(&value) || l.id.to_lowercase() == value)
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        self.parsed
            .attachments()
            .filter_map(|a| a.attachment_name())
    }

    fn text(&self) -> String {
        let mut text = [
            names(self.parsed.from()),
            names(self.parsed.to()),
            names(self.parsed.cc()),
        ]
        .join(" ");
        text.push_str(self.parsed.subject().unwrap_or_default());
        text.push(' ');
        text.push_str(&self.parsed.body_text(0).unwrap_or_default());
        text.to_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn ago(&self, value: &str) -> Option<Timestamp> {
        let count: i64 = value.get(..value.len() - 1)?.parse().ok()?;
        let span = match value.chars().last()? {
            'd' => count.days(),
            'm' => count.months(),
            'y' => count.years(),
            _ => return None,
        };
        let now = self.now.to_zoned(TimeZone::UTC);
        now.checked_sub(span).ok().map(|z| z.timestamp())
    }
}

fn names(address: Option<&Address<'_>>) -> String {
    let list = address.into_iter().flat_map(|a| a.iter());
    list.map(|a| {
        format!(
            "{} {}",
            a.name().unwrap_or_default(),
            a.address().unwrap_or_default()
        )
    })
    .collect::<Vec<_>>()
    .join(" ")
    .to_lowercase()
}

/// A date is midnight on the Pacific coast; a number is seconds since 1970.
fn day(value: &str) -> Option<Timestamp> {
    if let Ok(seconds) = value.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let mut parts = value.split(['/', '-']).map(|p| p.parse::<i16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let pacific =
        TimeZone::get("America/Los_Angeles").unwrap_or(TimeZone::fixed(jiff::tz::offset(-8)));
    Some(date.to_zoned(pacific).ok()?.timestamp())
}

fn bytes(value: &str) -> Option<u64> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &value[digits.len()..] {
        "" => 1,
        "k" | "kb" => 1024,
        "m" | "mb" => 1024 * 1024,
        _ => return None,
    };
    digits.parse::<u64>().ok().map(|n| n * scale)
}
