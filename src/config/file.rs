//! Shape of config.toml: reads it with the place of every value, and refuses what it does not know.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::disk;
use crate::error::{Context, Error, Kind, Result};
use crate::format::cut;

use super::policy::{self, RawPolicy};

/// The file's text and where it is, to point at a place in it.
pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

/// A value and the line it stands on.
#[derive(Clone, Debug)]
pub struct At<T> {
    pub value: T,
    /// Counts from 1.
    pub line: usize,
    /// Byte range in the file, for an error that comes later.
    pub span: Range<usize>,
}

/// `config.toml`, read but not yet resolved.
#[derive(Debug, Default)]
pub struct File {
    pub email: Option<At<String>>,
    pub phone: Option<At<String>>,
    pub confirm_above: Option<At<i64>>,
    pub max_age: Option<At<Duration>>,
    pub deadline: Option<At<Duration>>,
    /// `[secrets] store`, as it is written.
    pub store: Option<At<String>>,
    pub passphrase_command: Option<At<String>>,
    /// `[audit] text`.
    pub audit_text: Option<At<bool>>,
    /// `[retention]`, as it is written.
    pub keep_messages: Option<At<String>>,
    pub keep_outbox: Option<At<String>>,
    pub keep_events: Option<At<String>>,
    /// `[outbox]`, as it is written.
    pub circuit_after: Option<At<i64>>,
    pub on_failure: Option<At<String>>,
    /// `[serve]`, as it is written.
    pub listen: Option<At<String>>,
    pub poll: Option<At<String>>,
    pub public_url: Option<At<String>>,
    pub origins: Option<At<Vec<String>>>,
    pub access_log: Option<At<String>>,
    pub policy: RawPolicy,
    pub hooks: Vec<RawHook>,
    pub accounts: Vec<RawAccount>,
}

/// One `[hooks.NAME]` as it is written.
#[derive(Debug)]
pub struct RawHook {
    pub name: At<String>,
    pub url: Option<At<String>>,
    pub events: Option<At<Vec<String>>>,
    pub accounts: Option<At<Vec<String>>>,
    pub text: Option<At<bool>>,
    pub allow_private: Option<At<bool>>,
}

/// One `[accounts.NAME]` as it is written.
#[derive(Debug)]
pub struct RawAccount {
    pub name: At<String>,
    pub channel: Option<At<String>>,
    pub address: Option<At<String>>,
    pub display_name: Option<At<String>>,
    pub aliases: Option<At<Vec<String>>>,
    pub imap: Option<At<String>>,
    pub smtp: Option<At<String>>,
    pub tls: Option<At<String>>,
    pub imap_tls: Option<At<String>>,
    pub smtp_tls: Option<At<String>>,
    pub ca_file: Option<At<String>>,
    pub auth: Option<At<String>>,
    pub oauth: Option<At<String>>,
    pub authorize_url: Option<At<String>>,
    pub token_url: Option<At<String>>,
    pub device_url: Option<At<String>>,
    pub revoke_url: Option<At<String>>,
    pub client_id: Option<At<String>>,
    pub scopes: Option<At<Vec<String>>>,
    pub tenant: Option<At<String>>,
    pub grant: Option<At<String>>,
    pub username: Option<At<String>>,
    pub secret_command: Option<At<String>>,
    pub path: Option<At<String>>,
    pub folders: Option<At<Vec<String>>>,
    pub file_sent: Option<At<bool>>,
    pub budget: Option<At<Vec<String>>>,
    pub max_cost_per_month: Option<At<String>>,
    pub base_url: Option<At<String>>,
    pub url: Option<At<String>>,
    pub contacts: Option<At<String>>,
    pub books: Option<At<Vec<String>>>,
    pub quota: Option<At<String>>,
    pub quota_units: Option<At<String>>,
    pub signature: Option<At<String>>,
    pub fallback: Option<At<String>>,
    pub account_sid: Option<At<String>>,
    pub api_key: Option<At<String>>,
    pub messaging_service: Option<At<String>>,
    pub region: Option<At<String>>,
    pub long_text: Option<At<String>>,
    pub phone_number_id: Option<At<String>>,
    pub business_account_id: Option<At<String>>,
    pub graph_version: Option<At<String>>,
    pub smart_encoding: Option<At<bool>>,
}

