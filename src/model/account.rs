//! Accounts as resolved from the config: which channel, which servers, whose address.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::budget::Rate;
use super::money::Money;
use super::secret::Part;

/// The kind of provider behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    Imap,
    /// Send only.
    Smtp,
    Maildir,
    Gmail,
    GoogleChat,
    /// Sends into the one space behind its URL.
    GoogleChatWebhook,
    /// SMS and MMS.
    Twilio,
    /// WhatsApp Business Cloud API.
    Whatsapp,
    Slack,
    /// Sends into the one channel behind its URL.
    SlackWebhook,
    /// An address book; no messages.
    Carddav,
}

impl ChannelKind {
    pub const ALL: [ChannelKind; 11] = [
        ChannelKind::Imap,
        ChannelKind::Smtp,
        ChannelKind::Maildir,
        ChannelKind::Gmail,
        ChannelKind::GoogleChat,
        ChannelKind::GoogleChatWebhook,
        ChannelKind::Twilio,
        ChannelKind::Whatsapp,
        ChannelKind::Slack,
        ChannelKind::SlackWebhook,
        ChannelKind::Carddav,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Imap => "imap",
            ChannelKind::Smtp => "smtp",
            ChannelKind::Maildir => "maildir",
            ChannelKind::Gmail => "gmail",
            ChannelKind::GoogleChat => "google-chat",
            ChannelKind::GoogleChatWebhook => "google-chat-webhook",
            ChannelKind::Twilio => "twilio",
            ChannelKind::Whatsapp => "whatsapp",
            ChannelKind::Slack => "slack",
            ChannelKind::SlackWebhook => "slack-webhook",
            ChannelKind::Carddav => "carddav",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<ChannelKind> {
        ChannelKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// Every name that a channel goes by when someone looks for its messages.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let common = ["mail", "email", "sms", "chat"];
        common
            .into_iter()
            .chain(ChannelKind::ALL.map(ChannelKind::name))
    }

    /// Whether it goes by this name: its own, or one that people have for it and its like.
    pub fn goes_by(self, name: &str) -> bool {
        match name {
            "mail" | "email" => self.is_mail(),
            "sms" => self == ChannelKind::Twilio,
            "chat" => matches!(
                self,
                ChannelKind::GoogleChat | ChannelKind::GoogleChatWebhook
            ),
            name => self.name() == name,
        }
    }

    /// Whether its messages are mails (RFC 5322).
    pub fn is_mail(self) -> bool {
        matches!(
            self,
            ChannelKind::Imap | ChannelKind::Smtp | ChannelKind::Maildir | ChannelKind::Gmail
        )
    }

    /// Whether its messages are short texts that each go into one room or to one person.
    pub fn is_chat(self) -> bool {
        !self.is_mail() && !self.is_address_book()
    }

    /// Whether it holds people instead of messages.
    pub fn is_address_book(self) -> bool {
        self == ChannelKind::Carddav
    }

    /// Whether it knows people beside its messages: an address book of its own, or who else is there.
    pub fn knows_people(self) -> bool {
        matches!(
            self,
            ChannelKind::Gmail | ChannelKind::GoogleChat | ChannelKind::Slack
        )
    }

    /// Whether it writes to phone numbers.
    pub fn is_phone(self) -> bool {
        matches!(self, ChannelKind::Twilio | ChannelKind::Whatsapp)
    }

    /// Whether the account is one room, whose URL is the secret.
    pub fn is_incoming_webhook(self) -> bool {
        matches!(
            self,
            ChannelKind::GoogleChatWebhook | ChannelKind::SlackWebhook
        )
    }

    /// Whether messages come to it.
    pub fn receives(self) -> bool {
        self != ChannelKind::Smtp && !self.is_incoming_webhook() && !self.is_address_book()
    }

    /// Whether its provider can be asked for messages; WhatsApp only tells them by itself.
    pub fn fetches(self) -> bool {
        self.receives() && self != ChannelKind::Whatsapp
    }

    /// Whether its provider tells of news by calling a web address of ours.
    pub fn calls_back(self) -> bool {
        matches!(
            self,
            ChannelKind::Twilio | ChannelKind::Whatsapp | ChannelKind::Slack
        )
    }

    /// Where its provider lives, if it is asked over HTTP.
    pub fn base_url(self) -> Option<&'static str> {
        match self {
            ChannelKind::Gmail => Some("https://gmail.googleapis.com"),
            ChannelKind::GoogleChat | ChannelKind::GoogleChatWebhook => {
                Some("https://chat.googleapis.com")
            }
            ChannelKind::Twilio => Some("https://api.twilio.com"),
            ChannelKind::Whatsapp => Some("https://graph.facebook.com"),
            ChannelKind::Slack => Some("https://slack.com/api"),
            ChannelKind::SlackWebhook => Some("https://hooks.slack.com"),
            ChannelKind::Imap | ChannelKind::Smtp | ChannelKind::Maildir | ChannelKind::Carddav => {
                None
            }
        }
    }
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// TLS from the first byte.
    Tls,
    /// Plain greeting, then an obligatory STARTTLS.
    Starttls,
    /// No TLS; refused unless the host is loopback.
    None,
}

