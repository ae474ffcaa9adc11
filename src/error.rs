//! The one error of the crate: what kind it is, what happened, and what to do next.
//!
//! Exit code, JSON code and HTTP status are functions of [`Kind`]; nothing else decides them.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller should do next; the exit-code table of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A bug, or the disk.
    Internal,
    /// The request is wrong.
    Usage,
    /// Config or account missing or wrong.
    Config,
    /// Provider login missing or refused.
    Auth,
    /// No such message, contact or item.
    NotFound,
    /// Policy, opt-out or provider says no; repeating won't help.
    Refused,
    /// Network, server fault or rate limit; nothing is kept.
    Unavailable,
    /// The item waits in the outbox.
    Pending,
    /// Some done, some not; the report lists each.
    Partial,
    /// It may have been sent.
    Unconfirmed,
    /// Ctrl-C.
    Interrupted,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Internal,
        Kind::Usage,
        Kind::Config,
        Kind::Auth,
        Kind::NotFound,
        Kind::Refused,
        Kind::Unavailable,
        Kind::Pending,
        Kind::Partial,
        Kind::Unconfirmed,
        Kind::Interrupted,
    ];

    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Internal => 1,
            Kind::Usage => 2,
            Kind::Config => 3,
            Kind::Auth => 4,
            Kind::NotFound => 5,
            Kind::Refused => 6,
            Kind::Unavailable => 7,
            Kind::Pending => 8,
            Kind::Partial => 9,
            Kind::Unconfirmed => 10,
            Kind::Interrupted => 130,
        }
    }

    /// The status of an HTTP answer. 401 and 403 are for the key of the caller alone.
    pub fn http_status(self) -> u16 {
        match self {
            Kind::Internal | Kind::Interrupted => 500,
            Kind::Usage => 400,
            Kind::Config | Kind::Auth => 424,
            Kind::NotFound => 404,
            Kind::Refused => 422,
            Kind::Unavailable => 503,
            Kind::Pending => 202,
            Kind::Partial | Kind::Unconfirmed => 200,
        }
    }

    /// The `code` of a JSON error.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Internal => "internal",
            Kind::Usage => "usage",
            Kind::Config => "config",
            Kind::Auth => "auth",
            Kind::NotFound => "not_found",
            Kind::Refused => "refused",
            Kind::Unavailable => "unavailable",
            Kind::Pending => "pending",
            Kind::Partial => "partial",
            Kind::Unconfirmed => "unconfirmed",
            Kind::Interrupted => "interrupted",
        }
    }

    /// One line for `comms schema` and the man page.
    pub fn meaning(self) -> &'static str {
        match self {
            Kind::Internal => "a bug, or the disk: report it",
            Kind::Usage => "the request is wrong: change it",
            Kind::Config => "config or account missing or wrong: edit the config",
            Kind::Auth => "provider login missing or refused: log in",
            Kind::NotFound => "no such message or item: look it up",
            Kind::Refused => "policy or provider says no: repeating won't help",
            Kind::Unavailable => {
                "network, server fault or rate limit: wait, repeat; nothing is kept"
            }
            Kind::Pending => "the item waits in the outbox: do not repeat, come back",
            Kind::Partial => "some done, some not: the report lists each, repeat only the failed",
            Kind::Unconfirmed => "it may have been sent: do not repeat, look",
            Kind::Interrupted => "interrupted",
        }
    }
}

/// Someone who may be meant by a name, as a list to choose from shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Choice {
    /// What means them beyond doubt where the name stood: `c9`, or an address.
    pub words: String,
    /// `None` for one who is known only from messages.
    pub contact: Option<String>,
    pub name: String,
    /// Where the message would go, as one types it; `None` if nothing reaches them.
    pub address: Option<String>,
    /// From 0 to 100.
    pub score: u8,
    /// A name, nickname or address is what was typed; case and accents aside.
    pub exact: bool,
    /// Something was sent to that address before.
    pub written_to: bool,
    /// What speaks for this one, most weighty first.
    pub why: Vec<String>,
}

/// A failure with its kind, its words and the next step.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// Lower case, no full stop, names the thing in backticks; never a secret.
    pub message: String,
    /// The next command or edit, true and short.
    pub hint: Option<String>,
    /// When the provider said to come back.
    pub retry_after: Option<Duration>,
    /// The outbox item it is about (`o17`).
    pub item: Option<Box<str>>,
    /// Who may be meant, where a name says it of several.
    pub candidates: Option<Box<[Choice]>>,
    /// It goes on once someone says that it is meant: with `--yes`.
    pub wants_yes: bool,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            hint: None,
            retry_after: None,
            item: None,
            candidates: None,
            wants_yes: false,
            source: None,
        }
    }
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }
    pub fn auth(message: impl Into<String>) -> Self {
        Self::new(Kind::Auth, message)
    }
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
    pub fn item(mut self, item: impl fmt::Display) -> Self {
        self.item = Some(item.to_string().into());
        self
    }
    pub fn candidates(mut self, candidates: Vec<Choice>) -> Self {
        self.candidates = Some(candidates.into());
        self
    }
    pub fn wants_yes(mut self) -> Self {
        self.wants_yes = true;
        self
    }
    /// The causes, outermost first, each in its own words.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut next = self.source.as_deref().map(|e| e as &dyn std::error::Error);
        while let Some(cause) = next {
            let words = cause.to_string();
            // SQLite's and HTTP's errors end in the words of what they are made of, or the other way round.
            let told = |last: &String| last.ends_with(&words) || words.ends_with(last.as_str());
            if !causes.last().is_some_and(told) {
                causes.push(words);
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// Gives a foreign error its kind and says what was being done.
pub trait Context<T> {
    fn context(self, kind: Kind, doing: impl Into<String>) -> Result<T>;
    fn with_context(self, kind: Kind, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> Context<T>
    for std::result::Result<T, E>
{
    fn context(self, kind: Kind, doing: impl Into<String>) -> Result<T> {
        self.map_err(|e| Error::new(kind, doing).because(e))
    }
    fn with_context(self, kind: Kind, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| Error::new(kind, doing()).because(e))
    }
}
