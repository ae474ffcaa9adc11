//! Google Chat API v1. Its quota counts requests.

use super::{flag, number, text, word};
use crate::net::api::{Effect, Operation};

/// Without one of these the thread of a new message is ignored.
const REPLY: &[&str] = &[
    "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
    "REPLY_MESSAGE_OR_FAIL",
];

pub const SPACES_LIST: &Operation = &Operation {
    id: "chat.spaces.list",
    method: "GET",
    path: "v1/spaces",
    query: &[text("filter"), number("pageSize"), text("pageToken")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const SPACES_GET: &Operation = &Operation {
    id: "chat.spaces.get",
    method: "GET",
    path: "v1/{+name}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const MEMBERS_LIST: &Operation = &Operation {
    id: "chat.spaces.members.list",
    method: "GET",
    path: "v1/{+parent}/members",
    query: &[
        text("filter"),
        number("pageSize"),
        text("pageToken"),
        flag("showGroups"),
        flag("showInvited"),
    ],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const MEMBERS_GET: &Operation = &Operation {
    id: "chat.spaces.members.get",
    method: "GET",
    path: "v1/{+name}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const FIND_DIRECT_MESSAGE: &Operation = &Operation {
    id: "chat.spaces.findDirectMessage",
    method: "GET",
    path: "v1/spaces:findDirectMessage",
    query: &[text("name")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const SPACES_SETUP: &Operation = &Operation {
    id: "chat.spaces.setup",
    method: "POST",
    path: "v1/spaces:setup",
    query: &[],
    body: Some("SetUpSpaceRequest"),
    effect: Effect::Write,
    units: 1,
};

pub const MESSAGES_LIST: &Operation = &Operation {
    id: "chat.spaces.messages.list",
    method: "GET",
    path: "v1/{+parent}/messages",
    query: &[
        text("filter"),
        text("orderBy"),
        number("pageSize"),
        text("pageToken"),
        flag("showDeleted"),
    ],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const MESSAGES_SEARCH: &Operation = &Operation {
    id: "chat.spaces.messages.search",
    method: "POST",
    path: "v1/{+parent}/messages:search",
    query: &[],
    body: Some("SearchMessagesRequest"),
    effect: Effect::Read,
    units: 1,
};

pub const SPACE_EVENTS_LIST: &Operation = &Operation {
    id: "chat.spaces.spaceEvents.list",
    method: "GET",
    path: "v1/{+parent}/spaceEvents",
    query: &[text("filter"), number("pageSize"), text("pageToken")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const MESSAGES_CREATE: &Operation = &Operation {
    id: "chat.spaces.messages.create",
    method: "POST",
    path: "v1/{+parent}/messages",
    query: &[
        text("requestId"),
        text("messageId"),
        word("messageReplyOption", REPLY),
    ],
    body: Some("Message"),
    effect: Effect::Write,
    units: 1,
};

pub const MESSAGES_GET: &Operation = &Operation {
    id: "chat.spaces.messages.get",
    method: "GET",
    path: "v1/{+name}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const MESSAGES_PATCH: &Operation = &Operation {
    id: "chat.spaces.messages.patch",
    method: "PATCH",
    path: "v1/{+name}",
    query: &[text("updateMask"), flag("allowMissing")],
    body: Some("Message"),
    effect: Effect::Write,
    units: 1,
};

pub const MESSAGES_DELETE: &Operation = &Operation {
    id: "chat.spaces.messages.delete",
    method: "DELETE",
    path: "v1/{+name}",
    query: &[flag("force")],
    body: None,
    effect: Effect::Write,
    units: 1,
};

pub const REACTIONS_CREATE: &Operation = &Operation {
    id: "chat.spaces.messages.reactions.create",
    method: "POST",
    path: "v1/{+parent}/reactions",
    query: &[],
    body: Some("Reaction"),
    effect: Effect::Write,
    units: 1,
};

pub const REACTIONS_LIST: &Operation = &Operation {
    id: "chat.spaces.messages.reactions.list",
    method: "GET",
    path: "v1/{+parent}/reactions",
    query: &[text("filter"), number("pageSize"), text("pageToken")],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const REACTIONS_DELETE: &Operation = &Operation {
    id: "chat.spaces.messages.reactions.delete",
    method: "DELETE",
    path: "v1/{+name}",
    query: &[],
    body: None,
    effect: Effect::Write,
    units: 1,
};

pub const MEDIA_DOWNLOAD: &Operation = &Operation {
    id: "chat.media.download",
    method: "GET",
    path: "v1/media/{+resourceName}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const READ_STATE: &Operation = &Operation {
    id: "chat.users.spaces.getSpaceReadState",
    method: "GET",
    path: "v1/{+name}",
    query: &[],
    body: None,
    effect: Effect::Read,
    units: 1,
};

pub const READ_STATE_PATCH: &Operation = &Operation {
    id: "chat.users.spaces.updateSpaceReadState",
    method: "PATCH",
    path: "v1/{+name}",
    query: &[text("updateMask")],
    body: Some("SpaceReadState"),
    effect: Effect::Write,
    units: 1,
};

/// A file and what it is called, in one request of two parts.
pub const MEDIA_UPLOAD: &Operation = &Operation {
    id: "chat.media.upload",
    method: "POST",
    path: "upload/v1/{+parent}/attachments:upload",
    query: &[],
    body: Some("UploadAttachmentRequest"),
    effect: Effect::Write,
    units: 1,
};

/// All that Google's description has under this name and path.
pub const ALL: &[&Operation] = &[
    SPACES_LIST,
    SPACES_GET,
    MEMBERS_LIST,
    MEMBERS_GET,
    FIND_DIRECT_MESSAGE,
    SPACES_SETUP,
    MESSAGES_LIST,
    MESSAGES_SEARCH,
    SPACE_EVENTS_LIST,
    MESSAGES_CREATE,
    MESSAGES_GET,
    MESSAGES_PATCH,
    MESSAGES_DELETE,
    REACTIONS_CREATE,
    REACTIONS_LIST,
    REACTIONS_DELETE,
    MEDIA_DOWNLOAD,
    READ_STATE,
    READ_STATE_PATCH,
];