/// How the account proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthMethod {
    /// PLAIN or LOGIN with a password.
    Password,
    /// XOAUTH2 or OAUTHBEARER with an access token as the secret.
    Oauth,
    /// No login at all (a relay on loopback).
    None,
}

/// How an account gets its access tokens by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth {
    pub provider: Provider,
    /// Addresses of its own; they win over what the provider is known or found to have.
    pub authorize_url: Option<String>,
    pub token_url: Option<String>,
    pub device_url: Option<String>,
    pub revoke_url: Option<String>,
    /// `None` if the client file or the key that is given at the login says it.
    pub client_id: Option<String>,
    /// `None` for the least that the channel needs.
    pub scopes: Option<Vec<String>>,
    /// Of Microsoft: a domain, an id, `organizations`, `consumers` or `common`.
    pub tenant: String,
    pub grant: Grant,
}

/// Whose tokens they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    Google,
    Microsoft,
    /// Found by OpenID discovery or RFC 8414.
    Issuer(String),
    /// Only the addresses in the config.
    Custom,
}

impl Provider {
    /// As it is written in the config; `custom` where only addresses stand there.
    pub fn name(&self) -> &str {
        match self {
            Provider::Google => "google",
            Provider::Microsoft => "microsoft",
            Provider::Issuer(issuer) => issuer,
            Provider::Custom => "custom",
        }
    }
}

/// What a token is asked for with (RFC 6749 §1.3, RFC 7523).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Someone logs in once; a refresh token does the rest.
    Code,
    /// The key of a service account that may act for the address.
    ServiceAccount,
    /// The client's own secret.
    ClientCredentials,
}

impl Grant {
    pub const ALL: [Grant; 3] = [Grant::Code, Grant::ServiceAccount, Grant::ClientCredentials];

    /// As it is written in the config.
    pub fn name(self) -> &'static str {
        match self {
            Grant::Code => "code",
            Grant::ServiceAccount => "service-account",
            Grant::ClientCredentials => "client-credentials",
        }
    }
}

/// The logins a server takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    pub password: bool,
    /// An access token.
    pub oauth: bool,
}

/// `host:port` with its protection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub tls: TlsMode,
}

/// What an account of channel `twilio` says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twilio {
    /// `AC…`; it stands in every path.
    pub account_sid: String,
    /// `SK…`: the secret is this key's, not the account's auth token.
    pub api_key: Option<String>,
    /// `MG…`: chooses the sender instead of `address`.
    pub messaging_service: Option<String>,
    /// Where a number without a country is dialled (ISO 3166-1 alpha-2).
    pub region: Option<String>,
    /// Signs that only look different are sent as their GSM-7 likeness.
    pub smart_encoding: bool,
    pub long_text: LongText,
}

/// What becomes of a text that is longer than one message may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongText {
    /// It goes in several.
    #[default]
    Parts,
    Refuse,
}

/// What an account of channel `whatsapp` says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whatsapp {
    pub phone_number_id: String,
    /// Whose templates and numbers; needed to list them.
    pub business_account_id: Option<String>,
    /// As in the path: `v23.0`.
    pub graph_version: String,
    /// Where a number without a country is dialled (ISO 3166-1 alpha-2).
    pub region: Option<String>,
}

/// What becomes of the people that an account knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// Changes go both ways.
    Sync,
    /// They are only read.
    Read,
}

impl Contacts {
    pub const ALL: [Contacts; 2] = [Contacts::Sync, Contacts::Read];

