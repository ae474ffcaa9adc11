//! Messages: what a parser reads from bytes, what a list shows, and where a message lives.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::ChannelKind;
use super::address::Address;
use super::id::{MessageId, ThreadId};

/// What a folder is for (RFC 6154 special use, or its usual name).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Inbox,
    Sent,
    Drafts,
    Trash,
    Junk,
    Archive,
    /// Everything the account holds (`\All`).
    All,
    /// An ordinary folder.
    #[default]
    Other,
}

/// The state of a message that its reader can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags {
    pub seen: bool,
    pub starred: bool,
    pub answered: bool,
    pub forwarded: bool,
    pub draft: bool,
    pub trashed: bool,
}

/// One attachment or inline part; its bytes stay in the raw message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attachment {
    /// Counts from 1 within the message; the N of `inbox save ID --attachment N`.
    pub number: usize,
    /// A safe file name; made up from the type if the message gives none.
    pub name: String,
    /// Media type, lower case (`image/png`).
    pub media_type: String,
    /// Decoded size.
    pub size_bytes: u64,
    /// Shown within the text (`Content-Disposition: inline` with a Content-ID).
    pub inline: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
}

/// What `format::mime` reads from raw RFC 5322 bytes; always something, however broken they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// Message-IDs without brackets, oldest first as in the header.
    pub references: Vec<String>,
    pub in_reply_to: Vec<String>,
    pub sent_at: Option<Timestamp>,
    pub from: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    pub list_id: Option<String>,
    /// The outbox item's own id, if comms wrote this message (`X-Comms-Id`).
    pub comms_id: Option<String>,
    /// The readable text: plain parts, or HTML made plain. Capped at 1 MB.
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub has_link: bool,
    /// The provider says that the owner of the account wrote it.
    pub own: bool,
    /// What is broken, one short phrase each; empty for a sound message.
    pub faults: Vec<String>,
}

/// Tells one copy of a message from all others in its account and folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ident {
    /// Hash of the raw bytes (imports): the same bytes are the same message.
    Content([u8; 16]),
    /// IMAP: UIDVALIDITY and UID of its folder.
    Uid { validity: u32, uid: u32 },
    /// The unique part of a Maildir file name, before `:2,`.
    Maildir(String),
    /// The provider's own id of a message, unique in its account.
    Remote(String),
}

/// Where the raw bytes are.
#[derive(Clone, Debug)]
pub enum Raw {
    /// To be kept, compressed, by the store.
    Bytes(Vec<u8>),
    /// Stays in someone's Maildir; the path is absolute.
    File(std::path::PathBuf),
}

/// A message on its way into the store.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub account: String,
    pub channel: ChannelKind,
    /// Folder path with `/` between levels, UTF-8 (`INBOX`, `imported/lists`).
    pub folder: String,
    pub role: Role,
    pub ident: Ident,
    pub raw: Raw,
    pub size_bytes: u64,
    /// INTERNALDATE, file time, or the time of import.
    pub received_at: Timestamp,
    pub flags: Flags,
    pub labels: Vec<String>,
    pub parsed: Parsed,
}

/// A message as a list shows it. Text is as the sender wrote it: clean it before a terminal sees it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Envelope {
    pub id: MessageId,
    pub thread: ThreadId,
    pub account: String,
    pub channel: ChannelKind,
    pub folder: String,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    /// Always true: the content was written by someone else.
    pub untrusted: bool,
    /// The sender's Date; null if missing or unreadable.
    pub sent_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// First 200 characters of the text.
    pub preview: String,
    /// The text around the hit, with the hit between U+0001 and U+0002 inside the crate, `**` in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    pub unread: bool,
    pub starred: bool,
    /// The owner wrote it.
    pub sent: bool,
    pub draft: bool,
    pub labels: Vec<String>,
    pub attachments: usize,
    pub size_bytes: u64,
    /// RFC 5322 Message-ID without brackets.
    pub message_id: Option<String>,
}

/// Where one message lives, for reading its bytes and for telling its server of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub id: MessageId,
    pub thread: ThreadId,
    pub account: String,
    pub channel: ChannelKind,
    pub folder: String,
    pub role: Role,
    pub ident: Ident,
    pub flags: Flags,
}

/// A thread as the inbox shows it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ThreadRow {
    pub id: ThreadId,
    /// Messages of the thread in the store.
    pub count: usize,
    pub unread: usize,
    /// Who wrote in it, oldest first, without repeats.
    pub participants: Vec<Address>,
    /// Always true: the names were written by someone else.
    pub untrusted: bool,
    /// Its newest message that the filters admit.
    pub newest: Envelope,
}

/// A change of flags, folder or labels, as `mark` asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub seen: Option<bool>,
    pub starred: Option<bool>,
    pub answered: Option<bool>,
    pub forwarded: Option<bool>,
    pub add_labels: Vec<String>,
    pub remove_labels: Vec<String>,
    /// Move to the folder with this role (archive, trash, inbox).
    pub move_to: Option<Role>,
}
