//! The operations of Twilio's API that comms uses; a test holds them against Twilio's own description.

use crate::net::api::{Effect, Operation, Param, ParamKind};

const fn param(name: &'static str, kind: ParamKind) -> Param {
    Param {
        name,
        kind,
        repeated: false,
    }
}

const PAGE_SIZE: Param = param("PageSize", ParamKind::Number);

pub const CREATE: &Operation = &Operation {
    id: "CreateMessage",
    method: "POST",
    path: "2010-04-01/Accounts/{AccountSid}/Messages.json",
    query: &[],
    body: Some("CreateMessageRequest"),
    effect: Effect::Write,
    units: 0,
};

pub const FETCH: &Operation = &Operation {
    id: "FetchMessage",
    method: "GET",
    path: "2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const LIST: &Operation = &Operation {
    id: "ListMessage",
    method: "GET",
    path: "2010-04-01/Accounts/{AccountSid}/Messages.json",
    query: &[
        param("To", ParamKind::Text),
        param("From", ParamKind::Text),
        // The operators belong to the names: `DateSent>=2026-11-21` on the wire.
        param("DateSent>", ParamKind::Text),
        param("DateSent<", ParamKind::Text),
        PAGE_SIZE,
    ],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// Cancels what is scheduled, or takes the text out of what was sent.
pub const UPDATE: &Operation = &Operation {
    id: "UpdateMessage",
    method: "POST",
    path: "2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
    query: &[],
    body: Some("UpdateMessageRequest"),
    effect: Effect::Write,
    units: 0,
};

pub const DELETE: &Operation = &Operation {
    id: "DeleteMessage",
    method: "DELETE",
    path: "2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 0,
};

pub const MEDIA_LIST: &Operation = &Operation {
    id: "ListMedia",
    method: "GET",
    path: "2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media.json",
    query: &[PAGE_SIZE],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const BALANCE: &Operation = &Operation {
    id: "FetchBalance",
    method: "GET",
    path: "2010-04-01/Accounts/{AccountSid}/Balance.json",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const ACCOUNT: &Operation = &Operation {
    id: "FetchAccount",
    method: "GET",
    path: "2010-04-01/Accounts/{Sid}.json",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

pub const NUMBERS: &Operation = &Operation {
    id: "ListIncomingPhoneNumber",
    method: "GET",
    path: "2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers.json",
    query: &[param("PhoneNumber", ParamKind::Text), PAGE_SIZE],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// On [`MESSAGING`].
pub const SERVICE: &Operation = &Operation {
    id: "FetchService",
    method: "GET",
    path: "v1/Services/{Sid}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// On [`PRICING`].
pub const PRICED_COUNTRIES: &Operation = &Operation {
    id: "ListMessagingCountry",
    method: "GET",
    path: "v1/Messaging/Countries",
    query: &[PAGE_SIZE],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// On [`PRICING`].
pub const PRICES_OF_COUNTRY: &Operation = &Operation {
    id: "FetchMessagingCountry",
    method: "GET",
    path: "v1/Messaging/Countries/{IsoCountry}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// Where a medium's bytes are: answered with the way to them on another host. Twilio's description leaves it out.
pub const MEDIA_BYTES: &Operation = &Operation {
    id: "FetchMediaBytes",
    method: "GET",
    path: "2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media/{Sid}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 0,
};

/// Where messaging services live; a `base_url` of the account stands for this host too.
pub const MESSAGING: &str = "https://messaging.twilio.com";

/// Where prices live; a `base_url` of the account stands for this host too.
pub const PRICING: &str = "https://pricing.twilio.com";

/// All of them that Twilio describes.
pub const ALL: &[&Operation] = &[
    CREATE,
    FETCH,
    LIST,
    UPDATE,
    DELETE,
    MEDIA_LIST,
    BALANCE,
    ACCOUNT,
    NUMBERS,
    SERVICE,
    PRICED_COUNTRIES,
    PRICES_OF_COUNTRY,
];
