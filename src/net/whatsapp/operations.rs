//! The operations of the WhatsApp Cloud API that comms uses. Ids are those of Meta's own description.

use crate::net::api::{Effect, Operation, Param, ParamKind};

const fn text(name: &'static str) -> Param {
    Param {
        name,
        kind: ParamKind::Text,
        repeated: false,
    }
}

const fn number(name: &'static str) -> Param {
    Param {
        name,
        kind: ParamKind::Number,
        repeated: false,
    }
}

/// Sends a message, shows that one was read, or that an answer is being typed.
pub const MESSAGES: &Operation = &Operation {
    id: "sendMessage",
    method: "POST",
    path: "{version}/{number}/messages",
    query: &[],
    body: Some("Message"),
    effect: Effect::Write,
    units: 0,
};

/// A form with the file in it.
pub const MEDIA_UPLOAD: &Operation = &Operation {
    id: "uploadImage",
    method: "POST",
    path: "{version}/{number}/media",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 0,
};

pub const MEDIA_URL: &Operation = &Operation {
    id: "retrieveMediaUrl",
    method: "GET",
    path: "{version}/{media}",
    query: &[text("phone_number_id")],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// At the address that [`MEDIA_URL`] gave.
pub const MEDIA_DOWNLOAD: &Operation = &Operation {
    id: "downloadMedia",
    method: "GET",
    path: "",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const TEMPLATES: &Operation = &Operation {
    id: "getTemplateByNameDefaultFields",
    method: "GET",
    path: "{version}/{business}/message_templates",
    query: &[
        text("name"),
        text("status"),
        text("language"),
        number("limit"),
        text("after"),
    ],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const NUMBER: &Operation = &Operation {
    id: "getPhoneNumberById",
    method: "GET",
    path: "{version}/{number}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const NUMBERS: &Operation = &Operation {
    id: "getWhatsAppBusinessAccountPhoneNumbers",
    method: "GET",
    path: "{version}/{business}/phone_numbers",
    query: &[number("limit"), text("after")],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const SUBSCRIBED: &Operation = &Operation {
    id: "getAllSubscriptionsForAWaba",
    method: "GET",
    path: "{version}/{business}/subscribed_apps",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// Without it an app is told nothing, even where its address was verified.
pub const SUBSCRIBE: &Operation = &Operation {
    id: "subscribeToWabaWebhooks",
    method: "POST",
    path: "{version}/{business}/subscribed_apps",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 0,
};

/// All that Meta's description has under this path.
pub const ALL: &[&Operation] = &[
    MESSAGES,
    MEDIA_UPLOAD,
    MEDIA_URL,
    TEMPLATES,
    NUMBER,
    NUMBERS,
    SUBSCRIBED,
    SUBSCRIBE,
];
