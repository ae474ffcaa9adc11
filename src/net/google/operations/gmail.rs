//! Gmail API v1. Units are those of projects made since May 2026 (Google's page on usage limits).

use super::{flag, number, text, texts, word, words};
use crate::net::api::{Effect, Operation};

const FORMATS: &[&str] = &["raw", "minimal", "metadata"];
const HISTORY: &[&str] = &[
    "messageAdded",
    "messageDeleted",
    "labelAdded",
    "labelRemoved",
];

pub const PROFILE: &Operation = &Operation {
    id: "gmail.users.getProfile",
    method: "GET",
    path: "gmail/v1/users/{userId}/profile",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const MESSAGES_LIST: &Operation = &Operation {
    id: "gmail.users.messages.list",
    method: "GET",
    path: "gmail/v1/users/{userId}/messages",
    query: &[
        text("q"),
        texts("labelIds"),
        flag("includeSpamTrash"),
        number("maxResults"),
        text("pageToken"),
    ],
    body: None,
    effect: Effect::Read,
    units: 5,
};

pub const MESSAGES_GET: &Operation = &Operation {
    id: "gmail.users.messages.get",
    method: "GET",
    path: "gmail/v1/users/{userId}/messages/{id}",
    query: &[word("format", FORMATS), texts("metadataHeaders")],
    body: None,
    effect: Effect::Read,
    units: 20,
};

pub const MESSAGES_SEND: &Operation = &Operation {
    id: "gmail.users.messages.send",
    method: "POST",
    path: "gmail/v1/users/{userId}/messages/send",
    query: &[],
    body: Some("Message"),
    effect: Effect::Write,
    units: 100,
};

pub const MESSAGES_MODIFY: &Operation = &Operation {
    id: "gmail.users.messages.modify",
    method: "POST",
    path: "gmail/v1/users/{userId}/messages/{id}/modify",
    query: &[],
    body: Some("ModifyMessageRequest"),
    effect: Effect::Write,
    units: 5,
};

pub const MESSAGES_BATCH_MODIFY: &Operation = &Operation {
    id: "gmail.users.messages.batchModify",
    method: "POST",
    path: "gmail/v1/users/{userId}/messages/batchModify",
    query: &[],
    body: Some("BatchModifyMessagesRequest"),
    effect: Effect::Write,
    units: 50,
};

pub const MESSAGES_TRASH: &Operation = &Operation {
    id: "gmail.users.messages.trash",
    method: "POST",
    path: "gmail/v1/users/{userId}/messages/{id}/trash",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 20,
};

pub const MESSAGES_UNTRASH: &Operation = &Operation {
    id: "gmail.users.messages.untrash",
    method: "POST",
    path: "gmail/v1/users/{userId}/messages/{id}/untrash",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 5,
};

pub const HISTORY_LIST: &Operation = &Operation {
    id: "gmail.users.history.list",
    method: "GET",
    path: "gmail/v1/users/{userId}/history",
    query: &[
        text("startHistoryId"),
        words("historyTypes", HISTORY),
        number("maxResults"),
        text("pageToken"),
    ],
    body: None,
    effect: Effect::Read,
    units: 2,
};

pub const LABELS_LIST: &Operation = &Operation {
    id: "gmail.users.labels.list",
    method: "GET",
    path: "gmail/v1/users/{userId}/labels",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const LABELS_GET: &Operation = &Operation {
    id: "gmail.users.labels.get",
    method: "GET",
    path: "gmail/v1/users/{userId}/labels/{id}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const LABELS_CREATE: &Operation = &Operation {
    id: "gmail.users.labels.create",
    method: "POST",
    path: "gmail/v1/users/{userId}/labels",
    query: &[],
    body: Some("Label"),
    effect: Effect::Write,
    units: 5,
};

pub const LABELS_PATCH: &Operation = &Operation {
    id: "gmail.users.labels.patch",
    method: "PATCH",
    path: "gmail/v1/users/{userId}/labels/{id}",
    query: &[],
    body: Some("Label"),
    effect: Effect::Write,
    units: 5,
};

pub const LABELS_DELETE: &Operation = &Operation {
    id: "gmail.users.labels.delete",
    method: "DELETE",
    path: "gmail/v1/users/{userId}/labels/{id}",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 5,
};

pub const DRAFTS_LIST: &Operation = &Operation {
    id: "gmail.users.drafts.list",
    method: "GET",
    path: "gmail/v1/users/{userId}/drafts",
    query: &[number("maxResults"), text("pageToken")],
    body: None,
    effect: Effect::Read,
    units: 5,
};

pub const DRAFTS_CREATE: &Operation = &Operation {
    id: "gmail.users.drafts.create",
    method: "POST",
    path: "gmail/v1/users/{userId}/drafts",
    query: &[],
    body: Some("Draft"),
    effect: Effect::Write,
    units: 10,
};

pub const DRAFTS_UPDATE: &Operation = &Operation {
    id: "gmail.users.drafts.update",
    method: "PUT",
    path: "gmail/v1/users/{userId}/drafts/{id}",
    query: &[],
    body: Some("Draft"),
    effect: Effect::Write,
    units: 15,
};

pub const DRAFTS_DELETE: &Operation = &Operation {
    id: "gmail.users.drafts.delete",
    method: "DELETE",
    path: "gmail/v1/users/{userId}/drafts/{id}",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 10,
};

pub const SEND_AS_LIST: &Operation = &Operation {
    id: "gmail.users.settings.sendAs.list",
    method: "GET",
    path: "gmail/v1/users/{userId}/settings/sendAs",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

/// Opens an upload; the letter follows in parts.
pub const MESSAGES_SEND_UPLOAD: &Operation = &Operation {
    id: "gmail.users.messages.send",
    method: "POST",
    path: "resumable/upload/gmail/v1/users/{userId}/messages/send",
    query: &[],
    body: Some("Message"),
    effect: Effect::Write,
    units: 100,
};

/// A part of the upload, at the address that its opening gave.
pub const UPLOAD_PART: &Operation = &Operation {
    id: "gmail.users.messages.send",
    method: "PUT",
    path: "resumable/upload/gmail/v1/users/{userId}/messages/send",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 0,
};

/// Up to a hundred requests in one; it costs what they cost.
pub const BATCH: &Operation = &Operation {
    id: "gmail.batch",
    method: "POST",
    path: "batch/gmail/v1",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// All that Google's description has under this name and path.
pub const ALL: &[&Operation] = &[
    PROFILE,
    MESSAGES_LIST,
    MESSAGES_GET,
    MESSAGES_SEND,
    MESSAGES_MODIFY,
    MESSAGES_BATCH_MODIFY,
    MESSAGES_TRASH,
    MESSAGES_UNTRASH,
    HISTORY_LIST,
    LABELS_LIST,
    LABELS_GET,
    LABELS_CREATE,
    LABELS_PATCH,
    LABELS_DELETE,
    DRAFTS_LIST,
    DRAFTS_CREATE,
    DRAFTS_UPDATE,
    DRAFTS_DELETE,
    SEND_AS_LIST,
];

/// What a call costs projects of before May 2026, where that differs.
pub fn legacy_units(operation: &Operation) -> u32 {
    match operation.id {
        "gmail.users.messages.get" | "gmail.users.messages.trash" => 5,
        _ => operation.units,
    }
}