    /// As it is written in the config.
    pub fn name(self) -> &'static str {
        match self {
            Contacts::Sync => "sync",
            Contacts::Read => "read",
        }
    }
}

/// A list of people at Google.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Book {
    /// Those the user filed.
    Contacts,
    /// Those the user wrote to; they can only be read.
    Others,
    /// Those of the user's domain; Workspace only, and they can only be read.
    Directory,
}

impl Book {
    pub const ALL: [Book; 3] = [Book::Contacts, Book::Others, Book::Directory];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Book::Contacts => "contacts",
            Book::Others => "others",
            Book::Directory => "directory",
        }
    }

    pub fn named(name: &str) -> Option<Book> {
        Book::ALL.into_iter().find(|book| book.name() == name)
    }
}

/// One account, resolved: every setting has its final value.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    pub channel: ChannelKind,
    /// What it sends from: a mail address, or a phone number (E.164; for SMS also a short code or a name). `None` where
    /// the login says it.
    pub address: Option<String>,
    /// The name shown beside the address.
    pub display_name: Option<String>,
    /// Other addresses that are also the owner's own.
    pub aliases: Vec<String>,
    pub imap: Option<Endpoint>,
    pub smtp: Option<Endpoint>,
    /// Where its provider lives, if it is asked over HTTP; never with a slash at the end. Of an address book as written:
    /// the book itself, its owner, or only the host.
    pub base_url: Option<String>,
    /// How many units of its provider's quota may be used within how long; `None` is no limit.
    pub quota: Option<Rate>,
    /// Whether its people are contacts, too; `None` if it was not said, and its login is not asked for them.
    pub contacts: Option<Contacts>,
    /// Whose: with `channel = "gmail"`.
    pub books: Vec<Book>,
    /// Put below what is written from here.
    pub signature: Option<String>,
    /// Units are counted as for projects made before May 2026 (`gmail`).
    pub legacy_units: bool,
    /// With `channel = "twilio"`.
    pub twilio: Option<Twilio>,
    /// With `channel = "whatsapp"`.
    pub whatsapp: Option<Whatsapp>,
    /// More trust roots (PEM) than those of the operating system.
    pub ca_file: Option<PathBuf>,
    pub auth: AuthMethod,
    /// With `auth = "oauth"`: how it gets its tokens; `None` if they come from outside.
    pub oauth: Option<OAuth>,
    /// Login name; the address when not set in the config.
    pub username: Option<String>,
    /// From `COMMS_SECRET_<ACCOUNT>` and `COMMS_SECRET_<ACCOUNT>_<NAME>`; wins over everything.
    pub secret_env: BTreeMap<Part, SecretString>,
    pub secret_command: Option<String>,
    /// Root of the Maildir tree (`maildir`).
    pub path: Option<PathBuf>,
    /// Folders to sync; `None` means all that the server lists.
    pub folders: Option<Vec<String>>,
    /// Whether comms files a copy of what it sends; off where the server does it itself.
    pub file_sent: bool,
    /// How many recipients may leave within how long; all of them hold, none is no limit.
    pub budget: Vec<Rate>,
    /// Money that may be spent through it within a calendar month.
    pub max_cost_per_month: Option<Money>,
    /// The account that takes what certainly was not sent when this one can't send.
    pub fallback: Option<String>,
    /// True for the account `local` that exists without configuration.
    pub built_in: bool,
}

impl Account {
    /// All addresses that are the owner's.
    pub fn own_addresses(&self) -> impl Iterator<Item = &str> {
        self.address
            .as_deref()
            .into_iter()
            .chain(self.aliases.iter().map(String::as_str))
    }

    /// Whether messages can leave through this account.
    pub fn can_send(&self) -> bool {
        self.sends_mail() || self.built_in || self.channel.is_chat()
    }

    /// The region in which its numbers without a country are dialled.
    pub fn region(&self) -> Option<&str> {
        let twilio = self.twilio.as_ref().and_then(|t| t.region.as_deref());
        twilio.or_else(|| self.whatsapp.as_ref().and_then(|w| w.region.as_deref()))
    }

    /// Whether mail to the outside can leave through this account.
    pub fn sends_mail(&self) -> bool {
        self.smtp.is_some() || self.channel == ChannelKind::Gmail
    }

    /// The login name.
    pub fn login(&self) -> Option<&str> {
        self.username.as_deref().or(self.address.as_deref())
    }
}
