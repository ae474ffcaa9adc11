//! The methods of Slack's Web API that comms uses, and no others; a test holds them against Slack's own description.
//!
//! Slack allows each method so often within a minute, by tiers (docs.slack.dev, rate limits, of 2026-10).

use crate::net::api::{Effect, Operation, Param, ParamKind};

/// A method and how often it may be called within a minute.
#[derive(Debug)]
pub struct Method {
    pub operation: Operation,
    pub per_minute: u32,
    /// The fields of its form.
    pub form: &'static [&'static str],
}

const TIER_2: u32 = 20;
const TIER_3: u32 = 50;
const TIER_4: u32 = 100;
/// Methods that Slack only calls special.
const SPECIAL: u32 = 300;

const fn text(name: &'static str) -> Param {
    one(name, ParamKind::Text)
}

const fn number(name: &'static str) -> Param {
    one(name, ParamKind::Number)
}

const fn flag(name: &'static str) -> Param {
    one(name, ParamKind::Flag)
}

const fn one(name: &'static str, kind: ParamKind) -> Param {
    Param {
        name,
        kind,
        repeated: false,
    }
}

const fn read(id: &'static str, per_minute: u32, query: &'static [Param]) -> Method {
    Method {
        operation: Operation {
            id,
            method: "GET",
            path: id,
            query,
            body: None,
            effect: Effect::Read,
            units: 0,
        },
        per_minute,
        form: &[],
    }
}

const fn write(id: &'static str, per_minute: u32, form: &'static [&'static str]) -> Method {
    Method {
        operation: Operation {
            id,
            method: "POST",
            path: id,
            query: &[],
            body: None,
            effect: Effect::Write,
            units: 0,
        },
        per_minute,
        form,
    }
}

pub static AUTH_TEST: Method = read("auth.test", SPECIAL, &[]);

pub static CONVERSATIONS_LIST: Method = read(
    "conversations.list",
    TIER_2,
    &[
        text("types"),
        flag("exclude_archived"),
        number("limit"),
        text("cursor"),
    ],
);

pub static CONVERSATIONS_INFO: Method = read("conversations.info", TIER_3, &[text("channel")]);

pub static CONVERSATIONS_HISTORY: Method = read(
    "conversations.history",
    TIER_3,
    &[
        text("channel"),
        text("oldest"),
        text("latest"),
        flag("inclusive"),
        number("limit"),
        text("cursor"),
        flag("include_all_metadata"),
    ],
);

pub static CONVERSATIONS_REPLIES: Method = read(
    "conversations.replies",
    TIER_3,
    &[
        text("channel"),
        text("ts"),
        text("oldest"),
        text("latest"),
        flag("inclusive"),
        number("limit"),
        text("cursor"),
        flag("include_all_metadata"),
    ],
);

pub static CONVERSATIONS_MEMBERS: Method = read(
    "conversations.members",
    TIER_4,
    &[text("channel"), number("limit"), text("cursor")],
);

pub static CONVERSATIONS_OPEN: Method =
    write("conversations.open", TIER_3, &["users", "return_im"]);

pub static CONVERSATIONS_MARK: Method = write("conversations.mark", TIER_3, &["channel", "ts"]);

pub static USERS_LIST: Method = read("users.list", TIER_2, &[number("limit"), text("cursor")]);

pub static USERS_INFO: Method = read("users.info", TIER_4, &[text("user")]);

pub static USERS_LOOKUP: Method = read("users.lookupByEmail", TIER_3, &[text("email")]);

pub static CHAT_POST: Method = write(
    "chat.postMessage",
    SPECIAL,
    &[
        "channel",
        "text",
        "blocks",
        "thread_ts",
        "reply_broadcast",
        "link_names",
        "parse",
        "metadata",
    ],
);

pub static CHAT_UPDATE: Method = write(
    "chat.update",
    TIER_3,
    &["channel", "ts", "text", "link_names", "parse"],
);

pub static CHAT_DELETE: Method = write("chat.delete", TIER_3, &["channel", "ts"]);

pub static CHAT_PERMALINK: Method = read(
    "chat.getPermalink",
    SPECIAL,
    &[text("channel"), text("message_ts")],
);

pub static REACTIONS_ADD: Method =
    write("reactions.add", TIER_3, &["channel", "timestamp", "name"]);

pub static REACTIONS_REMOVE: Method = write(
    "reactions.remove",
    TIER_2,
    &["channel", "timestamp", "name"],
);

pub static FILES_GET_URL: Method = write(
    "files.getUploadURLExternal",
    TIER_4,
    &["filename", "length"],
);

pub static FILES_COMPLETE: Method = write(
    "files.completeUploadExternal",
    TIER_4,
    &["files", "channel_id", "thread_ts", "initial_comment"],
);

pub static SEARCH_MESSAGES: Method = read(
    "search.messages",
    TIER_2,
    &[
        text("query"),
        number("count"),
        number("page"),
        text("sort"),
        text("sort_dir"),
    ],
);

/// The bytes of a file, to an address that [`FILES_GET_URL`] gave.
pub static FILE_UP: Method = write("upload", SPECIAL, &[]);

/// The bytes of a file, from the address that its message names.
pub static FILE_DOWN: Method = read("download", SPECIAL, &[]);

/// All that Slack's description has under this name.
pub static ALL: &[&Method] = &[
    &AUTH_TEST,
    &CONVERSATIONS_LIST,
    &CONVERSATIONS_INFO,
    &CONVERSATIONS_HISTORY,
    &CONVERSATIONS_REPLIES,
    &CONVERSATIONS_MEMBERS,
    &CONVERSATIONS_OPEN,
    &CONVERSATIONS_MARK,
    &USERS_LIST,
    &USERS_INFO,
    &USERS_LOOKUP,
    &CHAT_POST,
    &CHAT_UPDATE,
    &CHAT_DELETE,
    &CHAT_PERMALINK,
    &REACTIONS_ADD,
    &REACTIONS_REMOVE,
    &FILES_GET_URL,
    &FILES_COMPLETE,
    &SEARCH_MESSAGES,
];