/// The line that a value of an account stands on; `None` if it is not written.
pub fn line_of<T>(
    raw: Option<&RawAccount>,
    of: impl Fn(&RawAccount) -> &Option<At<T>>,
) -> Option<usize> {
    raw.and_then(|r| of(r).as_ref().map(|a| a.line))
}

const TOP_KEYS: &[&str] = &[
    "defaults",
    "accounts",
    "inbox",
    "secrets",
    "outbox",
    "retention",
    "policy",
    "audit",
    "serve",
    "hooks",
];
const DEFAULT_KEYS: &[&str] = &["email", "phone", "confirm_above"];
const SERVE_KEYS: &[&str] = &["access_log", "listen", "origins", "poll", "public_url"];
const HOOK_KEYS: &[&str] = &["url", "events", "accounts", "text", "allow_private"];
const INBOX_KEYS: &[&str] = &["max_age", "deadline"];
const OUTBOX_KEYS: &[&str] = &["circuit_after", "on_failure"];
const AUDIT_KEYS: &[&str] = &["text"];
const RETENTION_KEYS: &[&str] = &["events", "messages", "outbox"];
const STORE_KEYS: &[&str] = &["store", "passphrase_command"];
pub const ACCOUNT_KEYS: &[&str] = &[
    "channel",
    "address",
    "display_name",
    "aliases",
    "imap",
    "smtp",
    "tls",
    "imap_tls",
    "smtp_tls",
    "ca_file",
    "auth",
    "oauth",
    "authorize_url",
    "token_url",
    "device_url",
    "revoke_url",
    "client_id",
    "scopes",
    "tenant",
    "grant",
    "username",
    "secret_command",
    "path",
    "folders",
    "file_sent",
    "budget",
    "max_cost_per_month",
    "base_url",
    "url",
    "contacts",
    "books",
    "quota",
    "quota_units",
    "signature",
    "fallback",
    "account_sid",
    "api_key",
    "messaging_service",
    "region",
    "long_text",
    "phone_number_id",
    "business_account_id",
    "graph_version",
    "smart_encoding",
];
/// Keys that people try for a secret; none may stand in the file.
const SECRET_KEYS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "secret",
    "token",
    "access_token",
    "refresh_token",
    "client_secret",
    "app_password",
    "auth_token",
    "app_secret",
    "signing_secret",
    "webhook_secret",
    "verify_token",
];

/// Bytes of a config.
const LARGEST: u64 = 16 << 20;

impl Source {
    /// Reads the file; `None` if there is none.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        match std::fs::File::open(path).and_then(|file| disk::read_small(file, LARGEST)) {
            Ok(text) => Ok(Some(Source {
                path: path.to_owned(),
                text,
            })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(Kind::Config, || format!("reading `{}`", path.display())),
        }
    }

    /// `file:line:column` of a byte offset; both count from 1, the column in characters.
    pub fn place(&self, offset: usize) -> String {
        let (line, column) = self.line_column(offset);
        format!("{}:{line}:{column}", self.path.display())
    }

    fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// A config error at this place.
    pub fn error(&self, span: &Range<usize>, message: impl std::fmt::Display) -> Error {
        let message = cut::quoting(&message.to_string());
        Error::config(format!("{}: {message}", self.place(span.start)))
    }

    fn at<T>(&self, value: T, span: Range<usize>) -> At<T> {
        At {
            value,
            line: self.line_column(span.start).0,
            span,
        }
    }

    /// Reads the shape; the first fault in the order of the file is the error.
    pub fn parse(&self) -> Result<File> {
        let table = DeTable::parse(&self.text).map_err(|e| {
            let span = e.span().unwrap_or(0..0);
            self.error(&span, format!("not valid TOML: {}", e.message().trim()))
                .hint(
                    "text goes in double quotes, lists in [ ]; see `comms man mail` for an example",
                )
        })?;
        let mut file = File::default();
        for (key, value) in in_order(table.get_ref()) {
            match key.get_ref().as_ref() {
                "defaults" => self.defaults(self.table(key, value)?, &mut file)?,
                "inbox" => self.inbox(self.table(key, value)?, &mut file)?,
                "secrets" => self.secrets(self.table(key, value)?, &mut file)?,
                "outbox" => self.outbox(self.table(key, value)?, &mut file)?,
                "retention" => self.retention(self.table(key, value)?, &mut file)?,
                "policy" => file.policy = policy::parse(self, self.table(key, value)?)?,
                "serve" => self.serve(self.table(key, value)?, &mut file)?,
                "audit" => self.audit(self.table(key, value)?, &mut file)?,
                "hooks" => {
                    for (name, hook) in in_order(self.table(key, value)?) {
                        file.hooks.push(self.hook(name, self.table(name, hook)?)?);
                    }
                }
                "accounts" => {
                    for (name, account) in in_order(self.table(key, value)?) {
                        let account = self.account(name, self.table(name, account)?)?;
                        file.accounts.push(account);
                    }
                }
                _ => return Err(self.unknown(key, TOP_KEYS, "the config file")),
            }
        }
        Ok(file)
    }

    fn defaults(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "email" => file.email = Some(self.string(key, value)?),
                "phone" => file.phone = Some(self.string(key, value)?),
                "confirm_above" => file.confirm_above = Some(self.number(key, value)?),
                _ => return Err(self.unknown(key, DEFAULT_KEYS, "[defaults]")),
            }
        }
        Ok(())
    }

    fn inbox(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "max_age" => file.max_age = Some(self.duration(key, value)?),
                "deadline" => file.deadline = Some(self.duration(key, value)?),
                _ => return Err(self.unknown(key, INBOX_KEYS, "[inbox]")),
            }
        }
        Ok(())
    }

    fn secrets(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "store" => file.store = Some(self.string(key, value)?),
                "passphrase_command" => file.passphrase_command = Some(self.string(key, value)?),
                "passphrase" => {
                    return Err(self
                        .error(&key.span(), "`passphrase`: a secret never stands in the config file")
                        .hint("remove the line; use passphrase_command = \"…\", or set COMMS_PASSPHRASE"));
                }
                _ => return Err(self.unknown(key, STORE_KEYS, "[secrets]")),
            }
        }
        Ok(())
    }

    fn outbox(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "circuit_after" => file.circuit_after = Some(self.number(key, value)?),
                "on_failure" => file.on_failure = Some(self.string(key, value)?),
                _ => return Err(self.unknown(key, OUTBOX_KEYS, "[outbox]")),
            }
        }
        Ok(())
    }

    fn serve(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "listen" => file.listen = Some(self.string(key, value)?),
                "origins" => file.origins = Some(self.strings(key, value)?),
                "access_log" => file.access_log = Some(self.string(key, value)?),
                "poll" => file.poll = Some(self.string(key, value)?),
                "public_url" => file.public_url = Some(self.string(key, value)?),
                _ => return Err(self.unknown(key, SERVE_KEYS, "[serve]")),
            }
        }
        Ok(())
    }

    fn audit(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "text" => file.audit_text = Some(self.boolean(key, value)?),
                _ => return Err(self.unknown(key, AUDIT_KEYS, "[audit]")),
            }
        }
        Ok(())
    }

    fn retention(&self, table: &DeTable<'_>, file: &mut File) -> Result<()> {
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "messages" => file.keep_messages = Some(self.string(key, value)?),
                "outbox" => file.keep_outbox = Some(self.string(key, value)?),
                "events" => file.keep_events = Some(self.string(key, value)?),
                _ => return Err(self.unknown(key, RETENTION_KEYS, "[retention]")),
            }
        }
        Ok(())
    }

    fn hook(&self, name: &Key<'_>, table: &DeTable<'_>) -> Result<RawHook> {
        let mut hook = RawHook {
            name: self.at(name.get_ref().to_string(), name.span()),
            url: None,
            events: None,
            accounts: None,
            text: None,
            allow_private: None,
        };
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "url" => hook.url = Some(self.string(key, value)?),
                "events" => hook.events = Some(self.text_or_list(key, value)?),
                "accounts" => hook.accounts = Some(self.text_or_list(key, value)?),
                "text" => hook.text = Some(self.boolean(key, value)?),
                "allow_private" => hook.allow_private = Some(self.boolean(key, value)?),
                secret if SECRET_KEYS.contains(&secret) => {
                    return Err(self
                        .error(
                            &key.span(),
                            format!("`{secret}`: a secret never stands in the config file"),
                        )
                        .hint(format!(
                            "remove the line; `comms auth hook add {} --stdin` stores it",
                            name.get_ref()
                        )));
                }
                _ => {
                    let place = format!("[hooks.{}]", name.get_ref());
                    return Err(self.unknown(key, HOOK_KEYS, &place));
                }
            }
        }
        Ok(hook)
    }

    fn account(&self, name: &Key<'_>, table: &DeTable<'_>) -> Result<RawAccount> {
        let mut a = RawAccount {
            name: self.at(name.get_ref().to_string(), name.span()),
            channel: None,
            address: None,
            display_name: None,
            aliases: None,
            imap: None,
            smtp: None,
            tls: None,
            imap_tls: None,
            smtp_tls: None,
            ca_file: None,
            auth: None,
            oauth: None,
            authorize_url: None,
            token_url: None,
            device_url: None,
            revoke_url: None,
            client_id: None,
            scopes: None,
            tenant: None,
            grant: None,
            username: None,
            secret_command: None,
            path: None,
            folders: None,
            file_sent: None,
            budget: None,
            max_cost_per_month: None,
            base_url: None,
            url: None,
            contacts: None,
            books: None,
            quota: None,
            quota_units: None,
            signature: None,
            fallback: None,
            account_sid: None,
            api_key: None,
            messaging_service: None,
            region: None,
            long_text: None,
            phone_number_id: None,
            business_account_id: None,
            graph_version: None,
            smart_encoding: None,
        };
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "channel" => a.channel = Some(self.string(key, value)?),
                "address" => a.address = Some(self.string(key, value)?),
                "display_name" => a.display_name = Some(self.string(key, value)?),
                "aliases" => a.aliases = Some(self.strings(key, value)?),
                "imap" => a.imap = Some(self.string(key, value)?),
                "smtp" => a.smtp = Some(self.string(key, value)?),
                "tls" => a.tls = Some(self.string(key, value)?),
                "imap_tls" => a.imap_tls = Some(self.string(key, value)?),
                "smtp_tls" => a.smtp_tls = Some(self.string(key, value)?),
                "ca_file" => a.ca_file = Some(self.string(key, value)?),
                "auth" => a.auth = Some(self.string(key, value)?),
                "oauth" => a.oauth = Some(self.string(key, value)?),
                "authorize_url" => a.authorize_url = Some(self.string(key, value)?),
                "token_url" => a.token_url = Some(self.string(key, value)?),
                "device_url" => a.device_url = Some(self.string(key, value)?),
                "revoke_url" => a.revoke_url = Some(self.string(key, value)?),
                "client_id" => a.client_id = Some(self.string(key, value)?),
                "scopes" => a.scopes = Some(self.strings(key, value)?),
                "tenant" => a.tenant = Some(self.string(key, value)?),
                "grant" => a.grant = Some(self.string(key, value)?),
                "username" => a.username = Some(self.string(key, value)?),
                "secret_command" => a.secret_command = Some(self.string(key, value)?),
                "path" => a.path = Some(self.string(key, value)?),
                "folders" => a.folders = Some(self.strings(key, value)?),
                "file_sent" => a.file_sent = Some(self.boolean(key, value)?),
                "budget" => a.budget = Some(self.text_or_list(key, value)?),
                "max_cost_per_month" => a.max_cost_per_month = Some(self.string(key, value)?),
                "base_url" => a.base_url = Some(self.string(key, value)?),
                "url" => a.url = Some(self.string(key, value)?),
                "contacts" => a.contacts = Some(self.string(key, value)?),
                "books" => a.books = Some(self.text_or_list(key, value)?),
                "quota" => a.quota = Some(self.string(key, value)?),
                "signature" => a.signature = Some(self.string(key, value)?),
                "quota_units" => a.quota_units = Some(self.string(key, value)?),
                "fallback" => a.fallback = Some(self.string(key, value)?),
                "account_sid" => a.account_sid = Some(self.string(key, value)?),
                "api_key" => a.api_key = Some(self.string(key, value)?),
                "messaging_service" => a.messaging_service = Some(self.string(key, value)?),
                "region" => a.region = Some(self.string(key, value)?),
                "long_text" => a.long_text = Some(self.string(key, value)?),
                "phone_number_id" => a.phone_number_id = Some(self.string(key, value)?),
                "business_account_id" => a.business_account_id = Some(self.string(key, value)?),
                "graph_version" => a.graph_version = Some(self.string(key, value)?),
                "smart_encoding" => a.smart_encoding = Some(self.boolean(key, value)?),
                secret if SECRET_KEYS.contains(&secret) => {
                    return Err(self
                        .error(&key.span(), format!("`{secret}`: a secret never stands in the config file"))
                        .hint(cut::quoting(&format!(
                            "remove the line; use secret_command = \"…\", or store it with `comms auth login {}`",
                            name.get_ref()
                        ))));
                }
                _ => {
                    let place = format!("[accounts.{}]", name.get_ref());
                    return Err(self.unknown(key, ACCOUNT_KEYS, &place));
                }
            }
        }
        Ok(a)
    }

    pub fn unknown(&self, key: &Key<'_>, known: &[&str], place: &str) -> Error {
        let written = key.get_ref().as_ref();
        let error = self.error(&key.span(), format!("`{written}` is not a key of {place}"));
        match nearest(written, known) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("known keys are {}", known.join(", "))),
        }
    }

    fn mismatch(&self, key: &Key<'_>, value: &Value<'_>, wanted: &str) -> Error {
        self.error(
            &value.span(),
            format!(
                "`{}` wants {wanted}, not {}",
                key.get_ref(),
                kind_name(value.get_ref())
            ),
        )
    }

    pub fn table<'t, 'i>(&self, key: &Key<'_>, value: &'t Value<'i>) -> Result<&'t DeTable<'i>> {
        value.get_ref().as_table().ok_or_else(|| {
            self.mismatch(key, value, "a table")
                .hint(format!("write it as a section: [{}]", key.get_ref()))
        })
    }

    pub fn string(&self, key: &Key<'_>, value: &Value<'_>) -> Result<At<String>> {
        match value.get_ref() {
            DeValue::String(text) => Ok(self.at(text.to_string(), value.span())),
            _ => Err(self.mismatch(key, value, "text in quotes")),
        }
    }

    fn strings(&self, key: &Key<'_>, value: &Value<'_>) -> Result<At<Vec<String>>> {
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.mismatch(key, value, "a list like [\"a\", \"b\"]"));
        };
        let texts = items
            .iter()
            .map(|item| self.string(key, item).map(|text| text.value))
            .collect::<Result<_>>()?;
        Ok(self.at(texts, value.span()))
    }

    /// A list of texts; a text alone is a list of one.
    pub fn text_or_list(&self, key: &Key<'_>, value: &Value<'_>) -> Result<At<Vec<String>>> {
        match value.get_ref() {
            DeValue::String(text) => Ok(self.at(vec![text.to_string()], value.span())),
            _ => self.strings(key, value),
        }
    }

    pub fn number(&self, key: &Key<'_>, value: &Value<'_>) -> Result<At<i64>> {
        let number = match value.get_ref() {
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| self.mismatch(key, value, "a whole number"))?;
        Ok(self.at(number, value.span()))
    }

    fn boolean(&self, key: &Key<'_>, value: &Value<'_>) -> Result<At<bool>> {
        match value.get_ref() {
            DeValue::Boolean(on) => Ok(self.at(*on, value.span())),
            _ => Err(self.mismatch(key, value, "true or false")),
        }
    }

    fn duration(&self, key: &Key<'_>, value: &Value<'_>) -> Result<At<Duration>> {
        let text = self.string(key, value)?;
        let duration = parse_duration(&text.value).ok_or_else(|| {
            self.error(
                &text.span,
                format!(
                    "`{}`: `{}` is not a length of time",
                    key.get_ref(),
                    text.value
                ),
            )
            .hint("write it like \"60s\", \"5min\" or \"1h\"")
        })?;
        Ok(self.at(duration, text.span))
    }
}

pub type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
pub type Value<'i> = Spanned<DeValue<'i>>;

/// Entries as they stand in the file, so that the first fault is the one reported.
pub fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn kind_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known word that was probably meant.
pub fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    if written.len() > 100 {
        // No slip of the fingers, and costly to compare.
        return None;
    }
    let written = written.to_lowercase().replace('-', "_");
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&written, k), *k))
        .filter(|(distance, k)| *distance <= (k.len() / 3).max(1))
        .min()
        .map(|(_, k)| k)
}

/// `60s`, `5min`, `1h`, `1h30m`; a bare `0` too.
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text.trim() == "0" {
        return Some(Duration::ZERO);
    }
    let span: jiff::SignedDuration = text.trim().parse().ok()?;
    Duration::try_from(span).ok()
}
